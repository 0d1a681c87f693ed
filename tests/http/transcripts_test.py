#!/usr/bin/env python3
"""Runs the transcripts: what is sent, and what must come back.

A transcript is a text file. Its first lines say which log it needs:

    log evidence | log opaque
    config {"name": value}

then come exchanges, each under a sentence saying what must be true:

    = A sentence.
    > METHOD PATH
    > Header: value
    >> body, a Python expression (see names below)
    < status
    < Header: value            "*" at its end matches anything
    << condition, a Python expression over body, item, problem, header
    let name = expression      remembers something; {name} in later paths and headers stands for it

Several exchanges may follow one sentence; there is one connection for all of them.
"""
import pathlib
import sys
import uuid

from support.daemon import APPROVER, Daemon, ISSUER, ORIGIN, cbor, lone, statement
from records import Records, to_json

FOLDER = pathlib.Path(__file__).resolve().parent / "transcripts"


class Failed(Exception):
    pass


class Exchange:
    def __init__(self):
        self.method = self.path = self.body = self.status = None
        self.sent_headers, self.headers, self.conditions, self.names = [], [], [], []


class Transcript:
    def __init__(self, path):
        self.path = path
        self.opaque, self.config, self.tests = False, {}, []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                self.read(number, line)

    def read(self, number, line):
        word, _, rest = line.partition(" ")
        if word == "log":
            self.opaque = rest == "opaque"
        elif word == "config":
            self.config.update(eval(rest))
        elif word == "=":
            self.tests.append((number, rest, []))
        elif word == ">" and rest.split(" ")[0].isupper() and not rest.split(" ")[0].endswith(":"):
            self.exchange = Exchange()
            self.exchange.number = number
            self.exchange.method, self.exchange.path = rest.split(" ", 1)
            self.tests[-1][2].append(self.exchange)
        elif word == ">":
            self.exchange.sent_headers.append(tuple(rest.split(": ", 1)))
        elif word == ">>":
            self.exchange.body = rest
        elif word == "<" and rest.isdigit():
            self.exchange.status = int(rest)
        elif word == "<":
            self.exchange.headers.append(tuple(rest.split(": ", 1)))
        elif word == "<<":
            self.exchange.conditions.append(rest)
        elif word == "let":
            self.exchange.names.append(rest.split(" = ", 1))
        else:
            raise SystemExit("%s:%d: cannot read %r" % (self.path, number, line))


def names_for(daemon):
    """What expressions in transcripts may use."""
    def parts(message):
        return cbor.loads(message).value

    def rebuilt(message, **changes):
        """The statement with parts replaced as they are, signature included or not."""
        order = ("protected", "unprotected", "payload", "signature")
        values = [changes.get(name, part) for name, part in zip(order, parts(message))]
        return cbor.dumps(cbor.Tag(18, values))

    records = Records(ISSUER)

    def made(type):
        """The record of this type that was made last."""
        return records.made[type][1]

    def signed(protected, payload=cbor.dumps(lone(0, ISSUER)), issuer=ISSUER):
        """A statement over any protected header, encoded or not, with a valid signature."""
        protected = protected if isinstance(protected, bytes) else cbor.dumps(protected)
        structure = cbor.dumps(["Signature1", protected, b"", payload])
        signature = daemon.keys[issuer].sign(structure)
        return cbor.dumps(cbor.Tag(18, [protected, {}, payload, signature]))

    def header(**changes):
        """The usual protected header with labels replaced: header(_1=-7); None removes one."""
        key = daemon.keys[ISSUER]
        members = {1: -8, 3: statement.CONTENT_TYPE, 4: key.kid, 15: {1: ISSUER, 6: 1}}
        members.update({int(name[1:]): value for name, value in changes.items()})
        return {label: value for label, value in members.items() if value is not None}

    def log_statement(name):
        """A statement signed with a key of the log itself."""
        key = statement.Key.__new__(statement.Key)
        key.private = daemon.log / "keys" / (name + ".pem")
        der = statement._openssl("pkey", "-in", str(key.private), "-pubout", "-outform", "DER")
        key.is_p256, key.alg = True, -7
        point = der[len(statement.SPKI_P256):]
        key.members = {1: 2, -1: 1, -2: point[1:33], -3: point[33:]}
        key.kid = statement.hashlib.sha256(cbor.dumps(key.members)).digest()
        return statement.sign(key, cbor.dumps({"type": "seal"}), ORIGIN, "seal", 1)

    def sized(length):
        """A valid statement of exactly this many bytes."""
        def padded(count):
            return daemon.sign(cbor.dumps(lone("sized", extensions={"padding": "x" * count})))
        return padded(length - len(padded(60000)) + 60000)

    def nested(depth):
        """A record with arrays in each other; it and its extensions are the first two levels."""
        value = 1
        for _ in range(depth - 2):
            value = [value]
        return cbor.dumps(lone("nested", extensions={"nested": value}))

    return {"sized": sized, "nested": nested, "lone": lone, "make": records.make, "made": made,
            "as_json": to_json, "as_uuid": lambda id: str(uuid.UUID(bytes=bytes(id))), "cbor": cbor, "Tag": cbor.Tag, "ORIGIN": ORIGIN, "ISSUER": ISSUER, "APPROVER": APPROVER,
            "daemon": daemon,
            "sign": daemon.sign, "rebuilt": rebuilt, "signed": signed, "header": header, "parts": parts,
            "log_statement": log_statement, "entry_id": statement.entry_id, "statement": statement}


def substitute(text, names):
    for name, value in names.items():
        if isinstance(value, (str, int)):
            text = text.replace("{%s}" % name, str(value))
    return text


def check(exchange, reply, names):
    if reply.status != exchange.status:
        raise Failed("status %d: %r" % (reply.status, reply))
    for name, wanted in exchange.headers:
        have = reply.headers.get(name.lower(), "(absent)")
        wanted = substitute(wanted, names)
        if have != wanted and not (wanted.endswith("*") and have.startswith(wanted[:-1])):
            raise Failed("%s: %s, not %s" % (name, have, wanted))
    names.update(body=reply.body, headers=reply.headers)
    kind = reply.headers.get("content-type", "")
    names["item"] = reply.item if exchange.method != "HEAD" else None
    names["problem"] = reply.problem if "problem" in kind and exchange.method != "HEAD" else None
    for condition in exchange.conditions:
        if not eval(condition, names):
            raise Failed("not so: %s\n    %r" % (condition, names["problem"] or reply))
    for name, expression in exchange.names:
        names[name] = eval(expression, names)


def run(transcript):
    failures = 0
    with Daemon(opaque=transcript.opaque, **transcript.config) as daemon:
        names = names_for(daemon)
        for number, sentence, exchanges in transcript.tests:
            try:
                with daemon.connect() as wire:
                    for exchange in exchanges:
                        number = exchange.number
                        body = None if exchange.body is None else eval(exchange.body, names)
                        headers = [(name, substitute(value, names)) for name, value in exchange.sent_headers]
                        path = substitute(exchange.path, names)
                        check(exchange, wire.ask(exchange.method, path, body, headers), names)
            except Exception as failure:
                failures += 1
                print("%s:%d: %s\n    %s: %s" % (transcript.path.name, number, sentence,
                                                type(failure).__name__, failure))
    print("%s: %d tests, %d failed" % (transcript.path.name, len(transcript.tests), failures))
    return failures


def main():
    chosen = sys.argv[1:] or sorted(str(path) for path in FOLDER.glob("*.txt"))
    sys.exit(1 if sum(run(Transcript(pathlib.Path(path))) for path in chosen) else 0)


if __name__ == "__main__":
    main()
