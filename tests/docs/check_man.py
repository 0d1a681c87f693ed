#!/usr/bin/env python3
"""Every manual page is clean, and a page and its program's --help name the same options. Documents
name no command that does not exist.

usage: check_man.py --build DIRECTORY
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

from markdown import ROOT, documents, name_of, prose

OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[a-zA-Z])(?![\w-])")
# page -> (program in the build, its commands, each with a --help of its own)
PROGRAMS = {
    "vouchd.8": ("server/vouchd", []),
    "vouch.1": ("client/vouch", ["keygen", "submit", "run import", "run show", "get", "query",
                                 "tail", "head", "prove", "verify", "audit", "monitor", "request",
                                 "approve", "reject", "override", "review", "cbor"]),
    "vouch-fsck.8": ("tools/vouch-fsck", []),
}
# Options of other programs in examples.
FOREIGN = {"vouch.1": {"-s"}, "vouchd.8": {"-s", "--data-binary"}}


COMMON = {"--help", "--json"}  # of every command, described once


def text_of(source):
    """-> a page, or a part of one, as a reader sees it."""
    done = subprocess.run(["mandoc", "-T", "ascii"], input=source, capture_output=True, text=True)
    return re.sub(".\x08", "", done.stdout)


def lint(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True,
                          text=True)
    return [line for line in (done.stdout + done.stderr).splitlines() if line]


def help_of(program, commands):
    words = [["--help"], *([*command.split(), "--help"] for command in commands)]
    return "\n".join(subprocess.run([program, *word], capture_output=True, text=True,
                                    check=True).stdout for word in words)


def commands_of(help_text):
    """-> the commands that an overview lists."""
    return re.findall(r"^  ([a-z]+(?: [a-z]+)?) {2,}\S", help_text, re.MULTILINE)


def section_of(source, command):
    """-> the part of a page about one command, which has a heading that begins with its name,
    or with the names of several: "approve | reject"."""
    head = source[:source.index(".Sh NAME")]
    command = command.replace(" ", " Cm ")
    found = re.search(rf"^\.Ss (?:[a-z]+ \| )*{command}\b.*?(?=^\.S[sh] )", source,
                      re.MULTILINE | re.DOTALL)
    return head + ".Sh DESCRIPTION\n" + found[0] if found else ""


def compare_command(page, program, command):
    in_help = set(OPTION.findall(help_of(program, [command]))) - COMMON
    in_help -= set(OPTION.findall(help_of(program, []))) | FOREIGN[page.name]
    in_page = set(OPTION.findall(text_of(section_of(page.read_text(), command))))
    for option in sorted(in_help - in_page):
        yield f"{page.name}: the section of {command} has no {option}"


def compare(page, build):
    name, commands = PROGRAMS[page.name]
    program = build / name
    if not program.exists():
        return
    if commands:
        listed = commands_of(help_of(program, []))
        if listed != commands:
            yield f"{page.name}: this test knows other commands than {name} --help: {listed}"
    shown = help_of(program, commands)
    page_text = text_of(page.read_text())
    foreign = FOREIGN.get(page.name, set())
    in_help = set(OPTION.findall(shown)) - foreign
    in_page = set(OPTION.findall(page_text)) - foreign
    for option in sorted(in_help - in_page):
        yield f"{page.name}: {option} of {name} --help is missing"
    for option in sorted(in_page - in_help):
        yield f"{page.name}: {option} is not in {name} --help"
    for command in commands:
        yield from compare_command(page, program, command)


def check_commands(build):
    """-> commands that documents name and programs do not have."""
    known = {"vouch": {command.split()[0] for command in PROGRAMS["vouch.1"][1]}}
    usage = help_of(build / PROGRAMS["vouchd.8"][0], [])
    known["vouchd"] = set(re.findall(r"^(?:usage:)? +vouchd \[?([a-z]+)", usage, re.MULTILINE))
    for path in documents():
        for number, line in prose(path):
            for program, command in re.findall(r"`(vouchd?) ([a-z]+)\b", line):
                if command not in known[program]:
                    yield f"{name_of(path)}:{number}: there is no {program} {command}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build
    if not shutil.which("mandoc"):
        print("skipped: mandoc is not here")
        return 77
    folder = ROOT / "docs" / "man"
    found = [f"docs/man/{name}: there is no such page"
             for name in [*PROGRAMS, "vouchd.json.5"] if not (folder / name).exists()]
    for page in sorted(folder.glob("*.[1-8]")):
        found += lint(page)
        if page.name in PROGRAMS:
            found += compare(page, build)
    found += check_commands(build)
    for line in found:
        print(line)
    print(f"{len(list(folder.glob('*.[1-8]')))} pages, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
