#!/usr/bin/env python3
"""A CDDL program nobody here wrote accepts the sample records and refuses spoiled ones.

usage: check_cddl.py [--tools DIRECTORY]

Uses the Rust program `cddl`. When it is not there and cargo is, builds it into DIRECTORY, which
takes about two minutes once; exits 77 when there is neither. With the Python module cbor2 it also
compares our deterministic encoding with that one's.
"""

import argparse
import copy
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from check_examples import ROOT, Sample, cbor

VERSION = "0.10.7"
# What the program itself needs; the rest of the crate's defaults are for browsers.
FEATURES = "std,json,cbor,csv-validate,ast-span,ast-comments,additional-controls"


def is_right(program):
    # A program in Ruby has the same name.
    done = subprocess.run([program, "--version"], capture_output=True, text=True)
    return done.stdout.strip() == f"cddl {VERSION}"


def build_program(tools):
    """-> the path of the program, built now, or None with the reason printed."""
    cargo = shutil.which("cargo")
    if not cargo or not tools:
        print(f"skipped: the program cddl is not here (cargo install cddl --version {VERSION})")
        return None
    # Optimizing little, and this crate alone, makes building and running together quickest.
    environment = {**os.environ, "CARGO_PROFILE_DEV_DEBUG": "0"}
    done = subprocess.run(
        [cargo, "install", "cddl", "--version", VERSION, "--locked", "--root", tools, "--debug",
         "--no-default-features", "--features", FEATURES, "--quiet",
         "--config", "profile.dev.package.cddl.opt-level=1"],
        env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        print("skipped: cargo could not build the program cddl:\n" + done.stderr)
        return None
    return str(tools / "bin" / "cddl")


def find_program(tools):
    """-> the path of the program, or None."""
    places = [str(tools / "bin")] if tools else []
    for place in [*places, None]:
        program = shutil.which("cddl", path=place)
        if program and is_right(program):
            return program
    return build_program(tools)


def schema_text():
    folder = ROOT / "schemas"
    others = sorted(path for path in folder.glob("*.cddl") if path.name != "records.cddl")
    text = "\n".join(path.read_text() for path in [folder / "records.cddl", *others])
    # The program refuses any map whose free keys are of a type other than plain tstr. So the sizes
    # of free keys, which are 1..64 or 1..200 bytes, are not among what it can have an opinion on.
    return re.sub(r"\b(code|key-text) =>", "tstr =>", text)


def verdicts(program, payloads):
    """-> whether the program accepts each of the payloads, asked all at once."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "all.cddl").write_text(schema_text())
        command = [program, "validate", "--cddl", folder / "all.cddl"]
        for number, payload in enumerate(payloads):
            (folder / f"{number}.cbor").write_bytes(cbor(payload))
            command += ["--cbor", folder / f"{number}.cbor"]
        done = subprocess.run(command, capture_output=True, text=True)
    said = {}  # the program's exit code is 0 whatever it finds
    for number, verdict in re.findall(r'/([0-9]+)\.cbor" (is successful|failed)',
                                      done.stdout + done.stderr):
        said[int(number)] = verdict == "is successful"
    if sorted(said) != list(range(len(payloads))):
        raise SystemExit("no verdict on some payloads:\n" + done.stdout + done.stderr)
    return [said[number] for number in range(len(payloads))]


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
    parser.add_argument("--tools", type=pathlib.Path, help="where to build the program cddl")
    program = find_program(parser.parse_args().tools)
    if not program:
        return 77
    sample, found = Sample(), []
    good = dict(zip(sample.names, sample.written))
    good.update(zip(("first seal", "full seal"), seals()))
    good["two records"] = sample.written[2:4]
    bad = dict(spoiled(good["06-approval"]))
    bad["a seal without root"] = {key: value for key, value in seals()[0].items() if key != "root"}
    bad["an array of one record"] = sample.written[:1]
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
