#!/usr/bin/env python3
"""POST /v1/runs: a run as one JSON document, split, signed and admitted as a whole by the log."""
import hashlib
import hmac
import json
import pathlib
import unittest

from support.daemon import Daemon, cbor

EXAMPLE = (pathlib.Path(__file__).resolve().parents[2] / "docs/examples/run-document.json")
JSON = [("Content-Type", "application/json")]
WRITTEN = {"run-start", "execution-event", "policy-evaluation", "manifest-part", "run-manifest"}
TEXT = "Contract 8841, as received."


def example(**changes):
    return {**json.loads(EXAMPLE.read_text()), **changes}


def large(nodes):
    """A document whose records take several statements."""
    document = example(nodes=[
        {"node_id": f"n{i}", "kind": "tool", "inputs": [f"a{i}"],
         "outputs": [{"artifact_id": f"a{i + 1}", "content": f"text {i}"}]} for i in range(nodes)])
    del document["result"]
    return document


class RunsTest(unittest.TestCase):
    def log(self, **config):
        daemon = Daemon(**{"run_documents": True, **config})
        self.addCleanup(daemon.close)
        return daemon

    def post(self, log, document, status=200, headers=()):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        reply = log.ask("POST", "/v1/runs", body, [*JSON, *headers])
        self.assertEqual(status, reply.status, reply.body)
        return reply

    def statement(self, log, entry_id):
        """-> protected header and payload of an entry."""
        reply = log.ask("GET", f"/entries/{entry_id}/statement")
        self.assertEqual(200, reply.status)
        protected, _, payload, _ = cbor.loads(reply.body).value
        return cbor.loads(protected), cbor.loads(payload)

    def test_off_unless_configured(self):
        """A log signs for strangers only when its operator has said so."""
        log = self.log(run_documents=False)
        self.assertEqual("not-found", self.post(log, example(), 404).problem["code"])
        self.assertEqual(0, log.ask("GET", "/v1/entries/0").item["index"])

    def test_a_document_becomes_a_statement_of_the_intake(self):
        """The records are in one entry that the intake key signed; the reply has its receipt."""
        log = self.log()
        reply = self.post(log, example())
        self.assertEqual("no-store", reply.headers["cache-control"])
        item = reply.item
        self.assertEqual(11, item["record_count"])
        (entry,) = item["entries"]
        self.assertEqual(log.size() - 2, entry["index"])
        protected, records = self.statement(log, entry["entry_id"])
        self.assertEqual("vouch-intake", protected[15][1])
        self.assertTrue(protected[15][2].startswith("run/"))
        self.assertLessEqual({record["type"] for record in records}, WRITTEN)
        self.assertEqual({item["run_id"]}, {record["run_id"] for record in records})
        again = log.ask("GET", "/entries/" + entry["entry_id"])
        self.assertEqual(again.body, entry["receipt"])

    def test_flags_are_told(self):
        """What the rules flag is in the reply: nobody approved this run."""
        flags = self.post(self.log(), example()).item["entries"][0]["flags"]
        self.assertIn("RU2/unpublished-workflow", flags)

    def test_json(self):
        """The reply is JSON for who asks for that; bytes are base64url."""
        reply = self.post(self.log(), example(), headers=[("Accept", "application/json")])
        self.assertEqual(4, len(json.loads(reply.body)["openings"]))

    def test_keys_go_back_and_nowhere_else(self):
        """Each key opens its commitment; neither it nor the text is in any file of the log."""
        log = self.log()
        item = self.post(log, example()).item
        opening = next(o for o in item["openings"] if o["path"].startswith("/nodes/0/"))
        key, digest = opening["opening_key"], opening["digest"]
        self.assertEqual(digest, hmac.digest(key, b"vouch/opening/v1\0" + TEXT.encode(),
                                             hashlib.sha256))
        self.assertEqual(0, log.terminate())
        found = b"".join(path.read_bytes() for path in log.log.rglob("*") if path.is_file())
        self.assertIn(digest, found)
        for secret in (TEXT.encode(), *(o["opening_key"] for o in item["openings"])):
            self.assertNotIn(secret, found + log.said())

    def test_a_large_run_is_one_commit(self):
        """The statements of a run stand next to each other, with one seal behind them."""
        log = self.log()
        entries = self.post(log, large(600)).item["entries"]
        self.assertGreater(len(entries), 5)
        first = entries[0]["index"]
        self.assertEqual(list(range(first, first + len(entries))), [e["index"] for e in entries])
        self.assertEqual(first + len(entries) + 1, log.size())

    def test_a_run_is_admitted_as_a_whole_or_not_at_all(self):
        """One telephone number at the end of a large run keeps all of it out, and is found."""
        log = self.log()
        size = log.size()
        document = large(600)
        document["nodes"][590]["status"] = "failed"
        document["nodes"][590]["error"] = {"code": "call +49 30 1234567", "class": "permanent"}
        problem = self.post(log, document, 422).problem
        self.assertEqual(("pii-in-clear", "G9", "/nodes/590/error/code"),
                         (problem["code"], problem["rule"], problem["path"]))
        self.assertEqual(size, log.size())
        del document["nodes"][590]["error"]
        self.post(log, document)

    def test_one_document_a_run(self):
        """A second document about a run is refused, whatever it says."""
        log = self.log()
        document = example(run_id="0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b")
        self.post(log, document)
        self.assertEqual("seq-reuse", self.post(log, document, 422).problem["code"])

    def test_what_is_wrong_is_named(self):
        """A document that cannot be split is refused with the place in it."""
        log = self.log()
        size = log.size()
        rows = [(b"", "record", "/"), (b"\xa0", "record", "/"), (b"[]", "record", "/"),
                (example(colour="blue"), "record", "/colour"),
                (example(nodes=[]), "record", "/nodes"),
                (example(risk="none"), "schema", "/risk"),
                (example(tenant="two words"), "schema", "/tenant")]
        for document, code, path in rows:
            problem = self.post(log, document, 422).problem
            self.assertEqual((code, path), (problem["code"], problem["path"]))
        self.assertEqual(size, log.size())

    def test_requests_of_another_form(self):
        """Another media type, too long a body and an ID token are refused."""
        log = self.log()
        reply = log.ask("POST", "/v1/runs", b"{}", [("Content-Type", "application/cbor")])
        self.assertEqual("unsupported-media-type", reply.problem["code"])
        self.assertEqual("too-large", self.post(log, b" " * (1 << 20 | 1), 413).problem["code"])


if __name__ == "__main__":
    unittest.main()
