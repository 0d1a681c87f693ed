"""The rows of tools/bench about monitors: what replay costs beside signatures, whether they keep up."""
import json
import os
import subprocess
import time

from bench_rules import RECORDS, REPLAYED

SINGLE = 20000  # statements of one record
BEHIND_MAX_S = 5  # looks are a second apart, and each takes in what came since the last


def pin(pid, cores):
    """All threads there are, and those they start."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cores)


class MonitorRows:
    def row_monitor(self):
        """replay beside signatures alone; vouch monitor from the first entry; while a log is written"""
        server = self.server("monitor", opaque=False)
        self.load_records(server, 60, warm_up=0, count=REPLAYED // RECORDS // 16 * 16)
        self.compare_signatures(server, "statements of 64 records", records_least=50000)
        self.monitor_whole(server)
        self.keep_up(server)
        self.discard("monitor")
        server = self.server("monitor", opaque=False)
        server.load("batch", connections=16, seconds=60, body_bytes=500, records=1, statements=16,
                    warm_up=0, count=SINGLE)
        self.compare_signatures(server, "statements of one record", share_least=85)
        self.discard("monitor")

    def compare_signatures(self, server, name, records_least=None, share_least=None):
        self.machine.calibrate()
        text = subprocess.run([self.build / "tests/bench/replay_bench", server.url], check=True,
                              text=True, capture_output=True).stdout
        values = {word.split("=")[0]: float(word.split("=")[1]) for word in text.split()}
        self.table.aim(f"replay, {name}", values["records_per_s"], "records/s a core",
                       cpu_us=1e6 / values["records_per_s"],
                       **({"least": records_least} if records_least else {}))
        note = f"{values['signatures_per_s']:.0f} signatures/s alone"
        self.table.aim("  of the rate of signatures", values["share"] * 100, "%", note=note,
                       **({"least": share_least} if share_least else {}))

    def monitor_words(self, server, *words):
        return [self.build / "client/vouch", "monitor", server.url, "--vkey",
                server.log / "keys/checkpoint.vkey", "--dir", server.directory / "watched", "--json",
                *words]

    def monitor_whole(self, server):
        self.machine.calibrate()
        result, wall, cpu = self.run_timed(self.monitor_words(server, "--once"))
        if result.returncode != 0:
            self.table.say("vouch monitor", f"failed: {result.stdout}{result.stderr.strip()}")
            return
        records = json.loads(result.stdout.splitlines()[-1])["records_replayed"]
        self.table.aim("vouch monitor, from the first entry", records / cpu, "records/s a core",
                       least=50000, cpu_us=cpu * 1e6 / records,
                       note=f"{records} records in {wall:.2f} s")
        begin = time.monotonic()
        subprocess.run(self.monitor_words(server, "--once"), check=True, capture_output=True)
        self.table.say("  started again, nothing new", f"{time.monotonic() - begin:.3f} s")

    def keep_up(self, server):
        """How far a monitor is behind when a log that was written at full rate falls silent.

        Log and load have one half of the cores, the monitor the other.
        """
        cores = sorted(os.sched_getaffinity(0))
        theirs, its = cores[: len(cores) // 2] or cores, cores[len(cores) // 2:]
        monitor = subprocess.Popen(self.monitor_words(server, "--interval", "1"),
                                   stdout=subprocess.PIPE, text=True)
        pin(monitor.pid, its)
        pin(server.process.pid, theirs)
        pin(os.getpid(), theirs)  # the load inherits it
        before = server.tree_size()
        load = self.load_records(server, self.arguments.seconds)
        pin(os.getpid(), cores)
        end, size, verified = time.monotonic(), server.tree_size(), before
        while verified < size:
            verified = json.loads(monitor.stdout.readline()).get("verified_size", verified)
        behind = time.monotonic() - end
        monitor.terminate()
        monitor.wait()
        self.table.aim("  behind a log written at full rate", behind, "s", most=BEHIND_MAX_S,
                       note=f"{load['entries_per_s'] * RECORDS:.0f} records/s were written" if load else "")
