#!/usr/bin/env python3
"""docs/alerts.yml: rules that Prometheus takes, about metrics that the programs really have.

usage: check_alerts.py --build DIRECTORY
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

from check_operations import LOG, MIRROR, MONITOR, WITNESS, served_metrics
from markdown import ROOT

RULES = ROOT / "docs" / "alerts.yml"
SEVERITIES = {"page", "ticket"}
ROUTES = {"platform", "governance"}
NOT_RUN = 77


def all_served(build):
    vouchd = build / "server/vouchd"
    return (served_metrics(vouchd, LOG) | served_metrics(vouchd, MONITOR) |
            served_metrics(vouchd, WITNESS, gossips=True) | served_metrics(vouchd, MIRROR))


def check_expression(name, expression, served):
    used = re.findall(r"\bvouch_\w+", expression)
    if not used:
        yield f"{name}: no metric"
    for metric in used:
        if metric not in served and re.sub(r"_(bucket|sum|count)$", "", metric) not in served:
            yield f"{name}: metric {metric} is not served"
    if expression.count("(") != expression.count(")"):
        yield f"{name}: brackets do not match"


def check_rule(rule, served):
    name = rule.get("alert", "?")
    if set(rule) - {"alert", "expr", "for", "labels", "annotations"}:
        yield f"{name}: unknown members"
    if not re.fullmatch(r"(Vouch|Gov)[A-Z][A-Za-z]+", name):
        yield f"{name}: not a name of an alert"
    if not re.fullmatch(r"\d+[smhd]", str(rule.get("for", "0s"))):
        yield f"{name}: for is no time"
    labels = rule.get("labels", {})
    if labels.get("severity") not in SEVERITIES:
        yield f"{name}: severity"
    if not set(labels.get("route", "").split("+")) <= ROUTES:
        yield f"{name}: route"
    if not rule.get("annotations", {}).get("summary"):
        yield f"{name}: no summary"
    yield from check_expression(name, rule["expr"], served)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    try:
        import yaml
    except ImportError:
        print("PyYAML is not there: nothing was checked")
        return NOT_RUN
    served = all_served(parser.parse_args().build)
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"]
             for rule in group["rules"]]
    wrong = [text for rule in rules for text in check_rule(rule, served)]
    names = [rule["alert"] for rule in rules]
    wrong += [f"{name}: twice" for name in sorted(set(names)) if names.count(name) > 1]
    promtool = shutil.which("promtool")
    if promtool:
        checked = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True)
        wrong += [] if checked.returncode == 0 else [checked.stdout + checked.stderr]
    print("\n".join(wrong) or f"{len(rules)} alerts")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
