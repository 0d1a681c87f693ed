#!/usr/bin/env python3
"""Fills in what a copy of docs/examples cannot have: times of now, ids, digests.

usage: tools/fill_example.py [--quiet] DIRECTORY WORKFLOW [SCENARIO…]

The records that set the workflow up and those of each scenario go to DIRECTORY/NN-ISSUER/, to be
submitted in the order of their names: one directory is one call of "vouch submit". What ends with
-refused is what the log refuses. docs/examples/README.md says what the files mean.
"""

import argparse
import copy
import hmac
import json
import os
import pathlib
import re
import sys
import time
from typing import NamedTuple

from record_bytes import ROOT, cbor, from_json, record_digest, set_digest, sha256, to_json

EXAMPLES = ROOT / "docs" / "examples"
SHARED = EXAMPLES / "shared"
WORKFLOWS = sorted(path.parent.name for path in EXAMPLES.glob("*/setup.json"))
TENANT = "acme"
SETUP_AGO_MS = 100_000  # set up so long before the filling: no scenario lasts longer
STEP_MS = 1000
MEDIA_TYPES = {".txt": "text/plain", ".json": "application/json"}
NOW = re.compile(r"@now(_s)?([+-]\d+)?$")


class Step(NamedTuple):
    """One record, who issues it, and what is expected: "RULE/code" that flags or refuses it."""
    name: str
    issuer: str
    record: dict  # as CBOR has it
    flags: list
    refused: str


def read(path):
    return json.loads(path.read_text())


def pointed(value, pointer):
    """-> what holds the last part of a JSON pointer, and that part."""
    *path, last = pointer.split("/")[1:]
    for part in path:
        value = value[int(part) if isinstance(value, list) else part]
    return value, int(last) if isinstance(value, list) else last


def replaced(record, changes):
    """A copy of the record in which each JSON pointer has its new value; null takes it away."""
    record = copy.deepcopy(record)
    for pointer, value in changes.items():
        holder, last = pointed(record, pointer)
        if value is None:
            del holder[last]
        else:
            holder[last] = value
    return record


def substituted(value, variables):
    """The value with the words that begin with $ replaced; without members whose word is null."""
    if isinstance(value, dict):
        inner = {key: substituted(item, variables) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item is not None or value[key] is None}
    if isinstance(value, list):
        return [substituted(item, variables) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        return variables[value[1:]]
    return value


def uuid7(at_ms):
    value = at_ms.to_bytes(6, "big") + os.urandom(10)
    return value[:6] + bytes([0x70 | value[6] & 15, value[7], 0x80 | value[8] & 63]) + value[9:]


class Example:
    """A workflow of docs/examples as its files say it."""

    def __init__(self, workflow):
        self.folder = EXAMPLES / workflow
        self.used = set()
        self.issuers = read(SHARED / "issuers.json")
        self.scenarios = {**read(self.folder / "scenarios.json"),
                          **read(SHARED / "scenarios.json")}

    def file(self, name):
        """A file of the workflow, or else one that all workflows share."""
        folder = self.folder if (self.folder / name).exists() else SHARED
        self.used.add(folder / name)
        return folder / name

    def payload(self, name):
        return self.file(f"payloads/{name}").read_bytes()

    def setup(self):
        return self._steps(read(self.file("setup.json")), {})

    def scenario(self, name):
        """The steps of a scenario: those of the one it is like, with what differs."""
        said = self.scenarios[name]
        steps = self.scenario(said["like"]) if "like" in said else []
        for at, change in said.get("change", {}).items():
            step = next(step for step in steps if step["as"] == at)
            step.update({**change, "with": {**step["with"], **change.get("with", {})}})
        for at, more in said.get("before", {}).items():
            number = next(i for i, step in enumerate(steps) if step["as"] == at)
            steps[number:number] = self._steps(more, {})
        steps = [step for step in steps if step["as"] not in said.get("omit", [])]
        return steps + self._steps(said.get("steps", []), {})

    def _steps(self, listed, variables):
        steps = []
        for step in listed:
            step = {"record": step} if isinstance(step, str) else substituted(step, variables)
            if "steps" in step:
                inner = read(self.file(step["steps"] + ".json"))
                steps += self._steps(inner, {**variables, **step.get("let", {})})
            else:
                steps.append({"as": step["record"], "with": {}, "wait_s": 0, "flags": [],
                              "refused": None, **step,
                              "let": {**variables, **step.get("let", {})}})
        return steps

    def template(self, step):
        return substituted(read(self.file(step["record"] + ".json")), step["let"])

    def issuer(self, step, type):
        return step.get("issuer") or next(
            name for name, issuer in self.issuers.items() if type in issuer["records"])


class Filling:
    """Fills one workflow's setup and then scenarios, for one log. Times in ms."""

    def __init__(self, workflow, now_ms=None):
        self.example = Example(workflow)
        self.now_ms = now_ms or int(time.time() * 1000)
        self.setup_steps = self._fill("setup", self.example.setup(), self.now_ms - SETUP_AGO_MS)

    def scenario(self, name, stream=None):
        """-> [Step]; its last record occurs now. stream: another one, where a log has it already."""
        steps = self.example.scenario(name)
        now_ms = max(self.now_ms, int(time.time() * 1000))
        return self._fill(stream or name, steps, now_ms)

    def _fill(self, stream, steps, end_ms):
        duration_ms = sum(STEP_MS + 1000 * step["wait_s"] for step in steps)
        if stream != "setup" and duration_ms >= SETUP_AGO_MS:
            raise SystemExit(f"{stream} lasts {duration_ms} ms: too long")
        records = Records(self.example, stream, end_ms - duration_ms)
        return [records.add(step) for step in steps]


class Records:
    """The records of one scenario, one after the other."""

    def __init__(self, example, stream, at_ms):
        self.example, self.stream, self.at_ms = example, stream, at_ms
        self.named = {}  # name -> (issuer, record)
        self.admitted = []  # (issuer, record)
        self.numbers = {}
        self.words = {}

    def add(self, step):
        self.at_ms += STEP_MS + 1000 * step["wait_s"]
        template = replaced(self.example.template(step), step["with"])
        issuer = self.example.issuer(step, template["type"])
        number = self.numbers.get(issuer, 0)
        header = {"schema_version": 1, "record_id": to_json(uuid7(self.at_ms)), "tenant": TENANT,
                  "occurred_at_ms": self.at_ms, "sequence_number": number, "stream": self.stream,
                  "actor": self.example.issuers[issuer]["actor"]}
        record = from_json(self._value({**header, **template}))
        for name, word, derive in (("action_digest", "@action-digest", self._action_digest),
                                   ("tally", "@tally", self._tally)):
            if template.get(name) == word:
                record[name] = derive(record)
        if not step["refused"]:
            self.numbers[issuer] = number + 1
            self.named[step["as"]] = issuer, record
            self.admitted.append((issuer, record))
        return Step(step["as"], issuer, record, step["flags"], step["refused"])

    def _value(self, value):
        if isinstance(value, dict):
            return {key: self._value(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        return self._word(value) if isinstance(value, str) and value.startswith("@") else value

    def _word(self, word):
        now = NOW.match(word)
        kind, _, rest = word.partition(" ")
        if now:
            unit = 1000 if now[1] else 1
            return self.at_ms // unit + int(now[2] or 0)
        if kind in ("@sha256", "@hmac"):
            return getattr(self, "_" + kind[1:])(rest)
        if kind == "@unique":
            return to_json(os.urandom(32))
        if kind == "@uuid":
            return self.words.setdefault(word, to_json(uuid7(self.at_ms)))
        if kind == "@word":
            return self.words.setdefault(word, f"{rest}-{os.urandom(4).hex()}")
        if word in ("@action-digest", "@tally"):
            return to_json(bytes(32)) if word == "@action-digest" else {}
        return self._reference(word)

    def _sha256(self, name):
        data = self.example.payload(name)
        return {"algorithm": "sha-256", "digest": to_json(sha256(data)), "length_bytes": len(data)}

    def _hmac(self, name):
        """A commitment. Its key is one that everybody knows: a real one is random, and kept."""
        key = sha256(f"example key {name}".encode())
        opened = b"vouch/opening/v1\0" + self.example.payload(name)
        return {"algorithm": "hmac-sha-256", "digest": to_json(hmac.digest(key, opened, "sha256")),
                "media_type": MEDIA_TYPES[pathlib.Path(name).suffix]}

    def _reference(self, word):
        name, _, member = word[1:].partition(".")
        name, _, part = name.partition("/")
        issuer, record = self.named[name]
        if member:
            for key in member.split("."):
                record = record[int(key) if isinstance(record, list) else key]
            return to_json(record)
        whole = {"record_id": record["record_id"], "iss": issuer,
                 "record_digest": record_digest(issuer, record)}
        return to_json({"": whole, "id": whole["record_id"], "digest": whole["record_digest"]}[part])

    def _action_digest(self, record):
        return sha256(cbor({"action": record["action"], "subject": record["subject"]}))

    def _tally(self, record):
        events, evaluations = (
            [record_digest(*admitted) for admitted in self.admitted
             if admitted[1]["type"] == type and admitted[1]["run_id"] == record["run_id"]]
            for type in ("execution-event", "policy-evaluation"))
        return {"event_count": len(events), "events_digest": set_digest(events),
                "evaluation_count": len(evaluations), "evaluations_digest": set_digest(evaluations)}


def submissions(steps):
    """-> [[Step]]: as many in a row as one issuer can submit in one statement."""
    groups = []
    for step in steps:
        last = groups[-1][-1] if groups else None
        if last is None or last.issuer != step.issuer or last.refused or step.refused:
            groups.append([])
        groups[-1].append(step)
    return groups


def write(directory, steps):
    """Writes each submission to a directory; -> their paths."""
    begin = len(list(directory.glob("[0-9]*-*"))) if directory.exists() else 0
    paths = []
    for number, group in enumerate(submissions(steps), begin):
        ending = "-refused" if group[0].refused else ""
        path = directory / f"{number:02}-{group[0].issuer}{ending}"
        path.mkdir(parents=True)
        for i, step in enumerate(group):
            text = json.dumps(to_json(step.record), indent=2) + "\n"
            (path / f"{i:02}-{step.name}.json").write_text(text)
        paths.append(path)
    return paths


def main():
    parser = argparse.ArgumentParser(description="fills in an example of docs/examples")
    parser.add_argument("--quiet", action="store_true", help="do not list what was written")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("workflow", choices=WORKFLOWS)
    parser.add_argument("scenario", nargs="*", default=["clean"])
    arguments = parser.parse_args()
    filling = Filling(arguments.workflow)
    steps = filling.setup_steps
    for name in arguments.scenario:
        if name not in filling.example.scenarios:
            parser.error(f"no scenario {name}: there are {', '.join(filling.example.scenarios)}")
        steps += filling.scenario(name)
    for path in write(arguments.directory, steps):
        if not arguments.quiet:
            print(path)


if __name__ == "__main__":
    sys.exit(main())
