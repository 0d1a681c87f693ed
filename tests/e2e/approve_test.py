"""People at terminals who ask and decide: what they see, what they must type, what is logged."""
import json
import pathlib
import time
import unittest

from person import (APPROVER, MATRIX, PeopleTest, Person, action_digest, bytes_of,
                    sign_in_nonce)
from world import (APPROVALS, DONE, ENGINE, FAILED, NOT_AVAILABLE, REFUSED, USAGE, from_json,
                   to_json)


class Approve(PeopleTest):
    def nobody_decided(self, person, text, status=FAILED):
        self.assertEqual(person.status, status, person.text)
        self.assertIn(text, person.text)
        self.assertEqual(self.logged(), [])

    def test_approving(self):
        """Who types the code approves: the record says what was shown, and the receipt is kept."""
        self.request()
        person = Person(*self.words("approve", "--json", "--role", "approver"))
        self.assertEqual(person.status, DONE, person.text)
        answer = json.loads(person.out)
        approval, = self.logged()
        self.assertEqual(approval["outcome"], "approve")
        self.assertEqual(bytes_of(approval["action_digest"]), self.asked["action_digest"])
        self.assertEqual(bytes_of(approval["nonce"]), self.asked["nonce"])
        self.assertEqual(approval["actor"]["id"], APPROVER)
        self.assertEqual(approval["actor"]["role"], "approver")
        self.assertEqual(approval["actor"]["authentication"]["amr"], ["pwd", "otp"])
        self.assertEqual(approval["approval_request"]["iss"], ENGINE)
        self.assertEqual(approval["approval_request"]["index"], self.index)
        self.assertNotIn("shown", approval)  # nobody compared it
        statement = pathlib.Path(answer["statement"])
        self.world.vouch("verify", statement, answer["receipt"], "--keys",
                         statement.parent / "scitt-keys", "--issuer-key",
                         self.world.directory / (APPROVALS + ".pub.pem"), status=10)
        self.assertEqual(1, self.world.audit("--replay")["replay"]["token_checks"])

    def test_rejecting(self):
        """Who rejects says why, and the request is over for everybody."""
        self.request()
        person = Person(*self.words("reject", "--description", "The liability is not capped."))
        self.assertEqual(person.status, DONE, person.text)
        self.assertIn("rejected " + person.asked[1].decode(), person.out)
        rejection, = self.logged()
        self.assertEqual(rejection["outcome"], "reject")
        self.assertEqual(rejection["reason"]["description"], "The liability is not capped.")
        late = Person(*self.words("approve", token=self.token_file("usr_second")))
        self.assertIsNone(late.asked)
        self.assertIn("the request is decided: reject by usr_approver", late.text)

    def test_what_is_shown(self):
        """The card has everything the approval is bound to, and the end of its proof."""
        self.request()
        person = Person(*self.words("approve", "--issuer-key",
                                    self.world.directory / (ENGINE + ".pub.pem")))
        for text in ("usr_requester", "svc_sample for usr_requester", ENGINE, "step-0", "release",
                     "sample", "low", "0 of 1", "approver: 0 of 1",
                     self.asked["action_digest"].hex(),
                     "of e2e.example/log, signed by the log", "verified with the key given"):
            self.assertIn(text, person.text)

    def test_other_answers(self):
        """Anything but the code leaves the request alone: yes, nothing, another code, no answer."""
        self.request()
        answers = ["yes", "y", "", "0000-0000", "1" * 200, None]
        for typed in answers:
            with self.subTest(typed):
                self.nobody_decided(Person(*self.words("approve"), answer=lambda _, code: typed),
                                    "nothing was decided, nothing sent")
        self.nobody_decided(Person(*self.words("approve"), answer=lambda _, code: code[:-1]),
                            "nothing was decided")
        self.assertEqual(list((self.world.directory / "people").glob("*.cose")), [])

    def test_code_of_another_request(self):
        """The code of one request approves no other, though both ask for the same action."""
        self.request()
        other = json.loads(self.world.vouch("approve", self.index, *self.trust(), "--show",
                                            "--json"))
        self.request()
        self.nobody_decided(Person(*self.words("approve"), answer=lambda *_: other["code"]),
                            "that is not the code")

    def test_code_however_spaced(self):
        """Blanks, capitals and dashes of the code do not count."""
        self.request()
        person = Person(*self.words("approve"),
                        answer=lambda _, code: " " + code.replace("-", " ").upper())
        self.assertEqual(person.status, DONE, person.text)

    def test_without_a_terminal(self):
        """Nobody is asked where nobody can answer; --yes needs the one action it is for."""
        self.request()
        world, words = self.world, self.words("approve")
        world.vouch(*words, status=FAILED, input=b"yes\n")
        self.assertIn("standard input is no terminal", world.stderr)
        world.vouch(*words, "--yes", status=USAGE)
        world.vouch(*words, "--yes", "--action-digest", "0" * 64, status=FAILED)
        self.assertIn("another action", world.stderr)
        self.assertEqual(self.logged(), [])
        world.vouch(*words, "--yes", "--action-digest", self.asked["action_digest"].hex())
        self.assertEqual(len(self.logged()), 1)

    def test_showing_decides_nothing(self):
        """--show needs no token and no key, and tells the nonce to sign in with."""
        self.request()
        shown = self.world.vouch("approve", self.index, *self.trust(), "--show")
        told = json.loads(self.world.vouch("approve", self.index, *self.trust(), "--show", "--json"))
        nonce = sign_in_nonce(self.asked["action_digest"], self.asked["nonce"])
        self.assertEqual(told["sign_in_nonce"], nonce)
        self.assertIn(nonce, shown)
        self.assertTrue(told["is_open"])
        self.assertEqual(self.logged(), [])

    def test_wrong_record(self):
        """What is no request is not approved, and two requests in one entry must be told apart."""
        self.request()
        self.nobody_decided(Person(*self.words("approve", index=0)),
                            "entry 0 has no approval-request")
        self.nobody_decided(Person(*self.words("approve", index=99)),
                            "index 99 is not in the tree", NOT_AVAILABLE)
        self.nobody_decided(Person(*self.words("approve", index="x")), "neither an index nor")
        two = [self.make("approval-request", approval_matrix=MATRIX) for _ in range(2)]
        index = self.submit(*two)
        self.nobody_decided(Person(*self.words("approve", index=index)), "name one as")
        self.asked = two[1]
        self.nobody_decided(Person(*self.words("approve", index="%d/2" % index)),
                            "has no approval-request there")
        person = Person(*self.words("approve", index="%d/1" % index))
        self.assertEqual(person.status, DONE, person.text)

    def test_expired_request(self):
        """An expired request is shown, and nobody is asked."""
        now_ms = int(time.time() * 1000)
        self.request(occurred_at_ms=now_ms - 5000, expires_at_ms=now_ms - 1000)
        person = Person(*self.words("approve"))
        self.assertIsNone(person.asked)
        self.nobody_decided(person, "the request expired")

    def test_expires_while_it_is_read(self):
        """A yes that comes after the end of the request, or of the token, is no yes."""
        self.request(expires_at_ms=int(time.time() * 1000) + 2000)

        def wait(_, code):
            time.sleep(max(0, self.asked["expires_at_ms"] / 1000 - time.time()) + 0.01)
            return code
        self.nobody_decided(Person(*self.words("approve"), answer=wait), "the request expired")

    def test_head_of_another_log(self):
        """Under a head that is not signed by the log that is trusted, nothing is shown."""
        self.request()
        other = type(self)("test_head_of_another_log")
        super(PeopleTest, other).setUp()
        self.addCleanup(other.doCleanups)
        words = self.words("approve")
        words[words.index(self.world.vkey)] = other.world.vkey
        person = Person(*words)
        self.assertNotIn("Request for approval", person.text)
        self.nobody_decided(person, "")
        self.world.vouch("approve", self.index, "--url", self.world.url, "--show", status=FAILED)
        self.assertIn("--policy FILE or --vkey KEY is needed", self.world.stderr)

    def test_second_vote_of_the_same_person(self):
        """Who has decided is told so; the next person sees what was decided so far."""
        self.request(quorum=2)
        self.assertEqual(Person(*self.words("approve", "--role", "approver")).status, DONE)
        again = Person(*self.words("approve"))
        self.assertIsNone(again.asked)
        self.assertIn("usr_approver has decided already", again.text)
        second = Person(*self.words("approve", token=self.token_file("usr_second")))
        self.assertIn("1 of 2", second.text)
        self.assertIn("approve: usr_approver as approver", second.text)
        self.assertEqual(second.status, DONE, second.text)
        late = Person(*self.words("approve", token=self.token_file("usr_third")))
        self.assertIn("the request is decided: as many as it asks for approved", late.text)

    def test_texts_that_steer_terminals(self):
        """What a request says is shown, never obeyed: no controls, nothing hidden or turned."""
        text = "ok\n  risk          low\x1b[2J\u202edrah\u200b\x9b1m"
        self.request()
        action = {**self.asked["action"], "extent": text}
        self.request(action=action, action_digest=action_digest(action, self.asked["subject"]))
        person = Person(*self.words("approve"), answer=lambda *_: "no")
        self.assertIn("ok\\n  risk          low\\u{1b}[2J\\u{202e}drah", person.text)
        for character in "\x1b\u202e\u200b\x9b":
            self.assertNotIn(character, person.text)

    def test_sequence_numbers(self):
        """The records of one receipts directory are numbered on, stream by stream."""
        for i, stream in enumerate([[], [], ["--stream", "desk-2"]]):
            self.request()
            person = Person(*self.words("approve", "--json", *stream))
            self.assertEqual(json.loads(person.out)["sequence_number"], [0, 1, 0][i], person.text)
        self.assertEqual([r["sequence_number"] for r in self.logged()], [0, 1, 0])
        self.assertEqual(self.logged()[2]["stream"], "desk-2")


class Tokens(PeopleTest):
    def setUp(self):
        super().setUp()
        self.request()

    def unsent(self, token, text):
        person = Person(*self.words("approve", token=token))
        self.assertEqual(person.status, FAILED, person.text)
        self.assertIsNone(person.asked)
        self.assertIn(text, person.text)

    def test_token_for_another_decision(self):
        """A token with another nonce is not used; the one needed is told."""
        nonce = sign_in_nonce(self.asked["action_digest"], self.asked["nonce"])
        self.unsent(self.token_file(nonce="x" * 43), "sign in again with the nonce " + nonce)

    def test_expired_token(self):
        """A token that has expired is not used."""
        now = int(time.time())
        self.unsent(self.token_file(iat=now - 700, exp=now - 100), "the ID token expired")

    def test_no_token(self):
        """What is no token, or lacks a claim, is told apart."""
        file = self.world.directory / "broken"
        file.write_text("no token")
        self.unsent(file, "no ID token")
        self.unsent(self.token_file(amr=None), "claim amr")

    def test_refusal_is_explained(self):
        """When the log refuses, its code, the place, what it has and wants are told and kept."""
        token = self.token_file(aud="somebody-else")
        person = Person(*self.words("approve", "--json", token=token))
        self.assertEqual(person.status, REFUSED, person.text)
        for text in ("the log refuses it", "token-audience", "/id_token/aud", "vouch-approvals"):
            self.assertIn(text, person.text)
        problem = json.loads(person.out)["error"]["problem"]
        self.assertEqual((problem["code"], problem["want"]), ("token-audience", "vouch-approvals"))
        kept, = (self.world.directory / "people").glob("*.refused")
        self.assertEqual(json.loads(kept.read_text())["code"], "token-audience")
        self.assertEqual(self.logged(), [])

    def test_token_is_forgotten(self):
        """The token is in no file but the one it came in."""
        token = self.token_file()
        self.assertEqual(Person(*self.words("approve", token=token)).status, DONE)
        signature = token.read_text().strip().rsplit(".", 1)[1].encode()
        for file in self.world.directory.rglob("*"):
            if file.is_file() and file != token:
                self.assertNotIn(signature, file.read_bytes(), file)

    def test_log_without_providers(self):
        """A log that trusts no provider refuses the token; --keep-token leaves it out."""
        self.world.configure(identity_providers=[])
        person = Person(*self.words("approve"))
        self.assertEqual(person.status, REFUSED, person.text)
        self.assertIn("token-issuer", person.text)
        self.assertEqual(Person(*self.words("approve", "--keep-token")).status, DONE)

    def test_actor_claim(self):
        """--actor-claim names the claim that is the person's id in the log."""
        self.world.configure(identity_providers=[
            {**self.provider.config(), "actor_claim": "pseudonym"}])
        token = self.token_file("real-name", pseudonym="usr_second")
        person = Person(*self.words("approve", "--actor-claim", "pseudonym", token=token))
        self.assertEqual(person.status, DONE, person.text)
        self.assertEqual(self.logged()[0]["actor"]["id"], "usr_second")


class Request(PeopleTest):
    def ask(self, *more, status=DONE, **options):
        world = self.world
        return world.vouch("request", "--url", world.url, *self.signing(ENGINE, "engine"), "--json",
                           *more, status=status, **options)

    OPTIONS = ("--tenant", "test", "--actor", "usr_requester", "--operation", "contract.sign",
               "--resource", "contract/8841", "--risk", "high", "--matrix", "approvals@3",
               "--role", "approver=1")

    def payloads(self):
        directory = self.world.directory
        (directory / "draft.txt").write_text("Notice period: 30 days\n\x1b[2Jno tricks\n")
        (directory / "arguments.json").write_text('{"contract": 8841}\n')
        return ["--shown", directory / "draft.txt", "--arguments", directory / "arguments.json",
                "--opening-keys", directory / "keys"]

    def take(self, answer):
        """Remembers the request that was made, for token_file and words."""
        self.index = answer["index"]
        shown = json.loads(self.world.vouch("get", self.index, "--url", self.world.url, "--json"))
        self.asked = {**shown["records"][0],
                      "action_digest": bytes_of(shown["records"][0]["action_digest"]),
                      "nonce": bytes_of(shown["records"][0]["nonce"])}

    def test_from_options_to_approval(self):
        """A request made of options is approved by somebody who holds the payloads and keys."""
        run = "0192f000-0000-7000-8000-0000000000aa"
        answer = json.loads(self.ask(*self.OPTIONS, *self.payloads(), "--run", run, "--node", "sign",
                                     "--workflow", "contract-review@14", "--environment",
                                     "production", "--extent", "one contract", "--reversibility",
                                     "irreversible", "--quorum", "2", "--expires-in", "600"))
        self.take(answer)
        self.assertEqual(answer["action_digest"], self.action_digest_of_logged())
        self.assertEqual(self.asked["shown"]["algorithm"], "hmac-sha-256")
        self.assertEqual(self.asked["role_quorum"], {"approver": 1})
        self.assertEqual(self.asked["quorum"], 2)
        person = Person(*self.words("approve", *self.payloads()))
        self.assertEqual(person.status, DONE, person.text)
        self.assertEqual(person.asked[1].decode(), answer["code"])
        for text in (run, "irreversible", "one contract", "contract-review version 14",
                     "| Notice period: 30 days\n", "| \\u{1b}[2Jno tricks\n",
                     '| {"contract": 8841}'):
            self.assertIn(text, person.text)
        self.assertEqual(self.logged()[0]["shown"], self.asked["shown"])

    def action_digest_of_logged(self):
        record = from_json({"action": self.asked["action"], "subject": self.asked["subject"]})
        return action_digest(record["action"], record["subject"]).hex()

    def test_payload_that_is_another(self):
        """Nobody is asked when the payload at hand is not the one the request names."""
        payloads = self.payloads()
        self.take(json.loads(self.ask(*self.OPTIONS, *payloads)))
        (self.world.directory / "draft.txt").write_text("Notice period: 3 days\n")
        person = Person(*self.words("approve", *payloads))
        self.assertIsNone(person.asked)
        self.assertEqual(person.status, FAILED)
        self.assertIn("another payload than the one committed to", person.text)
        self.assertIn("--opening-keys FILE is needed",
                      Person(*self.words("approve", *payloads[:2])).text)

    def test_by_run(self):
        """--run finds the one open request of a run; among several, one must be named."""
        run = "0192f000-0000-7000-8000-0000000000ab"
        payloads = self.payloads()
        self.ask(*self.OPTIONS, *payloads, "--run", run.replace("ab", "ac"))
        first = json.loads(self.ask(*self.OPTIONS, *payloads, "--run", run))
        by_run = ["approve", "--run", run, *self.trust(), "--show", "--json"]
        self.assertEqual(json.loads(self.world.vouch(*by_run))["request_index"], first["index"])
        second = json.loads(self.ask(*self.OPTIONS, *payloads, "--run", run))
        self.world.vouch(*by_run, status=FAILED)
        self.assertIn("%d/0, %d/0" % (first["index"], second["index"]), self.world.stderr)
        self.take(first)
        rejected = Person(*self.words("reject", "--description", "no"))
        self.assertEqual(rejected.status, DONE, rejected.text)
        self.assertEqual(json.loads(self.world.vouch(*by_run))["request_index"], second["index"])
        self.world.vouch("approve", "--run", run.replace("ab", "ad"), *self.trust(), "--show",
                         status=NOT_AVAILABLE)

    def test_from_a_file(self):
        """A file has members of the record; an option wins; what binds is always made anew."""
        file = self.world.directory / "request.json"
        self.request()
        template = to_json(self.asked)
        subject = {"kind": "deployment", "node_id": "n"}
        file.write_text(json.dumps({**template, "subject": subject}))
        self.take(json.loads(self.ask(file, "--risk", "critical", "--node", "m")))
        self.assertEqual(self.asked["risk"], "critical")
        self.assertEqual(self.asked["subject"], {"kind": "deployment", "node_id": "m"})
        self.assertNotEqual(self.asked["nonce"], bytes_of(template["nonce"]))
        self.assertNotEqual(self.asked["record_id"], template["record_id"])
        self.assertEqual(self.asked["actor"], template["actor"])
        self.assertEqual(self.asked["expires_at_ms"], template["expires_at_ms"])

    def test_mistakes(self):
        """A mistake is told with its place, before anything is sent."""
        payloads, size = self.payloads(), self.world.size()
        for more, text in (
                (["--risk", "huge"], "--risk is given too often"),
                (["--quorum", "0"], "--quorum"),
                (["--role", "x=99"], "ROLE=N"),
                (["--run", "x"], "UUID")):
            self.ask(*self.OPTIONS, *payloads, *more, status=USAGE if "often" in text else FAILED)
            self.assertIn(text, self.world.stderr)
        self.ask(*self.OPTIONS, *payloads[:4], status=USAGE)
        self.ask(*self.OPTIONS[2:], *payloads, status=FAILED)
        self.assertIn("tenant", self.world.stderr)
        self.ask(*self.OPTIONS, *payloads, "--reversibility", "hardly", status=FAILED)
        self.assertIn("/action/reversibility", self.world.stderr)
        self.assertEqual(self.world.size(), size)


if __name__ == "__main__":
    unittest.main()
