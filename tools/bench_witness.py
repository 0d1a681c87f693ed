"""The row of tools/bench about witnesses: how soon an entry is under a head with the quorum."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

WITNESS = pathlib.Path(__file__).resolve().parent.parent / "tests/support/witness.py"
CLIENTS = 32
ADDS_PER_S = 2000  # of others meanwhile, who do not wait
AIM_MS = 1200


class Witnesses:
    """Three witness processes, of which some are down."""

    def __init__(self, vkey, up):
        environment = {**os.environ, "PYTHONPATH": str(WITNESS.parent)}
        self.processes = [subprocess.Popen([sys.executable, WITNESS, f"bench.example/{number}", vkey],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                           env=environment) for number in range(3)]
        self.lines = [process.stdout.readline() for process in self.processes]
        for process in self.processes[up:]:
            process.kill()

    def policy(self):
        return "".join(self.lines) + "group enough 2 w0 w1 w2\nquorum enough\n"

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()


class WitnessRows:
    def row_witness(self):
        """from submit to witnessed, with three and with two of three witnesses up"""
        for up in (3, 2):
            self.witnessed(up)

    def witnessed(self, up):
        server = self.server("witness", opaque=True)
        server.stop()
        witnesses = Witnesses(server.log / "keys/checkpoint.vkey", up)
        try:
            (server.log / "policy").write_text(witnesses.policy())
            file = server.log / "vouchd.json"
            config = {**json.loads(file.read_text()), "witness_policy_file": "policy"}
            file.write_text(json.dumps(config))
            server.start()
            self.measure(server, f"submit to witnessed, {up} of 3 up")
        finally:
            witnesses.close()
            self.discard("witness")

    def measure(self, server, name):
        seconds = self.arguments.seconds
        load = server.start_load("add", connections=16, seconds=seconds + 2, warm_up=0,
                                 rate=ADDS_PER_S)
        end = time.monotonic() + seconds
        times = []
        threads = [threading.Thread(target=self.submit, args=(server, number, end, times))
                   for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        others = self.finish_load(load)
        times.sort()
        rate = others["entries_per_s"] if others else 0
        self.table.aim(name, times[len(times) * 99 // 100], "ms p99", most=AIM_MS,
                       note=f"p50 {times[len(times) // 2]:.0f} ms, most {times[-1]:.0f} ms, "
                            f"{len(times)} entries, others {rate:.0f} adds/s")

    @staticmethod
    def submit(server, number, end, times):
        count = 0
        while time.monotonic() < end:
            count += 1
            begin = time.monotonic()
            request = urllib.request.Request(f"{server.url}/add?wait=witnessed&wait_s=60",
                                             data=f"{number} {count}".encode())
            urllib.request.urlopen(request, timeout=90).read()
            times.append((time.monotonic() - begin) * 1000)
