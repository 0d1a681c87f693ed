"""The rows of tools/bench about the gate: how soon it answers, and what those who wait cost."""
import json
import os
import re
import resource
import socket
import subprocess
import time
import urllib.request

from record_bytes import cbor, from_json, sha256, to_json

RECORDS_PER_S = 5000  # what others submit meanwhile
QUESTIONS_PER_S = 200
WAITING = 10000
WAIT_S = 300
PATIENCE_S = 120
ACTION = {"operation": "release", "resource": "report",
          "arguments": {"algorithm": "sha-256", "digest": to_json(bytes(32))}}


def run_start(run_id):
    now_ms = int(time.time() * 1000)
    return {"type": "run-start", "schema_version": 1, "record_id": to_json(os.urandom(16)),
            "tenant": "bench", "stream": "gate", "sequence_number": 0, "occurred_at_ms": now_ms,
            "actor": {"kind": "service", "id": "svc_bench", "on_behalf_of": "usr_bench"},
            "run_id": to_json(run_id), "workflow": {"id": "bench", "version": "1"},
            "environment": "test", "trigger": {"kind": "api", "triggered_by": "usr_bench"},
            "risk": "low", "mode": "live"}


def question(run_id, node_id, action=None, **more):
    """What POST /v1/gate is asked. Without an action it waits for an approval of it."""
    subject = {"kind": "action", "run_id": run_id, "node_id": node_id}
    digest = sha256(cbor({"action": from_json(ACTION), "subject": subject}))
    shown = {} if action is None else {"action": action}
    return {"tenant": "bench", "run_id": to_json(run_id), "node_id": node_id, **shown,
            "action_digest": to_json(digest), "granted_to": "bench", **more}


class GateRows:
    def gate_log(self, **config):
        """A log with a run of low risk; -> the server and the run's id."""
        server = self.server("gate", opaque=False, **config)
        run_id = os.urandom(16)
        record = server.directory / "run-start.json"
        record.write_text(json.dumps(run_start(run_id)))
        subprocess.run([self.build / "client/vouch", "submit", "--url", server.url, "--issuer",
                        "bench", "--key", server.key, "--receipts", server.directory / "receipts",
                        record], check=True, capture_output=True)
        return server, run_id

    def row_gate(self):
        """answers of the gate while others submit 5,000 records/s"""
        server, run_id = self.gate_log()
        for records in (1, 8):
            self.answers(server, "gate: a grant", question(run_id, "step-0", ACTION), "allow", records)
            self.answers(server, "gate: not yet", question(run_id, "step-0"), "no-request", records)
        self.discard("gate")

    def answers(self, server, name, body, expected, records):
        """Beside statements of so many records."""
        self.machine.calibrate()
        seconds, rate = self.arguments.seconds, RECORDS_PER_S // records
        file = server.directory / "question.json"
        file.write_text(json.dumps(body))
        others = server.start_load("entries", connections=64, rate=rate, seconds=seconds + 2, warm_up=0,
                                   body_bytes=500, records=records, count=rate * (seconds + 4))
        server.wait_for_load(others, rate // 10)
        result = server.load("post", connections=16, rate=QUESTIONS_PER_S, seconds=seconds,
                             path="/v1/gate", body_file=file, expect=expected)
        load = self.finish_load(others)
        self.table.add(name, result)
        if result and load:
            others = load["entries_per_s"] * records
            self.table.aim("  99 of 100 answers within", result["p99_ms"], "ms", most=5,
                           cpu_us=result["server_cores"] * 1e6 / (others + result["entries_per_s"]),
                           note=f"beside {others:.0f} records/s in statements of {records}, "
                                f"synced appends p99 {self.machine.last['synced_append_p99_ms']:.1f} ms")

    def row_waiting(self):
        """server memory of 10,000 questions that wait for an approval"""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard < WAITING + 500:
            self.table.say("waiting gates", f"not run: at most {hard} open files here")
            return
        server, run_id = self.gate_log(connections_max=WAITING + 100)
        before, cpu = server.memory_mib(), server.cpu_s()
        sockets = [self.ask_and_wait(server, run_id, number) for number in range(WAITING)]
        self.wait_until_parked(server)
        after, cpu = server.memory_mib(), server.cpu_s() - cpu
        self.table.aim("memory of 10,000 waiting gates", after - before, "MiB", most=100,
                       cpu_us=cpu * 1e6 / WAITING, note=f"{before:.0f} MiB before")
        for each in sockets:
            each.close()
        self.discard("gate")

    @staticmethod
    def ask_and_wait(server, run_id, number):
        body = json.dumps(question(run_id, f"step-{number}", wait_s=WAIT_S)).encode()
        host, port = server.url.removeprefix("http://").split(":")
        each = socket.create_connection((host, int(port)))
        each.sendall(b"POST /v1/gate HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return each

    @staticmethod
    def wait_until_parked(server):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            text = urllib.request.urlopen(f"{server.url}/metrics", timeout=60).read().decode()
            if float(re.search(r"^vouch_http_in_flight (\S+)", text, re.M)[1]) > WAITING:
                return
            time.sleep(0.1)
        raise SystemExit("the questions are not all waiting")
