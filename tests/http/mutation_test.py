#!/usr/bin/env python3
"""Requests with random changes: the daemon answers or hangs up, and goes on serving."""
import random
import socket
import sys
import time
import unittest

from support.daemon import Daemon

SECONDS = 8


def seeds(log):
    """Well-formed requests of every kind, to be spoilt."""
    good = log.sign()
    get = [b"GET %b HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n" % path for path in (
        b"/checkpoint", b"/tile/0/000.p/1", b"/tile/entries/000.p/2", b"/v1/entries/0", b"/metrics",
        b"/v1/proof/inclusion/0/2", b"/v1/proof/consistency/1/2", b"/.well-known/scitt-keys", b"/entries/" + b"0" * 64)]
    post = [b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        path, kind, len(body), body) for path, kind, body in (
            (b"/entries", b"application/cose", good), (b"/v1/batch", b"application/cbor-seq", good * 3))]
    chunked = b"POST /entries HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: application/cose\r\n\r\n" \
              b"%x\r\n%b\r\n0\r\n\r\n" % (len(good), good)
    return get + post + [chunked, b"".join(get)]


def spoil(source, data):
    data = bytearray(data)
    for _ in range(source.randint(1, 6)):
        at = source.randrange(len(data) + 1)
        choice = source.randrange(5)
        if choice == 0 and at < len(data):
            data[at] = source.randrange(256)
        elif choice == 1:
            data[at:at] = source.choice((b"\r\n", b"\0", b"\xff", b" ", b":", b"%", b"\r\n\r\n", b"0\r\n", b"HTTP/1.1"))
        elif choice == 2:
            del data[at:at + source.randint(1, 20)]
        elif choice == 3 and data:
            data[at:at] = data[source.randrange(len(data)):][:source.randint(1, 60)]
        elif at < len(data) and 48 <= data[at] <= 57:
            data[at] = source.choice(b"0123456789")
    return bytes(data)


class MutationTest(unittest.TestCase):
    def test_no_message_stops_the_daemon(self):
        seed = int(sys.argv.pop()) if len(sys.argv) > 1 and sys.argv[-1].isdigit() else random.randrange(1 << 32)
        print("seed %d" % seed)
        source = random.Random(seed)
        with Daemon(request_timeout_ms=1000) as log:
            log.submit(log.sign())
            messages = seeds(log)
            deadline = time.monotonic() + SECONDS
            sent = 0
            while time.monotonic() < deadline:
                with socket.create_connection(("127.0.0.1", log.port)) as wire:
                    wire.settimeout(5)
                    try:
                        for _ in range(source.randint(1, 3)):
                            wire.sendall(spoil(source, source.choice(messages)))
                        if source.random() < 0.8:
                            wire.shutdown(socket.SHUT_WR)
                            while wire.recv(65536):
                                pass
                    except OSError:
                        pass
                sent += 1
            self.assertEqual(200, log.ask("GET", "/healthz").status, "seed %d" % seed)
            self.assertEqual(201, log.submit(log.sign(issued_at=2)).status, "seed %d" % seed)
            print("%d connections" % sent)


if __name__ == "__main__":
    unittest.main()
