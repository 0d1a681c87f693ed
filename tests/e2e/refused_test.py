"""Decisions of people that the admission rules refuse: they are told which rule, and why."""
import json
import shutil
import time
import unittest
import urllib.error
import urllib.request

from person import PeopleTest, Person, bytes_of
from world import DONE, ENGINE, REFUSED, wait_until


class Refused(PeopleTest):
    def refused(self, person, rule, *texts):
        """The log refuses it by this rule; what it says is on the terminal, and kept."""
        self.assertEqual(person.status, REFUSED, person.text)
        self.assertIn("the log refuses it", person.text)
        self.assertIn("  rule          %s\n" % rule, person.text)
        for text in texts:
            self.assertIn(text, person.text)
        kept = sorted((self.world.directory / "people").glob("*.refused"))
        self.assertEqual(json.loads(kept[-1].read_text())["rule"], rule)

    def approve(self, who, *more):
        return Person(*self.words("approve", *more, token=self.token_file(who)))

    def test_self_approval(self):
        """Who asked does not approve."""
        self.request()
        self.refused(self.approve("usr_requester"), "AP13", "self-approval", "/actor/id",
                     "usr_requester", "someone other than the requester")
        self.assertEqual(self.logged(), [])

    def refusals(self):
        """What the log has said of refusals: rows of its records, in their order."""
        return [row for record in self.logged("log-metadata")
                for row in record.get("refusals", [])]

    def test_refusals_are_evidence(self):
        """The log says itself, once the interval is over and when it stops, whose statements which
        rule refused; an auditor who replays it finds nothing wrong."""
        self.world.configure(heartbeat_interval_ms=1000)
        self.request()
        self.approve("usr_requester")
        wait_until(self.refusals, "a record of what was refused")
        self.world.configure(heartbeat_interval_ms=3600000)
        self.approve("usr_requester")
        self.assertRaises(urllib.error.HTTPError, urllib.request.urlopen, urllib.request.Request(
            self.world.url + "/entries", b"nonsense", {"Content-Type": "application/cose"}))
        self.assertIn('rule="AP13",code="self-approval"} 1\n', self.world.get("metrics").decode())
        self.world.stop()
        self.world.start()
        rows = self.refusals()
        self.assertEqual([("AP13", "self-approval", 1)] * 2 + [("unauthenticated", "cbor", 1)],
                         [(row["rule"], row["code"], row["refusal_count"]) for row in rows])
        self.assertEqual(["iss" in row for row in rows], [True, True, False])
        self.assertEqual(["first_refused" in row for row in rows], [True, True, False])
        self.world.audit("--replay")

    def test_missing_role(self):
        """Who holds no role that the request asks for does not approve, whatever --role says."""
        self.request()
        self.refused(self.approve("usr_guest", "--role", "approver"), "AP14", "role-missing",
                     "a role that the request asks for")

    def test_one_factor(self):
        """Who signed in with a password alone does not approve."""
        self.request()
        self.refused(Person(*self.words("approve", token=self.token_file(amr=["pwd"]))), "AP16",
                     "mfa-missing", "/actor/authentication/amr")

    def test_token_for_too_long(self):
        """A token that lives longer than the matrix allows serves nobody."""
        self.request()
        token = self.token_file(exp=int(time.time()) + 86400)
        self.refused(Person(*self.words("approve", token=token)), "AP17", "token-too-long")

    def test_decided_meanwhile(self):
        """A vote that others were faster than is refused, though nobody was told before."""
        self.request()
        faster = []

        def answer(_, code):
            words = self.words("approve", token=self.token_file("usr_second"))
            words[words.index(self.world.directory / "people")] = self.world.directory / "other"
            faster.append(Person(*words))
            return code
        late = Person(*self.words("approve"), answer=answer)
        self.assertEqual(faster[0].status, DONE, faster[0].text)
        self.refused(late, "AP10", "request-closed", "have          approved")

    def test_number_of_another_desk(self):
        """The log's word on the next sequence number is taken, and the decision is sent again."""
        for who in ("usr_approver", "usr_second"):
            self.request()
            person = self.approve(who, "--json")
            self.assertEqual(person.status, DONE, person.text)
        shutil.rmtree(self.world.directory / "people")
        self.request()
        person = self.approve("usr_third", "--json")
        self.assertEqual(person.status, DONE, person.text)
        self.assertEqual(json.loads(person.out)["sequence_number"], 2)
        self.assertEqual([r["sequence_number"] for r in self.logged()], [0, 1, 2])

    def test_quorum_too_low(self):
        """A request that asks for fewer than the matrix does is not taken."""
        words = ["request", "--url", self.world.url, *self.signing(ENGINE, "people"), "--tenant",
                 "test", "--actor", "usr_requester", "--operation", "a", "--resource", "b",
                 "--risk", "low", "--matrix", "approvals@3", "--plain", "--arguments", __file__,
                 "--shown", __file__]
        person = Person(*words)
        self.refused(person, "AP5", "quorum-too-low", "1 with the role approver")
        self.assertEqual(Person(*words, "--role", "approver=1").status, DONE)

    def override(self, who, *more):
        return Person("override", "--url", self.world.url, *self.signing(), "--tenant", "test",
                      "--id-token-file", self.token_file(who, nonce="any"), "--kind",
                      "break-glass", "--reason", "outage", "--description", "Cut off.",
                      "--extent", "one contract", "--bypass-policy", "approvals@3", *more)

    def test_override_without_scope(self):
        """Only who has the scope goes around a control, for a while, with another as reviewer."""
        self.refused(self.override("usr_guest", "--reviewer", "usr_reviewer"), "O1",
                     "override-not-granted", "the scope override")
        self.refused(self.override("usr_oncall", "--reviewer", "usr_oncall"), "O2",
                     "review-unplanned", "/reviewer")
        self.refused(self.override("usr_oncall", "--reviewer", "usr_reviewer", "--expires-in",
                                   "172800"), "O2", "/expires_at_ms")

    def test_second_review(self):
        """An override is reviewed once, and an unjustified one names its incident."""
        index = self.find(self.logged_override())
        words = ["review", index, *self.trust(), *self.signing(), "--findings", "Nothing else.",
                 "--id-token-file", self.token_file("usr_reviewer", nonce="any"), "--verdict"]
        self.refused(Person(*words, "unjustified"), "O5", "incident-missing", "/references")
        self.assertEqual(Person(*words, "justified").status, DONE)
        self.refused(Person(*words, "justified"), "O5", "already-reviewed")

    def logged_override(self):
        person = self.override("usr_oncall", "--reviewer", "usr_reviewer")
        self.assertEqual(person.status, DONE, person.text)
        override, = self.logged("override")
        return {"record_id": bytes_of(override["record_id"])}


if __name__ == "__main__":
    unittest.main()
