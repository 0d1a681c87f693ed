"""Rows with COSE implementations of others: statements and receipts, both ways."""

import time

from . import cbor
from .rows_go import policy, xmod_log
from .statement import entry_id
from .world import need, row

SMALL_LOG_SIZE = 20


class Peer:
    """One implementation: how to call it and what it can do."""

    def __init__(self, name, kinds, command, sign, verify, receipts):
        self.name, self.kinds, self.command = name, kinds, command
        self.sign_word, self.verify_word, self.receipts = sign, verify, receipts

    def yes(self, w, *argv):
        return w.yes(*self.command(w), *argv)

    def no(self, w, *argv):
        return w.no(*self.command(w), *argv)

    def sign(self, w, number, kind):
        out = w.path("statement.cose")
        payload = w.write("payload", w.payload(number))
        self.yes(
            w,
            self.sign_word,
            "--key",
            w.key(kind).private,
            "--payload",
            payload,
            "--issuer",
            w.issuer_of(kind),
            "--subject",
            "run/%d" % number,
            "--issued-at",
            int(time.time()),
            "--out",
            out,
        )
        return out

    def verify_argv(self, w, kind, statement):
        argv = [self.verify_word, "--public", w.key(kind).public]
        if self.verify_word == "verify-scitt":
            argv += ["--issuer", w.issuer_of(kind)]
        return argv + [statement]


BOTH = ("p256", "ed25519")
PEERS = [
    Peer("go-cose", BOTH, lambda w: [w.tools.go() / "peer"], "sign", "verify", True),
    Peer("scitt-cose", BOTH, lambda w: w.tools.python(), "sign-scitt", "verify-scitt", True),
    Peer("pycose", BOTH, lambda w: w.tools.python(), "sign-pycose", "verify-pycose", False),
    Peer("transmute-cose", ("p256",), lambda w: w.tools.node(), "sign", "verify", True),
]
NUMBER = {peer.name: 1_000_000 * (i + 1) for i, peer in enumerate(PEERS)}


def logged(w, log, location):
    """The statement and the receipt of an entry, as files."""
    receipt = w.write("receipt.cbor", log.must(200, log.get(location)).body)
    statement = log.must(200, log.get(location + "/statement")).body
    return w.write("statement.cose", statement), receipt


def submitted_by_vouch(w, kind):
    """A statement that our client makes and submits: the file and its receipt as served."""

    def make():
        log = w.evidence()
        record = w.record_file("by-vouch-" + kind)
        receipts = w.path("receipts")
        w.vouch(
            "submit",
            "--url",
            log.url,
            "--issuer",
            w.issuer_of(kind),
            "--key",
            w.key(kind).private,
            "--receipts",
            receipts,
            record,
        )
        entries = w.entries(log, w.size(log))
        entry = next(e for e in reversed(entries) if w.key(kind).kid in e)
        return logged(w, log, "/entries/" + entry_id(entry))

    return w.once("submitted " + kind, make)


def bend(w, path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    return w.write("bent-" + path.name, bytes(data))


def register(p):
    @row("cose", p.name + "-verifies-statement")
    def _(w):
        for kind in p.kinds:
            statement, _ = submitted_by_vouch(w, kind)
            p.yes(w, *p.verify_argv(w, kind, statement))
            p.no(w, *p.verify_argv(w, kind, bend(w, statement, -1)))

    @row("cose", "vouch-accepts-statement-of-" + p.name)
    def _(w):
        log = w.evidence()
        keys = w.key_set(log)
        trust = policy(w, log.vkey.encode())
        for i, kind in enumerate(p.kinds):
            theirs = p.sign(w, NUMBER[p.name] + i, kind)
            reply = log.submit(theirs.read_bytes())
            statement, receipt = logged(w, log, reply.headers["Location"])
            need(statement.read_bytes() == theirs.read_bytes(), "logged other bytes than were sent")
            w.vouch(
                "verify",
                statement,
                "--receipt",
                receipt,
                "--keys",
                keys,
                "--policy",
                trust,
                "--issuer-key",
                w.key(kind).public,
                exit_code=10,
            )
            w.vouch(
                "verify",
                bend(w, statement, -1),
                "--receipt",
                receipt,
                "--keys",
                keys,
                "--policy",
                trust,
                exit_code=40,
            )

    if p.receipts:
        register_receipts(p)


def register_receipts(p):
    @row("cose", p.name + "-verifies-receipt")
    def _(w):
        log = w.evidence()
        keys = w.key_set(log)
        statement, receipt = submitted_by_vouch(w, "p256")
        argv = ["check-receipt", "--keys", keys, "--receipt", receipt, "--origin", log.origin]
        p.yes(w, *argv, "--entry", statement)
        p.no(w, *argv, "--entry", bend(w, statement, -1))

    @row("cose", p.name + "-verifies-consistency-receipt")
    def _(w):
        log = w.evidence()
        new = w.size(log)
        old = new * 2 // 3
        reply = log.get(
            "/v1/proof/consistency/%d/%d" % (old, new), Accept="application/scitt-receipt+cose"
        )
        receipt = w.write("consistency.cbor", log.must(200, reply).body)
        roots = [w.root_at(log, size).hex() for size in (old, new)]
        argv = ["check-consistency", "--keys", w.key_set(log), "--receipt", receipt]
        p.yes(w, *argv, "--old-root", roots[0], "--new-root", roots[1])
        p.no(w, *argv, "--old-root", roots[1], "--new-root", roots[1])

    @row("cose", "vouch-verifies-receipt-of-" + p.name)
    def _(w):
        """A log of theirs: a few entries, one of them a statement, and their receipt for it."""
        entries = [w.write("entry", b"entry %d" % i) for i in range(6)]
        entries.insert(3, p.sign(w, NUMBER[p.name] + 100, "p256"))
        for kind in p.kinds:
            key = w.key("p256") if p.name == "transmute-cose" else w.key(kind)
            keys = w.write("keys.cbor", cbor.dumps([key.cose_key()]))
            for count in (4, 5, 7):
                receipt = w.path("receipt.cbor")
                p.yes(
                    w,
                    "issue-receipt",
                    "--key",
                    key.private,
                    "--origin",
                    "theirs.example/log",
                    "--index",
                    "3",
                    "--out",
                    receipt,
                    *entries[:count],
                )
                argv = ["verify", entries[3], "--receipt", receipt, "--keys", keys]
                w.vouch(*argv, exit_code=10)
                w.vouch(*argv[:1], entries[2], *argv[2:], exit_code=40)
                w.vouch(
                    "verify",
                    entries[3],
                    "--receipt",
                    bend(w, receipt, -1),
                    "--keys",
                    keys,
                    exit_code=40,
                )


def register_consistency(p, issue):
    @row("cose", "vouch-verifies-consistency-receipt-of-" + p.name)
    def _(w):
        """Two heads signed by x/mod and the receipt that one extends the other."""
        log = xmod_log(w, SMALL_LOG_SIZE)
        made = log / "made"
        entries = sorted((made / "entries").iterdir())
        key = w.key("p256")
        receipt = w.path("proof.receipt")
        argv = ["--key", key.private, "--origin", "xmod.example/log", "--out", receipt]
        issue(w, p, argv, entries, SMALL_LOG_SIZE * 3 // 5)
        new = w.write("new.checkpoint", (log / "checkpoint").read_bytes())
        keys = w.write("keys.cbor", cbor.dumps([key.cose_key()]))
        argv = [
            "verify",
            new,
            "--from",
            made / "old.checkpoint",
            "--keys",
            keys,
            "--policy",
            policy(w, (made / "vkey").read_bytes()),
        ]
        w.vouch(*argv, "--proof", receipt)
        w.vouch(*argv, "--proof", bend(w, receipt, -1), exit_code=40)


def issue_by_size(w, p, argv, entries, old):
    p.yes(w, "issue-consistency", *argv, "--size", old, *entries)


def issue_after_receipt(w, p, argv, entries, old):
    """This package leads on from the tree of an inclusion receipt."""
    before = w.path("before.receipt")
    p.yes(w, "issue-receipt", *argv[:4], "--out", before, "--index", "0", *entries[:old])
    p.yes(w, "issue-consistency", *argv, "--receipt", before, *entries)


for peer in PEERS:
    register(peer)
register_consistency(PEERS[0], issue_by_size)
register_consistency(PEERS[3], issue_after_receipt)


def transparent(w):
    """A statement of ours with its receipt, as served."""
    log = w.evidence()
    statement, _ = submitted_by_vouch(w, "p256")
    location = "/entries/%s/statement?receipt" % entry_id(statement.read_bytes())
    return w.write("transparent.cose", log.must(200, log.get(location)).body)


@row("cose", "scitt-cose-verifies-transparent-statement")
def _(w):
    whole = transparent(w)
    w.yes(*w.tools.python(), "check-transparent", "--keys", w.key_set(w.evidence()), whole)
    w.yes(
        *w.tools.python(),
        "verify-scitt",
        "--public",
        w.key("p256").public,
        "--issuer",
        w.issuer_of("p256"),
        whole,
    )


@row("cose", "transmute-cose-verifies-transparent-statement")
def _(w):
    whole = transparent(w)
    argv = [
        *w.tools.node(),
        "check-transparent",
        "--keys",
        w.key_set(w.evidence()),
        "--public",
        w.key("p256").public,
    ]
    w.yes(*argv, whole)
    w.no(*argv, bend(w, whole, -1))


@row("cose", "vouch-verifies-transparent-statement-of-scitt-cose")
def _(w):
    theirs = w.tools.python()
    entries = [w.write("entry", b"entry %d" % i) for i in range(4)]
    key = w.key("ed25519")
    entries.append(PEERS[1].sign(w, NUMBER["scitt-cose"] + 200, "p256"))
    receipt, whole = w.path("receipt.cbor"), w.path("whole.cose")
    w.yes(
        *theirs,
        "issue-receipt",
        "--key",
        key.private,
        "--origin",
        "theirs.example/log",
        "--index",
        "4",
        "--out",
        receipt,
        *entries,
    )
    w.yes(*theirs, "transparent", "--statement", entries[4], "--receipt", receipt, "--out", whole)
    argv = [
        "--keys",
        w.write("keys.cbor", cbor.dumps([key.cose_key()])),
        "--issuer-key",
        w.key("p256").public,
    ]
    w.vouch("verify", whole, *argv, exit_code=10)
    w.vouch("verify", bend(w, whole, -1), *argv, exit_code=40)
