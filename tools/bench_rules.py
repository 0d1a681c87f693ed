"""The rows of tools/bench about records: their schema, the admission rules, and replaying both."""
import json
import resource
import subprocess
import time

from fill_example import WORKFLOWS, Filling, submissions
from record_bytes import to_json


RECORDS = 64  # in a statement
REPLAYED = 200000
RUNS = 500  # of each workflow


class RuleRows:
    def run_timed(self, command):
        """-> its result, seconds, and seconds of CPU."""
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        result = subprocess.run(command, capture_output=True, text=True)
        wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        return result, wall, (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)

    def row_schema(self):
        """the schema of records of 560 bytes alone, one core"""
        self.machine.calibrate()
        text = subprocess.run([self.build / "tests/schemas/bench_schema"], check=True, text=True,
                              capture_output=True).stdout
        for line in text.splitlines():
            words = line.split()
            if words[:2] == ["policy-version", "schema"]:
                self.table.aim("schema of a 560-byte record", float(words[4]), "records/s",
                               least=200000, cpu_us=float(words[6]) / 1000)

    def row_rules(self):
        """all admission rules over statements of 64 records, facts in memory, one core"""
        self.machine.calibrate()
        text = subprocess.run([self.build / "tests/bench/admission_bench", "--mentions", "--seconds",
                               str(min(10, self.arguments.seconds))], check=True, text=True,
                              capture_output=True).stdout
        values = dict(word.split("=") for word in text.split())
        self.table.aim("rules alone, in memory", float(values["records_per_s"]), "records/s",
                       least=60000, cpu_us=float(values["us_per_record"]))

    def row_records(self):
        """statements of 64 records of 500 bytes by POST /v1/batch"""
        server = self.server("evidence", opaque=False)
        self.machine.calibrate()
        result = self.load_records(server, self.arguments.seconds)
        self.table.add("statements of 64 records", result)
        if result:
            self.table.aim("  admitted, all rules on", result["entries_per_s"] * RECORDS, "records/s",
                           least=60000, cpu_us=result["server_cpu_us"] / RECORDS)

    @staticmethod
    def load_records(server, seconds, **options):
        return server.load("batch", connections=16, seconds=seconds, body_bytes=500, records=RECORDS,
                           statements=16, **({"count": 4000 * (seconds + 2)} | options))

    def row_replay(self):
        """vouch audit --replay of a log of statements of 64 records"""
        server = self.server("replay", opaque=False)
        self.load_records(server, 60, warm_up=0, count=REPLAYED // RECORDS // 16 * 16)
        self.replay(server, "vouch audit --replay", least=50000)
        self.discard("replay")

    def replay(self, server, name, **aim):
        self.machine.calibrate()
        result, wall, cpu = self.run_timed([self.build / "client/vouch", "audit", server.url, "--vkey",
                                            server.log / "keys/checkpoint.vkey", "--replay", "--json"])
        if result.returncode != 0:
            self.table.say(name, f"failed: {result.stdout}{result.stderr.strip()}")
            return
        records = json.loads(result.stdout)["replay"]["records"]
        self.table.aim(name, records / cpu, "records/s a core", cpu_us=cpu * 1e6 / records, **aim,
                       note=f"{records} records in {wall:.2f} s")

    def row_workflows(self):
        """clean runs of each workflow of docs/examples: admitted, and replayed"""
        for workflow in WORKFLOWS:
            filling = Filling(workflow)
            server = self.server(workflow, opaque=False, issuers=filling.example.issuers)
            self.submit_steps(server, filling.setup_steps)
            steps = [step for number in range(RUNS)
                     for step in filling.scenario("clean", stream=f"clean-{number}")]
            self.machine.calibrate()
            result = self.submit_steps(server, steps)
            if result:
                statements = len(submissions(steps))
                each = len(steps) / statements
                self.table.aim(workflow, result["entries_per_s"] * each, "records/s", least=5000,
                               cpu_us=result["server_cpu_us"] / each,
                               note=f"{each:.1f} records in a statement")
            self.replay(server, "  vouch audit --replay")
            self.discard(workflow)

    @staticmethod
    def submit_steps(server, steps):
        lines = server.directory / "lines"
        lines.write_text("".join(
            json.dumps({"issuer": group[0].issuer, "records": [to_json(step.record) for step in group]})
            + "\n" for group in submissions(steps)))
        return server.load("lines", connections=1, seconds=60, warm_up=0, statements=64, lines=lines,
                           keys=server.directory)
