"""What a new user does on the first day: keys, a run, receipts, proofs, and a changed byte."""
import json
import os
import stat
import unittest

from world import (APPROVALS, DONE, ENGINE, FAILED, INCOMPLETE, INVALID, LOG_WORD,
                   NOT_AVAILABLE, USAGE, VERIFIED, WorldTest)


class Tour(WorldTest):
    def setUp(self):
        super().setUp()
        self.register_approver()
        self.source(APPROVALS).made = self.source(ENGINE).made  # an approval refers to its request
        self.world.submit(*map(self.record, ("policy-version", "run-start", "policy-evaluation",
                                             "execution-event", "approval-request")))
        self.source(APPROVALS).at_ms = self.source(ENGINE).at_ms
        self.world.submit(self.record("approval", APPROVALS), issuer=APPROVALS)
        self.old_head = self.file("old-head")
        self.world.vouch("head", "--url", self.world.url, "--out", self.old_head)
        self.world.submit(self.record("run-manifest"))
        self.statement = sorted((self.world.directory / "receipts").glob("*.cose"))[0]
        self.receipt = self.statement.with_suffix(".receipt")
        self.keys = self.file("receipts/scitt-keys")
        self.issuer_key = self.file(ENGINE + ".pub.pem")

    def file(self, name):
        return self.world.directory / name

    def record(self, type, issuer=ENGINE):
        """A file with the issuer's next record."""
        path = self.file(type + ".json")
        path.write_bytes(self.source(issuer).lines(1, type))
        return path

    def test_keygen_never_overwrites(self):
        """A private key is for its owner only, and no key file is ever overwritten."""
        path = self.file(ENGINE + ".pem")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        before = path.read_bytes()
        self.world.vouch("keygen", "--out", self.file(ENGINE), status=FAILED)
        self.assertEqual(path.read_bytes(), before)

    def test_loose_key_is_refused(self):
        """A private key that others can read is not used."""
        path = self.file(ENGINE + ".pem")
        path.chmod(0o644)
        self.world.vouch(*self.world.submit_words(self.record("test-result"),
                                                  receipts="other"), status=3)
        self.assertIn("chmod 600", self.world.stderr)

    def test_receipts_verify_offline(self):
        """Every statement has a receipt that verifies with the daemon gone."""
        self.world.stop()
        self.assertEqual(len(self.world.receipts()), 7)
        self.world.verify_all()

    def test_proof_and_heads_verify_offline(self):
        """A tlog-proof and a consistency proof are verified under the policy, without a network."""
        world = self.world
        head, proof = self.file("head"), self.file("consistency")
        tlog_proof = self.file("x.tlog-proof")
        world.vouch("head", "--url", world.url, "--policy", world.policy, "--out", head)
        world.vouch("prove", "--url", world.url, "--statement", self.statement, "--out", tlog_proof)
        world.vouch("prove", "--url", world.url, "--from", self.old_head, "--to", head,
                    "--out", proof)
        world.stop()
        trust = ["--policy", world.policy, "--issuer-key", self.issuer_key]
        world.vouch("verify", tlog_proof, "--entry", self.statement, *trust, status=VERIFIED)
        world.vouch("verify", tlog_proof, "--entry", self.statement, "--policy", world.policy,
                    status=LOG_WORD)
        world.vouch("verify", head, "--from", self.old_head, "--proof", proof, *trust,
                    status=VERIFIED)
        world.vouch("verify", head, "--from", self.old_head, *trust, status=INCOMPLETE)
        world.vouch("verify", tlog_proof, *trust, status=INCOMPLETE)

    def test_receipt_meets_a_head(self):
        """A receipt becomes verified when a consistency proof connects it to a trusted head."""
        world = self.world
        report = world.json("verify", self.statement, "--receipt", self.receipt, "--keys", self.keys,
                            status=LOG_WORD)
        inclusion = next(f for f in report["findings"] if f["rule"] == "inclusion")
        size = int(inclusion["detail"].split("size ")[1])
        head, proof = self.file("head"), self.file("x.consistency")
        world.vouch("head", "--url", world.url, "--out", head)
        new_size = json.loads(world.vouch("head", "--url", world.url, "--json"))["size"]
        proof.write_bytes(world.get("v1/proof/consistency/%d/%d" % (size, new_size)))
        world.vouch("verify", self.statement, self.receipt, proof, "--policy", world.policy,
                    "--head", head, "--issuer-key", self.issuer_key, status=VERIFIED)

    def test_transparent_statement(self):
        """The statement with its receipt in header 394, as the log serves it, verifies as one file."""
        entry_id = self.world.json("get", "0", "--url", self.world.url)["entry_id"]
        path = self.file("transparent.cose")
        path.write_bytes(self.world.get("entries/%s/statement?receipt" % entry_id))
        self.world.vouch("verify", path, "--keys", self.keys, status=LOG_WORD)

    def test_changed_byte(self):
        """Whichever byte of the statement is changed, the verdict is invalid."""
        original = self.statement.read_bytes()
        changed = self.file("changed.cose")
        for i in range(0, len(original), 37):
            changed.write_bytes(original[:i] + bytes([original[i] ^ 0x55]) + original[i + 1:])
            self.world.vouch("verify", changed, "--receipt", self.receipt, "--keys", self.keys,
                             status=INVALID)

    def test_get_by_index_and_id(self):
        """An entry is found by index and by id, shows its records, and comes with its receipt."""
        world = self.world
        shown = world.json("get", "4", "--url", world.url)
        self.assertEqual(shown["records"][0]["type"], "policy-version")
        out, receipt = self.file("g.cose"), self.file("g.receipt")
        again = world.json("get", shown["entry_id"], "--url", world.url, "--out", out,
                           "--receipt", receipt)
        self.assertEqual(again["records"], shown["records"])
        world.vouch("verify", out, receipt, "--keys", self.keys, status=LOG_WORD)
        world.vouch("get", "999999", "--url", world.url, status=NOT_AVAILABLE)
        world.vouch("get", "ab" * 32, "--url", world.url, status=NOT_AVAILABLE)

    def test_cbor_view(self):
        """The diagnostic view names what is in a statement."""
        self.assertIn("application/vnd.vouch.records+cbor", self.world.vouch("cbor", self.statement))
        self.assertEqual(len(self.world.json("cbor", self.keys)["diagnostic"]), 1)

    def test_wrong_usage(self):
        """Wrong words end with exit code 2 and say what was probably meant."""
        for words, hint in ((["verfy"], "did you mean verify?"), (["head", "--urk", "x"], "--url"),
                            (["verify"], "FILE... is needed"), (["audit", "x"], "--policy or --vkey"),
                            (["prove", "--url", "x"], "one of INDEX"),
                            (["submit", "--url", "x", "y.json"], "--key FILE")):
            self.world.vouch(*words, status=USAGE)
            self.assertIn(hint, self.world.stderr)

    def test_log_out_of_reach(self):
        """A directory that is not there is an error at once."""
        self.world.vouch("head", "--url", self.file("nowhere"), status=NOT_AVAILABLE)
        self.world.vouch("head", "--url", "ftp://example.org", status=FAILED)

    def test_tour_ends_with_an_audit(self):
        """The whole log is recomputed, with every signature checked."""
        result = self.world.audit("--keys", self.world.log / "keys/log.pub.pem",
                                  "--issuer-key", self.issuer_key, "--issuer-key",
                                  self.file(APPROVALS + ".pub.pem"), status=DONE)
        self.assertEqual(result["size"], self.world.size())
        self.assertEqual(result["kind"], "evidence")
        signatures = next(f for f in result["report"]["findings"] if f["rule"] == "signatures")
        self.assertTrue(signatures["detail"].startswith("%d of %d " % (result["size"],
                                                                       result["size"])))


if __name__ == "__main__":
    unittest.main()
