#!/usr/bin/env python3
"""Every relative link and anchor in the documents resolves, and every file they name exists."""

import re
import sys

from markdown import ROOT, anchors, documents, name_of, prose

LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")
PATH = re.compile(r"(?:base|merkle|schemas|server|client|tests|tools|docs|cmake)/[\w./*-]*")


def check_link(path, target):
    """-> what is wrong with it, or None."""
    file, _, anchor = target.partition("#")
    other = (path.parent / file).resolve() if file else path
    if not other.exists():
        return f"link to {target}: there is no such file"
    if not other.is_relative_to(ROOT):
        return f"link to {target}: leads out of the repository"
    if anchor and (other.suffix != ".md" or anchor not in anchors(other)):
        return f"link to {target}: there is no such heading"
    return None


def check_name(word):
    """-> what is wrong with a file that is named without a link, or None."""
    if PATH.fullmatch(word) and not any(ROOT.glob(word.rstrip("/"))):
        return f"`{word}`: there is no such file"
    if re.fullmatch(r"[A-Z-]+\.md", word) and not (ROOT / "docs" / word).exists():
        return f"`{word}`: there is no such document"
    return None


def problems(path):
    for number, line in prose(path):
        for target in LINK.findall(line):
            if "://" not in target:
                yield number, check_link(path, target)
        for word in CODE.findall(line):
            yield number, check_name(word)


def main():
    count = 0
    for path in documents():
        for number, problem in problems(path):
            if problem:
                print(f"{name_of(path)}:{number}: {problem}")
                count += 1
    print(f"{len(documents())} documents, {count} problems")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
