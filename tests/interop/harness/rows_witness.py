"""Rows with witnesses: those of others for our logs, ours for logs and load tools of others."""

import base64
import hashlib
import os
import re
import socket
import sqlite3
import subprocess
import tempfile
import time

from .logs import START_SECONDS, Log, free_port
from .world import need, row

OUR_WITNESS = "vouch.example/w"
LOAD_LOGS = 50
LOAD_UPDATES = 2000


class Process:
    """A program of others that serves on a port until stop()."""

    def __init__(self, argv, port, messages):
        self.messages = messages
        self.file = open(messages, "wb")
        argv = [str(argument) for argument in argv]
        self.process = subprocess.Popen(argv, stdout=self.file, stderr=self.file)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError("%s does not serve: %s" % (argv[0], self.said())) from None
                time.sleep(0.02)

    def said(self):
        return self.messages.read_text(errors="replace")[-2000:]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.file.close()


def wait_for(what, condition):
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        need(time.monotonic() < deadline, what)
        time.sleep(0.02)


class Omniwitness:
    """The witness of transparency-dev, which knows one log."""

    name = "omniwitness.example/w"

    def __init__(self, w, log_vkey):
        tools = w.tools.go()
        private, self.vkey = w.yes(
            tools / "generate_keys", "--origin=" + self.name, "--print"
        ).splitlines()[:2]
        origin = log_vkey.split("+")[0]
        logs = "Logs:\n  - Origin: %s\n    URL: http://%s/\n    PublicKey: %s\n" % (
            origin,
            origin,
            log_vkey,
        )
        port = free_port()
        self.url = "http://127.0.0.1:%d/" % port
        self.process = Process(
            [
                tools / "omniwitness",
                "--listen=127.0.0.1:%d" % port,
                "--metrics_listen=",
                "--private_key_path=%s" % w.write("witness.key", private.encode()),
                "--additional_logs=%s" % w.write("logs.yaml", logs.encode()),
                "--db_file=%s" % w.path("witness.db"),
            ],
            port,
            w.path("omniwitness.messages"),
        )

    def said(self):
        return self.process.said()

    def stop(self):
        self.process.stop()


class Litewitness:
    """The witness of torchwood, which knows one log.

    Logs are added with witnessctl, which cannot be built everywhere (see litewitness/sigsum): the
    rows that it would write are written here.
    """

    name = "litewitness.example/w"

    def __init__(self, w, log_vkey):
        program = w.tools.litewitness()
        self.agent = None
        # The path of a socket may have 107 bytes.
        self.directory = tempfile.TemporaryDirectory(prefix="vouch-ssh-")
        agent_socket = os.path.join(self.directory.name, "agent")
        key = w.path("litewitness.key")
        w.yes("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        self.agent = subprocess.Popen(["ssh-agent", "-D", "-a", agent_socket],
                                      stdout=subprocess.DEVNULL)
        try:
            wait_for("ssh-agent does not answer", lambda: os.path.exists(agent_socket))
            environment = dict(os.environ, SSH_AUTH_SOCK=agent_socket)
            subprocess.run(["ssh-add", "-q", str(key)], env=environment, check=True)
            port = free_port()
            self.url = "http://127.0.0.1:%d/" % port
            self.process = Process(
                [
                    program,
                    "-name=" + self.name,
                    "-listen=127.0.0.1:%d" % port,
                    "-db=%s" % self.database(w, log_vkey),
                    "-ssh-agent=" + agent_socket,
                    "-key=" + w.yes("ssh-keygen", "-l", "-f", str(key) + ".pub").split()[1],
                ],
                port,
                w.path("litewitness.messages"),
            )
        except BaseException:
            self.stop_agent()
            raise
        self.vkey = re.search(r'vkey="?([^"\s]+)', self.said()).group(1)

    @staticmethod
    def database(w, log_vkey):
        path = w.path("litewitness.db")
        origin = log_vkey.split("+")[0]
        empty = base64.b64encode(hashlib.sha256(b"").digest()).decode()
        database = sqlite3.connect(path)
        database.executescript(
            "CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL,"
            " tree_hash TEXT NOT NULL);"
            "CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL,"
            " FOREIGN KEY(origin) REFERENCES log(origin));"
        )
        database.execute("INSERT INTO log VALUES (?, 0, ?)", (origin, empty))
        database.execute("INSERT INTO key VALUES (?, ?)", (origin, log_vkey))
        database.commit()
        database.close()
        return path

    def said(self):
        return self.process.said()

    def stop_agent(self):
        self.agent.kill()
        self.agent.wait()
        self.directory.cleanup()

    def stop(self):
        self.process.stop()
        self.stop_agent()


def witnessed_size(log):
    """Of /checkpoint; 0 before the quorum is met for the first time."""
    reply = log.get("/checkpoint")
    return int(reply.body.split(b"\n")[1]) if reply.status == 200 else 0


def register_witness_of_others(kind, make):
    @row("witness", "%s-cosigns-%s-log" % (make.__name__.lower(), kind))
    def _(w):
        """Head after head; ours verifies its cosignatures, and so does x/mod."""
        started = []
        policies = []

        def configure(vkey):
            witness = make(w, vkey)
            started.append(witness)
            text = "witness other %s %s\nquorum other\n" % (witness.vkey, witness.url)
            policies.append(w.write("policy", ("log %s\n%s" % (vkey, text)).encode()))
            return {"witness_policy_file": str(policies[0]), "witness_interval_ms": 0}

        log = Log(
            w.vouchd,
            w.path(kind),
            "witnessed.example/" + kind,
            opaque=kind == "opaque",
            issuers=() if kind == "opaque" else w.issuers,
            configure=configure,
        )
        try:
            for number in range(3):
                if kind == "opaque":
                    log.add(b"entry %d" % number)
                else:
                    log.submit(w.sign(number))
                size = int(log.get("/v1/checkpoint/latest").body.split(b"\n")[1])
                wait_for(
                    "size %d is not witnessed: %s" % (size, started[0].said()),
                    lambda size=size: witnessed_size(log) >= size,
                )
                note = log.get("/checkpoint").body
                need(("\u2014 %s " % make.name).encode() in note, "no cosignature: %r" % note)
            w.vouch("head", "--url", log.url, "--policy", policies[0])
            cosigned = w.write("checkpoint", note)
            w.yes(w.tools.go() / "peer", "check-cosignature", "-vkey", started[0].vkey,
                  "-note", cosigned)
        finally:
            log.stop()
            started[0].stop()


for kind in ("evidence", "opaque"):
    for make in (Omniwitness, Litewitness):
        register_witness_of_others(kind, make)


class OurWitness:
    """vouchd --role witness for logs with these verifier keys."""

    def __init__(self, w, log_vkeys):
        directory = w.path("witness")
        port = free_port()
        self.url = "http://127.0.0.1:%d" % port
        logs = w.write("logs", "".join("log %s\n" % vkey for vkey in log_vkeys).encode())
        w.yes(w.vouchd, "init", "--role", "witness", "--dir", directory, "--name", OUR_WITNESS,
              "--logs", logs, "--listen", "127.0.0.1:%d" % port)
        self.vkey = (directory / "keys" / "cosigner.vkey").read_text().strip()
        self.process = Process([w.vouchd, directory], port, w.path("witness.messages"))


@row("witness", "our-witness-cosigns-log-of-tessera")
def _(w):
    """Tessera publishes no checkpoint before its policy is met; every run of it grows the tree."""
    key, vkey = w.yes(w.tools.go() / "peer", "make-key", "-origin", "tessera.example/log").split()
    witness = OurWitness(w, [vkey])
    directory = w.path("tessera-log")
    text = "witness vouch %s %s\nquorum vouch\n" % (witness.vkey, witness.url)
    ours = w.write("policy", ("log %s\n%s" % (vkey, text)).encode())
    tessera = [
        w.tools.go() / "posix-oneshot",
        "--storage_dir=%s" % directory,
        "--private_key=%s" % w.write("log.key", key.encode()),
        "--witness_policy_file=%s" % w.write("witness-policy", text.encode()),
    ]
    try:
        for size in (2, 5, 300):
            entries = w.path("entries-%d" % size)
            entries.mkdir()
            before = int((directory / "checkpoint").read_text().split()[1]) if size > 2 else 0
            for number in range(before, size):
                (entries / str(number)).write_text("entry %d" % number)
            w.yes(*tessera, "--entries=%s/*" % entries)
            note = directory / "checkpoint"
            need(note.read_text().split()[1] == str(size), "size is not %d" % size)
            w.yes(w.tools.go() / "peer", "check-cosignature", "-vkey", witness.vkey, "-note", note)
            w.vouch("head", "--url", directory, "--policy", ours)
    finally:
        witness.process.stop()


@row("witness", "our-witness-passes-load-test-of-transparency-dev")
def _(w):
    """The tool ends with an error at the first refusal; it says how long each 25 updates took.

    How far it raises its rate depends on how idle the machine is: what counts is that it goes on.
    """
    tool = [w.tools.go() / "loadtest", "--log_count=%d" % LOAD_LOGS]
    vkeys = re.findall(r"PublicKey: (\S+)", w.yes(*tool))
    need(len(vkeys) == LOAD_LOGS, "%d keys" % len(vkeys))
    witness = OurWitness(w, vkeys)
    argv = [*tool, "--target=" + witness.url, "--start_qps=500", "--timeout=5s"]
    load = subprocess.Popen(
        [str(argument) for argument in argv], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        said = []
        while sum(b"Average update time" in line for line in said) < LOAD_UPDATES // 25:
            said.append(load.stderr.readline())
            need(said[-1], "the load test ended: %r" % b"".join(said[-3:]))
    finally:
        load.kill()
        load.communicate()
        witness.process.stop()
