#!/usr/bin/env python3
"""vouchd --role mirror, filled by others (C2SP tlog-mirror): what is pushed is verified package by
package, kept however the upload ends, and cosigned when all of it is on disk."""
import gzip
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import unittest

from support.cosigner import NAME, Cosigner
from support.daemon import Daemon, ORIGIN, PATIENCE, VOUCHD, wait_until
from support.wire import Wire, request_bytes
from tree_log import TreeLog, encode, root, subtree_proof  # found by support.daemon
from witness import DASH, Note

VOUCH = os.environ["VOUCH"]
OCTETS = [("Content-Type", "application/octet-stream")]


class Mirror(Cosigner):
    ROLE = "mirror"

    def list(self, logs):
        (self.log / "logs.txt").write_text(
            "".join("log %s\n" % log.vkey for log in logs) + "quorum none\n")

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def upload(self, body, headers=OCTETS):
        return self.ask("POST", "/add-entries", body, headers)

    def url(self, log):
        return "http://127.0.0.1:%d/%s" % (self.port, log.id)

    def copy(self, log):
        return self.log / "data" / log.id


class World(unittest.TestCase):
    def mirror(self, *logs, **more):
        self.log = logs[0] if logs else TreeLog()
        mirror = Mirror(logs or [self.log], **more)
        self.addCleanup(mirror.close)
        return mirror

    def info(self, status, size, following, reply):
        self.assertEqual((status, "text/x.tlog.mirror-info", b"%d\n%d\n\n" % (size, following)),
                         (reply.status, reply.headers.get("content-type"), reply.body), reply)

    def refused(self, status, code, reply):
        self.assertEqual((status, code), (reply.status, reply.problem["code"]), reply)

    def pend(self, mirror, old, new):
        """A new pending checkpoint."""
        reply = mirror.add(self.log.request(old, new))
        self.assertEqual((200, b""), (reply.status, reply.body), reply)

    def cosigned(self, mirror, size, reply):
        """The whole tree is there, cosigned, served, and audited with nothing but the mirror."""
        self.assertEqual(200, reply.status, reply)
        *lines, end = reply.body.decode().split("\n")
        self.assertEqual("", end)
        mirror.times_of(self.log.text(size), lines)
        shown = mirror.checkpoint(self.log)
        self.assertEqual(self.log.checkpoint(size).encode() + reply.body, shown.body)
        self.audit(mirror, mirror.url(self.log))
        self.audit(mirror, mirror.copy(self.log))

    def audit(self, mirror, where):
        policy = mirror.directory / "wanted"
        policy.write_text("log %s\nwitness m %s\nquorum m\n" % (
            self.log.vkey, (mirror.log / "keys/cosigner.vkey").read_text().strip()))
        result = subprocess.run([VOUCH, "audit", where, "--policy", policy], capture_output=True,
                                text=True, timeout=PATIENCE)
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)


class CheckpointTest(World):
    def test_is_taken_as_a_witness_takes_it(self):
        """The statuses of tlog-witness; nothing is signed, and nothing shown."""
        mirror = self.mirror()
        self.pend(mirror, 0, 5)
        self.pend(mirror, 5, 5)
        self.pend(mirror, 5, 300)
        self.assertEqual(404, mirror.checkpoint(self.log).status)
        reply = mirror.add(self.log.request(5, 301))
        self.assertEqual((409, b"300\n", "text/x.tlog.size"),
                         (reply.status, reply.body, reply.headers["content-type"]))
        self.refused(400, "bad-parameter", mirror.add(b"old"))
        self.refused(404, "not-found", mirror.add(TreeLog("other.example").request(0, 4)))
        stranger = TreeLog(key=TreeLog("log.example/stranger").key)
        self.refused(403, "signature", mirror.add(stranger.request(300, 301)))
        fork = TreeLog(seed=b"fork", shared=299)
        self.refused(422, "inconsistent", mirror.add(fork.request(300, 301)))
        wait_until(lambda: b"inconsistent-checkpoint" in mirror.messages.read_bytes(), "message")

    def test_two_trees_of_one_size_are_proof(self):
        """Both checkpoints are kept as a file that anyone can check, and the operator is told."""
        mirror = self.mirror()
        self.pend(mirror, 0, 6)
        fork = TreeLog(seed=b"fork", shared=5)
        self.refused(422, "inconsistent", mirror.add(fork.request(6, 7)))
        self.assertFalse((mirror.log / "evidence").exists())
        self.refused(422, "inconsistent", mirror.add(fork.request(6, 6)))
        self.proven_fork(mirror, 6)

    def test_two_trees_of_one_size_are_proof_when_read(self):
        """What a log shows is held against what was pushed of it, and kept in the same way."""
        mirror = self.mirror()
        self.pend(mirror, 0, 6)
        shown = mirror.directory / "shown"
        shown.mkdir()
        (shown / "checkpoint").write_text(TreeLog(seed=b"fork", shared=5).checkpoint(6))
        self.assertEqual(0, mirror.terminate())
        (mirror.log / "logs.txt").write_text("log %s %s\nquorum none\n" % (self.log.vkey, shown))
        mirror.start()
        self.proven_fork(mirror, 6)

    def proven_fork(self, mirror, size):
        proof = mirror.log / "evidence" / ("%s-%d.fork-proof" % (self.log.id, size))
        message = " fork origin=%s size=%d proof=%s" % (self.log.origin, size, proof)
        wait_until(lambda: message.encode() in mirror.messages.read_bytes(), "message")
        vkey = mirror.directory / "log.vkey"
        vkey.write_text(self.log.vkey)
        verdict = subprocess.run([VOUCH, "verify", proof, "--vkey", vkey], capture_output=True,
                                 timeout=PATIENCE)
        self.assertEqual(30, verdict.returncode, verdict)

    def test_is_remembered(self):
        """Killed right after the answer, it knows the pending checkpoint."""
        mirror = self.mirror()
        self.pend(mirror, 0, 5)
        mirror.kill()
        mirror.start()
        self.assertEqual(409, mirror.add(self.log.request(0, 7)).status)
        self.cosigned(mirror, 5, mirror.upload(self.log.upload(0, 5)))

    def test_needs_the_quorum_of_the_list(self):
        """Where the list has one, a checkpoint without these cosignatures is not taken."""
        log = TreeLog()
        witness = Cosigner([log])
        self.addCleanup(witness.close)
        mirror = self.mirror(log, start=False)
        (mirror.log / "logs.txt").write_text("log %s\nwitness w %s\nquorum w\n" % (
            log.vkey, (witness.log / "keys/cosigner.vkey").read_text().strip()))
        mirror.start()
        self.refused(403, "signature", mirror.add(log.request(0, 5)))
        lines = witness.add(log.request(0, 5)).body.decode()
        note = log.checkpoint(5) + lines
        self.assertEqual(200, mirror.add(log.request(0, 5, checkpoint=note)).status)
        self.assertEqual(200, mirror.upload(log.upload(0, 5)).status)
        self.assertTrue(mirror.checkpoint(log).body.startswith(note.encode()))
        # What nobody verified is not passed on: a broken line of a key makes the note bad.
        lines = witness.add(log.request(5, 9)).body.decode()
        note = log.checkpoint(9) + lines
        broken = "".join(DASH + "%s %s\n" % (name, encode(mirror.id + bytes(72)))
                         for name in (NAME, "stranger.example"))
        self.assertEqual(200, mirror.add(log.request(5, 9, checkpoint=note + broken)).status)
        reply = mirror.upload(log.upload(5, 9))
        self.assertEqual(200, reply.status, reply)
        self.assertEqual(note.encode() + reply.body, mirror.checkpoint(log).body)
        mirror.times_of(log.text(9), reply.body.decode().splitlines())


class EntriesTest(World):
    def test_whole_trees(self):
        """Trees of any size, one after the other, are taken and cosigned."""
        mirror = self.mirror()
        before = 0
        for size in (0, 1, 3, 255, 256, 257, 600, 600):
            self.pend(mirror, before, size)
            self.cosigned(mirror, size, mirror.upload(self.log.upload(before, size)))
            before = size

    def test_prefixes(self):
        """What came in full is kept, and the answer says where to go on."""
        mirror = self.mirror()
        self.pend(mirror, 0, 700)
        packages = list(self.log.packages(0, 700))
        head = self.log.upload_head(0, 700)
        self.refused(400, "bad-parameter", mirror.upload(head))
        self.refused(400, "bad-parameter", mirror.upload(head + packages[0][:-1]))
        self.info(202, 700, 256, mirror.upload(head + packages[0]))
        self.info(202, 700, 512, mirror.upload(head + packages[0] + packages[1] + packages[2][:9]))
        broken = self.log.bundle(512, 700) + b"\x40"  # more hashes than there can be
        self.info(202, 700, 512, mirror.upload(head + packages[0] + packages[1] + broken))
        self.refused(400, "bad-parameter", mirror.upload(self.log.upload_head(512, 700) + broken))
        self.assertEqual(404, mirror.checkpoint(self.log).status)
        mirror.kill()
        mirror.start()
        self.info(409, 700, 512, mirror.upload(self.log.upload_head(513, 700)))
        self.cosigned(mirror, 700, mirror.upload(self.log.upload(512, 700)))

    def test_begins_anywhere_before_the_next_entry(self):
        """Entries that are there are verified and passed over, unless they are too many."""
        mirror = self.mirror()
        self.pend(mirror, 0, 300)
        self.assertEqual(200, mirror.upload(self.log.upload(0, 300)).status)
        self.pend(mirror, 300, 301)
        self.cosigned(mirror, 301, mirror.upload(self.log.upload(17, 301)))
        self.pend(mirror, 301, 9000)
        self.assertEqual(200, mirror.upload(self.log.upload(301, 9000)).status)
        self.pend(mirror, 9000, 9001)
        self.info(409, 9001, 9000, mirror.upload(self.log.upload_head(100, 9001)))

    def test_conflicts(self):
        """Sizes that are no pending checkpoint's, and ranges that begin too late."""
        mirror = self.mirror()
        self.refused(422, "inconsistent", mirror.upload(self.log.upload(0, 5)))
        self.pend(mirror, 0, 5)
        self.info(409, 5, 0, mirror.upload(self.log.upload_head(0, 6)))
        self.info(409, 5, 0, mirror.upload(self.log.upload_head(1, 5)))
        self.pend(mirror, 5, 9)
        self.cosigned(mirror, 5, mirror.upload(self.log.upload(0, 5)))  # pending before
        self.cosigned(mirror, 9, mirror.upload(self.log.upload(5, 9)))
        self.info(409, 9, 9, mirror.upload(self.log.upload(0, 5)))
        again = mirror.upload(self.log.upload_head(9, 9))
        self.cosigned(mirror, 9, again)

    def test_what_is_none(self):
        """Other types, logs, forms; and bytes after the last package."""
        mirror = self.mirror()
        self.pend(mirror, 0, 5)
        body = self.log.upload(0, 5)
        self.refused(415, "unsupported-media-type",
                     mirror.upload(body, [("Content-Type", "text/plain")]))
        self.refused(404, "not-found", mirror.upload(TreeLog("other.example").upload(0, 5)))
        self.refused(400, "bad-parameter", mirror.upload(b""))
        self.refused(400, "bad-parameter", mirror.upload(self.log.upload_head(3, 2)))
        self.refused(400, "bad-parameter", mirror.upload(body + b"x"))
        self.assertEqual(404, mirror.checkpoint(self.log).status)
        self.cosigned(mirror, 5, mirror.upload(self.log.upload(0, 5, ticket=b"of another time")))

    def test_compressed(self):
        """gzip is unpacked as it is filed; what is broken ends like what is cut off."""
        mirror = self.mirror()
        self.pend(mirror, 0, 3000)
        body = self.log.upload(0, 3000)
        packed = gzip.compress(body)
        encoded = OCTETS + [("Content-Encoding", "gzip")]
        self.refused(415, "unsupported-media-type",
                     mirror.upload(body, OCTETS + [("Content-Encoding", "br")]))
        self.refused(400, "bad-parameter", mirror.upload(body, encoded))
        self.refused(400, "bad-parameter", mirror.upload(packed[:20], encoded))
        half = mirror.upload(packed[:len(packed) // 2], encoded)
        self.assertEqual(202, half.status, half)
        following = int(half.body.split()[1])
        self.assertEqual(0, following % 256)
        self.assertEqual("gzip", half.headers["accept-encoding"])
        reply = mirror.upload(gzip.compress(self.log.upload(following, 3000)), encoded)
        self.cosigned(mirror, 3000, reply)

    def test_packed_bomb(self):
        """A little that unpacks to a lot takes no memory: it ends where it is no package."""
        mirror = self.mirror()
        self.pend(mirror, 0, 5)
        bomb = gzip.compress(self.log.upload(0, 5) + bytes(200 << 20))
        before = self.resident(mirror)
        self.refused(400, "bad-parameter", mirror.upload(
            bomb, OCTETS + [("Content-Encoding", "gzip")]))
        self.assertLess(self.resident(mirror) - before, 64 << 20)

    def resident(self, mirror):
        status = pathlib.Path("/proc/%d/status" % mirror.process.pid).read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def test_disk_fails_after_cosigning(self):
        """What was cosigned and could not be shown is shown later, and nothing before it is."""
        mirror = self.mirror()
        self.pend(mirror, 0, 5)
        self.pend(mirror, 5, 300)
        in_the_way = mirror.copy(self.log) / "checkpoint.tmp"
        in_the_way.mkdir()
        self.refused(500, "internal", mirror.upload(self.log.upload(0, 300)))
        self.assertEqual(404, mirror.checkpoint(self.log).status)
        in_the_way.rmdir()
        self.info(409, 300, 300, mirror.upload(self.log.upload_head(5, 5)))
        time.sleep(1.1)  # another time would be another signature
        reply = mirror.upload(self.log.upload_head(300, 300))
        self.cosigned(mirror, 300, reply)
        (mirror.copy(self.log) / "checkpoint").unlink()
        self.assertEqual(0, mirror.terminate())
        mirror.start()
        self.cosigned(mirror, 300, reply)

    def test_another_tree(self):
        """One entry changed, or a proof of another tree: nothing of the package is kept."""
        mirror = self.mirror()
        fork = TreeLog(seed=b"fork", shared=300)
        self.pend(mirror, 0, 600)
        good = self.log.upload(0, 600)
        self.refused(422, "inconsistent", mirror.upload(good.replace(b"17", b"71", 1)))
        self.info(409, 600, 0, mirror.upload(self.log.upload_head(1, 600)))
        self.refused(422, "inconsistent", mirror.upload(fork.upload(0, 600)))
        self.cosigned(mirror, 600, mirror.upload(good))

    def test_many_at_once(self):
        """Uploads of the same entries at one time: each is answered as if it were alone."""
        mirror = self.mirror()
        self.pend(mirror, 0, 2000)
        body = self.log.upload(0, 2000)
        replies = []
        threads = [threading.Thread(target=lambda: replies.append(mirror.upload(body)))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([200] * 8, [reply.status for reply in replies])
        self.assertEqual(1, len({reply.body for reply in replies}))
        self.cosigned(mirror, 2000, replies[0])

    def test_killed_while_it_files(self):
        """Killed in the middle of an upload, it goes on where its disk says, and no byte is wrong."""
        mirror = self.mirror()
        self.pend(mirror, 0, 3000)
        following = 0
        while following < 3000:
            wire = Wire(mirror.port)
            wire.send(request_bytes("POST", "/add-entries", self.log.upload(following, 3000),
                                    OCTETS))
            bundle = following // 256
            path = mirror.copy(self.log) / "tile/0" / ("%03d" % bundle)
            last = mirror.copy(self.log) / "checkpoint"
            wait_until(lambda: path.exists() or last.exists(), "a package is kept")
            mirror.kill()
            wire.close()
            mirror.start()
            reply = mirror.upload(self.log.upload_head(3000, 3000))
            if reply.status == 200:
                break
            size, now = map(int, reply.body.split())
            self.assertEqual((409, 3000), (reply.status, size))
            self.assertGreater(now, following)
            following = now
        self.cosigned(mirror, 3000, mirror.upload(self.log.upload_head(3000, 3000)))


class ServedLog(TreeLog):
    """A log of ours that is served: its entries are known, its checkpoints are its own."""

    def __init__(self, daemon):
        super().__init__(ORIGIN)
        self.daemon = daemon
        self.served_vkey = (daemon.log / "keys/checkpoint.vkey").read_text().strip()

    @property
    def vkey(self):
        return "%s http://127.0.0.1:%d" % (self.served_vkey, self.daemon.port)

    def add(self, size):
        for i in range(len(self.leaves), size):
            self.daemon.ask("POST", "/add", self.entry(i), OCTETS)
        self.grow(size)

    def checkpoint(self, size, **more):
        return self.daemon.ask("GET", "/checkpoint").body.decode()


class BothWaysTest(World):
    def test_reads_and_is_pushed_to(self):
        """A log that is read and pushed has one history, whichever brought what."""
        daemon = Daemon(opaque=True)
        self.addCleanup(daemon.close)
        log = ServedLog(daemon)
        log.add(10)
        mirror = self.mirror(log, interval_ms=86400000)  # it looks at the log when it starts
        size = 'vouch_mirror_size{log="%s"}' % log.id
        wait_until(lambda: mirror.metric(size) == 10, "read")
        log.add(300)
        self.assertEqual((409, b"10\n"), self.answer(mirror.add(log.request(0, 300))))
        self.assertEqual((200, b""), self.answer(mirror.add(log.request(10, 300))))
        packages = list(log.packages(10, 300))
        self.info(202, 300, 256, mirror.upload(log.upload_head(10, 300) + packages[0]))
        log.add(320)
        self.assertEqual(0, mirror.terminate())
        mirror.start()
        wait_until(lambda: mirror.metric(size) == 320, "read on")
        self.assertEqual((409, b"320\n"), self.answer(mirror.add(log.request(300, 320))))
        self.info(409, 320, 320, mirror.upload(log.upload(256, 300)))
        log.add(600)
        self.assertEqual(200, mirror.add(log.request(320, 600)).status)
        self.assertEqual(200, mirror.upload(log.upload(320, 600)).status)
        self.assertEqual(0, mirror.terminate())
        mirror.start()
        looks = 'vouch_mirror_looks_total{log="%s",result="current"}' % log.id
        wait_until(lambda: mirror.metric(looks) == 1, "nothing new to read")
        policy = mirror.directory / "wanted"
        policy.write_text("log %s\nwitness m %s\nquorum m\n" % (
            log.served_vkey, (mirror.log / "keys/cosigner.vkey").read_text().strip()))
        subprocess.run([VOUCH, "audit", mirror.url(log), "--policy", policy], check=True,
                       capture_output=True, timeout=PATIENCE)

    def answer(self, reply):
        return reply.status, reply.body


class SubtreeTest(World):
    def test_signs_parts_of_what_it_cosigned(self):
        """As a witness does, where OpenSSL has ML-DSA-44; elsewhere there is no such route."""
        mirror = self.mirror()
        self.pend(mirror, 0, 14)
        self.assertEqual(200, mirror.upload(self.log.upload(0, 14)).status)
        hashes = [root(self.log.leaves[8:13]), *subtree_proof(self.log.leaves[:14], 8, 13)]
        lines = "".join(encode(each) + "\n" for each in hashes)
        for note, status in ((mirror.checkpoint(self.log).body.decode(), 200),
                             (self.log.checkpoint(14), 403)):
            reply = mirror.ask("POST", "/sign-subtree",
                               ("subtree 8 13\n%s\n%s" % (lines, note)).encode())
            self.assertEqual(404 if mirror.mldsa_id is None else status, reply.status, reply)


class ListTest(World):
    def test_reload(self):
        """SIGHUP: new logs are begun, removed ones are gone, the rest is not disturbed."""
        one, two = TreeLog("log.example/one"), TreeLog("log.example/two")
        mirror = self.mirror(one)
        self.pend(mirror, 0, 5)
        self.assertEqual(200, mirror.upload(one.upload(0, 5)).status)
        mirror.list([one, two])
        self.reload(mirror, 2)
        self.assertEqual(200, mirror.add(two.request(0, 3)).status)
        self.assertEqual(200, mirror.upload(two.upload(0, 3)).status)
        mirror.list([two])
        self.reload(mirror, 1)
        self.assertEqual(404, mirror.checkpoint(one).status)
        self.refused(404, "not-found", mirror.upload(one.upload(0, 5)))
        self.assertEqual(200, mirror.checkpoint(two).status)
        mirror.list([two, one])
        self.reload(mirror, 2)
        self.cosigned(mirror, 5, mirror.upload(one.upload(0, 5)))
        (mirror.log / "logs.txt").write_text("nonsense\n")
        mirror.process.send_signal(signal.SIGHUP)
        wait_until(lambda: b"reload-failed" in mirror.messages.read_bytes(), "refused")
        self.assertEqual(200, mirror.checkpoint(two).status)

    def reload(self, mirror, count):
        said = mirror.messages.read_bytes().count(b" reloaded ")
        mirror.process.send_signal(signal.SIGHUP)
        wait_until(lambda: mirror.messages.read_bytes().count(b" reloaded ") > said, "reloaded")
        self.assertIn(b"count=%d" % count, mirror.messages.read_bytes().splitlines()[-2])


class MemoryTest(World):
    def filled(self):
        mirror = self.mirror()
        self.pend(mirror, 0, 300)
        self.assertEqual(200, mirror.upload(self.log.upload(0, 300)).status)
        self.assertEqual(0, mirror.terminate())
        shutil.copytree(mirror.log, mirror.directory / "old")
        mirror.start()
        self.pend(mirror, 300, 400)
        self.assertEqual(200, mirror.upload(self.log.upload(300, 400)).status)
        self.assertEqual(0, mirror.terminate())
        return mirror

    def put_back(self, mirror, name):
        shutil.rmtree(mirror.log / name)
        shutil.copytree(mirror.directory / "old" / name, mirror.log / name)

    def not_started(self, mirror, words):
        result = subprocess.run([VOUCHD, mirror.log], capture_output=True, text=True,
                                timeout=PATIENCE)
        self.assertNotEqual(0, result.returncode)
        self.assertIn(words, result.stderr)

    def test_copies_that_went_back(self):
        """Entries that were cosigned are missing: it does not start, and says so."""
        mirror = self.filled()
        self.put_back(mirror, "data")
        self.not_started(mirror, "put back to an earlier state")

    def test_ledger_that_went_back(self):
        """The mark knows of a newer commit than the ledger has."""
        mirror = self.filled()
        self.put_back(mirror, "ledger")
        self.not_started(mirror, "one of them is older")

    def test_ledger_and_mark_that_went_back(self):
        """The copy knows of a newer checkpoint than the ledger, which might follow a fork of it."""
        mirror = self.filled()
        self.put_back(mirror, "ledger")
        (mirror.log / "mark").write_bytes((mirror.directory / "old/mark").read_bytes())
        self.not_started(mirror, "the ledger was put back to an earlier state")

    def test_whole_directory_copied(self):
        """A copy does not run beside the original, until somebody says that this is gone."""
        mirror = self.filled()
        shutil.copytree(mirror.log, mirror.directory / "copy")
        mirror.log = mirror.directory / "copy"
        self.not_started(mirror, "is a copy")
        subprocess.run([VOUCHD, "adopt", mirror.log], check=True, capture_output=True)
        mirror.start()
        self.cosigned(mirror, 400, mirror.upload(self.log.upload(400, 400)))

    def test_checkpoint_that_was_not_written(self):
        """Killed between the ledger and the copy, it shows what it cosigned."""
        mirror = self.filled()
        cosigned = (mirror.copy(self.log) / "checkpoint").read_bytes()
        (mirror.copy(self.log) / "checkpoint").write_bytes(
            (mirror.directory / "old/data" / self.log.id / "checkpoint").read_bytes())
        mirror.start()
        self.assertEqual(cosigned, mirror.checkpoint(self.log).body)
        self.assertEqual(400, Note(cosigned.decode()).size)
        self.assertIn(NAME, cosigned.decode())


if __name__ == "__main__":
    unittest.main()
