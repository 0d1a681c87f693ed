#!/usr/bin/env python3
"""Gossip: real daemons that exchange heads, a log that really forks, and clients that hand in theirs."""
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from support.cosigner import Cosigner
from support.daemon import ORIGIN, VOUCHD, Daemon, wait_until
from tree_log import TreeLog  # found by support.daemon

VOUCH = os.environ["VOUCH"]
DIVERGES = 30
PEER_TIMEOUT_S = 10  # gossip_links.c


def of_log(name, more=""):
    """A metric of a monitor for the only log."""
    return 'vouch_monitor_%s{origin="%s"%s}' % (name, ORIGIN, more)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Copy(Daemon):
    """A second daemon on a copy of a log's directory: the same keys, the same name."""

    def __init__(self, original):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vouch-http-"))
        self.log = self.directory / "log"
        self.process = None
        self.messages = self.directory / "messages"
        self.hold_file = self.directory / "hold"
        shutil.copytree(original.log, self.log)


class Member(Cosigner):
    """A witness that takes part in gossip; what it knows of logs is in its policy."""

    def __init__(self, name, policy, port=None, peers=(), start=True):
        self.member = name
        self.address = port or free_port()
        super().__init__(start=False, listen="127.0.0.1:%d" % self.address,
                         gossip={"name": name, "interval_s": 1,
                                 "peers": [{"name": peer, "url": "http://127.0.0.1:%d" % number}
                                           for peer, number in peers]})
        (self.log / "policy").write_text(policy + "quorum none\n")
        if start:
            self.start()

    def url(self):
        return "http://127.0.0.1:%d" % self.address

    def proofs(self):
        return sorted((self.log / "gossip").glob("*.fork-proof"))

    def heads(self):
        return self.ask("GET", "/gossip/v1/heads")

    def bring(self, text):
        return self.ask("POST", "/gossip/v1/heads", text, [("Content-Type", "text/plain")])


class Monitor(Member):
    """The same as a monitor: what it watches and what it tells others of is in one policy."""

    def __init__(self, name, policy, port=None, peers=(), gossip_s=1, **config):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vouch-monitor-"))
        self.log = self.directory / "monitor"
        self.process = None
        self.messages = self.directory / "messages"
        self.hold_file = self.directory / "hold"
        self.address = port or free_port()
        self.log.mkdir()
        (self.log / "policy").write_text(policy + "quorum none\n")
        (self.log / "vouchd.json").write_text(json.dumps({
            "role": "monitor", "interval_s": 1, "listen": "127.0.0.1:%d" % self.address,
            "gossip": {"name": name, "interval_s": gossip_s,
                       "peers": [{"name": peer, "url": "http://127.0.0.1:%d" % number}
                                 for peer, number in peers]}, **config}))
        self.start()


class World(unittest.TestCase):
    def start(self, made):
        self.addCleanup(made.close)
        return made

    def make_fork(self, common=5, here=0, there=0):
        """Two daemons with one key; `here` and `there` are entries that only one of them has."""
        self.here = self.start(Daemon(opaque=True))
        self.add(self.here, "common", common)
        self.here.terminate()
        self.there = self.start(Copy(self.here))
        self.here.start()
        self.there.start()
        self.add(self.here, "here", here)
        self.add(self.there, "there", there)
        self.vkey = (self.here.log / "keys/checkpoint.vkey").read_text().strip()

    def add(self, log, word, count):
        for i in range(count):
            self.assertEqual(200, log.ask("POST", "/add", b"%s %d" % (word.encode(), i)).status)

    def policy(self, log=None):
        url = " http://127.0.0.1:%d" % log.port if log else ""
        return "log %s%s\n" % (self.vkey, url)

    def member(self, name, log=None, **more):
        return self.start(Member(name, self.policy(log), **more))

    def vouch(self, *arguments):
        return subprocess.run([VOUCH, *map(str, arguments)], capture_output=True, text=True)

    def visit(self, log, member, proof):
        return self.vouch("head", "--url", "http://127.0.0.1:%d" % log.port, "--vkey", self.vkey,
                          "--gossip", member.url(), "--fork-proof", proof)

    def assert_convicts(self, proof):
        done = self.vouch("verify", proof, "--vkey", self.vkey)
        self.assertEqual(DIVERGES, done.returncode, done.stdout + done.stderr)
        self.assertIn("fork               recomputed", done.stdout)

    def followed(self, member):
        """Once the member was shown the log's present head."""
        wait_until(lambda: ORIGIN.encode() in member.heads().body, "the member follows the log")


class ForkTest(World):
    def found_by_client(self, here, there):
        self.make_fork(5, here, there)
        member = self.member("m.example/a", self.here)
        self.followed(member)
        proof = member.directory / "client.fork-proof"
        self.assertEqual(0, self.visit(self.here, member, proof).returncode)
        self.assertFalse(proof.exists())
        done = self.visit(self.there, member, proof)
        if done.returncode == 0:  # the member asks the log for what the client cannot
            wait_until(member.proofs, "the member finds the fork")
        else:
            self.assertEqual(DIVERGES, done.returncode, done.stderr)
            self.assert_convicts(proof)
        wait_until(lambda: b" fork " in member.said(), "the member tells of the fork")
        self.assert_convicts(member.proofs()[0])
        self.assertEqual(1.0, member.metric("vouch_monitor_gossip_convicted_logs"))

    def test_client_with_a_larger_head(self):
        self.found_by_client(3, 9)

    def test_client_with_a_smaller_head(self):
        self.found_by_client(12, 2)

    def test_client_with_a_head_of_a_power_of_two(self):
        self.found_by_client(12, 3)

    def test_client_with_a_head_of_equal_size(self):
        self.found_by_client(4, 4)

    def test_members_on_two_sides(self):
        """Neither of them sees anything wrong alone; within a round of each other both know."""
        self.make_fork(5, 2, 7)
        port = free_port()
        first = self.member("m.example/a", self.here, peers=[("m.example/b", port)])
        self.followed(first)
        self.assertEqual([], first.proofs())
        second = self.member("m.example/b", self.there, port=port,
                             peers=[("m.example/a", first.address)])
        wait_until(lambda: first.proofs() and second.proofs(), "both know of the fork")
        for member in (first, second):
            self.assert_convicts(member.proofs()[0])
            self.assertIn("m.example/", member.proofs()[0].read_text().split("\n")[1])

    def test_members_that_were_cut_off(self):
        """A client comes to one of them meanwhile; when the other is back, it knows."""
        self.make_fork(5, 6, 2)
        port = free_port()
        first = self.member("m.example/a", peers=[("m.example/b", port)])  # follows no log
        done = self.visit(self.there, first, first.directory / "none")
        self.assertEqual(0, done.returncode, done.stderr)
        wait_until(lambda: b"gossip-unreachable" in first.said(), "the peer is missed")
        second = self.member("m.example/b", self.here, port=port)
        wait_until(lambda: first.proofs() and second.proofs(), "both know of the fork")
        self.assert_convicts(first.proofs()[0])
        wait_until(lambda: b"gossip-reachable" in first.said(), "the peer is back")

    def test_two_monitors(self):
        """Monitors of the two sides, which find nothing wrong each by itself, find the fork."""
        self.make_fork(6, 9, 2)
        port = free_port()
        first = self.start(Monitor("m.example/a", self.policy(self.here),
                                   peers=[("m.example/b", port)]))
        second = self.start(Monitor("m.example/b", self.policy(self.there), port=port))
        wait_until(lambda: first.proofs() and second.proofs(), "both know of the fork")
        self.assert_convicts(first.proofs()[0])
        self.assert_convicts(second.proofs()[0])
        self.assertEqual(1.0, second.metric("vouch_monitor_gossip_convicted_logs"))
        for monitor in (first, second):
            wait_until(lambda: b"state=begins kind=fork" in monitor.said(), "the fork is an alert")
            self.assertIn(b"proof is " + str(monitor.proofs()[0]).encode(), monitor.said())
            self.assertEqual(1.0, monitor.metric(of_log("split_view_total")))
            self.assertEqual(1.0, monitor.metric(of_log("findings", ',kind="fork"')))
        first.terminate()
        first.start()
        self.followed(first)
        self.assertEqual(1.0, first.metric(of_log("findings", ',kind="fork"')))
        self.assertEqual(0.0, first.metric(of_log("split_view_total")))

    def test_slow_peers_and_logs(self):
        """Peers and a log that take connections and never answer delay nobody else."""
        self.make_fork(5, 2, 7)
        hanging = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.addCleanup(hanging.close)
        hung = hanging.getsockname()[1]
        port = free_port()
        policy = "log %s http://127.0.0.1:%d\n" % (TreeLog(origin="hung.example/log").vkey, hung)
        first = self.start(Member("m.example/a", policy + self.policy(self.here),
                                  peers=[("slow.example/%d" % i, hung) for i in range(4)] +
                                  [("m.example/b", port)]))
        self.followed(first)
        second = self.member("m.example/b", self.there, port=port)
        begin = time.monotonic()
        wait_until(lambda: first.proofs() and second.proofs(), "both know of the fork")
        self.assertLess(time.monotonic() - begin, PEER_TIMEOUT_S)

    def test_head_that_waits(self):
        """A head larger than any the monitor was shown is compared as soon as the log gets there,
        not when gossip has its next round."""
        self.make_fork(5, 1, 4)
        monitor = self.start(Monitor("m.example/a", self.policy(self.here), gossip_s=86400))
        wait_until(lambda: monitor.metric("vouch_monitor_gossip_rounds_total") == 1.0, "a round")
        theirs = self.there.ask("GET", "/checkpoint").body
        self.assertEqual(200, monitor.bring(theirs).status)
        wait_until(lambda: theirs in monitor.heads().body, "the head waits")
        self.add(self.here, "more", 7)
        wait_until(monitor.proofs, "the monitor finds the fork")
        self.assert_convicts(monitor.proofs()[0])
        wait_until(lambda: b"state=begins kind=fork" in monitor.said(), "the fork is an alert")

    def receiver(self):
        """What it is posted, and how a monitor is told of it."""
        alerts = []

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                alerts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        secret = self.here.directory / "secret"
        secret.write_bytes(b"0123456789abcdef")
        secret.chmod(0o600)
        return alerts, {"webhook_url": "http://127.0.0.1:%d/" % server.server_port,
                        "webhook_secret_file": str(secret)}

    def test_webhook(self):
        """A fork that others made known is posted: who saw which head when, and the proof's file."""
        self.make_fork(5, 4, 4)
        alerts, hook = self.receiver()
        monitor = self.start(Monitor("m.example/a", self.policy(self.here), **hook))
        self.followed(monitor)
        theirs = self.there.ask("GET", "/checkpoint").body
        self.assertEqual(200, monitor.bring(theirs).status)
        wait_until(lambda: alerts, "the fork is posted")
        alert = alerts[0]
        self.assertEqual(("fork", "begins", ORIGIN), (alert["kind"], alert["state"], alert["origin"]))
        self.assertEqual([9, 9], [head["size"] for head in alert["heads"]])
        self.assertEqual({"m.example/a", "client"}, {head["observer"] for head in alert["heads"]})
        self.assertNotEqual(*[head["root"] for head in alert["heads"]])
        self.assert_convicts(alert["proof"])

    def test_log_that_is_not_watched(self):
        """Its fork is an alert like all others: posted, and once, whatever is restarted."""
        self.make_fork(5, 4, 4)
        alerts, hook = self.receiver()
        watched = TreeLog(origin="watched.example/log").vkey
        policy = "log %s http://127.0.0.1:%d\n" % (watched, free_port()) + self.policy()
        monitor = self.start(Monitor("m.example/a", policy, **hook))
        for log in (self.here, self.there):
            self.assertEqual(200, monitor.bring(log.ask("GET", "/checkpoint").body).status)

        def forks():
            return [alert for alert in alerts if alert["kind"] == "fork"]
        alert = wait_until(forks, "the fork is posted")[0]
        self.assertEqual((ORIGIN, "begins", 1), (alert["origin"], alert["state"], alert["number"]))
        self.assert_convicts(alert["proof"])
        wait_until(lambda: b"state=begins kind=fork" in monitor.said(), "the fork is an alert")
        monitor.terminate()
        monitor.start()
        wait_until(lambda: monitor.metric("vouch_monitor_gossip_rounds_total") >= 2.0, "two rounds")
        self.assertEqual(1, len(forks()))
        self.assertNotIn(b"kind=fork", monitor.said())
        self.assertNotIn(ORIGIN, monitor.ask("GET", "/metrics").body.decode())

    def test_log_that_changes_sides(self):
        """The same member is shown one history and then, at the same address, the other."""
        self.make_fork(5, 1, 8)
        port = self.here.port
        member = self.member("m.example/a", self.here)
        self.followed(member)
        self.here.terminate()
        self.there.terminate()
        self.there.configure(listen="127.0.0.1:%d" % port)
        self.there.start()
        wait_until(member.proofs, "the member finds the fork")
        self.assert_convicts(member.proofs()[0])

    def test_honest_log(self):
        """A log that grows, and clients with old and new heads of it, convict nobody."""
        self.make_fork(3)
        port = free_port()
        first = self.member("m.example/a", self.here, peers=[("m.example/b", port)])
        second = self.member("m.example/b", self.here, port=port,
                             peers=[("m.example/a", first.address)])
        for i in range(6):
            self.add(self.here, "more %d" % i, 1 + i)
            done = self.visit(self.here, (first, second)[i % 2], first.directory / "none")
            self.assertEqual(0, done.returncode, done.stderr)
        size = b"\n%d\n" % self.here.size()
        wait_until(lambda: size in first.heads().body and size in second.heads().body,
                   "both follow the log")
        self.assertEqual([], first.proofs() + second.proofs())


class MemberTest(World):
    def test_second_proof(self):
        """A proof to which others testify is kept besides, told of, and there after a restart."""
        self.make_fork(5, 4, 4)
        monitor = self.start(Monitor("m.example/a", self.policy(self.here)))
        other = self.member("m.example/b", self.there)
        self.followed(monitor)
        self.followed(other)
        mine = self.here.ask("GET", "/checkpoint").body
        theirs = self.there.ask("GET", "/checkpoint").body
        self.assertEqual(200, monitor.bring(theirs).status)
        self.assertEqual(200, other.bring(mine).status)
        wait_until(monitor.proofs, "the monitor finds the fork")
        second = wait_until(other.proofs, "the other one too")[0].read_bytes()
        self.assertEqual(200, monitor.bring(second).status)
        wait_until(lambda: len(monitor.proofs()) == 2, "the second proof is kept")
        self.assertEqual(200, monitor.bring(second).status)
        for proof in monitor.proofs():
            self.assert_convicts(proof)
        wait_until(lambda: monitor.metric(of_log("split_view_total")) == 2.0, "both are alerts")
        monitor.terminate()
        monitor.start()
        self.assertIn(second, monitor.heads().body)
        monitor.terminate()
        self.assertNotIn(b" fork ", monitor.said())
        monitor.start()

    def test_proof_that_is_lost(self):
        """Whichever file is gone after a restart, the next proof is kept and told of."""
        self.make_fork(5, 4, 4)
        monitor = self.start(Monitor("m.example/a", self.policy(self.here)))
        mine = self.here.ask("GET", "/checkpoint").body
        proofs = []
        for name in ("m.example/b", "m.example/c", "m.example/d"):
            other = self.member(name, self.there)
            self.followed(other)
            self.assertEqual(200, other.bring(mine).status)
            proofs.append(wait_until(other.proofs, "a member finds the fork")[0].read_bytes())
        for proof in proofs[:2]:
            self.assertEqual(200, monitor.bring(proof).status)
        wait_until(lambda: len(monitor.proofs()) == 2, "both are kept")
        monitor.terminate()
        first = next(path for path in monitor.proofs() if path.read_bytes() == proofs[0])
        first.unlink()
        monitor.start()
        self.assertEqual(200, monitor.bring(proofs[2]).status)
        wait_until(lambda: {path.read_bytes() for path in monitor.proofs()} == set(proofs[1:]),
                   "the third is kept")

    def test_restart(self):
        """A fork proof, and heads that wait, are there after a restart, and told of once."""
        self.make_fork(5, 4, 4)
        member = self.member("m.example/a")
        mine = self.here.ask("GET", "/checkpoint").body
        theirs = self.there.ask("GET", "/checkpoint").body
        self.assertEqual(200, member.bring(mine).status)
        wait_until(lambda: mine in (member.log / "gossip/heads").read_bytes()
                   if (member.log / "gossip/heads").exists() else False, "the head is kept")
        member.terminate()
        member.start()
        self.assertIn(mine, member.heads().body)
        self.assertEqual(200, member.bring(theirs).status)
        proof = wait_until(member.proofs, "the member finds the fork")[0].read_bytes()
        self.assertEqual(proof, member.heads().body)
        member.terminate()
        member.start()
        self.assertEqual(proof, member.heads().body)
        member.terminate()
        self.assertNotIn(b" fork ", member.said())
        member.start()

    def test_refusals(self):
        """What is no head of a known log, signed by it, is refused, and says why."""
        self.make_fork(2)
        member = self.member("m.example/a", self.here)
        head = self.here.ask("GET", "/checkpoint").body
        for status, code, text in ((400, "bad-parameter", b"nothing"),
                                   (400, "bad-parameter", head + b"\n"),
                                   (403, "signature", head.replace(b"\n2\n", b"\n3\n")),
                                   (404, "not-found", head.replace(b"log.example", b"no.example"))):
            reply = member.bring(text)
            self.assertEqual((status, code), (reply.status, reply.problem["code"]), text)
        self.assertEqual(413, member.bring(b"x" * (1 << 20) + b"x").status)
        self.assertEqual(200, member.bring(head + b"\n" + head.replace(b"\n2\n", b"\n3\n")).status)

    def test_flood(self):
        """Who brings too much is told so, and those who are asked by the member itself are not."""
        self.make_fork(5, 2, 7)
        port = free_port()
        member = self.member("m.example/a", self.here, peers=[("m.example/b", port)])
        self.followed(member)
        head = self.there.ask("GET", "/checkpoint").body
        forged = [head.replace(b"\n12\n", b"\n%d\n" % size) for size in range(20, 120)]
        statuses = [member.bring(b"\n".join(forged)).status for _ in range(6)]
        self.assertEqual(403, statuses[0])
        self.assertEqual(429, statuses[-1])
        self.assertEqual(429, member.bring(head).status)
        self.member("m.example/b", self.there, port=port)
        wait_until(member.proofs, "the peer's head arrives all the same")
        self.assert_convicts(member.proofs()[0])

    def test_witness_without_gossip(self):
        witness = self.start(Cosigner())
        self.assertEqual(404, witness.ask("GET", "/gossip/v1/heads").status)

    def test_cosigned_heads_are_passed_on(self):
        """What a witness has cosigned it tells others, without asking the log for anything."""
        log = TreeLog()
        witness = self.start(Member("w.example/1", "log %s\n" % log.vkey, start=False))
        witness.list([log])
        witness.start()
        self.assertEqual(200, witness.add(log.request(0, 5)).status)
        wait_until(lambda: b"\n5\n" in witness.heads().body, "the head is passed on")
        self.assertEqual(200, witness.add(log.request(5, 9)).status)
        wait_until(lambda: b"\n9\n" in witness.heads().body, "the next one too")
        self.assertNotIn(b"\n5\n", witness.heads().body)

    def test_configuration(self):
        """A member that cannot be used is named, before anything is opened."""
        for value, words in (({"name": "a b"}, "no space"), ({"peers": []}, '"name"'),
                             ({"name": "a", "peers": [{"name": "b"}]}, '"url"'),
                             ({"name": "a", "interval_s": 0}, "interval_s"),
                             ({"name": "a", "colour": 1}, "colour"), ([], "object"),
                             ({"name": "a", "policy_file": "none"}, "policy_file")):
            witness = self.start(Cosigner(start=False, gossip=value))
            self.assertIn(words, witness.refuse_to_start())
        witness = self.start(Cosigner(start=False, gossip=None))
        done = subprocess.run([VOUCHD, "-n", witness.log], capture_output=True, text=True)
        self.assertIn('"gossip": null', done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
