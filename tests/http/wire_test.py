#!/usr/bin/env python3
"""Messages on the wire: framing, pipelining, limits, and what no HTTP library would send."""
import unittest

from support.daemon import Daemon, wait_until
from support.wire import Closed, Wire


class WireTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.log = Daemon(opaque=True, request_timeout_ms=2000)

    @classmethod
    def tearDownClass(cls):
        cls.log.close()

    def setUp(self):
        self.wire = self.log.connect()
        self.addCleanup(self.wire.close)

    def bad(self, data, status, code):
        """data is answered with this problem, and the connection ends."""
        self.wire.send(data)
        reply = self.wire.receive()
        self.assertEqual((status, code), (reply.status, reply.problem["code"]), reply)
        self.assertEqual("close", reply.headers["connection"])
        self.assertTrue(self.wire.is_closed())

    def test_requests_follow_each_other_on_a_connection(self):
        for entry in (b"a", b"b", b"a"):
            self.assertEqual(200, self.wire.ask("POST", "/add", entry).status)

    def test_pipelined_requests_are_answered_in_order(self):
        """Ten requests in one packet: ten replies, the same order, each to its own request."""
        entries = [b"pipelined %d" % i for i in range(10)]
        one = b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"
        self.wire.send(b"".join(one % (len(entry), entry) for entry in entries))
        indexes = [int(self.wire.receive().body) for _ in entries]
        self.assertEqual(list(range(indexes[0], indexes[0] + 10)), indexes)
        self.wire.send(b"GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(b"log.example", self.wire.receive().body)
        self.assertEqual(b"ok\n", self.wire.receive().body)

    def test_a_request_in_single_bytes_is_a_request(self):
        for byte in b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nbytes":
            self.wire.send(bytes([byte]))
        self.assertEqual(200, self.wire.receive().status)

    def test_a_chunked_body_is_a_body(self):
        """Chunks, chunk extensions and trailers; the next request is read where it begins."""
        self.wire.send(b"POST /add HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                       b"3\r\nchu\r\n5 \r\nnked \r\n4\r\nbody\r\n0\r\nTrailer: x\r\n\r\n")
        index = int(self.wire.receive().body)
        reply = self.wire.ask("GET", "/v1/entries/%d" % index)
        self.assertEqual(b"chunked body", reply.item["entry"])

    def test_a_chunked_body_above_the_limit_is_refused(self):
        self.wire.send(b"POST /add HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(5):
            self.wire.send(b"4000\r\n" + bytes(0x4000) + b"\r\n")
        self.wire.send(b"0\r\n\r\n")
        self.assertEqual(413, self.wire.receive().status)

    def test_a_chunk_above_every_limit_is_refused(self):
        self.bad(b"POST /add HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 413, "too-large")

    def test_a_bad_chunk_size_ends_the_connection(self):
        self.wire.send(b"POST /add HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
        self.assertIn(self.wire.receive().status, (400, 413))
        self.assertTrue(self.wire.is_closed())

    def test_a_body_shorter_than_its_length_is_no_entry(self):
        """The client stops half-way and goes: nothing is logged."""
        before = self.log.size()
        self.wire.send(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nonly a part")
        self.wire.close()
        self.assertEqual(before, self.log.size())

    def test_a_body_longer_than_its_length_is_cut_there(self):
        """What follows the announced length is read as the next request, and is none."""
        self.wire.send(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nlong and longer\r\n\r\n")
        self.assertEqual(200, self.wire.receive().status)
        reply = self.wire.receive()
        self.assertEqual(400, reply.status)
        self.assertTrue(self.wire.is_closed())

    def test_a_length_and_chunks_together_are_refused(self):
        self.bad(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"0\r\n\r\n", 400, "bad-parameter")

    def test_two_lengths_are_refused(self):
        self.bad(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
                 400, "bad-parameter")

    def test_a_length_with_a_sign_is_refused(self):
        self.bad(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400, "bad-parameter")

    def test_a_length_that_is_no_number_is_refused(self):
        self.bad(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", 400, "bad-parameter")

    def test_another_transfer_encoding_is_refused(self):
        self.bad(b"POST /add HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                 400, "bad-parameter")

    def test_a_message_that_is_no_request_is_refused(self):
        for data in (b"what is this\r\n\r\n", b"GET /\r\n\r\n", b"\0\1\2\3\r\n\r\n", b"GET / HTTP/9.x\r\n\r\n",
                     b"GET /checkpoint HTTP/1.1\r\nno colon here\r\n\r\n"):
            with self.subTest(data), self.log.connect() as self.wire:
                self.bad(data, 400, "bad-parameter")

    def test_headers_above_the_limit_are_refused(self):
        """Many small ones, one large one, and a request line that does not end."""
        for data in (b"GET /checkpoint HTTP/1.1\r\n" + b"X: y\r\n" * 10000 + b"\r\n",
                     b"GET /checkpoint HTTP/1.1\r\nX: " + b"y" * 50000 + b"\r\n\r\n",
                     b"GET /" + b"x" * 50000):
            with self.subTest(data[:40]), self.log.connect() as self.wire:
                try:
                    self.wire.send(data)
                except ConnectionError:
                    pass  # it was refused before all of it was sent
                try:
                    self.assertIn(self.wire.receive().status, (400, 413))
                except Closed:
                    pass
        self.assertEqual(200, self.log.ask("GET", "/healthz").status)

    def test_a_body_above_every_limit_is_refused(self):
        reply = self.wire.ask("POST", "/add", bytes(9 * 1024 * 1024))
        self.assertEqual((413, "too-large"), (reply.status, reply.problem["code"]))

    def test_expect_continue_is_granted(self):
        self.wire.send(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(100, self.wire.receive().status)
        self.wire.send(b"abc")
        self.assertEqual(200, self.wire.receive().status)
        self.assertEqual(200, self.wire.ask("GET", "/healthz").status)

    def test_another_expectation_is_refused(self):
        self.wire.send(b"POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: wonders\r\n\r\nabc")
        self.assertEqual(400, self.wire.receive().status)
        self.assertTrue(self.wire.is_closed())

    def test_unknown_methods_are_not_allowed(self):
        for method in ("BREW", "PATCH", "OPTIONS", "TRACE", "DELETE"):
            with self.subTest(method), self.log.connect() as wire:
                reply = wire.ask(method, "/checkpoint")
                self.assertEqual((405, "GET, HEAD"), (reply.status, reply.headers["allow"]))

    def test_a_body_nobody_reads_is_no_request(self):
        """HEAD and unknown methods have no body here: what follows is never taken for a request."""
        for method in (b"HEAD", b"BREW", b"TRACE"):
            with self.subTest(method), self.log.connect() as wire:
                wire.send(method + b" /checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 38\r\n\r\n"
                          b"POST /add HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
                reply = wire.receive(is_head=method == b"HEAD")
                self.assertEqual("close", reply.headers["connection"])
                self.assertTrue(wire.is_closed())

    def test_connect_is_refused(self):
        self.bad(b"CONNECT log.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad-parameter")

    def test_http_1_0_ends_the_connection_unless_asked(self):
        reply = self.wire.ask("GET", "/healthz", version="HTTP/1.0")
        self.assertEqual((200, "close"), (reply.status, reply.headers["connection"]))
        self.assertTrue(self.wire.is_closed())
        with self.log.connect() as wire:
            for _ in range(2):
                reply = wire.ask("GET", "/healthz", headers=[("Connection", "keep-alive")], version="HTTP/1.0")
                self.assertEqual((200, "keep-alive"), (reply.status, reply.headers["connection"]))

    def test_connection_close_ends_the_connection(self):
        reply = self.wire.ask("POST", "/add", b"last", headers=[("Connection", "close")])
        self.assertEqual((200, "close"), (reply.status, reply.headers["connection"]))
        self.assertTrue(self.wire.is_closed())

    def test_an_absolute_url_is_that_path(self):
        self.assertEqual(200, self.wire.ask("GET", "http://log.example/healthz").status)

    def test_strange_paths_are_not_found(self):
        for path in ("/\xff\xfe", "/%00", "/checkpoint%00", "/../checkpoint", "/v1/entries/%ff", "*", "?", "//", "/;x",
                     "/v1/entries/" + "9" * 5000):
            with self.subTest(path), self.log.connect() as wire:
                self.assertIn(wire.ask("GET", path).status, (400, 404))
        self.assertEqual(200, self.wire.ask("GET", "/healthz?anything").status)

    def test_head_of_a_problem_has_no_body(self):
        reply = self.wire.ask("HEAD", "/nothing")
        self.assertEqual(404, reply.status)
        self.assertEqual(200, self.wire.ask("GET", "/healthz").status)

    def test_full_tiles_are_served_and_their_partial_widths_too(self):
        with self.log.connect() as wire:
            for i in range(260):
                self.assertEqual(200, wire.ask("POST", "/add", b"entry %d" % i).status)
        full = self.wire.ask("GET", "/tile/0/000")
        self.assertEqual(256 * 32, len(full.body))
        self.assertEqual(full.body[:255 * 32], self.wire.ask("GET", "/tile/0/000.p/255").body)
        self.assertEqual(32, len(self.wire.ask("GET", "/tile/1/000.p/1").body))
        bundle = self.wire.ask("GET", "/tile/entries/000")
        self.assertTrue(bundle.body.startswith(self.wire.ask("GET", "/tile/entries/000.p/17").body))
        self.assertEqual("public, max-age=31536000, immutable", bundle.headers["cache-control"])

    def test_a_reset_connection_harms_nobody(self):
        for data in (b"", b"POST /add HTTP/1.1\r\nContent-Le", b"POST /add HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"):
            wire = Wire(self.log.port)
            wire.send(data)
            wire.reset()
        self.assertEqual(200, self.wire.ask("GET", "/healthz").status)
        wait_until(lambda: self.log.metric("vouch_http_connections") <= 2, "closed connections are forgotten")


if __name__ == "__main__":
    unittest.main()
