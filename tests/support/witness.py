"""A witness for tests (C2SP tlog-witness), written from the specification: it follows the protocol
unless a test tells it not to. Not one line is shared with the programs under test."""
import base64
import hashlib
import http.server
import os
import threading
import time

import ed25519

DASH = "\u2014 "


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def vkey(name, kind, public):
    return "%s+%s+%s" % (name, key_id(name, kind, public).hex(),
                         base64.b64encode(bytes([kind]) + public).decode())


def parse_vkey(text):
    """-> name, public key."""
    name, _, material = text.strip().split("+", 2)
    return name, base64.b64decode(material)[1:]


def made_by(public, text, signature):
    """Whether this key made a cosignature v1 of the text."""
    message = "cosignature/v1\ntime %d\n%s" % (int.from_bytes(signature[:8], "big"), text)
    return ed25519.verify(public, message.encode(), signature[8:])


class Note:
    """A signed note: its text, and the signatures as (name, key id, bytes)."""

    def __init__(self, message):
        at = message.rindex("\n\n")
        self.text, lines = message[:at + 1], message[at + 2:].splitlines()
        self.signatures = []
        for line in lines:
            name, encoded = line[len(DASH):].split(" ")
            raw = base64.b64decode(encoded)
            self.signatures.append((name, raw[:4], raw[4:]))
        origin, size, root = self.text.splitlines()[:3]
        self.origin, self.size, self.root = origin, int(size), base64.b64decode(root)

    def is_signed_by(self, name, public):
        wanted = name, key_id(name, 1, public)
        return any((n, i) == wanted and ed25519.verify(public, self.text.encode(), signature)
                   for n, i, signature in self.signatures)

    def cosigners(self, witnesses):
        """-> the names of those of these witnesses whose cosignature holds."""
        return {witness.name for witness in witnesses for n, i, signature in self.signatures
                if (n, i) == (witness.name, witness.id) and witness.made(self.text, signature)}


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def is_consistent(old_size, old_root, new_size, new_root, proof):
    """RFC 9162, 2.1.4.2."""
    if old_size in (0, new_size):
        return not proof and (old_size == 0 or old_root == new_root)
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn & 1 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr, sn) == (old_root, new_root, 0)


class Witness:
    """Serves on a loopback port. `answer` of a test is asked first: it may give (status, body)."""

    def __init__(self, name, log_vkey, port=0, key=None):
        self.name, self.key = name, key or ed25519.Key(os.urandom(32))
        self.id = key_id(name, 4, self.key.public)
        self.origin, self.log_public = parse_vkey(log_vkey)
        self.lock = threading.Lock()
        self.held = None  # the newest note cosigned, with its cosignature
        self.requests = 0
        self.answer = None
        self.monitoring = ""  # what is in front of the paths of reading
        self.open(port)

    # ---- what policies say of it

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def policy_line(self, number):
        return "witness w%d %s %s/\n" % (number, vkey(self.name, 4, self.key.public), self.url)

    # ---- serving

    def open(self, port=0):
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self, status, body, kind="text/plain"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = witness.post(self.path, body)
                self.reply(status, answer, "text/x.tlog.size" if status == 409 else "text/plain")

            def do_GET(self):
                self.reply(*witness.get(self.path))

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64
            sockets = []

            def process_request(self, request, address):
                self.sockets.append(request)
                super().process_request(request, address)

            def handle_error(self, request, address):
                pass  # the other side, or we, went away

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        """Goes down: also for connections that are open."""
        if self.server is None:
            return
        self.server.shutdown()
        self.server.server_close()
        for connection in self.server.sockets:
            try:
                connection.shutdown(2)
            except OSError:
                pass
        self.server = None

    # ---- the protocol

    def sign(self, text, now=None):
        now = int(time.time()) if now is None else now
        message = "cosignature/v1\ntime %d\n%s" % (now, text)
        return now.to_bytes(8, "big") + self.key.sign(message.encode())

    def made(self, text, signature):
        return made_by(self.key.public, text, signature)

    def line(self, signature):
        return DASH + self.name + " " + base64.b64encode(self.id + signature).decode() + "\n"

    def post(self, path, body):
        self.requests += 1
        if path != "/add-checkpoint":
            return 404, b""
        told = self.answer(body) if self.answer else None
        return told or self.add_checkpoint(body.decode())

    def add_checkpoint(self, body):
        head, message = body.split("\n\n", 1)
        old, *hashes = head.split("\n")
        assert old.startswith("old ") and len(hashes) <= 63, old
        old_size, proof = int(old[4:]), [base64.b64decode(line) for line in hashes]
        note = Note(message)
        if note.origin != self.origin:
            return 404, b"unknown log\n"
        if not note.is_signed_by(self.origin, self.log_public):
            return 403, b"not signed by the log\n"
        if old_size > note.size:
            return 400, b"old size is larger\n"
        with self.lock:
            held_size, held_root = (self.held.size, self.held.root) if self.held else (0, None)
            if old_size != held_size:
                return 409, b"%d\n" % held_size
            if not is_consistent(old_size, held_root, note.size, note.root, proof):
                return 422, b"not consistent\n"
            line = self.line(self.sign(note.text))
            self.held = Note(message + line)
            self.held.message = message + line
        return 200, line.encode()

    def get(self, path):
        wanted = self.monitoring + "/%s/checkpoint" % hashlib.sha256(self.origin.encode()).hexdigest()
        if path != wanted or self.held is None:
            return 404, b"nothing here\n"
        return 200, self.held.message.encode()


def policy(witnesses, quorum, log_vkey=None):
    """The text of a policy with these witnesses; quorum: how many, or None."""
    lines = ["log %s\n" % log_vkey.strip()] if log_vkey else []
    lines += [witness.policy_line(number) for number, witness in enumerate(witnesses)]
    if quorum is None:
        return "".join(lines) + "quorum none\n"
    names = " ".join("w%d" % number for number in range(len(witnesses)))
    return "".join(lines) + "group enough %d %s\nquorum enough\n" % (quorum, names)
