#!/usr/bin/env python3
"""The documents name every route, problem and configuration member that the daemon has."""
import pathlib
import re
import subprocess
import unittest

from support.daemon import VOUCHD

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read(path):
    return (ROOT / path).read_text()


class DocumentsTest(unittest.TestCase):
    def test_the_protocol_has_a_section_for_every_route(self):
        protocol = read("docs/PROTOCOL.md")
        headings = "\n".join(re.findall(r"^## .*$", protocol, re.MULTILINE))
        routes = re.findall(r'\{METHOD_(\w+), "([^"]+)"', read("server/http/endpoints.c"))
        self.assertGreater(len(routes), 10)
        for method, pattern in routes:
            path = pattern.replace("{path...}", "…").replace("...}", "}").replace("{value...}", "{value}")
            if path in ("/healthz", "/readyz", "/.well-known/scitt-keys/{kid}", "/v1/rules/{name}"):
                self.assertIn(path, protocol)
            else:
                self.assertIn("%s %s" % (method, path), headings)

    def test_the_pages_of_roles_have_a_section_for_every_route(self):
        for role in ("witness", "mirror"):
            page = read("docs/%s.md" % role.upper())
            headings = "\n".join(re.findall(r"^### .*$", page, re.MULTILINE))
            routes = re.findall(r'\{METHOD_(\w+), "([^"]+)"',
                                read("server/role/%s/endpoints.c" % role))
            self.assertGreater(len(routes), 3)
            for _, pattern in routes:
                self.assertIn(pattern.replace("{path...}", "…").replace("...}", "}"), headings)

    def test_the_protocol_lists_every_problem(self):
        protocol = read("docs/PROTOCOL.md")
        kinds = re.findall(r'\[PROBLEM_\w+\] = \{(\d+), "([a-z-]+)"', read("schemas/problem.c"))
        self.assertGreater(len(kinds), 10)
        for status, code in kinds:
            self.assertIn("| %s | `%s` |" % (status, code), protocol)

    def test_the_manual_has_every_configuration_member_and_its_default(self):
        manual = read("docs/man/vouchd.json.5")
        text = subprocess.run([VOUCHD, "--help"], capture_output=True, text=True, check=True).stdout
        members = re.findall(r"^  (\w+) +.*\((.*)\)$", text, re.MULTILINE)
        self.assertGreater(len(members), 15)
        for name, default in members:
            with self.subTest(name):
                words = {"[]": "empty", "required": "bytes without"}.get(default, default)
                # Roles may have a member of one name, and so may what is in a list.
                starts = [at.start() for at in re.finditer(r"\.It Va .*\b%s\b" % name, manual)]
                sections = [manual[at:manual.find("\n.It Va", at + 1)] for at in starts]
                self.assertTrue(any(words in section for section in sections), sections)


if __name__ == "__main__":
    unittest.main()
