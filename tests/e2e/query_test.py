#!/usr/bin/env python3
"""vouch query: asking a log for the entries that mention something, and what of it is checked."""
import pathlib
import sys
import threading
import unittest
import uuid

from proxy import Proxy
from world import DONE, ENGINE, FAILED, NOT_AVAILABLE, ORIGIN, USAGE, WorldTest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from harness import cbor  # noqa: E402

PAGE = 256  # entries that the command asks for at once


class Query(WorldTest):
    def setUp(self):
        super().setUp()
        self.proxy = Proxy(self.world.url)
        self.addCleanup(self.proxy.server_close)
        self.addCleanup(self.proxy.shutdown)
        self.vkey = ["--vkey", self.world.vkey]

    def say(self, *types, **more):
        """Submits a record of each type, each as an entry of its own."""
        records = b"".join(self.source(ENGINE).lines(1, type, **more) for type in types)
        self.world.submit("-", input=records, options=["--records", "1"])

    def query(self, *words, status=DONE, url=None):
        return self.world.json("query", *words, "--url", url or self.world.url, status=status)

    def shown(self, *words, status=DONE, url=None):
        return self.world.vouch("query", *words, "--url", url or self.world.url, status=status)

    def indexes(self, answer):
        return [row["index"] for row in answer["entries"]]

    def run_id(self):
        return str(uuid.UUID(bytes=bytes(self.source(ENGINE).run_id)))

    def test_entries_of_a_run(self):
        """All entries of a run, in the order of the log, with flags and what these mean."""
        self.say("run-start", "execution-event", "run-start", "execution-event")
        answer = self.query("run", self.run_id())
        self.assertEqual([row["types"] for row in answer["entries"]],
                         [["run-start"], ["execution-event"]])
        self.assertEqual(answer["size"], self.world.size())
        self.assertEqual((answer["entry_count"], answer["is_all"]), (2, True))
        flags = {flag for row in answer["entries"] for flag in row.get("flags", [])}
        self.assertTrue(flags)
        self.assertEqual(set(answer["flag_meanings"]), flags)
        text = self.shown("run", self.run_id())
        for index in self.indexes(answer):
            self.assertRegex(text, rf"(?m)^ +{index}  \d{{4}}-\d\d-\d\dT[\d:.]+Z  {ENGINE} +1  ")
        for flag, meaning in answer["flag_meanings"].items():
            self.assertIn("! " + flag, text)
            self.assertIn(meaning, text)
        self.assertIn("log's word", text)

    def test_get_shows_the_flags_of_an_entry(self):
        """An entry by its index comes with its flags, what they mean, and which records have them."""
        self.say("run-start")
        answer = self.query("run", self.run_id())
        index, flags = answer["entries"][0]["index"], answer["entries"][0]["flags"]
        shown = self.world.json("get", str(index), "--url", self.world.url)
        self.assertEqual(shown["flags"], {flag: [0] for flag in flags})
        text = self.world.vouch("get", str(index), "--url", self.world.url)
        for flag in flags:
            self.assertIn("! %s  record 0\n" % flag, text)
            self.assertIn(answer["flag_meanings"][flag], text)

    def test_terms_from_and_limit(self):
        """Further terms narrow the answer; a limited one says how to go on in the same tree."""
        self.say("run-start", *["execution-event"] * 5)
        events = self.query("run", self.run_id(), "--and", "type=execution-event")
        self.assertEqual(len(events["entries"]), 5)
        some = self.query("type", "execution-event", "--limit", "2")
        self.assertEqual((len(some["entries"]), some["is_all"]), (2, False))
        self.say("execution-event")
        rest = self.query("type", "execution-event", "--from", some["next_from"],
                          "--size", some["size"])
        self.assertEqual(self.indexes(some) + self.indexes(rest), self.indexes(events))
        self.assertIn("--from %d --size %d" % (some["next_from"], some["size"]),
                      self.shown("type", "execution-event", "--limit", "2",
                                 "--size", some["size"]))

    def test_nothing_found(self):
        """That nothing mentions it is an answer."""
        answer = self.query("actor", "nobody at all", *self.vkey)
        self.assertEqual((answer["entries"], answer["is_all"]), ([], True))
        self.assertIn("0 entries", self.shown("actor", "nobody at all"))

    def test_pages_of_one_tree_while_the_log_grows(self):
        """Several pages are one answer about one tree, while others write."""
        self.world.submit("-", input=self.records(PAGE + 40), options=["--records", "1"])
        stop = threading.Event()

        def write():
            while not stop.is_set():
                self.say("test-result")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            answers = [self.query("type", "test-result", url=self.proxy.url) for _ in range(2)]
        finally:
            stop.set()
            writer.join()
        for answer in answers:
            found = self.query("type", "test-result", "--size", answer["size"])
            self.assertEqual(self.indexes(answer), self.indexes(found))
            self.assertGreaterEqual(len(answer["entries"]), PAGE + 40)
        self.assertGreaterEqual(sum(self.proxy.counts.values()), 2 * len(answers))

    def test_each_entry_is_checked(self):
        """With the log's key each entry is shown to be in the signed tree, as the answer says."""
        self.say("run-start", "execution-event")
        answer = self.query("run", self.run_id(), *self.vkey)
        self.assertEqual(answer["checked"]["entry_count"], 2)
        self.assertEqual(answer["checked"]["origin"], ORIGIN)
        self.assertEqual(answer["checked"]["head_size"], self.world.size())
        text = self.shown("run", self.run_id(), *self.vkey)
        self.assertIn("each of them is in the tree of size %d" % self.world.size(), text)
        self.assertIn("not proven    that no entry is left out", text)
        policy = self.query("run", self.run_id(), "--policy", self.world.policy)
        self.assertEqual(policy["checked"], answer["checked"])
        self.query("type", "log-metadata", *self.vkey)
        self.query("type", "run-start", *self.vkey, "--size", 1 << 40, status=NOT_AVAILABLE)

    def change_rows(self, change):
        """The log says something else of its entries."""
        def changed(path, body):
            if not path.startswith("/v1/records/"):
                return body
            page = cbor.loads(body)
            change(page)
            return cbor.dumps(page)
        self.proxy.change = changed

    def test_lies_about_entries_are_found(self):
        """Another id, index, issuer, number or type of records than the entry has ends the command."""
        self.say("run-start", "execution-event")

        def lie(**members):
            self.change_rows(lambda page: page["entries"][-1].update(members))

        other = self.query("type", "log-metadata")["entries"][0]["entry_id"]
        for members in ({"entry_id": other}, {"entry_id": "0" * 64}, {"issuer": "other.example"},
                        {"record_count": 2}, {"types": []}, {"types": ["approval"]},
                        {"types": ["execution-event", "approval"]}, {"index": 5}):
            lie(**members)
            answer = self.query("run", self.run_id(), *self.vkey, url=self.proxy.url,
                                status=FAILED)
            self.assertEqual(answer["error"]["code"], "corrupt", members)

    def test_failure_after_the_first_page(self):
        """What was printed before a failure is one whole JSON object that has the error."""
        self.world.submit("-", input=self.records(PAGE + 9), options=["--records", "1"])
        self.change_rows(lambda page: "next" in page or page.update(size=7))
        answer = self.query("type", "test-result", url=self.proxy.url, status=FAILED)
        self.assertEqual(len(answer["entries"]), PAGE)
        self.assertEqual(answer["error"]["code"], "corrupt")
        self.shown("type", "test-result", url=self.proxy.url, status=FAILED)
        self.assertIn("another tree", self.world.stderr)

    def test_pages_that_make_no_sense(self):
        """Pages that never end, go back, or hold what is no row are refused."""
        self.say("run-start", "execution-event", "execution-event")
        words = ["type", "execution-event"]
        path = "/v1/records/type/execution-event?begin=%d&size=%d"

        def swap(page):
            page["entries"].reverse()

        for change in (lambda page: page.update(next=path % (0, page["size"])),
                       lambda page: page.update(next=path % (1 << 63, page["size"])),
                       lambda page: page.update(next=path % (page["entries"][0]["index"],
                                                             page["size"])),
                       lambda page: page.update(next="http://other.example/"),
                       lambda page: page.update(next=7),
                       lambda page: page.update(size=-1), lambda page: page.update(size=2),
                       lambda page: page.pop("entries"), lambda page: page.update(entries={}),
                       lambda page: page.update(entries=[1]), swap,
                       lambda page: page.update(entries=page["entries"] * 300),
                       lambda page: page["entries"][0].update(types=[1]),
                       lambda page: page["entries"][0].update(flags="all"),
                       lambda page: page["entries"][0].update(entry_id="0"),
                       lambda page: page["entries"][0].pop("index")):
            self.change_rows(change)
            answer = self.query(*words, url=self.proxy.url, status=FAILED)
            self.assertEqual(answer["error"]["code"], "corrupt")
        for body in (b"", b"\xff" * 100, b"\x80", b"\xa0", b"{}", b"\x9f" * 10000):
            self.proxy.change = lambda path, real, body=body: body
            self.query(*words, url=self.proxy.url, status=FAILED)

    def test_endless_page(self):
        """A page is not read to its end when it has none."""
        self.proxy.answer = lambda method, path, count: (200, {}, bytes(5 << 20))
        self.query("type", "approval", url=self.proxy.url, status=FAILED)
        self.assertIn("longer than", self.world.stderr)

    def test_words_that_steer_the_terminal(self):
        """Nothing that a log sends reaches the terminal but as text."""
        self.say("run-start")
        evil = "\x1b[2J\r\n\u202e\x9b31m"
        self.change_rows(lambda page: page["entries"][0].update(
            issuer=evil * 9, types=[evil], flags=["RU6/" + evil, "RU6/trigger-not-granted"]))
        text = self.shown("type", "run-start", url=self.proxy.url)
        for character in "\x1b\r\u202e\x9b":
            self.assertNotIn(character, text)
        self.assertIn("\\u{1b}", text)
        self.assertIn("does not know every flag", text)
        self.assertEqual(self.query("type", "run-start", url=self.proxy.url)["entries"][0]["types"],
                         [evil])

    def test_wrong_words(self):
        """What cannot be asked for is said before the log is asked."""
        for words, hint in ((["runs", "x"], "did you mean run?"),
                            (["run", "x"], "a UUID"), (["artifact", "AB"], "lower-case hex"),
                            (["actor", ""], "neither empty"), (["actor"], "is needed"),
                            (["actor", "a", "b"], "one word too many"),
                            (["actor", "a", "--and", "b"], "KIND=VALUE"),
                            (["actor", "a", "--and", "nothing=b"], "unknown kind"),
                            (["actor", "a", *["--and", "actor=b"] * 4], "at most 4"),
                            (["actor", "a" * 600], "long"),
                            (["actor", "a", "--limit", "0"], "a number"),
                            (["actor", "a", "--from", "-1"], "a number"),
                            (["actor", "a", "--since", "1"], "unknown option")):
            self.world.vouch("query", *words, "--url", "http://127.0.0.1:1", status=USAGE)
            self.assertIn(hint, self.world.stderr, words)
        self.world.vouch("query", "actor", "a", status=USAGE)
        self.shown("actor", "a", "--size", "99", status=NOT_AVAILABLE)

    def test_other_places(self):
        """A copy has no index, and another log's key trusts no head of this one."""
        copy = self.world.copy("copy")
        self.shown("actor", "a", url=copy, status=FAILED)
        self.assertIn("the URL of a log", self.world.stderr)
        other = self.world.directory / "other.vkey"
        name, _, key = self.world.vkey.read_text().strip().split("+", 2)
        other.write_text("other.example+%s+%s" % ("00000000", key))
        self.shown("actor", "a", "--vkey", other, status=FAILED)

    def test_values_with_marks(self):
        """A value is sent as it is, whatever marks it has."""
        for value in ("a/b", "a@1:2", "a+b==c", "/", "..", "a//b"):
            self.say("run-start", trigger={"kind": "user", "triggered_by": value})
            answer = self.query("actor", value, "--and", "actor=" + value)
            self.assertEqual((answer["value"], len(answer["entries"])), (value, 1))
        for value in ("ä ö?begin=7&y=2#z", "100%2F", "\\", "a\nb"):
            self.assertEqual(self.query("actor", value, "--and", "actor=" + value)["entries"], [])


if __name__ == "__main__":
    unittest.main()
