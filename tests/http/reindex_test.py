#!/usr/bin/env python3
"""vouchd reindex: everything that follows from the entries is made again, bit for bit, or nothing
has happened."""
import os
import pathlib
import re
import signal
import subprocess
import unittest

from support.daemon import APPROVER, Daemon, ISSUER, PATIENCE, VOUCHD, cbor
from records import TYPES, Records  # noqa: E402, found by support.daemon

KILL_LIBRARY = os.environ["KILL_LIBRARY"]
STORE_ROWS = os.environ["STORE_ROWS"]
DIFFERS = 3
# Whatever else a log has of them.
ADMITTED = {"approval", "approval-request", "execution-event", "identity", "incident", "lifecycle",
            "manifest-part", "policy-evaluation", "policy-version", "run-manifest", "run-start",
            "supplier", "test-result", "window", "workflow-change"}


class Evidence:
    """Puts into a log what leaves facts: all types of records, flags, refusals, a gate grant."""

    def __init__(self, log):
        self.log = log
        self.engine = Records(ISSUER, tenant="acme")
        self.service = self.engine.beside(APPROVER)
        self.outcomes, self.flags = {}, set()

    def say(self, records, type, **more):
        message = self.log.sign(cbor.dumps(records.make(type, **more)), issuer=records.issuer,
                                issued_at=records.sequence_number)
        reply = self.log.submit(message)
        self.outcomes.setdefault(reply.status, set()).add(type)
        self.flags.update(reply.headers.get("vouch-flags", "").split(", "))
        return message

    def say_all(self):
        self.say(self.engine, "identity", principal={"kind": "human", "id": "usr_approver"},
                 roles=["approver"])
        self.say(self.engine, "identity", principal={"kind": "human", "id": "usr_requester"})
        self.say(self.engine, "policy-version")
        self.say(self.engine, "run-start")
        self.say(self.engine, "approval-request", run_id=self.engine.run_id)
        self.service.at_ms = self.engine.at_ms
        self.say(self.service, "approval", run_id=self.engine.run_id)
        self.ask_gate()
        for type in TYPES:
            self.say(self.engine, type)
        message = self.say(self.engine, "test-result")
        self.log.submit(message)  # once more: no entry
        self.engine.sequence_number += 5
        self.say(self.engine, "test-result")  # a gap: flagged
        self.say(self.engine, "test-result", record_id=b"\0" * 16)  # no UUIDv7: refused

    def ask_gate(self):
        request = self.engine.made["approval-request"][1]
        question = {"tenant": "acme", "run_id": self.engine.run_id, "node_id": "step-0",
                    "action_digest": request["action_digest"], "granted_to": ISSUER}
        answer = self.log.ask("POST", "/v1/gate", cbor.dumps(question),
                              [("Content-Type", "application/cbor")])
        assert answer.item["outcome"] == "allow", answer.item


class ReindexTest(unittest.TestCase):
    def new_log(self, **options):
        log = Daemon(profile="observe", **options)
        self.addCleanup(log.close)
        self.database = log.log / "data/db"
        return log

    def reindex(self, log, *words, status=0, environment=None):
        result = subprocess.run([VOUCHD, "reindex", *words, log.log], capture_output=True,
                                text=True, timeout=PATIENCE, env=environment)
        self.assertEqual(status, result.returncode, result.stdout + result.stderr)
        self.assertNotIn("Sanitizer", result.stderr)
        return result.stdout + result.stderr

    def rows(self):
        """Every row but the epoch in the state, which each opening raises."""
        text = subprocess.run([STORE_ROWS, self.database], check=True, capture_output=True,
                              text=True).stdout
        rows = dict(line.split(" ") for line in text.splitlines())
        state = b"s".hex()
        rows[state] = rows[state][16:]
        return rows

    def change(self, key, *value):
        subprocess.run([STORE_ROWS, self.database, key, *value], check=True, capture_output=True)

    def facts(self, rows):
        return [key for key in rows if key.startswith(b"f".hex())]

    def evidence_log(self):
        log = self.new_log()
        evidence = Evidence(log)
        evidence.say_all()
        self.assertLessEqual(ADMITTED, evidence.outcomes[201])
        self.assertTrue(evidence.outcomes[422])
        self.assertIn("G4/seq-gap", evidence.flags)
        self.assertEqual(0, log.terminate())
        return log

    def test_everything_is_made_again(self):
        """Every row of a log with all types of records, flags, refusals and a grant is made again
        as it was, twice, and the log goes on."""
        log = self.evidence_log()
        before = self.rows()
        self.assertGreater(len(self.facts(before)), 100)
        for _ in range(2):
            self.assertIn("reindexed", self.reindex(log))
            self.assertEqual(before, self.rows())
        self.assertIn("missing 0, changed 0, foreign 0", self.reindex(log, "--check"))
        self.assertEqual(["db", "segments", "tiles"],
                         sorted(path.name for path in self.database.parent.iterdir()))
        log.start()
        self.assertEqual(201, log.submit(log.sign(issued_at=10**6)).status)

    def test_opaque_log(self):
        """In an opaque log it is the index by leaf hash."""
        log = self.new_log(opaque=True)
        for number in range(300):
            self.assertEqual(200, log.ask("POST", "/add", b"%d" % number).status)
        log.terminate()
        before = self.rows()
        for key in [key for key in before if key.startswith(b"l".hex())][::7]:
            self.change(key)
        self.assertIn("missing 43, changed 0, foreign 0",
                      self.reindex(log, "--check", status=DIFFERS))
        self.reindex(log)
        self.assertEqual(before, self.rows())

    def damage(self, rows):
        """Deletes one fact in five, alters some, adds one, and deletes rows of both indexes."""
        facts = self.facts(rows)
        for key in facts[::5]:
            self.change(key)
        for key in facts[1::50]:
            self.change(key, "00")
        self.change(b"f".hex() + "50" + "77" * 24, "00")
        for kind in (b"l", b"i"):
            for key in [key for key in rows if key.startswith(kind.hex())][:3]:
                self.change(key)
        return ("missing %d, changed %d, foreign 1"
                % (len(facts[::5]) + 6, len(facts[1::50])))

    def test_damage_is_found_and_repaired(self):
        """Rows that are missing, others or foreign are counted by --check, which changes nothing,
        and are right after a reindex."""
        log = self.evidence_log()
        before = self.rows()
        found = self.damage(before)
        damaged = self.rows()
        self.assertIn(found, self.reindex(log, "--check", status=DIFFERS))
        self.assertEqual(damaged, self.rows())
        self.reindex(log)
        self.assertEqual(before, self.rows())

    def test_killed_at_any_moment(self):
        """Killed before any call that a file system remembers, the log has its old rows or the new
        ones, and the next reindex ends well."""
        log = self.evidence_log()
        whole = self.rows()
        damaged = whole
        seen = set()
        environment = {**os.environ, "LD_PRELOAD": KILL_LIBRARY, "ASAN_OPTIONS":
                       os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        at = 0
        while True:
            if damaged is whole:
                self.change(self.facts(whole)[7])
                damaged = self.rows()
            environment["VOUCH_TEST_KILL_AT"] = str(at)
            process = subprocess.run([VOUCHD, "reindex", log.log], capture_output=True,
                                     timeout=PATIENCE, env=environment)
            if process.returncode == 0:
                break
            self.assertEqual(-signal.SIGKILL, process.returncode, process.stderr)
            found = self.rows()
            self.assertIn(found, (damaged, whole), at)
            seen.add(found == whole)
            damaged = whole if found == whole else damaged
            at += 1
        self.assertGreater(at, 12)
        self.assertEqual({False, True}, seen)
        self.assertEqual(whole, self.rows())
        log.start()

    def test_refuses_while_the_log_is_served(self):
        """A daemon's log is left alone, and a log that a reindex has is not served."""
        log = self.new_log()
        self.assertRegex(self.reindex(log, status=1), "open already")
        self.assertRegex(self.reindex(log, "--check", status=1), "open already")
        log.terminate()

    def test_entries_that_are_not_what_was_sealed(self):
        """An entry that was altered on disk ends it, and nothing has changed."""
        log = self.evidence_log()
        before = self.rows()
        segment = pathlib.Path(log.log / "data/segments/000000.entries")
        content = bytearray(segment.read_bytes())
        content[len(content) // 2] ^= 1
        segment.write_bytes(content)
        self.assertRegex(self.reindex(log, status=1), re.compile("vouchd: .*", re.DOTALL))
        self.assertEqual(before, self.rows())

    def test_facts_of_another_size(self):
        """A state whose facts are of an older tree does not open, and says what to do."""
        log = self.evidence_log()
        text = subprocess.run([STORE_ROWS, self.database], check=True, capture_output=True,
                              text=True).stdout
        state = dict(line.split(" ") for line in text.splitlines())[b"s".hex()]
        self.change(b"s".hex(), state[:-16] + "%016x" % 1)
        self.assertIn("vouchd reindex", log.refuse_to_start())
        self.reindex(log)
        log.start()

    def test_usage(self):
        """--check belongs to reindex, and one log is named."""
        log = self.new_log(start=False)
        self.reindex(log, "--nonsense", status=2)
        result = subprocess.run([VOUCHD, "compact", "--check", log.log], capture_output=True)
        self.assertEqual(2, result.returncode)


if __name__ == "__main__":
    unittest.main()
