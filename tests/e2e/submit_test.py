"""Submission: packing, streams, refusals, and runs that are repeated or run twice at once."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import unittest

from world import (APPROVALS, DONE, ENGINE, FAILED, NOT_AVAILABLE, REFUSED, VOUCH, Records,
                   WorldTest, cbor, wait_until)


class Submit(WorldTest):
    def test_standard_input_is_packed(self):
        """Records on standard input share statements, and every record is in the log once."""
        result = self.world.submit("-", input=self.records(1000))
        self.assertEqual(result["records"], 1000)
        self.assertEqual(result["statements_signed"], 16)  # 1000 / 64, rounded up
        self.assertEqual(result["accepted"], 16)
        self.assertEqual(len(self.world.statements()), 16)
        self.world.verify_all()

    def test_records_option(self):
        """--records bounds how many records share a statement."""
        result = self.world.submit("-", input=self.records(10), options=["--records", "3"])
        self.assertEqual(result["statements_signed"], 4)
        result = self.world.submit("-", input=self.records(5), options=["--records", "1"])
        self.assertEqual(result["statements_signed"], 5)

    def test_cbor_sequence(self):
        """A CBOR sequence of records on standard input is understood."""
        good = b"".join(cbor(self.source(ENGINE).make()) for _ in range(20))
        self.world.submit("-", input=good[1:], status=FAILED)
        self.assertEqual(self.world.submit("-", input=good)["records"], 20)

    def test_stream_order(self):
        """Records of one stream are logged in the order they came, also over many statements."""
        streams = [Records(ENGINE, stream="s%d" % i) for i in range(3)]
        lines = b"".join(streams[i % 3].lines(1) for i in range(300))
        self.world.submit("-", input=lines, options=["--records", "4"])
        seen = {}
        for index in range(self.world.size()):
            shown = json.loads(self.world.vouch("get", index, "--url", self.world.url, "--json"))
            for record in shown["records"]:
                if "stream" in record:
                    seen.setdefault(record["stream"], []).append(record["sequence_number"])
        self.assertEqual(len(seen), 3)
        for stream, numbers in seen.items():
            self.assertEqual(numbers, list(range(100)), stream)

    def test_types_of_ones_own(self):
        """With the log's own CDDL, JSON of its types is understood, and checked before it is signed."""
        folder = self.world.log / "schemas"
        folder.mkdir()
        (folder / "acme.cddl").write_text(
            'record /= acme\nacme = { type: "acme", header, image_digest: hash32 }\n')
        self.world.configure(record_schema_directories=["schemas"])
        record = json.loads(self.records(1))
        record = {name: record[name] for name in ("schema_version", "record_id", "tenant", "actor",
                                                  "occurred_at_ms", "sequence_number")}
        record.update(type="acme", image_digest="A" * 43, stream="acme")
        good, bad = json.dumps(record), json.dumps({**record, "image_digest": "A" * 42})
        self.world.submit("-", input=bad.encode(), options=["--schema", folder], status=FAILED)
        self.assertIn("/image_digest: have 31 bytes, want hash32: bytes .size 32", self.world.stderr)
        self.assertEqual(self.world.size(), 4)  # the log has said that records are others now
        self.world.submit("-", input=good.encode(), status=REFUSED, receipts="without")
        result = self.world.submit("-", input=good.encode(), options=["--schema", folder])
        self.assertEqual(result["accepted"], 1)
        shown = json.loads(self.world.vouch("get", 4, "--url", self.world.url, "--json"))
        self.assertEqual(shown["records"][0]["image_digest"], "A" * 43)

    def test_bad_file_sends_nothing(self):
        """When one file is no record, nothing of any file is signed or sent."""
        files = self.record_files("in", 3)
        record = json.loads(self.records(1))
        (files / "0002.json").write_text(json.dumps({**record, "case_count": 1.5}))
        self.world.submit(files, status=FAILED)
        self.assertIn("0002.json", self.world.stderr)
        self.assertEqual(self.world.size(), 2)  # what a new log says of itself
        self.assertEqual(list((self.world.directory / "receipts").glob("*.cose")), [])

    def test_bad_line_sends_what_came_before(self):
        """A bad line on standard input is named; the records before it are submitted."""
        self.world.submit("-", input=self.records(5) + b'{"typ": "x"}\n' + self.records(5),
                          status=FAILED)
        self.assertIn("standard input line 6", self.world.stderr)
        self.assertEqual(len(self.world.statements()), 1)

    def test_same_again_is_nothing_new(self):
        """The same command again signs nothing, sends nothing and ends well."""
        files = self.record_files("in", 10)
        self.world.submit(files)
        size = self.world.size()
        again = self.world.submit(files)
        self.assertEqual((again["records_signed_before"], again["statements_signed"]), (10, 0))
        self.assertEqual(self.world.size(), size)

    def test_a_record_twice_is_two_records(self):
        """What the input holds twice is submitted twice, and the log takes no record twice."""
        record = self.records(1)
        self.world.submit("-", input=record + record, status=REFUSED)
        self.assertIn("seq-reuse", self.world.stderr)
        self.assertEqual(len(self.world.statements()), 0)

    def test_unknown_issuer_is_refused(self):
        """A refusal names the reason, is kept, and the same records are accepted once it is gone."""
        world = self.world
        world.vouch("keygen", "--out", world.directory / "stranger")
        files = self.record_files("in", 3, "stranger")
        world.submit(files, issuer="stranger", status=REFUSED)
        self.assertIn("unknown-issuer", world.stderr)
        refused = sorted((world.directory / "receipts").glob("*.refused"))
        self.assertEqual(len(refused), 3)
        self.assertEqual(json.loads(refused[0].read_text())["code"], "unknown-issuer")

        world.stop()
        world.trust("stranger=%s" % (world.directory / "stranger.pub.pem"))
        world.start()
        # Without the files nobody asks for them; with them they are tried again, as they were.
        self.assertEqual(world.json("submit", "--url", world.url, "--receipts",
                                    world.directory / "receipts")["refused_earlier"], 3)
        again = world.submit(files, issuer="stranger")
        self.assertEqual((again["accepted"], again["statements_signed"]), (3, 0))
        self.assertEqual(list((world.directory / "receipts").glob("*.refused")), [])
        self.assertEqual(len(world.statements()), 3)

    def test_killed_half_way(self):
        """A run that is killed and repeated leaves each statement in the log exactly once."""
        files = self.record_files("in", 150)
        for wanted in (5, 60, 120):
            process = self.world.spawn_submit(files)
            wait_until(lambda: len(self.world.receipts()) >= wanted or process.poll() is not None,
                       "some receipts")
            process.kill()
            process.communicate()
        result = self.world.submit(files)
        self.assertEqual(result["records"], 150)
        self.assertEqual(len(self.world.receipts()), 150)
        self.assertEqual(len(set(self.world.statements())), 150)
        self.assertEqual(len(self.world.statements()), 150)
        self.world.audit()

    def test_killed_before_anything_was_sent(self):
        """Statements that were signed while the log was away are sent by a run without files."""
        files = self.record_files("in", 4)
        self.world.stop()
        self.world.submit(files, status=NOT_AVAILABLE, options=["--retry", "1"])
        self.world.start()
        result = self.world.json("submit", "--url", self.world.url,
                                 "--receipts", self.world.directory / "receipts")
        self.assertEqual((result["statements_resumed"], result["accepted"]), (4, 4))

    def test_two_at_once_of_the_same_statements(self):
        """Two submitters of the same statements both hold receipts; the log has each once."""
        for issuer in (ENGINE, APPROVALS):  # ECDSA signatures differ, Ed25519 ones are equal
            files = self.record_files("of-" + issuer, 40, issuer)
            before = len(self.world.statements())
            with concurrent.futures.ThreadPoolExecutor() as pool:
                runs = [pool.submit(self.world.submit, files, issuer=issuer,
                                    receipts="%s-%d" % (issuer, i),
                                    options=["--issued-at", "1795000000"]) for i in range(3)]
                results = [run.result() for run in runs]
            self.assertEqual([r["accepted"] for r in results], [40, 40, 40])
            self.assertEqual(sum(r["duplicates"] for r in results), 80)
            self.assertEqual(len(self.world.statements()) - before, 40)
            for i in range(3):
                self.world.verify_all("%s-%d" % (issuer, i))

    def test_one_directory_one_run(self):
        """A receipts directory serves one run at a time."""
        records = self.records(3)
        first = self.world.spawn_submit("-")
        lock = self.world.directory / "receipts/lock"
        wait_until(lambda: (self.world.directory / "receipts/scitt-keys").exists(), "a first run")
        self.assertTrue(lock.exists())
        self.world.submit("-", input=self.records(1), status=NOT_AVAILABLE)
        self.assertIn("in use", self.world.stderr)
        first.communicate(records)
        self.assertEqual(first.returncode, DONE)

    def test_directory_of_another_log(self):
        """A receipts directory is not used for a second log."""
        self.world.submit("-", input=self.records(1))
        other = type(self)("test_directory_of_another_log")
        other.setUp()
        self.addCleanup(other.doCleanups)
        kept = self.world.directory / "receipts"
        shutil.copytree(kept, other.world.directory / "receipts")
        other.world.submit("-", input=self.records(1), status=REFUSED)
        self.assertIn("another log", other.world.stderr)

    def test_damaged_statement_is_noticed(self):
        """A statement in the directory that does not read any more stops the run, and is named."""
        self.world.submit("-", input=self.records(1))
        statement = next((self.world.directory / "receipts").glob("*.cose"))
        statement.write_bytes(b"\xd2" + statement.read_bytes()[2:])
        self.world.submit("-", input=self.records(1), status=FAILED)
        self.assertIn(statement.name, self.world.stderr)

    def test_emptied_receipt_is_fetched_again(self):
        """A receipt that a power cut has emptied is no receipt: the statement is sent again."""
        self.world.submit("-", input=self.records(3), options=["--records", "1"])
        receipt = self.world.receipts()[1]
        receipt.write_bytes(b"")
        result = self.world.submit()
        self.assertEqual((result["statements_resumed"], result["duplicates"]), (1, 1))
        self.assertGreater(receipt.stat().st_size, 100)
        self.assertEqual(len(self.world.statements()), 3)

    def test_progress_only_on_a_terminal(self):
        """Without a terminal there is no progress bar, only the summary."""
        process = self.world.spawn_submit("-")
        out, err = process.communicate(self.records(200))
        self.assertEqual(err, b"")
        self.assertIn(b"200 records read", out)

    def test_progress_on_a_terminal(self):
        """On a terminal standard error shows how far it has come."""
        master, slave = os.openpty()
        words = [VOUCH, *map(str, self.world.submit_words(
            self.record_files("more", 60), receipts="more-receipts"))]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=slave) as run:
            os.close(slave)
            shown = b""
            try:
                while piece := os.read(master, 4096):
                    shown += piece
            except OSError:
                pass  # the terminal is gone with the process
            run.wait()
        os.close(master)
        self.assertIn(b"/60 statements", shown)


if __name__ == "__main__":
    unittest.main()
