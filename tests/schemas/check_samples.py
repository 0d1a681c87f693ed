#!/usr/bin/env python3
"""The records that tests submit are valid, and hang together as an issuer's records do.

usage: check_samples.py --print-samples PROGRAM [--tools DIRECTORY]

Of both builders, tests/support/records.py and tests/support/sample_records.c: every record is valid
under the CDDL by the program `cddl` (see check_cddl.py), ids are unique, sequence numbers follow
each other, references lead back to a record made before, and digests are those of what they name.
"""

import argparse
import pathlib
import subprocess
import sys

from check_cddl import find_program, verdicts
from check_examples import ROOT, cbor

sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.path.insert(0, str(ROOT / "tests" / "interop"))
from harness import cbor as strict_cbor  # noqa: E402
from record_bytes import sha256  # noqa: E402
from records import TYPES, Records, digest_of, lone, set_digest  # noqa: E402

ISSUER = "engine.example"
OF_THE_LOG = {"log-metadata", "gate-grant", "seal"}  # a payload of their own


def samples_of_python():
    records = Records(ISSUER, seed=1)
    first = [records.make(type) for type in TYPES]
    second = [records.make(type, labels={"round": "two"}) for type in TYPES[:-2]]
    return first + second + [lone(7), lone(8, extensions={"padding": "p" * 40000})]


def samples_of_c(program):
    encoded = subprocess.run([program], check=True, capture_output=True).stdout
    records = strict_cbor.sequence(encoded)
    if b"".join(map(cbor, records)) != encoded:
        raise SystemExit("the samples in C are not deterministic CBOR")
    return records


def references(value):
    """-> every record reference in a record."""
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)
    elif isinstance(value, dict):
        if "record_id" in value and "type" not in value:
            yield value
        for inner in value.values():
            yield from references(inner)


def wrong_links(records):
    """-> what is wrong with a sequence of records by itself."""
    ids, numbers, run = {}, {}, None
    for record in filter(lambda record: "record_id" in record, records):
        name = record["type"]
        if record["record_id"] in ids:
            yield f"{name}: its record_id was used before"
        for reference in references(record):
            named = ids.get(reference["record_id"])
            if named is None or digest_of(ISSUER, named) != reference["record_digest"]:
                yield f"{name}: refers to no record made before"
        ids[record["record_id"]] = record
        stream = record.get("stream")
        if "sequence_number" in record:
            if record["sequence_number"] != numbers.get(stream, -1) + 1:
                yield f"{name}: sequence number {record['sequence_number']} does not follow"
            numbers[stream] = record["sequence_number"]
        run = record["run_id"] if name == "run-start" else run
        if record.get("run_id", run) != run:
            yield f"{name}: of a run that has not begun"
        yield from wrong_digests(record, ids)


def wrong_digests(record, ids):
    if record["type"] == "approval-request":
        action = {"action": record["action"], "subject": record["subject"]}
        if sha256(cbor(action)) != record["action_digest"]:
            yield "approval-request: another action_digest"
    if record["type"] == "approval":
        request = ids[record["approval_request"]["record_id"]]
        for member in ("action_digest", "nonce", "shown"):
            if record[member] != request[member]:
                yield f"approval: another {member} than the request's"
    if record["type"] == "run-manifest":
        for kind, name in (("execution-event", "event"), ("policy-evaluation", "evaluation")):
            of_run = [other for other in ids.values()
                      if other["type"] == kind and other["run_id"] == record["run_id"]]
            wanted = len(of_run), set_digest(digest_of(ISSUER, other) for other in of_run)
            if (record["tally"][f"{name}_count"], record["tally"][f"{name}s_digest"]) != wanted:
                yield f"run-manifest: another tally of {name}s"


def refused(program, records):
    """-> the records that the program does not accept. It is asked about all of an issuer's at once,
    and one by one when it says no."""
    payloads = [record for record in records if record["type"] in OF_THE_LOG]
    issued = [record for record in records if record["type"] not in OF_THE_LOG]
    answers = verdicts(program, [issued, *payloads])
    if not answers[0]:
        payloads += issued
        answers[1:] = verdicts(program, payloads)
    return [record for record, accepted in zip(payloads, answers[1:]) if not accepted]


def main():
    parser = argparse.ArgumentParser(description="checks the records that tests submit")
    parser.add_argument("--print-samples", required=True, help="the builder in C, as a program")
    parser.add_argument("--tools", type=pathlib.Path, help="where to build the program cddl")
    arguments = parser.parse_args()
    builders = {"Python": samples_of_python(), "C": samples_of_c(arguments.print_samples)}
    found = [f"{name}: {line}" for name, records in builders.items()
             for line in wrong_links(records)]
    for name, records in builders.items():
        if missing := set(TYPES) - {record["type"] for record in records}:
            found.append(f"{name}: no sample of {', '.join(missing)}")
    program = find_program(arguments.tools)
    if program:
        for name, records in builders.items():
            found += [f"{name}: {record['type']} is not valid" for record in refused(program, records)]
    for line in found:
        print(line)
    print(f"{sum(map(len, builders.values()))} samples, {len(found)} problems")
    return 1 if found else 0 if program else 77


if __name__ == "__main__":
    sys.exit(main())
