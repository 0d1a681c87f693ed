#!/usr/bin/env python3
"""OPERATIONS.md says what the programs do: metrics, configuration, limits, messages.

usage: check_operations.py --build DIRECTORY
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

from markdown import ROOT, table_rows

PAGE = ROOT / "docs" / "OPERATIONS.md"
WITNESS_PAGE = ROOT / "docs" / "WITNESS.md"
MONITOR_PAGE = ROOT / "docs" / "MONITOR.md"
GOSSIP_PAGE = ROOT / "docs" / "GOSSIP.md"
MIRROR_PAGE = ROOT / "docs" / "MIRROR.md"
PAGES = (PAGE, WITNESS_PAGE, MONITOR_PAGE, GOSSIP_PAGE, MIRROR_PAGE)
MIRROR = ["--role", "mirror", "--name", "docs.example/mirror"]
WITNESS = ["--role", "witness", "--name", "docs.example/witness"]
LOG = ["--origin", "docs.example/log"]
MONITOR = None  # nothing makes one: it is its configuration
FOLDERS = ("base", "merkle", "schemas", "server", "client")
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "s": 1000, "KB/s": 1}
# Messages of the system and of libraries.
FOREIGN = {"listen: Address already in use", "No such file or directory", "Corruption:"}


def sources(*folders):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.*")):
            if path.suffix in (".c", ".h", ".cc"):
                yield path.read_text()


def codes(text):
    return re.findall(r"`([^`]+)`", text)


def make(vouchd, folder, options):
    """Makes a daemon's directory below folder; the answer is where it is."""
    log = pathlib.Path(folder) / "log"
    subprocess.run([vouchd, "init", "--dir", log, "--listen", "127.0.0.1:0",
                    *(LOG if options is MONITOR else options)],
                   check=True, stdout=subprocess.DEVNULL)
    if options is not MONITOR:
        return log
    home = pathlib.Path(folder) / "monitor"
    home.mkdir()
    vkey = (log / "keys/checkpoint.vkey").read_text().strip()
    (home / "policy").write_text(f"log {vkey} http://127.0.0.1:9\nquorum none\n")
    (home / "vouchd.json").write_text(json.dumps({"role": "monitor", "listen": "127.0.0.1:0"}))
    return home


# ---- metrics ----

def served_metrics(vouchd, options, gossips=False):
    """-> the names of all metrics that a new daemon serves."""
    with tempfile.TemporaryDirectory() as name:
        log = make(vouchd, name, options)
        if gossips:
            path = log / "vouchd.json"
            path.write_text(json.dumps(dict(json.loads(path.read_text()),
                                            gossip={"name": "docs.example/gossip"})))
            (log / "policy").write_text("quorum none\n")
        daemon = subprocess.Popen([vouchd, log], stderr=subprocess.PIPE, text=True)
        try:
            for line in daemon.stderr:
                if " listening " in line:
                    break
            address = re.search(r"address=(\S+)", line)[1]
            text = urllib.request.urlopen(f"http://{address}/metrics").read().decode()
        finally:
            daemon.terminate()
            daemon.communicate()
    return set(re.findall(r"^# HELP (\w+)", text, re.MULTILINE))


def check_metrics(build):
    vouchd = build / "server/vouchd"
    served = served_metrics(vouchd, LOG) | served_metrics(vouchd, [*LOG, "--opaque"])
    served |= served_metrics(vouchd, WITNESS, gossips=True) | served_metrics(vouchd, MONITOR)
    served |= served_metrics(vouchd, MIRROR)
    named = {word for page in PAGES for row in table_rows(page, "Monitoring")
             for word in codes(row[0])}
    yield from (f"metric {name} is not described" for name in sorted(served - named))
    yield from (f"metric {name} is not served" for name in sorted(named - served))


# ---- configuration ----

def effective_config(build, options):
    vouchd = build / "server/vouchd"
    with tempfile.TemporaryDirectory() as name:
        log = make(vouchd, name, options)
        shown = subprocess.run([vouchd, "-n", log], check=True, capture_output=True, text=True)
    return json.loads(shown.stdout)


def check_config(config, described_in):
    named = {word for row in table_rows(described_in, "Configuration")[1:] for word in codes(row[0])}
    yield from (f"member {name} is not described" for name in sorted(set(config) - named))
    yield from (f"member {name} does not exist" for name in sorted(named - set(config)))
    page = ROOT / "docs/man/vouchd.json.5"
    if page.exists():  # check_man.py says when it does not
        text = page.read_text()
        yield from (f"member {name} is not in vouchd.json.5" for name in sorted(config)
                    if not re.search(rf"\b{name}\b", text))


# ---- limits ----

def constants():
    """-> every constant of the source by name, as a number."""
    found = {}
    text = "\n".join(sources(*FOLDERS))
    for name, value in re.findall(r"\b([A-Z][A-Z0-9_]+) = ([^,;}/]+)", text):
        value = re.sub(r"\(u?int\d+_t\)|\(size_t\)|UINT64_C", "", value).strip()
        if re.fullmatch(r"[\w\s+*()<>-]+", value):
            found.setdefault(name, value)
    known = {}
    for _ in range(4):  # constants that use others
        for name, value in found.items():
            try:
                known.setdefault(name, eval(value, {"__builtins__": {}}, known))
            except (NameError, SyntaxError, TypeError):
                pass
    return known


def amounts(text):
    """-> the numbers of a limit; durations in milliseconds, sizes in bytes."""
    for number, unit in re.findall(r"(\d[\d,]*(?:\.\d+)?) ?(KiB|MiB|GiB|KB/s|s\b|hour)?", text):
        yield float(number.replace(",", "")) * UNITS.get(unit, 1)


def agrees(number, name, value):
    # Names in seconds hold seconds.
    return number in (value, value * 1000 if re.search(r"_S$", name) else value)


def limit_rows():
    for heading in ("What a client meets", "What an operator meets", "What a verifier meets",
                    "What a submitter meets"):
        head, *rows = table_rows(PAGE, heading)
        for row in rows:
            yield dict(zip(head, row))
    for page in PAGES[1:]:
        head, *rows = table_rows(page, "Limits")
        for row in rows:
            yield dict(zip(head, row))


def check_limits(config):
    known = constants()
    for row in limit_rows():
        numbers = list(amounts(row["Limit"]))
        names = codes(row["Constant"])
        for name in codes(row.get("Member", "")):
            if name not in config:
                yield f"limit {row['What']}: there is no member {name}"
            elif isinstance(config[name], int) and config[name] and config[name] not in numbers:
                yield f"limit {row['What']}: the default of {name} is {config[name]}"
        for position, name in enumerate(names):
            if name not in known:
                yield f"limit {row['What']}: there is no constant {name}"
            elif not any(agrees(number, name, known[name]) for number in numbers):
                yield f"limit {row['What']}: {name} is {known[name]}"


# ---- messages ----

def literals():
    """-> the texts that the programs can print, "…" for what varies."""
    found = []
    for text in sources("base", "server", "client/monitor", "schemas"):
        text = re.sub(r"\"\s*PRI\w+\s*\"", "u", text)   # "%" PRIu64 " of"
        text = re.sub(r"\"\s*PRI\w+", "u\"", text)
        text = re.sub(r"\"\s*\n?\s*\"", "", text)       # adjacent literals
        for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', text):
            literal = literal.replace('\\"', '"')
            found.append(re.sub(r"%[-0-9.*]*(?:l|ll|z|j)?[a-z]", "…", literal))
    return found


def check_messages():
    texts = literals()
    for page, heading in ((PAGE, "It does not start"), (PAGE, "It runs read-only"),
                          (PAGE, "It stops"), (WITNESS_PAGE, "It does not start"),
                          (MONITOR_PAGE, "It does not start")):
        for row in table_rows(page, heading)[1:]:
            for message in codes(row[0]):
                for piece in message.split("…"):
                    piece = piece.strip()
                    if len(piece) > 3 and piece not in FOREIGN and \
                            not any(piece in text for text in texts):
                        yield f"message `{message}`: nothing says \"{piece}\""


def check_events():
    text = "\n".join(sources("server", "client/monitor"))
    said = set(re.findall(r'diag_(?:error|warn|info)\(\s*(?:\w+ \? "[\w-]+" : )?"([\w-]+)"', text))
    said |= set(re.findall(r'diag_\w+\(\s*\w+ \? "([\w-]+)"', text))
    named = {word for page in PAGES for row in table_rows(page, "It says")[1:]
             for word in codes(row[0])}
    yield from (f"event {name} is not described" for name in sorted(said - named))
    yield from (f"event {name} is never said" for name in sorted(named - said))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build
    config = effective_config(build, LOG)
    found = [*check_metrics(build), *check_config(config, PAGE),
             *check_config(effective_config(build, WITNESS), WITNESS_PAGE),
             *check_config(effective_config(build, MONITOR), MONITOR_PAGE),
             *check_config(effective_config(build, MIRROR), MIRROR_PAGE),
             *check_limits(config),
             *check_messages(), *check_events()]
    for line in found:
        print(f"docs/OPERATIONS.md: {line}")
    print(f"{len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
