"""People at terminals who decide on requests: what they see, what they must type, what is logged."""
import base64
import hashlib
import json
import pathlib
import time
import unittest

from person import Person, Provider, sign_in_nonce
from world import (APPROVALS, DONE, ENGINE, FAILED, NOT_AVAILABLE, REFUSED, USAGE, WorldTest)

APPROVER = "usr_approver"


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class PeopleTest(WorldTest):
    """A log that trusts one identity provider, and one request in it."""

    def setUp(self):
        super().setUp()
        world = self.world
        self.provider = Provider(world.directory)
        world.configure(identity_providers=[self.provider.config()])
        self.submit("policy-version", issuer=ENGINE)
        self.submit("run-start", issuer=ENGINE)

    def submit(self, type, issuer=ENGINE, **more):
        """Submits the next record; -> it, and the index of its entry."""
        record = self.source(issuer).make(type, **more)
        file = self.world.directory / (type + ".json")
        file.write_text(json.dumps(self.to_json(record)))
        self.world.submit(file, issuer=issuer, receipts="receipts-" + issuer)
        return record, self.find(record)

    def find(self, record):
        """The index of the entry that holds a record."""
        return next(i for i in range(self.world.size() - 1, -1, -1)
                    if bytes(record["record_id"]) in self.world.entries()[i])

    def to_json(self, record):
        from check_examples import to_json
        return to_json(record)

    def request(self, **more):
        self.asked, self.index = self.submit("approval-request", **more)
        return self.index

    def token_file(self, who=APPROVER, request=None, **claims):
        request = request or self.asked
        nonce = sign_in_nonce(bytes(request["action_digest"]), bytes(request["nonce"]))
        file = self.world.directory / "token"
        file.write_text(self.provider.token(who, nonce, **claims) + "\n")
        return file

    def trust(self):
        return ["--url", self.world.url, "--vkey", self.world.vkey]

    def words(self, command, *more, token=None, reason="sample", index=None, receipts="people"):
        key = self.world.directory / (APPROVALS + ".pem")
        return [command, self.index if index is None else index, *self.trust(),
                "--key", key, "--issuer", APPROVALS,
                "--receipts", self.world.directory / receipts,
                "--id-token-file", token or self.token_file(), "--reason", reason, *more]

    def logged(self):
        """The records of type approval in the log, as JSON."""
        found = []
        for index in range(self.world.size()):
            shown = json.loads(self.world.vouch("get", index, "--url", self.world.url, "--json"))
            found += [r for r in shown["records"] if r["type"] == "approval"]
        return found


class Approve(PeopleTest):
    def test_approving(self):
        """Who types the code approves: the record says what was shown, and the receipt is kept."""
        self.request()
        person = Person(*self.words("approve", "--json", "--role", "approver"))
        self.assertEqual(person.status, DONE, person.text)
        answer = json.loads(person.out)
        approval, = self.logged()
        self.assertEqual(approval["outcome"], "approve")
        self.assertEqual(bytes_of(approval["action_digest"]), bytes(self.asked["action_digest"]))
        self.assertEqual(bytes_of(approval["nonce"]), bytes(self.asked["nonce"]))
        self.assertEqual(approval["actor"]["id"], APPROVER)
        self.assertEqual(approval["actor"]["role"], "approver")
        self.assertEqual(approval["actor"]["authentication"]["amr"], ["pwd", "otp"])
        self.assertEqual(approval["approval_request"]["iss"], ENGINE)
        self.assertEqual(approval["approval_request"]["index"], self.index)
        self.assertNotIn("shown", approval)  # nobody compared it
        statement = pathlib.Path(answer["statement"])
        self.world.vouch("verify", statement, answer["receipt"], "--keys",
                         statement.parent / "scitt-keys", "--issuer-key",
                         self.world.directory / (APPROVALS + ".pub.pem"), status=10)

    def test_what_is_shown(self):
        """The card has everything the approval is bound to, and the end of its proof."""
        self.request()
        person = Person(*self.words("approve", "--issuer-key",
                                    self.world.directory / (ENGINE + ".pub.pem")))
        for text in ("usr_requester", "svc_sample for usr_requester", ENGINE, "step-0", "release",
                     "sample", "low", "0 of 1", "approver: 0 of 1",
                     bytes(self.asked["action_digest"]).hex()[:60],
                     "of e2e.example/log, signed by the log", "verified with the key given"):
            self.assertIn(text, person.text)


if __name__ == "__main__":
    unittest.main()
