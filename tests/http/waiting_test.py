#!/usr/bin/env python3
"""Answers that wait for witnesses: wait=witnessed on every route that has it."""
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time
import unittest

os.environ["no_proxy"] = "*"

from support.daemon import APPROVER, ISSUER, cbor, wait_until  # noqa: E402
from support.witnessed import World  # noqa: E402
from records import Records  # noqa: E402, found by support.daemon, like the next
from witness import Note  # noqa: E402

VOUCH = os.environ["VOUCH"]
RUN = pathlib.Path(__file__).resolve().parents[2] / "docs/examples/run-document.json"
COSE = [("Content-Type", "application/cose")]
CBOR = [("Content-Type", "application/cbor")]
SEQUENCE = [("Content-Type", "application/cbor-seq")]
JSON = [("Content-Type", "application/json")]


def size_of(receipt):
    """The tree size that a receipt is of."""
    return cbor.loads(cbor.loads(receipt).value[1][396][-1][0])[0]


class Waiting(World):
    def without_quorum(self, **config):
        """A log that one of its three witnesses cosigns."""
        log = self.log(start=False, **config)
        for witness in self.witnesses[:2]:
            witness.close()
        log.start()
        return log

    def again(self):
        """A second witness is there again."""
        self.witnesses[0].open(self.witnesses[0].port)

    def assert_not_witnessed(self, reply, index):
        self.assertEqual((503, "not-witnessed"), (reply.status, reply.problem["code"]), reply.body)
        self.assertIn("at index %d" % index, reply.problem["detail"])
        self.assertIn("retry-after", reply.headers)


class EntriesTest(Waiting):
    """Who asks to is answered when the entry is witnessed, or told that it is not."""

    def test_an_index_waits_for_the_quorum(self):
        log = self.log()
        reply = log.ask("POST", "/add?wait=witnessed", b"one")
        self.assertEqual((200, b"0"), (reply.status, reply.body))
        self.assertGreaterEqual(self.witnessed(log).size, 1)

    def test_a_receipt_is_of_the_witnessed_head(self):
        log = self.log(opaque=False)
        reply = log.ask("POST", "/entries?wait=witnessed", log.sign(), COSE)
        self.assertEqual(201, reply.status, reply.body)
        witnessed = self.witnessed(log)
        again = log.ask("GET", reply.headers["location"] + "?wait=witnessed&wait_s=5")
        self.assertEqual(200, again.status)
        for receipt in (reply, again):
            self.assertEqual(witnessed.size, size_of(receipt.body))

    def test_a_transparent_statement_has_a_receipt_of_the_witnessed_head(self):
        log = self.without_quorum(opaque=False)
        location = log.submit(log.sign()).headers["location"] + "/statement"
        index = self.newest(log).size - 2
        self.assert_not_witnessed(log.ask("GET", location + "?receipt&wait=witnessed&wait_s=1"),
                                  index)
        self.again()
        reply = log.ask("GET", location + "?receipt&wait=witnessed&wait_s=60")
        self.assertEqual(200, reply.status, reply.body)
        _, unprotected, _, _ = cbor.loads(reply.body).value
        self.assertEqual(self.witnessed(log).size, size_of(unprotected[394][0]))
        for query in ("wait=witnessed", "receipt=1", "recipt", "receipt&receipt"):
            self.assertEqual(400, log.ask("GET", location + "?" + query).status, query)

    def test_a_tlog_proof_has_the_cosignatures(self):
        log = self.log()
        index = self.add(log, "one")
        reply = log.ask("GET", "/v1/proof/inclusion/%d/witnessed?wait=witnessed" % index,
                        headers=[("Accept", "text/x.tlog.proof")])
        self.assertEqual(200, reply.status, reply.body)
        self.assertEqual("no-store", reply.headers["cache-control"])
        note = Note(reply.body.decode().split("\n\n", 1)[1])
        self.assertGreaterEqual(len(note.cosigners(self.witnesses)), 2)
        proof, entry = log.directory / "x.tlog-proof", log.directory / "entry"
        proof.write_bytes(reply.body)
        entry.write_bytes(b"one")
        run = subprocess.run([VOUCH, "verify", proof, "--entry", entry, "--policy",
                              log.log / "policy"], capture_output=True, text=True)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)

    def test_without_the_quorum_the_entry_stays_logged(self):
        log = self.without_quorum()
        self.assert_not_witnessed(log.ask("POST", "/add?wait=witnessed&wait_s=1", b"one"), 0)
        self.assertEqual(1, self.newest(log).size)
        self.assert_not_witnessed(log.ask("GET", "/v1/proof/inclusion/0/witnessed"), 0)
        self.again()
        reply = log.ask("POST", "/add?wait=witnessed&wait_s=60", b"one")  # the same place
        self.assertEqual((200, b"0"), (reply.status, reply.body))

    def test_who_waits_is_answered_when_the_log_stops(self):
        log = self.log(start=False)
        for witness in self.witnesses:
            witness.close()
        log.start()
        with log.connect() as wire:
            wire.send_request("POST", "/add?wait=witnessed&wait_s=60", b"one")
            wait_until(lambda: self.newest(log).size == 1, "committed")
            log.process.send_signal(signal.SIGTERM)
            self.assertEqual(503, wire.receive().status)
        self.assertEqual(0, log.process.wait(60))

    def test_many_wait_and_go_away(self):
        log = self.log()
        wires = [log.connect() for _ in range(200)]
        for number, wire in enumerate(wires):
            wire.send_request("POST", "/add?wait=witnessed", b"entry %d" % number)
        for wire in wires[::2]:
            wire.reset()
        for wire in wires[1::2]:
            self.assertEqual(200, wire.receive().status)
            wire.close()
        self.assertEqual(200, log.ask("GET", "/readyz").status)

    def test_who_goes_away_keeps_no_slot(self):
        log = self.without_quorum()
        wires = [log.connect() for _ in range(8)]
        for wire in wires:
            wire.send_request("POST", "/add?wait=witnessed&wait_s=60", b"one")
        wait_until(lambda: log.metric("vouch_http_in_flight") == 9, "all wait")
        began = time.monotonic()
        for wire in wires[:4]:
            wire.close()
        for wire in wires[4:]:
            wire.reset()
        wait_until(lambda: log.metric("vouch_http_in_flight") == 1, "nobody waits")
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(1, self.newest(log).size)

    def test_who_sends_no_more_is_answered_at_once(self):
        log = self.without_quorum()
        with log.connect() as wire:
            wire.send_request("POST", "/add?wait=witnessed&wait_s=60", b"one")
            wait_until(lambda: self.newest(log).size == 1, "committed")
            began = time.monotonic()
            wire.socket.shutdown(socket.SHUT_WR)
            self.assert_not_witnessed(wire.receive(), 0)
            self.assertLess(time.monotonic() - began, 30)

    def test_who_sends_the_next_request_goes_on_waiting(self):
        log = self.without_quorum()
        with log.connect() as wire:
            wire.send_request("POST", "/add?wait=witnessed&wait_s=60", b"one")
            wire.send_request("GET", "/v1/checkpoint/latest")
            wait_until(lambda: self.newest(log).size == 1, "committed")
            self.again()
            self.assertEqual(b"0", wire.receive().body)
            self.assertEqual(200, wire.receive().status)

    def test_what_cannot_be_waited_for(self):
        log = self.log(quorum=None)
        for query in ("wait=witnessed", "wait=published", "wait_s=0&wait=witnessed",
                      "wait_s=61&wait=witnessed", "vait=witnessed"):
            reply = log.ask("POST", "/add?" + query, b"one")
            self.assertEqual((400, "bad-parameter"), (reply.status, reply.problem["code"]), query)
        self.assertEqual(0, self.newest(log).size)
        self.assertEqual(400, log.ask("GET", "/v1/proof/inclusion/0/witnessed").status)

    def test_a_proof_of_a_given_size_waits_for_nobody(self):
        log = self.log()
        self.add(log, "one")
        reply = log.ask("GET", "/v1/proof/inclusion/0/1?wait=witnessed")
        self.assertEqual((400, "bad-parameter"), (reply.status, reply.problem["code"]))


class BatchTest(Waiting):
    """POST /v1/batch: the last entry of the batch decides."""

    def post(self, log, body, query="?wait=witnessed"):
        return log.ask("POST", "/v1/batch" + query, body, SEQUENCE)

    def test_the_whole_batch_is_witnessed(self):
        log = self.log(opaque=False)
        body = b"".join(log.sign(issued_at=number) for number in (1, 2, 3))
        reply = self.post(log, body)
        self.assertEqual(200, reply.status, reply.body)
        self.assertEqual(["added"] * 3, [result["outcome"] for result in reply.item])
        last = max(result["index"] for result in reply.item)
        self.assertGreater(self.witnessed(log).size, last)
        receipt = log.ask("GET", "/entries/%s?wait=witnessed" % reply.item[0]["entry_id"])
        self.assertGreater(size_of(receipt.body), last)

    def test_json_results_wait_too(self):
        log = self.log(opaque=False)
        reply = log.ask("POST", "/v1/batch?wait=witnessed", log.sign() + b"\x01",
                        [*SEQUENCE, ("Accept", "application/json")])
        self.assertEqual(["added", "refused"],
                         [result["outcome"] for result in json.loads(reply.body)])

    def test_without_the_quorum_the_same_batch_has_the_same_places(self):
        log = self.without_quorum(opaque=False)
        body = log.sign(issued_at=1) + b"\x01" + log.sign(issued_at=2)
        plain = self.post(log, body, "").item
        self.assert_not_witnessed(self.post(log, body, "?wait=witnessed&wait_s=1"),
                                  plain[2]["index"])
        self.again()
        reply = self.post(log, body, "?wait=witnessed&wait_s=60")
        self.assertEqual(200, reply.status, reply.body)
        self.assertEqual(["duplicate", "refused", "duplicate"],
                         [result["outcome"] for result in reply.item])
        for index in (0, 2):
            self.assertEqual(plain[index]["entry_id"], reply.item[index]["entry_id"])
        self.assertEqual("statement", reply.item[1]["problem"]["urn:uuid:4d0b1f6e-6a53-4c3e-9d5b-7a1c8e2f9036"]["code"])

    def test_what_is_refused_needs_no_witness(self):
        log = self.without_quorum(opaque=False)
        reply = self.post(log, b"\x01\x02", "?wait=witnessed&wait_s=60")
        self.assertEqual(["refused"] * 2, [result["outcome"] for result in reply.item])
        refused = log.sign(cbor.dumps({"type": "run-start"}))
        reply = self.post(log, refused, "?wait=witnessed&wait_s=60")
        self.assertEqual(["refused"], [result["outcome"] for result in reply.item])

    def test_answers_that_wait_have_bounded_memory(self):
        log = self.without_quorum(opaque=False, http_threads=1)
        body = log.sign(issued_at=1) + b"\x01" * 1023
        index = self.post(log, body, "").item[0]["index"]
        wires = [log.connect() for _ in range(300)]
        for wire in wires:
            wire.send_request("POST", "/v1/batch?wait=witnessed&wait_s=60", body, SEQUENCE)
        answered, _, _ = select.select([wire.socket for wire in wires], [], [], 30)
        self.assertTrue(answered, "all of them wait")
        for wire in wires:
            if wire.socket in answered:
                self.assert_not_witnessed(wire.receive(), index)
        self.assertGreater(log.metric("vouch_http_in_flight"), 32)
        for wire in wires:
            wire.close()
        wait_until(lambda: log.metric("vouch_http_in_flight") == 1, "nobody waits")
        self.again()
        reply = self.post(log, body, "?wait=witnessed&wait_s=60")  # there is room again
        self.assertEqual(200, reply.status, reply.body)

    def test_who_goes_away_disturbs_nobody(self):
        log = self.without_quorum(opaque=False)
        wires = [log.connect() for _ in range(32)]
        for number, wire in enumerate(wires):
            wire.send_request("POST", "/v1/batch?wait=witnessed&wait_s=60",
                              log.sign(issued_at=number + 1), SEQUENCE)
        wait_until(lambda: self.newest(log).size > 32, "committed")
        for wire in wires[::2]:
            wire.reset()
        self.again()
        for wire in wires[1::2]:
            self.assertEqual(200, wire.receive().status)
            wire.close()
        wait_until(lambda: log.metric("vouch_http_in_flight") == 1, "nothing is left")

    def test_what_cannot_be_waited_for(self):
        log = self.log(opaque=False, quorum=None)
        for path, headers in (("batch", SEQUENCE), ("gate", CBOR)):
            for query in ("wait=witnessed", "wait=published", "vait=witnessed"):
                reply = log.ask("POST", "/v1/%s?%s" % (path, query), log.sign(), headers)
                self.assertEqual((400, "bad-parameter"), (reply.status, reply.problem["code"]))


class RunsTest(Waiting):
    """POST /v1/runs: the reply has keys that are nowhere else, so it comes in any case."""

    def post(self, log, wait_s, **changes):
        document = {**json.loads(RUN.read_text()), **changes}
        return log.ask("POST", "/v1/runs?wait=witnessed&wait_s=%d" % wait_s,
                       json.dumps(document).encode(), JSON)

    def test_receipts_are_of_the_witnessed_head(self):
        log = self.log(opaque=False, run_documents=True)
        reply = self.post(log, 10)
        self.assertEqual(200, reply.status, reply.body)
        size = self.witnessed(log).size
        self.assertEqual([size], [size_of(entry["receipt"]) for entry in reply.item["entries"]])

    def test_without_the_quorum_the_keys_come_back_all_the_same(self):
        log = self.without_quorum(opaque=False, run_documents=True)
        reply = self.post(log, 1)
        self.assertEqual(202, reply.status, reply.body)
        (entry,) = reply.item["entries"]
        self.assertEqual(self.newest(log).size, size_of(entry["receipt"]))
        self.assertEqual(4, len(reply.item["openings"]))
        self.again()
        receipt = log.ask("GET", "/entries/%s?wait=witnessed&wait_s=60" % entry["entry_id"])
        self.assertEqual(200, receipt.status)

    def test_a_refused_run_needs_no_witness(self):
        log = self.without_quorum(opaque=False, run_documents=True)
        reply = self.post(log, 60, nodes=[])
        self.assertEqual(422, reply.status, reply.body)


class GateTest(Waiting):
    """POST /v1/gate: a grant that is wanted with witnesses, or what is lacking at once."""

    def ready(self, log):
        """An action that is approved."""
        engine = Records(ISSUER, tenant="acme")
        service = engine.beside(APPROVER)

        def say(records, type, **more):
            record = cbor.dumps(records.make(type, **more))
            reply = log.submit(log.sign(record, issuer=records.issuer,
                                        issued_at=records.sequence_number))
            self.assertEqual(201, reply.status, reply.body)
        for name, roles in (("usr_approver", ["approver"]), ("usr_requester", None)):
            say(engine, "identity", principal={"kind": "human", "id": name},
                **({"roles": roles} if roles else {}))
        say(engine, "policy-version")
        say(engine, "run-start")
        say(engine, "approval-request", run_id=engine.run_id)
        service.at_ms = engine.at_ms
        say(service, "approval", run_id=engine.run_id)
        digest = engine.made["approval-request"][1]["action_digest"]
        return {"tenant": "acme", "run_id": engine.run_id, "node_id": "step-0",
                "action_digest": digest, "granted_to": ISSUER}

    def ask(self, log, question, wait_s=10):
        return log.ask("POST", "/v1/gate?wait=witnessed&wait_s=%d" % wait_s,
                       cbor.dumps(question), CBOR)

    def test_a_grant_has_a_receipt_of_the_witnessed_head(self):
        log = self.log(opaque=False, profile="observe")
        reply = self.ask(log, {**self.ready(log), "nonce": os.urandom(16)})
        self.assertEqual((200, "allow"), (reply.status, reply.item["outcome"]), reply.body)
        self.assertEqual(self.witnessed(log).size, size_of(reply.item["receipt"]))
        self.assertGreater(self.witnessed(log).size, reply.item["index"])

    def test_without_the_quorum_the_same_nonce_gets_the_same_grant_later(self):
        log = self.without_quorum(opaque=False, profile="observe")
        question = {**self.ready(log), "nonce": os.urandom(16)}
        index = self.newest(log).size
        self.assert_not_witnessed(self.ask(log, question, 1), index)
        self.again()
        reply = self.ask(log, question, 60)
        self.assertEqual((200, index), (reply.status, reply.item["index"]), reply.body)

    def test_it_needs_a_nonce(self):
        log = self.log(opaque=False, profile="observe")
        question = self.ready(log)
        reply = self.ask(log, question)
        self.assertEqual((400, "/nonce"), (reply.status, reply.problem["path"]), reply.body)
        reply = self.ask(log, {**question, "nonce": os.urandom(16)})
        self.assertEqual("allow", reply.item["outcome"])

    def test_what_is_lacking_needs_no_witness(self):
        log = self.without_quorum(opaque=False, profile="observe")
        question = {**self.ready(log), "granted_to": "nobody.example", "nonce": os.urandom(16)}
        reply = self.ask(log, question, 60)
        self.assertEqual((200, "deny"), (reply.status, reply.item["outcome"]), reply.body)


if __name__ == "__main__":
    unittest.main()
