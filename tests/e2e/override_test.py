"""People who go around a control, and others who look at it afterwards."""
import json
import unittest

from person import PeopleTest, Person
from world import APPROVALS, DONE, ENGINE, FAILED, USAGE

RUN = "0192f000-0000-7000-8000-0000000000aa"


class Override(PeopleTest):
    def override_words(self, *more, who="usr_oncall"):
        return ["override", "--url", self.world.url, *self.signing(), "--tenant", "test",
                "--id-token-file", self.token_file(who, nonce="any"), "--kind", "break-glass",
                "--reason", "outage", "--description", "The approvers are cut off.",
                "--extent", "one contract", "--reviewer", "usr_reviewer", *more]

    def override(self, *more, **who):
        """Goes around a policy; -> the index of its entry."""
        person = Person(*self.override_words("--bypass-policy", "approvals@3", "--json", *more,
                                             **who))
        self.assertEqual(person.status, DONE, person.text)
        return json.loads(person.out)["index"]

    def review_words(self, index, *more, who="usr_reviewer", verdict="justified"):
        return ["review", index, *self.trust(), *self.signing(),
                "--id-token-file", self.token_file(who, nonce="any"), "--verdict", verdict,
                "--findings", "Nobody could be reached.", *more]

    def test_override(self):
        """What is shown is what is logged: who, around what, why, until when, who looks at it."""
        self.request()
        person = Person(*self.override_words(
            "--run", RUN, "--node", "sign", "--workflow", "contract-review@14", "--environment",
            "production", "--bypass-policy", "approvals@3", "--bypass-node", "sign",
            "--bypass-request", self.index, "--vkey", self.world.vkey, "--role", "on-call",
            "--second-id-token-file", self.token_file("usr_second", nonce="any")))
        self.assertEqual(person.status, DONE, person.text)
        for text in ("break-glass", "usr_oncall as on-call, signed in at https://login.acme",
                     "usr_second", RUN, "sign", "approvals version 3", "in entry %d" % self.index,
                     "outage", "The approvers are cut off.", "one contract", "usr_reviewer"):
            self.assertIn(text, person.text)
        override, = self.logged("override")
        self.assertEqual(override["actor"]["authentication"]["amr"], ["pwd", "otp"])
        self.assertEqual(override["second_actor"]["id"], "usr_second")
        self.assertEqual(override["subject"]["node_id"], "sign")
        self.assertEqual([list(item) for item in override["bypassed"]],
                         [["policy"], ["approval_request"], ["node_id"]])
        self.assertEqual(override["bypassed"][1]["approval_request"]["iss"], ENGINE)
        self.assertEqual(override["expires_at_ms"] - override["occurred_at_ms"], 3600000)
        self.assertEqual(override["review_due_at_ms"] - override["occurred_at_ms"], 86400000)

    def test_other_answers(self):
        """Without the code there is no override."""
        person = Person(*self.override_words("--bypass-policy", "approvals@3"),
                        answer=lambda *_: "yes")
        self.assertEqual(person.status, FAILED)
        self.assertIn("nothing was decided, nothing sent", person.text)
        self.assertEqual(self.logged("override"), [])

    def test_mistakes(self):
        """What the schema does not take is told before anybody is asked."""
        for more, text in (
                (["--environment", "moon", "--bypass-policy", "a@1"], "/environment"),
                (["--bypass-policy", "a"], "--bypass-policy a: ID@VERSION"),
                (["--bypass-policy", "a@1", "--review-in", "0"], "--review-in"),
                ([], "bypassed")):
            person = Person(*self.override_words(*more))
            self.assertEqual(person.status, FAILED, person.text)
            self.assertIsNone(person.asked)
            self.assertIn(text, person.text)
        self.world.vouch(*self.override_words("--bypass-request", "0"), status=USAGE)
        self.assertEqual(self.logged("override"), [])

    def test_scripts(self):
        """--yes asks nothing; a file gives what options do not."""
        file = self.world.directory / "override.json"
        file.write_text(json.dumps({"bypassed": [{"node_id": "n"}], "labels": {"ticket": "T-1"}}))
        self.world.vouch(*self.override_words(file, "--yes"))
        override, = self.logged("override")
        self.assertEqual(override["labels"], {"ticket": "T-1"})
        self.assertEqual(override["subject"], {"kind": "action"})

    def test_review(self):
        """Somebody else sees the override, types its code, and judges it."""
        index = self.override()
        self.assertIn("The approvers are cut off.",
                      self.world.vouch("review", index, *self.trust(), "--show"))
        person = Person(*self.review_words(index, "--issuer-key",
                                           self.world.directory / (APPROVALS + ".pub.pem")))
        self.assertEqual(person.status, DONE, person.text)
        self.assertIn("Review it as justified?", person.text)
        for text in ("The approvers are cut off.", "usr_oncall", "verified with the key given"):
            self.assertIn(text, person.text)
        review, = self.logged("override-review")
        self.assertEqual(review["verdict"], "justified")
        self.assertEqual(review["review_findings"], "Nobody could be reached.")
        self.assertEqual(review["override"]["index"], index)
        self.assertEqual(review["actor"]["id"], "usr_reviewer")

    def test_review_by_who_overrode(self):
        """Nobody reviews what they overrode, alone or as the second person."""
        index = self.override("--second-id-token-file",
                              self.token_file("usr_second", nonce="any"))
        for who in ("usr_oncall", "usr_second"):
            person = Person(*self.review_words(index, who=who))
            self.assertEqual(person.status, FAILED, person.text)
            self.assertIsNone(person.asked)
            self.assertIn(who + " overrode this", person.text)

    def test_review_with_actions_and_incident(self):
        """An override that was not justified names its incident and what is done about it."""
        index = self.override()
        incident_index = self.submit(self.make("incident"))
        actions = self.world.directory / "actions.json"
        actions.write_text('[{"id": "act-1", "owner": "usr_owner", "kind": "rotate-key"}]')
        person = Person(*self.review_words(index, "--actions", actions, "--incident",
                                           incident_index, verdict="unjustified"))
        self.assertEqual(person.status, DONE, person.text)
        review, = self.logged("override-review")
        self.assertEqual(review["corrective_actions"][0]["id"], "act-1")
        self.assertEqual(review["references"][0]["index"], incident_index)
        wrong = Person(*self.review_words(index, "--incident", index, verdict="unjustified"))
        self.assertIn("has no incident", wrong.text)

    def test_review_in_scripts(self):
        """--yes needs the digest of the one override that is judged."""
        index = self.override()
        shown = json.loads(self.world.vouch("review", index, *self.trust(), "--show", "--json"))
        self.world.vouch(*self.review_words(index, "--yes"), status=USAGE)
        self.world.vouch(*self.review_words(index, "--yes", "--override-digest", "0" * 64),
                         status=FAILED)
        self.assertEqual(self.logged("override-review"), [])
        self.world.vouch(*self.review_words(index, "--yes", "--override-digest",
                                            shown["override_digest"]))
        self.assertEqual(len(self.logged("override-review")), 1)


if __name__ == "__main__":
    unittest.main()
