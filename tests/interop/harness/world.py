"""What the rows share: programs, tool chains, keys and logs, each made when first asked for."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from . import cbor, statement
from .logs import Log
from .toolchain import HERE, Toolchains

sys.path.insert(0, str(HERE.parent / "support"))
from records import NEUTRAL, lone, to_json  # noqa: E402

VECTORS = HERE.parent / "vectors"
EVIDENCE_STATEMENTS = 300
OPAQUE_ENTRIES = 700


class Failed(Exception):
    pass


class World:
    def __init__(self, vouchd, vouch, build_dir):
        self.vouchd, self.vouch_path = vouchd, vouch
        self.tools = Toolchains(build_dir)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="vouch-interop-"))
        self._made = {}
        self._files = 0

    def once(self, name, make):
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def path(self, name):
        self._files += 1
        return self.dir / ("%03d-%s" % (self._files, name))

    def write(self, name, data):
        path = self.path(name)
        path.write_bytes(data)
        return path

    # Keys and records.

    def key(self, kind):
        return self.once("key " + kind, lambda: statement.Key(self.dir, kind, kind))

    @property
    def issuers(self):
        return {"engine.example": self.key("p256"), "approver.example": self.key("ed25519")}

    def issuer_of(self, kind):
        return next(name for name, key in self.issuers.items() if key is self.key(kind))

    def payload(self, number):
        """A record in deterministic CBOR, a different one for each number."""
        return cbor.dumps(lone(number))

    def record_file(self, number):
        """The same as JSON."""
        return self.write("record.json", json.dumps(to_json(lone(number))).encode())

    def sign(self, number, kind="p256"):
        now = int(time.time())
        subject = "run/%d" % number
        return statement.sign(
            self.key(kind), self.payload(number), self.issuer_of(kind), subject, now
        )

    # Logs.

    def _evidence(self):
        log = Log(self.vouchd, self.path("evidence"), "evidence.example/log", issuers=self.issuers)
        self._made["evidence"] = log
        for number in range(EVIDENCE_STATEMENTS):
            log.submit(self.sign(number))
        return log

    def evidence(self):
        return self.once("evidence", self._evidence)

    def _opaque(self):
        log = Log(self.vouchd, self.path("opaque"), "opaque.example/log", opaque=True)
        self._made["opaque"] = log
        for number in range(OPAQUE_ENTRIES):
            entry = b"entry %d " % number + bytes(number % 256 for _ in range(number))
            index = log.add(entry)
            if index != number:
                raise Failed("entry %d got index %d" % (number, index))
        return log

    def opaque(self):
        return self.once("opaque", self._opaque)

    def log(self, kind):
        return self.evidence() if kind == "evidence" else self.opaque()

    def key_set(self, log):
        reply = log.must(200, log.get("/.well-known/scitt-keys"))
        return self.write("keys.cbor", reply.body)

    def root_at(self, log, size):
        """The root at a size, from the entries as they are served in bundles."""
        return statement.tree_root(self.entries(log, size))

    def entries(self, log, size):
        out = []
        for n in range(0, size, 256):
            width = min(256, size - n)
            name = "%03d" % (n // 256) + ("" if width == 256 else ".p/%d" % width)
            bundle = log.must(200, log.get("/tile/entries/" + name)).body
            while bundle:
                end = 2 + int.from_bytes(bundle[:2], "big")
                out.append(bundle[2:end])
                bundle = bundle[end:]
        return out

    def size(self, log):
        return int(log.must(200, log.get("/checkpoint")).body.split(b"\n")[1])

    # Programs.

    def run(self, argv, **options):
        argv = [str(a) for a in argv]
        return subprocess.run(argv, capture_output=True, timeout=120, **options)

    def yes(self, *argv):
        """The program says yes; returns what it wrote."""
        done = self.run(argv)
        if done.returncode != 0:
            text = (done.stdout + done.stderr).decode(errors="replace").strip()
            raise Failed("%s: exit %d: %s" % (pathlib.Path(argv[0]).name, done.returncode, text))
        return done.stdout.decode()

    def no(self, *argv):
        """The program says no, and does not crash over it: exit 1 of a peer."""
        done = self.run(argv)
        if done.returncode != 1:
            raise Failed("%s accepts what it must not: exit %d" % (argv[0], done.returncode))

    def vouch(self, *argv, exit_code=0):
        done = self.run([self.vouch_path, *argv])
        if done.returncode != exit_code:
            text = (done.stdout + done.stderr).decode(errors="replace").strip()
            raise Failed(
                "vouch %s: exit %d instead of %d: %s" % (argv[0], done.returncode, exit_code, text)
            )
        return done.stdout.decode()

    def close(self):
        failed = None
        for made in self._made.values():
            if hasattr(made, "stop"):
                try:
                    made.stop()
                except Exception as error:
                    failed = error
        shutil.rmtree(self.dir, ignore_errors=True)
        if failed:
            raise failed


def need(ok, text):
    if not ok:
        raise Failed(text)


ROWS = {}


def row(group, name):
    """Registers a row; its function returns when the row passes and raises when it does not."""

    def register(function):
        if name in ROWS:
            raise ValueError("two rows named " + name)
        ROWS[name] = (group, function)
        return function

    return register
