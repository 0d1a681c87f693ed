#!/usr/bin/env python3
"""vouchd init: what it makes, and what it refuses before it has made anything."""
import pathlib
import subprocess
import tempfile
import unittest

from support.daemon import ISSUER, ORIGIN, PATIENCE, VOUCHD, Daemon, statement


class InitTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="vouch-init-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.log = self.folder / "log"

    def init(self, *words):
        command = [VOUCHD, "init", "--dir", self.log, "--origin", ORIGIN, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE,
                              cwd=self.folder)

    def public_key(self, name):
        """A public key file in the folder."""
        return statement.Key(self.folder, name, "p256").public

    def test_issuers_named_at_init_are_trusted(self):
        """A key given by a relative path is found from the log's directory, too."""
        log = Daemon(start=False)
        self.addCleanup(log.close)
        public = log.keys[ISSUER].public
        (self.folder / "engine.pub.pem").write_bytes(public.read_bytes())
        done = self.init("--listen", "127.0.0.1:0", "--issuer", ISSUER + "=engine.pub.pem")
        self.assertEqual(0, done.returncode, done.stderr)
        log.log = self.log
        log.start()
        self.assertEqual(201, log.submit(log.sign()).status)

    def test_issuers_and_profile_are_in_the_first_entry(self):
        keys = {name: self.public_key(name) for name in ("a", "b")}
        done = self.init("--listen", "127.0.0.1:0", "--profile", "observe", "--issuer", f"b={keys['b']}",
                         "--issuer", f"a={keys['a']}:approval-service,tester")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual("", done.stderr)
        log = Daemon(start=False)
        self.addCleanup(log.close)
        log.log = self.log
        log.start()
        records = log.ask("GET", "/v1/entries/0").item["records"]
        self.assertEqual("observe", records[0]["profile"])
        self.assertEqual([("vouch-intake", ["intake"]), ("b", ["engine"]),
                          ("a", ["approval-service", "tester"])],
                         [(record["trusted_issuer"]["iss"], record["trusted_issuer"]["roles"])
                          for record in records if record["operation"] == "trust-anchor"])

    def test_a_bad_issuer_is_refused_and_nothing_made(self):
        (self.folder / "no-key").write_text("no key\n")
        key = self.public_key("a")
        for words, status, said in (
                (("--issuer", "engine"), 2, "NAME=FILE"),
                (("--issuer", f"={key}"), 2, "1 to 200 letters"),
                (("--issuer", f"{'n' * 201}={key}"), 2, "1 to 200 letters"),
                (("--issuer", f"two words={key}"), 2, "1 to 200 letters"),
                (("--issuer", f"engine={key}:engin"), 2, "do you mean engine?"),
                (("--issuer", f"engine={key}:"), 2, "a role is"),
                (("--profile", "lenient"), 2, "strict or observe"),
                (("--issuer", "engine=missing.pem"), 1, "missing.pem"),
                (("--issuer", "engine=no-key"), 1, "no-key"),
                (("--issuer", f"a={key}", "--issuer", f"b={key}"), 1, "same key"),
                (("--opaque", "--issuer", f"engine={key}"), 1, "no issuers")):
            done = self.init(*words)
            self.assertEqual(status, done.returncode, words)
            self.assertIn(said, done.stderr)
            self.assertFalse(self.log.exists(), words)


if __name__ == "__main__":
    unittest.main()
