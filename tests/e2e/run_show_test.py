#!/usr/bin/env python3
"""vouch run show: the state of a run as an auditor reads it."""
import json
import pathlib
import sys
import unittest
import uuid

from proxy import Proxy
from world import (APPROVALS, DONE, ENGINE, EXAMPLES, FAILED, NOT_AVAILABLE, USAGE, WorldTest,
                   to_json)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from harness import cbor  # noqa: E402

NOBODY = "01a1fe1e-4e6a-7dfb-ad3e-a4a36d259cac"
STATES = {"met", "lacking", "pending", "unknown", "n/a"}


class RunShow(WorldTest):
    def setUp(self):
        super().setUp()
        self.proxy = Proxy(self.world.url)
        self.addCleanup(self.proxy.server_close)
        self.addCleanup(self.proxy.shutdown)

    def say(self, type, issuer=ENGINE, **more):
        self.world.submit("-", input=self.source(issuer).lines(1, type, **more), issuer=issuer)

    def start(self):
        """-> the id of a run that begins."""
        self.say("run-start")
        return str(uuid.UUID(bytes=bytes(self.source(ENGINE).run_id)))

    def show(self, run, *words, status=DONE, url=None):
        return self.world.vouch("run", "show", run, "--url", url or self.world.url, *words,
                                status=status)

    def lines(self, run, label, **where):
        """What the card has behind a label, each as one line."""
        found, goes_on = [], False
        for line in self.show(run, **where).splitlines():
            if line.startswith("  ") and line[:16].strip():
                goes_on = line[2:16].strip() == label
                if goes_on:
                    found.append(line[16:].strip())
            elif goes_on and line.startswith(" " * 16):
                found[-1] += " " + line.strip()
            else:
                goes_on = False
        return found

    def test_open_and_closed(self):
        """A run is open until its manifest; then the manifest's word stands."""
        run = self.start()
        self.assertIn("open: no manifest has closed it yet", self.lines(run, "status"))
        self.assertTrue(self.lines(run, "pending"))
        for status in ("success", "failed", "blocked", "cancelled", "partial"):
            run = self.start()
            self.say("run-manifest", status=status)
            shown, = self.lines(run, "status")
            self.assertTrue(shown.startswith(status + ": "), shown)
            state = json.loads(self.show(run, "--json"))
            self.assertEqual((state["status"], state["size"]), (status, self.world.size()))
            self.assertEqual(len(self.lines(run, "ended")), 1)

    def test_questions(self):
        """Every question is there once, what is lacking first, with what it asks."""
        run = self.start()
        self.say("run-manifest")
        items = json.loads(self.show(run, "--json"))["completeness"]["items"]
        text = self.show(run)
        shown = [line.split()[:2] for line in text.splitlines()
                 if line[2:16].strip() in STATES and ": " in line]
        self.assertEqual(sorted(name for _, name in shown),
                         sorted(item["name"] + ":" for item in items))
        places = [["lacking", "pending", "unknown", "met", "n/a"].index(word) for word, _ in shown]
        self.assertEqual(places, sorted(places))
        met = sum(item["state"] == "met" for item in items)
        self.assertIn("%d of %d questions are met" % (met, len(items)), text)

    def test_flags(self):
        """A flag is shown with the rule in words."""
        run = self.start()
        shown = self.lines(run, "flag")
        self.assertTrue(any(line.startswith("RU6/trigger-not-granted, 1 record") and
                            "has the scope trigger" in line for line in shown), shown)

    def test_approvals(self):
        """An approval is shown with what became of it and who voted how."""
        self.register_approver()
        self.say("identity", principal={"kind": "human", "id": "usr_requester"})
        self.say("policy-version")
        run = self.start()
        self.assertEqual(["none was asked for"], self.lines(run, "approvals"))
        self.say("approval-request", run_id=self.source(ENGINE).run_id)
        self.assertEqual(["open: not decided yet"], self.lines(run, "approval"))
        self.assertEqual(["0 of 1 approved"], self.lines(run, "quorum"))
        self.source(APPROVALS).made = self.source(ENGINE).made
        self.source(APPROVALS).at_ms = self.source(ENGINE).at_ms
        self.say("approval", APPROVALS, run_id=self.source(ENGINE).run_id)
        self.assertEqual(["approved: and not used yet"], self.lines(run, "approval"))
        self.assertEqual(["approve by usr_approver"], self.lines(run, "vote"))

    def test_imported_document(self):
        """The shipped example of a whole run can be shown at once."""
        result = self.world.json("run", "import", EXAMPLES / "run-document.json", "--url",
                                 self.world.url, "--issuer", ENGINE, "--key",
                                 self.world.directory / (ENGINE + ".pem"), "--receipts",
                                 self.world.directory / "receipts")
        run = result["runs"][0]["run_id"]
        tenant = json.loads(self.show(run, "--json"))["tenant"]
        self.assertIn(tenant, self.show(run, "--tenant", tenant))
        self.show(run, "--tenant", "nobody & co", status=NOT_AVAILABLE)

    def change(self, **members):
        """The log tells another state."""
        self.proxy.change = lambda path, body: cbor.dumps({**cbor.loads(body), **members})

    def test_states_of_approvals_and_overrides(self):
        """Whatever state the log tells is shown, also one that is not known here."""
        run = self.start()
        states = ["open", "approved", "rejected", "withdrawn", "expired", "used", "dreamt of"]
        approval = {"record_id": bytes(16), "index": 7, "risk": "high", "requester": "usr_a",
                    "subject_kind": "action", "node_id": "n1", "quorum": 2, "approval_count": 1,
                    "expires_at_ms": 1, "votes": [{"outcome": "reject", "approver": "usr_b"}]}
        override = {"record_id": bytes(16), "index": 8, "kind": "bypass", "state": "in-force",
                    "review": "overdue", "actor_id": "usr_c", "reviewer": "usr_d",
                    "expires_at_ms": 1 << 60, "review_due_at_ms": (1 << 64) - 1}
        self.change(approvals=[{**approval, "state": state} for state in states],
                    overrides=[override], is_cut=True, grade="A", recorder="engine-hook",
                    fail_mode="closed", status="asleep",
                    completeness={"items": [{"name": "a", "state": "b"}], "score_bp": 105})
        where = {"url": self.proxy.url}
        self.assertEqual([line.split(":")[0] for line in self.lines(run, "approval", **where)],
                         states)
        self.assertEqual(["in-force: bypass, by usr_c"], self.lines(run, "override", **where))
        self.assertEqual(["overdue, by usr_d"], self.lines(run, "review", **where))
        self.assertEqual(["engine-hook, fail mode closed"], self.lines(run, "recorder", **where))
        self.assertEqual(["asleep"], self.lines(run, "status", **where))
        self.assertEqual(["a: b"], self.lines(run, "other", **where))
        self.assertEqual(["1.05 %: 0 of 1 questions are met"],
                         self.lines(run, "completeness", **where))
        self.assertEqual(1, len(self.lines(run, "cut", **where)))

    def test_answers_that_are_no_state(self):
        """The state of another run, or what is no state, is refused; what is missing is left out."""
        run = self.start()
        for members in ({"run_id": bytes(16)}, {"run_id": "x"}, {"status": 7}, {"status": ""}):
            self.change(**members)
            self.show(run, url=self.proxy.url, status=FAILED)
            self.assertIn("not the state of this run", self.world.stderr)
        for body in (b"", b"\xa0", b"\x80", b"\xff" * 99, b"{}"):
            self.proxy.change = lambda path, real, body=body: body
            self.show(run, url=self.proxy.url, status=FAILED)
        wrong = [-1, "x", [7, [], {}], {"items": [7, {}]}]
        for name in json.loads(self.show(run, "--json")):
            if name in ("run_id", "status"):
                continue
            for value in wrong:
                self.change(**{name: value})
                self.show(run, url=self.proxy.url)
        self.proxy.change = lambda path, body: cbor.dumps(
            {name: cbor.loads(body)[name] for name in ("run_id", "status")})
        self.assertIn("open", self.show(run, url=self.proxy.url))

    def test_words_that_steer_the_terminal(self):
        """No text of the log can pass for a line of the card."""
        run = self.start()
        evil = "x\x1b[2J\r\n  grade         A\u202e"
        self.change(tenant=evil, grade=evil, triggered_by=evil, decisions={evil: 1},
                    approvals=[{"state": evil, "votes": [{"outcome": evil}]}],
                    flags=[{"rule": evil, "code": evil}],
                    completeness={"items": [{"name": evil, "state": "met"},
                                            {"name": evil, "state": evil}]})
        text = self.show(run, url=self.proxy.url)
        for character in "\x1b\r\u202e":
            self.assertNotIn(character, text)
        self.assertEqual(len(self.lines(run, "grade", url=self.proxy.url)), 1)

    def test_wrong_words(self):
        """A run that is not there is not available; what can be no run is wrong usage."""
        self.show(NOBODY, status=NOT_AVAILABLE)
        self.assertIn("not-found", self.world.stderr)
        self.show(NOBODY.upper(), status=USAGE)
        self.show("../entries/0", status=USAGE)
        self.show(NOBODY, "--tenant", "x" * 600, status=USAGE)
        self.show(NOBODY, url=self.world.copy("copy"), status=FAILED)
        for words in (["run"], ["run", "see"], ["run", "show"], ["run", "show", NOBODY],
                      ["run", "show", NOBODY, NOBODY, "--url", self.world.url]):
            self.world.vouch(*words, status=USAGE)
        self.assertIn("run show", self.world.vouch("run", "--help"))
        self.assertIn("--tenant", self.world.vouch("run", "show", "--help"))


if __name__ == "__main__":
    unittest.main()
