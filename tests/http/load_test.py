#!/usr/bin/env python3
"""What vouch-load submits is what an engine would: valid records, streams without gaps, whole runs."""
import json
import os
import subprocess
import unittest

from support.daemon import APPROVER, ISSUER, PATIENCE, Daemon, cbor
from records import Records, to_json

VOUCH_LOAD = os.environ["VOUCH_LOAD"]
COMMON = {"type", "schema_version", "record_id", "tenant", "stream", "sequence_number",
          "occurred_at_ms", "actor", "run_id", "extensions"}
START = COMMON | {"workflow", "environment", "trigger", "risk", "mode"}
EVENT = COMMON | {"node_id", "attempt", "event"}


class LoadTest(unittest.TestCase):
    def log(self, **config):
        daemon = Daemon(**config)
        self.addCleanup(daemon.close)
        return daemon

    def load(self, log, kind, status=0, **options):
        """Runs vouch-load until nothing is left to send; the answer is its line of JSON."""
        words = [VOUCH_LOAD, "--kind", kind, "--url", "http://127.0.0.1:%d" % log.port,
                 "--issuer", ISSUER, "--key", str(log.keys[ISSUER].private), "--warm-up", "0"]
        for name, value in options.items():
            words += ["--" + name, str(value)]
        run = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(status, run.returncode, run.stderr)
        return json.loads(run.stdout)

    def records(self, log):
        """Every record in the log but its own, in their order."""
        entries = [log.ask("GET", "/v1/entries/%d" % i).item for i in range(log.size())]
        return [record for entry in entries for record in entry["records"]
                if record["type"] not in ("log-metadata", "seal")]

    def check(self, log, streams):
        """-> the records, after a look at each and at how they follow each other."""
        records = self.records(log)
        self.assertEqual(len(records), len({record["record_id"] for record in records}))
        by_stream = {}
        for record in records:
            by_stream.setdefault(record["stream"], []).append(record)
        self.assertEqual(streams, len(by_stream))
        self.assertEqual(streams, len({record["run_id"] for record in records}))
        for stream in by_stream.values():
            self.check_stream(stream)
        return records

    def check_stream(self, records):
        start, *events = records
        self.assertEqual(("run-start", START), (start["type"], set(start)))
        self.assertEqual(list(range(len(records))), [r["sequence_number"] for r in records])
        self.assertEqual(1, len({record["run_id"] for record in records}))
        self.assertEqual({("execution-event", frozenset(EVENT))},
                         {(event["type"], frozenset(event)) for event in events})
        self.assertEqual([("step-%d" % (i // 2), 1, ("start", "end")[i % 2])
                          for i in range(len(events))],
                         [(event["node_id"], event["attempt"], event["event"]) for event in events])

    def test_entries(self):
        """One record in a statement, of the size asked for; two runs of the program are two runs."""
        log = self.log()
        options = {"body-bytes": 500, "connections": 3, "count": 30, "seconds": 60}
        self.assertEqual(30, self.load(log, "entries", **options)["requests"])
        self.load(log, "entries", **options)
        records = self.check(log, 6)
        self.assertEqual(60, len(records))
        self.assertEqual({500}, {len(cbor.dumps(record)) for record in records})

    def test_batch(self):
        """Several records in a statement, several statements in a request."""
        log = self.log()
        options = {"body-bytes": 700, "connections": 2, "records": 5, "statements": 4, "count": 32}
        self.assertEqual(8, self.load(log, "batch", seconds=60, **options)["requests"])
        records = self.check(log, 2)
        self.assertEqual(160, len(records))
        self.assertEqual({700}, {len(cbor.dumps(record)) for record in records})

    def test_lines(self):
        """Statements of several issuers, in the order of a file."""
        log = self.log()
        sources = {name: Records(name) for name in (ISSUER, APPROVER)}
        said = [(name, [sources[name].make() for _ in range(count)])
                for name, count in ((ISSUER, 1), (APPROVER, 3), (ISSUER, 2), (ISSUER, 1), (APPROVER, 1))]
        file = log.directory / "lines"
        file.write_text("".join(json.dumps({"issuer": name, "records": to_json(records)}) + "\n"
                                for name, records in said))
        result = self.load(log, "lines", lines=file, keys=log.directory, connections=1, statements=2)
        self.assertEqual(3, result["requests"])
        self.assertEqual([record for _, records in said for record in records], self.records(log))

    def test_a_rate_is_kept(self):
        """At a rate no more is sent than is due."""
        log = self.log()
        result = self.load(log, "entries", connections=4, count=1000, rate=50, seconds=1)
        self.assertLessEqual(result["requests"], 51)
        self.assertGreater(result["requests"], 0)

    def test_post(self):
        """One request again and again; a reply without what is expected is wrong."""
        log = self.log()
        body = log.directory / "question.json"
        body.write_text(json.dumps({"tenant": "acme", "run_id": "A" * 22, "node_id": "n",
                                    "action_digest": "A" * 43, "granted_to": ISSUER}))
        options = {"path": "/v1/gate", "body-file": body, "connections": 2, "seconds": 1}
        self.assertEqual(0, self.load(log, "post", expect="run-unknown", **options)["wrong"])
        self.assertGreater(self.load(log, "post", status=1, expect="allow", **options)["wrong"], 0)

    def test_a_busy_log_leaves_no_gap(self):
        """What a full queue turned away is sent again before what follows it."""
        log = self.log(queue_entries_max=1, http_threads=2)
        result = self.load(log, "entries", status=1, connections=32, count=320, seconds=60)
        self.assertGreater(result["wrong"], 0)
        self.assertEqual(320, len(self.check(log, 32)))


if __name__ == "__main__":
    unittest.main()
