"""Logs with witnesses, for tests."""
import unittest

from .daemon import Daemon, wait_until
from witness import Note, Witness, policy  # found by .daemon


class World(unittest.TestCase):
    """A log with witnesses; opaque unless a test is about records."""

    def log(self, opaque=True, witnesses=3, quorum=2, start=True, **config):
        log = Daemon(opaque=opaque, start=False, witness_policy_file="policy",
                     witness_interval_ms=0, **config)
        self.addCleanup(log.close)
        log.vkey = (log.log / "keys/checkpoint.vkey").read_text()
        self.witnesses = [self.witness(log, "witness.example/%d" % number)
                          for number in range(witnesses)]
        self.use_policy(log, self.witnesses, quorum)
        if start:
            log.start()
        return log

    def witness(self, log, name, **more):
        witness = Witness(name, log.vkey, **more)
        self.addCleanup(witness.close)
        return witness

    def use_policy(self, log, witnesses, quorum):
        (log.log / "policy").write_text(policy(witnesses, quorum, log.vkey))

    def add(self, log, text):
        reply = log.ask("POST", "/add", text.encode())
        self.assertEqual(200, reply.status, reply.body)
        return int(reply.body)

    def newest(self, log):
        return Note(log.ask("GET", "/v1/checkpoint/latest").body.decode())

    def witnessed(self, log):
        """The note at /checkpoint, None while there is none."""
        reply = log.ask("GET", "/checkpoint")
        if reply.status == 503:
            self.assertEqual("not-witnessed", reply.problem["code"])
            return None
        self.assertEqual(200, reply.status)
        return Note(reply.body.decode())

    def times(self, log):
        """When each witness signed the head that is shown."""
        return {name: int.from_bytes(signature[:8], "big")
                for name, _, signature in self.witnessed(log).signatures
                if name in [witness.name for witness in self.witnesses]}

    def wait_for(self, log, size):
        """Until a head of at least this size is witnessed; it has the quorum then."""
        def look():
            note = self.witnessed(log)
            return note if note is not None and note.size >= size else None
        note = wait_until(look, "size %d witnessed: %s" % (size, log.said().decode()))
        self.assertGreaterEqual(len(note.cosigners(self.witnesses)), 2)
        return note

    def said(self, log, *words):
        def look():
            return [line for line in log.said().decode().splitlines()
                    if all(word in line for word in words)]
        return wait_until(look, "%s in %s" % (words, log.said().decode()))
