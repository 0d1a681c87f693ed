"""Rows with golang.org/x/mod and Tessera, both ways."""

import json
import re
import shutil

from .logs import Directory
from .world import OPAQUE_ENTRIES, VECTORS, Failed, need, row

XMOD_LOG_SIZE = 700
HAMMER_SECONDS = 20
HAMMER_WRITES = 200


def peer(w, command, log, *more):
    return w.yes(w.tools.go() / "peer", command, "-url", log.url, "-vkey", log.vkey, *more)


def register_reader(kind):
    @row("xmod", "xmod-opens-checkpoint-" + kind)
    def _(w):
        log = w.log(kind)
        said = peer(w, "read-checkpoint", log, "-origin", log.origin, "-size", "2").split()
        need(said[1] == w.root_at(log, int(said[0])).hex(), "the root is not that of the entries")

    for what in ("bundles", "inclusion", "consistency", "partial-tiles", "served-proofs"):
        row("xmod", "xmod-reads-%s-%s" % (what, kind))(
            lambda w, what=what: peer(w, "read-" + what, w.log(kind)) and None
        )

    @row("tessera", "tessera-fsck-" + kind)
    def _(w):
        fsck(w, w.log(kind))


def fsck(w, log):
    """Tessera's fsck exits 0 whatever it finds, so its words count."""
    vkey = w.write("vkey", log.vkey.encode())
    program = w.tools.go() / "fsck"
    argv = [program, "--storage_url=%s/" % log.url, "--public_key=%s" % vkey, "--ui=false", "-N=2"]
    before = w.size(log)
    done = w.run(argv)
    said = done.stderr.decode()
    found = re.search(r"Successfully fsck'd log with size (\d+) ", said)
    if not found or "fsck failed" in said or not before <= int(found.group(1)) <= w.size(log):
        raise Failed("fsck of %d entries: exit %d: %s" % (before, done.returncode, said[-2000:]))


for kind in ("evidence", "opaque"):
    register_reader(kind)


@row("tessera", "tessera-hammer-opaque")
def _(w):
    """The load tool writes through /add and checks that each leaf it wrote is where it was told."""
    log = w.opaque()
    before = w.size(log)
    goal = before + HAMMER_SECONDS * HAMMER_WRITES // 2
    done = w.run(
        [
            w.tools.go() / "hammer",
            "--log_url=%s/" % log.url,
            "--log_public_key=" + log.vkey,
            "--max_read_ops=200",
            "--num_readers_random=2",
            "--num_readers_full=1",
            "--max_write_ops=%d" % HAMMER_WRITES,
            "--num_writers=16",
            "--dup_chance=0.1",
            "--leaf_min_size=200",
            "--leaf_write_goal=%d" % (goal - before),
            "--max_runtime=%ds" % (4 * HAMMER_SECONDS),
            "--show_ui=false",
        ]
    )
    said = done.stderr.decode()
    need(done.returncode == 0 and "Reached tree size goal" in said, "hammer: " + said[-2000:])
    errors = [
        line for line in said.splitlines() if line[:1] in "WE" and "context canceled" not in line
    ]
    need(not errors, "hammer complains: " + "\n".join(errors[:10]))
    need(w.size(log) >= goal, "size %d instead of at least %d" % (w.size(log), goal))
    fsck(w, log)


def xmod_log(w, size=XMOD_LOG_SIZE):
    """The directory of a log made by x/mod."""

    def make():
        directory = w.path("xmod-log")
        argv = ["-dir", directory, "-size", size, "-origin", "xmod.example/log"]
        w.yes(w.tools.go() / "peer", "make-log", *argv)
        return directory

    return w.once("xmod-log %d" % size, make)


def policy(w, vkey):
    """A tlog-policy that trusts one log and asks for no witnesses."""
    return w.write("policy", b"log " + vkey.strip() + b"\nquorum none\n")


@row("xmod", "vouch-verifies-tlog-proof-of-xmod")
def _(w):
    made = xmod_log(w) / "made"
    trust = policy(w, (made / "vkey").read_bytes())
    proof = made / "entry.tlog-proof"
    w.vouch("verify", proof, "--entry", made / "entry", "--policy", trust)
    other = w.write("entry", (made / "entry").read_bytes() + b"!")
    w.vouch("verify", proof, "--entry", other, "--policy", trust, exit_code=40)
    lines = proof.read_bytes().split(b"\n")
    lines[2], lines[3] = lines[3], lines[2]
    bent = w.write("bent.tlog-proof", b"\n".join(lines))
    w.vouch("verify", bent, "--entry", made / "entry", "--policy", trust, exit_code=40)


@row("xmod", "xmod-verifies-tlog-proof-of-vouch")
def _(w):
    """Our client proves entries of their log and of ours; their code checks the proofs."""
    theirs = xmod_log(w)
    ours = w.opaque()
    for url, vkey, index, entry in (
        (
            theirs,
            (theirs / "made" / "vkey").read_text().strip(),
            XMOD_LOG_SIZE // 2,
            theirs / "made" / "entry",
        ),
        (ours.url, ours.vkey, 257, w.write("entry", w.entries(ours, 258)[257])),
    ):
        proof = w.path("entry.tlog-proof")
        w.vouch("prove", str(index), "--url", url, "--vkey", vkey, "--out", proof)
        check = [
            w.tools.go() / "peer",
            "check-tlog-proof",
            "-vkey",
            vkey,
            "-proof",
            proof,
            "-index",
            index,
        ]
        w.yes(*check, "-entry", entry)
        w.no(*check, "-entry", proof)


@row("xmod", "vouch-verifies-consistency-of-xmod")
def _(w):
    log = xmod_log(w)
    made = log / "made"
    trust = policy(w, (made / "vkey").read_bytes())
    old, proof = made / "old.checkpoint", made / "proof.consistency"
    new = w.write("new.checkpoint", (log / "checkpoint").read_bytes())
    w.vouch("verify", new, "--from", old, "--proof", proof, "--policy", trust)
    said = json.loads(proof.read_text())
    said["hashes"][0], said["hashes"][1] = said["hashes"][1], said["hashes"][0]
    bent = w.write("bent.consistency", json.dumps(said).encode())
    w.vouch("verify", new, "--from", old, "--proof", bent, "--policy", trust, exit_code=40)


@row("xmod", "vouch-audits-log-of-xmod")
def _(w):
    made = xmod_log(w)
    audit(w, made, (made / "made" / "vkey").read_text(), XMOD_LOG_SIZE)


@row("static", "vouch-audits-log-of-tessera")
def _(w):
    """The small log in tests/vectors, written by Tessera."""
    directory = w.path("tessera-log")
    shutil.copytree(VECTORS / "tlog" / "log", directory)
    vkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    audit(w, directory, vkey, 15)


def audit(w, directory, vkey, size):
    served = Directory(directory)
    try:
        said = w.vouch("audit", served.url, "--vkey", vkey.strip())
        need(str(size) in said, "audit does not say it read %d entries: %s" % (size, said))
        bundles = [p for p in (directory / "tile" / "entries").rglob("*") if p.is_file()]
        largest = max(bundles, key=lambda p: p.stat().st_size)
        bundle = bytearray(largest.read_bytes())
        bundle[-1] ^= 1
        largest.write_bytes(bundle)
        w.vouch("audit", served.url, "--vkey", vkey.strip(), exit_code=40)
        bundle[-1] ^= 1
        largest.write_bytes(bundle)
    finally:
        served.stop()
