#!/usr/bin/env python3
"""A CDDL program nobody here wrote accepts the records of docs/examples and refuses spoiled ones.

usage: check_cddl.py [--tools DIRECTORY]

It is the Rust crate `cddl`, asked by the little program in verdicts/. When cargo is here, that is
built into DIRECTORY, which takes about a minute once; otherwise exits 77. With the Python module
cbor2 it also compares our deterministic encoding with that one's.
"""

import argparse
import copy
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from check_examples import ROOT, cbor, fillings

RULE = "rule-"  # in front of every rule's name
VERDICTS = pathlib.Path(__file__).resolve().parent / "verdicts"


def find_program(tools):
    """-> the path of the program, built when it is not there yet, or None with the reason printed."""
    cargo = shutil.which("cargo")
    if not cargo or not tools:
        print("skipped: cargo is not here, or --tools does not say where to build")
        return None
    done = subprocess.run(
        [cargo, "build", "--quiet", "--locked", "--manifest-path", VERDICTS / "Cargo.toml",
         "--target-dir", tools / "verdicts"], capture_output=True, text=True)
    if done.returncode != 0:
        print("skipped: cargo could not build the program that gives verdicts:\n" + done.stderr)
        return None
    return str(tools / "verdicts" / "debug" / "verdicts")


def schema_text(folders=()):
    """-> all CDDL as one text, with that of further folders, so that the crate understands it.

    It differs from RFC 8610 in three ways. A member named like a rule is taken for that rule's type,
    so every rule gets a name that no member has. A map with free keys of a type other than plain
    tstr is refused whatever is in it, so it is not asked about the sizes of free keys. And .regexp is
    searched for in the text, where XSD's expressions mean the whole of it.
    """
    folder = ROOT / "schemas"
    others = sorted(path for path in folder.glob("*.cddl") if path.name != "records.cddl")
    added = [path for more in folders for path in sorted(more.glob("*.cddl"))]
    text = "\n".join(path.read_text() for path in [folder / "records.cddl", *others, *added])
    rules = set(re.findall(r"^([a-z][a-z0-9-]*) +/?/?=", text, re.MULTILINE))
    text = re.sub(r'("[^"\n]*")|;.*|([a-z][\w-]*)(?![\w-]| *:)',
                  lambda found: RULE + found[2] if found[2] in rules else found[1] or found[2] or "",
                  text)
    text = re.sub(r"([*+]) [a-z][a-z-]* =>", r"\1 tstr =>", text)
    return re.sub(r'\.regexp "([^"]*)"', r'.regexp "^\1$"', text)


def ask(program, schema, items):
    """-> (accepted, reason) for each of the items, which are (rule, hex); None for no verdict."""
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "all.cddl"
        path.write_text(schema)
        done = subprocess.run([program, path], capture_output=True, text=True,
                              input="".join(f"{RULE}{rule} {item}\n" for rule, item in items))
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) != len(items):
        raise SystemExit("no verdict on some items:\n" + done.stdout[-1000:] + done.stderr)
    return [(None if line == "?" else line == "1", line[2:]) for line in lines]


def verdicts(program, payloads):
    """-> whether the program accepts each of the payloads, asked all at once."""
    return [accepted for accepted, _ in
            ask(program, schema_text(), [("payload", cbor(payload).hex()) for payload in payloads])]


def spoiled(record):
    """-> (what was done to it, the record): each must be refused."""
    def changed(name, value):
        other = copy.deepcopy(record)
        other[name] = value
        return other
    yield "a member nobody knows", changed("surprise", 1)
    yield "a type nobody knows", changed("type", "run-manifests")
    yield "another schema version", changed("schema_version", 2)
    yield "a record_id of 15 bytes", changed("record_id", bytes(15))
    yield "a record_id as text", changed("record_id", "00000000-0000-0000-0000-000000000000")
    yield "a negative time", changed("occurred_at_ms", -1)
    yield "a time after the year 9999", changed("occurred_at_ms", 253402300800000)
    yield "bytes for a time", changed("occurred_at_ms", b"x")
    yield "bytes in extensions", changed("extensions", {"com.example.x": b"x"})
    for name in ("record_id", "tenant", "actor", "sequence_number"):
        yield f"no {name}", {key: value for key, value in record.items() if key != name}


def seals():
    plain = {"type": "seal", "schema_version": 1, "first_index": 0, "entry_count": 2,
             "received_at_ms": 1795166040000, "root": bytes(32),
             "admission_rules": {"id": "vouch-admission", "version": "0"}}
    full = {**plain, "first_index": 7, "previous_seal_leaf_hash": bytes(32),
            "flags": {"late": [[0, 0], [1, 3]]},
            "witnessed_head": {"size": 7, "witnessed_at_ms": 1795166000000,
                               "checkpoint_hash": bytes(32)},
            "verifiable_index": {"algorithm": "prefix-tree", "size": 7, "root": bytes(32)}}
    return plain, full


def main():
    parser = argparse.ArgumentParser(description="a second opinion on the schema")
    parser.add_argument("--tools", type=pathlib.Path, help="where to build the program")
    program = find_program(parser.parse_args().tools)
    if not program:
        return 77
    found = []
    good = {" ".join([workflow, step.name, *step.record]): step.record  # one with these members
            for workflow, scenario, step in fillings()}
    approval = next(record for record in good.values() if record["type"] == "approval")
    two = list(good.values())[:2]
    good.update(zip(("first seal", "full seal"), seals()))
    good["two records"] = two
    bad = dict(spoiled(approval))
    bad["a seal without root"] = {key: value for key, value in seals()[0].items() if key != "root"}
    bad["an array of one record"] = two[:1]
    answers = verdicts(program, [*good.values(), *bad.values()])
    for name, accepted in zip([*good, *bad], answers):
        if accepted != (name in good):
            found.append(f"{name}: " + ("accepted" if accepted else "refused"))
    try:
        import cbor2
        for name, record in good.items():
            if cbor2.dumps(record, canonical=True) != cbor(record):
                found.append(f"{name}: cbor2 encodes it differently")
    except ImportError:
        print("cbor2 is not here: encodings not compared")
    for line in found:
        print(line)
    print(f"{len(answers)} verdicts, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
