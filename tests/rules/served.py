"""A served log whose clock the test sets, and which can be made to say anything of itself."""
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("http/support", "interop")]
from harness import cbor, statement  # noqa: E402
from wire import Wire  # noqa: E402

from transcript import PATIENCE  # noqa: E402

VOUCHD, VOUCH, LOG_SAYS = (os.environ[name] for name in ("VOUCHD", "VOUCH", "LOG_SAYS"))
ORIGIN = "vouch.example/test"  # as in tests/support/rule_world.c
BATCH = 200


class Refused(Exception):
    """A rule refuses what the log says of itself."""


class Served:
    def __init__(self, profile, now_ms):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vouch-rules-"))
        self.log = self.directory / "log"
        self.messages = self.directory / "messages"
        self.process = None
        self.numbers = {}
        self.clock = self.directory / "clock"
        self.set_clock(now_ms)
        self.run(VOUCHD, "init", "--dir", self.log, "--origin", ORIGIN, "--listen", "127.0.0.1:0",
                 "--profile", profile)

    def set_clock(self, now_ms):
        with open(self.clock, "r+b" if self.clock.exists() else "wb") as clock:
            clock.write(struct.pack("=Q", now_ms))

    def environment(self):
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return {**os.environ, "LD_PRELOAD": os.environ["CLOCK_LIBRARY"],
                "VOUCH_TEST_CLOCK": str(self.clock), "ASAN_OPTIONS": options.lstrip(":")}

    def run(self, *words):
        done = subprocess.run([str(word) for word in words], env=self.environment(), timeout=PATIENCE,
                              capture_output=True, text=True)
        if done.returncode == 3 and str(words[0]) == LOG_SAYS:
            raise Refused(done.stderr)
        assert done.returncode == 0, "%s: %d\n%s%s" % (words, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def start(self):
        with open(self.messages, "wb") as messages:
            self.process = subprocess.Popen([VOUCHD, self.log], stderr=messages, env=self.environment())
        deadline = time.monotonic() + PATIENCE
        while b" listening " not in self.messages.read_bytes():
            assert self.process.poll() is None and time.monotonic() < deadline, self.messages.read_text()
            time.sleep(0.002)
        self.port = int(self.messages.read_text().split("address=127.0.0.1:")[1].split()[0])

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            status = self.process.wait(PATIENCE)
            self.process = None
            assert status == 0, "exit status %d: %s" % (status, self.messages.read_text())

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def own(self, record):
        """A record of the log with the number that is next for it in this log."""
        if "sequence_number" not in record:
            return record
        number = self.numbers.get(record["tenant"], 0)
        self.numbers[record["tenant"]] = number + 1
        return {**record, "sequence_number": number}

    def says(self, records, first=None):
        """The log, which is stopped for it, says these of itself: a statement for each 100."""
        self.stop()
        records = [self.own(record) for record in records]
        parts = [records[i: i + 100] for i in range(0, len(records), 100)]
        path = self.directory / "payloads"
        path.write_bytes(b"".join(cbor.dumps(part if len(part) > 1 else part[0]) for part in parts))
        self.run(LOG_SAYS, *(["--first", first] if first else []), self.log / "vouchd.json", path)

    def begin_anew(self):
        """A directory for another log with the keys of this one."""
        directory = self.directory / "first"
        directory.mkdir()
        return directory

    def ask(self, method, path, body=None, headers=()):
        if self.process is None:
            self.start()
        wire = Wire(self.port)
        try:
            return wire.ask(method, path, body, headers)
        finally:
            wire.socket.close()

    def submit(self, message):
        return self.ask("POST", "/entries", message, [("Content-Type", "application/cose")])

    def batch(self, messages):
        """The results, in order; each batch is one commit."""
        results = []
        for i in range(0, len(messages), BATCH):
            reply = self.ask("POST", "/v1/batch", b"".join(messages[i: i + BATCH]),
                             [("Content-Type", "application/cbor-seq")])
            assert reply.status == 200, reply
            results += cbor.sequence(reply.body)
        return results

    def verifies(self, message):
        """The log key signed this."""
        protected, _, payload, signature = cbor.loads(message).value
        signed = self.directory / "signed"
        signed.write_bytes(cbor.dumps(["Signature1", protected, b"", payload]))
        (self.directory / "signature").write_bytes(der_of(signature))
        return subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", self.log / "keys/log.pub.pem", "-signature",
             self.directory / "signature", signed], capture_output=True, timeout=PATIENCE).returncode == 0

    def replay(self):
        """What an audit that admits everything again says."""
        return json.loads(self.run(VOUCH, "audit", "http://127.0.0.1:%d" % self.port, "--vkey",
                                   self.log / "keys/checkpoint.vkey", "--replay", "--json"))


def der_of(signature):
    """r || s as ECDSA-Sig-Value."""
    def integer(data):
        data = data.lstrip(b"\0")
        data = b"\0" + data if not data or data[0] & 0x80 else data
        return b"\x02" + bytes([len(data)]) + data
    both = integer(signature[:32]) + integer(signature[32:])
    return b"\x30" + bytes([len(both)]) + both


identity = statement.identity
