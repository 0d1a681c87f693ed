#!/usr/bin/env python3
"""vouch-fsck accepts sound logs, finds every damage, and is not taken in by our own tree code."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

MAKE_LOG = os.environ["MAKE_LOG"]
FSCK = os.environ["FSCK"]
ENTRIES = 1500


class FsckTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="vouch-fsck-"))
        cls.sound = {kind: cls.make(MAKE_LOG, kind, "sound") for kind in ("evidence", "opaque")}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory)

    @classmethod
    def make(cls, program, kind, name):
        log = cls.directory / f"{name}-{kind}"
        log.mkdir()
        subprocess.run([program, log, kind, str(ENTRIES)], check=True)
        return log

    def setUp(self):
        self.copies = 0

    def copy(self, kind):
        self.copies += 1
        log = self.directory / f"{self.id()}-{self.copies}"
        shutil.copytree(self.sound[kind], log)
        return log

    def fsck(self, log, *options):
        return subprocess.run([FSCK, *options, log], capture_output=True, text=True, timeout=60)

    def assert_found(self, log, text):
        result = self.fsck(log)
        self.assertEqual(1, result.returncode, result.stdout + result.stderr)
        self.assertIn(text, result.stderr)

    def test_sound_logs_are_sound(self):
        for kind, log in self.sound.items():
            result = self.fsck(log, "--all-signatures", "--json")
            self.assertEqual(0, result.returncode, result.stderr)
            summary = json.loads(result.stdout)
            self.assertGreaterEqual(summary["entries"], ENTRIES)
            self.assertEqual(summary["heads"], summary["signatures"])
            self.assertEqual(0, summary["facts"])
            self.assertEqual(summary["keys"], summary["entries"] * (2 if kind == "evidence" else 1))

    def test_bugs_planted_in_our_tree_code_are_found(self):
        for bug in ("leaf_prefix", "swapped_children", "node_prefix"):
            for kind in ("evidence", "opaque"):
                with self.subTest(bug=bug, kind=kind):
                    log = self.make(f"{MAKE_LOG}_{bug}", kind, bug)
                    result = self.fsck(log)
                    self.assertEqual(1, result.returncode, result.stdout)

    def test_changed_entry_is_found(self):
        for kind in self.sound:
            log = self.copy(kind)
            segment = log / "data/segments/000000.entries"
            with open(segment, "r+b") as file:
                file.seek(segment.stat().st_size // 2)
                byte = file.read(1)[0]
                file.seek(-1, 1)
                file.write(bytes([byte ^ 1]))
            self.assert_found(log, "tile 0/")

    def test_changed_tile_is_found(self):
        """A flipped bit in any byte of a tile: node, place, filling or checksum."""
        for byte in (0, 16000, 16320, 16335, 16340, 16383, 2 * 16384 + 7):
            log = self.copy("opaque")
            tiles = log / "data/tiles/0"
            data = bytearray(tiles.read_bytes())
            data[byte] ^= 4
            tiles.write_bytes(data)
            self.assert_found(log, "tile 0/%d is not what its entries give" % (byte // 16384))

    def test_missing_tiles_are_found(self):
        log = self.copy("opaque")
        (log / "data/tiles/3").unlink()
        self.assert_found(log, "the tiles of level 3 cannot be opened")

    def test_short_segment_is_found(self):
        log = self.copy("opaque")
        segment = log / "data/segments/000000.entries"
        os.truncate(segment, segment.stat().st_size - 1)
        self.assert_found(log, "ends within bundle")

    def test_missing_segment_is_found(self):
        log = self.copy("opaque")
        (log / "data/segments/000000.entries").unlink()
        self.assert_found(log, "cannot be opened")

    def test_other_key_is_found(self):
        log = self.copy("evidence")
        shutil.copy(self.sound["opaque"] / "keys/checkpoint.vkey", log / "keys/checkpoint.vkey")
        self.assert_found(log, "is not signed by the log's key")

    def test_damaged_database_files_are_found_or_harmless(self):
        """A flipped bit in any database file is reported, or it lies where nothing is read."""
        numbers = random.Random(20261121)
        found = 0
        for _ in range(40):
            log = self.copy("evidence")
            files = [file for file in sorted((log / "data/db").iterdir())
                     if file.suffix in (".ldb", ".log") and file.stat().st_size > 0]
            file = numbers.choice(files)
            data = bytearray(file.read_bytes())
            data[numbers.randrange(len(data))] ^= 1 << numbers.randrange(8)
            file.write_bytes(data)
            result = self.fsck(log)
            self.assertIn(result.returncode, (0, 1), result.stderr)
            found += result.returncode
            shutil.rmtree(log)
        self.assertGreater(found, 30)

    def test_lost_database_file_is_found(self):
        log = self.copy("evidence")
        tables = sorted((log / "data/db").glob("*.ldb")) + sorted((log / "data/db").glob("*.log"))
        max(tables, key=lambda file: file.stat().st_size).unlink()
        self.assertEqual(1, self.fsck(log).returncode)

    def test_head_file_of_a_later_state_is_found(self):
        """A store that went back in time is sound in itself; the head file tells."""
        log = self.copy("opaque")
        later = self.directory / "later"
        later.mkdir()
        subprocess.run([MAKE_LOG, later, "opaque", str(ENTRIES + 1)], check=True)
        shutil.copy(later / "head", log / "head")
        self.assert_found(log, "it went back in time")

    def test_missing_head_file_is_found(self):
        log = self.copy("opaque")
        (log / "head").unlink()
        self.assert_found(log, "has no intact slot")

    def test_absent_log_is_not_available(self):
        self.assertEqual(4, self.fsck(self.directory / "absent").returncode)

    def test_wrong_arguments_are_a_usage_error(self):
        self.assertEqual(2, subprocess.run([FSCK], capture_output=True).returncode)
        self.assertEqual(2, subprocess.run([FSCK, "--no-such"], capture_output=True).returncode)


if __name__ == "__main__":
    unittest.main()
