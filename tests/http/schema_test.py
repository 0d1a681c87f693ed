#!/usr/bin/env python3
"""Records are held against the schema: the built-in types, and those that a file adds to one log."""
import hashlib
import pathlib
import unittest

from support.daemon import ISSUER, Daemon, cbor, lone

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
ACME = """; A type that only this log has.
record /= acme-deployment
acme-deployment = {
  type: "acme-deployment", maybe-in-run,
  cluster: id, image_digest: hash32, ? step_names: [1* note]
}
"""


def deployment(number, **changes):
    """A record of the added type."""
    header = {name: value for name, value in lone(number, ISSUER).items()
              if name in ("schema_version", "record_id", "tenant", "occurred_at_ms", "stream",
                          "sequence_number", "actor")}
    record = {**header, "type": "acme-deployment", "cluster": "eu-1", "image_digest": bytes(32)}
    record.update(changes)
    return {name: value for name, value in record.items() if value is not None}


class SchemaTest(unittest.TestCase):
    def start(self, text=ACME):
        """A log that has the file acme.cddl, written after everything was built."""
        daemon = Daemon(start=False)
        self.addCleanup(daemon.close)
        if text:
            (daemon.log / "schemas").mkdir()
            (daemon.log / "schemas" / "acme.cddl").write_text(text)
            daemon.configure(record_schema_directories=["schemas"])
        daemon.start()
        return daemon

    def refused(self, daemon, payload, **wanted):
        reply = daemon.submit(daemon.sign(cbor.dumps(payload)))
        self.assertEqual(422, reply.status, reply.body)
        problem = next(value for key, value in cbor.loads(reply.body).items() if isinstance(value, dict))
        self.assertEqual({"code": "schema", "rule": "G2", **wanted}, problem)

    def test_an_added_type_is_taken_and_checked(self):
        daemon = self.start()
        for record in (deployment(1), deployment(2, step_names=["build"])):
            self.assertEqual(201, daemon.submit(daemon.sign(cbor.dumps(record))).status)
        self.refused(daemon, deployment(3, cluster=None), path="/cluster", have="nothing",
                     want='id: tstr .regexp "[A-Za-z0-9._:@/+=-]{1,200}"')
        self.refused(daemon, deployment(3, image_digest=bytes(31)), path="/image_digest",
                     have="31 bytes", want="hash32: bytes .size 32")
        self.refused(daemon, deployment(3, step_names=[]), path="/step_names",
                     have="an array of 0", want="[1* note]")
        self.refused(daemon, [lone(4, ISSUER), deployment(5, clusters="eu-1")], path="/1/clusters",
                     have="a member that is not in the schema", want='"cluster"?')

    def test_the_example_of_the_documents(self):
        """What docs/RECORDS.md shows as a type of one's own is one."""
        text = (SCHEMAS.parent / "docs" / "RECORDS.md").read_text()
        daemon = self.start(text[text.index("record /= acme-deployment"):].split("```")[0])
        self.assertEqual(201, daemon.submit(daemon.sign(cbor.dumps(deployment(1)))).status)

    def test_without_the_file_the_type_is_unknown(self):
        daemon = self.start(text=None)
        self.refused(daemon, deployment(1), path="/type", have='"acme-deployment"',
                     want="a type that issuers may write")
        self.assertEqual(201, daemon.submit(daemon.sign()).status)

    def test_what_only_the_log_writes_is_refused(self):
        daemon = self.start(text=None)
        seal = {"type": "seal", "schema_version": 1, "first_index": 0, "entry_count": 1,
                "received_at_ms": 1, "root": bytes(32),
                "admission_rules": {"id": "vouch-admission", "version": "0"}}
        self.refused(daemon, seal, path="/type", have='"seal"', want="a type that issuers may write")

    def test_the_log_says_what_it_holds_records_against(self):
        """The digest it says is that of the files, as docs/RECORDS.md defines it."""
        daemon = self.start()
        files = sorted(SCHEMAS.glob("*.cddl"), key=lambda path: (path.name != "records.cddl", path.name))
        listed = [[path.name, path.read_text()] for path in files] + [["acme.cddl", ACME]]
        digest = hashlib.sha256(b"vouch/schema/v1\0" + cbor.dumps(listed)).hexdigest()
        self.assertIn("record-schema types=26 sha256=%s" % digest, daemon.said().decode())


if __name__ == "__main__":
    unittest.main()
