"""vouch audit --mirror: a static copy that is never wrong, whatever the log or the machine does."""
import fcntl
import functools
import hashlib
import http.server
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import unittest

from world import (DIVERGES, DONE, ENGINE, FAILED, INCOMPLETE, INVALID, NOT_AVAILABLE, PATIENCE,
                   REFUSED, VERIFIED, VOUCH, Records, WorldTest, tile_name)

KILL_LIBRARY = os.environ["KILL_LIBRARY"]
TESSERA_LOG = pathlib.Path(__file__).resolve().parents[1] / "vectors/tlog/log"
TESSERA_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
OWN_FILES = {"checkpoint.pending", "audit.state", "policy", ".well-known/scitt-keys"}


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Served:
    """A directory behind a web server that knows nothing of logs."""

    def __init__(self, directory):
        handler = functools.partial(QuietHandler, directory=str(directory))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self.url

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def files_of(directory):
    return {str(path.relative_to(directory)): path.read_bytes()
            for path in directory.rglob("*") if path.is_file()}


def tree_files(directory):
    return {name: content for name, content in files_of(directory).items()
            if name not in OWN_FILES and not name.endswith(".tmp")}


def flip(path, position=None):
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if position is None else position] ^= 0x04
    path.write_bytes(content)


def finding(result, rule):
    return [f for f in result["report"]["findings"] if f["rule"] == rule][-1]


class Mirror(WorldTest):
    def setUp(self):
        super().setUp()
        self.directory = self.world.directory / "mirror"

    def grow(self, count):
        self.world.submit("-", input=self.records(count), options=["--records", "1"])

    def mirror(self, *words, where=None, status=VERIFIED):
        return self.world.audit("--mirror", self.directory, *words, where=where, status=status)

    def test_is_what_the_log_serves(self):
        """The copy has the files that the log serves for its head, byte for byte, and no others."""
        self.grow(300)
        result = self.mirror()
        self.assertEqual(finding(result, "copy")["source"], "recomputed")
        self.assertEqual(tree_files(self.directory), files_of(self.world.copy("wanted")))
        self.assertEqual((self.directory / "policy").read_text(),
                         self.world.policy.read_text())
        self.assertEqual((self.directory / ".well-known/scitt-keys").read_bytes(),
                         self.world.get(".well-known/scitt-keys"))

    def test_goes_on(self):
        """The next run reads what is new only; partial tiles go when the full ones are there."""
        self.grow(100)
        first = self.mirror()
        self.assertTrue((self.directory / "tile/0" / (tile_name(0) + ".p")).is_dir())
        self.grow(200)
        second = self.mirror()
        self.assertEqual(second["entries_read"], second["size"] - first["size"])
        self.assertFalse((self.directory / "tile/0" / (tile_name(0) + ".p")).exists())
        self.assertFalse((self.directory / "tile/entries" / (tile_name(0) + ".p")).exists())
        self.assertEqual(tree_files(self.directory), files_of(self.world.copy("wanted")))
        self.assertEqual(self.mirror()["entries_read"], 0)
        self.mirror("--replay")
        self.world.audit("--replay", where=self.directory)

    def test_stands_in_for_the_log(self):
        """With the log gone, audits, proofs and entries come from the copy, also over HTTP."""
        self.grow(300)
        self.mirror()
        statement = sorted((self.world.directory / "receipts").glob("*.cose"))[0]
        self.world.stop()
        with Served(self.directory) as url:
            for where in (self.directory, url):
                self.world.audit(where=where)
                self.world.vouch("head", "--url", where, "--policy", self.directory / "policy")
                self.prove(where, "7")
        self.prove(self.directory, "--statement", statement)
        entry = self.world.directory / "entry"
        self.world.vouch("get", "7", "--url", self.directory, "--out", entry)
        name = hashlib.sha256(b"\0" + entry.read_bytes()).hexdigest()
        self.world.vouch("get", name, "--url", self.directory, "--out", entry)
        self.prove(self.directory, name)
        self.world.vouch("get", "0" * 64, "--url", self.directory, status=NOT_AVAILABLE)
        self.world.start()

    def prove(self, where, *what):
        proof = self.world.directory / "proof.tlog-proof"
        policy = self.directory / "policy"
        self.world.vouch("prove", *what, "--url", where, "--policy", policy, "--out", proof)
        self.world.vouch("verify", proof, "--policy", policy, status=INCOMPLETE)  # of which entry?

    def test_one_bit_of_the_copy(self):
        """Whatever file of a copy loses a bit or goes away, the audit says which one it is."""
        self.grow(300)
        self.mirror()
        for name, good in tree_files(self.directory).items():
            path = self.directory / name
            if name == "checkpoint":
                continue
            with self.subTest(name):
                flip(path)
                result = self.world.audit(where=self.directory, status=INVALID)
                said = " ".join(f["detail"] for f in result["report"]["findings"])
                self.assertIn("entr" if "entries" in name else name, said)
                path.unlink()
                self.world.audit(where=self.directory, status=INCOMPLETE)
                path.write_bytes(good)
        flip(self.directory / "tile/entries" / tile_name(0))
        for index in range(256):
            status = self.get_status(index)
            if status == FAILED:
                break
        self.assertEqual(status, FAILED)

    def get_status(self, index):
        return subprocess.run([VOUCH, "get", str(index), "--url", str(self.directory)],
                              capture_output=True, timeout=PATIENCE).returncode

    def test_log_with_a_bit_changed(self):
        """Nothing that the signed head does not cover gets a name in the copy."""
        self.grow(300)
        source = self.world.copy("source")
        good = files_of(source)
        for name in good:
            if name == "checkpoint" or name == "tile/0/" + tile_name(0):
                continue  # the tiles of leaf hashes are made from the entries
            with self.subTest(name):
                flip(source / name)
                shutil.rmtree(self.directory, ignore_errors=True)
                result = self.mirror(where=source, status=INVALID)
                said = " ".join(f["detail"] for f in result["report"]["findings"])
                self.assertRegex(said, "tiles at the end|entries from|entry")
                self.assertLessEqual(tree_files(self.directory).items(), good.items())
                self.assertFalse((self.directory / "checkpoint").exists())
                (source / name).write_bytes(good[name])
        self.mirror(where=source)
        self.assertEqual(tree_files(self.directory), good)

    def test_shrinking_head(self):
        """A log that goes back is refused; the copy stays as it is."""
        self.grow(10)
        old = self.world.copy("old")
        self.grow(300)
        self.mirror()
        before = files_of(self.directory)
        result = self.mirror(where=old, status=INCOMPLETE)
        self.assertIn("went back", finding(result, "history")["detail"])
        (self.directory / "audit.state").unlink()
        result = self.mirror(where=old, status=INCOMPLETE)
        self.assertIn("the copy began", finding(result, "history")["detail"])
        self.assertEqual({**files_of(self.directory), "audit.state": before["audit.state"]}, before)

    def other_tree(self):
        """Another copy with the same keys, of a log that went on differently."""
        world = self.world
        self.grow(3)
        world.stop()
        shutil.copytree(world.log, world.directory / "before")
        world.start()
        self.grow(8)
        self.mirror()
        world.stop()
        shutil.rmtree(world.log)
        (world.directory / "before").rename(world.log)
        world.start()
        self.sources[ENGINE] = Records(ENGINE, seed=1)
        self.sources[ENGINE].sequence_number = 3
        world.submit("-", input=self.records(40), options=["--records", "1"], receipts="others")

    def test_other_tree(self):
        """A log that signed another tree is convicted by both heads; nothing is overwritten."""
        self.other_tree()
        before = files_of(self.directory)
        result = self.mirror(status=DIVERGES)
        self.assertEqual(finding(result, "history")["source"], "failed")
        after = files_of(self.directory)
        self.assertEqual(after.pop("audit.state.diverging"), self.world.get("checkpoint"))
        self.assertEqual(after, before)

    def test_other_tree_than_was_pending(self):
        """A head that was not copied to its end binds the log as well."""
        self.other_tree()
        (self.directory / "checkpoint").unlink()
        (self.directory / "audit.state").unlink()
        self.mirror(status=DIVERGES)

    def test_other_content_is_not_overwritten(self):
        """A file that has other bytes already is named, and stays."""
        self.grow(300)
        path = self.directory / "tile/entries" / tile_name(0)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"mine")
        self.world.vouch("audit", self.world.url, "--vkey", self.world.vkey, "--mirror",
                         self.directory, status=REFUSED)
        self.assertIn(str(path), self.world.stderr)
        self.assertEqual(path.read_bytes(), b"mine")

    def test_hole_is_filled(self):
        """Without its state the copy is gone through again, and what is missing is added."""
        self.grow(300)
        self.mirror()
        (self.directory / "tile/entries" / tile_name(0)).unlink()
        (self.directory / "audit.state").unlink()
        self.mirror()
        self.assertEqual(tree_files(self.directory), files_of(self.world.copy("wanted")))

    def test_copy_of_another_log(self):
        """A copy takes nothing from another log, whatever the policy lists."""
        self.grow(3)
        self.mirror()
        both = self.world.directory / "both"
        both.write_text("log %s\nlog %s\nquorum none\n" % (
            self.world.vkey.read_text().strip(), TESSERA_VKEY))
        (self.directory / "audit.state").unlink()
        result = self.world.json("audit", TESSERA_LOG, "--policy", both, "--mirror",
                                 self.directory, status=INVALID)
        self.assertIn("is a copy of", finding(result, "history")["detail"])

    def test_log_of_another_writer(self):
        """A log that Tessera wrote is copied like ours, in what of it the head covers."""
        self.world.json("audit", TESSERA_LOG, "--vkey", TESSERA_VKEY, "--mirror", self.directory)
        self.assertLessEqual(tree_files(self.directory).items(), files_of(TESSERA_LOG).items())
        self.world.json("audit", self.directory, "--policy", self.directory / "policy")

    def test_one_process_at_a_time(self):
        """A second process does not fill a copy that one is filling."""
        self.grow(3)
        self.mirror()
        holder = os.open(self.directory, os.O_RDONLY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        self.world.vouch("audit", self.world.url, "--vkey", self.world.vkey, "--mirror",
                         self.directory, status=NOT_AVAILABLE)
        os.close(holder)

    def test_usage(self):
        """A copy has its own state."""
        self.world.vouch("audit", self.world.url, "--vkey", self.world.vkey, "--mirror",
                         self.directory, "--state", "x", status=FAILED)

    def run_killed(self, source, at):
        environment = {**os.environ, "LD_PRELOAD": KILL_LIBRARY, "VOUCH_TEST_KILL_AT": str(at),
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")
                       + ":verify_asan_link_order=0"}
        return subprocess.run([VOUCH, "audit", str(source), "--vkey", str(self.world.vkey),
                               "--mirror", str(self.directory)], capture_output=True,
                              env=environment, timeout=PATIENCE).returncode

    def test_killed_at_every_step(self):
        """Killed before any call that a disk remembers, the copy is right, and is gone on with."""
        self.grow(120)
        sources = [self.world.copy("source-0")]
        self.grow(160)
        sources.append(self.world.copy("source-1"))
        wanted = [files_of(source) for source in sources]
        known = {**wanted[0], **wanted[1]}
        step, kills = 0, 0
        for round, source in enumerate(sources):
            while True:
                status = self.run_killed(source, step)
                names = tree_files(self.directory)
                head = names.pop("checkpoint", None)
                for name, content in names.items():
                    self.assertEqual(content, known[name], name)
                if head is not None:
                    self.world.audit(where=self.directory)
                if status == VERIFIED:
                    break
                self.assertEqual(status, -signal.SIGKILL)
                kills += 1
                step += 1
            step = 0
            self.assertEqual(tree_files(self.directory), wanted[round])
        self.assertGreater(kills, 20)


if __name__ == "__main__":
    unittest.main()
