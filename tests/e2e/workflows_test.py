"""The workflows of docs/examples, on strict logs: what is flagged and refused is what they say."""
import json
import pathlib
import sys
import unittest
import urllib.request

from world import DONE, ORIGIN, PATIENCE, REFUSED, VERIFIED, World

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from fill_example import WORKFLOWS, Filling, submissions, write  # noqa: E402
from record_bytes import from_json  # noqa: E402

SCENARIOS = {"clean", "self-approval", "break-glass", "silent-fallback", "lineage-error",
             "erasure-under-hold"}


class ExampleWorld(World):
    """A log whose first entry trusts the issuers of docs/examples."""

    def __init__(self, filling):
        self.roles = {name: issuer["roles"] for name, issuer in filling.example.issuers.items()}
        super().__init__(profile="strict")

    def issuers(self):
        words = []
        for name, roles in self.roles.items():
            self.vouch("keygen", "--out", self.directory / name)
            words += ["--issuer", "%s=%s/%s.pub.pem:%s" % (name, self.directory, name,
                                                           ",".join(roles))]
        return words

    def entry(self, index):
        request = urllib.request.Request("%s/v1/entries/%d" % (self.url, index),
                                         headers={"Accept": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.load(reply)


class Workflows(unittest.TestCase):
    def submit(self, steps):
        """Submits what a filling made; -> the rules that flagged each record, by record_id."""
        begin = self.world.size()
        directory = self.world.directory / ("steps-%d" % begin)
        for group, path in zip(submissions(steps), write(directory, steps)):
            refused = group[0].refused
            self.world.submit(path, issuer=group[0].issuer, receipts=group[0].issuer,
                              status=REFUSED if refused else DONE)
            if refused:
                rule, code = refused.split("/")
                self.assertIn("%s, rule %s, at /" % (code, rule), self.world.stderr)
        return self.flags(begin)

    def flags(self, begin):
        found = {}
        for index in range(begin, self.world.size()):
            entry = self.world.entry(index)
            for number, record in enumerate(entry["records"]):
                if "record_id" in record:
                    record_id = from_json(record["record_id"], "record_id")
                    found[record_id] = sorted(rule for rule, numbers in entry.get("flags", {}).items()
                                              if number in numbers)
        return found

    def check(self, steps):
        """Each record is in the log with the flags that were expected, or is not there."""
        found = self.submit(steps)
        have = [(step.name, found.pop(step.record["record_id"], "not there")) for step in steps]
        want = [(step.name, "not there" if step.refused else sorted(step.flags)) for step in steps]
        self.assertEqual(have, want)
        self.assertEqual(found, {})

    def run_workflow(self, workflow):
        filling = Filling(workflow)
        self.assertLessEqual(SCENARIOS, set(filling.example.scenarios))
        self.world = ExampleWorld(filling)
        self.addCleanup(self.world.close)
        self.check(filling.setup_steps)
        for name in filling.example.scenarios:
            with self.subTest(name):
                self.check(filling.scenario(name))
        report = self.world.audit("--replay", status=VERIFIED)
        self.assertEqual(report["origin"], ORIGIN)


def test_of(workflow):
    def test(self):
        self.run_workflow(workflow)
    test.__doc__ = "Every scenario of %s gets exactly the flags and refusals it says." % workflow
    return test


for each in WORKFLOWS:
    setattr(Workflows, "test_" + each.replace("-", "_"), test_of(each))

if __name__ == "__main__":
    unittest.main()
