#!/usr/bin/env python3
"""Another program's opinion on records made at random: it must be ours on each of them.

usage: check_instances.py --make PROGRAM [--tools DIRECTORY] [--count N] [--seed N]

The records are made from the compiled schema, with the types that added/acme.cddl adds; two of
three are spoiled in one place. Exits 77 when there is no other program, see check_cddl.py.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys
import time

from check_cddl import ask, find_program, schema_text

ADDED = pathlib.Path(__file__).parent / "added"

# What the other program cannot be asked about, by the fault or by our reason to refuse, and why.
NOT_COMPARED = {
    r"^free-key ": "it takes plain tstr for free keys, and knows no names of byte strings",
    r"want (extension-value|acme-tree):": "it takes any item for that of a rule in an array in itself",
    r"have \d+, want (natural / negative|nint .gt -100|extension-value:)":
        "a positive number satisfies its nint .ge",
}


def is_compared(fault, reason):
    return not any(re.search(pattern, f"{fault} {reason}") for pattern in NOT_COMPARED)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--make", required=True)
    parser.add_argument("--tools", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=120, help="instances of each type")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    program = find_program(arguments.tools)
    if not program:
        return 77
    print(f"seed {arguments.seed}")
    made = subprocess.run([arguments.make, str(arguments.count), str(arguments.seed), ADDED],
                          check=True, capture_output=True, text=True).stdout
    rows = [line.split(" ", 4) for line in made.splitlines()]
    answers = ask(program, schema_text([ADDED]), [(rule, item) for rule, _, _, item, _ in rows])
    tally, wrong = collections.Counter(), 0
    none = apart = 0
    for (rule, ours, fault, item, our_reason), (accepted, reason) in zip(rows, answers):
        tally[fault, ours] += 1
        if accepted is None:
            none += 1
        elif not is_compared(fault, our_reason):
            apart += accepted != (ours == "1")
        elif accepted != (ours == "1"):
            wrong += 1
            print(f"{rule}: spoiled {fault}, we {'accept' if ours == '1' else 'refuse'} {our_reason}, "
                  f"the other {'accepts' if accepted else 'refuses'} {reason}\n  {item}")
    for (fault, ours), count in sorted(tally.items()):
        print(f"{fault} {'accepted' if ours == '1' else 'refused'}: {count}")
    print(f"{len(rows) - none} verdicts, {none} times none; {wrong} differ, {apart} where that is known")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
