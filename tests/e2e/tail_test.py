#!/usr/bin/env python3
"""vouch tail: every entry once and in order, whatever happens to the daemon or the connection."""
import http.server
import json
import signal
import socket
import subprocess
import threading
import unittest
import urllib.request

from world import (DONE, ENGINE, FAILED, NOT_AVAILABLE, PATIENCE, USAGE, VOUCH, WorldTest,
                   wait_until)

HEAD = "retry: 1000\n\n"


class Tail:
    """A vouch tail that runs; every line of JSON it has printed is in events."""

    def __init__(self, url, *words):
        self.process = subprocess.Popen([VOUCH, "tail", "--url", url, "--json", *map(str, words)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.events, self.said = [], b""
        self.threads = [threading.Thread(target=self.read), threading.Thread(target=self.listen)]
        for thread in self.threads:
            thread.start()

    def read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def listen(self):
        for line in self.process.stderr:
            self.said += line

    def entries(self):
        return [event["data"]["index"] for event in list(self.events) if event["event"] == "entry"]

    def sizes(self):
        return [event["data"]["size"] for event in list(self.events)
                if event["event"] == "checkpoint"]

    def until_size(self, size):
        wait_until(lambda: size in self.sizes() or self.process.poll() is not None, "checkpoint")
        assert size in self.sizes(), self.said

    def end(self, how=signal.SIGINT):
        """-> its exit status."""
        if how is not None:
            self.process.send_signal(how)
        status = self.process.wait(PATIENCE)
        for thread in self.threads:
            thread.join()
        assert b"Sanitizer" not in self.said, self.said
        self.process.stdout.close()
        self.process.stderr.close()
        return status


class Liar(http.server.ThreadingHTTPServer):
    """A log whose stream is what a test says: a list of bodies, the last one again and again."""

    daemon_threads = True

    def __init__(self, *bodies, status=200, headers=()):
        self.bodies, self.status, self.headers, self.asked = list(bodies), status, headers, []
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = "http://127.0.0.1:%d" % self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_GET(self):
        log = self.server
        log.asked.append((self.path, self.headers.get("Last-Event-ID")))
        body = log.bodies.pop(0) if len(log.bodies) > 1 else log.bodies[0]
        self.send_response(log.status)
        self.send_header("Content-Type", "text/event-stream")
        for name, value in log.headers:
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body.encode() if isinstance(body, str) else body)
        except OSError:
            pass


def event(kind, id, **data):
    return "id: %s\nevent: %s\ndata: %s\n\n" % (id, kind, json.dumps(data))


def entry(number, **more):
    data = {"index": number, "entry_id": "%064x" % number, "types": ["approval"],
            "issuer": "engine.example", "record_count": 1, "received_at_ms": 1}
    return event("entry", number, **{**data, **more})


class TailTest(WorldTest):
    def tail(self, *words, url=None):
        tail = Tail(url or self.world.url, *words)
        self.addCleanup(lambda: tail.process.poll() is None and tail.end(signal.SIGKILL))
        return tail

    def liar(self, *bodies, **options):
        log = Liar(*bodies, **options)
        self.addCleanup(log.server_close)
        self.addCleanup(log.shutdown)
        return log

    def say(self, *types):
        """Submits a record of each type, each as an entry of its own. -> the size of the tree"""
        records = b"".join(self.source(ENGINE).lines(1, type) for type in types)
        self.world.submit("-", input=records, options=["--records", "1"])
        return self.world.size()

    def shown(self, *words, status=DONE, url=None):
        return self.world.vouch("tail", "--url", url or self.world.url, *words, status=status)

    def test_from_the_beginning(self):
        """Every entry and every checkpoint, in order, as a table and as JSON."""
        size = self.say("run-start", "execution-event")
        tail = self.tail("--from", 0, "--vkey", self.world.vkey)
        tail.until_size(size)
        self.assertEqual(tail.end(), 0)
        self.assertEqual(tail.entries(), list(range(size)))
        self.assertEqual(tail.sizes()[-1], size)
        self.assertEqual(tail.said, b"")
        text = self.shown("--from", 0, "--limit", size, "--policy", self.world.policy)
        self.assertRegex(text, r"(?m)^ +2  .*  %s +1  run-start$" % ENGINE)
        self.assertIn("! RU6/trigger-not-granted", text)
        self.assertTrue(text.endswith("size %d: signed, no entry is left out\n" % size), text)

    def test_from_now_on(self):
        """Without a beginning it shows what is published from then on."""
        size = self.say("run-start")
        tail = self.tail()
        tail.until_size(size)
        after = self.say("execution-event")
        tail.until_size(after)
        self.assertEqual(tail.end(signal.SIGTERM), 0)
        self.assertEqual(tail.entries(), list(range(size, after)))

    def test_filter(self):
        """Only entries that mention what is asked for; checkpoints extend each other."""
        tail = self.tail("--from", 0, "--type", "execution-event", "--and", "issuer=" + ENGINE,
                         "--vkey", self.world.vkey)
        found = []
        for _ in range(3):
            first = self.world.size()
            size = self.say("run-start", "execution-event")
            found.append(first + 1)
            tail.until_size(size)
        self.assertEqual(tail.end(), 0)
        self.assertEqual(tail.entries(), found)

    def test_restarts_of_the_daemon(self):
        """Killed, stopped and started again, the log goes on where it was: nothing is missing and
        nothing comes twice."""
        whole = self.tail("--from", 0, "--vkey", self.world.vkey)
        some = self.tail("--from", 0, "--type", "test-result")
        for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            whole.until_size(self.say("test-result", "test-result"))
            self.world.stop(how)
            self.world.start()
            whole.until_size(self.say("test-result"))
        size = self.say("run-start", "test-result")
        whole.until_size(size)
        some.until_size(size)
        self.assertEqual((whole.end(), some.end()), (0, 0))
        self.assertEqual(whole.entries(), list(range(size)))
        self.assertEqual(some.entries(), [
            event["data"]["index"] for event in whole.events
            if event["event"] == "entry" and "test-result" in event["data"]["types"]])
        self.assertEqual(whole.sizes(), sorted(set(whole.sizes())))
        self.assertIn(b"trying again", whole.said)
        self.assertIn(b"the log is back", whole.said)

    def test_goes_on_behind_the_last_event(self):
        """It says the id of the last event it got, and asks for the same terms."""
        log = self.liar(HEAD + entry(0) + entry(1), HEAD + entry(2), HEAD + entry(3))
        tail = self.tail("--from", 0, "--limit", 4, url=log.url)
        self.assertEqual(tail.end(None), 0)
        self.assertEqual(tail.entries(), [0, 1, 2, 3])
        self.assertEqual(log.asked, [("/v1/stream?begin=0", None), ("/v1/stream", "1"),
                                     ("/v1/stream", "2")])
        log = self.liar(HEAD + entry(3) + entry(9)[:40], HEAD + entry(9))
        tail = self.tail("--type", "approval", "--and", "actor=a b&c", "--limit", 2, url=log.url)
        self.assertEqual(tail.end(None), 0)
        self.assertEqual(tail.entries(), [3, 9])
        self.assertEqual(log.asked, [("/v1/stream?type=approval&actor=a%20b%26c", None),
                                     ("/v1/stream?type=approval&actor=a%20b%26c", "3")])

    def test_streams_that_make_no_sense(self):
        """Entries that are missing, come twice or are none, and ids that fit nothing, end it."""
        for body in (entry(0) + entry(2), entry(0) + entry(0), entry(1), entry(0, entry_id="x"),
                     entry(0, types=7), entry(0).replace("id: 0", "id: 1"), entry(0, index=-1),
                     entry(0).replace("id: 0\n", ""), "event: entry\nid: 0\ndata: {\n\n",
                     "event: entry\nid: 0\ndata: 7\n\n", "event: entry\nid: 0\ndata: null\n\n",
                     event("checkpoint", "checkpoint-7", size=7),
                     event("checkpoint", "checkpoint-0", root="x"),
                     entry(0) + event("checkpoint", "checkpoint-0", size=0),
                     "data: " + "a" * (1 << 20)):
            log = self.liar(HEAD + body)
            tail = self.tail("--from", 0, url=log.url)
            self.assertEqual(tail.end(None), FAILED, body)
            self.assertEqual(tail.events[-1]["error"]["code"], "corrupt", body)

    def test_what_is_not_signed(self):
        """With a key, a checkpoint that it did not sign, or that other entries lead to, ends it."""
        size = self.say("run-start")
        real = self.tail("--from", 0)
        real.until_size(size)
        real.end()
        stream = [event(one["event"], one["data"]["index"] if one["event"] == "entry" else
                        "checkpoint-%d" % one["data"]["size"], **one["data"])
                  for one in real.events]
        self.assertEqual([one["event"] for one in real.events[:3]],
                         ["entry", "entry", "checkpoint"])
        words = ["--from", 0, "--vkey", self.world.vkey]
        first = real.events[2]["data"]
        other = entry(1, entry_id="%064x" % 77)
        for bodies, text in (
                ([stream[0], other, stream[2]], b"do not lead to"),
                (stream[:2] + [event("checkpoint", "checkpoint-2", **{
                    **first, "checkpoint": first["checkpoint"].replace("\n2\n", "\n3\n")})],
                 b"signature"),
                (stream[:2] + [event("checkpoint", "checkpoint-2", **{
                    **first, "root": "A" * 43})], b"of another tree"),
                (stream[:2] + [event("checkpoint", "checkpoint-2", size=2)], b"")):
            log = self.liar(HEAD + "".join(bodies))
            log.bodies = ["".join(bodies)]
            tail = self.tail(*words, url=log.url)
            self.assertEqual(tail.end(None), FAILED)
            self.assertIn(text, tail.said)

    def test_refusals(self):
        """A log that has lost what it had shown is not asked again; one that is busy is."""
        log = self.liar(HEAD + entry(0), "gone")
        tail = self.tail("--from", 0, url=log.url)
        wait_until(lambda: tail.entries() == [0], "entry")
        log.status = 404
        self.assertEqual(tail.end(None), NOT_AVAILABLE)
        self.shown("--from", "99", status=NOT_AVAILABLE)
        self.assertIn("not-found", self.world.stderr)
        busy = self.liar("busy", status=503, headers=[("Retry-After", "1")])
        self.shown("--retry", "1", url=busy.url, status=NOT_AVAILABLE)
        self.assertGreaterEqual(len(busy.asked), 2)
        endless = self.liar(b"x" * (1 << 20), status=403)
        self.shown(url=endless.url, status=FAILED)

    def test_ends(self):
        """It ends in good order when nobody reads any more, also while nothing is published."""
        self.say("run-start")
        for words in (["--from", "0"], []):
            tail = subprocess.Popen([VOUCH, "tail", "--url", self.world.url, *words],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            tail.stdout.readline()
            tail.stdout.close()
            self.assertEqual(tail.wait(PATIENCE), 0)
            self.assertEqual(tail.stderr.read(), b"")
            tail.stderr.close()

    def test_interrupted_while_nobody_reads(self):
        """A full pipe does not keep it from ending."""
        log = self.liar(HEAD + "".join(entry(index) for index in range(5000)))
        tail = subprocess.Popen([VOUCH, "tail", "--from", "0", "--url", log.url],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        tail.stdout.read1(1)
        tail.send_signal(signal.SIGINT)
        self.assertEqual(tail.wait(PATIENCE), 0)
        tail.stdout.close()

    def test_interrupted_while_the_log_is_away(self):
        """It waits for a log, but not for longer than one likes."""
        tail = self.tail("--from", 0)
        tail.until_size(self.world.size())
        self.world.stop(signal.SIGKILL)
        wait_until(lambda: b"trying again" in tail.said, "message")
        self.assertEqual(tail.end(), 0)
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.shown("--retry", "1", url="http://127.0.0.1:%d" % unused.getsockname()[1],
                       status=NOT_AVAILABLE)
        self.world.start()

    def test_words_that_steer_the_terminal(self):
        """Nothing that a log sends reaches the terminal but as text."""
        log = self.liar(HEAD + entry(0, issuer="\x1b[2J", types=["a\r\n\u202e"], flags=["\x9b"]))
        text = self.shown("--from", "0", "--limit", "1", url=log.url)
        for character in "\x1b\r\u202e\x9b":
            self.assertNotIn(character, text)
        self.assertEqual(len(text.splitlines()), 3)

    def test_wrong_words(self):
        """What cannot be asked for is said before the log is asked."""
        for words in (["--from", "x"], ["--limit", "0"], ["--type", ""], ["--and", "a"],
                      ["--and", "nothing=b"], ["x"], ["--follow"], ["--retry", "0"],
                      ["--type", "a", *["--and", "actor=b"] * 4]):
            self.shown(*words, url="http://127.0.0.1:1", status=USAGE)
        self.shown(url=self.world.copy("copy"), status=FAILED)
        self.assertIn("the URL of a log", self.world.stderr)


class OpaqueTail(WorldTest):
    opaque = True

    def test_opaque_log(self):
        """Entries of an opaque log have their ids."""
        for i in range(3):
            request = urllib.request.Request(self.world.url + "/add", data=b"entry %d" % i)
            with urllib.request.urlopen(request) as reply:
                reply.read()
        text = self.world.vouch("tail", "--url", self.world.url, "--from", "0", "--limit", "3",
                                "--vkey", self.world.vkey)
        self.assertEqual(text.count("entry "), 3 + text.count("no entry"))
        self.assertIn("signed, no entry is left out", text)


if __name__ == "__main__":
    unittest.main()
