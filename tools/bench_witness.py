"""The row of tools/bench about witnesses: how soon an entry is under a head with the quorum."""
import json
import subprocess
import threading
import time
import urllib.request

CLIENTS = 32
ADDS_PER_S = 2000  # of others meanwhile, who do not wait
AIM_MS = 1200


class Witness:
    """A vouchd that cosigns one log."""

    def __init__(self, build, directory, number, log_vkey):
        self.number = number
        self.directory = directory / f"w{number}"
        vouchd = build / "server/vouchd"
        subprocess.run([vouchd, "init", "--role", "witness", "--dir", self.directory, "--name",
                        f"witness.example/w{number}", "--listen", "127.0.0.1:0"], check=True,
                       capture_output=True)
        (self.directory / "logs.txt").write_text(f"log {log_vkey}\n")
        self.process = subprocess.Popen([vouchd, self.directory], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if " listening " in line:
                self.address = line.split("address=")[1].split()[0]
                break

    def policy_line(self):
        vkey = (self.directory / "keys/cosigner.vkey").read_text().strip()
        return f"witness w{self.number} {vkey} http://{self.address}/\n"

    def close(self):
        self.process.kill()
        self.process.wait()


class Witnesses:
    """Three of them, of which some are down."""

    def __init__(self, build, log, up):
        vkey = (log / "keys/checkpoint.vkey").read_text().strip()
        self.all = [Witness(build, log, number, vkey) for number in range(3)]
        for witness in self.all[up:]:
            witness.close()

    def policy(self):
        lines = "".join(witness.policy_line() for witness in self.all)
        return lines + "group enough 2 w0 w1 w2\nquorum enough\n"

    def close(self):
        for witness in self.all:
            witness.close()


class WitnessRows:
    def row_witness(self):
        """from submit to witnessed, with three and with two of three witnesses up"""
        for up in (3, 2):
            self.witnessed(up)

    def witnessed(self, up):
        server = self.server("witness", opaque=True)
        server.stop()
        witnesses = Witnesses(self.build, server.log, up)
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
