"""A witness for tests that is a vouchd."""
import json
import os
import subprocess

from witness import key_id, made_by, parse_vkey

VOUCHD = os.environ["VOUCHD"]


class OwnWitness:
    """Runs in a directory of its own, and on one port for all its life."""

    def __init__(self, log_vkey, directory, number):
        self.name = "witness.example/own%d" % number
        self.directory = directory
        subprocess.run([VOUCHD, "init", "--role", "witness", "--dir", self.directory, "--name",
                        self.name, "--listen", "127.0.0.1:0"], check=True, capture_output=True)
        (self.directory / "logs.txt").write_text("log " + log_vkey)
        vkey = (self.directory / "keys/cosigner.vkey").read_text().strip()
        _, self.public = parse_vkey(vkey)
        self.id = key_id(self.name, 4, self.public)
        self.vkey = vkey
        self.start()

    def start(self):
        self.process = subprocess.Popen([VOUCHD, self.directory], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if " listening " in line:
                address = line.split("address=")[1].split()[0]
                break
        file = self.directory / "vouchd.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "listen": address}))
        self.url = "http://%s" % address

    def policy_line(self, number):
        return "witness w%d %s %s\n" % (number, self.vkey, self.url)

    def made(self, text, signature):
        return made_by(self.public, text, signature)

    def close(self):
        """Killed, as often as one likes."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
