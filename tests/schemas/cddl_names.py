"""Reads the member names and their types out of schemas/*.cddl.

A reader for the part of RFC 8610 those files use, no more: rules, maps, arrays, groups, choices,
ranges, control operators and occurrences.
"""

import pathlib
import re

TOKEN = re.compile(r"""
    (?P<skip>\s+|;[^\n]*) | (?P<string>"[^"]*") | (?P<arrow>=>) | (?P<range>\.\.)
  | (?P<control>\.[a-z]+) | (?P<occurrence>[0-9]+\*[0-9]*|\*[0-9]*|\+|\?) | (?P<number>-?[0-9]+)
  | (?P<name>[A-Za-z_][A-Za-z0-9_-]*) | (?P<punctuation>[=:,/{}\[\]()])""", re.X)
PRELUDE = {"tstr": "text", "bytes": "bytes", "uint": "integer", "nint": "integer", "bool": "bool"}


class Cddl:
    """Rules by name; .members maps each member name to the set of types it has been given."""

    def __init__(self, folder):
        self.rules = {}
        for path in sorted(pathlib.Path(folder).glob("*.cddl")):
            self._tokens, self._next = self._tokenize(path), 0
            while self._next < len(self._tokens):
                name = self._take("name")
                self._take(text="=")
                if name in self.rules:
                    raise SystemExit(f"{path}: rule {name} is defined twice")
                self.rules[name] = self._choice()
        self.members, self.free_values = {}, []
        for rule in self.rules.values():
            self._collect(rule)

    def _tokenize(self, path):
        text, at, tokens = path.read_text(), 0, []
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise SystemExit(f"{path}: cannot read {text[at:at + 30]!r}")
            if match.lastgroup != "skip":
                tokens.append((match.lastgroup, match.group()))
            at = match.end()
        return tokens

    def _peek(self, ahead=0):
        at = self._next + ahead
        return self._tokens[at] if at < len(self._tokens) else ("end", "")

    def _take(self, kind=None, text=None):
        token = self._peek()
        if (kind and token[0] != kind) or (text and token[1] != text):
            raise SystemExit(f"expected {kind or text}, found {token[1]!r}")
        self._next += 1
        return token[1]

    def _choice(self):
        options = [self._operand()]
        while self._peek()[1] == "/":
            self._take()
            options.append(self._operand())
        return options[0] if len(options) == 1 else ("choice", options)

    def _operand(self):
        value = self._primary()
        if self._peek()[0] in ("range", "control"):
            self._take()
            self._primary()
        return value

    def _primary(self):
        kind, text = self._peek()
        if kind in ("name", "string", "number"):
            self._take()
            return (kind, text)
        closing = {"{": "}", "[": "]", "(": ")"}[self._take("punctuation")]
        entries = []
        while self._peek()[1] != closing:
            entries.append(self._entry())
            if self._peek()[1] == ",":
                self._take()
        self._take()
        return ({"}": "map", "]": "array", ")": "group"}[closing], entries)

    def _entry(self):
        """-> (key, type): key is a member name, ("free", type) or None for a bare type or group."""
        if self._peek()[0] == "occurrence":
            self._take()
        if self._peek()[0] == "name" and self._peek(1)[1] == ":":
            name = self._take()
            self._take()
            return (name, self._choice())
        first = self._choice()
        if self._peek()[0] == "arrow":
            self._take()
            return (("free", first), self._choice())
        return (None, first)

    def _collect(self, item):
        kind, content = item
        if kind == "choice":
            for option in content:
                self._collect(option)
        elif kind in ("map", "array", "group"):
            for key, value in content:
                if isinstance(key, str):
                    self.members.setdefault(key, set()).add(self.describe(value))
                elif key:
                    self.free_values.append((self.describe(key[1]), self.describe(value)))
                self._collect(value)

    def describe(self, item, inside=()):
        """One word per type: text, integer, bool, bytes, [element], a map by rule or content."""
        kind, content = item
        if kind in ("string", "number"):
            return "text" if kind == "string" else "integer"
        if kind == "name":
            if content in PRELUDE:
                return PRELUDE[content]
            if content not in self.rules:
                raise SystemExit(f"rule {content} is used and never defined")
            if content in inside or self.rules[content][0] == "map":
                return content
            return self.describe(self.rules[content], inside + (content,))
        if kind == "choice":
            return " / ".join(sorted({self.describe(option, inside) for option in content}))
        inner = [(f"{key}: " if isinstance(key, str) else "") + self.describe(value, inside)
                 for key, value in content]
        if kind == "group" and len(inner) == 1:
            return inner[0]
        return ("{%s}" if kind == "map" else "[%s]") % ", ".join(inner)

    def byte_names(self):
        """Names holding a byte string or an array of byte strings."""
        return sorted(name for name, types in self.members.items() if types & {"bytes", "[bytes]"})
