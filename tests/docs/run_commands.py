#!/usr/bin/env python3
"""Runs every command that a document shows, in order, in a fresh copy of the repository.

usage: run_commands.py --build DIRECTORY DOCUMENT

The programs are those of the build. A block that cannot be run has `<!-- not run: reason -->` on
the line before it, and one that ends with another exit code than 0 has `<!-- exits: code -->`; both
are listed. Only ports are changed: 8080 and 8081 may be taken. Exit code 77 (skipped) of a command
is ours.

What a document expects to be there is made by setup/NAME.sh. It may leave a sed script in the file
.substitutions, for what cannot be the same twice, such as a hash. Where a block shows what commands
print, the status line, header names and member names shown must be in what they do print.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from markdown import ROOT, code_blocks, name_of

SHELL = {"sh", "bash", "shell", "console"}
# A block without a language is commands when it begins with one of these.
COMMANDS = re.compile(r"\$ |(?:sudo )?(?:\w+=\S+ )*"
                      r"(?:(?:vouch|vouchd|vouch-fsck|vouch-load|cmake|ctest|python3|curl|jq|openssl|git"
                      r"|kill|mandoc|man|cc|export|systemctl)\s|(?:tools|tests|build-[\w*]+)/\w)")
TIMEOUT_S = 280
SKIPPED = 77

VOUCHD = """#!/bin/sh
if [ "$1" = init ]; then
    case " $* " in *" --listen "* | *" --help "*) ;; *) set -- "$@" --listen 127.0.0.1:{port} ;; esac
fi
exec {vouchd} "$@"
"""

PRELUDE = """
set -e
trap 'status=$?; [ $status = 0 ] || echo "in the block at line $LINE: exit code $status" >&2' EXIT
# What a reader does between two blocks: wait until what he has started is there.
settle() {{
    if [ -n "$(jobs -rp)" ]; then
        curl -s -o /dev/null --retry 100 --retry-delay 0 --retry-max-time 20 --retry-connrefused \\
            http://127.0.0.1:{port}/healthz || true
    fi
}}
# A daemon that has only just been started is told to stop once it listens to signals.
await_daemon() {{
    while [ "$(cat /proc/$1/comm)" = vouchd ] && grep -q '^SigBlk:\t0*$' /proc/$1/status; do
        :
    done
}}
# A daemon that is left over must stop in good order.
finish() {{
    LINE=end
    for job in $(jobs -rp); do
        await_daemon $job
        kill -TERM $job
        wait $job
    done
}}
"""


def is_shell(block):
    if block.language:
        return block.language in SHELL
    return any(COMMANDS.match(line) for line in block.lines)


def command_lines(block):
    """-> the block's commands, and what a console has printed in between."""
    if not any(line.startswith("$ ") for line in block.lines):
        return block.lines, []
    commands, printed, goes_on = [], [], False
    for line in block.lines:
        goes_on = line.startswith("$ ") or goes_on
        (commands if goes_on else printed).append(line.removeprefix("$ "))
        goes_on = goes_on and line.endswith(("\\", "|"))
    return commands, printed


def landmarks(printed):
    """-> what must come back whatever the keys and hashes are."""
    text = "\n".join(printed)
    yield from re.findall(r"^HTTP/1.1 .*", text, re.MULTILINE)
    yield from re.findall(r"^[A-Z][\w-]+: ", text, re.MULTILINE)
    yield from re.findall(r'"[a-z_]+":', text)
    yield from re.findall(r"^vouch_\w+", text, re.MULTILINE)


def setup_of(path):
    setup = pathlib.Path(__file__).parent / "setup" / (path.name + ".sh")
    return setup.read_text() if setup.exists() else ""


def write_blocks(folder, path, ports):
    """Writes each block into a file of its own. -> one script that runs them all, and notes."""
    parts, notes = [PRELUDE.format(port=ports[0])], []

    def write(name, text):
        for shown, port in zip((8080, 8081), ports):
            text = text.replace(f"127.0.0.1:{shown}", f"127.0.0.1:{port}")
        (folder / name).write_text(text + "\n")

    write(".setup", setup_of(path))
    parts.append("LINE=setup; . ./.setup; touch .substitutions")
    for block in filter(is_shell, code_blocks(path)):
        marker, value = block.marker or ("exits", "0")
        name = f".block-{block.line}"
        commands, _ = command_lines(block)
        write(name, "\n".join(commands))
        if marker == "not run":
            notes.append(f"not run, line {block.line}: {value}")
            continue
        parts.append(f"LINE={block.line}; settle; sed -i -E -f .substitutions {name}")
        if value == "0":
            parts.append(f". ./{name} >.out{name}; cat .out{name}")
        else:
            notes.append(f"exits with {value}, line {block.line}")
            parts.append(f"code=0; (set -e; . ./{name}) >.out{name} || code=$?; cat .out{name}\n"
                         f'[ $code = {value} ] || {{ echo "exit code $code, not {value}"; exit 1; }}')
    return "\n".join([*parts, "finish"]), notes


def check_output(folder, path):
    """-> what a document shows as printed and was not."""
    for block in filter(is_shell, code_blocks(path)):
        file = folder / f".out.block-{block.line}"
        if file.exists():
            text = file.read_text(errors="replace")
            for landmark in landmarks(command_lines(block)[1]):
                if landmark.rstrip() not in text:
                    yield f"line {block.line}: `{landmark.strip()}` is shown, and was not printed"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare(folder, build, port):
    """Makes folder a copy of the repository whose build-release is the build, with its programs."""
    skipped = shutil.ignore_patterns(".git", "build*", "__pycache__", "node_modules")
    shutil.copytree(ROOT, folder, ignore=skipped, dirs_exist_ok=True)
    (folder / "build-release").symlink_to(build)
    programs = folder / ".programs"
    programs.mkdir()
    for program in ("client/vouch", "tools/vouch-fsck", "tools/vouch-load"):
        (programs / pathlib.Path(program).name).symlink_to(build / program)
    shim = programs / "vouchd"
    shim.write_text(VOUCHD.format(port=port, vouchd=build / "server/vouchd"))
    shim.chmod(0o755)
    return programs


def run(path, build):
    ports = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="vouch-docs-") as name:
        folder = pathlib.Path(name)
        programs = prepare(folder, build, ports[0])
        script, notes = write_blocks(folder, path, ports)
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": name}
        process = subprocess.Popen(["bash", "-c", script], cwd=folder, env=environment,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            status = process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            notes.append(f"still running after {TIMEOUT_S} s")
            status = 1
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wrong = list(check_output(folder, path)) if status == 0 else []
    for note in [*notes, *wrong]:
        print(f"{name_of(path)}: {note}")
    return 1 if wrong else status


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("document", type=pathlib.Path)
    arguments = parser.parse_args()
    status = run(arguments.document.resolve(), arguments.build.resolve())
    return status if status in (0, SKIPPED) else 1


if __name__ == "__main__":
    sys.exit(main())
