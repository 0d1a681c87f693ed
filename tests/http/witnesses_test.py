#!/usr/bin/env python3
"""The log asks witnesses: what is shown is what the quorum has signed, whatever single ones do."""
import json
import os
import shutil
import signal
import subprocess
import threading
import unittest

os.environ["no_proxy"] = "*"

from support.daemon import VOUCHD, Daemon, wait_until  # noqa: E402
from support.witnessed import World  # noqa: E402
from own_witness import OwnWitness  # noqa: E402, found by support.daemon, like the next
from witness import Note, Witness, vkey  # noqa: E402


VOUCH = os.environ["VOUCH"]


class WitnessesTest(World):
    def test_the_checkpoint_has_the_quorum(self):
        log = self.log()
        for number in range(20):
            size = self.add(log, "entry %d" % number) + 1
        note = self.wait_for(log, size)
        self.assertEqual(self.newest(log).root, note.root)
        wait_until(lambda: len(self.witnessed(log).cosigners(self.witnesses)) == 3, "the third")
        self.assertEqual(size, log.metric("vouch_tree_witnessed_size"))
        self.assertEqual(3, log.metric("vouch_witness_cosignatures"))

    def test_seals_name_the_witnessed_head(self):
        log = self.log(opaque=False)
        first = self.wait_for(log, 1)
        self.assertEqual(201, log.submit(log.sign()).status)
        size = self.newest(log).size
        seal = log.ask("GET", "/v1/entries/%d" % (size - 1), headers=[("Accept", "application/json")])
        named = seal.item["records"][0]["witnessed_head"]
        self.assertEqual(first.size, named["size"])
        self.wait_for(log, size)
        run = subprocess.run([VOUCH, "audit", "http://127.0.0.1:%d" % log.port, "--policy",
                              log.log / "policy", "--replay"], capture_output=True, text=True)
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)

    def test_without_a_quorum_the_newest_head_is_shown(self):
        log = self.log(quorum=None)
        size = self.add(log, "one") + 1
        self.assertEqual(size, self.witnessed(log).size)
        wait_until(lambda: len(self.witnessed(log).cosigners(self.witnesses)) == 3, "cosignatures")

    def test_a_witness_that_is_down_delays_nobody(self):
        log = self.log()
        self.witnesses[0].close()
        self.wait_for(log, self.add(log, "one") + 1)
        self.said(log, "witness-failed", "name=w0")
        self.witnesses[0].open(self.witnesses[0].port)
        self.said(log, "witness-again", "name=w0")

    def test_a_slow_witness_delays_nobody(self):
        log = self.log(start=False)
        free = threading.Event()
        self.addCleanup(free.set)
        self.witnesses[1].answer = lambda body: free.wait(30) and None
        log.start()
        for number in range(5):
            note = self.wait_for(log, self.add(log, "entry %d" % number) + 1)
            self.assertNotIn(self.witnesses[1].name, note.cosigners(self.witnesses))
        self.assertLessEqual(self.witnesses[1].requests, 1)  # never more than one at a time
        free.set()
        wait_until(lambda: len(self.witnessed(log).cosigners(self.witnesses)) == 3, "the slow one")

    def test_garbage_is_named_and_not_shown(self):
        log = self.log(start=False)
        self.witnesses[2].answer = lambda body: (200, b"garbage\n")
        log.start()
        note = self.wait_for(log, self.add(log, "one") + 1)
        self.assertEqual(2, len(note.cosigners(self.witnesses)))
        self.assertIn("no list of signatures", self.said(log, "witness-failed", "name=w2")[0])
        self.assertGreater(log.metric('vouch_witness_requests_total{witness="w2",result="bad"}'), 0)

    def test_a_cosignature_of_another_tree_is_named_and_not_shown(self):
        log = self.log(start=False)
        witness = self.witnesses[0]

        def lie(body):
            text = Note(body.decode().split("\n\n", 1)[1]).text
            other = text.split("\n")
            other[2] = "A" * 43 + "="
            return 200, witness.line(witness.sign("\n".join(other))).encode()
        witness.answer = lie
        log.start()
        note = self.wait_for(log, self.add(log, "one") + 1)
        self.assertNotIn(witness.name, [name for name, _, _ in note.signatures])
        self.assertIn("signature of the witness is wrong",
                      self.said(log, "witness-failed", "name=w0")[0])

    def test_a_witness_that_answers_with_conflicts_for_ever(self):
        log = self.log(start=False)
        self.witnesses[0].answer = lambda body: (409, b"0\n")
        log.start()
        self.wait_for(log, self.add(log, "one") + 1)
        self.said(log, "witness-failed", "name=w0", "it says so whatever proof it is given")

    def test_a_bare_number_beyond_us_is_named_and_never_freezes(self):
        log = self.log(start=False)
        self.witnesses[0].answer = lambda body: (409, b"1000\n")
        log.start()
        self.said(log, "witness-failed", "name=w0", "it holds size 1000", "without a signed head")
        self.wait_for(log, self.add(log, "one") + 1)
        self.assertEqual(200, log.ask("GET", "/readyz").status)

    def test_a_witness_that_returns_to_an_old_state_is_named_and_caught_up(self):
        log = self.log()
        self.wait_for(log, self.add(log, "one") + 1)
        wait_until(lambda: self.witnesses[0].held is not None and self.witnesses[0].held.size == 1,
                   "witness 0")
        old = self.witnesses[0].held
        size = self.add(log, "two") + 1
        wait_until(lambda: self.witnesses[0].held.size == size, "witness 0 again")
        self.witnesses[0].held = old
        size = self.add(log, "three") + 1
        self.said(log, "witness-failed", "name=w0", "it has cosigned more, and lost it")
        wait_until(lambda: self.witnesses[0].held.size == size, "caught up")

    def test_quorum_lost_and_found(self):
        log = self.log()
        first = self.wait_for(log, self.add(log, "one") + 1)
        for witness in self.witnesses[:2]:
            witness.close()
        size = self.add(log, "two") + 1
        wait_until(lambda: self.witnesses[2].held.size == size, "the third witness")
        self.assertEqual(first.size, self.witnessed(log).size)
        self.assertEqual(size, self.newest(log).size)
        self.witnesses[1].open(self.witnesses[1].port)
        self.wait_for(log, size)

    def test_an_idle_head_is_cosigned_again(self):
        log = self.log(heartbeat_interval_ms=1000)
        size = self.add(log, "one") + 1
        self.wait_for(log, size)
        wait_until(lambda: len(self.times(log)) == 3, "the third")
        before = self.times(log)
        self.witnesses[2].close()
        wait_until(lambda: all(self.times(log)[witness.name] > before[witness.name] + 1
                               for witness in self.witnesses[:2]), "newer cosignatures")
        note = self.witnessed(log)
        self.assertEqual((size, 4), (note.size, len(note.signatures)))
        self.assertEqual(3, len(note.cosigners(self.witnesses)))
        self.witnesses[2].open(self.witnesses[2].port)
        wait_until(lambda: self.times(log)[self.witnesses[2].name] >
                   before[self.witnesses[2].name] + 1, "the third again")
        self.assertEqual(size, self.newest(log).size)

    def test_what_was_witnessed_survives_a_restart(self):
        log = self.log()
        self.wait_for(log, self.add(log, "one") + 1)
        log.terminate()
        for witness in self.witnesses:
            witness.close()
        log.start()
        self.assertEqual(1, self.witnessed(log).size)
        size = self.add(log, "two") + 1  # it serves at once
        for witness in self.witnesses:
            witness.open(witness.port)
        self.wait_for(log, size)

    def test_another_policy_after_a_signal(self):
        log = self.log()
        first = self.wait_for(log, self.add(log, "one") + 1)
        newcomer = self.witness(log, "witness.example/new")
        self.use_policy(log, [newcomer], 1)
        log.process.send_signal(signal.SIGHUP)
        wait_until(lambda: newcomer.held is not None and newcomer.held.size == 1, "the new witness")
        wait_until(lambda: (self.witnessed(log) or first).cosigners([newcomer]), "its cosignature")

    def test_a_policy_that_cannot_be_used_changes_nothing(self):
        log = self.log()
        (log.log / "policy").write_text("quorum nobody\n")
        log.process.send_signal(signal.SIGHUP)
        self.said(log, "reload-failed", "nobody")
        self.wait_for(log, self.add(log, "one") + 1)

    def test_policies_that_cannot_be_used_are_refused(self):
        other = Daemon(opaque=True, start=False)
        self.addCleanup(other.close)
        log = self.log(start=False)
        text = (log.log / "policy").read_text()
        (log.log / "policy").write_text(text.replace(self.witnesses[1].url + "/", ""))
        self.assertIn("witness w1 has no URL", log.refuse_to_start())
        self.use_policy(log, self.witnesses, 2)
        theirs = (other.log / "keys/checkpoint.vkey").read_text()
        (log.log / "policy").write_text(text.replace(log.vkey.strip(), theirs.strip()))
        self.assertIn("this log and its checkpoint key are not among", log.refuse_to_start())
        self.use_policy(log, self.witnesses, 2)
        log.configure(witness_monitoring=[{"name": "w9", "url": "http://127.0.0.1:1"}])
        self.assertIn("the policy has no witness w9", log.refuse_to_start())
        log.configure(witness_monitoring=[{"name": "w0", "url": "ftp://127.0.0.1:1"}])
        self.assertIn("witness_monitoring, item 0", log.refuse_to_start())
        log.configure(witness_monitoring=[])
        (log.log / "policy").unlink()
        self.assertIn("policy", log.refuse_to_start())


class TwoKeysTest(World):
    """One witness that the policy has two keys of, as two witnesses with one URL."""

    def world(self, signs_with_both=True):
        log = self.log(witnesses=2, start=False)
        first, second = self.witnesses
        second.close()
        self.asked = []  # (size, status)

        def answer(body):
            note = Note(body.decode().split("\n\n", 1)[1])
            status, lines = first.add_checkpoint(body.decode())
            if status == 200 and signs_with_both:
                lines += second.line(second.sign(note.text)).encode()
            self.asked.append((note.size, status))
            return status, lines
        first.answer = answer
        text = (log.log / "policy").read_text()
        (log.log / "policy").write_text(text.replace(second.url, first.url))
        return log

    def test_it_is_asked_once_for_a_head(self):
        log = self.world()
        log.start()
        for number in range(10):
            self.wait_for(log, self.add(log, "entry %d" % number) + 1)
        self.assertEqual([(size, 200) for size in sorted({size for size, _ in self.asked})],
                         self.asked)

    def test_a_key_that_does_not_sign_is_named(self):
        log = self.world(signs_with_both=False)
        log.start()
        self.add(log, "one")
        self.said(log, "witness-failed", "name=w1 ", "no signature by the key of the witness")
        self.assertNotIn("name=w0", log.said().decode())
        self.assertIsNone(self.witnessed(log))


class OwnWitnessTest(World):
    """The same with witnesses of ours."""

    def log(self, **config):
        log = super().log(witnesses=0, quorum=None, start=False, **config)
        self.witnesses = [OwnWitness(log.vkey, log.directory / ("w%d" % number), number)
                          for number in range(3)]
        for witness in self.witnesses:
            self.addCleanup(witness.close)
        self.use_policy(log, self.witnesses, 2)
        log.start()
        return log

    def test_one_is_killed_and_comes_back(self):
        log = self.log()
        for number in range(10):
            self.add(log, "entry %d" % number)
        self.wait_for(log, 10)
        self.witnesses[0].close()
        self.wait_for(log, self.add(log, "one is down") + 1)
        self.witnesses[0].start()
        size = self.add(log, "and up again") + 1
        self.wait_for(log, size)
        wait_until(lambda: len(self.witnessed(log).cosigners(self.witnesses)) == 3, "all three")

    def test_an_idle_head_is_cosigned_again(self):
        log = self.log(heartbeat_interval_ms=1000)
        self.wait_for(log, self.add(log, "one") + 1)
        wait_until(lambda: len(self.times(log)) == 3, "all three")
        before = self.times(log)
        wait_until(lambda: all(time > before[name] + 1 for name, time in self.times(log).items()),
                   "newer cosignatures")
        self.assertEqual(3, len(self.witnessed(log).cosigners(self.witnesses)))

    def test_a_roll_back_is_noticed(self):
        log = self.log()
        self.wait_for(log, self.add(log, "yesterday") + 1)
        log.terminate()
        shutil.copytree(log.log, log.directory / "copy")
        log.start()
        size = self.add(log, "today") + 1
        self.wait_for(log, size)
        log.terminate()
        shutil.rmtree(log.log)
        shutil.copytree(log.directory / "copy", log.log)
        log.start()
        self.said(log, "frozen", "this log signed a head of size %d" % size)


class MldsaTest(World):
    """Witnesses whose keys in the policy are for ML-DSA-44, with and without an OpenSSL for them."""

    def policy_of(self, log, needed):
        """w0 has such a key, w1 and w2 have others; needed: how many of the three."""
        lines = [witness.policy_line(number) for number, witness in enumerate(self.witnesses)]
        lines[0] = "witness w0 %s %s\n" % (self.vkey, self.witnesses[0].url)
        (log.log / "policy").write_text("log %s\n%sgroup enough %d w0 w1 w2\nquorum enough\n" % (
            log.vkey.strip(), "".join(lines), needed))

    def world(self, needed):
        log = self.log(witnesses=0, quorum=None, start=False)
        self.witnesses = [OwnWitness(log.vkey, log.directory / ("w%d" % number), number)
                          for number in range(3)]
        for witness in self.witnesses:
            self.addCleanup(witness.close)
        made = self.witnesses[0].directory / "keys/cosigner-ml-dsa.vkey"
        self.is_known = made.exists()
        self.vkey = made.read_text().strip() if self.is_known else \
            vkey(self.witnesses[0].name, 6, bytes([7]) * 1312)
        self.policy_of(log, needed)
        return log

    def head(self, log):
        run = subprocess.run([VOUCH, "head", "--url", "http://127.0.0.1:%d" % log.port, "--policy",
                              log.log / "policy", "--json"], capture_output=True, text=True)
        self.assertEqual(0, run.returncode, run.stderr)
        return json.loads(run.stdout)

    def test_it_counts_where_it_can_be_verified(self):
        log = self.world(3)
        if not self.is_known:
            self.assertIn("the quorum cannot be met: the OpenSSL at hand has no ML-DSA-44",
                          log.refuse_to_start())
            return
        log.start()
        self.wait_for_quorum(log, self.add(log, "one") + 1)
        self.assertEqual((True, 3), (self.head(log)["quorum_met"], self.head(log)["cosignatures"]))
        name, number = self.vkey.split("+")[:2]
        lengths = [len(signature) for n, i, signature in self.witnessed(log).signatures
                   if (n, i.hex()) == (name, number)]
        self.assertEqual([8 + 2420], lengths)
        log.terminate()
        log.start()
        self.assertEqual((True, 3), (self.head(log)["quorum_met"], self.head(log)["cosignatures"]))

    def test_without_it_the_others_are_the_quorum(self):
        log = self.world(2)
        log.start()
        if not self.is_known:
            self.said(log, "witness-not-verifiable", "name=w0 ", "OpenSSL")
        self.wait_for_quorum(log, self.add(log, "one") + 1)
        count = 3 if self.is_known else 2
        wait_until(lambda: self.head(log)["cosignatures"] == count, "all that can be verified")
        self.assertTrue(self.head(log)["quorum_met"])

    def wait_for_quorum(self, log, size):
        reply = log.ask("GET", "/v1/proof/inclusion/%d/witnessed?wait=witnessed&wait_s=60" %
                        (size - 1))
        self.assertEqual(200, reply.status, reply.body)


class AdoptTest(World):
    """A restored store signs again only when the quorum knows of nothing newer."""

    def adopt(self, log):
        return subprocess.run([VOUCHD, "adopt", log.log], capture_output=True, text=True)

    def rolled_back(self, log, data):
        """Puts an older copy of the store in place, as a backup does, and not of the head file."""
        shutil.rmtree(log.log / "data")
        shutil.copytree(data, log.log / "data")
        shutil.rmtree(log.log / "witnesses", ignore_errors=True)
        log.start()
        self.assertEqual(503, log.ask("GET", "/readyz").status)
        log.terminate()

    def backup(self, log):
        data = log.directory / "backup"
        shutil.copytree(log.log / "data", data)
        return data

    def test_what_no_witness_saw_may_be_lost(self):
        log = self.log()
        self.wait_for(log, self.add(log, "one") + 1)
        log.terminate()
        data = self.backup(log)
        for witness in self.witnesses:
            witness.close()
        log.start()
        self.add(log, "never witnessed")
        log.terminate()
        self.rolled_back(log, data)
        for witness in self.witnesses:
            witness.open(witness.port)
        run = self.adopt(log)
        self.assertEqual(0, run.returncode, run.stderr)
        log.start()
        self.assertEqual(200, log.ask("GET", "/readyz").status)
        self.wait_for(log, self.add(log, "two") + 1)

    def test_what_a_witness_saw_may_not(self):
        log = self.log()
        self.wait_for(log, self.add(log, "one") + 1)
        log.terminate()
        data = self.backup(log)
        log.start()
        self.wait_for(log, self.add(log, "two") + 1)
        log.terminate()
        self.rolled_back(log, data)
        run = self.adopt(log)
        self.assertEqual(1, run.returncode)
        self.assertIn("this log signed a head of size 2, the store holds size 1", run.stderr)
        log.start()
        self.assertEqual(503, log.ask("GET", "/readyz").status)

    def test_a_lost_head_file(self):
        log = self.log()
        self.wait_for(log, self.add(log, "one") + 1)
        log.terminate()
        (log.log / "head").unlink()
        self.assertEqual(0, self.adopt(log).returncode)
        log.start()
        self.wait_for(log, self.add(log, "two") + 1)

    def test_without_a_quorum_nothing_is_adopted(self):
        log = self.log(quorum=None)
        self.add(log, "one")
        log.terminate()
        self.assertIn("nothing to adopt", self.adopt(log).stderr)
        (log.log / "head").unlink()
        self.assertIn("no witness policy with a quorum", self.adopt(log).stderr)
        self.assertFalse((log.log / "head").exists())
        self.assertIn("head", log.refuse_to_start())


class FreezeTest(World):
    """A head that the log itself signed, and does not have, is the end of signing."""

    def assert_frozen(self, log, *words):
        line = self.said(log, "frozen", *words)[0]
        reply = wait_until(lambda: (lambda r: r if r.status == 503 else None)(
            log.ask("GET", "/readyz")), "not ready")
        self.assertEqual("read-only", reply.problem["code"])
        self.assertEqual(503, log.ask("POST", "/add", b"more").status)
        self.assertEqual(1, log.metric("vouch_read_only"))
        self.assertEqual(200, log.ask("GET", "/v1/checkpoint/latest").status)
        return line

    def copy_of(self, log):
        """What a backup of the whole directory restores."""
        copy = Daemon(opaque=True, start=False)
        self.addCleanup(copy.close)
        shutil.rmtree(copy.log)
        shutil.copytree(log.log, copy.log)
        return copy

    def test_a_log_rolled_back_by_a_day(self):
        log = self.log()
        self.wait_for(log, self.add(log, "yesterday") + 1)
        log.terminate()
        copy = self.copy_of(log)
        log.start()
        size = self.add(log, "today") + 1
        self.wait_for(log, size)
        log.terminate()
        copy.start()
        line = self.assert_frozen(copy, "this log signed a head of size %d" % size)
        self.assertIn("witness w", line)
        copy.terminate()
        for witness in self.witnesses:
            witness.close()
        copy.start()  # it remembers, though nobody tells it
        self.assert_frozen(copy, "went back in time")
        note = Note((copy.log / "witnesses/conflict").read_text())
        self.assertEqual(size, note.size)

    def test_two_daemons_on_copies_of_one_directory(self):
        log = self.log()
        self.wait_for(log, self.add(log, "one") + 1)
        log.terminate()
        copy = self.copy_of(log)
        log.start()
        size = self.add(log, "on one side") + 1
        self.wait_for(log, size)
        for witness in self.witnesses:
            witness.close()
        copy.start()
        self.assertEqual(200, copy.ask("POST", "/add", b"on the other side").status)
        self.assertEqual(200, copy.ask("POST", "/add", b"and more").status)
        for witness in self.witnesses:
            witness.open(witness.port)
        self.assert_frozen(copy, "this log signed another tree of size %d" % size)
        self.assertEqual(200, log.ask("GET", "/readyz").status)
        run = subprocess.run([VOUCH, "verify", copy.log / "witnesses/fork-proof", "--vkey",
                              copy.log / "keys/checkpoint.vkey"], capture_output=True, text=True)
        self.assertEqual(30, run.returncode, run.stdout + run.stderr)

    def test_witnesses_that_show_their_heads_elsewhere(self):
        log = self.log()
        log.terminate()
        for witness in self.witnesses:
            witness.monitoring = "/monitoring"
        log.configure(witness_monitoring=[
            {"name": "w%d" % number, "url": witness.url + "/monitoring/"}
            for number, witness in enumerate(self.witnesses)])
        copy = self.copy_of(log)
        log.start()
        self.wait_for(log, self.add(log, "one") + 1)
        log.terminate()
        copy.start()
        self.assert_frozen(copy, "went back in time")

    def test_the_witnessed_head_alone_tells_of_a_roll_back(self):
        log = self.log()
        self.wait_for(log, self.add(log, "one") + 1)
        log.terminate()
        copy = self.copy_of(log)
        log.start()
        self.wait_for(log, self.add(log, "two") + 1)
        log.terminate()
        for witness in self.witnesses:
            witness.close()
        shutil.copy(log.log / "witnesses/witnessed", copy.log / "witnesses/witnessed")
        copy.start()
        self.assert_frozen(copy, "went back in time")

    def test_a_head_that_the_log_did_not_sign_freezes_nothing(self):
        log = self.log(start=False)
        lies = Witness("liar", log.vkey)
        self.addCleanup(lies.close)
        text = "%s\n1000\n%s=\n" % (self.witnesses[0].origin, "A" * 43)
        message = text + "\n" + self.witnesses[0].line(self.witnesses[0].sign(text))
        self.witnesses[0].held = Note(message)
        self.witnesses[0].held.message = message
        log.start()
        self.said(log, "witness-failed", "name=w0", "without a signed head")
        self.wait_for(log, self.add(log, "one") + 1)


if __name__ == "__main__":
    unittest.main()
