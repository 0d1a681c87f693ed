#!/usr/bin/env python3
"""docs/RULES.md is what rules-doc prints.

usage: check_rules.py --build DIR
"""
import argparse
import difflib
import subprocess
import sys

from markdown import ROOT


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    printed = subprocess.run([f"{arguments.build}/tools/rules-doc"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    document = ROOT / "docs" / "RULES.md"
    sys.stdout.writelines(difflib.unified_diff(
        document.read_text().splitlines(keepends=True), printed.splitlines(keepends=True),
        "docs/RULES.md", "rules-doc"))
    if printed != document.read_text():
        print("run: tools/rules-doc of the build directory > docs/RULES.md")
        sys.exit(1)


if __name__ == "__main__":
    main()
