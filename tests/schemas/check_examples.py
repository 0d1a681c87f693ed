#!/usr/bin/env python3
"""The workflows of docs/examples can be filled in, and none of their files is left over."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from fill_example import EXAMPLES, WORKFLOWS, Filling  # noqa: E402
from record_bytes import cbor, to_json  # noqa: E402


def fillings():
    """-> (workflow, scenario, step) of all there is; each workflow's setup is a scenario here."""
    for workflow in WORKFLOWS:
        filling = Filling(workflow)
        yield from ((workflow, "setup", step) for step in filling.setup_steps)
        for name in filling.example.scenarios:
            yield from ((workflow, name, step) for step in filling.scenario(name))


def files_used():
    used = set()
    for workflow in WORKFLOWS:
        filling = Filling(workflow)
        for name in filling.example.scenarios:
            filling.scenario(name)
        used |= filling.example.used | {filling.example.folder / "scenarios.json"}
    return used | {EXAMPLES / "shared/issuers.json", EXAMPLES / "shared/scenarios.json"}


def files_there():
    folders = [EXAMPLES / "shared", *(EXAMPLES / name for name in WORKFLOWS)]
    return {path for folder in folders for path in folder.rglob("*")
            if path.is_file() and path.suffix not in (".dot", ".svg")}


def main():
    found = [f"{path.relative_to(EXAMPLES)}: no scenario uses it"
             for path in sorted(files_there() - files_used())]
    sizes = []
    for workflow, scenario, step in fillings():
        text = json.dumps(to_json(step.record))
        if '"@' in text or '"$' in text:
            found.append(f"{workflow}, {scenario}, {step.name}: a word is left: {text}")
        sizes.append(len(cbor(step.record)))
    for line in found:
        print(line)
    print(f"{len(sizes)} records of {min(sizes)} to {max(sizes)} bytes, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
