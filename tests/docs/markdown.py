"""What the checks of the documents need to know of Markdown: blocks, headings, links, tables."""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MARKER = re.compile(r"<!-- (not run|exits): (.*?) -->\s*$")


def documents():
    """-> every document, README first."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(path):
    return str(path.relative_to(ROOT))


@dataclasses.dataclass
class Block:
    """A code block: fenced, with its language, or indented, with none."""
    line: int
    language: str
    lines: list
    marker: tuple = None  # ("not run", reason) or ("exits", code), from a comment before it


def code_blocks(path):
    """-> the code blocks of a document, in order."""
    blocks, block, fence, marker, blank = [], None, None, None, True
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = MARKER.match(line)
        start = re.match(r"(```+)(\w*)\s*$", line)
        if fence:
            if line.strip() == fence:
                fence = block = None
            else:
                block.lines.append(line)
        elif start:
            fence, block = start[1], Block(number, start[2], [], marker)
            blocks.append(block)
            marker = None
        elif line.startswith("    ") and (blank or block):
            if block is None:
                block = Block(number, "", [], marker)
                blocks.append(block)
                marker = None
            block.lines.append(line[4:])
        elif not line.strip():
            if block:
                block.lines.append("")
        else:
            block, marker = None, found and (found[1], found[2])
        blank = not line.strip()
    return blocks


def prose(path):
    """-> (line number, line) outside of code blocks."""
    inside = {number for block in code_blocks(path)
              for number in range(block.line, block.line + len(block.lines) + 2)
              if block.language or block.lines}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if number not in inside or not line.startswith(("    ", "```")):
            yield number, line


def anchors(path):
    """-> what a link to a part of the document may say after the #."""
    found = set()
    for _, line in prose(path):
        heading = re.match(r"#+ +(.*)", line)
        if heading:
            text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            count = sum(1 for other in found if re.fullmatch(re.escape(slug) + r"(-\d+)?", other))
            found.add(f"{slug}-{count}" if count else slug)
    return found


def table_rows(path, heading):
    """-> the rows, as lists of cells, of the tables under a heading, its first row included."""
    rows, inside = [], False
    for _, line in prose(path):
        found = re.match(r"(#+) +(.*)", line)
        if found:
            inside = found[2] == heading
        elif inside and line.startswith("|") and not line.startswith("|--"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    if not rows:
        raise SystemExit(f"{name_of(path)}: there is no table under the heading {heading}")
    return rows
