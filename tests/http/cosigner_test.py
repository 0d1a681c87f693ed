#!/usr/bin/env python3
"""We are a witness (C2SP tlog-witness): what it cosigns, what it refuses, what it never forgets."""
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from support.cosigner import NAME, Cosigner
from support.daemon import PATIENCE, VOUCHD, wait_until
from support.wire import Closed, race
from tree_log import TreeLog, encode, root, subtree_proof  # found by support.daemon
import ed25519

VOUCH = os.environ["VOUCH"]


class World(unittest.TestCase):
    def cosigner(self, logs=None, **more):
        self.log = TreeLog()
        cosigner = Cosigner([self.log] if logs is None else logs, **more)
        self.addCleanup(cosigner.close)
        return cosigner

    def cosigned(self, reply, text, witness):
        """The time that a 200 states, its lines checked."""
        self.assertEqual((200, "text/plain; charset=utf-8"),
                         (reply.status, reply.headers["content-type"]), reply)
        *lines, end = reply.body.decode().split("\n")
        self.assertEqual("", end)
        return witness.times_of(text, lines)

    def refused(self, status, code, reply):
        self.assertEqual((status, code), (reply.status, reply.problem["code"]), reply)

    def conflict(self, size, reply):
        self.assertEqual((409, b"%d\n" % size, "text/x.tlog.size"),
                         (reply.status, reply.body, reply.headers["content-type"]))


class ProtocolTest(World):
    def setUp(self):
        self.witness = self.cosigner()

    def test_cosigns_what_extends_the_last_one(self):
        old = 0
        for size in (0, 1, 2, 3, 7, 8, 8, 64, 65, 300, 300):
            reply = self.witness.add(self.log.request(old, size))
            made = self.cosigned(reply, self.log.text(size), self.witness)
            self.assertLess(abs(made - time.time()), PATIENCE)
            self.assertEqual(size, self.witness.state(self.log).size)
            old = size

    def test_shows_the_last_one_with_the_signatures_of_both(self):
        self.assertEqual(404, self.witness.checkpoint(self.log).status)
        reply = self.witness.add(self.log.request(0, 5))
        shown = self.witness.checkpoint(self.log)
        self.assertEqual(self.log.checkpoint(5).encode() + reply.body, shown.body)
        self.assertEqual("no-store", shown.headers["cache-control"])
        self.assertEqual(404, self.witness.ask("GET", "/%s/checkpoint" % self.log.id.upper()).status)
        self.assertEqual(404, self.witness.ask("GET", "/abc/checkpoint").status)

    def test_keeps_only_signatures_it_verified(self):
        stranger = TreeLog("log.example/stranger")
        text = self.log.text(4)
        note = text + "\n" + stranger.line(text) + self.log.line(text)
        self.cosigned(self.witness.add(self.log.request(0, 4, checkpoint=note)), text, self.witness)
        self.assertNotIn(b"stranger", self.witness.checkpoint(self.log).body)

    def test_extension_lines_are_cosigned(self):
        text = self.log.text(4, extension="one more\nand another\n")
        note = text + "\n" + self.log.line(text)
        self.cosigned(self.witness.add(self.log.request(0, 4, checkpoint=note)), text, self.witness)

    def test_unknown_origin(self):
        self.refused(404, "not-found", self.witness.add(TreeLog("other.example").request(0, 4)))

    def test_no_signature_by_the_log(self):
        text = self.log.text(4)
        stranger = TreeLog("log.example/stranger")
        impostor = TreeLog(key=stranger.key)  # the log's name, another key
        for line in (stranger.line(text), impostor.line(text)):
            self.refused(403, "signature", self.witness.add(
                self.log.request(0, 4, checkpoint=text + "\n" + line)))

    def test_a_broken_signature_spoils_a_good_one(self):
        text, other = self.log.text(4), self.log.text(5)
        for lines in (self.log.line(other), self.log.line(text) + self.log.line(other),
                      self.log.line(other) + self.log.line(text)):
            self.refused(403, "signature", self.witness.add(
                self.log.request(0, 4, checkpoint=text + "\n" + lines)))

    def test_malformed(self):
        good = self.log.request(2, 4)
        cases = {
            "empty": b"", "no old": good[6:], "old -1": b"old -1" + good[5:],
            "old 02": b"old 02" + good[5:], "old": good.replace(b"old 2", b"old"),
            "two spaces": good.replace(b"old 2", b"old  2"), "hex": good.replace(b"old 2", b"old 0x2"),
            "crlf": good.replace(b"\n", b"\r\n"), "no empty line": good.replace(b"\n\n", b"\n", 1),
            "short hash": self.log.request(2, 4, hashes=[b"\0" * 31]),
            "64 hashes": self.log.request(2, 4, hashes=[b"\0" * 32] * 64),
            "no signature": good[:good.rindex(b"\n\n") + 2],
            "no newline at end": good[:-1], "nul": good.replace(b"log.example", b"log.\0xample"),
            "latin-1": good.replace(b"log.example", b"log.\xe9xample"),
        }
        for name, body in cases.items():
            with self.subTest(name):
                self.refused(400, "bad-parameter", self.witness.add(body))

    def test_old_size_above_the_checkpoint(self):
        self.refused(400, "bad-parameter", self.witness.add(self.log.request(9, 4, hashes=[])))

    def test_conflict_names_the_size(self):
        self.conflict(0, self.witness.add(self.log.request(3, 4)))
        self.witness.add(self.log.request(0, 6))
        for old, new in ((0, 6), (0, 9), (5, 6), (5, 9), (0, 3), (2, 2)):
            self.conflict(6, self.witness.add(self.log.request(old, new)))
        self.conflict(6, self.witness.add(self.log.request(7, 9)))

    def test_wrong_proofs(self):
        self.witness.add(self.log.request(0, 6))
        right = self.log.proof(6, 11)
        wrong = [right[:-1], right[1:], right + right[:1], right[::-1], [], [b"\0" * 32] * 63,
                 self.log.proof(5, 11)]
        wrong += [[bytes([hash[0] ^ 1]) + hash[1:] if i == k else hash
                   for i, hash in enumerate(right)] for k in range(len(right))]
        for hashes in wrong:
            self.refused(422, "inconsistent", self.witness.add(
                self.log.request(6, 11, hashes=hashes)))
        self.cosigned(self.witness.add(self.log.request(6, 11)), self.log.text(11), self.witness)

    def test_a_proof_where_none_belongs(self):
        self.refused(422, "inconsistent", self.witness.add(
            self.log.request(0, 6, hashes=[b"\0" * 32])))
        self.witness.add(self.log.request(0, 6))
        self.refused(422, "inconsistent", self.witness.add(
            self.log.request(6, 6, hashes=[b"\0" * 32])))

    def test_an_empty_tree_has_one_root(self):
        text = "%s\n0\n%s\n" % (self.log.origin, encode(b"\0" * 32))
        note = text + "\n" + self.log.line(text)
        self.refused(422, "inconsistent", self.witness.add(self.log.request(0, 0, checkpoint=note)))

    def test_another_tree_of_the_same_size(self):
        self.witness.add(self.log.request(0, 6))
        fork = TreeLog(seed=b"fork", shared=5)
        self.refused(422, "inconsistent", self.witness.add(fork.request(6, 6)))
        self.refused(422, "inconsistent", self.witness.add(fork.request(6, 9)))
        self.assertIn(b"inconsistent-checkpoint origin=log.example/tree size=9 cosigned=6",
                      self.witness.said())
        self.assertEqual(self.log.text(6), self.witness.state(self.log).text)

    def test_two_trees_of_one_size_are_proof(self):
        self.witness.add(self.log.request(0, 6))
        fork = TreeLog(seed=b"fork", shared=5)
        for _ in range(2):  # kept once
            self.refused(422, "inconsistent", self.witness.add(fork.request(6, 6)))
        proof = self.witness.log / "evidence" / ("%s-6.fork-proof" % self.log.id)
        self.assertIn(("fork origin=%s size=6 proof=%s" % (self.log.origin, proof)).encode(),
                      self.witness.said())
        self.assertEqual([proof], list(proof.parent.iterdir()))
        vkey = self.witness.directory / "log.vkey"
        vkey.write_text(self.log.vkey)
        verdict = subprocess.run([VOUCH, "verify", proof, "--vkey", vkey], capture_output=True,
                                 text=True)
        self.assertEqual(30, verdict.returncode, verdict)

    def test_a_wrong_proof_is_no_proof(self):
        self.witness.add(self.log.request(0, 6))
        self.refused(422, "inconsistent", self.witness.add(self.log.request(6, 9, hashes=[])))
        self.assertFalse((self.witness.log / "evidence").exists())

    def test_too_long(self):
        text = self.log.text(4, extension=("x" * 1000 + "\n") * 17)
        note = text + "\n" + self.log.line(text)
        self.refused(400, "bad-parameter", self.witness.add(
            self.log.request(0, 4, checkpoint=note)))
        self.refused(413, "too-large", self.witness.add(b"old 0\n" * 30000))

    def test_methods(self):
        self.assertEqual(405, self.witness.ask("GET", "/add-checkpoint").status)
        self.assertEqual(404, self.witness.ask("POST", "/add").status)
        self.assertEqual(200, self.witness.ask("GET", "/healthz").status)
        self.assertEqual(200, self.witness.ask("GET", "/readyz").status)

    def test_metrics_count_results(self):
        self.witness.add(self.log.request(0, 6))
        self.witness.add(self.log.request(0, 6))
        self.witness.add(b"")
        text = self.witness.ask("GET", "/metrics").body.decode()
        for line in ('vouch_cosigner_requests_total{result="cosigned"} 1',
                     'vouch_cosigner_requests_total{result="conflict"} 1',
                     'vouch_cosigner_requests_total{result="malformed"} 1',
                     "vouch_cosigner_logs 1", "vouch_cosigner_logs_cosigned 1"):
            self.assertIn("\n" + line + "\n", text)

    def test_one_changed_byte_is_never_cosigned(self):
        self.witness.add(self.log.request(0, 6))
        body = self.log.request(6, 11)
        made = random.Random(1)
        with self.witness.connect() as wire:
            for _ in range(400):
                at = made.randrange(len(body))
                changed = body[:at] + bytes([body[at] ^ 1 << made.randrange(8)]) + body[at + 1:]
                reply = wire.ask("POST", "/add-checkpoint", changed)
                self.assertIn(reply.status, (400, 403, 404, 409, 422), changed)
        self.cosigned(self.witness.add(body), self.log.text(11), self.witness)

    def test_of_two_forks_at_once_one_is_cosigned(self):
        old = 0
        for size in range(3, 33, 3):
            logs = [TreeLog(seed=b"%d" % n, shared=old) for n in range(8)]
            logs = [TreeLog(seed=b"%d" % n) for n in range(8)] if old == 0 else logs
            for log in logs:
                log.leaves[:old] = self.log.leaves[:old]
                log.shared = old
            replies = race(self.witness.port, [("POST", "/add-checkpoint", log.request(old, size), ())
                                               for log in logs])
            won = [log for log, reply in zip(logs, replies) if reply.status == 200]
            self.assertEqual(1, len(won), replies)
            for reply in replies:
                if reply.status != 200:
                    self.conflict(size, reply)
            self.log.leaves = won[0].leaves
            self.assertEqual(won[0].text(size), self.witness.state(self.log).text)
            old = size

    def test_many_logs_at_once(self):
        logs = [TreeLog("log.example/%d" % n) for n in range(40)]
        self.witness.list(logs)
        self.witness.process.send_signal(signal.SIGHUP)
        wait_until(lambda: b" reloaded " in self.witness.said(), "reload")
        for old, new in ((0, 5), (5, 9)):
            replies = race(self.witness.port, [("POST", "/add-checkpoint", log.request(old, new), ())
                                               for log in logs])
            for log, reply in zip(logs, replies):
                self.cosigned(reply, log.text(new), self.witness)
        for log in logs:
            self.assertEqual(9, self.witness.state(log).size)


class SubtreeTest(World):
    """Where OpenSSL has ML-DSA-44; elsewhere there is no such route."""

    def setUp(self):
        self.witness = self.cosigner()
        if self.witness.mldsa_id is None:
            self.assertEqual(404, self.witness.ask("POST", "/sign-subtree", b"").status)
            self.skipTest("this OpenSSL has no ML-DSA-44")
        self.witness.add(self.log.request(0, 14))
        self.cosigned_note = self.witness.checkpoint(self.log).body.decode()

    def request(self, begin, end, size=14, hashes=None, hash=None, note=None):
        leaves = self.log.leaves
        hash = root(leaves[begin:end]) if hash is None else hash
        hashes = subtree_proof(leaves[:size], begin, end) if hashes is None else hashes
        lines = "".join(encode(each) + "\n" for each in [hash, *hashes])
        body = "subtree %d %d\n%s\n%s" % (begin, end, lines, note or self.cosigned_note)
        return self.witness.ask("POST", "/sign-subtree", body.encode())

    def test_signs_every_subtree(self):
        for begin, end in ((8, 13), (0, 14), (0, 5), (4, 8), (13, 14), (8, 14), (12, 14)):
            reply = self.request(begin, end)
            self.assertEqual(200, reply.status, reply)
            line, rest = reply.body.decode().split("\n")
            self.assertEqual("", rest)
            self.assertEqual(bytes(8), self.witness.mldsa_blob(line)[:8])  # no time

    def test_what_is_no_subtree(self):
        for begin, end in ((8, 15), (5, 8), (4, 13), (8, 8), (9, 8)):
            self.refused(400, "bad-parameter", self.request(begin, end, hashes=[], hash=bytes(32)))
        self.refused(400, "bad-parameter", self.witness.ask("POST", "/sign-subtree", b"subtree 0"))

    def test_wrong_proofs(self):
        right = subtree_proof(self.log.leaves[:14], 8, 13)
        for hashes in (right[1:], right[:-1], right[::-1], right + right[:1], []):
            self.refused(422, "inconsistent", self.request(8, 13, hashes=hashes))
        self.refused(422, "inconsistent", self.request(8, 13, hash=bytes(32)))

    def test_only_what_it_cosigned(self):
        self.refused(403, "signature", self.request(8, 13, note=self.log.checkpoint(14)))
        self.log.grow(20)
        text, lines = self.cosigned_note.split("\n\n")
        other = self.log.text(16) + "\n" + lines
        self.refused(403, "signature", self.request(8, 13, size=16, note=other))

    def test_unknown_origin(self):
        self.witness.list([])
        self.witness.process.send_signal(signal.SIGHUP)
        wait_until(lambda: b" reloaded " in self.witness.said(), "reload")
        self.refused(404, "not-found", self.request(8, 13))


class ListTest(World):
    def test_sighup_reads_the_list_again(self):
        witness = self.cosigner(logs=[])
        self.refused(404, "not-found", witness.add(self.log.request(0, 4)))
        witness.list([self.log])
        witness.process.send_signal(signal.SIGHUP)
        wait_until(lambda: witness.said().count(b" reloaded "), "reload")
        self.cosigned(witness.add(self.log.request(0, 4)), self.log.text(4), witness)
        (witness.log / "logs.txt").write_text("log nonsense\n")
        witness.process.send_signal(signal.SIGHUP)
        wait_until(lambda: b"reload-failed" in witness.said(), "refusal")
        self.assertIn(b"logs.txt: line 1: ", witness.said())
        self.cosigned(witness.add(self.log.request(4, 6)), self.log.text(6), witness)

    def test_a_log_that_left_the_list_is_remembered(self):
        witness = self.cosigner()
        witness.add(self.log.request(0, 4))
        witness.list([])
        witness.terminate()
        witness.start()
        self.assertEqual(404, witness.add(self.log.request(4, 6)).status)
        self.assertEqual(4, witness.state(self.log).size)
        witness.list([self.log])
        witness.terminate()
        witness.start()
        self.conflict(4, witness.add(self.log.request(0, 6)))

    def test_the_list_of_the_witness_network(self):
        witness = self.cosigner(logs=[])
        origin = "a log with spaces"
        log = TreeLog("log.example/key")
        (witness.log / "logs.txt").write_text(
            "# comment\n\nlogs/v0\n\nvkey %s\norigin %s\nbastion none\nqpd 24\ncontact someone\n"
            % (log.vkey, origin))
        witness.process.send_signal(signal.SIGHUP)
        wait_until(lambda: b" reloaded " in witness.said(), "reload")
        text = log.text(4).replace(log.origin, origin, 1)
        self.cosigned(witness.add(log.request(0, 4, checkpoint=text + "\n" + log.line(text))), text,
                      witness)

    def test_a_log_may_have_two_keys(self):
        first, second = TreeLog(), TreeLog(key=ed25519.Key(b"2" * 32))
        witness = self.cosigner(logs=[first, second])
        self.cosigned(witness.add(first.request(0, 4)), first.text(4), witness)
        self.cosigned(witness.add(second.request(4, 6)), second.text(6), witness)

    def test_a_key_that_cannot_be_verified_is_an_error(self):
        witness = self.cosigner(start=False)
        (witness.log / "logs.txt").write_text("log log.example+00000000+AkFB\n")
        said = witness.refuse_to_start()
        self.assertIn("line 1: key type 0x02 is not known", said)


class LimitTest(World):
    def test_a_log_that_asks_too_often_waits(self):
        witness = self.cosigner(log_requests_per_day=240)
        statuses, old = [], 0
        for size in range(1, 13):
            reply = witness.add(self.log.request(old, size))
            statuses.append(reply.status)
            if reply.status == 200:
                old = size
        self.assertEqual([200] * 10 + [429] * 2, statuses)
        self.refused(429, "rate", reply)
        self.assertIn(int(reply.headers["retry-after"]), range(300, 361))
        self.conflict(10, witness.add(self.log.request(0, 12)))  # whoever sends this is not counted

    def test_an_address_that_asks_too_often_waits(self):
        witness = self.cosigner(client_requests_per_s=1)
        statuses = [witness.add(b"").status for _ in range(15)]
        self.assertEqual([400] * 10, statuses[:10])
        self.assertEqual(429, statuses[-1])
        self.assertEqual(200, witness.ask("GET", "/healthz").status)


class MemoryTest(World):
    def test_restart(self):
        witness = self.cosigner()
        witness.add(self.log.request(0, 6))
        for stop in (witness.terminate, lambda: (witness.process.kill(), witness.process.wait())):
            stop()
            witness.start()
            self.conflict(6, witness.add(self.log.request(0, 9)))
            self.assertEqual(self.log.text(6), witness.state(self.log).text)
        self.cosigned(witness.add(self.log.request(6, 9)), self.log.text(9), witness)

    def test_killed_before_any_sync_it_forgets_nothing(self):
        """After each death it knows all that it sent, and goes on from there."""
        at, sent, witness = 0, 0, self.cosigner(start=False)
        ended = False
        while not ended:
            self.assertLess(at, 200)
            size, sent = self.run_until_killed(witness, at, sent)
            ended = witness.process.poll() is None
            if ended:
                witness.terminate()
            witness.start()
            state = witness.state(self.log)
            held = 0 if state is None else state.size
            self.assertIn(held, (sent, size), at)  # what was sent, or what was being committed
            if held > 0:
                self.assertEqual(self.log.text(held), state.text)
            sent = held
            witness.terminate()
            at += 1
        self.assertGreater(at, 8)

    def run_until_killed(self, witness, at, sent):
        """-> the size that was asked for last, and the one that was cosigned last."""
        try:
            witness.start_with(LD_PRELOAD=os.environ["KILL_LIBRARY"], VOUCH_TEST_KILL_AT=str(at))
        except AssertionError:
            return sent, sent
        size = sent
        try:
            for _ in range(3):
                size = sent + 1
                reply = witness.add(self.log.request(sent, size))
                self.assertEqual(200, reply.status, reply)
                sent = size
        except Exception as error:  # the connection ended with the process
            if isinstance(error, AssertionError):
                raise
            witness.process.wait(PATIENCE)
        return size, sent

    def test_killed_under_load_it_forgets_nothing(self):
        """Many logs at once, and a death at any moment: every cosignature that came is known."""
        logs = [TreeLog("log.example/%d" % n) for n in range(16)]
        witness = self.cosigner(logs=logs, start=False)
        sent = dict.fromkeys(logs, 0)
        for log in logs:
            log.requests = [log.request(size, size + 1) for size in range(40)]
        made = random.Random(7)
        for _ in range(6):
            at = str(made.randrange(20, 60))
            witness.start_with(LD_PRELOAD=os.environ["KILL_LIBRARY"], VOUCH_TEST_KILL_AT=at)
            threads = [threading.Thread(target=self.grow, args=(witness, log, sent))
                       for log in logs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if witness.process.poll() is None:
                witness.process.kill()
            witness.process.wait(PATIENCE)
            witness.start()
            for log in logs:
                state = witness.state(log)
                held = 0 if state is None else state.size
                self.assertIn(held, (sent[log], sent[log] + 1))
                sent[log] = held
            witness.terminate()
        self.assertGreater(sum(sent.values()), 30)

    @staticmethod
    def grow(witness, log, sent):
        """Until the daemon dies: one checkpoint after the other, each when the last is answered."""
        try:
            with witness.connect() as wire:
                for body in log.requests[sent[log]:]:
                    if wire.ask("POST", "/add-checkpoint", body).status == 200:
                        sent[log] += 1
        except (Closed, OSError):
            pass

    def test_a_full_disk_ends_it_without_an_answer(self):
        """What it could not put on disk it has not sent, and all that it sent is on disk."""
        logs = [TreeLog("log.example/%d" % n) for n in range(200)]
        witness = self.cosigner(logs=logs, start=False)
        limit = 16384  # bytes of any file
        witness.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
                      restore_signals=False)  # so that writing fails, and does not kill
        sent = []
        with self.assertRaises(Closed):
            for log in logs:
                self.cosigned(witness.add(log.request(0, 2)), log.text(2), witness)
                sent.append(log)
        self.assertEqual(1, witness.process.wait(PATIENCE))
        self.assertIn(b" error commit-failed ", witness.said())
        self.assertGreater(len(sent), 2)  # with two signatures each it holds few
        witness.start()
        for log in sent:
            self.assertEqual(log.text(2), witness.state(log).text)
        self.assertLessEqual(witness.metric("vouch_cosigner_logs_cosigned"), len(sent) + 1)
        self.cosigned(witness.add(logs[0].request(2, 5)), logs[0].text(5), witness)

    def test_a_copy_is_refused_until_it_is_adopted(self):
        witness = self.cosigner()
        witness.add(self.log.request(0, 6))
        witness.terminate()
        copy = witness.directory / "copy"
        shutil.copytree(witness.log, copy)
        original, witness.log = witness.log, copy
        self.assertIn("is a copy", witness.refuse_to_start())
        done = subprocess.run([VOUCHD, "adopt", copy], capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        witness.start()
        self.conflict(6, witness.add(self.log.request(0, 9)))
        self.assertTrue(original.exists())

    def test_a_database_from_yesterday_is_refused_even_when_adopted(self):
        witness = self.cosigner()
        witness.add(self.log.request(0, 6))
        witness.terminate()
        shutil.copytree(witness.log / "data", witness.directory / "yesterday")
        witness.start()
        witness.add(self.log.request(6, 9))
        witness.add(self.log.request(9, 12))
        witness.terminate()
        shutil.rmtree(witness.log / "data")
        shutil.copytree(witness.directory / "yesterday", witness.log / "data")
        self.assertIn("one of them is older", witness.refuse_to_start())
        done = subprocess.run([VOUCHD, "adopt", witness.log], capture_output=True, text=True)
        self.assertEqual(1, done.returncode)
        self.assertIn("one of them is older", done.stderr)

    def test_a_mark_from_yesterday_is_refused(self):
        witness = self.cosigner()
        witness.add(self.log.request(0, 6))
        witness.terminate()
        mark = (witness.log / "mark").read_bytes()
        witness.start()
        witness.add(self.log.request(6, 9))
        witness.add(self.log.request(9, 12))
        witness.terminate()
        with open(witness.log / "mark", "r+b") as file:
            file.write(mark)
        self.assertIn("one of them is older", witness.refuse_to_start())

    def test_one_daemon_at_a_time(self):
        witness = self.cosigner()
        done = subprocess.run([VOUCHD, witness.log], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(1, done.returncode)
        self.assertIn("in use by another process", done.stderr)

    def test_another_key_or_name_is_refused(self):
        witness = self.cosigner(start=False, name="witness.example/w2")
        self.assertIn("this is the ledger of " + NAME, witness.refuse_to_start())


class ClockTest(World):
    def start(self):
        self.clock = tempfile_clock(self)
        witness = self.cosigner(start=False)
        witness.start_with(LD_PRELOAD=os.environ["CLOCK_LIBRARY"], VOUCH_TEST_CLOCK=self.clock)
        return witness

    def set_clock(self, seconds):
        with open(self.clock, "r+b") as file:
            file.write((seconds * 1000).to_bytes(8, "little"))

    def test_a_later_tree_is_never_of_an_earlier_time(self):
        witness = self.start()
        made = [self.cosigned(witness.add(self.log.request(0, 2)), self.log.text(2), witness)]
        self.set_clock(1_800_000_000 - 30)
        made.append(self.cosigned(witness.add(self.log.request(2, 4)), self.log.text(4), witness))
        self.set_clock(1_800_000_000 - 61)
        self.refused(503, "busy", witness.add(self.log.request(4, 6)))
        self.assertIn(b"clock-back now=1799999939 cosigned=1800000000", witness.said())
        self.set_clock(1_900_000_000)
        made.append(self.cosigned(witness.add(self.log.request(4, 6)), self.log.text(6), witness))
        self.assertEqual([1_800_000_000, 1_800_000_000, 1_900_000_000], made)


def tempfile_clock(test):
    handle, path = tempfile.mkstemp(prefix="vouch-clock-")
    os.write(handle, (1_800_000_000 * 1000).to_bytes(8, "little"))
    os.close(handle)
    test.addCleanup(os.unlink, path)
    return path


if __name__ == "__main__":
    unittest.main()
