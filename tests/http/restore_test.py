#!/usr/bin/env python3
"""vouchd restore: a log whose disk is lost goes on from a mirror, and nobody sees a fork."""
import os
import shutil
import signal
import subprocess
import unittest

from reindex_test import Evidence
from support.daemon import Daemon, PATIENCE, VOUCHD, wait_until

KILL_LIBRARY = os.environ["KILL_LIBRARY"]
STORE_ROWS = os.environ["STORE_ROWS"]
VOUCH = os.environ["VOUCH"]
VOUCH_FSCK = os.environ["VOUCH_FSCK"]
VERIFIED = 0


class RestoreTest(unittest.TestCase):
    def new_log(self, **options):
        log = Daemon(profile="observe", **options)
        self.addCleanup(log.close)
        self.vkey = log.log / "keys/checkpoint.vkey"
        self.mirror = log.directory / "mirror"
        self.state = log.directory / "state"
        return log

    def run_vouch(self, *words, status=VERIFIED):
        result = subprocess.run([VOUCH, *map(str, words)], capture_output=True, text=True,
                                timeout=PATIENCE)
        self.assertEqual(status, result.returncode, result.stdout + result.stderr)
        return result.stdout

    def url(self, log):
        return "http://127.0.0.1:%d" % log.port

    def keep_mirror(self, log):
        self.run_vouch("audit", self.url(log), "--vkey", self.vkey, "--mirror", self.mirror)

    def restore(self, log, *words, status=0, source=None, environment=None):
        result = subprocess.run([VOUCHD, "restore", "--from", source or self.mirror, *words,
                                 log.log], capture_output=True, text=True, timeout=PATIENCE,
                                env=environment)
        if status is not None:
            self.assertEqual(status, result.returncode, result.stdout + result.stderr)
        self.assertNotIn("Sanitizer", result.stderr)
        return result

    def lose_disk(self, log):
        shutil.rmtree(log.log / "data")

    def rows(self, log):
        """Rows of the database by key; of heads without epoch and receipts' signature."""
        text = subprocess.run([STORE_ROWS, log.log / "data/db"], check=True, capture_output=True,
                              text=True).stdout
        rows = dict(line.split(" ") for line in text.splitlines())
        del rows[b"s".hex()]
        return {key: value[16:2 * 152] if key.startswith(b"h".hex()) else value
                for key, value in rows.items() if not key == b"h".hex() + "00" * 8}

    def evidence_log(self):
        log = self.new_log()
        self.evidence = Evidence(log)
        self.evidence.say_all()
        self.assertEqual(0, log.terminate())  # with what it writes down when it ends
        log.start()
        return log

    def fsck(self, log):
        result = subprocess.run([VOUCH_FSCK, log.log], capture_output=True, text=True)
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)

    def check_goes_on(self, log):
        """It starts, takes statements, and an auditor who knew it before sees its old self."""
        log.start()
        self.assertNotIn(b"read-only", log.said())
        before = self.size(log)
        self.evidence.say(self.evidence.engine, "test-result")
        self.assertGreater(self.size(log), before)
        self.run_vouch("audit", self.url(log), "--vkey", self.vkey, "--state", self.state)
        self.run_vouch("audit", self.url(log), "--vkey", self.vkey, "--replay")
        self.keep_mirror(log)

    def size(self, log):
        return int(log.ask("GET", "/checkpoint").body.split(b"\n")[1])

    def audit(self, log):
        self.run_vouch("audit", self.url(log), "--vkey", self.vkey, "--state", self.state)

    def check_read_only(self, log, reason):
        log.start()
        self.assertIn(b"read-only", log.said())
        self.assertIn(reason, log.said())
        self.assertEqual(0, log.terminate())

    def test_everything_is_there_again(self):
        """Every row of the lost database is there again but the receipts' signatures, which are
        new: entries, indexes, facts, and each head with the signature that it had."""
        log = self.evidence_log()
        self.keep_mirror(log)
        self.audit(log)
        head = log.ask("GET", "/checkpoint").body
        self.assertEqual(0, log.terminate())
        rows = self.rows(log)
        segments = (log.log / "data/segments/000000.entries").read_bytes()
        self.lose_disk(log)
        self.assertIn("restored", self.restore(log).stdout)
        self.assertEqual(rows, self.rows(log))
        self.assertEqual(segments, (log.log / "data/segments/000000.entries").read_bytes())
        self.fsck(log)
        subprocess.run([VOUCHD, "reindex", "--check", log.log], check=True, capture_output=True)
        log.start()
        self.assertEqual(head, log.ask("GET", "/checkpoint").body)
        self.assertEqual(0, log.terminate())
        self.check_goes_on(log)

    def test_over_http_with_the_head_file_lost(self):
        """Without head file the mirror's head is what must be reached; the mirror may be a URL."""
        log = self.evidence_log()
        self.keep_mirror(log)
        self.audit(log)
        self.assertEqual(0, log.terminate())
        original = log.log.with_name("original")
        shutil.copytree(log.log, original)
        self.lose_disk(log)
        (log.log / "head").unlink()
        source = Daemon.__new__(Daemon)
        source.__dict__.update(log.__dict__)
        source.log = original
        source.messages = log.directory / "original-messages"
        source.start()
        self.restore(log, source=self.url(source))
        self.assertEqual(0, source.terminate())
        self.check_goes_on(log)

    def test_opaque(self):
        """An opaque log is restored as well; what it does not say of itself is said to be lost."""
        log = self.new_log(opaque=True)
        for i in range(300):
            log.ask("POST", "/add", b"entry %d" % i, [("Content-Type", "application/octet-stream")])
        self.keep_mirror(log)
        self.audit(log)
        self.assertEqual(0, log.terminate())
        self.lose_disk(log)
        self.assertIn("could not be had", self.restore(log).stdout)
        self.fsck(log)
        log.start()
        reply = log.ask("POST", "/add", b"entry 7", [("Content-Type", "application/octet-stream")])
        self.assertEqual(b"7", reply.body.strip())
        log.ask("POST", "/add", b"more", [("Content-Type", "application/octet-stream")])
        self.audit(log)
        self.assertEqual(301, self.size(log))

    def test_mirror_is_behind(self):
        """What was published and no mirror has keeps the log read-only, until one is found."""
        log = self.evidence_log()
        self.keep_mirror(log)
        old = self.mirror
        self.evidence.say(self.evidence.engine, "test-result")
        self.mirror = log.directory / "newer"
        self.keep_mirror(log)
        self.audit(log)
        self.assertEqual(0, log.terminate())
        self.lose_disk(log)
        self.assertIn("read-only until", self.restore(log, source=old).stdout)
        self.check_read_only(log, b"went back in time")
        self.restore(log)
        self.check_goes_on(log)

    def test_head_held_elsewhere(self):
        """A head that somebody kept must be reached too, when the head file is lost."""
        log = self.evidence_log()
        self.keep_mirror(log)
        self.evidence.say(self.evidence.engine, "test-result")
        head = log.directory / "kept"
        head.write_bytes(log.ask("GET", "/checkpoint").body)
        newer = log.directory / "newer"
        old, self.mirror = self.mirror, newer
        self.keep_mirror(log)
        self.audit(log)
        self.assertEqual(0, log.terminate())
        self.lose_disk(log)
        (log.log / "head").unlink()
        self.restore(log, "--head", head, source=old)
        self.check_read_only(log, b"went back in time")
        self.restore(log)
        self.check_goes_on(log)

    def test_old_backup(self):
        """An older copy of the store is brought up to date, from where it ends."""
        log = self.evidence_log()
        self.assertEqual(0, log.terminate())
        shutil.copytree(log.log / "data", log.directory / "backup")
        log.start()
        self.evidence.say(self.evidence.engine, "test-result")
        self.keep_mirror(log)
        self.audit(log)
        self.assertEqual(0, log.terminate())
        self.lose_disk(log)
        shutil.copytree(log.directory / "backup", log.log / "data")
        self.check_read_only(log, b"went back in time")
        self.restore(log)
        self.check_goes_on(log)

    def test_head_file_lost_alone(self):
        """A whole store whose head file is lost is shown by a mirror to be no older copy."""
        log = self.evidence_log()
        self.keep_mirror(log)
        self.evidence.say(self.evidence.engine, "test-result")
        self.audit(log)
        self.assertEqual(0, log.terminate())
        (log.log / "head").unlink()
        self.restore(log)
        self.check_goes_on(log)

    def test_head_file_lost_with_witnesses(self):
        """Where witnesses can be asked, they have the word on a lost head file."""
        log = self.evidence_log()
        self.keep_mirror(log)
        self.assertEqual(0, log.terminate())
        witness = log.directory / "witness"
        subprocess.run([VOUCHD, "init", "--role", "witness", "--dir", witness, "--name",
                        "witness.example/w"], check=True, capture_output=True)
        policy = log.directory / "policy"
        policy.write_text("log %s\nwitness w %s http://127.0.0.1:9\nquorum w\n" % (
            self.vkey.read_text().strip(), (witness / "keys/cosigner.vkey").read_text().strip()))
        log.configure(witness_policy_file=str(policy))
        self.lose_disk(log)
        (log.log / "head").unlink()
        self.assertIn("vouchd adopt", self.restore(log).stdout)
        self.assertFalse((log.log / "head").exists())
        log.spawn()
        self.assertEqual(1, log.process.wait(PATIENCE))

    def test_other_history(self):
        """A mirror of another history than the head file's, or a damaged one, restores nothing."""
        log = self.evidence_log()
        self.assertEqual(0, log.terminate())
        before = log.directory / "before"
        shutil.copytree(log.log, before)
        log.start()
        self.evidence.say(self.evidence.engine, "test-result")
        self.keep_mirror(log)
        self.assertEqual(0, log.terminate())
        shutil.rmtree(log.log)
        before.rename(log.log)
        log.start()
        self.evidence.say(self.evidence.engine, "window")
        self.assertEqual(0, log.terminate())
        self.assertIn("two histories", self.restore(log, status=1).stderr)
        self.lose_disk(log)
        self.assertIn("two histories", self.restore(log, status=1).stderr)
        self.assertFalse((log.log / "data").exists())

    def test_changed_bit(self):
        """No byte that the mirror's head does not cover gets into the log."""
        log = self.evidence_log()
        self.keep_mirror(log)
        self.assertEqual(0, log.terminate())
        self.lose_disk(log)
        bundle = next((self.mirror / "tile/entries").glob("000.p/*"))
        content = bytearray(bundle.read_bytes())
        content[len(content) // 2] ^= 1
        bundle.write_bytes(content)
        self.assertIn("signed head", self.restore(log, status=1).stderr)
        self.check_read_only(log, b"went back in time")

    def test_another_log(self):
        """The mirror of another log is refused before anything is touched."""
        log = self.evidence_log()
        self.keep_mirror(log)
        mirror = self.mirror
        other = self.new_log()
        self.assertEqual(0, other.terminate())
        self.lose_disk(other)
        self.assertIn("did not sign", self.restore(other, source=mirror, status=1).stderr)
        self.assertFalse((other.log / "data").exists())

    def test_usage(self):
        """Where to restore from must be said."""
        log = self.new_log(start=False)
        for words in ([], ["--from", "x"], ["--from", "x", "a", "b"]):
            result = subprocess.run([VOUCHD, "restore", *words], capture_output=True)
            self.assertEqual(2, result.returncode)

    def test_killed_at_every_step(self):
        """Killed at any moment, the log does not open to be signed for before all is there."""
        log = self.new_log()
        self.evidence = Evidence(log)
        for type in ("policy-version", "run-start", "test-result"):
            self.evidence.say(self.evidence.engine, type)
        self.keep_mirror(log)
        self.audit(log)
        self.assertEqual(0, log.terminate())
        rows = self.rows(log)
        at = 0
        while True:
            shutil.rmtree(log.log / "data", ignore_errors=True)
            shutil.rmtree(log.log / "data.creating", ignore_errors=True)
            (log.log / "head").unlink(missing_ok=True)
            environment = {**os.environ, "LD_PRELOAD": KILL_LIBRARY,
                           "VOUCH_TEST_KILL_AT": str(at), "ASAN_OPTIONS":
                           os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
            result = self.restore(log, status=None, environment=environment)
            if result.returncode == 0:
                break
            self.assertEqual(-signal.SIGKILL, result.returncode, result.stderr)
            if at % 9 == 0:
                self.check_not_signing(log)
            shutil.rmtree(log.log / "data.creating", ignore_errors=True)
            self.restore(log)
            self.assertEqual(rows, self.rows(log))
            at += 1
        self.assertGreater(at, 20)
        self.check_goes_on(log)

    def check_not_signing(self, log):
        """It does not start, or it is read-only, or everything is there."""
        log.spawn()
        said = self.first_words(log)
        if log.process.poll() is None:
            log.terminate()
        self.assertTrue(b"read-only" in said or b" listening " not in said
                        or b"size=%d\n" % self.mirror_size() in said, said)

    def first_words(self, log):
        wait_until(lambda: log.process.poll() is not None or b" listening " in log.said(), "start")
        return log.said()

    def mirror_size(self):
        return int((self.mirror / "checkpoint").read_bytes().split(b"\n")[1])


if __name__ == "__main__":
    unittest.main()
