"""A log that lies: a real one, of whose answers a test takes over some."""
import http.server
import threading
import urllib.error
import urllib.request


class Proxy(http.server.ThreadingHTTPServer):
    """Passes everything to the real log, except what `answer` takes over."""

    daemon_threads = True

    def __init__(self, target):
        self.target = target
        self.answer = lambda method, path, count: None  # (status, headers, body) or None
        self.change = lambda path, body: body
        self.counts = {}
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def serve(self, method, body=None):
        proxy = self.server
        proxy.counts[self.path] = proxy.counts.get(self.path, 0) + 1
        answer = proxy.answer(method, self.path, proxy.counts[self.path])
        if answer is None:
            headers = {name: self.headers[name] for name in ("Accept", "Content-Type")
                       if name in self.headers}
            request = urllib.request.Request(proxy.target + self.path, data=body, method=method,
                                             headers=headers)
            try:
                with urllib.request.urlopen(request) as reply:
                    answer = reply.status, dict(reply.headers), proxy.change(self.path, reply.read())
            except urllib.error.HTTPError as reply:
                answer = reply.code, dict(reply.headers), reply.read()
        status, headers, content = answer
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.serve("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))))
