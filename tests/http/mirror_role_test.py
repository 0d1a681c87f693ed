#!/usr/bin/env python3
"""vouchd --role mirror: it follows logs, keeps what they signed and nothing else, and cosigns that."""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import unittest
import urllib.error
import urllib.request

from support.daemon import Daemon, ISSUER, ORIGIN, PATIENCE, VOUCHD, cbor, wait_until
from records import Records  # found by support.daemon

VOUCH = os.environ["VOUCH"]
ID = hashlib.sha256(ORIGIN.encode()).hexdigest()
NAME = "mirror.example/m1"
QUORUM_NONE = "quorum none\n"


class Mirror:
    """A mirror of logs; each is a line of its list."""

    def __init__(self, directory, *lines):
        self.directory = directory
        logs = directory.with_name(directory.name + ".logs")
        logs.write_text("".join("log %s\n" % line for line in lines) + QUORUM_NONE)
        subprocess.run([VOUCHD, "init", "--role", "mirror", "--dir", directory, "--name", NAME,
                        "--logs", logs, "--listen", "127.0.0.1:0"], check=True,
                       capture_output=True)
        path = directory / "vouchd.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "interval_ms": 100}))
        self.messages = directory.with_name(directory.name + ".messages")
        self.copy = directory / "data" / ID
        self.process = None
        self.start()

    def start(self):
        with open(self.messages, "wb") as messages:
            self.process = subprocess.Popen([VOUCHD, "--role", "mirror", self.directory],
                                            stderr=messages)
        wait_until(lambda: self.process.poll() is not None or b" serving " in self.said(), "start")
        if self.process.poll() is not None:
            raise AssertionError(self.said().decode())
        line = next(x for x in self.said().decode().splitlines() if " listening " in x)
        self.url = "http://127.0.0.1:%d" % int(line.split("address=127.0.0.1:")[1].split()[0])

    def said(self):
        return self.messages.read_bytes()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.stop()

    def get(self, path):
        with urllib.request.urlopen("%s/%s" % (self.url, path), timeout=PATIENCE) as reply:
            return reply.read()

    def metric(self, name):
        for line in self.get("metrics").decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0

    def size(self):
        return self.metric('vouch_mirror_size{log="%s"}' % ID)

    def looks(self, result):
        return self.metric('vouch_mirror_looks_total{log="%s",result="%s"}' % (ID, result))


class MirrorRoleTest(unittest.TestCase):
    def setUp(self):
        self.log = Daemon(opaque=True)
        self.addCleanup(self.log.close)
        self.log_url = "http://127.0.0.1:%d" % self.log.port
        self.vkey = (self.log.log / "keys/checkpoint.vkey").read_text().strip()
        self.count = 0

    def mirror(self, where=None):
        mirror = Mirror(self.log.directory / "mirror", "%s %s" % (self.vkey, where or self.log_url))
        self.addCleanup(mirror.close)
        return mirror

    def add(self, count):
        for _ in range(count):
            self.log.ask("POST", "/add", b"entry %d" % self.count,
                         [("Content-Type", "application/octet-stream")])
            self.count += 1

    def run_vouch(self, *words, status=0):
        result = subprocess.run([VOUCH, *map(str, words)], capture_output=True, text=True,
                                timeout=PATIENCE)
        self.assertEqual(status, result.returncode, result.stdout + result.stderr)
        return result.stdout

    def caught_up(self, mirror):
        wait_until(lambda: mirror.size() == self.count, "the mirror has everything")

    def policy(self, mirror):
        """Who wants the mirror's cosignature."""
        path = self.log.directory / "wanted"
        path.write_text("log %s\nwitness m %s\nquorum m\n" % (
            self.vkey, (mirror.directory / "keys/cosigner.vkey").read_text().strip()))
        return path

    def test_follows_serves_and_cosigns(self):
        """What it serves is audited like the log, and its head has the mirror's cosignature."""
        self.add(300)
        mirror = self.mirror()
        self.caught_up(mirror)
        url = "%s/%s" % (mirror.url, ID)
        self.run_vouch("audit", url, "--policy", self.policy(mirror))
        self.add(5)
        self.caught_up(mirror)
        wait_until(lambda: b"\n305\n" in mirror.get(ID + "/checkpoint"), "the new head")
        self.run_vouch("audit", url, "--policy", self.policy(mirror))
        self.assertEqual(0, self.log.terminate())
        wait_until(lambda: mirror.looks("failed") > 0, "the log is away")
        self.run_vouch("audit", url, "--policy", self.policy(mirror))
        self.run_vouch("prove", 17, "--url", url, "--policy", self.policy(mirror), "--out",
                       self.log.directory / "proof")
        self.run_vouch("audit", mirror.copy, "--policy", self.policy(mirror))
        self.assertEqual(0, mirror.stop())
        self.assertIn(b"mirror-failed", mirror.said())

    def test_proves(self):
        """Its proof of any entry verifies with its checkpoint; there are none beyond that."""
        self.add(300)
        mirror = self.mirror()
        self.caught_up(mirror)
        for index in (0, 255, 256, 299):
            proof = self.log.directory / "x.tlog-proof"
            proof.write_bytes(mirror.get("%s/v1/proof/inclusion/%d" % (ID, index)))
            entry = self.log.directory / "entry"
            entry.write_bytes(b"entry %d" % index)
            self.run_vouch("verify", proof, "--entry", entry, "--policy", self.policy(mirror))
        for index, status in ((300, 404), ("x", 400)):
            with self.assertRaises(urllib.error.HTTPError) as raised:
                mirror.get("%s/v1/proof/inclusion/%s" % (ID, index))
            self.assertEqual(status, raised.exception.code)

    def same_answer(self, mirror, path, without=()):
        """The mirror answers as the log does, but for some members."""
        wanted = self.log.ask("GET", "/" + path, headers=[("Accept", "application/json")])
        request = urllib.request.Request("%s/%s/%s" % (mirror.url, ID, path),
                                         headers={"Accept": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            shown = json.loads(reply.read())
        self.assertEqual(200, wanted.status, wanted)
        self.assertEqual({k: v for k, v in wanted.item.items() if k not in without}, shown)

    def not_found(self, mirror, path, status=404):
        with self.assertRaises(urllib.error.HTTPError, msg=path) as raised:
            mirror.get("%s/%s" % (ID, path))
        self.assertEqual(status, raised.exception.code)

    def test_answers_as_the_log(self):
        """Entries, and proofs for any two sizes; of what it does not have, none."""
        self.add(300)
        mirror = self.mirror()
        self.caught_up(mirror)
        for index, size in ((0, 1), (0, 300), (255, 256), (256, 257), (299, 300), (17, 271)):
            self.same_answer(mirror, "v1/proof/inclusion/%d/%d" % (index, size))
        for old, new in ((0, 0), (0, 300), (1, 300), (255, 256), (256, 300), (300, 300), (77, 291)):
            self.same_answer(mirror, "v1/proof/consistency/%d/%d" % (old, new))
        for index in (0, 256, 299):
            self.same_answer(mirror, "v1/entries/%d" % index, ("head_size", "received_at_ms"))
        for path in ("v1/entries/300", "v1/proof/inclusion/0/301", "v1/proof/consistency/1/301"):
            self.not_found(mirror, path)
        for path in ("v1/entries/x", "v1/proof/inclusion/2/2", "v1/proof/consistency/3/2"):
            self.not_found(mirror, path, 400)

    def evidence_log(self):
        """In place of the opaque one, with commits of one statement and of many."""
        self.log.close()
        self.log = Daemon(profile="observe")
        self.addCleanup(self.log.close)
        self.log_url = "http://127.0.0.1:%d" % self.log.port
        self.vkey = (self.log.log / "keys/checkpoint.vkey").read_text().strip()
        records = Records(ISSUER, tenant="acme")
        for type, count in (("policy-version", 1), ("run-start", 1), ("run-start", 1),
                            ("execution-event", 600), ("run-start", 1), ("execution-event", 1),
                            ("execution-event", 430), ("test-result", 3)):
            statements = [self.log.sign(cbor.dumps(records.make(type)),
                                        issued_at=records.sequence_number) for _ in range(count)]
            reply = self.log.ask("POST", "/v1/batch", b"".join(statements),
                                 [("Content-Type", "application/cbor-seq")])
            self.assertEqual(200, reply.status, reply)
        return self.log.size()

    def rows(self, get, path):
        """All rows that the pages have, and how many pages that were."""
        rows, pages = [], 0
        while path:
            page = get(path)
            rows += page["entries"]
            path, pages = page.get("next"), pages + 1
        return rows, pages

    def test_entries_of_an_evidence_log(self):
        """What statements say, and mention, is shown and found as the log does it."""
        size = self.evidence_log()
        mirror = self.mirror()
        wait_until(lambda: mirror.size() >= size, "all entries")
        for index in range(6):
            self.same_answer(mirror, "v1/entries/%d" % index,
                             ("head_size", "received_at_ms", "flags"))

        def of_log(path):
            return self.log.ask("GET", path, headers=[("Accept", "application/json")]).item

        def of_mirror(path):
            request = urllib.request.Request("%s/%s%s" % (mirror.url, ID, path),
                                             headers={"Accept": "application/json"})
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return json.loads(reply.read())

        rows, _ = self.rows(of_log, "/v1/records/issuer/%s" % ISSUER)
        flags = {name.split("/")[1] for row in rows for name in row.get("flags", ())}
        self.assertTrue(flags)
        for what in ("type/run-start", "type/execution-event", "type/seal", "type/log-metadata",
                     "issuer/%s" % ORIGIN, "issuer/%s" % ISSUER,
                     "type/run-start?view=records", "issuer/%s?type=test-result" % ISSUER,
                     "type/execution-event?begin=77&limit=17", "issuer/nobody",
                     "type/execution-event?size=%d" % (size - 21),
                     *("flag/" + flag for flag in flags)):
            with self.subTest(what):
                wanted, _ = self.rows(of_log, "/v1/records/" + what)
                shown, _ = self.rows(of_mirror, "/v1/records/" + what)
                self.assertEqual(wanted, shown)
        page = of_mirror("/v1/records/issuer/nobody")
        self.assertEqual(([], size), (page["entries"], page["size"]))
        self.assertEqual(([], 2), self.rows(of_mirror, "/v1/records/issuer/nobody"))
        said = self.run_vouch("query", "type", "run-start", "--url", "%s/%s" % (mirror.url, ID),
                              "--vkey", self.log.log / "keys/checkpoint.vkey")
        self.assertIn("3 entries", said)
        self.assertIn("each of them is in the tree of size %d" % size, said)
        for path, status in (("v1/records/size/3", 400), ("v1/records/run/3", 400),
                             ("v1/records/type/seal?size=%d" % (size + 1), 404)):
            self.not_found(mirror, path, status)

    def test_queries_of_an_opaque_log(self):
        """There are no records in it."""
        self.add(3)
        mirror = self.mirror()
        self.caught_up(mirror)
        self.not_found(mirror, "v1/records/type/seal")

    def test_serves_nothing_else(self):
        """Other logs, and names that are no files of a log, are not found."""
        self.add(3)
        mirror = self.mirror()
        self.caught_up(mirror)
        for path in ("0" * 64 + "/checkpoint", ID.upper() + "/checkpoint", ID + "/tile/0/001",
                     ID + "/tile/entries/000.p/4", ID + "/tile/../checkpoint", ID + "/policy",
                     ID + "/tile/0/000.p/03", ID + "/audit.state", "checkpoint"):
            with self.assertRaises(urllib.error.HTTPError, msg=path) as raised:
                mirror.get(path)
            self.assertEqual(404, raised.exception.code)
        self.assertEqual(96, len(mirror.get(ID + "/tile/0/000.p/3")))

    def static_copy(self, name):
        directory = self.log.directory / name
        self.run_vouch("audit", self.log_url, "--vkey", self.vkey, "--mirror", directory)
        return directory

    def test_log_that_goes_back(self):
        """A log that shows an older head is refused and named; what is mirrored stays, and when the
        log is itself again the mirror goes on."""
        self.add(3)
        old = self.static_copy("old")
        self.add(3)
        shown = self.log.directory / "shown"
        shutil.copytree(self.static_copy("new"), shown)
        mirror = self.mirror(shown)
        self.caught_up(mirror)
        (shown / "checkpoint").write_bytes((old / "checkpoint").read_bytes())
        wait_until(lambda: mirror.looks("refused") > 0, "refused")
        self.assertEqual(6, mirror.size())
        self.assertIn(b"\n6\n", mirror.get(ID + "/checkpoint"))
        self.assertEqual(1, mirror.said().count(b"mirror-refused"))
        self.assertIn(b"went back", mirror.said())
        (shown / "checkpoint").write_bytes((self.log.directory / "new/checkpoint").read_bytes())
        wait_until(lambda: b"mirror-again" in mirror.said(), "again")

    def test_log_with_another_tree(self):
        """Another tree by the same key gets no cosignature, also after a restart of the mirror."""
        self.add(3)
        self.assertEqual(0, self.log.terminate())
        before = self.log.directory / "before"
        shutil.copytree(self.log.log, before)
        self.log.start()
        self.log_url = "http://127.0.0.1:%d" % self.log.port
        self.add(4)
        shown = self.log.directory / "shown"
        shutil.copytree(self.static_copy("one"), shown)
        mirror = self.mirror(shown)
        self.caught_up(mirror)
        self.assertEqual(0, self.log.terminate())
        shutil.rmtree(self.log.log)
        before.rename(self.log.log)
        self.log.start()
        self.log_url = "http://127.0.0.1:%d" % self.log.port
        self.count = 100
        self.add(9)
        other = self.static_copy("other")
        shutil.rmtree(shown)
        shutil.copytree(other, shown)
        head = mirror.get(ID + "/checkpoint")
        wait_until(lambda: b"rewritten" in mirror.said(), "the fork is named")
        self.assertEqual(0, mirror.stop())
        mirror.start()
        wait_until(lambda: b"rewritten" in mirror.said(), "the fork is named")
        self.assertEqual(head, mirror.get(ID + "/checkpoint"))
        self.run_vouch("audit", mirror.copy, "--policy", self.policy(mirror))

    def test_log_with_a_changed_bit(self):
        """One bit that the head does not cover is refused; the head that needs it is not cosigned."""
        self.add(300)
        shown = self.static_copy("shown")
        bundle = shown / "tile/entries/000"
        good = bundle.read_bytes()
        bundle.write_bytes(good[:1000] + bytes([good[1000] ^ 1]) + good[1001:])
        mirror = self.mirror(shown)
        wait_until(lambda: mirror.looks("refused") > 0, "refused")
        self.assertIn(b"the entries from 0 to 255", mirror.said())
        self.assertFalse((mirror.copy / "checkpoint").exists())
        bundle.write_bytes(good)
        self.caught_up(mirror)

    def test_killed(self):
        """Killed while it fills, it goes on, and what is there is right."""
        self.add(600)
        mirror = self.mirror()
        for _ in range(6):
            mirror.stop(signal.SIGKILL)
            if (mirror.copy / "checkpoint").exists():
                self.run_vouch("audit", mirror.copy, "--policy", self.policy(mirror))
            self.add(3)
            mirror.start()
        self.caught_up(mirror)
        self.run_vouch("audit", mirror.copy, "--policy", self.policy(mirror))

    def test_lists_that_are_none(self):
        """A list that is no policy, or has a key twice, is refused by its name."""
        directory = self.log.directory / "wrong"
        logs = self.log.directory / "logs"
        for text, reason in (("log %s\n" % self.vkey, "quorum"),
                             ("log %s http://a\nlog %s http://b\nquorum none\n" % (
                                 self.vkey, self.vkey), "listed already")):
            logs.write_text(text)
            result = subprocess.run([VOUCHD, "init", "--role", "mirror", "--dir", directory,
                                     "--name", NAME, "--logs", logs], capture_output=True,
                                    text=True)
            self.assertEqual(1, result.returncode)
            self.assertIn(reason, result.stderr)


if __name__ == "__main__":
    unittest.main()
