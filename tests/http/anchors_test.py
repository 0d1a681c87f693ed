#!/usr/bin/env python3
"""Anchors: heads are taken off the platform, proved, said once in the log, and delay nobody. The
time-stamp authority is OpenSSL's."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

from support.daemon import VOUCHD, Daemon, cbor, wait_until
from witness import Note, Witness, policy  # found by support.daemon

VOUCH = os.environ["VOUCH"]
FSCK, LOG_SAYS = os.environ.get("VOUCH_FSCK"), os.environ.get("LOG_SAYS")
SECRET = b"a secret of some length"

TSA_CONFIG = """
[tsa]
default_tsa = t
[t]
serial = {dir}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[ext]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = critical,timeStamping
"""


class Outside:
    """A web server on this machine that keeps what it gets; answers are taken from a list first."""

    def __init__(self):
        self.requests, self.answers, self.released = [], [], threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.command, self.path, self.headers, body))
                answer = outer.answers.pop(0) if outer.answers else outer.usual
                if answer == "never":
                    outer.released.wait()
                    return
                status, reply = answer(body) if callable(answer) else answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            do_PUT = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    usual = (200, b"")

    @property
    def url(self):
        return "http://127.0.0.1:%d/a/b" % self.server.server_address[1]

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class Authority(Outside):
    """OpenSSL's ts behind a web server, with a CA of its own."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vouch-tsa-"))
        (self.directory / "tsa.cnf").write_text(TSA_CONFIG.format(dir=self.directory))
        (self.directory / "serial").write_text("01\n")
        self.lock = threading.Lock()
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
                     "-subj", "/CN=Test CA")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test TSA")
        self.certify("1")
        super().__init__()

    def certify(self, days):
        with self.lock:
            self.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                         "-CAcreateserial", "-days", days, "-extfile", "tsa.cnf", "-extensions",
                         "ext", "-out", "tsa.pem")

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], cwd=self.directory, check=True,
                              capture_output=True).stdout

    def usual(self, query):
        with self.lock:
            (self.directory / "query").write_bytes(query)
            self.openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer",
                         "tsa.pem", "-inkey", "tsa.key", "-out", "reply")
            return 200, (self.directory / "reply").read_bytes()

    @property
    def ca(self):
        return self.directory / "ca.pem"

    def close(self):
        super().close()
        shutil.rmtree(self.directory)


class Relay(Outside):
    """Stands before another log; change(path, status, body) makes another answer of its own."""

    def __init__(self, log):
        self.log, self.change = log, lambda path, status, body: (status, body)
        super().__init__()
        self.server.RequestHandlerClass.do_POST = self.server.RequestHandlerClass.do_GET = (
            lambda handler: self.pass_on(handler))

    def pass_on(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        path = handler.path.removeprefix("/a/b")
        self.requests.append((handler.command, path, handler.headers, body))
        reply = self.log.ask(handler.command, path, body or None,
                             [(name, handler.headers[name]) for name in ("Content-Type", "Accept")
                              if name in handler.headers])
        status, body = self.change(path, reply.status, reply.body)
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


class AnchorsTest(unittest.TestCase):
    def with_log(self, *targets, start=True, **more):
        self.log = Daemon(start=False, **more)
        self.addCleanup(self.log.close)
        self.anchors = self.log.log / "anchors"
        self.log.configure(anchors=[dict({"target": "t", "interval_s": 1}, **target)
                                    for target in targets])
        if start:
            self.log.start()

    def outside(self, kind=Outside):
        outside = kind()
        self.addCleanup(outside.close)
        return outside

    def authority(self, **more):
        authority = self.outside(Authority)
        return authority, dict(kind="rfc3161", url=authority.url, ca_file=str(authority.ca), **more)

    def add_entry(self):
        self.number = getattr(self, "number", 0) + 1
        self.assertEqual(201, self.log.submit(self.log.sign(issued_at=self.number)).status)

    def said(self):
        """-> the anchor of each record that says one, in order."""
        reply = self.log.ask("GET", "/v1/records/type/log-metadata?view=records", None,
                             [("Accept", "application/json")])
        records = [record for entry in json.loads(reply.body)["entries"]
                   for record in entry["records"]]
        return [record["anchor"] for record in records if record["operation"] == "anchor"]

    def said_at_least(self, count):
        return wait_until(lambda: len(self.said()) >= count and self.said(), "%d anchors" % count)

    def files(self, target="t"):
        return sorted(self.anchors.glob(target + "-*.anchor"))

    def metric(self, name, target="t", kind="rfc3161"):
        return self.log.metric('vouch_anchor_%s{target="%s",kind="%s"}' % (name, target, kind))

    def failed(self, count, **which):
        wait_until(lambda: self.metric("failures_total", **which) >= count,
                   "%d failures" % count)

    def vkey(self, log=None):
        return (log or self.log).log / "keys/checkpoint.vkey"

    def verify(self, path, *options):
        done = subprocess.run([VOUCH, "verify", path, *options], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    # ---- time-stamps ----

    def test_a_head_is_stamped_said_and_verified(self):
        authority, target = self.authority()
        self.with_log(target)
        anchor = self.said_at_least(1)[0]
        self.assertEqual("rfc3161", anchor["kind"])
        self.assertEqual(authority.url, anchor["location"])
        path = wait_until(self.files, "the file")[0]
        text = path.read_bytes()
        self.assertEqual(base64.urlsafe_b64decode(anchor["proof"]["digest"] + "="),
                         hashlib.sha256(text).digest())
        self.assertEqual(len(text), anchor["proof"]["length_bytes"])
        status, said = self.verify(path, "--vkey", self.vkey(), "--timestamp-ca", authority.ca)
        self.assertEqual(10, status, said)
        self.assertRegex(said, r"existed before 20\S+Z by the word of CN=Test TSA")
        # What the manual says of OpenSSL alone.
        head, proof = text.split(b"\n\n", 1)[1], text.split(b"\nproof ")[1].split(b"\n")[0]
        (authority.directory / "head").write_bytes(head)
        (authority.directory / "token").write_bytes(base64.b64decode(proof))
        self.assertIn(b"Verification: OK", authority.openssl(
            "ts", "-verify", "-in", "token", "-token_in", "-data", "head", "-CAfile", "ca.pem"))

    def test_what_an_authority_gets_wrong_does_not_count(self):
        authority, target = self.authority()
        old = []

        def keep(query):
            old.append(authority.usual(query))
            return 500, b""

        authority.answers = [(200, b"<html>"), (200, b"x" * 70000), keep, lambda query: old[0]]
        self.with_log(target)
        self.said_at_least(1)
        messages = self.log.said().decode()
        for words in ("this is no time-stamp reply", "more than 65536 bytes", "status 500",
                      "nonce"):
            self.assertIn(words, messages)
        self.assertEqual(4, self.metric("failures_total"))
        self.assertEqual(1, len(self.said()))

    def test_a_stamp_of_something_else_does_not_count(self):
        authority, target = self.authority()
        # SHA-256 of the head is the only octet string of 32 bytes in the query.
        authority.answers = [lambda query: authority.usual(
            query[:query.index(b"\x04\x20") + 2] + bytes(32) +
            query[query.index(b"\x04\x20") + 34:])]
        self.with_log(target)
        self.said_at_least(1)
        self.assertEqual(1, self.metric("failures_total"))
        self.assertIn(b"imprint", self.log.said())
        self.assertEqual(1, len(self.said()))

    def test_an_authority_whose_certificate_has_expired_is_not_believed(self):
        authority, target = self.authority()
        authority.certify("0")
        self.with_log(target)
        self.failed(1)
        self.assertIn(b"certificate has expired", self.log.said())
        self.assertEqual([], self.said() + self.files())
        authority.certify("1")
        self.said_at_least(1)

    def test_an_authority_of_an_unknown_ca_is_not_believed(self):
        _, target = self.authority()
        other, _ = self.authority()
        self.with_log(dict(target, ca_file=str(other.ca)))
        self.failed(2)
        self.assertIn(b"certificate verify error", self.log.said())
        self.assertEqual([], self.said())

    def test_a_silent_authority_delays_nobody(self):
        authority, target = self.authority(timeout_ms=100000)
        directory = tempfile.mkdtemp(prefix="vouch-anchors-")
        self.addCleanup(shutil.rmtree, directory)
        authority.answers = ["never"] * 100
        self.with_log(target, dict(target="d", kind="directory", path=directory))
        wait_until(lambda: authority.requests, "a request")
        self.add_entry()
        self.said_at_least(1)
        self.assertEqual(0, self.log.terminate())

    def test_an_authority_that_is_too_slow_is_asked_again(self):
        authority, target = self.authority(timeout_ms=100)
        authority.answers = ["never"]
        self.with_log(target)
        self.said_at_least(1)
        self.assertIn(b"anchor-failed target=t", self.log.said())

    # ---- copies ----

    def test_a_put_is_repeated_until_it_is_taken(self):
        outside = self.outside()
        outside.answers = [(500, b""), (429, b"")]
        token = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-")) / "token"
        self.addCleanup(shutil.rmtree, token.parent)
        token.touch(0o600)
        token.write_text("abc\n")
        self.with_log(dict(kind="put", url=outside.url + "?sig=1", token_file=str(token)))
        anchor = self.said_at_least(1)[0]
        method, path, headers, body = outside.requests[-1]
        self.assertEqual(["PUT"] * 3, [request[0] for request in outside.requests])
        self.assertRegex(path, r"^/a/b/%d-[0-9a-f]{16}\.checkpoint\?sig=1$" % anchor["size"])
        self.assertEqual("Bearer abc", headers["Authorization"])
        self.assertEqual(str(anchor["size"]).encode(), body.split(b"\n")[1])
        self.assertEqual("object-store", anchor["kind"])
        self.assertTrue(anchor["location"].endswith(".checkpoint"), anchor)
        kept = pathlib.Path(self.log.directory / "kept.checkpoint")
        kept.write_bytes(body)
        self.assertEqual(10, self.verify(kept, "--vkey", self.vkey())[0])

    def test_a_put_that_is_too_slow_is_repeated(self):
        outside = self.outside()
        outside.answers = ["never"]
        self.with_log(dict(kind="put", url=outside.url, timeout_ms=100))
        self.said_at_least(1)
        self.assertEqual(1, self.metric("failures_total", kind="put"))
        self.assertIn(b"anchor-failed target=t", self.log.said())

    def test_a_webhook_is_told_with_a_signature(self):
        outside = self.outside()
        secret = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-")) / "secret"
        self.addCleanup(shutil.rmtree, secret.parent)
        secret.touch(0o600)
        secret.write_bytes(SECRET)
        self.with_log(dict(kind="webhook", url=outside.url, secret_file=str(secret)))
        self.said_at_least(1)
        _, _, headers, body = outside.requests[0]
        time, mac = (part.split("=")[1] for part in headers["Vouch-Signature"].split(","))
        self.assertEqual(hmac.new(SECRET, time.encode() + b"." + body, hashlib.sha256).hexdigest(),
                         mac)
        notice = json.loads(body)
        self.assertEqual({"event", "origin", "size", "root", "checkpoint"}, set(notice))
        self.assertIn(notice["root"], notice["checkpoint"])

    def test_a_directory_is_neither_made_nor_overwritten(self):
        place = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-"))
        self.addCleanup(shutil.rmtree, place)
        self.with_log(dict(kind="directory", path=str(place / "disk")))
        self.failed(1, kind="directory")
        self.assertFalse((place / "disk").exists())
        (place / "disk").mkdir()
        anchor = self.said_at_least(1)[0]
        kept = list((place / "disk").glob("*.checkpoint"))
        self.assertEqual([anchor["location"]], [str(path) for path in kept])
        before = kept[0].read_bytes()
        self.log.terminate()
        # All is forgotten but the copies.
        shutil.rmtree(self.anchors)
        self.log.start()
        self.said_at_least(2)
        self.assertEqual(before, kept[0].read_bytes())

    def test_a_directory_that_cannot_be_written_is_named(self):
        self.with_log(dict(kind="directory", path="/sys"))
        self.failed(1, kind="directory")
        self.assertRegex(self.log.said(), rb"anchor-failed target=t .*/sys/\S+: ")
        self.assertEqual([], self.said() + self.files())

    def test_a_full_directory_is_named_and_nothing_is_left_there(self):
        place = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-"))
        self.addCleanup(place.rmdir)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", place],
                          capture_output=True).returncode != 0:
            self.skipTest("only root can make a small disk")
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        (place / "filling").write_bytes(bytes(4096))
        self.with_log(dict(kind="directory", path=str(place)))
        self.failed(1, kind="directory")
        self.assertIn(b"No space left on device", self.log.said())
        self.assertEqual([place / "filling"], list(place.iterdir()))
        self.assertEqual([], self.said() + self.files())
        (place / "filling").unlink()
        self.said_at_least(1)

    def test_what_cannot_be_kept_is_not_said(self):
        place = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-"))
        self.addCleanup(shutil.rmtree, place)
        outside = self.outside()
        self.with_log(dict(kind="put", url=outside.url), start=False)

        def lose(body):
            self.anchors.rmdir()
            self.anchors.touch()
            return 200, b""

        outside.answers = [lose]
        self.log.start()
        self.failed(1, kind="put")
        self.assertIn(b"Not a directory", self.log.said())
        self.assertEqual([], self.said())
        self.anchors.unlink()
        self.anchors.mkdir()
        self.said_at_least(1)

    def test_a_copy_that_is_something_else_is_refused(self):
        place = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-"))
        self.addCleanup(shutil.rmtree, place)
        self.with_log(start=False)
        self.log.start()
        head = self.log.ask("GET", "/checkpoint").body.split(b"\n")
        name = "%s-%s.checkpoint" % (head[1].decode(), base64.b64decode(head[2])[:8].hex())
        (place / name).write_bytes(b"something else")
        self.log.terminate()
        self.log.configure(anchors=[dict(target="t", kind="directory", path=str(place))])
        self.log.start()
        self.failed(1, kind="directory")
        self.assertIn(b"holds something else", self.log.said())
        self.assertEqual(b"something else", (place / name).read_bytes())

    # ---- another log ----

    def other_log(self, **more):
        other = Daemon(opaque=True, **more)
        self.addCleanup(other.close)
        return other, dict(kind="log", url="http://127.0.0.1:%d" % other.port,
                           vkey=self.vkey(other).read_text().strip())

    def test_another_log_holds_the_head(self):
        other, target = self.other_log(origin="other.example/log")
        self.with_log(target)
        anchor = self.said_at_least(1)[0]
        self.assertEqual("other-log", anchor["kind"])
        self.assertEqual(1, other.size())
        policy = self.log.directory / "policy"
        policy.write_text("log %slog %squorum none\n" % (self.vkey().read_text(),
                                                        self.vkey(other).read_text()))
        path = wait_until(self.files, "the file")[0]
        status, said = self.verify(path, "--policy", policy)
        self.assertEqual(0, status, said)
        self.assertIn("existed before the log other.example/log had 1 entries", said)
        self.assertEqual(20, self.verify(path, "--vkey", self.vkey())[0])

    def test_a_log_of_the_same_name_vouches_for_nothing(self):
        _, target = self.other_log()
        self.with_log(target)
        self.said_at_least(1)
        status, said = self.verify(wait_until(self.files, "the file")[0], "--vkey",
                                   target["vkey"])
        self.assertEqual(40, status, said)

    def test_another_log_that_forked_is_found(self):
        other, target = self.other_log(origin="other.example/log")
        other.terminate()
        old = other.directory / "old"
        other.configure(listen="127.0.0.1:%d" % other.port)
        shutil.copytree(other.log, old)
        other.start()
        self.with_log(target)
        self.said_at_least(1)
        # Another past of the same log: what it held is gone, and something else is there.
        other.terminate()
        shutil.rmtree(other.log)
        old.rename(other.log)
        other.start()
        for entry in (b"one", b"two"):
            other.ask("POST", "/add", entry)
        self.add_entry()
        self.failed(1, kind="log")
        self.assertIn(b"the other log does not extend its head of size 1", self.log.said())
        self.assertEqual(1, len(self.said()))
        self.assertIn(b"other.example/log\n", (self.anchors / "t.diverging").read_bytes())

    def test_another_log_that_is_shown_late_is_waited_for(self):
        other, target = self.other_log(origin="other.example/log")
        relay = self.relay(other)
        hidden = [1, 2, 3]

        def hide(path, status, body):
            return (503, b"") if path == "/checkpoint" and hidden and hidden.pop() else (status, body)

        relay.change = hide
        self.with_log(dict(target, url=relay.url))
        self.said_at_least(1)
        self.assertEqual(0, self.metric("failures_total", kind="log"))
        self.assertEqual(1, other.size())

    def test_another_log_that_proves_wrongly_is_not_believed(self):
        other, target = self.other_log(origin="other.example/log")
        for entry in (b"one", b"two"):
            other.ask("POST", "/add", entry)
        relay = self.relay(other)
        relay.change = lambda path, status, body: (
            (status, bytes(32) + body[32:]) if path.startswith("/tile/0/") else (status, body))
        self.with_log(dict(target, url=relay.url))
        self.failed(1, kind="log")
        self.assertIn(b"tile", self.log.said())
        self.assertEqual([], self.said() + self.files())
        relay.change = lambda path, status, body: (status, body)
        self.said_at_least(1)

    # ---- another log that takes statements ----

    def relay(self, log):
        relay = Relay(log)
        self.addCleanup(relay.close)
        return relay

    def other_evidence_log(self, issuer="heads.example"):
        """Trusts the issuer to write exports and little else."""
        other = Daemon(origin="other.example/log", start=False)
        self.addCleanup(other.close)
        argument = next(other.issuer_arguments([issuer])).rsplit(":", 1)[0] + ":privacy"
        subprocess.run([VOUCHD, "trust", other.log, argument], check=True, capture_output=True)
        other.start()
        return other, dict(kind="evidence-log", url="http://127.0.0.1:%d" % other.port,
                           vkey=self.vkey(other).read_text().strip(), issuer=issuer,
                           issuer_key_file=str(other.keys[issuer].private), tenant="heads")

    def exports(self, other):
        reply = other.ask("GET", "/v1/records/type/export?view=records", None,
                          [("Accept", "application/json")])
        return [record for entry in json.loads(reply.body)["entries"]
                for record in entry["records"]]

    def test_another_evidence_log_holds_a_statement_about_the_head(self):
        other, target = self.other_evidence_log()
        self.with_log(target)
        anchor = self.said_at_least(1)[0]
        self.assertEqual("other-log", anchor["kind"])
        path = wait_until(self.files, "the file")[0]
        record, = self.exports(other)
        row, = json.loads(other.ask("GET", "/v1/records/type/export", None,
                                    [("Accept", "application/json")]).body)["entries"]
        self.assertNotIn("flags", row)
        self.assertEqual(("heads", "other.example/log", "generate"),
                         (record["tenant"], record["recipient"], record["operation"]))
        self.assertEqual({"size": anchor["size"], "root": anchor["root"]}, record["tree"])
        self.assertIn("log.example/test", record["extent"])
        self.assertEqual(hashlib.sha256(path.read_bytes().split(b"\n\n", 1)[1]).digest(),
                         base64.urlsafe_b64decode(record["evidence_bundle"]["digest"] + "="))
        policy = self.log.directory / "policy"
        policy.write_text("log %slog %squorum none\n" % (self.vkey().read_text(),
                                                        self.vkey(other).read_text()))
        status, said = self.verify(path, "--policy", policy)
        self.assertEqual(0, status, said)
        self.assertIn("existed before the log other.example/log had", said)

    def test_a_statement_whose_receipt_was_lost_is_not_made_again(self):
        other, target = self.other_evidence_log()
        relay = self.relay(other)
        lost = [1]
        relay.change = lambda path, status, body: (
            (500, b"") if path == "/entries" and lost and lost.pop() else (status, body))
        self.with_log(dict(target, url=relay.url))
        self.said_at_least(1)
        self.assertEqual(2, len([path for _, path, _, _ in relay.requests if path == "/entries"]))
        self.assertEqual(1, len(self.exports(other)))

    def test_another_log_that_refuses_the_issuer_is_named(self):
        _, target = self.other_evidence_log()
        self.with_log(dict(target, issuer="someone.example"))
        self.failed(1, kind="evidence-log")
        self.assertIn(b"unknown-issuer", self.log.said())
        self.assertEqual([], self.said() + self.files())

    def test_a_statement_that_is_elsewhere_than_the_receipt_says_is_not_believed(self):
        other, target = self.other_evidence_log()
        first = other.submit(other.sign()).body
        relay = self.relay(other)
        relay.change = lambda path, status, body: (
            (status, first) if path == "/entries" else (status, body))
        self.with_log(dict(target, url=relay.url))
        self.failed(1, kind="evidence-log")
        self.assertRegex(self.log.said(), rb"do not show this entry at index \d+")
        self.assertEqual([], self.said() + self.files())

    # ---- with witnesses ----

    def with_witnessed_log(self, **target):
        """A log that wants both its witnesses, and takes its heads to a directory."""
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-"))
        self.addCleanup(shutil.rmtree, self.place)
        self.with_log(dict(target, kind="directory", path=str(self.place)), start=False,
                      witness_policy_file="policy", witness_interval_ms=0)
        log_vkey = self.vkey().read_text()
        self.witnesses = [Witness("witness.example/%d" % number, log_vkey) for number in range(2)]
        for witness in self.witnesses:
            self.addCleanup(witness.close)
        self.policy = self.log.log / "policy"
        self.policy.write_text(policy(self.witnesses, 2, log_vkey))

    def cosigners(self, path):
        return Note(path.read_text().split("\n\n", 1)[1]).cosigners(self.witnesses)

    def test_a_head_is_taken_with_the_cosignatures_of_its_witnesses(self):
        self.with_witnessed_log()
        self.log.start()
        for count in range(1, 4):
            sizes = [anchor["size"] for anchor in self.said_at_least(count)]
            self.add_entry()
        # No anchor is there because another one was said and not yet witnessed.
        self.assertEqual([4, 4], [b - a for a, b in zip(sizes, sizes[1:])])
        for path in wait_until(lambda: len(self.files()) >= 3 and self.files(), "the files"):
            self.assertEqual(2, len(self.cosigners(path)))
            status, said = self.verify(path, "--policy", self.policy)
            self.assertEqual(0, status, said)
        kept = list(self.place.glob("*.checkpoint"))
        self.assertEqual(0, self.verify(kept[0], "--policy", self.policy)[0])

    def test_a_copy_with_fewer_cosignatures_is_that_head_too(self):
        self.with_witnessed_log()
        self.log.start(hold=True)
        self.log.hold()
        pending = self.anchors / "t.pending"
        wait_until(pending.exists, "a success")
        self.log.process.kill()
        self.log.process.wait()
        self.log.release()
        # As if all had been cut off between the copy and the note of it, one witness ago.
        pending.unlink()
        kept, = self.place.glob("*.checkpoint")
        kept.chmod(0o600)
        kept.write_text("".join(kept.read_text().splitlines(keepends=True)[:-1]))
        self.log.start()
        self.assertEqual(str(kept), self.said_at_least(1)[0]["location"])
        self.assertEqual(0, self.metric("failures_total", kind="directory"))

    def test_without_witnesses_the_newest_head_is_taken_an_interval_later(self):
        self.with_witnessed_log()
        for witness in self.witnesses:
            witness.close()
        self.log.start()
        self.said_at_least(1)
        path = wait_until(self.files, "the file")[0]
        self.assertEqual(set(), self.cosigners(path))
        self.assertEqual(10, self.verify(path, "--vkey", self.vkey())[0])

    # ---- for auditors ----

    def listed(self, query=""):
        reply = self.log.ask("GET", "/v1/anchors" + query, None, [("Accept", "application/json")])
        self.assertEqual((200, "no-store"), (reply.status, reply.headers["cache-control"]))
        return json.loads(reply.body)

    def test_anybody_can_read_the_anchors(self):
        place = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-"))
        self.addCleanup(shutil.rmtree, place)
        self.with_log(dict(target="a-1", kind="directory", path=str(place)),
                      dict(target="b", kind="directory", path=str(place)))
        self.said_at_least(2)
        self.add_entry()
        self.said_at_least(4)
        names = wait_until(lambda: len(self.listed()["anchors"]) == 4 and self.listed()["anchors"],
                           "four anchors")
        self.assertEqual(sorted(names, key=lambda name: (name["size"], name["target"])), names)
        for name in names:
            path = "/v1/anchors/%d/%s" % (name["size"], name["target"])
            reply = self.log.ask("GET", path)
            self.assertEqual((200, "public, max-age=31536000, immutable"),
                             (reply.status, reply.headers["cache-control"]))
            kept = self.anchors / ("%s-%d.anchor" % (name["target"], name["size"]))
            self.assertEqual(kept.read_bytes(), reply.body)
        # Page by page it is the same, and also after a restart without the targets.
        self.log.terminate()
        for other in ("x-1.anchor.old", "x-01.anchor", "x.anchor", "-5.anchor", "b.latest"):
            (self.anchors / other).touch()
        self.log.configure(anchors=[])
        self.log.start()
        pages, page = [], {"next": "/v1/anchors?limit=1"}
        while "next" in page:
            page = self.listed(page["next"].removeprefix("/v1/anchors"))
            pages += page["anchors"]
        self.assertEqual(names, pages)
        for path in ("/v1/anchors/%d/c" % names[0]["size"], "/v1/anchors/1/b",
                     "/v1/anchors/1/..%2f", "/v1/anchors/1/x"):
            self.assertEqual(404, self.log.ask("GET", path).status, path)
        for path in ("/v1/anchors?limit=0", "/v1/anchors?limit=1001", "/v1/anchors?size=1",
                     "/v1/anchors/x/b"):
            self.assertEqual(400, self.log.ask("GET", path).status, path)

    def audit(self, where, *options):
        done = subprocess.run([VOUCH, "audit", where, "--vkey", self.vkey(), *options],
                              capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def url(self):
        return "http://127.0.0.1:%d" % self.log.port

    def test_a_log_that_was_rolled_back_is_convicted_by_its_own_anchors(self):
        authority, target = self.authority()
        self.with_log(target)
        self.said_at_least(1)
        old = self.log.directory / "old"
        self.log.terminate()
        shutil.copytree(self.log.log, old)
        self.log.start()
        self.add_entry()
        size = self.said_at_least(2)[1]["size"]
        wait_until(lambda: len(self.listed()["anchors"]) == 2, "both anchors")
        # As long as nothing was rolled back the anchors speak for the log, also offline.
        trust = "--timestamp-ca", authority.ca
        copy = self.log.directory / "copy"
        status, said = self.audit(self.url(), "--anchors", self.url(), "--mirror", copy, *trust)
        self.assertEqual(0, status, said)
        self.assertIn("the log begins with 2 heads that it anchored", said)
        self.assertIn("2 verify by whom you trust", said)
        self.log.terminate()
        self.assertEqual((status, said.count("\n")),
                         (0, self.audit(copy, "--anchors", self.anchors, *trust)[1].count("\n")))
        # Another past: what was logged since is gone, the anchors are not.
        anchors = self.log.directory / "anchors"
        self.anchors.rename(anchors)
        shutil.rmtree(self.log.log)
        old.rename(self.log.log)
        shutil.rmtree(self.anchors)
        anchors.rename(self.anchors)
        self.log.configure(anchors=[])
        self.log.start()
        status, said = self.audit(self.url(), "--anchors", self.url(), *trust)
        self.assertEqual(20, status, said)
        self.assertIn("up to size %d: the log went back" % size, said)
        for number in range(10, 15):
            self.assertEqual(201, self.log.submit(self.log.sign(issued_at=number)).status)
        for place in (self.url(), self.anchors):
            status, said = self.audit(self.url(), "--anchors", place, *trust)
            self.assertEqual(30, status, said)
            self.assertIn("does not begin with the head of size %d that it anchored" % size, said)

    def test_anchors_of_another_log_do_not_speak_of_this_one(self):
        place = pathlib.Path(tempfile.mkdtemp(prefix="vouch-anchors-"))
        self.addCleanup(shutil.rmtree, place)
        self.with_log(dict(kind="directory", path=str(place)), origin="larger.example/log")
        larger = self.log
        self.said_at_least(1)
        for _ in range(5):
            self.add_entry()
        self.said_at_least(2)
        for path in wait_until(lambda: len(self.files()) > 1 and self.files(), "both files"):
            shutil.copy(path, place)
        self.with_log()
        policy = self.log.directory / "policy"
        policy.write_text("log %slog %squorum none\n" % (self.vkey().read_text(),
                                                        self.vkey(larger).read_text()))
        done = subprocess.run([VOUCH, "audit", self.url(), "--policy", policy, "--anchors", place],
                              capture_output=True, text=True)
        said = done.stdout + done.stderr
        self.assertEqual(20, done.returncode, said)
        self.assertIn("2 anchored heads are of other logs", said)
        self.assertNotIn("went back", said)

    def test_anchors_that_are_damaged_or_forged_are_named(self):
        authority, target = self.authority()
        self.with_log(target)
        self.said_at_least(1)
        good = wait_until(self.files, "the file")[0]
        self.add_entry()
        self.said_at_least(2)
        other = wait_until(lambda: len(self.files()) == 2 and self.files(), "the files")[1]
        place = self.log.directory / "place"

        def look(text, *options):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            (place / good.name).write_bytes(text)
            return self.audit(self.url(), "--anchors", place, *options)

        text = good.read_bytes()
        trust = "--timestamp-ca", authority.ca
        self.assertEqual(0, look(text, *trust)[0])
        status, said = look(text)
        self.assertEqual((0, True), (status, "1 need trust you did not give" in said), said)
        status, said = look(text[:40], *trust)
        self.assertEqual((20, True), (status, "of the anchor is missing" in said), said)
        status, said = look(text[:-9] + b"AAAAAAA=\n", *trust)
        self.assertEqual(20, status, said)
        # The stamp of one head under another.
        stamped = text.split(b"\n\n", 1)[0] + b"\n\n" + other.read_bytes().split(b"\n\n", 1)[1]
        status, said = look(stamped, *trust)
        self.assertEqual(40, status, said)
        self.assertEqual(1, self.audit(self.url(), "--anchors", place / "none")[0])

    def test_a_list_of_anchors_that_makes_no_sense_is_no_verdict(self):
        authority, target = self.authority()
        self.with_log(target)
        self.said_at_least(1)
        wait_until(self.files, "the file")
        relay = self.relay(self.log)
        names = [{"size": size, "target": "t"} for size in (9, 8)]
        for answer in (b"\xa0\xa0", cbor.dumps({"anchors": names}),
                       cbor.dumps({"anchors": [{"size": 8, "target": "../t"}]}),
                       cbor.dumps({"anchors": [{"size": 1 << 63, "target": "t"}]})):
            relay.change = lambda path, status, body: (
                (status, answer) if path.startswith("/v1/anchors?") else (status, body))
            status, said = self.audit(self.url(), "--anchors", relay.url)
            self.assertEqual((1, True), (status, "--anchors" in said), said)
        # One that is listed and not served is missed, and proves nothing.
        relay.change = lambda path, status, body: (
            (404, b"") if path.startswith("/v1/anchors/") else (status, body))
        status, said = self.audit(self.url(), "--anchors", relay.url)
        self.assertEqual((20, True), (status, "t, size" in said), said)

    @unittest.skipUnless(FSCK, "vouch-fsck is not built")
    def test_an_anchor_of_a_head_that_never_was_is_found(self):
        _, target = self.authority()
        self.with_log(target)
        self.said_at_least(1)
        reply = self.log.ask("GET", "/v1/records/type/log-metadata?view=records", None,
                             [("Accept", "application/cbor")])
        record, = [record for entry in reply.item["entries"] for record in entry["records"]
                   if record["operation"] == "anchor"]
        self.log.terminate()

        def check():
            return subprocess.run([FSCK, self.log.log], capture_output=True, text=True)

        self.assertEqual((0, True), (check().returncode, " 1 anchors " in check().stdout))
        record["anchor"]["root"] = bytes(32)
        record["idempotency_key"] = "another"
        record["record_id"] = bytes(16)
        record["sequence_number"] += 1
        said = self.log.directory / "said"
        said.write_bytes(cbor.dumps(record))
        subprocess.run([LOG_SAYS, self.log.log / "vouchd.json", said], check=True)
        self.assertEqual(1, check().returncode)
        self.assertIn("a head of size %d was anchored, which the log never had"
                      % record["anchor"]["size"], check().stderr)

    # ---- once ----

    def test_a_log_that_does_not_grow_is_not_anchored_again(self):
        _, target = self.authority()
        self.with_log(target)
        for count in range(1, 4):
            sizes = [anchor["size"] for anchor in self.said_at_least(count)]
            self.add_entry()
        # An entry and its seal, and what the log said of the anchor before, with a seal.
        self.assertEqual([4, 4], [b - a for a, b in zip(sizes, sizes[1:])])

    def test_a_success_is_said_once_whatever_is_cut_off(self):
        _, target = self.authority()
        self.with_log(target, start=False)
        self.log.start(hold=True)
        self.log.hold()
        pending = self.anchors / "t.pending"
        wait_until(pending.exists, "a success")
        text = pending.read_bytes()
        self.log.process.kill()
        self.log.process.wait()
        self.log.release()
        self.log.start()
        self.said_at_least(1)
        path = wait_until(self.files, "the file")[0]
        self.assertEqual(text, path.read_bytes())
        wait_until(lambda: not pending.exists(), "the end of it")
        # The log has said it, and then everything stops before that is noted.
        self.log.terminate()
        shutil.copy(path, pending)
        self.log.start()
        wait_until(lambda: not pending.exists(), "the end of it again")
        self.assertEqual(1, len(self.said()))

    def test_a_target_that_gets_nothing_for_long_is_stale(self):
        outside, people = self.outside(), self.outside()
        outside.usual = (500, b"")
        self.with_log(dict(kind="put", url=outside.url, stale_s=1), start=False)
        secret = self.log.directory / "secret"
        secret.touch(0o600)
        secret.write_bytes(SECRET)
        self.log.configure(webhooks=[{"url": people.url, "secret_file": str(secret)},
                                     {"url": people.url, "form": "slack",
                                      "secret_file": str(secret)},
                                     {"url": people.url, "form": "teams",
                                      "secret_file": str(secret)}])
        self.log.start()
        wait_until(lambda: self.metric("stale", kind="put") == 1, "staleness")
        self.assertIn(b"anchor-stale target=t latest_ms=0", self.log.said())
        self.assertEqual(200, self.log.ask("GET", "/readyz").status)
        self.assertEqual(0, self.metric("last_success_timestamp_seconds", kind="put"))
        outside.usual = (200, b"")
        self.said_at_least(1)
        wait_until(lambda: self.metric("stale", kind="put") == 0, "a success")
        self.assertGreater(self.metric("last_success_timestamp_seconds", kind="put"), 0)
        self.assertIn(b"anchor-again target=t", self.log.said())
        told = wait_until(lambda: len(people.requests) == 6 and people.requests, "the alerts")
        self.assertEqual(["anchor-stale"] * 3 + ["anchor-again"] * 3,
                         [headers["Vouch-Alert"] for _, _, headers, _ in told])
        self.assertEqual({"event", "origin", "text"}, set(json.loads(told[0][3])))
        self.assertEqual({"text"}, set(json.loads(told[1][3])))
        self.assertEqual({"type", "attachments"}, set(json.loads(told[2][3])))

    def test_an_opaque_log_keeps_files_and_says_nothing(self):
        authority, target = self.authority()
        self.with_log(target, opaque=True)
        self.log.ask("POST", "/add", b"one")
        path = wait_until(self.files, "the file")[0]
        self.assertEqual(10, self.verify(path, "--vkey", self.vkey(), "--timestamp-ca",
                                         authority.ca)[0])
        self.assertEqual(1, self.log.size())


if __name__ == "__main__":
    unittest.main()
