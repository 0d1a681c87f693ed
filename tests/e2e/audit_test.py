"""Audits: of a live log, of copies, resumed, and of logs that are damaged, rolled back or forked."""
import base64
import pathlib
import shutil
import subprocess
import sys
import unittest
import urllib.request

from world import (DIVERGES, ENGINE, FAILED, INCOMPLETE, INVALID, LOG_WORD, NOT_AVAILABLE, VERIFIED,
                   Records, WorldTest, bundle_entries, tile_name)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from harness import cbor, statement  # noqa: E402


def finding(result, rule):
    return [f for f in result["report"]["findings"] if f["rule"] == rule][-1]


class Audit(WorldTest):
    def grow(self, count):
        self.world.submit("-", input=self.records(count), options=["--records", "1"])

    def flip(self, path, position=None):
        """Flips one bit of a file."""
        content = bytearray(path.read_bytes())
        content[len(content) // 2 if position is None else position] ^= 0x04
        path.write_bytes(content)

    def test_new_log(self):
        """A log with nothing but what it says of itself is in order."""
        self.assertEqual(self.world.audit()["size"], 2)

    def test_resumes(self):
        """A second audit reads only what is new, also in the middle of a bundle."""
        state = self.world.directory / "state"
        self.grow(300)
        first = self.world.audit("--state", state)
        self.assertEqual(first["entries_read"], first["size"])
        self.grow(10)
        second = self.world.audit("--state", state)
        self.assertEqual(second["entries_read"], second["size"] - first["size"])
        self.assertEqual(finding(second, "history")["source"], "recomputed")
        self.assertEqual(self.world.audit("--state", state)["entries_read"], 0)

    def head(self, name):
        path = self.world.directory / name
        self.world.vouch("head", "--url", self.world.url, "--vkey", self.world.vkey, "--out", path)
        return path

    def test_held_heads(self):
        """A log is held against every head its auditor has; what is no head of it is told."""
        self.grow(3)
        old = self.head("old")
        self.grow(300)
        new = self.head("new")
        found = self.world.audit("--head", old, "--head", new)
        self.assertEqual(["recomputed"] * 2, [f["source"] for f in found["report"]["findings"]
                                              if f["rule"] == "history"])
        copy = self.world.copy("copy")
        self.grow(1)
        newest = self.head("newest")
        behind = self.world.audit("--head", newest, where=copy, status=INCOMPLETE)
        self.assertIn("it went back", finding(behind, "history")["detail"])
        self.world.vouch("audit", self.world.url, "--vkey", self.world.vkey, "--head",
                         self.world.vkey, status=FAILED)

    def test_cosigns_what_it_replayed(self):
        """A good replay becomes a cosignature that a policy can demand like a witness's."""
        self.grow(3)
        key, out = self.world.directory / "replay", self.world.directory / "cosigned"
        self.world.vouch("keygen", "--type", "ed25519", "--out", key)
        words = ["--replay", "--cosign", "%s.pem" % key, "--cosigner", "replay.example/r",
                 "--out", out]
        said = finding(self.world.audit(*words), "cosignature")["detail"]
        policy = self.world.directory / "demanding"
        policy.write_text("log %s\nwitness r %s\nquorum r\n" % (
            self.world.vkey.read_text().strip(), said.split(", ")[1].split(" says")[0]))
        bare = self.head("bare")
        self.world.vouch("verify", bare, "--policy", policy, status=10)
        self.world.vouch("verify", out, "--policy", policy)
        # It goes on from what it cosigned before, and never to another tree.
        self.grow(3)
        before = out.read_bytes()
        self.world.audit(*words)
        self.assertNotEqual(before, out.read_bytes())
        after = out.read_bytes()
        copy = self.world.copy("copy")
        self.grow(3)
        self.world.audit(*words)
        newest = out.read_bytes()
        self.world.audit(*words, where=copy, status=INCOMPLETE)
        self.assertEqual(newest, out.read_bytes())
        self.assertNotEqual(after, newest)

    def sign(self, name, message):
        """A signature by one of the log's keys."""
        key = statement.Key.__new__(statement.Key)
        key.private = self.world.directory / "signing.pem"
        key.private.write_bytes((self.world.log / "keys" / (name + ".pem")).read_bytes())
        key.is_p256 = b"ED25519" not in subprocess.run(
            ["openssl", "pkey", "-in", key.private, "-noout", "-text"], capture_output=True,
            check=True).stdout.upper()
        return key.sign(message)

    def lie_in_the_last_seal(self, copy):
        """The same log, but its last seal flags what breaks no rule; all is signed as it should be."""
        origin, size, _, _, line = (copy / "checkpoint").read_bytes().split(b"\n")[:5]
        bundle = copy / "tile/entries/000.p" / size.decode()
        *entries, seal = bundle_entries(bundle.read_bytes())
        protected, _, payload, _ = cbor.loads(seal).value
        payload = cbor.dumps({**cbor.loads(payload), "flags": {"G7/late": [[0, 0]]}})
        entries.append(cbor.dumps(cbor.Tag(18, [protected, {}, payload, self.sign(
            "log", cbor.dumps(["Signature1", protected, b"", payload]))])))
        bundle.write_bytes(b"".join(len(e).to_bytes(2, "big") + e for e in entries))
        (copy / "tile/0/000.p" / size.decode()).write_bytes(
            b"".join(bytes.fromhex(statement.entry_id(entry)) for entry in entries))
        text = b"\n".join((origin, size, base64.b64encode(statement.tree_root(entries)), b""))
        name, key_id = line.rsplit(b" ", 1)[0], base64.b64decode(line.rsplit(b" ", 1)[1])[:4]
        (copy / "checkpoint").write_bytes(text + b"\n" + name + b" " + base64.b64encode(
            key_id + self.sign("checkpoint", text)) + b"\n")

    def test_a_seal_that_lies_is_not_cosigned(self):
        """A policy that demands the replay cosigner finds a log whose seal does not come out."""
        self.grow(3)
        key, out = self.world.directory / "replay", self.world.directory / "cosigned"
        self.world.vouch("keygen", "--type", "ed25519", "--out", key)
        words = ["--replay", "--cosign", "%s.pem" % key, "--cosigner", "replay.example/r"]
        good = finding(self.world.audit(*words, "--out", out), "cosignature")["detail"]
        policy = self.world.directory / "demanding"
        policy.write_text("log %s\nwitness r %s\nquorum r\n" % (
            self.world.vkey.read_text().strip(), good.split(", ")[1].split(" says")[0]))
        self.world.vouch("verify", out, "--policy", policy)
        lying = self.world.copy("lying")
        self.lie_in_the_last_seal(lying)
        # Signatures and hashes are right, so nobody sees it who does not decide again.
        self.world.audit(where=lying)
        found = self.world.audit(*words, "--out", self.world.directory / "none", where=lying,
                                 status=INVALID)
        self.assertIn("seal", " ".join(f["detail"] for f in found["report"]["findings"]
                                       if f["source"] == "failed"))
        self.assertFalse((self.world.directory / "none").exists())
        self.world.vouch("verify", lying / "checkpoint", "--policy", policy, status=LOG_WORD)
        # And beside what was cosigned it is another history.
        self.world.vouch("verify", lying / "checkpoint", "--head", out, "--policy", policy,
                         status=DIVERGES)

    def test_cosigns_nothing_unproven(self):
        """Without a replay, without all options, or with a wrong key nothing is cosigned."""
        out = self.world.directory / "cosigned"
        key = self.world.directory / "replay"
        self.world.vouch("keygen", "--out", key)
        for words in (["--cosign", "%s.pem" % key, "--cosigner", "r", "--out", out],
                      ["--replay", "--cosign", "%s.pem" % key],
                      ["--replay", "--cosign", "%s.pem" % key, "--cosigner", "r", "--out", out]):
            self.world.vouch("audit", self.world.url, "--vkey", self.world.vkey, *words,
                             status=FAILED)
        self.assertFalse(out.exists())

    def test_copy(self):
        """A static copy on disk is audited like the log, full tiles in place of partial ones too."""
        self.grow(280)
        copy = self.world.copy("copy")
        self.world.stop()
        self.assertEqual(self.world.audit(where=copy)["size"], 280 + self.seals(copy))
        self.world.start()

    def seals(self, copy):
        return int((copy / "checkpoint").read_bytes().split(b"\n")[1]) - 280

    def test_partial_bundle_is_gone(self):
        """Where only the full bundle is left of a partial one, it is used."""
        self.grow(40)
        copy = self.world.copy("copy")
        size = int((copy / "checkpoint").read_bytes().split(b"\n")[1])
        self.grow(300)
        full = self.world.copy("full")
        shutil.rmtree(copy / "tile/entries" / (tile_name(0) + ".p"))
        shutil.copy(full / "tile/entries" / tile_name(0), copy / "tile/entries" / tile_name(0))
        self.assertEqual(self.world.audit(where=copy)["size"], size)

    def test_flipped_bit_in_an_entry(self):
        """One flipped bit in an entry bundle is found, and the entry named."""
        self.grow(300)
        copy = self.world.copy("copy")
        bundle = copy / "tile/entries" / tile_name(0)
        good = bundle.read_bytes()
        for position in (1, 40, len(good) // 2, len(good) - 1):
            self.flip(bundle, position)
            result = self.world.audit(where=copy, status=INVALID)
            self.assertEqual(finding(result, "entries")["source"], "failed")
            bundle.write_bytes(good)
        self.world.audit(where=copy)

    def test_flipped_bit_without_state_names_the_entry(self):
        """In an opaque log only the root tells; the tiles then say which entry it was."""
        world = type(self)("test_new_log")
        world.opaque = True
        world.setUp()
        self.addCleanup(world.doCleanups)
        for i in range(20):
            request = urllib.request.Request(world.world.url + "/add", data=b"entry %d" % i,
                                             headers={"Content-Type": "application/octet-stream"})
            urllib.request.urlopen(request).read()
        copy = world.world.copy("copy")
        self.assertEqual(world.world.audit(where=copy)["kind"], "opaque")
        world.world.audit("--kind", "evidence", where=copy, status=INVALID)
        bundle = copy / "tile/entries" / (tile_name(0) + ".p/20")
        content = bundle.read_bytes()
        bundle.write_bytes(content.replace(b"entry 7", b"entry 8", 1))
        result = world.world.audit(where=copy, status=INVALID)
        self.assertIn("entry 7 is damaged", finding(result, "entries")["detail"])

    def test_flipped_bit_in_the_checkpoint(self):
        """A changed checkpoint is no checkpoint of this log."""
        self.grow(5)
        copy = self.world.copy("copy")
        checkpoint = copy / "checkpoint"
        text = checkpoint.read_text()
        checkpoint.write_text(text.replace("e2e.example", "e2f.example", 1))
        self.world.audit(where=copy, status=INVALID)
        checkpoint.write_text(text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:])
        self.world.vouch("audit", copy, "--vkey", self.world.vkey, status=FAILED)

    def test_missing_bundle(self):
        """A log that does not serve what its head covers is incomplete."""
        self.grow(300)
        copy = self.world.copy("copy")
        (copy / "tile/entries" / tile_name(0)).unlink()
        self.world.audit(where=copy, status=INCOMPLETE)

    def test_rolled_back(self):
        """A head older than the remembered one is noticed; the memory stays."""
        state = self.world.directory / "state"
        self.grow(10)
        old = self.world.copy("old")
        self.grow(10)
        self.world.audit("--state", state)
        remembered = state.read_bytes()
        result = self.world.audit("--state", state, where=old, status=INCOMPLETE)
        self.assertIn("went back", finding(result, "history")["detail"])
        self.assertEqual(state.read_bytes(), remembered)

    def fork(self, first, second):
        """Two logs with the same keys: what a log would do that shows two histories."""
        world = self.world
        self.grow(3)
        world.stop()
        shutil.copytree(world.log, world.directory / "before")
        world.start()
        self.grow(first)
        self.held = self.head("held")
        state = world.directory / "state"
        world.audit("--state", state)
        world.stop()
        shutil.rmtree(world.log)
        (world.directory / "before").rename(world.log)
        world.start()
        self.sources[ENGINE] = Records(ENGINE, seed=1)
        self.sources[ENGINE].sequence_number = 3
        world.submit("-", input=self.records(second), options=["--records", "1"],
                     receipts="other-receipts")
        return state

    def test_forked_with_a_larger_tree(self):
        """A log that rewrote its past diverges, and the head that shows it is kept."""
        state = self.fork(4, 30)
        remembered = state.read_bytes()
        result = self.world.audit("--state", state, status=DIVERGES)
        self.assertEqual(finding(result, "history")["source"], "failed")
        self.assertEqual(state.read_bytes(), remembered)
        # The same for who holds a head only, and for a cosigner, who then signs nothing.
        self.world.audit("--head", self.held, status=DIVERGES)
        key = self.world.directory / "replay"
        cosigned = self.world.directory / "cosigned"
        cosigned.write_bytes(self.held.read_bytes())
        self.world.vouch("keygen", "--type", "ed25519", "--out", key)
        self.world.audit("--replay", "--cosign", "%s.pem" % key, "--cosigner", "r", "--out",
                         cosigned, status=DIVERGES)
        self.assertEqual(self.held.read_bytes(), cosigned.read_bytes())
        kept = self.world.directory / "state.diverging"
        self.assertEqual(kept.read_bytes(), self.world.get("checkpoint"))

    def test_forked_with_an_equal_size(self):
        """Two roots signed for one size diverge."""
        state = self.fork(4, 4)
        while self.world.size() < int(state.read_text().split("size ")[1].split()[0]):
            self.grow(1)
        result = self.world.audit("--state", state, status=DIVERGES)
        self.assertIn("history", [f["rule"] for f in result["report"]["findings"]])

    def test_goes_on_after_an_interruption(self):
        """A state saved half-way, with no good head in it yet, is gone on from."""
        state = self.world.directory / "state"
        self.grow(270)
        size = self.world.audit("--state", state)["size"]
        text, _, head = state.read_text().partition("\n\n")
        state.write_text(text + "\n\n")
        self.grow(5)
        result = self.world.audit("--state", state)
        self.assertEqual(result["entries_read"], result["size"] - size)
        self.assertNotIn("history", [f["rule"] for f in result["report"]["findings"]])

    def test_damaged_state(self):
        """A state whose hashes do not fit its head is not used."""
        state = self.world.directory / "state"
        self.grow(3)
        self.world.audit("--state", state)
        lines = state.read_text().split("\n")
        lines[4] = ("A" if lines[4][0] != "A" else "B") + lines[4][1:]
        state.write_text("\n".join(lines))
        self.world.vouch("audit", self.world.url, "--vkey", self.world.vkey, "--state", state,
                         status=FAILED)
        self.assertIn("damaged", self.world.stderr)

    def test_state_of_another_version(self):
        """A state that this version does not know is not used."""
        state = self.world.directory / "state"
        self.grow(3)
        self.world.audit("--state", state)
        state.write_text(state.read_text().replace("vouch-audit@v1", "vouch-audit@v2"))
        self.world.vouch("audit", self.world.url, "--vkey", self.world.vkey, "--state", state,
                         status=FAILED)

    def test_log_is_away(self):
        """A log that cannot be reached has no verdict."""
        self.world.stop()
        self.world.vouch("audit", self.world.url, "--vkey", self.world.vkey, status=NOT_AVAILABLE)
        self.world.start()


if __name__ == "__main__":
    unittest.main()
