"""vouch submit --wait witnessed and vouch run import, with a log and witnesses as a user runs them."""
import re
import unittest

from world import (ENGINE, EXAMPLES, NOT_AVAILABLE, REFUSED, USAGE, VERIFIED, WorldTest)
from own_witness import OwnWitness
from witness import Note, policy

WAIT = ("--wait", "witnessed")


class Witnessed(WorldTest):
    def setUp(self):
        super().setUp()
        world = self.world
        vkey = world.vkey.read_text()
        self.witnesses = [OwnWitness(vkey, world.directory / ("w%d" % number), number)
                          for number in range(3)]
        for witness in self.witnesses:
            self.addCleanup(witness.close)
        world.policy.write_text(policy(self.witnesses, 2, vkey))
        world.configure(witness_policy_file=str(world.policy))

    def newest(self):
        return int(self.world.get("v1/checkpoint/latest").split(b"\n")[1])

    def witnessed(self):
        return Note(self.world.get("checkpoint").decode())

    def logged(self):
        """The statements under the newest head, witnessed or not."""
        return [index for index in range(self.newest())
                if b"application/vnd.vouch.records+cbor" in self.world.get("v1/entries/%d" % index)]

    def size_of(self, receipt):
        """The tree size that a receipt is of."""
        return int(re.search(r"<< \[\s*(\d+),", self.world.vouch("cbor", receipt)).group(1))

    def lose_quorum(self):
        """Nothing is witnessed any more: what is now is, so that it is known where that ends."""
        size = self.newest()
        self.world.get("v1/proof/inclusion/%d/witnessed?wait=witnessed&wait_s=60" % (size - 1))
        for witness in self.witnesses[1:]:
            witness.close()

    def find_quorum(self):
        self.witnesses[1].start()

    def test_receipts_are_of_witnessed_heads(self):
        """With two of three witnesses the command ends well, and all it submitted is cosigned."""
        self.witnesses[0].close()
        world = self.world
        result = world.submit("-", input=self.records(300), options=["--records", "2", *WAIT])
        note = self.witnessed()
        self.assertEqual((150, 0), (result["accepted"], result["left"]))
        world.verify_all()
        self.assertEqual(2, len(note.cosigners(self.witnesses)))
        for receipt in world.receipts():
            self.assertLessEqual(self.size_of(receipt), note.size)
        proof = world.directory / "proof.tlog-proof"
        statement = sorted((world.directory / "receipts").glob("*.cose"))[-1]
        world.vouch("prove", "--url", world.url, "--statement", statement, "--policy", world.policy,
                    "--out", proof)
        world.vouch("verify", proof, statement, "--policy", world.policy, "--issuer-key",
                    world.directory / (ENGINE + ".pub.pem"), status=VERIFIED)

    def test_the_quorum_is_lost_and_found(self):
        """Without it the command says so and gives up, and the same command again goes on."""
        self.lose_quorum()
        world = self.world
        files = self.record_files("in", 5)
        lost = world.vouch(*world.submit_words(files), *WAIT, "--retry", "2", status=NOT_AVAILABLE)
        self.assertIn("5 new statements, 0 from earlier runs: 0 accepted (0 were there), 0 refused, "
                      "5 left", lost)
        self.assertIn("met the log's witness quorum; they are logged: run the same command again",
                      world.stderr)
        self.assertEqual(5, len(self.logged()))
        self.assertEqual([], world.receipts())
        self.find_quorum()
        result = world.submit(files, options=WAIT)
        self.assertEqual((0, 5, 5, 5), tuple(result[name] for name in (
            "statements_signed", "statements_resumed", "accepted", "duplicates")))
        self.assertEqual(5, len(self.logged()))
        world.verify_all()

    def test_without_witnesses_the_same_is_accepted(self):
        """Who does not ask for witnesses does not wait for them."""
        self.lose_quorum()
        result = self.world.submit("-", input=self.records(3), options=["--retry", "2"])
        self.assertEqual((1, 0), (result["accepted"], result["left"]))

    def test_a_run_waits_too(self):
        """vouch run import has the same option."""
        world = self.world
        document = EXAMPLES / "run-document.json"
        words = ["run", "import", "--url", world.url, "--issuer", ENGINE, "--key",
                 world.directory / (ENGINE + ".pem"), "--receipts", world.directory / "receipts",
                 document, *WAIT]
        self.lose_quorum()
        world.vouch(*words, "--retry", "2", status=NOT_AVAILABLE)
        self.assertIn("witness quorum", world.stderr)
        self.find_quorum()
        self.assertEqual(1, world.json(*words)["accepted"])

    def test_only_witnesses_can_be_waited_for(self):
        """Another word is a mistake of who asks, and so is a log that has no quorum."""
        world = self.world
        world.vouch(*world.submit_words("-"), "--wait", "published", status=USAGE)
        self.assertIn("there is only witnessed to wait for", world.stderr)
        world.configure(witness_policy_file=None)
        world.submit("-", input=self.records(1), options=WAIT, status=REFUSED)
        self.assertIn("no witness quorum to wait for", world.stderr)


if __name__ == "__main__":
    unittest.main()
