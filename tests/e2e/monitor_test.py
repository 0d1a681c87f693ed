"""Monitors: as a command and as a daemon, over a log that lies, killed at any step, with a receiver
of alerts that is not always there."""
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

from proxy import Proxy
from world import (DIVERGES, ENGINE, INCOMPLETE, INVALID, LOG_WORD, NOT_AVAILABLE, USAGE, VERIFIED, VOUCH, VOUCHD,
                   Records, WorldTest, free_port, wait_until)

KILL_LIBRARY = os.environ["KILL_LIBRARY"]
FILE_LEN_MAX = 32768  # what a disk that is full takes
SECRET = b"0123456789abcdef0123"


class Receiver(http.server.ThreadingHTTPServer):
    """Takes alerts, after it has refused to listen as often as it is told."""

    daemon_threads = True

    def __init__(self, failures=0):
        self.failures = failures
        self.alerts = []
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.url = "http://127.0.0.1:%d/alerts" % self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()


class ReceiverHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        receiver = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if receiver.failures > 0:
            receiver.failures -= 1
            self.send_error(503)
            return
        time, mac = (part.split("=")[1] for part in self.headers["Vouch-Signature"].split(","))
        wanted = hmac.new(SECRET, time.encode() + b"." + body, hashlib.sha256).hexdigest()
        alert = json.loads(body)
        if mac == wanted and self.headers["Vouch-Alert"] == str(alert["number"]):
            receiver.alerts.append(alert)
        self.send_response(204)
        self.end_headers()


class MonitorTest(WorldTest):
    def setUp(self):
        super().setUp()
        self.proxy = Proxy(self.world.url)
        self.addCleanup(self.proxy.server_close)
        self.addCleanup(self.proxy.shutdown)
        self.directory = self.world.directory / "watched"

    def grow(self, count, **where):
        self.world.submit("-", input=self.records(count), options=["--records", "1"], **where)

    def words(self, *options, url=None, directory=None):
        return ["monitor", url or self.proxy.url, "--policy", self.world.policy,
                "--dir", directory or self.directory, "--json", *options]

    def look(self, *options, status=VERIFIED, **where):
        """Looks once; the answer is the alerts it told."""
        told = self.world.vouch(*self.words("--once", *options, **where), status=status)
        events = [json.loads(line) for line in told.splitlines()]
        self.heads = [event for event in events if event["event"] == "monitor-head"]
        return [event for event in events if event["event"] == "monitor-alert"]

    def names(self, alerts):
        return ["%s %s" % (alert["state"], alert["kind"]) for alert in alerts]

    def flip(self, prefix, position):
        def change(path, body):
            if not path.startswith(prefix) or len(body) <= position:
                return body
            return body[:position] + bytes([body[position] ^ 1]) + body[position + 1:]
        self.proxy.change = change

    def be_honest(self):
        self.proxy.change = lambda path, body: body
        self.proxy.answer = lambda method, path, count: None

    def secret_file(self):
        path = self.world.directory / "secret"
        path.write_bytes(SECRET + b"\n")
        path.chmod(0o600)
        return path


class Command(MonitorTest):
    def test_honest(self):
        """A real log is followed, and only what is new is read."""
        self.grow(20)
        self.assertEqual(self.look(), [])
        self.assertEqual(self.heads[0]["verified_size"], self.world.size())
        before = dict(self.proxy.counts)
        self.grow(2)
        self.assertEqual(self.look(), [])
        self.assertEqual(self.heads[0]["records_replayed"], 2)
        self.assertLessEqual(sum(self.proxy.counts.values()) - sum(before.values()), 20)

    def test_human_words(self):
        """Without --json a line says when, what and why."""
        self.proxy.answer = lambda method, path, count: (404, {}, b"")
        told = self.world.vouch("monitor", self.proxy.url, "--vkey", self.world.vkey, "--dir",
                                self.directory, "--once", status=INCOMPLETE)
        self.assertRegex(told, r"^\d{4}-\d\d-\d\dT\S+Z  begins  log-unreachable    checkpoint: ")

    def test_usage(self):
        """What is missing or wrong is said before anything is made."""
        for words in (["--vkey", self.world.vkey],
                      ["--dir", self.directory],
                      ["--dir", self.directory, "--vkey", self.world.vkey, "--watch", "nonsense"],
                      ["--dir", self.directory, "--vkey", self.world.vkey, "--webhook", "http://x"],
                      ["--dir", self.directory, "--acknowledge", "1"]):
            self.world.vouch("monitor", self.proxy.url, *words, status=USAGE)
            self.assertFalse(self.directory.exists())
        self.world.vouch("monitor", "--dir", self.directory, "--vkey", self.world.vkey, status=USAGE)
        self.world.vouch("monitor", "--dir", self.directory, "--acknowledge", "0", status=USAGE)
        self.world.vouch("monitor", "--dir", self.directory, "--acknowledge", "1",
                         status=NOT_AVAILABLE)

    def test_one_bit(self):
        """One bit wrong, wherever: it is told which, once, and that it is over."""
        self.grow(300)
        self.look()
        self.grow(40)
        for prefix, kind in (("/tile/entries/", "changed-entry"), ("/tile/0/", "changed-tile")):
            self.flip(prefix, 700)
            first = self.look(status=INVALID)
            self.assertEqual(self.names(first), ["begins " + kind])
            self.assertEqual(self.look(status=INVALID), [])
            self.be_honest()
            last = self.look()
            self.assertEqual(self.names(last), ["over " + kind])
            self.assertEqual(last[0]["finding"], first[0]["number"])

    def test_head_is_damaged(self):
        """A checkpoint whose signature does not fit is no head."""
        self.grow(3)
        self.look()
        self.proxy.change = lambda path, body: (
            body.replace(b"\n", b"\n0", 1) if path == "/checkpoint" else body)
        self.assertEqual(self.names(self.look(status=INVALID)), ["begins bad-head"])

    def test_rolled_back(self):
        """A log that was set back is told of, and where it goes on differently it is convicted."""
        world = self.world
        self.grow(3)
        world.stop()
        subprocess.run(["cp", "-a", world.log, world.directory / "before"], check=True)
        world.start()
        self.grow(20)
        self.assertEqual(self.look(), [])
        world.stop()
        subprocess.run(["rm", "-r", world.log], check=True)
        (world.directory / "before").rename(world.log)
        world.start()
        self.assertEqual(self.names(self.look(status=INCOMPLETE)), ["begins shrinking-head"])
        self.sources[ENGINE] = Records(ENGINE, seed=1)
        self.sources[ENGINE].sequence_number = 3
        self.grow(60, receipts="others")
        alerts = self.look(status=DIVERGES)
        self.assertEqual(self.names(alerts), ["over shrinking-head", "begins inconsistent-head"])
        (proof,) = self.directory.glob("*.fork-proof")
        self.assertIn(proof.name, alerts[1]["text"])
        told = world.json("verify", proof, "--policy", world.policy, status=DIVERGES)
        self.assertEqual(told["verdict"], "diverges")
        self.assertEqual(self.look(status=DIVERGES), [])

    def test_watches(self):
        """Entries of a watch list are told of with index and id, and never twice."""
        watches = ["--watch", "flag=seq-gap", "--watch", "workflow=nobody-has-this"]
        self.grow(3)
        self.assertEqual(self.look(*watches), [])
        self.source(ENGINE).sequence_number += 5
        self.grow(1)
        seen = self.look(*watches)
        self.assertEqual(self.names(seen), ["seen watch-flag"])
        shown = self.world.json("get", seen[0]["index"], "--url", self.world.url)
        self.assertEqual(shown["entry_id"], seen[0]["entry_id"])
        self.assertEqual(self.look(*watches), [])

    @unittest.skipIf(os.environ.get("VOUCH_SANITIZE"), "the sanitizer must be loaded first")
    def test_killed_at_every_step(self):
        """Killed before any write that the disk remembers, it goes on, and nothing is lost."""
        self.grow(30)
        self.source(ENGINE).sequence_number += 5
        self.grow(5)
        wanted = self.look("--watch", "flag=*", directory=self.world.directory / "calm")
        self.assertGreater(len(wanted), 0)
        for step in range(100):
            environment = {**os.environ, "LD_PRELOAD": KILL_LIBRARY,
                           "VOUCH_TEST_KILL_AT": str(step)}
            result = subprocess.run(
                [VOUCH, *map(str, self.words("--once", "--watch", "flag=*"))], env=environment,
                capture_output=True)
            if result.returncode == 0:
                break
            self.assertEqual(result.returncode, -signal.SIGKILL, result.stderr)
        self.assertGreater(step, 3)
        self.look("--watch", "flag=*")
        self.world.vouch("keygen", "--out", self.world.directory / "other")
        told = self.all_alerts()
        self.assertEqual([alert["index"] for alert in told],
                         [alert["index"] for alert in wanted])

    def all_alerts(self):
        """What the directory holds, as a receiver that never heard of it is told."""
        receiver = Receiver()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        self.look("--webhook", receiver.url, "--webhook-secret", self.secret_file(),
                  "--watch", "flag=*")
        return receiver.alerts

    def test_webhook(self):
        """Alerts are posted in order and signed, as often as it takes, and each once."""
        receiver = Receiver(failures=2)
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        hook = ["--webhook", receiver.url, "--webhook-secret", self.secret_file()]
        self.grow(3)
        self.flip("/tile/entries/", 700)
        self.look(*hook, status=INVALID)
        self.be_honest()
        self.look(*hook)
        self.assertEqual(self.names(receiver.alerts), ["begins changed-entry", "over changed-entry"])

    def test_ended_by_a_signal(self):
        """SIGTERM ends it in good order."""
        self.grow(3)
        process = subprocess.Popen([VOUCH, *map(str, self.words("--interval", "1"))],
                                   stdout=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(process.stdout.readline())["verified_size"], self.world.size())
        self.grow(1)
        self.assertEqual(json.loads(process.stdout.readline())["verified_size"], self.world.size())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        process.stdout.close()

    def test_two_at_once(self):
        """A directory belongs to one monitor at a time, and to one log."""
        self.grow(3)
        process = subprocess.Popen([VOUCH, *map(str, self.words())], stdout=subprocess.PIPE)
        process.stdout.readline()
        self.world.vouch(*self.words("--once"), status=4)
        process.terminate()
        process.wait(60)
        process.stdout.close()


class Opaque(MonitorTest):
    opaque = True

    def test_acknowledged(self):
        """Behind a fault that somebody acknowledges the monitor goes on, to the next one."""
        for i in range(2):
            urllib.request.urlopen(urllib.request.Request(
                self.world.url + "/add", data=b"no statement %d" % i,
                headers={"Content-Type": "application/octet-stream"})).read()
        evidence = ["--kind", "evidence"]
        first = self.look(*evidence, status=INVALID)
        self.assertEqual(self.names(first), ["begins bad-record"])
        self.assertEqual(first[0]["index"], 0)
        self.world.vouch("monitor", "--dir", self.directory, "--acknowledge", first[0]["number"],
                         "--because", "ticket 12")
        second = self.look(*evidence, status=INVALID)
        self.assertEqual(self.names(second), ["acknowledged bad-record", "begins bad-record"])
        self.assertIn("ticket 12", second[0]["text"])
        self.assertEqual(second[1]["index"], 1)
        self.assertEqual(self.look(*evidence, status=INVALID), [])

    @unittest.skipIf(os.environ.get("VOUCH_SANITIZE"), "the sanitizer must be loaded first")
    def test_acknowledged_and_killed(self):
        """Killed at any step while it takes up an acknowledgement, it has done so once at last."""
        urllib.request.urlopen(urllib.request.Request(
            self.world.url + "/add", data=b"no statement",
            headers={"Content-Type": "application/octet-stream"})).read()
        evidence = ["--kind", "evidence"]
        self.look(*evidence, status=INVALID)
        self.world.vouch("monitor", "--dir", self.directory, "--acknowledge", "1")
        for step in range(100):
            environment = {**os.environ, "LD_PRELOAD": KILL_LIBRARY,
                           "VOUCH_TEST_KILL_AT": str(step)}
            result = subprocess.run([VOUCH, *map(str, self.words("--once", *evidence))],
                                    env=environment, capture_output=True)
            if result.returncode >= 0:
                break
        self.assertGreater(step, 1)
        receiver = Receiver()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        self.look("--webhook", receiver.url, "--webhook-secret", self.secret_file(), *evidence,
                  status=result.returncode)
        self.assertEqual(self.names(receiver.alerts)[:2],
                         ["begins bad-record", "acknowledged bad-record"])
        self.assertEqual(self.names(receiver.alerts).count("acknowledged bad-record"), 1)

    def test_entries_of_any_kind(self):
        """A log of bytes is followed too; a changed entry is found though nothing can be replayed."""
        for i in range(20):
            urllib.request.urlopen(urllib.request.Request(
                self.world.url + "/add", data=b"entry %d" % i,
                headers={"Content-Type": "application/octet-stream"})).read()
        self.assertEqual(self.look(), [])
        self.proxy.change = lambda path, body: body.replace(b"entry 7", b"entry 8", 1)
        self.assertEqual(self.names(self.look(status=INVALID)), ["begins changed-entry"])


class Daemon(MonitorTest):
    def configure(self, more_logs="", **members):
        self.port = free_port()
        home = self.world.directory / "monitor"
        home.mkdir()
        self.vkey = self.world.vkey.read_text().strip()
        (home / "policy").write_text("log %s %s\n%squorum none\n"
                                     % (self.vkey, self.proxy.url, more_logs))
        (home / "vouchd.json").write_text(json.dumps({
            "role": "monitor", "interval_s": 1, "listen": "127.0.0.1:%d" % self.port, **members}))
        return home

    def start(self, home, **options):
        messages = open(home / "messages", "ab")
        self.addCleanup(messages.close)
        daemon = subprocess.Popen([VOUCHD, "--role", "monitor", home], stderr=messages,
                                  **options)
        self.addCleanup(daemon.wait, 60)
        self.addCleanup(daemon.terminate)
        wait_until(lambda: daemon.poll() is not None or b" serving " in self.said(home), "start")
        self.assertIsNone(daemon.poll(), self.said(home))
        return daemon

    def said(self, home):
        return (home / "messages").read_bytes()

    def metric(self, name, labels="", vkey=None):
        """Of the log with this key, as it is labelled."""
        name = 'vouch_monitor_%s{origin="%s"%s}' % (name, (vkey or self.vkey).split("+")[0], labels)
        url = "http://127.0.0.1:%d/metrics" % self.port
        for line in urllib.request.urlopen(url).read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise AssertionError(name)

    def test_follows_and_alerts(self):
        """The daemon shows how far it is, what is wrong, and that it is over; a restart goes on."""
        self.grow(3)
        home = self.configure(watches=["flag=*"])
        daemon = self.start(home)
        wait_until(lambda: self.metric("verified_size") == self.world.size(), "verify")
        self.flip("/tile/entries/", 700)
        finding = ("findings", ',kind="changed-entry"')
        wait_until(lambda: self.metric(*finding) == 1, "find it")
        wait_until(lambda: b"state=begins kind=changed-entry" in self.said(home), "say so")
        directory = home / "data" / hashlib.sha256(self.vkey.split("+")[0].encode()).hexdigest()
        self.world.vouch("monitor", "--dir", directory, "--acknowledge", "1")
        wait_until(lambda: b" acknowledgement-refused " in self.said(home), "refuse to go on")
        daemon.terminate()
        self.assertEqual(daemon.wait(60), 0)
        self.be_honest()
        self.start(home)
        wait_until(lambda: b"state=over kind=changed-entry" in self.said(home), "be over")
        self.assertEqual(self.metric(*finding), 0)
        self.assertEqual(self.said(home).count(b"state=begins kind=changed-entry"), 1)
        health = urllib.request.urlopen("http://127.0.0.1:%d/readyz" % self.port)
        self.assertEqual(health.status, 200)

    def test_webhook(self):
        """The daemon posts what it finds."""
        receiver = Receiver(failures=1)
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        self.start(self.configure(webhook_url=receiver.url,
                                  webhook_secret_file=str(self.secret_file())))
        self.proxy.answer = lambda method, path, count: (500, {}, b"")
        wait_until(lambda: receiver.alerts, "be told")
        self.assertEqual(self.names(receiver.alerts), ["begins log-unreachable"])

    def other_log(self, origin):
        """One more log, of bytes; the answer is its key and its URL."""
        home = self.world.directory / origin.replace("/", "-")
        port = free_port()
        subprocess.run([VOUCHD, "init", "--dir", home, "--origin", origin, "--opaque", "--listen",
                        "127.0.0.1:%d" % port], check=True, capture_output=True)
        messages = open(home / "messages", "wb")
        self.addCleanup(messages.close)
        log = subprocess.Popen([VOUCHD, home], stderr=messages)
        self.addCleanup(log.wait, 60)
        self.addCleanup(log.terminate)
        wait_until(lambda: b" serving " in (home / "messages").read_bytes(), "start")
        return (home / "keys/checkpoint.vkey").read_text().strip(), "http://127.0.0.1:%d" % port

    def add(self, url, body):
        urllib.request.urlopen(urllib.request.Request(
            url + "/add", data=body, headers={"Content-Type": "application/octet-stream"})).read()

    def test_several_logs(self):
        """One that hangs and one that is gone delay no other; what is found says of which log."""
        receiver = Receiver()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        hanging = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(hanging.close)
        good, good_url = self.other_log("good.example/log")
        gone, _ = self.other_log("gone.example/log")
        hung, _ = self.other_log("hung.example/log")
        home = self.configure(
            more_logs="log %s %s\nlog %s http://127.0.0.1:%d\nlog %s http://127.0.0.1:%d\n"
            % (good, good_url, gone, free_port(), hung, hanging.getsockname()[1]),
            webhook_url=receiver.url, webhook_secret_file=str(self.secret_file()))
        self.grow(3)
        daemon = self.start(home)
        for count in range(1, 4):
            self.add(good_url, b"entry %d" % count)
            self.grow(1)
            wait_until(lambda: self.metric("verified_size", vkey=good) == count, "follow the good one")
            wait_until(lambda: self.metric("verified_size") == self.world.size(), "follow the first")
        wait_until(lambda: receiver.alerts, "be told")
        self.assertEqual(self.names(receiver.alerts), ["begins log-unreachable"])
        self.assertEqual(receiver.alerts[0]["origin"], "gone.example/log")
        self.assertIn(b" origin=gone.example/log ", self.said(home))
        unreachable = ("findings", ',kind="log-unreachable"')
        self.assertEqual(self.metric(*unreachable, vkey=gone), 1)
        self.assertEqual(self.metric(*unreachable, vkey=good), 0)
        self.assertEqual(sorted(path.name for path in (home / "data").iterdir()),
                         sorted(hashlib.sha256(key.split("+")[0].encode()).hexdigest()
                                for key in (self.vkey, good, gone, hung)))
        daemon.terminate()
        self.assertEqual(daemon.wait(60), 0)

    def test_ended_while_a_log_hangs(self):
        """Whoever waits for the entries of a log ends at once, not when the log has answered."""
        self.grow(3)
        released = threading.Event()
        self.addCleanup(released.set)

        def hang(method, path, count):
            if path.startswith("/tile/entries/"):
                released.wait(60)
        self.proxy.answer = hang
        daemon = self.start(self.configure())
        wait_until(lambda: any(path.startswith("/tile/entries/") for path in self.proxy.counts),
                   "ask for entries")
        daemon.terminate()
        self.assertEqual(daemon.wait(10), 0)

    def test_directory_is_full(self):
        """What is known of one log cannot be kept: this log is not watched any more, the other is."""
        good, good_url = self.other_log("good.example/log")
        home = self.configure(more_logs="log %s %s\n" % (good, good_url))
        self.start(home, restore_signals=False, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (FILE_LEN_MAX, FILE_LEN_MAX)))
        for _ in range(100):
            self.grow(20)
            wait_until(lambda: self.metric("ended") == 1
                       or self.metric("verified_size") == self.world.size(), "verify, or end")
            if self.metric("ended") == 1:
                break
        self.assertIn(b" monitor-failed origin=%s" % self.vkey.split("+")[0].encode(),
                      self.said(home))
        self.add(good_url, b"an entry")
        wait_until(lambda: self.metric("verified_size", vkey=good) == 1, "follow the other one")
        self.assertEqual(self.metric("ended", vkey=good), 0)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen("http://127.0.0.1:%d/readyz" % self.port)
        refused.exception.close()
        self.assertEqual(refused.exception.code, 503)

    def test_wrong_configuration(self):
        """What is wrong in the configuration is said, and nothing is begun."""
        home = self.configure()
        for member, value, said in (("watches", ["nonsense"], "watches: watch nonsense"),
                                    ("policy_file", "nowhere", "policy_file"),
                                    ("webhook_url", "ftp://x", "webhook_url"),
                                    ("interval_s", 0, "interval_s")):
            path = home / "vouchd.json"
            good = path.read_text()
            path.write_text(json.dumps({**json.loads(good), member: value}))
            result = subprocess.run([VOUCHD, "-n", home], capture_output=True, text=True)
            self.assertEqual(result.returncode, 1)
            self.assertIn(said, result.stderr)
            path.write_text(good)
        result = subprocess.run([VOUCHD, "-n", home], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((home / "data").exists())


if __name__ == "__main__":
    unittest.main()
