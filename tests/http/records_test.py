#!/usr/bin/env python3
"""Searches and states of runs while others write; streams of what was searched for."""
import collections
import threading
import unittest
import uuid

from support.daemon import APPROVER, Daemon, ISSUER, cbor
from support.events import Reader
from records import Records  # noqa: E402, found by support.daemon

JSON = [("Accept", "application/json")]
RUNS = 3


class RecordsTest(unittest.TestCase):
    def setUp(self):
        self.log = Daemon(profile="observe")
        self.addCleanup(self.log.close)
        self.engine = Records(ISSUER, tenant="acme")
        self.service = self.engine.beside(APPROVER)

    def say(self, records, type, **more):
        """-> the index of the record's entry."""
        message = self.log.sign(cbor.dumps(records.make(type, **more)), issuer=records.issuer,
                                issued_at=records.sequence_number)
        reply = self.log.ask("POST", "/v1/batch", message,
                             [("Content-Type", "application/cbor-seq"), *JSON])
        result = reply.item[0]
        self.assertEqual("added", result["outcome"], result)
        return result["index"]

    def get(self, path):
        reply = self.log.ask("GET", path, headers=JSON)
        self.assertEqual(200, reply.status, reply.body)
        return reply.item

    def pages(self, path):
        """All entries from page to page, and the sizes the pages speak of."""
        entries, sizes = [], set()
        while path:
            page = self.get(path)
            entries += page["entries"]
            sizes.add(page["size"])
            path = page.get("next")
        return entries, sizes

    def test_pages_are_stable_while_others_write(self):
        """Every walk sees one tree, whole and without repetition; an earlier tree can be asked for
        again and gives the same."""
        stop, written = threading.Event(), collections.defaultdict(list)

        def write():
            while not stop.is_set():
                for node in range(RUNS):
                    index = self.say(self.engine, "execution-event", run_id=ids[node])
                    written[node].append(index)

        ids = []
        for _ in range(RUNS):
            self.say(self.engine, "run-start")
            ids.append(self.engine.run_id)
        writer = threading.Thread(target=write)
        writer.start()
        seen = []
        try:
            path = "/v1/records/type/execution-event?limit=3"
            while len(seen) < 12:
                entries, sizes = self.pages(path)
                self.assertEqual(1, len(sizes))
                seen.append((sizes.pop(), [row["index"] for row in entries]))
        finally:
            stop.set()
            writer.join()
        everything = sorted(sum(written.values(), []))
        for size, indexes in seen:
            self.assertEqual([index for index in everything if index < size], indexes)
            again, _ = self.pages("/v1/records/type/execution-event?limit=5&size=%d" % size)
            self.assertEqual(indexes, [row["index"] for row in again])
        for node, id in enumerate(ids):
            entries, _ = self.pages("/v1/records/run/%s?limit=7&type=execution-event"
                                    % uuid.UUID(bytes=bytes(id)))
            self.assertEqual(written[node], [row["index"] for row in entries])

    def test_the_index_survives_the_process(self):
        self.say(self.engine, "run-start")
        before = self.get("/v1/records/type/run-start")
        self.log.process.kill()
        self.log.process.wait()
        self.log.start()
        self.assertEqual(before["entries"], self.get("/v1/records/type/run-start")["entries"])

    def test_approvals_of_a_run(self):
        """What was asked for, who said what, and what became of it."""
        self.say(self.engine, "identity", roles=["approver"],
                 principal={"kind": "human", "id": "usr_approver"})
        self.say(self.engine, "identity", principal={"kind": "human", "id": "usr_requester"})
        self.say(self.engine, "policy-version")
        self.say(self.engine, "run-start")
        run = "/v1/runs/%s" % uuid.UUID(bytes=bytes(self.engine.run_id))
        index = self.say(self.engine, "approval-request", run_id=self.engine.run_id)
        approval, = self.get(run)["approvals"]
        self.assertEqual(("open", index, 0, 1, []), tuple(
            approval[name] for name in ("state", "index", "approval_count", "quorum", "votes")))
        self.service.at_ms = self.engine.at_ms
        self.say(self.service, "approval", run_id=self.engine.run_id)
        approval, = self.get(run)["approvals"]
        self.assertEqual("approved", approval["state"])
        self.assertEqual([("approve", "usr_approver")],
                         [(vote["outcome"], vote["approver"]) for vote in approval["votes"]])
        self.assertEqual([], self.get("/v1/records/approver/usr_requester")["entries"])
        self.assertEqual(1, len(self.get("/v1/records/approver/usr_approver")["entries"]))

    def test_a_stream_of_what_was_searched_for(self):
        """Only entries that mention it, and one checkpoint behind the newest; resumed like any."""
        for _ in range(3):
            self.say(self.engine, "run-start")
            self.say(self.engine, "test-result")
        reader = Reader(self.log.port, "?begin=0&type=run-start")
        self.addCleanup(reader.close)
        size = self.log.size()
        events = reader.until("checkpoint-%d" % size)
        self.assertEqual([["run-start"]] * 3, [e.data["types"] for e in events[:-1]])
        self.say(self.engine, "test-result")
        index = self.say(self.engine, "run-start")
        self.assertEqual(str(index), reader.next().id)
        self.assertEqual("checkpoint-%d" % (index + 2), reader.next().id)
        again = Reader(self.log.port, "?type=run-start", last=events[1].id)
        self.addCleanup(again.close)
        self.assertEqual([events[2].id, str(index)], [again.next().id, again.next().id])


if __name__ == "__main__":
    unittest.main()
