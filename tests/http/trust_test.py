#!/usr/bin/env python3
"""Whom the log trusts: by init, by vouchd trust, and by identity records; never by configuration."""
import subprocess
import unittest

from support.daemon import APPROVER, Daemon, ISSUER, PATIENCE, VOUCHD, cbor, lone, statement

HEADER = ("schema_version", "record_id", "tenant", "occurred_at_ms", "sequence_number", "stream", "actor")


class TrustTest(unittest.TestCase):
    def log(self, **options):
        daemon = Daemon(**options)
        self.addCleanup(daemon.close)
        return daemon

    def refused(self, log, *issuers):
        """What vouchd trust says when it will not."""
        done = subprocess.run([VOUCHD, "trust", log.log, *issuers], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(1, done.returncode, done.stderr)
        return done.stderr

    def say(self, log, number, operation, name, **more):
        """An identity record by ISSUER; number tells them apart."""
        record = {member: value for member, value in lone(number, ISSUER).items() if member in HEADER}
        record |= {"type": "identity", "operation": operation,
                   "principal": {"kind": "service", "id": name}, **more}
        return log.submit(log.sign(cbor.dumps(record)))

    def test_an_issuer_trusted_later_is_taken_from_then_on(self):
        log = self.log()
        log.keys["new.example"] = statement.Key(log.directory, "new.example", "ed25519")
        message = log.sign(issuer="new.example")
        self.assertEqual(403, log.submit(message).status)
        log.terminate()
        subprocess.run([VOUCHD, "trust", log.log, "new.example=%s" % log.keys["new.example"].public],
                       check=True, timeout=PATIENCE)
        log.start()
        self.assertEqual(201, log.submit(message).status)
        record = log.ask("GET", "/v1/entries/4").item["records"][0]  # after what was refused
        self.assertEqual(["engine"], record["trusted_issuer"]["roles"])

    def test_a_key_of_the_log_or_of_another_issuer_is_refused(self):
        log = self.log(start=False)
        self.assertIn("key of the log itself", self.refused(log, "x=%s" % (log.log / "keys/log.pub.pem")))
        self.assertIn("registered already, for " + ISSUER, self.refused(log, "x=%s" % log.keys[ISSUER].public))

    def test_a_log_that_is_being_served_is_refused(self):
        log = self.log()
        self.assertIn("open already", self.refused(log, "x=%s" % log.keys[ISSUER].public))

    def test_an_option_it_does_not_have_is_named(self):
        done = subprocess.run([VOUCHD, "trust", "--check", "log"], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(2, done.returncode)
        self.assertIn("--check", done.stderr)

    def test_an_opaque_log_trusts_nobody(self):
        log = self.log(opaque=True, start=False)
        key = statement.Key(log.directory, "x", "ed25519")
        self.assertIn("no issuers", self.refused(log, "x=%s" % key.public))

    def test_identity_records_grant_and_take_back_while_the_log_runs(self):
        """A key registered in one entry signs the next; one that is suspended is refused."""
        log = self.log()
        key = statement.Key(log.directory, "ci.example", "ed25519")
        log.keys["ci.example"] = key
        message = log.sign(issuer="ci.example")
        self.assertEqual(403, log.submit(message).status)
        registered = self.say(log, 1, "register", "ci.example", roles=["tester"],
                              cose_key=cbor.dumps(key.members))
        self.assertEqual(201, registered.status, registered)
        self.assertEqual(201, log.submit(message).status)
        self.assertEqual(201, self.say(log, 2, "suspend", "ci.example").status)
        reply = log.submit(log.sign(issuer="ci.example", issued_at=7))
        self.assertEqual(422, reply.status)
        self.assertEqual(("G3", "signature-key"), (reply.problem["rule"], reply.problem["code"]))
        self.assertEqual(201, log.submit(message).status)  # it was logged in time

    def test_a_refusal_is_signed_by_the_log(self):
        """It names the statement, the rule and the size of the tree that decided, with the log key."""
        log = self.log()
        message = log.sign(cbor.dumps({**lone(1, ISSUER), "sequence_number": 5}))
        reply = log.submit(message)
        self.assertEqual(422, reply.status)
        problem = reply.problem
        self.assertEqual(("G4", "seq-gap", "/sequence_number", "5", "0", "/v1/rules/G4"),
                         tuple(problem[name] for name in ("rule", "code", "path", "have", "want", "doc")))
        protected, _, payload, _ = cbor.loads(problem["refusal"]).value
        refusal = cbor.loads(payload)
        self.assertEqual(("refusal", "G4", "seq-gap", 2),
                         tuple(refusal[name] for name in ("type", "rule", "code", "size")))
        self.assertEqual(statement.identity(message), refusal["statement_id"])
        self.assertEqual("refusal", cbor.loads(protected)[15][2])
        self.assertEqual(2, log.size())

    def test_flags_come_with_the_answer(self):
        """Under observe what is wrong enters and says so: in the header, in the results, in the seal."""
        log = self.log(profile="observe")
        gap = [log.sign(cbor.dumps({**lone(n, ISSUER), "sequence_number": 5})) for n in range(2)]
        self.assertIn("G4/seq-gap", log.submit(gap[0]).headers["vouch-flags"].split(", "))
        reply = log.ask("POST", "/v1/batch", gap[1], [("Content-Type", "application/cbor-seq")])
        self.assertIn("G4/seq-gap", cbor.loads(reply.body)["flags"])
        seal = log.ask("GET", "/v1/entries/3").item["records"][0]
        self.assertIn([0, 0], seal["flags"]["G4/seq-gap"])
        self.assertEqual([0], log.ask("GET", "/v1/entries/2").item["flags"]["G4/seq-gap"])
        self.assertNotIn("flags", log.ask("GET", "/v1/entries/0").item)


if __name__ == "__main__":
    unittest.main()
