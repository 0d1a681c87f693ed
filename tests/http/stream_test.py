#!/usr/bin/env python3
"""GET /v1/stream: every entry once and in order, whatever happens to the connection or the daemon."""
import os
import pathlib
import random
import signal
import threading
import unittest

from support.daemon import Daemon, wait_until
from support.events import Reader
from support.wire import Closed

SENDERS = 8


class StreamTest(unittest.TestCase):
    def log(self, **config):
        daemon = Daemon(**{"opaque": True} | config)
        self.addCleanup(daemon.close)
        return daemon

    def reader(self, log, query="", **options):
        reader = Reader(log.port, query, **options)
        self.addCleanup(reader.close)
        return reader

    def add(self, log, count, tag=b""):
        """Adds entries over several connections at once, so that commits hold several."""
        def send(number):
            with log.connect() as wire:
                for i in range(number, count, SENDERS):
                    assert wire.ask("POST", "/add", b"%s %d" % (tag, i)).status == 200

        threads = [threading.Thread(target=send, args=(number,)) for number in range(SENDERS)]
        for thread in threads:
            thread.start()
        return threads

    def added(self, log, count, tag=b""):
        for thread in self.add(log, count, tag):
            thread.join()

    def check_entries(self, events, begin, end):
        """The entries [begin, end), each once and in order."""
        indexes = [event.data["index"] for event in events if event.kind == "entry"]
        self.assertEqual(list(range(begin, end)), indexes)

    def test_entries_arrive_while_others_write(self):
        """In order, none twice; a checkpoint says the size of the tree at its place."""
        log = self.log()
        reader = self.reader(log, "?begin=0")
        threads = self.add(log, 400)
        events = reader.until("checkpoint-400")
        for thread in threads:
            thread.join()
        self.check_entries(events, 0, 400)
        size = 0
        for event in events:
            if event.kind == "entry":
                self.assertEqual((str(size), size), (event.id, event.data["index"]))
                size += 1
            else:
                self.assertEqual(("checkpoint-%d" % size, size), (event.id, event.data["size"]))
                self.assertIn("\n%d\n" % size, event.data["checkpoint"])

    def test_without_a_beginning_a_stream_begins_now(self):
        """With the newest checkpoint, so that the client knows where it is."""
        log = self.log()
        self.added(log, 3)
        reader = self.reader(log)
        self.assertEqual("checkpoint-3", reader.next().id)
        self.added(log, 1, b"next")
        self.assertEqual("3", reader.next().id)

    def test_resuming_anywhere_loses_and_repeats_nothing(self):
        log = self.log()
        self.added(log, 50)
        ids = [event.id for event in self.reader(log, "?begin=0").until("checkpoint-50")]
        for i, last in enumerate(ids[:-1]):
            rest = self.reader(log, "?begin=0", last=last).until("checkpoint-50")
            self.assertEqual(ids[i + 1:], [event.id for event in rest])

    def test_resuming_over_killed_daemons(self):
        """kill -9 while entries are written and read: the events of all connections together are
        those of one stream."""
        log = self.log()
        seed = int(os.environ.get("VOUCH_TEST_SEED", random.randrange(1 << 32)))
        print("stream_test: seed %d" % seed)
        chance = random.Random(seed)
        events, last = [], None
        for life in range(6):
            stop = threading.Event()
            writer = threading.Thread(target=self.write_until, args=(log, stop, life))
            writer.start()
            reader = Reader(log.port, "?begin=0", last=last)
            try:
                for _ in range(chance.randrange(20, 120)):
                    events.append(reader.next())
                log.process.send_signal(signal.SIGKILL)
                while True:
                    events.append(reader.next())
            except Closed:
                pass
            reader.close()
            stop.set()
            writer.join()
            log.process.wait()
            last = events[-1].id
            log.start()
        end = "checkpoint-%d" % log.size()
        if last != end:
            events += self.reader(log, last=last).until(end)
        self.check_entries(events, 0, log.size())
        whole = self.reader(log, "?begin=0").until(end)
        self.assertEqual([event.id for event in whole], [event.id for event in events])
        self.assertEqual([event.data for event in whole], [event.data for event in events])

    def write_until(self, log, stop, life):
        """Adds entries until the daemon is gone."""
        number = 0
        try:
            with log.connect() as wire:
                while not stop.is_set():
                    wire.ask("POST", "/add", b"life %d entry %d" % (life, number))
                    number += 1
        except OSError:
            pass
        except Closed:
            pass

    def test_a_reader_that_takes_nothing_is_cut(self):
        """It costs no memory meanwhile, and others are told of entries as before."""
        log = self.log(request_timeout_ms=2000)
        self.added(log, 4000)
        readers = [self.reader(log, "?begin=0", receive_buffer=4096) for _ in range(40)]
        before = self.resident_kib(log)
        self.added(log, 200, b"more")
        self.assertLess(self.resident_kib(log) - before, 20000, "128 KiB for each, and what grows")
        wait_until(lambda: log.metric("vouch_http_connections_cut_total") >= 40, "all are cut")
        self.assertEqual("checkpoint-4200", self.reader(log, "?begin=4199").until("checkpoint-4200")[-1].id)
        for reader in readers:
            reader.close()

    def resident_kib(self, log):
        status = pathlib.Path("/proc/%d/status" % log.process.pid).read_text()
        return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1])

    def test_a_slow_reader_gets_everything(self):
        log = self.log()
        self.added(log, 3000)
        reader = self.reader(log, "?begin=0", receive_buffer=4096)
        self.check_entries(reader.until("checkpoint-3000"), 0, 3000)

    def test_there_are_as_many_streams_as_may_be(self):
        """One more gets 503; when one goes away there is a place again."""
        log = self.log(streams_max=2)
        first, second = self.reader(log), self.reader(log)
        first.next(), second.next()
        reply = log.ask("GET", "/v1/stream", headers=[("Accept", "application/json")])
        self.assertEqual((503, "busy"), (reply.status, reply.problem["code"]))
        self.assertIn("retry-after", reply.headers)
        first.wire.reset()
        wait_until(lambda: log.ask("HEAD", "/v1/stream").status == 200
                   and log.metric("vouch_http_streams") == 1, "one is gone")
        self.reader(log).next()

    def test_a_silent_log_says_that_it_is_there(self):
        log = self.log(stream_heartbeat_ms=100)
        reader = self.reader(log)
        reader.next()
        for _ in range(3):
            self.assertEqual(b":", reader.wire._until(b"\n\n"))

    def test_a_quiet_stream_outlives_all_deadlines(self):
        log = self.log(request_timeout_ms=200, idle_timeout_ms=200, stream_heartbeat_ms=1500)
        reader = self.reader(log)
        reader.next()
        self.assertEqual(b":", reader.wire._until(b"\n\n"))
        self.added(log, 1)
        self.assertEqual("0", reader.next().id)

    def test_what_a_client_says_into_its_stream_is_not_heard(self):
        """Nor kept: the daemon stops reading from it."""
        log = self.log()
        reader = self.reader(log)
        reader.next()
        reader.wire.send(b"GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        before = self.resident_kib(log)
        reader.wire.socket.settimeout(0.5)
        try:
            for _ in range(200):
                reader.wire.send(bytes(65536))
        except OSError:
            pass
        reader.wire.socket.settimeout(60)
        self.assertLess(self.resident_kib(log) - before, 4000)
        self.added(log, 1)
        self.assertEqual("0", reader.next().id)

    def test_stopping_ends_the_streams(self):
        log = self.log()
        readers = [self.reader(log) for _ in range(5)]
        for reader in readers:
            reader.next()
        self.assertEqual(0, log.terminate())
        for reader in readers:
            self.assertTrue(reader.wire.is_closed())

    def test_clients_that_come_and_go(self):
        """Whatever they are told just then: nothing is left behind."""
        log = self.log()
        threads = self.add(log, 600)
        for i in range(60):
            reader = Reader(log.port, "?begin=0")
            for _ in range(i):
                if reader.next().id == "300":
                    break
            reader.wire.reset() if i % 2 else reader.close()
        for thread in threads:
            thread.join()
        wait_until(lambda: log.metric("vouch_http_streams") == 0, "all are gone")

    def test_http_1_0(self):
        """The body ends with the connection, so old clients can read it too."""
        log = self.log()
        with log.connect() as wire:
            wire.send_request("GET", "/v1/stream", version="HTTP/1.0")
            self.assertIn(b"event: checkpoint", wire._until(b"data: "))


if __name__ == "__main__":
    unittest.main()
