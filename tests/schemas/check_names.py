#!/usr/bin/env python3
"""The field names of schemas/*.cddl keep the promises the JSON view and the style rely on.

Every name is in full snake_case words and has one type in the whole schema; maps with free keys
have text keys and hold no byte strings; schemas/byte_fields.txt lists exactly the names that hold
byte strings. --write rewrites that file.
"""

import pathlib
import re
import sys

from cddl_names import Cddl

ROOT = pathlib.Path(__file__).resolve().parents[2]
BYTE_FIELDS = ROOT / "schemas" / "byte_fields.txt"

# RFC 8610, appendix D.
PRELUDE = set("""any uint nint int bstr bytes tstr text tdate time number biguint bignint bigint
    integer unsigned decfrac bigfloat eb64url eb64legacy eb16 uri regexp float false true bool nil
    null undefined""".split())


def problems(cddl):
    for name, types in sorted(cddl.members.items()):
        if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name):
            yield f"{name}: not snake_case"
        if name in PRELUDE:
            yield f"{name}: the name of a CDDL type; tools read it as that"
        if len(types) > 1:
            yield f"{name}: has more than one type: " + "; ".join(sorted(types))
        kind = min(types)
        if re.search(r"_(digest|hash)$", name) and kind != "bytes":
            yield f"{name}: ends like a raw digest and is {kind}"
        if re.search(r"_(ms|us|s|bp|milli|bytes|count|size|number)$", name) and kind != "integer":
            yield f"{name}: ends like a number and is {kind}"
        if "bytes" in kind and kind not in ("bytes", "[bytes]") and "{" not in kind:
            yield f"{name}: holds bytes and something else: {kind}"
    for key, value in cddl.free_values:
        if key != "text":
            yield f"a map with free keys has {key} keys"
        if "bytes" in value:
            yield f"a map with free keys holds {value}"


def main():
    cddl = Cddl(ROOT / "schemas")
    wanted = "".join(name + "\n" for name in cddl.byte_names())
    if sys.argv[1:] == ["--write"]:
        BYTE_FIELDS.write_text(wanted)
    found = list(problems(cddl))
    if BYTE_FIELDS.read_text() != wanted:
        found.append("schemas/byte_fields.txt differs from the schema; it should say:\n" + wanted)
    for line in found:
        print(line)
    print(f"{len(cddl.members)} names, {len(cddl.byte_names())} of bytes, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
