"""A vouchd under test that is a witness."""
import base64
import hashlib
import os
import pathlib
import subprocess
import tempfile
import unittest.mock

from .daemon import VOUCHD, Daemon
import ed25519  # found by support.daemon, like witness
from witness import DASH, Note, parse_vkey

NAME = "witness.example/w1"


class Cosigner(Daemon):
    ROLE = "witness"

    def __init__(self, logs=(), start=True, **config):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vouch-witness-"))
        self.log = self.directory / "witness"
        self.process = None
        self.messages = self.directory / "messages"
        self.hold_file = self.directory / "hold"
        subprocess.run([VOUCHD, "init", "--role", self.ROLE, "--dir", self.log, "--name", NAME,
                        "--listen", "127.0.0.1:0"], check=True, capture_output=True)
        _, self.public = parse_vkey((self.log / "keys/cosigner.vkey").read_text())
        self.id = hashlib.sha256(NAME.encode() + b"\n\4" + self.public).digest()[:4]
        mldsa = self.log / "keys/cosigner-ml-dsa.vkey"  # only where OpenSSL has it
        self.mldsa_id = bytes.fromhex(mldsa.read_text().split("+")[1]) if mldsa.exists() else None
        self.list(logs)
        self.configure(**config)
        if start:
            self.start()

    def start_with(self, **environment):
        """With a library of the tests preloaded, which a sanitizer must put up with."""
        environment["ASAN_OPTIONS"] = (
            os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0").lstrip(":")
        with unittest.mock.patch.dict(os.environ, environment):
            self.start()

    def list(self, logs):
        (self.log / "logs.txt").write_text("".join("log %s\n" % log.vkey for log in logs))

    def add(self, body):
        return self.ask("POST", "/add-checkpoint", body)

    def checkpoint(self, log):
        return self.ask("GET", "/%s/checkpoint" % log.id)

    def time_of(self, text, line):
        """The time that a signature line of this witness states of text; raises if it is none."""
        name, encoded = line[len(DASH):].rstrip("\n").split(" ")
        raw = base64.b64decode(encoded)
        time = int.from_bytes(raw[4:12], "big")
        message = "cosignature/v1\ntime %d\n%s" % (time, text)
        if (name, raw[:4]) != (NAME, self.id) or not ed25519.verify(self.public, message.encode(),
                                                                   raw[12:]):
            raise AssertionError("not a cosignature of this witness: " + line)
        return time

    def times_of(self, text, lines):
        """-> the time that all lines of a reply state; only those of Ed25519 are verified here."""
        first, *others = lines
        time = self.time_of(text, first)
        assert len(others) == (self.mldsa_id is not None), lines
        for line in others:
            raw = self.mldsa_blob(line)
            assert int.from_bytes(raw[:8], "big") == time, lines
        return time

    def mldsa_blob(self, line):
        """-> time and signature of a line of ML-DSA-44."""
        name, encoded = line[len(DASH):].rstrip("\n").split(" ")
        raw = base64.b64decode(encoded)
        assert (name, raw[:4], len(raw)) == (NAME, self.mldsa_id, 4 + 8 + 2420), line
        return raw[4:]

    def state(self, log):
        """-> the newest checkpoint cosigned for a log, all signatures checked; None without."""
        reply = self.checkpoint(log)
        if reply.status == 404:
            return None
        note = Note(reply.body.decode())
        assert note.is_signed_by(log.origin, log.key.public), reply
        lines = reply.body.decode().splitlines()
        self.times_of(note.text, [line for line in lines if line.startswith(DASH + NAME + " ")])
        return note
