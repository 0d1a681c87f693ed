#!/usr/bin/env python3
"""Faults of a log, a witness and a mirror, and of those they talk to: nothing crashes, nothing false is
cosigned, and what the operator reads names the fault. docs/TESTING.md has the table of all of them."""
import http.server
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest
import unittest.mock

from support.cosigner import Cosigner
from support.daemon import Daemon, PATIENCE, VOUCHD, wait_until
from gossip_test import Member, Monitor
from mirror_role_test import ID, Mirror
from tree_log import TreeLog  # found by support.daemon, like witness
from witness import Note, Witness, vkey
from support.witnessed import World
import ed25519

NOW_S = 1_800_000_000


class Clock:
    """The time of day of a program under test."""

    def __init__(self, test, directory):
        self.path = directory / "clock"
        self.set(NOW_S)
        test.addCleanup(lambda: self.path.unlink(missing_ok=True))

    def set(self, seconds):
        if self.path.exists():  # the program has it in memory: no new file
            with open(self.path, "r+b") as file:
                file.write((seconds * 1000).to_bytes(8, "little"))
        else:
            self.path.write_bytes((seconds * 1000).to_bytes(8, "little"))

    def applied(self):
        """While this lasts, programs are started with this clock."""
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return unittest.mock.patch.dict(os.environ, {
            "LD_PRELOAD": os.environ["CLOCK_LIBRARY"], "VOUCH_TEST_CLOCK": str(self.path),
            "ASAN_OPTIONS": sanitizer.lstrip(":")})


class Endless:
    """An HTTP server whose answers have no end, or no beginning."""

    def __init__(self, test, silent=False):
        released = threading.Event()
        self.asked = asked = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.set()
                if silent:
                    released.wait(PATIENCE)
                    return
                self.send_response(200)
                self.end_headers()
                while not released.is_set():
                    self.wfile.write(b"x" * 65536)

            do_POST = do_PUT = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                pass  # the other side has had enough

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)
        test.addCleanup(released.set)


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


class LogTest(World):
    """Faults that the operator of a log reads of; those of its witnesses are in witnesses_test.py."""

    def test_witness_that_is_slower_than_it_may_be(self):
        log = self.log(start=False, witness_timeout_ms=200)
        free = threading.Event()
        self.addCleanup(free.set)
        self.witnesses[1].answer = lambda body: free.wait(PATIENCE) and None
        log.start()
        self.wait_for(log, self.add(log, "one") + 1)
        line = self.said(log, "witness-failed", "name=w1")[0]
        self.assertIn(self.witnesses[1].url, line)
        self.assertRegex(line, "[Tt]ime")
        free.set()
        self.said(log, "witness-again", "name=w1")

    def test_witness_whose_answer_has_no_end(self):
        log = self.log(start=False)
        flood = Endless(self)
        self.witnesses[1].close()
        text = (log.log / "policy").read_text()
        (log.log / "policy").write_text(text.replace(self.witnesses[1].url, flood.url))
        log.start()
        self.wait_for(log, self.add(log, "one") + 1)
        self.assertIn("longer than", self.said(log, "witness-failed", "name=w1")[0])

    def test_witnesses_that_are_too_few(self):
        log = self.log()
        self.wait_for(log, self.add(log, "one") + 1)
        for witness in self.witnesses[:2]:
            witness.close()
        size = self.add(log, "two") + 1
        self.said(log, "quorum-late", "published=%d" % size, "witnessed=%d" % (size - 1))
        self.witnesses[0].open(self.witnesses[0].port)
        self.said(log, "quorum-again", "witnessed=%d" % size)

    def test_entry_with_a_changed_bit(self):
        """On the log's own disk: that entry is an error with its index, all others are served."""
        log = self.log(witnesses=0, quorum=None)
        with log.connect() as wire:
            for number in range(300):
                self.assertEqual(200, wire.ask("POST", "/add", b"entry %d." % number).status)
        log.terminate()
        segment, = (log.log / "data").rglob("*.entries")
        flip(segment, segment.read_bytes().index(b"entry 17."))
        log.start()
        self.assertEqual(500, log.ask("GET", "/v1/entries/17").status)
        self.said(log, "request-failed", "path=/v1/entries/17", "error=entry 17: ")
        self.assertEqual(200, log.ask("GET", "/v1/entries/16").status)
        self.add(log, "one more")
        log.terminate()
        flip(segment, segment.read_bytes().index(b"entry 299."))  # where it begins to append
        self.assertIn("the entries do not lead to the head of size 301", log.refuse_to_start())

    def test_clock_that_goes_back(self):
        """Entries keep the time of the newest one; the operator reads since when and until when."""
        log = Daemon(start=False)
        self.addCleanup(log.close)
        now_s, clock, times = int(time.time()), Clock(self, log.directory), []
        clock.set(now_s)
        with clock.applied():
            log.start()
        for number, seconds in enumerate((now_s + 10, now_s - 300, now_s + 20)):
            clock.set(seconds)
            if number == 1:
                self.said(log, "clock-back", "now_ms=%d000 newest_ms=%d000" % (seconds, now_s + 10))
            reply = log.submit(log.sign(issued_at=number + 1))
            self.assertEqual(201, reply.status, reply)
            size = Note(log.ask("GET", "/v1/checkpoint/latest").body.decode()).size
            seal = log.ask("GET", "/v1/entries/%d" % (size - 1)).item["records"][0]
            times.append(seal["received_at_ms"] // 1000 - now_s)
        self.assertEqual([10, 10, 20], times)
        self.said(log, "clock-again")
        self.assertEqual(1, log.said().count(b" clock-back "))

    def test_more_entries_than_the_writer_takes(self):
        log = Daemon(opaque=True, start=False, queue_entries_max=3)
        self.addCleanup(log.close)
        log.start(hold=True)
        log.hold()
        wires = [log.connect() for _ in range(8)]
        for wire in wires:
            self.addCleanup(wire.close)
        wires[0].send_request("POST", "/add", b"with the writer")
        wait_until(lambda: log.metric("vouch_http_in_flight") == 2
                   and log.metric("vouch_queue_depth") == 0, "the writer has taken one")
        for number, wire in enumerate(wires[1:]):
            wire.send_request("POST", "/add", b"entry %d" % number)
        self.said(log, "queue-full", "entries=3")
        wait_until(lambda: log.metric('vouch_http_requests_total{route="/add",code="503"}') == 4,
                   "the others are refused")
        log.release()
        statuses = sorted(wire.receive().status for wire in wires)
        self.assertEqual([200] * 4 + [503] * 4, statuses)
        self.said(log, "queue-again", "refused=4")
        self.assertEqual(1, log.said().count(b" queue-full "))


class WitnessTest(unittest.TestCase):
    def witness(self, **more):
        self.log = TreeLog()
        witness = Cosigner([self.log], **more)
        self.addCleanup(witness.close)
        return witness

    def test_ledger_with_a_changed_byte(self):
        """A witness whose memory is damaged says so, or still has all of it: it never cosigns a fork."""
        witness = self.witness()
        self.assertEqual(200, witness.add(self.log.request(0, 5)).status)
        self.assertEqual(200, witness.add(self.log.request(5, 9)).status)
        witness.terminate()
        good = witness.directory / "good"
        shutil.copytree(witness.log / "data", good)
        fork = TreeLog(seed=b"fork", shared=4)
        files = [file for file in sorted(good.rglob("*")) if file.is_file()
                 and file.stat().st_size > 0 and file.name not in ("LOG", "LOG.old", "LOCK")]
        for file in files:
            for part in range(8):
                target = witness.log / "data" / file.relative_to(good)
                for each in good.rglob("*"):  # in place: the mark file has to stay the same
                    if each.is_file():
                        (witness.log / "data" / each.relative_to(good)).write_bytes(each.read_bytes())
                for each in (witness.log / "data").rglob("*"):
                    if each.is_file() and not (good / each.relative_to(witness.log / "data")).exists():
                        each.unlink()
                flip(target, file.stat().st_size * part // 8)
                witness.spawn()
                wait_until(lambda: witness.process.poll() is not None or b" serving " in witness.said(),
                           "an outcome")
                if witness.process.poll() is not None:
                    self.assertEqual(1, witness.process.returncode, witness.said())
                    self.assertRegex(witness.said(), rb"\nvouchd: .+|^vouchd: .+")
                    continue
                line = next(x for x in witness.said().decode().splitlines() if " listening " in x)
                witness.port = int(line.split("address=127.0.0.1:")[1].split()[0])
                self.assertEqual((409, b"9\n"), (lambda r: (r.status, r.body))(
                    witness.add(fork.request(5, 12))), file)
                self.assertEqual(422, witness.add(fork.request(9, 12)).status)
                witness.terminate()

    def test_log_that_floods(self):
        """It waits, and is named once, however often it comes."""
        witness = self.witness(log_requests_per_day=240)
        old = 0
        for size in range(1, 31):
            if witness.add(self.log.request(old, size)).status == 200:
                old = size
        self.assertEqual(10, old)
        self.assertEqual(1, witness.said().count(b" rate-limited log=log.example/tree"))

    def test_client_that_floods(self):
        witness = self.witness(client_requests_per_s=1)
        for _ in range(40):
            witness.add(b"")
        self.assertEqual(1, witness.said().count(b" rate-limited address=127.0.0.1"))

    def test_clock_that_went_back_under_many_requests(self):
        """Every one is refused, and a few lines say why."""
        witness = self.witness(start=False)
        clock = Clock(self, witness.directory)
        with clock.applied():
            witness.start()
        self.assertEqual(200, witness.add(self.log.request(0, 3)).status)
        clock.set(NOW_S - 3600)
        for _ in range(40):
            self.assertEqual(503, witness.add(self.log.request(3, 5)).status)
        said = witness.said().count(b" clock-back now=%d cosigned=%d" % (NOW_S - 3600, NOW_S))
        self.assertIn(said, range(1, 30))
        clock.set(NOW_S)
        self.assertEqual(200, witness.add(self.log.request(3, 5)).status)

    def test_log_rolled_back_by_a_day(self):
        """What it signed yesterday is a conflict, and its other tree of today is named."""
        witness = self.witness()
        self.assertEqual(200, witness.add(self.log.request(0, 20)).status)
        reply = witness.add(self.log.request(0, 12))
        self.assertEqual((409, b"20\n"), (reply.status, reply.body))
        other = TreeLog(seed=b"again", shared=12)
        self.assertEqual(422, witness.add(other.request(20, 25)).status)
        self.assertIn(b"inconsistent-checkpoint origin=log.example/tree size=25 cosigned=20",
                      witness.said())
        self.assertEqual(self.log.text(20), witness.state(self.log).text)


class MirrorTest(unittest.TestCase):
    def setUp(self):
        self.log = Daemon(opaque=True)
        self.addCleanup(self.log.close)
        self.vkey = (self.log.log / "keys/checkpoint.vkey").read_text().strip()
        self.url = "http://127.0.0.1:%d" % self.log.port

    def add(self, text):
        self.assertEqual(200, self.log.ask("POST", "/add", text.encode()).status)

    def mirror(self, *lines):
        mirror = Mirror(self.log.directory / "mirror", *lines or ["%s %s" % (self.vkey, self.url)])
        self.addCleanup(mirror.close)
        return mirror

    def said(self, mirror, *words):
        return wait_until(lambda: [line for line in mirror.said().decode().splitlines()
                                   if all(word in line for word in words)],
                          "%s in %s" % (words, mirror.said().decode()))

    def test_log_that_never_answers(self):
        """It is named when its time is over, delays no other log, and keeps no shutdown waiting."""
        self.add("one")
        silent = Endless(self, silent=True)
        other = vkey("silent.example", 1, ed25519.Key(b"1" * 32).public)
        mirror = self.mirror("%s %s" % (other, silent.url), "%s %s" % (self.vkey, self.url))
        wait_until(lambda: mirror.size() == 1, "the other log is mirrored")
        self.said(mirror, "mirror-failed", "origin=silent.example", silent.url)
        self.add("two")
        wait_until(lambda: mirror.size() == 2, "the other log is mirrored")
        self.assertEqual(0, mirror.stop())

    def test_log_whose_answer_has_no_end(self):
        flood = Endless(self)
        mirror = self.mirror("%s %s" % (self.vkey, flood.url))
        self.said(mirror, "mirror-", "origin=log.example/test", "longer than")
        self.assertEqual(0, mirror.size())

    def test_head_with_a_false_cosignature(self):
        """Where the policy wants a witness, garbage in its name and its signature of another tree are
        none: nothing is mirrored or cosigned."""
        self.add("one")
        witness = Witness("witness.example/w", self.vkey)
        self.addCleanup(witness.close)
        shown = self.log.directory / "shown"
        subprocess.run([os.environ["VOUCH"], "audit", self.url, "--vkey",
                        self.log.log / "keys/checkpoint.vkey", "--mirror", shown], check=True,
                       capture_output=True)
        head = (shown / "checkpoint").read_text()
        text = Note(head).text
        other = text.replace("\n1\n", "\n2\n")
        garbage = b"\0" * 72
        false = [witness.line(garbage), witness.line(witness.sign(other))]
        (shown / "checkpoint").write_text(head + false[0])
        lines = ["%s %s\nwitness w %s\nquorum w" % (
            self.vkey, shown, vkey(witness.name, 4, witness.key.public))]
        with unittest.mock.patch("mirror_role_test.QUORUM_NONE", ""):
            mirror = self.mirror(*lines)
        for line in false:
            (shown / "checkpoint").write_text(head + line)
            before = mirror.looks("failed")
            wait_until(lambda: mirror.looks("failed") > before + 1, "another look")
        self.said(mirror, "mirror-failed", "a signature by a key the policy lists does not verify")
        self.assertFalse((mirror.copy / "checkpoint").exists())
        (shown / "checkpoint").write_text(head + witness.line(witness.sign(text)))
        wait_until(lambda: mirror.size() == 1, "mirrored")

    def test_clock_that_goes_back(self):
        """A larger tree is never cosigned with an earlier time."""
        self.add("one")
        clock = Clock(self, self.log.directory)
        with clock.applied():
            mirror = self.mirror()
        wait_until(lambda: mirror.size() == 1, "mirrored")
        clock.set(NOW_S - 86400)
        self.add("two")
        self.said(mirror, "mirror-failed", "the clock is behind the time that was cosigned last")
        self.assertIn(b"\n1\n", mirror.get(ID + "/checkpoint"))
        clock.set(NOW_S + 1)
        wait_until(lambda: mirror.size() == 2, "mirrored")
        self.said(mirror, "mirror-again")

    def test_two_daemons_on_one_directory(self):
        self.add("one")
        mirror = self.mirror()
        wait_until(lambda: mirror.size() == 1, "mirrored")
        second = subprocess.run([VOUCHD, "--role", "mirror", mirror.directory], capture_output=True,
                                text=True, timeout=PATIENCE)
        self.assertEqual(1, second.returncode)
        self.assertRegex(second.stderr, "in use|another process")

    def test_copy_with_a_changed_bit(self):
        """The mirror's own disk: it cosigns nothing that needs what has changed, and says what."""
        with self.log.connect() as wire:
            for number in range(300):
                wire.ask("POST", "/add", b"entry %d" % number)
        mirror = self.mirror()
        wait_until(lambda: mirror.size() == 300, "mirrored")
        mirror.stop()
        changed = mirror.copy / "tile/1/000.p/1"
        flip(changed, 7)
        mirror.start()
        self.add("one more")
        self.said(mirror, "mirror-refused", "tile/1/000.p/1")
        self.assertIn(b"\n300\n", mirror.get(ID + "/checkpoint"))
        flip(changed, 7)
        wait_until(lambda: mirror.size() == 301, "mirrored")


class ShutdownTest(World):
    """Whoever is asked and does not answer keeps no daemon from ending, though it were waited for much
    longer; and a signal more changes nothing."""

    def setUp(self):
        self.silent = Endless(self, silent=True)

    def end(self, daemon):
        self.assertTrue(self.silent.asked.wait(PATIENCE))
        begin = time.monotonic()
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            daemon.process.send_signal(number)
        self.assertEqual(0, daemon.process.wait(PATIENCE))
        self.assertLess(time.monotonic() - begin, 5)  # a request is waited for 10 s and more
        said = daemon.said().decode()
        self.assertIn(" stopped ", said)
        self.assertNotIn(" reload-failed ", said)

    def member(self, kind, *where, **more):
        member = kind("m.example/a", *where, peers=[("silent", self.silent.port)], **more)
        self.addCleanup(member.close)
        self.end(member)
        self.assertNotIn(b"gossip-unreachable", member.said())

    def test_log(self):
        """Its witnesses, anchors and key providers are all silent."""
        anchor, keys = Endless(self, silent=True), Endless(self, silent=True)
        log = Daemon(start=False, profile="observe", witness_policy_file="policy", identity_providers=[{
            "issuer": keys.url, "audience": "a", "keys": keys.url + "/jwks", "algorithms": ["ES256"]}])
        self.addCleanup(log.close)
        (log.log / "token").write_text("x" * 40)
        (log.log / "token").chmod(0o600)
        log.configure(anchors=[{"target": "t", "kind": "put", "url": anchor.url, "token_file": "token",
                                "interval_s": 1}])
        (log.log / "policy").write_text("witness w %s %s\nquorum w\n" % (
            vkey("witness.example/w", 4, ed25519.Key(b"1" * 32).public), self.silent.url))
        log.start()
        self.assertEqual(201, log.submit(log.sign()).status)
        for each in (keys, anchor, self.silent):
            self.assertTrue(each.asked.wait(PATIENCE))
        with log.connect() as wire:
            wire.send_request("POST", "/entries?wait=witnessed", log.sign(issued_at=2),
                              [("Content-Type", "application/cose")])
            wait_until(lambda: log.metric("vouch_http_in_flight") == 2, "it waits")
            self.end(log)
            self.assertEqual(503, wire.receive().status)

    def test_mirror(self):
        log = Daemon(opaque=True, start=False)
        self.addCleanup(log.close)
        key = (log.log / "keys/checkpoint.vkey").read_text().strip()
        mirror = Mirror(log.directory / "mirror", "%s %s" % (key, self.silent.url))
        self.addCleanup(mirror.close)
        self.end(mirror)

    def test_witness_that_gossips(self):
        self.member(Member, "log %s\n" % TreeLog().vkey)

    def test_monitor_that_gossips(self):
        log = Daemon(opaque=True)
        self.addCleanup(log.close)
        self.member(Monitor, "log %s http://127.0.0.1:%d\n" % (
            (log.log / "keys/checkpoint.vkey").read_text().strip(), log.port))

    def test_monitor(self):
        other = vkey("silent.example", 1, ed25519.Key(b"1" * 32).public)
        monitor = Monitor("m.example/a", "log %s %s\n" % (other, self.silent.url))
        self.addCleanup(monitor.close)
        self.end(monitor)

    def test_signals_without_end(self):
        """Submissions go on while the configuration is read again and again."""
        log = self.log()
        for number in range(100):
            log.process.send_signal(signal.SIGHUP)
            self.add(log, "entry %d" % number)
        self.wait_for(log, 100)
        self.assertEqual(0, log.terminate())
        self.assertNotIn(b" error ", log.said())


if __name__ == "__main__":
    unittest.main()
