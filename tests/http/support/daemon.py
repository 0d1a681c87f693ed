"""A vouchd under test: its directory, its process, and the statements it is sent."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / name)
                for name in ("interop", "support")]
from harness import cbor, statement  # noqa: E402
from records import lone  # noqa: E402

from .wire import Wire  # noqa: E402

VOUCHD = os.environ["VOUCHD"]
HOLD_LIBRARY = os.environ["HOLD_LIBRARY"]
ORIGIN = "log.example/test"
ISSUER = "engine.example"  # signs with Ed25519
APPROVER = "approvals.example"  # signs with ES256
ROLES = "admin,engine,approval-service"  # of every issuer, where a test is not about roles
PATIENCE = 60  # seconds that nothing here takes, however slow the machine


def wait_until(condition, what):
    """Polls for an event; the answer is the first true value."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError("never happened: " + what)


class Daemon:
    """init and start of one log; close() ends it and removes everything."""

    def __init__(self, opaque=False, start=True, issuers=(ISSUER, APPROVER), profile="strict",
                 origin=ORIGIN, **config):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vouch-http-"))
        self.log = self.directory / "log"
        self.process = None
        self.messages = self.directory / "messages"
        self.keys = {}
        self.hold_file = self.directory / "hold"
        command = [VOUCHD, "init", "--dir", self.log, "--origin", origin, "--listen", "127.0.0.1:0"]
        if opaque:
            command.append("--opaque")
        else:
            command += ["--profile", profile]
            for argument in self.issuer_arguments(issuers):
                command += ["--issuer", argument]
        subprocess.run(command, check=True, capture_output=True)
        self.configure(**config)
        if start:
            self.start()

    def configure(self, **changes):
        path = self.log / "vouchd.json"
        config = json.loads(path.read_text())
        config.update(changes)
        path.write_text(json.dumps(config))

    def issuer_arguments(self, issuers):
        """Makes a key for each issuer; the answer is how init and trust are told of them."""
        for name in issuers:
            kind = "p256" if name == APPROVER else "ed25519"
            self.keys[name] = statement.Key(self.directory, name, kind)
            yield "%s=%s:%s" % (name, self.keys[name].public, ROLES)

    def trust(self, issuers):
        """The log, which is not running, says that it trusts these too."""
        subprocess.run([VOUCHD, "trust", self.log, *self.issuer_arguments(issuers)], check=True,
                       capture_output=True)

    def spawn(self, hold=False, **options):
        """Starts the process without waiting for anything. hold: commits can be held (see hold)."""
        environment = dict(os.environ)
        if hold:
            environment["LD_PRELOAD"] = HOLD_LIBRARY
            environment["VOUCH_TEST_HOLD"] = str(self.hold_file)
            environment["ASAN_OPTIONS"] = (
                environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0").lstrip(":")
        with open(self.messages, "wb") as messages:
            self.process = subprocess.Popen([VOUCHD, self.log], stderr=messages, env=environment,
                                            **options)

    def start(self, **options):
        self.spawn(**options)
        wait_until(lambda: self.process.poll() is not None or b" listening " in self.said(), "start")
        if self.process.poll() is not None:
            raise AssertionError("vouchd did not start: " + self.said().decode())
        line = next(line for line in self.said().decode().splitlines() if " listening " in line)
        self.port = int(line.split("address=127.0.0.1:")[1].split()[0])

    def said(self):
        return self.messages.read_bytes() if self.messages.exists() else b""

    def refuse_to_start(self):
        """Starts it, expects it to give up by itself; the answer is what it said."""
        self.spawn()
        status = self.process.wait(PATIENCE)
        said = self.said().decode()
        assert status == 1, "exit status %d: %s" % (status, said)
        lines = [line for line in said.splitlines() if line.startswith("vouchd: ")]
        assert len(lines) == 1, said
        return lines[0]

    def hold(self):
        """From now on no commit reaches the disk (start(hold=True) only)."""
        self.hold_file.touch()

    def release(self):
        self.hold_file.unlink(missing_ok=True)

    def connect(self):
        return Wire(self.port)

    def ask(self, method, path, body=None, headers=()):
        with self.connect() as wire:
            return wire.ask(method, path, body, headers)

    def metric(self, name):
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name + " ")), 0.0)

    def size(self):
        return int(self.ask("GET", "/checkpoint").body.split(b"\n")[1])

    def submit(self, message):
        return self.ask("POST", "/entries", message, [("Content-Type", "application/cose")])

    def sign(self, payload=None, issuer=ISSUER, subject="run/1", issued_at=1, key=None):
        """A statement; without a payload of a record of its own for each issuer and issued_at."""
        if payload is None:
            payload = cbor.dumps(lone(issued_at, issuer))
        return statement.sign(key or self.keys[issuer], payload, issuer, subject, issued_at)

    def terminate(self):
        """SIGTERM, and the exit status once everything accepted is answered."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def close(self):
        self.release()
        if self.process is not None and self.process.poll() is None:
            status = self.terminate()
            assert status == 0, "exit status %d: %s" % (status, self.said().decode())
        sanitizer = [line for line in self.said().decode(errors="replace").splitlines()
                     if "Sanitizer" in line or "runtime error" in line or "check failed" in line]
        shutil.rmtree(self.directory, ignore_errors=True)
        assert not sanitizer, sanitizer

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()
