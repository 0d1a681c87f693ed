"""The row of tools/bench about us as a witness: checkpoints cosigned, each on disk, and memory."""
import pathlib
import re
import subprocess
import sys
import time

LOGS = 10000
CONNECTIONS = 256
PREPARED = 8000  # checkpoints signed beforehand for each second
AIM_PER_S = 5000
AIM_MIB = 64


class Cosigner:
    """A witness of LOGS logs."""

    def __init__(self, build, directory):
        self.directory = pathlib.Path(directory)
        self.load = build / "tools/vouch-load"
        logs = self.directory / "logs.txt"
        with open(logs, "wb") as file:
            subprocess.run([self.load, "--list-logs", str(LOGS)], check=True, stdout=file)
        home = self.directory / "witness"
        subprocess.run([build / "server/vouchd", "init", "--role", "witness", "--dir", home, "--name",
                        "witness.example/bench", "--listen", "127.0.0.1:0", "--logs", logs],
                       check=True, capture_output=True)
        self.messages = self.directory / "messages"
        with open(self.messages, "wb") as messages:
            self.process = subprocess.Popen([build / "server/vouchd", home], stderr=messages)
        while b" serving " not in self.messages.read_bytes():
            if self.process.poll() is not None:
                sys.exit(self.messages.read_text())
            time.sleep(0.01)
        self.port = re.search(r"address=127.0.0.1:(\d+)", self.messages.read_text())[1]

    def command(self):
        return [self.load, "--kind", "cosign", "--url", f"http://127.0.0.1:{self.port}",
                "--logs", str(LOGS), "--server-pid", str(self.process.pid)]

    def close(self):
        self.process.terminate()
        self.process.wait()


class CosignerRows:
    def row_cosigner(self):
        """as a witness of ten thousand logs: checkpoints cosigned, memory"""
        directory = self.directory / "cosigner"
        directory.mkdir()
        witness = Cosigner(self.build, directory)
        seconds = min(self.arguments.seconds, 20)
        try:
            self.machine.calibrate()
            load = subprocess.Popen(
                [*witness.command(), "--connections", str(CONNECTIONS), "--seconds", str(seconds),
                 "--count", str((seconds + 1) * PREPARED)],
                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            result = self.finish_load(load)
        finally:
            witness.close()
        if result is None:
            self.table.say("checkpoints cosigned", "failed")
            return
        self.table.aim("checkpoints cosigned, 10,000 logs", result["entries_per_s"], "/s",
                       cpu_us=result["server_cpu_us"], least=AIM_PER_S,
                       note=f"p50 {result['p50_ms']:.1f} ms, p99 {result['p99_ms']:.1f} ms, "
                            f"{result['server_cores']:.2f} cores")
        self.table.aim("memory of that witness, peak", result["server_peak_mib"], "MiB", most=AIM_MIB)
