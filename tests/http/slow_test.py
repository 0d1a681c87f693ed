#!/usr/bin/env python3
"""Clients that are slow, silent, greedy or gone: none of them keeps the others waiting."""
import socket
import threading
import time
import unittest

from support.daemon import Daemon, wait_until
from support.wire import Closed, Wire

MIB = 1024 * 1024


def drip(wire, data, stop):
    """Sends a byte now and then until the other side has had enough."""
    for byte in data:
        if stop.wait(0.02):
            return
        try:
            wire.send(bytes([byte]))
        except OSError:
            return


class SlowTest(unittest.TestCase):
    def log(self, **config):
        daemon = Daemon(**{"opaque": True, "request_timeout_ms": 400, "idle_timeout_ms": 300} | config)
        self.addCleanup(daemon.close)
        return daemon

    def cut(self, log, data):
        """A client that drips data is told 408 and cut, while another one is served."""
        stop = threading.Event()
        with log.connect() as wire:
            sender = threading.Thread(target=drip, args=(wire, data, stop))
            sender.start()
            try:
                self.assertEqual(200, log.ask("GET", "/healthz").status)
                reply = wire.receive()
                self.assertEqual((408, "timeout"), (reply.status, reply.problem["code"]))
                self.assertTrue(wire.is_closed())
            finally:
                stop.set()
                sender.join()

    def test_dripping_headers_are_cut(self):
        self.cut(self.log(), b"POST /add HTTP/1.1\r\n" + b"X-Header: value\r\n" * 10000)

    def test_dripping_bodies_are_cut(self):
        self.cut(self.log(), b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n" + bytes(9999))

    def test_dripping_chunks_are_cut(self):
        self.cut(self.log(), b"POST /add HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 9999)

    def test_half_a_request_is_cut(self):
        log = self.log()
        with log.connect() as wire:
            wire.send(b"GET /checkpoint HT")
            self.assertEqual(408, wire.receive().status)

    def test_the_deadline_counts_from_the_first_byte_of_each_request(self):
        """A connection that is used all the time lives longer than any deadline."""
        log = self.log()
        begin = time.monotonic()
        with log.connect() as wire:
            while time.monotonic() - begin < 1:
                self.assertEqual(200, wire.ask("POST", "/add", b"again").status)

    def test_a_silent_connection_is_closed_without_a_word(self):
        log = self.log()
        with log.connect() as wire:
            self.assertTrue(wire.is_closed())
        with log.connect() as wire:
            self.assertEqual(200, wire.ask("GET", "/healthz").status)
            self.assertTrue(wire.is_closed())

    def test_a_client_that_does_not_read_is_cut(self):
        """It asks for bundles and takes nothing: the connection is given up in the end."""
        log = self.log(request_timeout_ms=300)
        with log.connect() as wire:
            for i in range(2):
                self.assertEqual(200, wire.ask("POST", "/add", bytes([i]) * 65535).status)
        greedy = Wire(log.port, receive_buffer=4096)
        self.addCleanup(greedy.close)
        greedy.send(b"GET /tile/entries/000.p/2 HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        wait_until(lambda: log.metric("vouch_http_connections_cut_total") >= 1, "the client is cut")
        self.assertEqual(200, log.ask("GET", "/healthz").status)

    def test_a_slow_reader_gets_everything(self):
        """A reply larger than all buffers arrives whole when it is read slowly."""
        log = self.log(request_timeout_ms=30000, idle_timeout_ms=30000)
        entries = [bytes([i]) * 65535 for i in range(200)]
        with log.connect() as wire:
            for entry in entries:
                self.assertEqual(200, wire.ask("POST", "/add", entry).status)
        with log.connect() as wire:
            wire.send_request("GET", "/tile/entries/000.p/200")
            wait_until(lambda: log.metric('vouch_http_requests_total{route="/tile/{path...}",code="200"}') == 1,
                       "the reply has begun")
            body = wire.receive().body
            self.assertEqual(b"".join(b"\xff\xff" + entry for entry in entries), body)
            self.assertEqual(200, wire.ask("GET", "/healthz").status)

    def test_clients_that_vanish_while_waiting_are_forgotten(self):
        """Their entries are logged all the same, and nothing is left of their connections."""
        log = self.log(start=False)
        log.start(hold=True)
        log.hold()
        wires = [log.connect() for _ in range(20)]
        for i, wire in enumerate(wires):
            wire.send_request("POST", "/add", b"vanishing %d" % i)
        wait_until(lambda: log.metric("vouch_http_in_flight") == 21, "all wait for the commit")
        for i, wire in enumerate(wires):
            wire.reset() if i % 2 else wire.close()
        log.release()
        wait_until(lambda: log.size() == 20, "the entries are committed")
        wait_until(lambda: log.metric("vouch_http_connections") == 1, "the connections are gone")

    def test_a_client_that_half_closes_is_answered(self):
        log = self.log()
        with log.connect() as wire:
            wire.send_request("POST", "/add", b"and out")
            wire.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(200, wire.receive().status)

    def test_connections_beyond_the_limit_wait_for_their_turn(self):
        log = self.log(connections_max=4, idle_timeout_ms=60000)
        first = [log.connect() for _ in range(8)]
        answered = first[0].ask("GET", "/healthz")
        self.assertEqual(200, answered.status)
        late = log.connect()
        late.send_request("GET", "/healthz")
        self.assertEqual(200, late.receive().status)  # idle ones are closed early to make room
        for wire in first + [late]:
            wire.close()

    def test_large_requests_share_a_limit(self):
        """When all threads together read more than allowed, the largest request is given up."""
        log = Daemon(request_bytes_max=17 * MIB, http_threads=1, request_timeout_ms=30000)
        self.addCleanup(log.close)
        head = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor-seq\r\nContent-Length: %d\r\n\r\n"
        wires = [log.connect() for _ in range(3)]
        for wire in wires:
            wire.send(head % (8 * MIB))
            try:
                wire.send(bytes(6 * MIB))
            except OSError:
                pass
        wait_until(lambda: log.metric("vouch_http_connections_cut_total") >= 1, "one is cut")
        self.assertEqual(200, log.ask("GET", "/healthz").status)
        answers = []
        for wire in wires:
            try:
                wire.send(bytes(2 * MIB))
                answers.append(wire.receive().status)  # 413: too many items, but read to its end
            except (Closed, OSError):
                answers.append(None)
        self.assertGreaterEqual(sum(answer == 413 for answer in answers), 1)
        for wire in wires:
            wire.close()


if __name__ == "__main__":
    unittest.main()
