#!/usr/bin/env python3
"""The writer's queue, its limits, and the ends a daemon can come to with entries under way."""
import os
import pathlib
import resource
import signal
import socket
import time
import unittest

from support.daemon import Daemon, PATIENCE, cbor, wait_until
from support.wire import Closed


class QueueTest(unittest.TestCase):
    def log(self, hold=True, **config):
        daemon = Daemon(start=False, **{"opaque": True} | config)
        self.addCleanup(daemon.close)
        daemon.start(hold=hold)
        return daemon

    def send(self, log, entries):
        """One connection each, every one waiting for its commit."""
        wires = [log.connect() for _ in entries]
        for wire, entry in zip(wires, entries):
            self.addCleanup(wire.close)
            wire.send_request("POST", "/add", entry)
        return wires

    def wait_for_pending(self, log, count):
        wait_until(lambda: log.metric("vouch_http_in_flight") == count + 1, "%d requests wait" % count)

    def fill(self, log, count):
        """One entry with the writer, held there; then count entries in the queue."""
        log.hold()
        first = self.send(log, [b"with the writer"])
        wait_until(lambda: log.metric("vouch_http_in_flight") == 2 and log.metric("vouch_queue_depth") == 0,
                   "the writer has taken one")
        queued = self.send(log, [b"queued %d" % i for i in range(count)])
        wait_until(lambda: log.metric("vouch_queue_depth") == count, "the others are queued")
        return first + queued

    def test_a_full_queue_answers_503_at_once(self):
        """With Retry-After, without waiting for the writer; what was queued before is not lost."""
        log = self.log(queue_entries_max=3)
        wires = self.fill(log, 3)
        begin = time.monotonic()
        reply = log.ask("POST", "/add", b"one too many", [("Accept", "application/json")])
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual((503, "busy", "1"), (reply.status, reply.problem["code"], reply.headers["retry-after"]))
        self.assertEqual(503, log.ask("GET", "/readyz").status)
        self.assertEqual(200, log.ask("GET", "/checkpoint").status)
        log.release()
        self.assertEqual([200] * 4, [wire.receive().status for wire in wires])
        self.assertEqual(4, log.size())
        self.assertEqual(200, log.ask("POST", "/add", b"one too many").status)
        self.assertEqual(200, log.ask("GET", "/readyz").status)

    def test_a_queue_full_of_bytes_answers_503(self):
        log = self.log(queue_bytes_max=65536)
        wires = self.fill(log, 2)
        self.assertEqual(503, log.ask("POST", "/add", bytes(65535)).status)
        log.release()
        self.assertEqual([200] * 3, [wire.receive().status for wire in wires])

    def test_what_waits_is_one_batch(self):
        """Everything queued while a commit was under way is the next commit."""
        log = self.log()
        wires = self.fill(log, 20)
        log.release()
        for wire in wires:
            self.assertEqual(200, wire.receive().status)
        metrics = log.ask("GET", "/metrics").body.decode()
        self.assertIn("vouch_sequencing_batch_entries_count 2\n", metrics)
        self.assertIn("vouch_sequencing_batch_entries_sum 21\n", metrics)

    def test_the_same_bytes_at_the_same_time_are_one_entry(self):
        log = self.log()
        self.fill(log, 0)
        wires = self.send(log, [b"twice"] * 10)
        wait_until(lambda: log.metric("vouch_queue_depth") == 10, "all are queued")
        log.release()
        self.assertEqual({b"1"}, {wire.receive().body for wire in wires})
        self.assertEqual(2, log.size())

    def test_sigterm_answers_what_was_accepted(self):
        """Entries waiting for a commit are committed and answered, then the process ends with 0."""
        log = self.log()
        wires = self.fill(log, 10)
        idle = log.connect()
        self.addCleanup(idle.close)
        log.process.send_signal(signal.SIGTERM)
        self.assertTrue(idle.is_closed())
        log.release()
        replies = [wire.receive() for wire in wires]
        self.assertEqual([200] * 11, [reply.status for reply in replies])
        self.assertEqual({"close"}, {reply.headers["connection"] for reply in replies})
        self.assertEqual(0, log.process.wait(PATIENCE))
        log.start()
        self.assertEqual(11, log.size())
        bodies = {int(reply.body) for reply in replies}
        self.assertEqual(set(range(11)), bodies)

    def test_after_sigterm_nobody_connects(self):
        log = self.log()
        self.fill(log, 1)
        log.process.send_signal(signal.SIGTERM)

        def refused():
            try:
                log.connect().close()
            except ConnectionError:
                return True
            return False
        wait_until(refused, "connections are refused")
        self.assertIsNone(log.process.poll())
        log.release()
        self.assertEqual(0, log.process.wait(PATIENCE))

    def test_kill_loses_nothing_that_was_answered(self):
        log = self.log()
        with log.connect() as wire:
            answered = {int(wire.ask("POST", "/add", b"entry %d" % i).body): b"entry %d" % i for i in range(50)}
        wires = self.fill(log, 5)
        log.process.kill()
        log.process.wait(PATIENCE)
        for wire in wires:
            self.assertRaises(Closed, wire.receive)
        log.release()
        log.start()
        for index, entry in answered.items():
            self.assertEqual(entry, log.ask("GET", "/v1/entries/%d" % index).item["entry"])
        for i in range(5):
            self.assertEqual(200, log.ask("POST", "/add", b"queued %d" % i).status)

    def cpu_seconds(self, log):
        fields = pathlib.Path("/proc/%d/stat" % log.process.pid).read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_waiting_requests_cost_nothing(self):
        """Clients that send more, or hang up, while they wait do not keep the threads busy."""
        log = self.log()
        wires = self.fill(log, 9)
        for wire in wires[:3]:
            wire.send(b"POST /add HTTP/1.1\r\nContent-Length: 4\r\n\r\nmore")
        for wire in wires[3:6]:
            wire.socket.shutdown(socket.SHUT_WR)
        for wire in wires[6:]:
            wire.reset()
        self.assertEqual(200, log.ask("GET", "/healthz").status)
        begin, used = time.monotonic(), self.cpu_seconds(log)
        time.sleep(1)  # what is measured is this second
        self.assertLess(self.cpu_seconds(log) - used, 0.5 * (time.monotonic() - begin))
        log.release()
        self.assertEqual([200] * 6, [wire.receive().status for wire in wires[:6]])
        self.assertEqual([200] * 3, [wire.receive().status for wire in wires[:3]])

    def test_low_space_refuses_writes_and_goes_on_reading(self):
        log = self.log(hold=False, low_space_bytes=1 << 62)
        reply = log.ask("POST", "/add", b"x", [("Accept", "application/json")])
        self.assertEqual((503, "busy"), (reply.status, reply.problem["code"]))
        self.assertIn("space", reply.problem["detail"])
        self.assertGreater(int(reply.headers["retry-after"]), 1)
        self.assertEqual(503, log.ask("GET", "/readyz").status)
        self.assertEqual(200, log.ask("GET", "/healthz").status)
        self.assertEqual(200, log.ask("GET", "/checkpoint").status)
        self.assertIn(b"low-space", log.said())

    def test_a_failed_write_stops_the_process_without_an_answer(self):
        """The file system takes no more in the middle of a commit: nobody is told it worked."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))
        log = Daemon(opaque=True, start=False)
        self.addCleanup(log.close)
        log.start(preexec_fn=limit, restore_signals=False)
        acknowledged = []
        with log.connect() as wire:
            try:
                for i in range(20):
                    reply = wire.ask("POST", "/add", bytes([i]) * 60000)
                    self.assertEqual(200, reply.status)
                    acknowledged.append(int(reply.body))
            except Closed:
                pass
        self.assertEqual(1, log.process.wait(PATIENCE))
        self.assertIn(b"commit-failed", log.said())
        self.assertLess(len(acknowledged), 20)
        log.start()
        self.assertGreaterEqual(log.size(), len(acknowledged))
        for index in acknowledged:
            entry = log.ask("GET", "/v1/entries/%d" % index).item["entry"]
            self.assertEqual(bytes([index]) * 60000, entry)

    def test_a_batch_larger_than_the_queue_is_refused_whole(self):
        log = self.log(opaque=False, queue_entries_max=3)
        batch = b"".join(log.sign(issued_at=i) for i in range(4))
        reply = log.ask("POST", "/v1/batch", batch, [("Content-Type", "application/cbor-seq")])
        self.assertEqual(503, reply.status)
        self.assertEqual(2, log.size())

    def test_a_large_batch_does_not_keep_others_waiting(self):
        """While a thousand signatures are checked, the one HTTP thread goes on serving."""
        log = self.log(opaque=False, http_threads=1)
        signed = log.sign()
        changed = signed[:-1] + bytes([signed[-1] ^ 1])
        with log.connect() as batch, log.connect() as other:
            batch.send_request("POST", "/v1/batch", changed * 1024, [("Content-Type", "application/cbor-seq")])
            batch.socket.settimeout(0)
            served = 0
            while True:
                self.assertEqual(200, other.ask("GET", "/healthz").status)
                served += 1
                try:
                    batch.buffer += batch.socket.recv(16384)
                    break
                except BlockingIOError:
                    pass
            batch.socket.settimeout(PATIENCE)
            results = cbor.sequence(batch.receive().body)
        self.assertEqual({"refused"}, {result["outcome"] for result in results})
        self.assertGreater(served, 1)


if __name__ == "__main__":
    unittest.main()
