"""Reading server-sent events (HTML standard, 9.2) from a stream, one at a time."""
import json

from .wire import Wire


class Event:
    def __init__(self, text):
        fields = dict(line.split(": ", 1) for line in text.split("\n"))
        self.id, self.kind = fields.get("id"), fields.get("event")
        self.data = json.loads(fields["data"]) if "data" in fields else None


class Reader:
    """One stream, from the last event of another reader or as the query says."""

    def __init__(self, port, query="", last=None, receive_buffer=None):
        self.wire = Wire(port, receive_buffer)
        headers = [] if last is None else [("Last-Event-ID", last)]
        self.wire.send_request("GET", "/v1/stream" + query, headers=headers)
        head = self.wire._until(b"\r\n\r\n").decode().split("\r\n")
        assert head[0] == "HTTP/1.1 200 OK", head
        assert "Content-Type: text/event-stream" in head, head

    def next(self):
        """The next event; comments and fields of the connection are passed over."""
        while True:
            text = self.wire._until(b"\n\n").decode()
            if text.startswith("id: "):
                return Event(text)

    def until(self, id):
        """All events up to and with the one that has this id."""
        events = [self.next()]
        while events[-1].id != id:
            events.append(self.next())
        return events

    def close(self):
        self.wire.close()
