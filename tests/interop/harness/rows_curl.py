"""Rows with curl and nothing else: what a person at a terminal sends, and what comes back."""

import json

from . import cbor, statement
from .world import NEUTRAL, need, row

STATEMENT = "application/scitt-statement+cose"
RECEIPT = "application/scitt-receipt+cose"
PROBLEM_CBOR = "application/concise-problem-details+cbor"
PROBLEM_JSON = "application/problem+json"
FIRST = 9_000_000


class Answer:
    def __init__(self, status, kind, headers, body):
        self.status, self.type, self.headers, self.body = status, kind, headers, body

    def problem(self):
        """Title, detail and code of a problem in CBOR (RFC 9290); the code is in our extension."""
        map_ = cbor.loads(self.body)
        own = next((v for v in map_.values() if isinstance(v, dict)), map_)
        return map_.get(-1), map_.get(-2), own.get("code")


def curl(w, log, path, *options, body=None):
    w.tools.need("curl")
    head, out = w.path("head"), w.path("body")
    argv = [
        "curl",
        "-sS",
        "--max-time",
        "30",
        "-D",
        head,
        "-o",
        out,
        "-w",
        "%{http_code} %{content_type}",
    ]
    if body is not None:
        argv += ["--data-binary", "@%s" % w.write("sent", body)]
    status, _, kind = w.yes(*argv, *options, log.url + path).partition(" ")
    headers = {}
    for line in head.read_bytes().decode().split("\r\n"):
        name, colon, value = line.partition(": ")
        if colon:
            headers[name.lower()] = value
    return Answer(int(status), kind, headers, out.read_bytes() if out.exists() else b"")


def expect(answer, status, kind, what):
    need(
        answer.status == status,
        "%s: status %d instead of %d: %r" % (what, answer.status, status, answer.body[:200]),
    )
    need(answer.type == kind, "%s: Content-Type %r instead of %r" % (what, answer.type, kind))


def check_receipt(body, what):
    message = cbor.loads(body)
    need(isinstance(message, cbor.Tag) and message.number == 18, what + ": not a tagged COSE_Sign1")
    protected, unprotected, payload, signature = message.value
    need(
        cbor.loads(protected)[395] == 1 and payload is None and len(signature) == 64,
        what + ": not a receipt",
    )
    (proof,) = unprotected[396][-1]
    size, index, path = cbor.loads(proof)
    need(index < size and all(len(h) == 32 for h in path), what + ": not an inclusion proof")
    return size, index


@row("curl", "curl-submits-statement")
def _(w):
    log = w.evidence()
    sent = w.sign(FIRST)
    header = ("-H", "Content-Type: " + STATEMENT)
    first = curl(w, log, "/entries", *header, body=sent)
    expect(first, 201, RECEIPT, "POST /entries")
    location = "/entries/" + statement.entry_id(sent)
    need(
        first.headers["location"] in (location, log.url + location),
        "Location %r" % first.headers["location"],
    )
    size, index = check_receipt(first.body, "POST /entries")
    need(
        size <= w.size(log) and w.entries(log, size)[index] == sent,
        "the receipt is of another entry",
    )
    again = curl(w, log, "/entries", *header, body=sent)
    need(again.status in (200, 201), "POST of the same statement: status %d" % again.status)
    need(
        again.headers["location"] == first.headers["location"],
        "the same statement has another location",
    )
    need(check_receipt(again.body, "again")[1] == index, "the same statement has another index")


@row("curl", "curl-fetches-entry")
def _(w):
    log = w.evidence()
    sent = w.sign(FIRST + 1)
    location = log.submit(sent).headers["Location"]
    location = location[location.index("/entries/") :]
    receipt = curl(w, log, location)
    expect(receipt, 200, RECEIPT, "GET " + location)
    _, index = check_receipt(receipt.body, "GET " + location)
    served = curl(w, log, location + "/statement")
    expect(served, 200, STATEMENT, "GET statement")
    need(served.body == sent, "the statement served is not the one sent")
    by_index = curl(w, log, "/v1/entries/%d" % index, "-H", "Accept: application/json")
    expect(by_index, 200, "application/json", "GET /v1/entries")
    said = json.loads(by_index.body)
    need(
        isinstance(said, dict) and said["records"][0]["type"] == NEUTRAL,
        "no decoded record: %r" % said,
    )
    expect(curl(w, log, "/v1/entries/%d" % index), 200, "application/cbor", "GET /v1/entries")


@row("curl", "curl-fetches-head-and-tiles")
def _(w):
    log = w.evidence()
    for path, kind in (
        ("/checkpoint", "text/plain; charset=utf-8"),
        ("/v1/checkpoint/latest", "text/plain; charset=utf-8"),
        ("/tile/0/000", "application/octet-stream"),
        ("/tile/entries/000", "application/octet-stream"),
        ("/.well-known/scitt-keys", "application/cbor"),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/readyz", "text/plain; charset=utf-8"),
    ):
        expect(curl(w, log, path), 200, kind, "GET " + path)
    need(
        "no-store" in curl(w, log, "/checkpoint").headers.get("cache-control", ""),
        "/checkpoint may be cached",
    )
    tile = curl(w, log, "/tile/0/000").headers.get("cache-control", "")
    need("immutable" in tile, "a full tile may not be cached for long: %r" % tile)
    keys = cbor.loads(curl(w, log, "/.well-known/scitt-keys").body)
    need(
        isinstance(keys, list) and all(key[1] == 2 and key[-1] == 1 for key in keys),
        "not a COSE Key Set: %r" % keys,
    )


@row("curl", "curl-adds-to-opaque-log")
def _(w):
    log = w.opaque()
    size = w.size(log)
    for body in (b"posted by curl", b"posted by curl"):
        answer = curl(w, log, "/add", body=body)
        expect(answer, 200, "text/plain; charset=utf-8", "POST /add")
        need(answer.body.strip() == b"%d" % size, "index %r instead of %d" % (answer.body, size))
    need(w.entries(log, w.size(log))[size] == b"posted by curl", "the entry is not what was posted")


# What is sent, and what must come back: path, options, body, status, code.
def errors(w, log):
    good = w.sign(FIRST + 2)
    size = w.size(log)
    kind = ("-H", "Content-Type: " + STATEMENT)
    bent = bytearray(good)
    bent[-1] ^= 1
    stranger = statement.Key(w.dir, "stranger", "p256")
    unknown = statement.sign(stranger, w.payload(1), "stranger.example", "run/1", 1)
    detached = cbor.dumps(cbor.Tag(18, [cbor.loads(good).value[0], {}, None, bytes(64)]))
    protected = cbor.loads(cbor.loads(good).value[0])
    es384 = cbor.dumps(cbor.Tag(18, [cbor.dumps({**protected, 1: -35}), {}, b"\xa0", bytes(96)]))
    key, issuer = w.key("p256"), "engine.example"
    no_type = statement.sign(key, cbor.dumps({"event": "x"}), issuer, "run/1", 1)
    long_int = statement.sign(key, bytes.fromhex("a164747970651801"), issuer, "run/1", 1)
    unknown_id = "0" * 64
    return [
        ("/nothing-here", (), None, 404, "not-found"),
        ("/entries/" + unknown_id, (), None, 404, "not-found"),
        ("/entries/not-an-id", (), None, 400, "bad-locator"),
        ("/entries/%s/statement" % unknown_id, (), None, 404, "not-found"),
        ("/v1/entries/%d" % (size + 10_000), (), None, 404, "not-found"),
        ("/v1/entries/-1", (), None, 400, "bad-parameter"),
        ("/v1/entries/007", (), None, 400, "bad-parameter"),
        ("/v1/proof/inclusion/5/5", (), None, 400, "bad-parameter"),
        ("/v1/proof/inclusion/1/%d" % (size + 10_000), (), None, 404, "not-found"),
        ("/v1/proof/consistency/5/4", (), None, 400, "bad-parameter"),
        ("/tile/0/0", (), None, 404, "not-found"),
        ("/tile/0/x999/999", (), None, 404, "not-found"),
        ("/tile/0/000.p/256", (), None, 404, "not-found"),
        ("/add", (), b"x", 404, "not-found"),
        ("/entries", ("-X", "DELETE"), None, 405, "method-not-allowed"),
        ("/checkpoint", (), b"x", 405, "method-not-allowed"),
        ("/entries", ("-H", "Content-Type: text/html"), good, 415, "unsupported-media-type"),
        ("/entries", kind, b"", 400, "cbor"),
        ("/entries", kind, b"this is not CBOR", 400, "cbor"),
        ("/entries", kind, good + b"\0", 400, "cbor"),
        ("/entries", kind, b"\xd2\x80", 400, "statement"),
        ("/entries", kind, b"\xa0", 400, "statement"),
        ("/entries", kind, es384, 400, "algorithm"),
        ("/entries", kind, detached, 400, "payload-missing"),
        ("/entries", kind, bytes(bent), 403, "signature"),
        ("/entries", kind, unknown, 403, "unknown-issuer"),
        ("/entries", kind, no_type, 422, "record"),
        ("/entries", kind, long_int, 400, "cbor"),
        ("/entries", kind, bytes(70_000), 413, "too-large"),
    ]


def register_errors(name, accept, kind, decode):
    @row("curl", name)
    def _(w):
        log = w.evidence()
        size = w.size(log)
        wrong = []
        for path, options, body, status, code in errors(w, log):
            answer = curl(w, log, path, *accept, *options, body=body)
            what = "%s %s" % (path, code)
            if answer.status != status:
                wrong.append("%s: status %d instead of %d" % (what, answer.status, status))
            elif answer.type != kind:
                wrong.append("%s: Content-Type %r" % (what, answer.type))
            else:
                title, detail, have = decode(answer)
                if have != code or not title or not detail or not detail.endswith("."):
                    wrong.append("%s: code %r, title %r, detail %r" % (what, have, title, detail))
        need(not wrong, "%d wrong:\n  %s" % (len(wrong), "\n  ".join(wrong)))
        need(w.size(log) == size, "something that was refused is in the log")


def json_problem(answer):
    said = json.loads(answer.body)
    need(said["status"] == answer.status, "the body says status %r" % said["status"])
    return said["title"], said["detail"], said["code"]


register_errors("curl-reads-errors-in-cbor", (), PROBLEM_CBOR, Answer.problem)
register_errors(
    "curl-reads-errors-in-json", ("-H", "Accept: application/json"), PROBLEM_JSON, json_problem
)
