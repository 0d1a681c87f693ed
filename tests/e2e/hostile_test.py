"""A log that lies: whatever it sends is checked before it is believed, and limited in size."""
import json
import time
import unittest

from proxy import Proxy
from world import DONE, ENGINE, FAILED, NOT_AVAILABLE, REFUSED, WorldTest, to_json


class Hostile(WorldTest):
    def setUp(self):
        super().setUp()
        self.proxy = Proxy(self.world.url)
        self.addCleanup(self.proxy.server_close)
        self.addCleanup(self.proxy.shutdown)
        self.real_url, self.world.url = self.world.url, self.proxy.url

    def submit(self, count=3):
        return self.world.submit("-", input=self.records(count), options=["--records", "1"])

    def replace(self, prefix, change):
        self.proxy.change = lambda path, body: change(body) if path.startswith(prefix) else body

    def test_receipt_of_another_entry(self):
        """A receipt for another entry is not accepted as this one's."""
        first = self.submit(1)
        self.assertEqual(first["accepted"], 1)
        other = next((self.world.directory / "receipts").glob("*.receipt")).read_bytes()
        self.replace("/entries/", lambda body: other)
        self.world.submit("-", input=self.records(1), status=FAILED)
        self.assertIn("does not verify", self.world.stderr)
        self.assertEqual(len(self.world.receipts()), 1)

    def test_every_part_of_a_receipt(self):
        """A receipt with any flipped bit is refused, and the submission can be repeated."""
        first = self.records(1)
        for position in range(2, 200, 9):
            def flip(body):
                return body[:position] + bytes([body[position] ^ 1]) + body[position + 1:]
            self.replace("/entries/", flip)
            record = first if position == 2 else self.records(1)
            self.world.submit("-", input=record, status=FAILED,
                              receipts="r%d" % position, options=["--retry", "2"])
            self.assertEqual(self.world.receipts("r%d" % position), [])
        self.proxy.change = lambda path, body: body
        self.world.submit("-", input=first, receipts="r2")
        self.assertEqual(len(self.world.receipts("r2")), 1)

    def test_batch_answers_that_make_no_sense(self):
        """Too few results, too many, or garbage end the run; nothing is taken as accepted."""
        for i, change in enumerate((lambda body: b"", lambda body: body + body,
                                    lambda body: b"\xa0", lambda body: body[:-1],
                                    lambda body: b"\xff" * 4000)):
            self.replace("/v1/batch", change)
            self.world.submit("-", input=self.records(1), status=FAILED,
                              receipts="r%d" % i)
            self.assertEqual(self.world.receipts("r%d" % i), [])

    def test_another_statement_in_place_of_ours(self):
        """The log may name an earlier signature over the same statement, not another statement."""
        self.submit(1)
        other = self.world.json("get", "0", "--url", self.real_url)["entry_id"].encode()

        def change(body):
            start = body.rindex(b"entry_id\x78\x40") + 10
            return body[:start] + other + body[start + 64:]
        self.replace("/v1/batch", change)
        self.world.submit("-", input=self.records(1), status=FAILED)
        self.assertIn("another statement", self.world.stderr)

    def test_endless_answers(self):
        """An answer that is longer than anything sensible is cut off, and no answer."""
        self.proxy.answer = lambda method, path, count: (200, {}, b"x" * (40 << 20))
        self.world.vouch("head", "--url", self.world.url, status=FAILED)
        self.assertIn("longer than", self.world.stderr)

    def test_redirects_are_not_followed(self):
        """A log cannot send the client elsewhere."""
        self.proxy.answer = lambda method, path, count: (302, {"Location": self.real_url + path},
                                                         b"")
        self.world.vouch("head", "--url", self.world.url, status=REFUSED)

    def test_retry_after_is_honoured(self):
        """A busy log is asked again, not before the time it named."""
        def answer(method, path, count):
            if path == "/v1/batch" and count == 1:
                self.asked = time.monotonic()
                return 503, {"Retry-After": "2"}, b""
            if path == "/v1/batch" and count == 2:
                self.asked_again = time.monotonic()
            return None
        self.proxy.answer = answer
        self.assertEqual(self.submit()["accepted"], 3)
        self.assertGreaterEqual(self.asked_again - self.asked, 2)

    def test_busy_for_ever(self):
        """A log that is always busy ends the run with exit code 4; the statements stay."""
        self.proxy.answer = lambda method, path, count: (
            (503, {"Retry-After": "1"}, b"") if path == "/v1/batch" else None)
        record = self.records(1)
        self.world.submit("-", input=record, status=NOT_AVAILABLE, options=["--retry", "2"])
        self.proxy.answer = lambda method, path, count: None
        self.assertEqual(self.world.submit("-", input=record)["accepted"], 1)

    def test_words_that_steer_the_terminal(self):
        """Control characters in the log's words do not reach the terminal."""
        problem = json.dumps({"title": "t", "detail": "\u001b[2Jgone\r\n", "status": 403}).encode()
        self.proxy.answer = lambda method, path, count: (
            403, {"Content-Type": "application/problem+json"}, problem)
        self.world.vouch("head", "--url", self.world.url, status=REFUSED)
        self.assertIn("gone", self.world.stderr)
        self.assertNotIn("\x1b", self.world.stderr)

    def test_entries_that_steer_the_terminal(self):
        """What an issuer writes is shown as text, in its statement's head and in its records."""
        evil = "x\x1b[2J\r\n\u202e\x9b31m\"\\"
        record = to_json(self.source(ENGINE).make("workflow-change", reason={"code": evil}))
        self.world.submit("-", input=json.dumps(record).encode(), options=["--subject", evil])
        index = next(index for index, entry in enumerate(self.world.entries())
                     if b"application/vnd.vouch.records+cbor" in entry)
        shown = self.world.vouch("get", index, "--url", self.world.url)
        for character in "\x1b\r\u202e\x9b":
            self.assertNotIn(character, shown)
        self.assertRegex(shown, r"(?m)^subject    x\\u\{1b\}\[2J")
        self.assertEqual(self.world.json("get", index, "--url", self.world.url)["subject"], evil)

    def test_problem_details_are_shown(self):
        """A refusal shows code, path, and what was found and wanted."""
        world = self.world
        world.vouch("keygen", "--out", world.directory / "stranger")
        world.submit("-", input=self.records(1, "stranger"), issuer="stranger", status=REFUSED)
        self.assertIn("unknown-issuer", world.stderr)
        self.assertIn("/protected/4", world.stderr)
        self.assertIn("want", world.stderr)

    def test_tiles_that_do_not_fit(self):
        """A proof that the log's tiles do not support is not written."""
        self.submit(5)
        out = self.world.directory / "x.tlog-proof"
        self.replace("/tile/", lambda body: bytes([body[0] ^ 1]) + body[1:])
        self.world.vouch("prove", "2", "--url", self.world.url, "--out", out, status=FAILED)
        self.assertFalse(out.exists())
        self.replace("/tile/", lambda body: body[:-1])
        self.world.vouch("prove", "2", "--url", self.world.url, "--out", out, status=FAILED)

    def test_entry_with_another_id(self):
        """An entry fetched by id is that entry, or an error."""
        self.submit(2)
        entry_id = self.world.json("get", "0", "--url", self.world.url)["entry_id"]
        self.replace("/entries/", lambda body: body[:-1] + bytes([body[-1] ^ 1]))
        self.world.vouch("get", entry_id, "--url", self.world.url, status=FAILED)


if __name__ == "__main__":
    unittest.main()
