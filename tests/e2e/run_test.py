#!/usr/bin/env python3
"""vouch run import: whole runs as JSON documents, against a real daemon."""
import base64
import hashlib
import hmac
import json
import stat
import unittest

from world import DONE, ENGINE, EXAMPLES, FAILED, NOT_AVAILABLE, USAGE, WorldTest

EXAMPLE = EXAMPLES / "run-document.json"
TEXTS = ["Contract 8841, as received.", "Contract 8841, without names.", "Sign it.",
         "No clause differs from the standard terms."]


def large(nodes):
    """A document of a run with so many nodes."""
    document = json.loads(EXAMPLE.read_text())
    document["nodes"] = [{"node_id": f"n{i}", "kind": "tool", "inputs": [f"a{i}"],
                          "outputs": [{"artifact_id": f"a{i + 1}", "content": f"text {i}"}]}
                         for i in range(nodes)]
    del document["result"]
    return document


class Run(WorldTest):
    def words(self, *inputs, receipts="receipts", issuer=ENGINE):
        return ["run", "import", *inputs, "--url", self.world.url, "--issuer", issuer,
                "--key", self.world.directory / (ENGINE + ".pem"),
                "--receipts", self.world.directory / receipts]

    def run_import(self, *inputs, status=DONE, input=None, options=(), **where):
        return self.world.json(*self.words(*inputs, **where), *options, status=status, input=input)

    def write(self, name, document):
        path = self.world.directory / name
        path.write_text(json.dumps(document))
        return path

    def logged(self):
        """-> the records of the issuer's statements, and the index of the entry each is in."""
        found = []
        for index in range(self.world.size()):
            shown = json.loads(self.world.vouch("get", index, "--url", self.world.url, "--json"))
            found += [(index, record) for record in shown["records"]
                      if record.get("stream", "").startswith("run-")]
        return found

    def openings(self, result):
        """-> [(path, key, commitment)] of the file, which nobody else can read."""
        path = self.world.directory / result["runs"][0]["openings"]
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        lines = [line.split() for line in path.read_text().splitlines() if line.startswith("/")]
        return [(path, base64.urlsafe_b64decode(key + "="), bytes.fromhex(commitment))
                for path, key, commitment in lines]

    def test_example(self):
        """The shipped example is in the log as one statement, whose receipt verifies."""
        result = self.run_import(EXAMPLE)
        self.assertEqual((result["accepted"], result["refused"], result["left"]), (1, 0, 0))
        self.assertEqual(result["runs"][0]["records"], 11)
        records = [record for _, record in self.logged()]
        self.assertEqual([record["type"] for record in records][0::10],
                         ["run-start", "run-manifest"])
        self.assertEqual([record["sequence_number"] for record in records], list(range(11)))
        self.world.verify_all()
        self.world.audit()

    def test_openings(self):
        """Each text is in no entry; with its key it opens the commitment that is."""
        result = self.run_import(EXAMPLE)
        everything = b"".join(self.world.entries())
        openings = self.openings(result)
        self.assertEqual(len(openings), len(TEXTS))
        committed = set()
        for text in TEXTS:
            self.assertNotIn(text.encode(), everything)
            for _, key, commitment in openings:
                message = b"vouch/opening/v1\0" + text.encode()
                if hmac.digest(key, message, hashlib.sha256) == commitment:
                    self.assertIn(commitment, everything)
                    committed.add(text)
        self.assertEqual(committed, set(TEXTS))

    def test_same_document_again(self):
        """A document is one run: importing it again signs nothing and sends nothing."""
        first = self.run_import(EXAMPLE)
        size = self.world.size()
        again = self.run_import(EXAMPLE)
        self.assertEqual(self.world.size(), size)
        self.assertTrue(again["runs"][0]["signed_before"])
        self.assertEqual(again["runs"][0]["run_id"], first["runs"][0]["run_id"])
        self.assertEqual(again["accepted"], 0)

    def test_interrupted(self):
        """What an import left behind when the log was away, the same command sends later."""
        self.world.stop()
        self.run_import(EXAMPLE, status=NOT_AVAILABLE, options=["--retry", "1"])
        self.world.start()
        self.assertEqual(self.run_import(EXAMPLE)["accepted"], 1)
        self.assertEqual(len(self.logged()), 11)

    def test_killed_before_signing(self):
        """Killed with the openings on disk and nothing signed, it makes the same run again."""
        receipts = self.world.directory / "receipts"
        self.world.stop()
        self.run_import(EXAMPLE, status=NOT_AVAILABLE, options=["--retry", "1"])
        (openings,) = receipts.glob("*.openings")
        kept = openings.read_bytes()
        for statement in receipts.glob("*.cose"):
            statement.unlink()
        self.world.start()
        result = self.run_import(EXAMPLE)
        self.assertEqual(result["accepted"], 1)
        self.assertEqual(openings.read_bytes(), kept)
        self.assertIn(("run " + result["runs"][0]["run_id"]).encode(), kept)
        everything = b"".join(self.world.entries())
        for _, _, commitment in self.openings(result):
            self.assertIn(commitment, everything)

    def test_large_run(self):
        """A run of many statements is in one commit, in order."""
        result = self.run_import(self.write("run.json", large(600)))
        statements = result["runs"][0]["statements"]
        self.assertGreater(statements, 5)
        logged = self.logged()
        indexes = sorted({index for index, _ in logged})
        self.assertEqual(indexes, list(range(indexes[0], indexes[0] + statements)))
        self.assertEqual([record["sequence_number"] for _, record in logged],
                         list(range(len(logged))))
        self.world.verify_all()

    def test_bad_document(self):
        """When one document is wrong nothing of any is signed, and the place is named."""
        document = json.loads(EXAMPLE.read_text())
        document["nodes"][1]["colour"] = "blue"
        self.run_import(EXAMPLE, self.write("bad.json", document), status=FAILED)
        self.assertIn("bad.json: /nodes/1/colour", self.world.stderr)
        receipts = self.world.directory / "receipts"
        self.assertEqual([path.name for path in receipts.iterdir()], ["lock"])

    def test_other_issuer(self):
        """A document that one issuer has signed is not signed by another from the same place."""
        self.run_import(EXAMPLE)
        self.run_import(EXAMPLE, issuer="other.example", status=FAILED)
        self.assertIn("another issuer", self.world.stderr)

    def test_standard_input(self):
        """A document may come on standard input."""
        result = self.run_import("-", input=EXAMPLE.read_bytes())
        self.assertEqual(result["runs"][0]["file"], "standard input")
        self.assertEqual(result["accepted"], 1)

    def test_dry_run(self):
        """--dry-run prints records that submit takes, writes nothing and needs no log."""
        self.world.stop()
        shown = self.world.vouch("run", "import", "--issuer", ENGINE, "--dry-run", EXAMPLE)
        self.assertEqual(list(self.world.directory.glob("**/*.openings")), [])
        self.world.start()
        self.assertEqual(self.world.submit("-", input=shown.encode())["records"], 11)

    def test_usage(self):
        """Without a key or a log, or with another word than import, it says so."""
        self.world.vouch("run", "import", EXAMPLE, "--issuer", ENGINE, status=USAGE)
        self.world.vouch("run", "export", EXAMPLE, "--issuer", ENGINE, status=USAGE)


if __name__ == "__main__":
    unittest.main()
