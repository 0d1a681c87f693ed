"""Fresh logs under test: a directory, a daemon on a loopback port, and requests to it."""

import http.client
import http.server
import json
import pathlib
import signal
import socket
import subprocess
import threading
import time

START_SECONDS = 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.type = response.getheader("Content-Type", "")
        self.headers = response.headers
        self.body = response.read()


class Log:
    """A daemon on a fresh directory. issuers: {issuer id: statement.Key}.

    configure is asked, with the log's vkey, for more members of its configuration.
    """

    def __init__(self, vouchd, directory, origin, opaque=False, issuers=(), configure=None):
        self.dir = pathlib.Path(directory)
        self.origin = origin
        self.process = None
        init = [vouchd, "init", "--dir", str(self.dir), "--origin", origin]
        for name, key in dict(issuers).items():
            init += ["--issuer", "%s=%s:admin,engine,approval-service" % (name, key.public)]
        subprocess.run(init + ["--opaque"] * opaque, check=True, capture_output=True)
        config = json.loads((self.dir / "vouchd.json").read_text())
        self.port = free_port()
        config["listen"] = "127.0.0.1:%d" % self.port
        if configure:
            config.update(configure(self.vkey))
        (self.dir / "vouchd.json").write_text(json.dumps(config, indent=2))
        self.url = "http://127.0.0.1:%d" % self.port
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self._start(vouchd)

    def _start(self, vouchd):
        self.messages = open(self.dir / "messages", "wb")
        self.process = subprocess.Popen([vouchd, str(self.dir)], stderr=self.messages)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if self.get("/readyz").status == 200:
                    return
            except OSError:
                self.connection.close()
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = (self.dir / "messages").read_text(errors="replace")
                raise RuntimeError("vouchd does not get ready:\n" + text)
            time.sleep(0.02)

    def request(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, headers)
        return Reply(self.connection.getresponse())

    def get(self, path, **headers):
        return self.request("GET", path, **headers)

    def must(self, status, reply):
        if reply.status != status:
            raise AssertionError(
                "status %d instead of %d: %r" % (reply.status, status, reply.body[:300])
            )
        return reply

    def add(self, entry):
        return int(self.must(200, self.request("POST", "/add", entry)).body)

    def submit(self, statement):
        kind = "application/scitt-statement+cose"
        return self.must(201, self.request("POST", "/entries", statement, Content_Type=kind))

    @property
    def vkey(self):
        return (self.dir / "keys" / "checkpoint.vkey").read_text().strip()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        self.connection.close()
        self.messages.close()
        if self.process.returncode != 0:
            text = (self.dir / "messages").read_text(errors="replace")
            raise AssertionError(
                "vouchd ended with %d:\n%s" % (self.process.returncode, text[-3000:])
            )


class Directory:
    """A directory served as it is, for logs made by somebody else."""

    def __init__(self, directory):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=str(directory))

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
