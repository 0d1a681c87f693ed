"""Rows with the witness of transparency-dev: it cosigns for our log, under its own policy format."""

import socket
import subprocess
import time

from .logs import START_SECONDS, Log, free_port
from .world import need, row

WITNESS = "omniwitness.example/w"


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

    def __init__(self, w, log_vkey):
        tools = w.tools.go()
        private, self.vkey = w.yes(
            tools / "generate_keys", "--origin=" + WITNESS, "--print"
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


def register_omniwitness(kind):
    @row("witness", "omniwitness-cosigns-%s-log" % kind)
    def _(w):
        """Head after head; ours verifies its cosignatures, and so does x/mod."""
        started = []
        policies = []

        def configure(vkey):
            witness = Omniwitness(w, vkey)
            started.append(witness)
            text = "witness omni %s %s\nquorum omni\n" % (witness.vkey, witness.url)
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
                    "size %d is not witnessed: %s" % (size, started[0].process.said()),
                    lambda size=size: w.size(log) >= size,
                )
                note = log.get("/checkpoint").body
                need(("\u2014 %s " % WITNESS).encode() in note, "no cosignature: %r" % note)
            w.vouch("head", "--url", log.url, "--policy", policies[0])
            cosigned = w.write("checkpoint", note)
            w.yes(w.tools.go() / "peer", "check-cosignature", "-vkey", started[0].vkey,
                  "-note", cosigned)
        finally:
            log.stop()
            started[0].process.stop()


for kind in ("evidence", "opaque"):
    register_omniwitness(kind)
