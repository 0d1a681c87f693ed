"""HTTP/1.1 by hand, so that tests can send what no library sends."""
import json
import socket

from harness import cbor

TIMEOUT = 60


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def item(self):
        """The body as what its Content-Type says."""
        kind = self.headers.get("content-type", "")
        if "json" in kind:
            return json.loads(self.body)
        if "cbor-seq" in kind:
            return cbor.sequence(self.body)
        if "cbor" in kind or "cose" in kind:
            return cbor.loads(self.body)
        return self.body.decode() if kind.startswith("text/") else None

    @property
    def problem(self):
        """Title, detail, code and so on of problem details in either form."""
        item = self.item
        if isinstance(next(iter(item)), str):
            return item
        own = next((value for value in item.values() if isinstance(value, dict)), {})
        return {"title": item.get(-1), "detail": item.get(-2), **own}

    def __repr__(self):
        return "%d %r %r" % (self.status, self.headers, self.body[:200])


class Closed(Exception):
    """The other side closed the connection."""


def request_bytes(method, path, body=None, headers=(), version="HTTP/1.1"):
    lines = ["%s %s %s" % (method, path, version), "Host: log.example"]
    lines += ["%s: %s" % header for header in headers]
    if body is not None:
        lines.append("Content-Length: %d" % len(body))
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def race(port, requests):
    """-> the replies to requests (method, path, body, headers) that arrive as one as can be.

    Each has a connection of its own and is sent but for its last byte; then all get theirs.
    """
    messages = [request_bytes(*request) for request in requests]
    wires = [Wire(port) for _ in messages]
    try:
        for wire, message in zip(wires, messages):
            wire.send(message[:-1])
        for wire, message in zip(wires, messages):
            wire.send(message[-1:])
        return [wire.receive() for wire in wires]
    finally:
        for wire in wires:
            wire.close()


class Wire:
    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)

    def send_request(self, method, path, body=None, headers=(), version="HTTP/1.1"):
        self.send(request_bytes(method, path, body, headers, version))

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError as error:
            raise Closed(str(error)) from error
        if not data:
            raise Closed("end of stream")
        self.buffer += data

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def _exactly(self, length):
        while len(self.buffer) < length:
            self._more()
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def receive(self, is_head=False):
        first, *rest = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        status = int(first.split()[1])
        if status == 100:
            return Reply(status, headers, b"")
        length = 0 if is_head else int(headers["content-length"])
        return Reply(status, headers, self._exactly(length))

    def ask(self, method, path, body=None, headers=(), version="HTTP/1.1"):
        self.send_request(method, path, body, headers, version)
        return self.receive(method == "HEAD")

    def is_closed(self):
        """Waits for the end of the connection; false when something else arrives."""
        try:
            self._more()
        except Closed:
            return True
        return False

    def close(self):
        self.socket.close()

    def reset(self):
        """Goes away without a word: the kernel sends a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()
