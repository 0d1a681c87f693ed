#!/usr/bin/env python3
"""Webhooks: each request for approval is told, signed, until it is taken, also over a restart."""
import hashlib
import hmac
import http.server
import json
import threading
import unittest

from support.daemon import Daemon, ISSUER, cbor, wait_until
from records import Records  # noqa: E402, found by support.daemon

SECRET = b"a secret of some length"


class Receiver:
    """Takes notices on this machine, and answers with the statuses it is told, then with 200."""

    def __init__(self, *statuses):
        self.notices, self.statuses = [], list(statuses)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.statuses.pop(0) if outer.statuses else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                outer.notices.append((status, self.headers, body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d/hook" % self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class WebhooksTest(unittest.TestCase):
    def world(self, *statuses, form="json"):
        self.receiver = Receiver(*statuses)
        self.addCleanup(self.receiver.close)
        self.log = Daemon(start=False, profile="observe")
        self.addCleanup(self.log.close)
        secret = self.log.directory / "secret"
        secret.touch(0o600)
        secret.write_bytes(SECRET + b"\n")
        self.log.configure(webhooks=[{"url": self.receiver.url, "form": form,
                                      "secret_file": str(secret)}])
        self.log.start()
        self.records = Records(ISSUER, tenant="acme")
        for person in ("usr_approver", "usr_requester"):
            self.say("identity", principal={"kind": "human", "id": person}, roles=["approver"])
        self.say("policy-version")

    def say(self, type, **more):
        record = self.records.make(type, **more)
        reply = self.log.submit(self.log.sign(cbor.dumps(record),
                                              issued_at=self.records.sequence_number))
        self.assertEqual(201, reply.status, reply.body)
        return reply

    def told(self, count):
        return wait_until(lambda: len(self.receiver.notices) >= count and self.receiver.notices,
                          "%d notices" % count)

    def test_a_request_is_told_with_a_signature(self):
        self.world()
        reply = self.say("approval-request")
        _, headers, body = self.told(1)[0]
        time, mac = (part.split("=")[1] for part in headers["Vouch-Signature"].split(","))
        wanted = hmac.new(SECRET, time.encode() + b"." + body, hashlib.sha256).hexdigest()
        self.assertEqual(wanted, mac)
        notice = json.loads(body)
        self.assertEqual("/entries/" + notice["entry_id"], dict(reply.headers)["location"])
        self.assertEqual(headers["Vouch-Entry"], notice["entry_id"])
        self.assertEqual("usr_requester", notice["record"]["requester"])

    def test_a_busy_receiver_is_told_again(self):
        self.world(503)
        self.say("approval-request")
        told = self.told(2)
        self.assertEqual([503, 200], [status for status, _, _ in told])
        self.assertEqual(told[0][1]["Vouch-Entry"], told[1][1]["Vouch-Entry"])

    def test_what_was_not_told_is_told_after_a_restart(self):
        self.world(*[503] * 2)
        self.say("approval-request")
        self.told(1)
        self.log.process.kill()
        self.log.process.wait()
        self.receiver.statuses.clear()
        self.log.start()
        told = self.told(2)
        self.assertEqual(200, told[-1][0])
        self.assertEqual(told[0][1]["Vouch-Entry"], told[-1][1]["Vouch-Entry"])

    def test_other_records_are_not_told(self):
        self.world()
        self.say("test-result")
        self.say("approval-request")
        self.told(1)
        self.assertEqual(1, len(self.receiver.notices))

    def test_the_forms_of_slack_and_teams(self):
        self.world(form="slack")
        self.say("approval-request")
        self.assertEqual({"text", "blocks"}, set(json.loads(self.told(1)[0][2])))
        self.world(form="teams")
        self.say("approval-request")
        self.assertEqual("message", json.loads(self.told(1)[0][2])["type"])

    def test_a_webhook_that_is_open_to_all_is_refused(self):
        log = Daemon(start=False)
        self.addCleanup(log.close)
        log.configure(webhooks=[{"url": "http://hooks.example/x", "secret_file": "secret"}])
        self.assertIn("https", log.refuse_to_start())


if __name__ == "__main__":
    unittest.main()
