#!/usr/bin/env python3
"""What may be used once is used once, however many try at the same moment: races on a strict log.

After each race the log's own rules, asked again by vouch audit --replay, find the same.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import time
import unittest
import uuid

from support.daemon import APPROVER, Daemon, ISSUER, PATIENCE, cbor
from support.wire import race
from records import Records

VOUCH = os.environ["VOUCH"]
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "docs/examples/run-document.json"
RACERS = 32
COSE = [("Content-Type", "application/cose")]
CBOR = [("Content-Type", "application/cbor")]
MATRIX = {"id": "approvals", "version": "3"}


class OnceTest(unittest.TestCase):
    """A log that knows an approver, an approval matrix and a run."""

    def setUp(self):
        self.log = Daemon(http_threads=4, run_documents=True)
        self.addCleanup(self.log.close)
        self.now_ms = int(time.time() * 1000)
        self.engine = Records(ISSUER, tenant="acme", at_ms=self.now_ms)
        content = {"algorithm": "sha-256", "digest": hashlib.sha256(b"the matrix").digest()}
        for who in ("usr_approver", "usr_requester"):
            self.say(self.engine, "identity", principal={"kind": "human", "id": who},
                     actor={"kind": "service", "id": "svc_directory"},
                     **({"roles": ["approver"]} if who == "usr_approver" else {}))
        self.say(self.engine, "test-result",
                 subject={"kind": "policy-version", "object": {**MATRIX, "content": content}})
        self.say(self.engine, "policy-version", policy=MATRIX, executable_form=content)
        self.say(self.engine, "run-start")

    def tearDown(self):
        """An auditor who trusts nobody decides as the log did."""
        run = subprocess.run([VOUCH, "audit", "http://127.0.0.1:%d" % self.log.port, "--vkey",
                              self.log.log / "keys/checkpoint.vkey", "--replay", "--json"],
                             capture_output=True, timeout=PATIENCE)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertGreater(json.loads(run.stdout)["replay"]["records"], 5)

    # What is sent.

    def entry(self, records, type="test-result", **more):
        """-> the request that submits the next record of a source."""
        if type == "approval-request":
            more["approval_matrix"] = MATRIX
        record = records.make(type, **more)
        message = self.log.sign(cbor.dumps(record), issuer=records.issuer,
                                issued_at=self.now_ms // 1000)
        return "POST", "/entries", message, COSE

    def say(self, records, type, **more):
        reply = self.log.ask(*self.entry(records, type, **more))
        self.assertEqual(201, reply.status, reply.body)
        return records.made[type][1]

    def racer(self, number, issuer=APPROVER, stream=None):
        """The records of one of many who try; each has a stream of its own unless told otherwise."""
        records = Records(issuer, tenant="acme", seed=number, at_ms=self.now_ms + 1000,
                          stream=stream or "racer-%d" % number)
        records.run_id, records.run_at_ms = self.engine.run_id, self.engine.run_at_ms
        records.made = dict(self.engine.made)
        return records

    def racers(self):
        """Half of them of one issuer."""
        return [self.racer(number, (ISSUER, APPROVER)[number % 2]) for number in range(RACERS)]

    def approve(self):
        """One approval of one request: what follows may use it once."""
        self.say(self.engine, "approval-request", run_id=self.engine.run_id)
        decider = self.racer(1)
        self.say(decider, "approval", run_id=self.engine.run_id)

    def question(self, **more):
        _, request = self.engine.made["approval-request"]
        body = {"tenant": "acme", "run_id": self.engine.run_id, "node_id": "step-0",
                "action_digest": request["action_digest"], "granted_to": ISSUER, **more}
        return "POST", "/v1/gate", cbor.dumps(body), CBOR

    # What comes back.

    def race(self, requests):
        return race(self.log.port, requests)

    def one_wins(self, requests, code):
        """Exactly one is admitted; each other is refused for this reason."""
        replies = self.race(requests)
        statuses = sorted(reply.status for reply in replies)
        self.assertEqual([201] + [422] * (len(requests) - 1), statuses, replies)
        self.assertEqual({code}, {reply.problem["code"] for reply in replies
                                  if reply.status == 422})

    def outcomes(self, requests):
        """-> the answers of the gate that allow, and the first lack of each other one."""
        replies = self.race(requests)
        self.assertEqual({200}, {reply.status for reply in replies}, replies)
        items = [reply.item for reply in replies]
        return ([item for item in items if item["outcome"] == "allow"],
                [item["lacks"][0]["lack"] for item in items if item["outcome"] != "allow"])

    # Records.

    def test_sequence_number(self):
        """Of many records with one number in one stream of one issuer the log takes one."""
        for number in range(3):
            requests = []
            for seed in range(RACERS):
                records = self.racer(seed + number * RACERS, stream="shared")
                records.sequence_number = number
                requests.append(self.entry(records))
            self.one_wins(requests, "seq-reuse")

    def test_record_id(self):
        """Of many records with one id, from whatever issuer and stream, the log takes one."""
        self.one_wins([self.entry(records, record_id=uuid.uuid5(uuid.NAMESPACE_DNS, "x").bytes)
                       for records in self.racers()], "id-conflict")

    def test_idempotency_key(self):
        """Of many records that an issuer sends with one idempotency key the log takes one."""
        self.one_wins([self.entry(self.racer(number), idempotency_key="once")
                       for number in range(RACERS)], "idem-conflict")

    def test_statement(self):
        """A statement that many send, each with a signature of its own, has one index."""
        payload = cbor.dumps(self.racer(1).make())
        size = self.log.size()
        requests = [("POST", "/entries", self.log.sign(payload, issuer=APPROVER), COSE)
                    for _ in range(RACERS)]
        self.assertEqual(RACERS, len({request[2] for request in requests}))
        replies = self.race(requests)
        self.assertEqual({201}, {reply.status for reply in replies})
        self.assertEqual(1, len({reply.headers["location"] for reply in replies}))
        self.assertEqual(size + 2, self.log.size())  # the entry and its seal

    def test_run_document(self):
        """Of many documents about one run the log writes one."""
        document = json.loads(EXAMPLE.read_text())
        document["run_id"] = str(uuid.uuid4())
        body = json.dumps(document).encode()
        replies = self.race([("POST", "/v1/runs", body, [("Content-Type", "application/json")])
                             for _ in range(RACERS)])
        self.assertEqual([200] + [422] * (RACERS - 1), sorted(reply.status for reply in replies))
        self.assertEqual({"seq-reuse"}, {reply.problem["code"] for reply in replies
                                         if reply.status == 422})

    # Approvals.

    def test_nonce_of_requests(self):
        """Of many requests with one nonce the log takes one."""
        self.one_wins([self.entry(records, "approval-request", run_id=self.engine.run_id,
                                  nonce=b"sixteen bytes it")
                       for records in self.racers()], "nonce-reuse")

    def test_token(self):
        """Of many approvals, each of its own request, that name one ID token the log takes one."""
        at_s = self.now_ms // 1000 + 1
        token = {"jti_hash": hashlib.sha256(b"the token").digest(), "iat": at_s,
                 "exp": at_s + 600}
        approvals = []
        for number in range(RACERS):
            self.say(self.engine, "approval-request", run_id=self.engine.run_id)
            approvals.append(self.entry(self.racer(number), "approval",
                                        run_id=self.engine.run_id, token=token))
        self.one_wins(approvals, "token-reused")

    def test_vote(self):
        """Whoever approves a request many times at once has one vote."""
        self.say(self.engine, "approval-request", run_id=self.engine.run_id, quorum=2,
                 role_quorum={"approver": 2})
        self.one_wins([self.entry(self.racer(number), "approval", run_id=self.engine.run_id)
                       for number in range(RACERS)], "duplicate-vote")

    # The gate.

    def test_approval_at_two_gates(self):
        """Two programs that ask for their own principals, many times at once, get one grant."""
        self.approve()
        grants, lacks = self.outcomes([self.question(granted_to=(ISSUER, APPROVER)[i % 2])
                                       for i in range(RACERS)])
        self.assertEqual((1, {"used"}), (len(grants), set(lacks)))

    def test_approval_at_gates_of_two_nodes(self):
        """An approval for a node is nothing at the gate of another node, whoever asks first."""
        self.approve()
        grants, lacks = self.outcomes([self.question(node_id="step-%d" % (i % 2))
                                       for i in range(RACERS)])
        self.assertEqual(1, len(grants))
        self.assertEqual(RACERS // 2, lacks.count("no-request"))
        self.assertEqual(RACERS // 2 - 1, lacks.count("used"))
        entry = self.log.ask("GET", "/v1/entries/%d" % grants[0]["index"]).item
        self.assertEqual("step-0", entry["records"][0]["node_id"])

    def test_repeated_question(self):
        """A question asked many times at once with one nonce has one grant, and all get it."""
        self.approve()
        grants, lacks = self.outcomes([self.question(nonce=b"sixteen bytes it")] * RACERS)
        self.assertEqual((RACERS, []), (len(grants), lacks))
        self.assertEqual(1, len({(grant["index"], grant["grant"]) for grant in grants}))

    def test_nonce_of_questions(self):
        """One nonce serves one question: two that are both approved do not share it."""
        self.approve()
        self.say(self.engine, "approval-request", run_id=self.engine.run_id)
        self.say(self.racer(3), "approval", run_id=self.engine.run_id)
        replies = self.race([self.question(nonce=b"sixteen bytes it",
                                           granted_to=(ISSUER, APPROVER)[i % 2])
                             for i in range(RACERS)])
        self.assertEqual([200, 409], sorted({reply.status for reply in replies}), replies)


if __name__ == "__main__":
    unittest.main()
