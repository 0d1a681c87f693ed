#!/usr/bin/env python3
"""The digest of the rules that was built in is the one that anybody gets from the sources.

usage: check_rules_digest.py RULES_DIGEST_C
"""
import pathlib
import re
import subprocess
import sys


def main():
    tree = pathlib.Path(__file__).resolve().parents[2]
    printed = subprocess.run([tree / "tools/rules-digest"], check=True, capture_output=True,
                             text=True).stdout.strip()
    built_in = "".join(re.findall(r"0x([0-9a-f]{2})", pathlib.Path(sys.argv[1]).read_text()))
    if printed != built_in:
        sys.exit("tools/rules-digest prints %s, built in is %s" % (printed, built_in))


main()
