#!/usr/bin/env python3
"""POST /v1/gate: who gets a grant, who waits for what, and that no approval allows two actions."""
import concurrent.futures
import json
import os
import time
import unittest

from support.daemon import APPROVER, Daemon, ISSUER, cbor, wait_until
from records import Records  # noqa: E402, found by support.daemon

ASKERS = 24


class GateTest(unittest.TestCase):
    def setUp(self):
        self.log = Daemon(profile="observe")
        self.addCleanup(self.log.close)
        self.engine = Records(ISSUER, tenant="acme")
        self.service = self.engine.beside(APPROVER)
        self.say(self.engine, "identity", principal={"kind": "human", "id": "usr_approver"},
                 roles=["approver"])
        self.say(self.engine, "identity", principal={"kind": "human", "id": "usr_requester"})
        self.say(self.engine, "policy-version")
        self.say(self.engine, "run-start")

    def say(self, records, type, **more):
        record = records.make(type, **more)
        reply = self.log.submit(self.log.sign(cbor.dumps(record), issuer=records.issuer,
                                              issued_at=records.sequence_number))
        self.assertEqual(201, reply.status, reply.body)
        return record

    def request(self):
        return self.say(self.engine, "approval-request", run_id=self.engine.run_id)

    def decide(self, **more):
        self.service.at_ms = self.engine.at_ms  # after what was asked
        return self.say(self.service, "approval", run_id=self.engine.run_id, **more)

    def question(self, **more):
        request = self.engine.made["approval-request"][1] if "approval-request" in \
            self.engine.made else {"action_digest": bytes(32)}
        return {"tenant": "acme", "run_id": self.engine.run_id, "node_id": "step-0",
                "action_digest": request["action_digest"], "granted_to": ISSUER, **more}

    def ask(self, **more):
        reply = self.log.ask("POST", "/v1/gate", cbor.dumps(self.question(**more)),
                             [("Content-Type", "application/cbor")])
        self.assertEqual(200, reply.status, reply.body)
        return reply.item

    def lacks(self, answer):
        return [lack["lack"] for lack in answer["lacks"]]

    def test_an_approved_action_gets_a_grant_that_is_in_the_log(self):
        self.request()
        self.assertEqual(["quorum"], self.lacks(self.ask())[:1])
        self.decide()
        answer = self.ask()
        self.assertEqual("allow", answer["outcome"])
        entry = self.log.ask("GET", "/v1/entries/%d" % answer["index"]).item
        self.assertEqual("gate-grant", entry["records"][0]["type"])
        self.assertIn(entry["records"][0]["record_id"], answer["grant"])
        self.assertGreater(len(answer["receipt"]), 100)

    def test_an_approval_allows_one_action(self):
        self.request()
        self.decide()
        self.assertEqual("allow", self.ask()["outcome"])
        again = self.ask()
        self.assertEqual(("wait", ["used"]), (again["outcome"], self.lacks(again)))

    def test_asking_again_with_the_same_nonce_gives_the_same_grant(self):
        self.request()
        self.decide()
        nonce = os.urandom(16)
        first, again = self.ask(nonce=nonce), self.ask(nonce=nonce)
        self.assertEqual("allow", again["outcome"])
        self.assertEqual(first["grant"], again["grant"])
        self.assertEqual(first["index"], again["index"])

    def test_a_nonce_serves_one_question(self):
        nonce = os.urandom(16)
        for _ in range(2):
            self.request()
            self.decide()
        self.assertEqual("allow", self.ask(nonce=nonce)["outcome"])
        reply = self.log.ask("POST", "/v1/gate",
                             cbor.dumps(self.question(nonce=nonce, granted_to=APPROVER)),
                             [("Content-Type", "application/cbor")])
        self.assertEqual((409, "/nonce"), (reply.status, reply.problem["path"]), reply.body)
        self.assertEqual("allow", self.ask(granted_to=APPROVER)["outcome"])

    def test_of_many_askers_one_gets_the_grant(self):
        self.request()
        self.decide()
        with concurrent.futures.ThreadPoolExecutor(ASKERS) as pool:
            answers = list(pool.map(lambda _: self.ask(), range(ASKERS)))
        self.assertEqual(1, sum(answer["outcome"] == "allow" for answer in answers))

    def test_who_waits_is_answered_when_the_approval_comes(self):
        self.request()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.ask, wait_s=60)
            self.say(self.engine, "test-result")  # something else: nobody is answered by it
            self.decide()
            self.assertEqual("allow", waiting.result()["outcome"])

    def test_of_many_who_wait_one_gets_the_grant(self):
        self.request()
        with concurrent.futures.ThreadPoolExecutor(ASKERS) as pool:
            waiting = [pool.submit(self.ask, wait_s=3) for _ in range(ASKERS)]
            self.decide()
            outcomes = [one.result()["outcome"] for one in waiting]
        self.assertEqual(1, outcomes.count("allow"))

    def test_a_wait_ends_with_what_is_missing(self):
        self.request()
        begin = time.monotonic()
        self.assertEqual("wait", self.ask(wait_s=1)["outcome"])
        self.assertGreaterEqual(time.monotonic() - begin, 1)

    def test_a_rejection_denies_at_once(self):
        self.request()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.ask, wait_s=60)
            self.decide(outcome="reject", reason={"code": "not-now", "description": "later"})
            answer = waiting.result()
        self.assertEqual(("deny", ["rejected"]), (answer["outcome"], self.lacks(answer)))

    def test_stopping_answers_who_waits(self):
        self.request()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.ask, wait_s=300)
            wait_until(lambda: self.log.metric("vouch_http_in_flight") > 1, "a waiting question")
            self.assertEqual(0, self.log.terminate())
            self.assertEqual("wait", waiting.result()["outcome"])

    def test_a_question_that_is_not_exact_is_refused(self):
        for name, value in (("tenant", 1), ("run_id", b"x"), ("action_digest", None),
                            ("wait_s", 301), ("colour", "red"), ("nonce", b"short")):
            with self.subTest(name):
                question = {**self.question(), name: value}
                question = {key: value for key, value in question.items() if value is not None}
                reply = self.log.ask("POST", "/v1/gate", cbor.dumps(question),
                                     [("Content-Type", "application/cbor")])
                self.assertEqual(400, reply.status)

    def test_json_asks_too(self):
        body = json.dumps({"tenant": "acme", "run_id": "AZpAAAAAAAAAAAAAAAAAAQ",
                           "node_id": "sign", "granted_to": ISSUER,
                           "action_digest": "A" * 43}).encode()
        reply = self.log.ask("POST", "/v1/gate", body, [("Content-Type", "application/json"),
                                                        ("Accept", "application/json")])
        self.assertEqual({"size", "lacks", "outcome"}, set(json.loads(reply.body)))


if __name__ == "__main__":
    unittest.main()
