#!/usr/bin/env python3
"""Approvals with ID tokens of a real OpenID provider, npm's oidc-provider, on a loopback port.

Each token comes out of the authorization-code flow, as a relying party in front of approvers would
go through it; the bad ones are the provider's doing where it can be made to do them.
"""
import base64
import hashlib
import http.client
import http.cookies
import json
import os
import pathlib
import secrets
import signal
import subprocess
import sys
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "http"), str(HERE.parent / "support")]
from support.daemon import APPROVER, Daemon, ISSUER, wait_until  # noqa: E402
from support.wire import race  # noqa: E402
from harness import cbor, toolchain  # noqa: E402
from records import Records  # noqa: E402

CALLBACK = "http://127.0.0.1:1/signed-in"
SKIP = 77
ALGS = ("RS256", "PS256", "ES256")
RACERS = 32


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Provider:
    """The process, and a browser that goes through its flow."""

    def __init__(self, directory, **options):
        command = ["node", str(directory / "provider.mjs"), json.dumps({"kid": "a", **options})]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening "), "the provider did not start"
        self.port = int(line.split()[1])
        self.issuer = "http://127.0.0.1:%d" % self.port

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
            self.process.stdout.close()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        return reply, text

    def sign_in(self, client, nonce):
        """-> the ID token of somebody who signs in anew, for this client and nonce."""
        verifier = secrets.token_urlsafe(32)
        query = {"client_id": client, "response_type": "code", "scope": "openid", "nonce": nonce,
                 "redirect_uri": CALLBACK, "state": "s", "code_challenge_method": "S256",
                 "code_challenge": base64url(hashlib.sha256(verifier.encode()).digest())}
        path, cookies = "/auth?" + urllib.parse.urlencode(query), http.cookies.SimpleCookie()
        while not path.startswith(CALLBACK):
            header = "; ".join("%s=%s" % (name, each.value) for name, each in cookies.items())
            reply, text = self.ask("GET", path, headers={"Cookie": header})
            assert reply.status in (302, 303), "%s: %d %s" % (path, reply.status, text)
            for line in reply.headers.get_all("Set-Cookie", []):
                cookies.load(line)
            path = reply.headers["Location"].removeprefix(self.issuer)
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["code"][0]
        form = urllib.parse.urlencode({"grant_type": "authorization_code", "code": code,
                                       "redirect_uri": CALLBACK, "code_verifier": verifier})
        basic = base64.b64encode(("%s:not-a-secret" % client).encode()).decode()
        reply, text = self.ask("POST", "/token", form, {
            "Authorization": "Basic " + basic, "Content-Type": "application/x-www-form-urlencoded"})
        assert reply.status == 200, text
        return json.loads(text)["id_token"]

    def forge(self, token, how):
        return self.ask("GET", "/forge?" + urllib.parse.urlencode({"token": token, "how": how}))[1]


def minutes_ago_ms(count):
    return (int(time.time()) - 60 * count) * 1000


class Case(unittest.TestCase):
    """A log that trusts one client of one provider, and an approval service."""

    @classmethod
    def setUpClass(cls):
        cls.shared = Provider(DIRECTORY)

    @classmethod
    def tearDownClass(cls):
        cls.shared.close()

    def begin(self, client="vouch-RS256", algorithms=ALGS, provider=None, **config):
        self.provider = provider or self.shared
        self.client = client
        self.log = Daemon(profile="observe", identity_providers=[{
            "issuer": self.provider.issuer, "audience": client, "keys": self.provider.issuer + "/jwks",
            "algorithms": list(algorithms), "keys_refetch_s": 1}], **config)
        self.addCleanup(self.log.close)
        self.wait_for_keys(1)
        self.prepare()

    def prepare(self):
        """The person who signs in has the role that the sample requests ask for."""
        self.records = Records(APPROVER, at_ms=minutes_ago_ms(2))
        identity = Records(ISSUER, at_ms=minutes_ago_ms(3)).make(
            "identity", roles=["approver"], principal={"kind": "human", "id": "usr_approver"})
        reply = self.log.submit(self.log.sign(cbor.dumps(identity), ISSUER))
        self.assertEqual(201, reply.status, reply)
        self.submit(self.records.make("policy-version"))

    def own_provider(self, **options):
        provider = Provider(DIRECTORY, **options)
        self.addCleanup(provider.close)
        return provider

    def wait_for_keys(self, count):
        wait_until(lambda: self.log.said().count(b" keys-loaded ") >= count, "keys are loaded")

    def submit(self, record, token=None, path="/entries"):
        return self.log.ask(*self.submission(record, token, path))

    def submission(self, record, token=None, path="/entries", issuer=APPROVER):
        message = self.log.sign(cbor.dumps(record), issuer)
        headers = [("Content-Type", "application/cose" if path == "/entries" else "application/cbor-seq")]
        headers += [("Vouch-ID-Token", each) for each in ([token] if isinstance(token, str) else token or [])]
        return "POST", path, message, headers

    def decide(self, **request):
        """-> the approval of a new request, without a token, and the nonce a token for it has."""
        self.submit(self.records.make("approval-request", **request))
        approval = self.records.make("approval")
        committed = b"vouch/approval/v1\0" + approval["action_digest"] + approval["nonce"]
        return approval, base64url(hashlib.sha256(committed).digest())

    def attach(self, approval, token):
        """The approval says what the token says."""
        claims = claims_of(token)
        authentication = {name: claims[name] for name in ("iss", "amr", "auth_time", "acr")}
        jti_hash = hashlib.sha256(claims["jti"].encode()).digest()
        at_ms = claims["iat"] * 1000  # decided as soon as signed in
        return {**approval, "occurred_at_ms": at_ms, "decided_at_ms": at_ms,
                "actor": {"kind": "human", "id": claims["sub"], "authentication": authentication},
                "token": {"jti_hash": jti_hash, "iat": claims["iat"], "exp": claims["exp"]}}

    def approve(self, client=None, **request):
        """-> the approval and its token."""
        approval, nonce = self.decide(**request)
        token = self.provider.sign_in(client or self.client, nonce)
        return self.attach(approval, token), token

    def refused(self, reply, code, status=422):
        self.assertEqual((status, code), (reply.status, reply.problem["code"]), reply)
        return reply.problem

    def tell_nothing(self, token):
        """The token is in none of the log's files and messages."""
        signature = token.rsplit(".", 1)[1].encode()
        for file in self.log.directory.rglob("*"):
            if file.is_file():
                self.assertNotIn(signature, file.read_bytes(), file)

    def test_a_token_of_each_algorithm_is_taken(self):
        for alg in ALGS:
            with self.subTest(alg):
                self.begin("vouch-" + alg, [alg])
                approval, token = self.approve()
                self.assertEqual(201, self.submit(approval, token).status)
                self.tell_nothing(token)

    def checks(self):
        """Records with which the log says that it verified a token, and where they stand."""
        found = []
        for index in range(self.log.size()):
            records = self.log.ask("GET", "/v1/entries/%d" % index).item["records"]
            found += [(index, record) for record in records if "token_check" in record]
        return found

    def test_the_log_says_what_it_verified(self):
        """In the approval's commit, right behind it, once; nothing when no token came with it."""
        self.begin()
        approval, token = self.approve()
        message = self.log.sign(cbor.dumps(approval), APPROVER)
        before = self.log.size()
        for _ in range(2):
            reply = self.log.ask("POST", "/entries", message, [
                ("Content-Type", "application/cose"), ("Vouch-ID-Token", token)])
            self.assertEqual(201, reply.status, reply)
        [(index, record)] = self.checks()
        self.assertEqual((before + 1, before + 3), (index, self.log.size()))
        check, claims = record["token_check"], claims_of(token)
        keys = self.provider.ask("GET", "/jwks")[1].encode()
        self.assertEqual(("token-check", claims["iss"], approval["token"]["jti_hash"],
                          hashlib.sha256(keys).digest()),
                         (record["operation"], check["iss"], check["jti_hash"],
                          check["key_set"]["digest"]))
        self.assertEqual((approval["tenant"], approval["record_id"], APPROVER, before),
                         (check["tenant"], check["approval"]["record_id"],
                          check["approval"]["iss"], check["approval"]["index"]))
        self.tell_nothing(token)
        approval, token = self.approve()
        self.assertEqual(201, self.submit(approval).status)
        self.assertEqual(1, len(self.checks()))
        self.assertEqual(201, self.submit(approval, token).status)  # the token comes later
        self.assertEqual(2, len(self.checks()))

    def test_what_is_refused_is_not_said_to_be_checked(self):
        """A good token does not help an approval that a rule refuses, and leaves no trace."""
        self.begin()
        approval, token = self.approve()
        request = {**approval["approval_request"], "record_id": bytes(16)}
        self.refused(self.submit({**approval, "approval_request": request}, token), "request-closed")
        self.assertEqual([], self.checks())

    def test_the_same_statement_again_is_the_same_entry_with_whatever_token(self):
        self.begin()
        approval, token = self.approve()
        message = self.log.sign(cbor.dumps(approval), APPROVER)
        locations = set()
        for header in (token, "expired.long.ago", token):
            reply = self.log.ask("POST", "/entries", message, [
                ("Content-Type", "application/cose"), ("Vouch-ID-Token", header)])
            self.assertEqual(201, reply.status, reply)
            locations.add(reply.headers["location"])
        self.assertEqual(1, len(locations))

    def test_a_token_signed_with_another_algorithm_is_refused(self):
        self.begin("vouch-PS256", ["RS256"])
        self.refused(self.submit(*self.approve()), "token-algorithm")

    def test_an_edwards_curve_is_refused(self):
        self.begin("vouch-EdDSA")
        self.refused(self.submit(*self.approve()), "token-algorithm")

    def test_a_token_for_another_client_is_refused(self):
        self.begin()
        problem = self.refused(self.submit(*self.approve("somebody-else")), "token-audience")
        self.assertEqual("vouch-RS256", problem["want"])

    def test_an_expired_token_is_refused(self):
        self.begin(provider=self.own_provider(clock_offset_s=-7200))
        self.refused(self.submit(*self.approve()), "token-expired")

    def test_a_token_from_the_future_is_refused(self):
        self.begin(provider=self.own_provider(clock_offset_s=300))
        self.refused(self.submit(*self.approve()), "token-not-yet-valid")

    def test_clocks_may_differ_a_little(self):
        for offset_s in (-30, 30):
            with self.subTest(offset_s):
                self.begin(provider=self.own_provider(clock_offset_s=offset_s))
                self.assertEqual(201, self.submit(*self.approve()).status)

    def test_a_token_without_signature_is_refused(self):
        self.begin()
        approval, token = self.approve()
        self.refused(self.submit(approval, self.provider.forge(token, "none")), "token-algorithm")

    def test_a_public_key_is_no_secret(self):
        self.begin()
        approval, token = self.approve()
        self.refused(self.submit(approval, self.provider.forge(token, "hmac")), "token-algorithm")

    def test_a_changed_token_is_refused(self):
        self.begin()
        approval, token = self.approve()
        other_approval, other = self.approve()
        parts, others = token.split("."), other.split(".")
        self.refused(self.submit(other_approval, ".".join([parts[0], others[1], parts[2]])), "token-signature")
        self.refused(self.submit(approval, token[:-8]), "token-signature")
        self.refused(self.submit(approval, token + "."), "token-invalid")

    def test_a_token_serves_one_decision(self):
        self.begin()
        approval, token = self.approve()
        self.assertEqual(201, self.submit(approval, token).status)
        next_approval, _ = self.decide()
        self.refused(self.submit(self.attach(next_approval, token), token), "token-nonce")

    def race_for(self, token, approvals, number):
        """-> the codes of refusals, of all but the one that is admitted.

        They differ in what is not the token's: id, stream, who submits; half of those it is for
        bring the token itself along, all others name it by its hash.
        """
        size = self.log.size()
        requests, brought = [], []
        for i, approval in enumerate(approvals):
            record = {**approval, "record_id": os.urandom(16), "sequence_number": 0,
                      "stream": "race-%d-%d" % (number, i)}
            brought.append(token if i % 4 < 2 and approval == approvals[0] else None)
            requests.append(self.submission(record, brought[-1], issuer=(APPROVER, ISSUER)[i % 2]))
        replies = race(self.log.port, requests)
        won = [i for i, reply in enumerate(replies) if reply.status == 201]
        self.assertEqual(1, len(won), replies)
        self.assertEqual({201, 422}, {reply.status for reply in replies})
        is_checked = brought[won[0]] is not None  # the log says so in an entry of its own
        self.assertEqual(size + 2 + is_checked, self.log.size())
        self.assertEqual(is_checked, self.checks()[-1:] != [] and self.checks()[-1][0] >= size)
        return {reply.problem["code"] for reply in replies if reply.status == 422}

    def test_of_many_approvals_with_one_token_at_once_one_is_admitted(self):
        self.begin(http_threads=4)
        for number in range(4):
            approval, token = self.approve()
            self.assertEqual({"request-closed"},
                             self.race_for(token, [approval] * RACERS, number))

    def test_one_token_has_one_vote_of_a_request_that_stays_open(self):
        self.begin(http_threads=4)
        for number in range(4):
            approval, token = self.approve(quorum=2, role_quorum={"approver": 2})
            self.assertEqual({"duplicate-vote"},
                             self.race_for(token, [approval] * RACERS, number))

    def test_one_token_serves_one_of_many_requests(self):
        """The token is for the first one; the approvals of the others name it all the same."""
        self.begin(http_threads=4)
        approval, token = self.approve(quorum=2, role_quorum={"approver": 2})
        others = [self.attach(self.decide()[0], token) for _ in range(RACERS // 2)]
        codes = self.race_for(token, [approval] * (RACERS // 2) + others, 0)
        self.assertLessEqual(codes, {"duplicate-vote", "token-reused"})
        self.assertIn("token-reused", codes)

    def test_the_approval_says_what_the_token_says(self):
        self.begin()
        approval, token = self.approve()
        actor = {**approval["actor"], "id": "usr_other"}
        problem = self.refused(self.submit({**approval, "actor": actor}, token), "token-mismatch")
        self.assertEqual("/actor/id", problem["path"])
        other, _ = self.approve()
        problem = self.refused(self.submit({**approval, "token": other["token"]}, token), "token-mismatch")
        self.assertEqual("/token/jti_hash", problem["path"])

    def test_the_path_names_the_record(self):
        self.begin()
        approval, token = self.approve()
        actor = {**approval["actor"], "id": "usr_other"}
        statement = [self.records.make(), {**approval, "actor": actor}]
        self.assertEqual("/1/actor/id", self.submit(statement, token).problem["path"])

    def test_a_token_belongs_to_one_approval(self):
        self.begin()
        approval, token = self.approve()
        self.refused(self.submit(self.records.make(), token), "bad-parameter", 400)
        self.refused(self.submit([approval, approval], token), "bad-parameter", 400)
        self.refused(self.submit(approval, [token, token]), "bad-parameter", 400)
        self.refused(self.submit(approval, token, "/v1/batch"), "bad-parameter", 400)

    def test_rotated_keys_are_loaded_once_they_are_named(self):
        self.begin(provider=self.own_provider())
        old_approval, old_token = self.approve()
        port = self.provider.port
        self.provider.close()
        self.provider = self.own_provider(port=port, kid="b")
        approval, token = self.approve()
        self.assertNotEqual(old_token.split(".")[0], token.split(".")[0])
        # At first 503; within a second of the last load it would be "unknown".
        wait_until(lambda: self.submit(approval, token).status == 201, "the new key is known")
        self.assertEqual(2, self.log.said().count(b" keys-loaded "))
        # The old key has left the set, so it is gone here too; the provider is asked once more.
        wait_until(lambda: self.submit(old_approval, old_token).problem["code"] == "token-key-unknown",
                   "the old key is unknown")

    def test_a_provider_that_does_not_answer(self):
        self.begin(provider=self.own_provider())
        approval, token = self.approve()
        self.provider.close()
        self.log.process.send_signal(signal.SIGHUP)
        wait_until(lambda: b" keys-not-loaded " in self.log.said(), "the failure is said")
        self.assertEqual(201, self.submit(approval, token).status)  # the keys of before still serve
        self.log.terminate()
        self.log.start()
        wait_until(lambda: self.log.said().count(b" keys-not-loaded ") >= 1, "the failure is said")
        approval["record_id"] = bytes(15) + b"1"
        reply = self.submit(approval, token)
        self.refused(reply, "token-keys-unavailable", 503)
        self.assertEqual("1", reply.headers["retry-after"])

    def test_a_log_without_providers_takes_no_token(self):
        self.provider, self.client = self.shared, "vouch-RS256"
        with Daemon(profile="observe") as self.log:
            self.prepare()
            approval, token = self.approve()
            self.refused(self.submit(approval, token), "token-issuer")
            self.assertEqual(201, self.submit(approval).status)


def main():
    global DIRECTORY
    try:
        DIRECTORY = toolchain.Toolchains(os.environ["BUILD_DIR"]).openid_provider()
    except toolchain.Missing as missing:
        print("skipped: no", missing)
        sys.exit(SKIP)
    unittest.main()


if __name__ == "__main__":
    main()
