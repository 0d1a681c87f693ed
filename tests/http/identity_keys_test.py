#!/usr/bin/env python3
"""Where a provider's keys come from: what a server may answer, and what is not taken."""
import http.server
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from support.daemon import Daemon, wait_until

KEYS = (b'{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
        b'"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}')


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, "do_" + self.path.strip("/"))()

    def answer(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_good(self):
        self.answer(200, KEYS)

    def do_missing(self):
        self.answer(404, KEYS)

    def do_moved(self):
        self.answer(302, KEYS, Location="/good")

    def do_garbage(self):
        self.answer(200, b"<html>")

    def do_cut(self):
        self.answer(200, KEYS, len(KEYS) + 1)

    def do_packed(self):
        self.answer(200, KEYS, **{"Content-Encoding": "gzip"})

    def do_long(self):
        self.answer(200, KEYS + b" " * 262144)

    def do_endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            pass

    def do_silent(self):
        self.server.released.wait(60)

    def log_message(self, *arguments):
        pass


class Server:
    def __init__(self, certificate=None):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.asked, self.http.released = [], threading.Event()
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = "http%s://127.0.0.1:%d/" % ("s" if certificate else "", self.http.server_port)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.released.set()
        self.http.shutdown()
        self.http.server_close()


def provider(name, keys):
    return {"issuer": name, "audience": "vouch", "keys": keys, "keys_refetch_s": 3600}


class IdentityKeysTest(unittest.TestCase):
    def serve(self, certificate=None):
        server = Server(certificate)
        self.addCleanup(server.close)
        return server

    def lines(self, log, event):
        return [line for line in log.said().decode().splitlines() if " %s " % event in line]

    def test_what_is_no_key_set_is_not_taken(self):
        server = self.serve()
        refused = {"missing": "status 404", "moved": "status 302", "garbage": "not a JWK Set",
                   "cut": "", "long": "too long", "endless": "too long"}
        names = ["good", "packed", *refused]
        with Daemon(identity_providers=[provider(name, server.url + name) for name in names]) as log:
            wait_until(lambda: len(self.lines(log, "keys-not-loaded")) == len(refused), "all are tried")
            wait_until(lambda: len(self.lines(log, "keys-loaded")) == 2, "the good ones are loaded")
            for line in self.lines(log, "keys-not-loaded"):
                name = line.split("issuer=")[1].split()[0]
                self.assertIn(refused[name], line)
            self.assertEqual(sorted("/" + name for name in names), sorted(server.http.asked))

    def test_a_certificate_that_nobody_trusts(self):
        with tempfile.TemporaryDirectory() as directory:
            file = directory + "/own.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-nodes", "-keyout", file, "-out", file + ".crt", "-subj", "/CN=127.0.0.1",
                            "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            with open(file, "a") as out, open(file + ".crt") as certificate:
                out.write(certificate.read())
            server = self.serve(file)
        with Daemon(identity_providers=[provider("tls", server.url + "good")]) as log:
            wait_until(lambda: self.lines(log, "keys-not-loaded"), "it is tried")
            self.assertIn("certificate", self.lines(log, "keys-not-loaded")[0])
            self.assertEqual([], server.http.asked)

    def test_a_server_that_says_nothing_holds_nobody_up(self):
        server = self.serve()
        with Daemon(identity_providers=[provider("silent", server.url + "silent")]) as log:
            wait_until(lambda: server.http.asked, "it is asked")
            self.assertEqual(201, log.submit(log.sign()).status)
            begin = time.monotonic()
            self.assertEqual(0, log.terminate())
            self.assertLess(time.monotonic() - begin, 8)  # the server could keep it for 10 s
            self.assertEqual([], self.lines(log, "keys-not-loaded"))

    def test_keys_in_a_file_are_loaded_again_on_sighup(self):
        with Daemon(start=False) as log:
            file = log.directory / "keys.json"
            file.write_bytes(KEYS)
            log.configure(identity_providers=[{**provider("file", str(file)), "keys_refetch_s": 1}])
            log.start()
            self.assertEqual(1, len(self.lines(log, "keys-loaded")))
            file.write_bytes(KEYS + b"\n")
            log.process.send_signal(1)
            wait_until(lambda: len(self.lines(log, "keys-loaded")) == 2, "the new set is loaded")
            file.write_bytes(b"{}")
            log.process.send_signal(1)
            wait_until(lambda: self.lines(log, "keys-not-loaded"), "the bad set is refused")
            self.assertEqual(2, len(self.lines(log, "keys-loaded")))


if __name__ == "__main__":
    unittest.main()
