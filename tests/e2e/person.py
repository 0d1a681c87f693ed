"""Somebody at a terminal, and the pen of the identity provider they sign in with."""
import base64
import hashlib
import json
import os
import pty
import re
import select
import subprocess
import time

from world import APPROVALS, ENGINE, PATIENCE, VOUCH, WorldTest, cbor, to_json

QUESTION = re.compile(rb"Type the code ([0-9a-f]{4}-[0-9a-f]{4}), ")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Person:
    """One run of vouch on a terminal of its own; standard output is a pipe.

    answer takes what the terminal showed up to the question, and the code asked for; what it
    returns is typed. None: the terminal is closed.
    """

    def __init__(self, *words, answer=lambda shown, code: code):
        self.shown = b""
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([VOUCH, *map(str, words)], stdin=slave, stderr=slave,
                                        stdout=subprocess.PIPE, start_new_session=True)
        os.close(slave)
        self.asked = self._read_until(QUESTION)
        if self.asked:
            typed = answer(self.shown.decode(), self.asked[1].decode())
            if typed is None:
                os.write(self.master, b"\x04")
            else:
                os.write(self.master, typed.encode() + b"\n")
            self._read_until(None)
        self.out = self.process.stdout.read().decode()
        self.status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        os.close(self.master)
        self.text = self.shown.decode().replace("\r\n", "\n")

    def _read_until(self, pattern):
        """Reads what the terminal shows: to the pattern, else to the end of the process."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = pattern and pattern.search(self.shown)
            if found:
                return found
            if not select.select([self.master], [], [], 1)[0]:
                continue
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # nobody has the other end any more
                return None
            if not piece:
                return None
            self.shown += piece
        raise AssertionError("never asked, never ended: " + self.shown.decode())


def raw_signature(der):
    """r and s of an ECDSA signature, 32 bytes each."""
    numbers, i = [], 2
    while i < len(der):
        length = der[i + 1]
        numbers.append(int.from_bytes(der[i + 2:i + 2 + length], "big").to_bytes(32, "big"))
        i += 2 + length
    return b"".join(numbers)


class Provider:
    """An OpenID provider as far as a log knows it: its key set in a file, and tokens by its key."""

    issuer = "https://login.acme.example"
    audience = "vouch-approvals"

    def __init__(self, directory):
        self.key = directory / "provider.pem"
        self.keys = directory / "provider.jwks"
        self.token_count = 0
        self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-out", self.key)
        point = self._openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-64:]
        self.keys.write_text(json.dumps({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": "a", "alg": "ES256",
            "x": base64url(point[:32]), "y": base64url(point[32:])}]}))

    def _openssl(self, *words, input=None):
        return subprocess.run(["openssl", *map(str, words)], input=input, check=True,
                              capture_output=True).stdout

    def config(self):
        """The member of identity_providers in vouchd.json."""
        return {"issuer": self.issuer, "audience": self.audience, "keys": str(self.keys),
                "algorithms": ["ES256"]}

    def token(self, who, **more):
        """-> an ID token for somebody who signed in just now. more: claims to add or replace."""
        self.token_count += 1
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": who, "aud": self.audience, "iat": now, "exp": now + 600,
                  "auth_time": now, "amr": ["pwd", "otp"],
                  "jti": "token-%d-%s" % (self.token_count, os.urandom(8).hex()), **more}
        parts = [base64url(json.dumps(part).encode())
                 for part in ({"alg": "ES256", "kid": "a", "typ": "JWT"}, claims)]
        der = self._openssl("dgst", "-sha256", "-sign", self.key, input=".".join(parts).encode())
        return ".".join([*parts, base64url(raw_signature(der))])


def sign_in_nonce(action_digest, request_nonce):
    """The nonce of a token for one decision (docs/PROTOCOL.md)."""
    committed = b"vouch/approval/v1\0" + action_digest + request_nonce
    return base64url(hashlib.sha256(committed).digest())


APPROVER = "usr_approver"


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


MATRIX = {"id": "approvals", "version": "3"}
PEOPLE = {APPROVER: {"roles": ["approver"]}, "usr_second": {"roles": ["approver"]},
          "usr_third": {"roles": ["approver"]}, "usr_guest": {}, "usr_requester": {},
          "usr_oncall": {"scopes": ["override"]}, "usr_reviewer": {}}


class PeopleTest(WorldTest):
    """A log that knows people, their roles and one approval matrix, and trusts one provider."""
    profile = "strict"

    def setUp(self):
        super().setUp()
        self.provider = Provider(self.world.directory)
        self.world.configure(identity_providers=[self.provider.config()])
        directory = {"kind": "service", "id": "svc_directory"}
        people = [self.make("identity", actor=directory, principal={"kind": "human", "id": who},
                            **more)
                  for who, more in PEOPLE.items()]
        content = {"algorithm": "sha-256", "digest": hashlib.sha256(b"the matrix").digest()}
        tested = {"kind": "policy-version", "object": {**MATRIX, "content": content}}
        self.submit(*people, self.make("test-result", subject=tested),
                    self.make("policy-version", policy=MATRIX, executable_form=content),
                    self.make("run-start"))

    def make(self, type, **more):
        """-> the engine's next record."""
        return self.source(ENGINE).make(type, **more)

    def submit(self, *records):
        """Submits records of the engine in one statement; -> the index of its entry."""
        file = self.world.directory / "records.json"
        file.write_text(json.dumps([to_json(record) for record in records]))
        self.world.submit(file, receipts="engine")
        return self.find(records[-1])

    def find(self, record):
        """The index of the entry that holds a record."""
        entries = self.world.entries()
        return next(i for i, entry in enumerate(entries) if bytes(record["record_id"]) in entry)

    def request(self, **more):
        self.asked = self.make("approval-request", **{"approval_matrix": MATRIX, **more})
        self.index = self.submit(self.asked)

    def token_file(self, who=APPROVER, **claims):
        """A token for the decision on the request that was asked last, if there is one."""
        if "nonce" not in claims:
            claims["nonce"] = sign_in_nonce(self.asked["action_digest"], self.asked["nonce"])
        file = self.world.directory / ("token-" + who)
        file.write_text(self.provider.token(who, **claims) + "\n")
        return file

    def trust(self):
        return ["--url", self.world.url, "--vkey", self.world.vkey]

    def signing(self, issuer=APPROVALS, receipts="people"):
        return ["--key", self.world.directory / (issuer + ".pem"), "--issuer", issuer,
                "--receipts", self.world.directory / receipts]

    def words(self, command, *more, token=None, index=None):
        """The words of a decision on the request that was asked last."""
        return [command, self.index if index is None else index, *self.trust(), *self.signing(),
                "--id-token-file", token or self.token_file(), "--reason", "sample", *more]

    def logged(self, type="approval"):
        """The records of a type in the log, as JSON."""
        found = []
        for index in range(self.world.size()):
            shown = json.loads(self.world.vouch("get", index, "--url", self.world.url, "--json"))
            found += [r for r in shown["records"] if r["type"] == type]
        return found


def action_digest(action, subject):
    return hashlib.sha256(cbor({"action": action, "subject": subject})).digest()
