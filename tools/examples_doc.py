#!/usr/bin/env python3
"""Describes the workflows of docs/examples as their own records and scenarios do.

usage: tools/examples_doc.py           writes docs/EXAMPLES.md, and of each workflow workflow.dot
                                       and workflow.svg in its directory
       tools/examples_doc.py --check   whether page and .dot files are what would be written

Graph, gates and contract are those of the workflow-change record that publishes the workflow.
Drawing needs graphviz, checking does not.
"""

import argparse
import json
import subprocess
import sys

from fill_example import EXAMPLES, ROOT, WORKFLOWS, Example

PAGE = ROOT / "docs" / "EXAMPLES.md"
INTRODUCTION = """# Example workflows

Made by `tools/examples_doc.py` from [docs/examples](examples/README.md), which says how to submit them.

Five workflows and what can happen in them, on a log with the profile strict. Each begins with people
and their roles, policies and the workflow itself, approved by a steward; then it runs. What is not
named in the last column is admitted without a flag; [RULES](RULES.md) has all the rules. The test
`e2e.workflows` submits every record of this page and compares what the log says.

In the pictures orange and red borders are high and critical risk. What is done behind one of them was
approved before, by the roles named in the node.
"""
INK, GREY = "#1f2933", "#7b8794"
FILLS = {"policy": "#fde8c8", "human": "#d5ecd9", "model": "#dbe7fb", "tool": "#eceff3",
         "retrieval": "#eceff3", "input-output": "#ffffff"}
RISKS = {"high": "#c2571a", "critical": "#b42318"}


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def label(title, *lines):
    """An HTML-like label: a title, and smaller lines below it."""
    rows = [f"<B>{title}</B>"]
    rows += [f'<FONT POINT-SIZE="10" COLOR="{GREY}">{line}</FONT>' for line in lines]
    return "<" + "<BR/>".join(rows) + ">"


def attributes(**pairs):
    return "[" + ", ".join(f"{key}={value}" for key, value in pairs.items()) + "]"


def node(planned, gates):
    """A node of the graph: its kind by colour, its risk and its gate by the border."""
    kind, risk = planned["kind"], planned.get("risk")
    lines = [kind]
    gate = gates.get(planned["node_id"])
    if gate:
        roles = gate.get("required_roles", ["an approval"])
        lines += ["needs " + roles[0], *("and " + role for role in roles[1:])]
    border = RISKS.get(risk, INK)
    if risk:
        lines.append(f'<FONT COLOR="{border}">{risk} risk</FONT>')
    return attributes(label=label(planned["node_id"], *lines), shape="box",
                      style=quoted("rounded,filled"), fillcolor=quoted(FILLS[kind]),
                      color=quoted(border), penwidth="2.2" if risk else "1.1")


def data_node(title, lines):
    return attributes(label=label(title, *lines), shape="note", style=quoted("filled"),
                      fillcolor=quoted("#ffffff"), color=quoted(GREY))


def ends(graph):
    """-> the nodes that no edge leads to, and those that none leads from."""
    names = [planned["node_id"] for planned in graph["planned_nodes"]]
    to = {edge["to_node_id"] for edge in graph["planned_edges"]}
    away = {edge["from_node_id"] for edge in graph["planned_edges"]}
    return [n for n in names if n not in to], [n for n in names if n not in away]


def input_line(artifact):
    words = [word for tag in artifact.get("tags", [])
             for word in (tag["data_classification"], tag.get("data_category")) if word]
    return artifact["artifact_id"] + (f" ({', '.join(words)})" if words else "")


def diagram(record):
    graph, contract = record["graph"], record["contract"]
    gates = {gate["node_id"]: gate for gate in contract.get("gates", [])}
    first, last = ends(graph)
    lines = ["digraph workflow {",
             "  rankdir=LR; nodesep=0.35; ranksep=0.42; pad=0.2; bgcolor=white;",
             f"  node [fontname=\"DejaVu Sans\", fontsize=12, fontcolor={quoted(INK)},"
             " margin=\"0.14,0.09\"];",
             f"  edge [color={quoted(INK)}, arrowsize=0.7, penwidth=1.1];"]
    for planned in graph["planned_nodes"]:
        lines.append(f"  {quoted(planned['node_id'])} {node(planned, gates)};")
    takes = data_node("takes", map(input_line, contract["expected_inputs"]))
    gives = data_node("gives", [contract["expected_output"], contract["risk"] + " risk"])
    lines += [f'  "takes" {takes};', f'  "gives" {gives};']
    for start in first:
        lines.append(f'  "takes" -> {quoted(start)} [style=dashed, color={quoted(GREY)}];')
    for edge in graph["planned_edges"]:
        lines.append(f"  {quoted(edge['from_node_id'])} -> {quoted(edge['to_node_id'])};")
    for end in last:
        lines.append(f'  {quoted(end)} -> "gives" [style=dashed, color={quoted(GREY)}];')
    return "\n".join([*lines, "}", ""])


def outcome(steps):
    """What the log says of a scenario: which steps it flags or refuses, and why."""
    found = [f"`{step['as']}` refused: {' '.join(step['refused'].split('/'))}"
             for step in steps if step["refused"]]
    found += [f"`{step['as']}` flagged: {' '.join(flag.split('/'))}"
              for step in steps for flag in step["flags"]]
    return "<br>".join(found) or "no flag"


def section(workflow):
    example = Example(workflow)
    lines = ["", f"## {workflow}", "", f"![The graph of {workflow}](examples/{workflow}/workflow.svg)",
             "", "| Scenario | What happens | What the log says |", "|---|---|---|"]
    for name, said in example.scenarios.items():
        lines.append(f"| `{name}` | {said['says']} | {outcome(example.scenario(name))} |")
    return "\n".join([*lines, ""])


def texts():
    """-> {path: text} of all that is written."""
    found = {EXAMPLES / name / "workflow.dot":
             diagram(json.loads((EXAMPLES / name / "workflow.json").read_text()))
             for name in WORKFLOWS}
    return {PAGE: INTRODUCTION + "".join(map(section, WORKFLOWS)), **found}


def write(path, text):
    path.write_text(text)
    if path.suffix == ".dot":
        subprocess.run(["dot", "-Tsvg", "-o", path.with_suffix(".svg"), path], check=True)


def main():
    parser = argparse.ArgumentParser(description="describes the workflows of docs/examples")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    problems = 0
    for path, text in texts().items():
        if not check:
            write(path, text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path}: not what tools/examples_doc.py writes")
            problems += 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
