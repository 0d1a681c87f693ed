"""A daemon that goes away while it is written to: nothing acknowledged is lost, nothing doubled."""
import signal
import unittest

from world import DONE, NOT_AVAILABLE, WorldTest, wait_until


class Crash(WorldTest):
    def count(self):
        return len(self.world.receipts())

    def check_log(self, records, per_statement=1):
        """Every statement once, every receipt good, and the log itself in order."""
        world = self.world
        statements = world.statements()
        self.assertEqual(len(statements), len(set(statements)))
        self.assertEqual(len(statements) * per_statement, records)
        held = {path.read_bytes() for path in (world.directory / "receipts").glob("*.cose")}
        self.assertEqual(held, set(statements))
        world.verify_all()
        world.audit()
        world.stop()
        world.fsck()
        world.start()

    def test_client_waits_for_the_daemon(self):
        """A submission that begins while the log is away succeeds once it is there."""
        self.world.stop()
        process = self.world.spawn_submit(self.record_files("in", 5))
        wait_until(lambda: len(list((self.world.directory / "receipts").glob("*.cose"))) == 5,
                   "signed statements")
        self.assertIsNone(process.poll())
        self.world.start()
        out, err = process.communicate()
        self.assertEqual(process.returncode, DONE, err)
        self.check_log(5)

    def test_daemon_restarts_under_load(self):
        """An orderly restart in the middle is not noticed by the submitter."""
        process = self.world.spawn_submit("-", options=["--records", "1"])
        for i in range(3):
            process.stdin.write(self.records(40))
            process.stdin.flush()
            wait_until(lambda: self.count() > 40 * i, "a receipt")
            self.world.stop()
            self.world.start()
        out, err = process.communicate()
        self.assertEqual(process.returncode, DONE, err)
        self.assertEqual(self.count(), 120)
        self.check_log(120)

    def test_daemon_is_killed_under_load(self):
        """After kill -9 at any moment the log holds every entry that a receipt was given for."""
        process = self.world.spawn_submit("-", options=["--records", "1"])
        for i in range(6):
            process.stdin.write(self.records(50))
            process.stdin.flush()
            wait_until(lambda: self.count() > 50 * i + 7 * i, "a receipt")
            self.world.stop(signal.SIGKILL)
            self.world.start()
        out, err = process.communicate()
        self.assertEqual(process.returncode, DONE, err)
        self.assertEqual(self.count(), 300)
        self.check_log(300)

    def test_both_are_killed(self):
        """Client and daemon die together; the repeated command finishes the work."""
        files = self.record_files("in", 120)
        for wanted in (3, 50, 90):
            process = self.world.spawn_submit(files)
            wait_until(lambda: self.count() >= wanted or process.poll() is not None, "receipts")
            self.world.stop(signal.SIGKILL)
            process.kill()
            process.communicate()
            self.world.start()
        self.world.submit(files)
        self.assertEqual(self.count(), 120)
        self.check_log(120)

    def test_client_gives_up(self):
        """Without an answer for the time allowed the client stops and says how to go on."""
        self.world.stop()
        self.world.vouch(*self.world.submit_words(self.record_files("in", 1)), "--retry", "1",
                         status=NOT_AVAILABLE)
        self.assertIn("127.0.0.1", self.world.stderr)
        self.world.start()


if __name__ == "__main__":
    unittest.main()
