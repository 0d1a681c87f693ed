#!/usr/bin/env python3
"""Valid records of every type to test with, made of sample_records.txt.

usage: records.py [--seed N] TYPE…     prints one record of each type as a line of JSON

An issuer's records come from one Records: each has a record_id of its own and the next sequence
number, and refers only to records made before.
"""

import argparse
import hashlib
import json
import pathlib
import string
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from record_bytes import (cbor, from_json, record_digest as digest_of,  # noqa: E402
                          set_digest, to_json)

NEUTRAL = "test-result"  # needs no other record, and no other record needs it
HOUR_MS = 3600000
START_MS = int(time.time() * 1000)  # now, for as long as a test lasts


def paragraphs():
    """-> {name: text} of sample_records.txt."""
    found = {}
    text = (pathlib.Path(__file__).parent / "sample_records.txt").read_text()
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if not line.startswith("#")]
        if lines:
            found[lines[0]] = "\n".join(lines[1:])
    return found


PARAGRAPHS = paragraphs()
TYPES = [name for name in PARAGRAPHS if not name.startswith("$")]  # what is referred to comes first


def base64url(data):
    return to_json(bytes(data))


class Records:
    """The records of one issuer in one tenant and stream, one after the other.

    at_ms is the time of the next record; each is a millisecond after the last.
    Another seed gives other record ids. made has the last record of each type as (issuer, record).
    """

    def __init__(self, issuer="engine.example", tenant="test", stream=None, seed=0,
                 at_ms=START_MS):
        self.issuer, self.tenant, self.stream, self.seed = issuer, tenant, stream, seed
        self.at_ms, self.sequence_number, self.ids = at_ms, 0, 0
        self.made = {}
        self.run_id, self.run_at_ms, self.digests = None, None, {}

    def beside(self, issuer):
        """The records of another issuer of the tenant, which refer to those of this one too."""
        other = Records(issuer, self.tenant, at_ms=self.at_ms)
        other.made = self.made
        return other

    def make(self, type=NEUTRAL, **more):
        """-> the next record, as CBOR has it. more: members to add or to replace."""
        if type == "run-start":
            self.run_id, self.run_at_ms, self.digests = self._new_id(), self.at_ms, {}
        values = Values(self, self._new_id())
        text = string.Template(PARAGRAPHS[type]).substitute(values)
        record = {**from_json(json.loads(text)), **more}
        self.made[type] = self.issuer, record
        self.digests.setdefault(type, []).append(digest_of(self.issuer, record))
        self.sequence_number += "sequence_number" in record
        self.at_ms += 1
        return record

    def lines(self, count, type=NEUTRAL, **more):
        """-> the next count records as bytes, each a line of JSON."""
        return "".join(json.dumps(to_json(self.make(type, **more))) + "\n"
                       for _ in range(count)).encode()

    def _new_id(self):
        """A UUIDv7 of the next record's time and of all that makes this source another one."""
        self.ids += 1
        source = [self.seed, self.issuer, self.tenant, self.stream or "", self.ids]
        random = hashlib.sha256(cbor(source)).digest()
        value = self.at_ms.to_bytes(6, "big") + random[:10]
        return value[:6] + bytes([0x70 | value[6] & 15, value[7], 0x80 | value[8] & 63]) + value[9:]


class Values:
    """What the words with $ stand for in one record."""

    def __init__(self, records, record_id):
        self.records, self.record_id = records, record_id

    def __getitem__(self, name):
        if "$" + name in PARAGRAPHS:
            return string.Template(PARAGRAPHS["$" + name]).substitute(self)
        if name.startswith("last_"):
            return self._last(name.removeprefix("last_").replace("_", "-"))
        return str(getattr(self, "_" + name)())

    def _last(self, name):
        issuer, record = self.records.made[name.removesuffix("-id")]
        if name.endswith("-id"):
            return base64url(record["record_id"])
        return json.dumps({"record_id": base64url(record["record_id"]), "iss": issuer,
                           "record_digest": base64url(digest_of(issuer, record))})

    def _header(self):
        members = {"schema_version": 1, "record_id": base64url(self.record_id),
                   "tenant": self.records.tenant, "occurred_at_ms": self.records.at_ms,
                   "sequence_number": self.records.sequence_number}
        if self.records.stream is not None:
            members["stream"] = self.records.stream
        return json.dumps(members)[1:-1]

    def _record_id(self):
        return base64url(self.record_id)

    def _unique_hash(self):
        return base64url(hashlib.sha256(self.record_id).digest())

    def _sequence_number(self):
        return self.records.sequence_number

    def _at_ms(self):
        return self.records.at_ms

    def _at_s(self):
        return self.records.at_ms // 1000

    def _later_ms(self):
        return self.records.at_ms + HOUR_MS

    def _later_s(self):
        return self._later_ms() // 1000

    def _run_id(self):
        return base64url(self.records.run_id)

    def _run_at_ms(self):
        return self.records.run_at_ms

    # Each step of a run has two events.

    def _node_id(self):
        return f"step-{self._event_count() // 2}"

    def _event(self):
        return ("start", "end")[self._event_count() % 2]

    def _nodes(self):
        return ", ".join(json.dumps({
            "node_id": f"step-{i}", "kind": "transform", "status": "ok", "inputs": [],
            "outputs": [], "started_at_ms": self._run_at_ms(), "ended_at_ms": self._at_ms()})
            for i in range(max(1, (self._event_count() + 1) // 2)))

    def _event_count(self):
        return len(self.records.digests.get("execution-event", []))

    def _events_digest(self):
        return base64url(set_digest(self.records.digests.get("execution-event", [])))

    def _evaluation_count(self):
        return len(self.records.digests.get("policy-evaluation", []))

    def _evaluations_digest(self):
        return base64url(set_digest(self.records.digests.get("policy-evaluation", [])))


def lone(number, issuer="engine.example", **more):
    """-> the only record of a stream: number tells them apart, and they may come in any order."""
    return Records(issuer, stream=f"s{number}", seed=number).make(**more)


def main():
    parser = argparse.ArgumentParser(description="prints valid records as lines of JSON")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("types", nargs="+", choices=TYPES, metavar="TYPE")
    arguments = parser.parse_args()
    records = Records(seed=arguments.seed)
    for type in arguments.types:
        sys.stdout.write(records.lines(1, type).decode())


if __name__ == "__main__":
    main()
