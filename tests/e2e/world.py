"""A log, its users and their files, all in one temporary directory."""
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from records import Records, cbor, from_json, to_json  # noqa: E402,F401 (tests take them from here)

VOUCHD = os.environ["VOUCHD"]
VOUCH = os.environ["VOUCH"]
VOUCH_FSCK = os.environ.get("VOUCH_FSCK", "")
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs/examples"
ORIGIN = "e2e.example/log"
ENGINE = "engine.acme.example"
APPROVALS = "approvals.acme.example"
ROLES = "admin,engine,approval-service"  # of both
PATIENCE = 120  # seconds that nothing here takes, however slow the machine

DONE, FAILED, USAGE, REFUSED, NOT_AVAILABLE = range(5)
VERIFIED, LOG_WORD, INCOMPLETE, DIVERGES, INVALID = 0, 10, 20, 30, 40


def wait_until(condition, what):
    """Polls for an event; the answer is the first true value."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError("never happened: " + what)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def bundle_entries(bundle):
    """The entries of a tlog-tiles entry bundle."""
    entries, i = [], 0
    while i < len(bundle):
        (length,) = struct.unpack_from(">H", bundle, i)
        entries.append(bundle[i + 2:i + 2 + length])
        i += 2 + length
    return entries


def tile_name(index):
    parts = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        parts.insert(0, "x%03d" % (index % 1000))
    return "/".join(parts)


class World:
    """Everything of one test; close() ends the daemon and removes the directory."""

    def __init__(self, opaque=False, profile="observe"):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vouch-e2e-"))
        self.log = self.directory / "log"
        self.port = free_port()
        self.url = "http://127.0.0.1:%d" % self.port
        self.daemon = None
        self.messages = self.directory / "messages"
        command = [VOUCHD, "init", "--dir", self.log, "--origin", ORIGIN,
                   "--listen", "127.0.0.1:%d" % self.port]
        command += ["--opaque"] if opaque else ["--profile", profile, *self.issuers()]
        subprocess.run(command, check=True, capture_output=True)
        self.vkey = self.log / "keys/checkpoint.vkey"
        self.policy = self.directory / "policy"
        self.policy.write_text("log %s\nquorum none\n" % self.vkey.read_text().strip())
        self.start()

    def issuers(self):
        """Makes their keys; the answer is how init is told of them."""
        words = []
        for name, kind in ((ENGINE, "p256"), (APPROVALS, "ed25519")):
            self.vouch("keygen", "--type", kind, "--out", self.directory / name)
            words += ["--issuer", "%s=%s/%s.pub.pem:%s" % (name, self.directory, name, ROLES)]
        return words

    def configure(self, **changes):
        """Changes the configuration of the running daemon."""
        path = self.log / "vouchd.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
        self.stop()
        self.start()

    def trust(self, *issuers):
        """The log, which is not running, says that it trusts these too."""
        subprocess.run([VOUCHD, "trust", self.log, *issuers], check=True, capture_output=True)

    def start(self):
        with open(self.messages, "ab") as messages:
            begin = messages.tell()
            self.daemon = subprocess.Popen([VOUCHD, self.log], stderr=messages)
        wait_until(lambda: self.daemon.poll() is not None
                   or b" serving " in self.messages.read_bytes()[begin:], "start")
        if self.daemon.poll() is not None:
            raise AssertionError(self.messages.read_text())

    def stop(self, how=signal.SIGTERM):
        self.daemon.send_signal(how)
        status = self.daemon.wait(PATIENCE)
        if how == signal.SIGTERM and status != 0:
            raise AssertionError("vouchd: exit status %d\n%s" % (status, self.messages.read_text()))

    def vouch(self, *words, status=DONE, input=None):
        """Runs vouch, expects this exit status; the answer is standard output."""
        result = subprocess.run([VOUCH, *map(str, words)], input=input, capture_output=True,
                                timeout=PATIENCE)
        self.stderr = result.stderr.decode(errors="replace")
        if result.returncode != status:
            raise AssertionError("vouch %s: exit status %d, not %d\n%s%s" % (
                " ".join(map(str, words)), result.returncode, status,
                result.stdout.decode(errors="replace"), self.stderr))
        return result.stdout.decode()

    def json(self, *words, **options):
        return json.loads(self.vouch(*words, "--json", **options))

    def submit_words(self, *inputs, issuer=ENGINE, receipts="receipts"):
        return ["submit", "--url", self.url, "--issuer", issuer,
                "--key", self.directory / (issuer + ".pem"),
                "--receipts", self.directory / receipts, *inputs]

    def submit(self, *inputs, status=DONE, input=None, options=(), **where):
        return self.json(*self.submit_words(*inputs, **where), *options, status=status, input=input)

    def spawn_submit(self, *inputs, options=(), **where):
        words = [VOUCH, *map(str, self.submit_words(*inputs, **where)), *options]
        return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def receipts(self, name="receipts"):
        return sorted((self.directory / name).glob("*.receipt"))

    def get(self, path):
        with urllib.request.urlopen("%s/%s" % (self.url, path), timeout=PATIENCE) as reply:
            return reply.read()

    def size(self):
        return int(self.get("checkpoint").split(b"\n")[1])

    def widths(self, size, level):
        """(tile index, width) of every tile of a level."""
        count = size >> (8 * level)
        return [(i, min(256, count - 256 * i)) for i in range((count + 255) // 256)]

    def entries(self):
        """Every entry of the log, from its bundles."""
        result = []
        for index, width in self.widths(self.size(), 0):
            suffix = "" if width == 256 else ".p/%d" % width
            result += bundle_entries(self.get("tile/entries/" + tile_name(index) + suffix))
        return result

    def statements(self):
        """The entries that are not the log's own."""
        return [e for e in self.entries() if b"application/vnd.vouch.records+cbor" in e]

    def copy(self, name):
        """A static copy of the log: checkpoint, tiles and bundles as files."""
        target = self.directory / name
        size = self.size()
        paths = ["checkpoint"]
        for level, kind in [(0, "entries")] + [(level, str(level)) for level in range(4)]:
            for index, width in self.widths(size, level):
                paths.append("tile/%s/%s%s" % (kind, tile_name(index),
                                               "" if width == 256 else ".p/%d" % width))
        for path in paths:
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self.get(path))
        return target

    def fsck(self):
        if VOUCH_FSCK:
            subprocess.run([VOUCH_FSCK, self.log], check=True, capture_output=True)

    def audit(self, *words, status=VERIFIED, where=None):
        return self.json("audit", where or self.url, "--vkey", self.vkey, *words, status=status)

    def verify_all(self, name="receipts"):
        """Every statement in a receipts directory verifies offline with its receipt."""
        directory = self.directory / name
        keys = ["--keys", directory / "scitt-keys"]
        for issuer in (ENGINE, APPROVALS):
            keys += ["--issuer-key", self.directory / (issuer + ".pub.pem")]
        for statement in sorted(directory.glob("*.cose")):
            self.vouch("verify", statement, statement.with_suffix(".receipt"), *keys,
                       status=LOG_WORD)

    def close(self):
        if self.daemon.poll() is None:
            self.stop()
        said = self.messages.read_text(errors="replace")
        shutil.rmtree(self.directory, ignore_errors=True)
        assert "Sanitizer" not in said and "runtime error" not in said, said


class WorldTest(unittest.TestCase):
    opaque = False
    profile = "observe"

    def setUp(self):
        self.world = World(self.opaque, self.profile)
        self.sources = {}
        self.addCleanup(self.world.close)

    def source(self, issuer):
        """The records of an issuer, made when first asked for."""
        return self.sources.setdefault(issuer, Records(issuer))

    def records(self, count, issuer=ENGINE):
        """The issuer's next records as JSON lines."""
        return self.source(issuer).lines(count)

    def register_approver(self):
        """The person of the sample approvals gets the role that the sample requests ask for."""
        record = self.source(ENGINE).make("identity", roles=["approver"],
                                          principal={"kind": "human", "id": "usr_approver"})
        self.world.submit("-", input=json.dumps(to_json(record)).encode(), receipts="identities")

    def record_files(self, name, count, issuer=ENGINE):
        """A directory with the issuer's next records, one in each file."""
        directory = self.world.directory / name
        directory.mkdir()
        for i in range(count):
            (directory / ("%04d.json" % i)).write_bytes(self.records(1, issuer))
        return directory
