#!/usr/bin/env python3
"""Starting, and every reason not to start: one clear line and exit status 1."""
import json
import os
import shutil
import signal
import socket
import subprocess
import unittest

from support.daemon import ISSUER, ORIGIN, PATIENCE, VOUCHD, Daemon, statement, wait_until


class StartTest(unittest.TestCase):
    def log(self, **config):
        daemon = Daemon(**config)
        self.addCleanup(daemon.close)
        return daemon

    def test_a_port_in_use_is_refused(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            said = self.log(start=False, listen=address).refuse_to_start()
        self.assertIn(address, said)
        self.assertIn("in use", said)

    def test_a_key_file_others_can_read_is_refused(self):
        for name in ("checkpoint", "receipt", "log"):
            log = self.log(start=False)
            os.chmod(log.log / "keys" / (name + ".pem"), 0o640)
            said = log.refuse_to_start()
            self.assertIn(name + ".pem", said)
            self.assertIn("640", said)

    def test_a_missing_or_broken_key_file_is_refused(self):
        log = self.log(start=False)
        key = log.log / "keys" / "receipt.pem"
        key.write_text("no key\n")
        self.assertIn("receipt.pem", log.refuse_to_start())
        key.unlink()
        self.assertIn("receipt.pem", log.refuse_to_start())

    def test_a_key_of_the_wrong_type_is_refused(self):
        log = self.log(start=False)
        shutil.copy(log.log / "keys/checkpoint.pem", log.log / "keys/receipt.pem")
        self.assertIn("P-256", log.refuse_to_start())

    def test_one_key_for_two_purposes_is_refused(self):
        log = self.log(start=False)
        shutil.copy(log.log / "keys/receipt.pem", log.log / "keys/log.pem")
        self.assertIn("same key", log.refuse_to_start())

    def test_a_store_that_is_open_already_is_refused(self):
        log = self.log(opaque=True)
        command = subprocess.run([VOUCHD, log.log], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(1, command.returncode)
        self.assertEqual(1, len(command.stderr.strip().splitlines()), command.stderr)
        self.assertEqual(200, log.ask("POST", "/add", b"still here").status)

    def test_a_store_without_data_is_refused(self):
        log = self.log(start=False)
        shutil.rmtree(log.log / "data")
        self.assertIn("data", log.refuse_to_start())
        self.assertFalse((log.log / "data").exists())  # init creates stores, running does not

    def test_a_store_of_another_key_is_refused(self):
        log, other = self.log(start=False), self.log(start=False)
        shutil.rmtree(log.log / "data")
        shutil.copytree(other.log / "data", log.log / "data")
        self.assertIn("key", log.refuse_to_start())

    def test_a_store_of_another_origin_is_refused(self):
        log = self.log(start=False)
        log.configure(origin="another.example/log")
        said = log.refuse_to_start()
        self.assertTrue(ORIGIN in said and "another.example/log" in said, said)

    def test_a_damaged_store_is_refused_or_served_right(self):
        """Each file of the database with a changed byte: a clear refusal, or the right answers."""
        log = self.log(opaque=True)
        for i in range(20):
            self.assertEqual(200, log.ask("POST", "/add", b"entry %d" % i).status)
        checkpoint = log.ask("GET", "/checkpoint").body
        self.assertEqual(0, log.terminate())
        copy = log.directory / "copy"
        shutil.copytree(log.log, copy)
        files = [file for file in sorted((copy / "data/db").iterdir())
                 if file.stat().st_size > 0 and file.name not in ("LOG", "LOG.old", "LOCK")]
        self.assertGreater(len(files), 2)
        refused = 0
        for file in files:
            shutil.rmtree(log.log)
            shutil.copytree(copy, log.log)
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 0x55
            (log.log / "data/db" / file.name).write_bytes(content)
            log.spawn()
            wait_until(lambda: log.process.poll() is not None or b" listening " in log.said(), "an outcome")
            if log.process.poll() is None:
                line = next(line for line in log.said().decode().splitlines() if " listening " in line)
                log.port = int(line.split("address=127.0.0.1:")[1].split()[0])
                self.assertEqual(checkpoint, log.ask("GET", "/checkpoint").body, file.name)
                self.assertEqual(0, log.terminate())
            else:
                refused += 1
                self.assertEqual(1, log.process.returncode, log.said())
        self.assertGreater(refused, 0)
        shutil.rmtree(log.log)
        shutil.copytree(copy, log.log)
        log.start()

    def test_a_store_that_went_back_in_time_is_read_only(self):
        """Yesterday's copy of the database under today's head file: served, but never signed."""
        log = self.log(opaque=True)
        self.assertEqual(200, log.ask("POST", "/add", b"one").status)
        self.assertEqual(0, log.terminate())
        shutil.copytree(log.log / "data", log.directory / "yesterday")
        log.start()
        for entry in (b"two", b"three", b"four"):
            self.assertEqual(200, log.ask("POST", "/add", entry).status)
        self.assertEqual(0, log.terminate())
        shutil.rmtree(log.log / "data")
        shutil.copytree(log.directory / "yesterday", log.log / "data")
        log.start()
        reply = log.ask("POST", "/add", b"fork", [("Accept", "application/json")])
        self.assertEqual((503, "read-only"), (reply.status, reply.problem["code"]))
        self.assertEqual(503, log.ask("GET", "/readyz").status)
        self.assertEqual(b"one", log.ask("GET", "/v1/entries/0").item["entry"])
        self.assertIn(b"read-only", log.said())

    def test_a_directory_of_its_own_is_all_a_log_needs(self):
        """A stopped log may be moved: paths in vouchd.json are relative to it."""
        log = self.log(opaque=True)
        self.assertEqual(200, log.ask("POST", "/add", b"one").status)
        self.assertEqual(0, log.terminate())
        moved = log.directory / "moved"
        log.log.rename(moved)
        log.log = moved
        log.start()
        self.assertEqual(1, log.size())

    def test_sigint_ends_it_like_sigterm(self):
        log = self.log(opaque=True)
        log.process.send_signal(signal.SIGINT)
        self.assertEqual(0, log.process.wait(PATIENCE))

    def test_init_refuses_an_existing_directory(self):
        log = self.log(start=False)
        before = sorted(path.name for path in log.log.iterdir())
        command = subprocess.run([VOUCHD, "init", "--dir", log.log, "--origin", ORIGIN], capture_output=True, text=True)
        self.assertEqual(1, command.returncode)
        self.assertIn("exists already", command.stderr)
        self.assertEqual(before, sorted(path.name for path in log.log.iterdir()))

    def test_init_makes_private_keys_private(self):
        log = self.log(start=False)
        keys = log.log / "keys"
        for name in ("checkpoint", "receipt", "log"):
            self.assertEqual(0o600, (keys / (name + ".pem")).stat().st_mode & 0o777)
            self.assertIn("BEGIN PUBLIC KEY", (keys / (name + ".pub.pem")).read_text())
        self.assertTrue((keys / "checkpoint.vkey").read_text().startswith(ORIGIN + "+"))

    def test_init_refuses_what_cannot_be_an_origin(self):
        log = self.log(start=False)
        for origin in ("", "with space", "with+plus", "x" * 201):
            target = log.directory / "never"
            command = subprocess.run([VOUCHD, "init", "--dir", target, "--origin", origin], capture_output=True)
            self.assertEqual(1, command.returncode, origin)
            self.assertFalse(target.exists())

    def test_usage_errors_exit_with_2(self):
        for arguments in ([], ["--nonsense"], ["a", "b"], ["init"], ["init", "--dir", "x"]):
            command = subprocess.run([VOUCHD, *arguments], capture_output=True, text=True)
            self.assertEqual(2, command.returncode, arguments)
            self.assertTrue(command.stderr)

    def test_help_and_version_tell(self):
        text = subprocess.run([VOUCHD, "--help"], capture_output=True, text=True, check=True).stdout
        for word in ("vouchd init", "--opaque", "SIGHUP", "queue_entries_max", "16384"):
            self.assertIn(word, text)
        text = subprocess.run([VOUCHD, "--version"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(text, r"^vouchd \d+\.\d+")

    def test_sighup_with_a_bad_file_changes_nothing(self):
        log = self.log()
        path = log.log / "vouchd.json"
        good = path.read_text()
        for bad in ("{", json.dumps({**json.loads(good), "issuers": []})):
            path.write_text(bad)
            before = log.said().count(b"reload-failed")
            log.process.send_signal(signal.SIGHUP)
            wait_until(lambda: log.said().count(b"reload-failed") > before, "the failure is reported")
            self.assertEqual(201, log.submit(log.sign()).status)

    def test_sighup_says_what_needs_a_restart(self):
        log = self.log(opaque=True)
        log.configure(queue_entries_max=77, diag_level="debug")
        log.process.send_signal(signal.SIGHUP)
        wait_until(lambda: b"reload-needs-restart changed=queue_entries_max" in log.said(), "it is said")
        self.assertEqual(200, log.ask("POST", "/add", b"x").status)
        wait_until(lambda: b" debug committed " in log.said(), "the level has changed")


if __name__ == "__main__":
    unittest.main()
