#!/usr/bin/env python3
"""The configuration file: what is wrong with it is said, with the name of the member."""
import json
import pathlib
import subprocess
import unittest

from support.daemon import VOUCHD, Daemon


class ConfigTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.log = Daemon(start=False)
        cls.path = cls.log.log / "vouchd.json"
        cls.good = json.loads(cls.path.read_text())

    @classmethod
    def tearDownClass(cls):
        cls.log.close()

    def check(self, text):
        """vouchd -n with this file."""
        self.path.write_text(text if isinstance(text, str) else json.dumps(text))
        return subprocess.run([VOUCHD, "-n", self.log.log], capture_output=True, text=True)

    def bad(self, text, *said):
        command = self.check(text)
        self.assertEqual(1, command.returncode, command.stdout)
        self.assertEqual(1, len(command.stderr.splitlines()), command.stderr)
        for words in said:
            self.assertIn(words, command.stderr)

    def test_the_effective_configuration_is_printed_and_is_a_configuration(self):
        command = self.check({**self.good, "http_threads": 3})
        self.assertEqual(0, command.returncode, command.stderr)
        shown = json.loads(command.stdout)
        self.assertEqual(3, shown["http_threads"])
        self.assertEqual(str(self.log.log / "data"), shown["data_dir"])
        self.assertEqual(16384, shown["queue_entries_max"])
        again = self.check(command.stdout)
        self.assertEqual(command.stdout, again.stdout)

    def test_a_file_or_its_directory_may_be_named(self):
        self.path.write_text(json.dumps(self.good))
        for arguments in ([self.path], ["--config", self.path], ["--config", self.log.log]):
            for command in ([], ["run"]):
                run = subprocess.run([VOUCHD, *command, "-n", *arguments], capture_output=True)
                self.assertEqual(0, run.returncode, run.stderr)

    def test_an_unknown_member_is_refused_with_the_nearest_known_one(self):
        self.bad({**self.good, "http_thread": 1}, '"http_thread"', '"http_threads"')
        self.bad({**self.good, "something_else": 1}, '"something_else"')

    def test_a_wrong_type_is_refused(self):
        for name, value in (("http_threads", "2"), ("http_threads", 1.5), ("http_threads", True), ("origin", 1),
                            ("public", "yes"),                             ("record_schema_directories", "x"),
                            ("record_schema_directories", [1]), ("record_schema_directories", [""]), ("diag_level", "loud"), ("diag_level", 2), ("listen", ""), ("data_dir", None)):
            self.bad({**self.good, name: value}, '"%s"' % name)

    def test_a_value_out_of_range_is_refused_with_the_range(self):
        self.bad({**self.good, "http_threads": 65}, '"http_threads"', "from 0 to 64, not 65")
        self.bad({**self.good, "queue_entries_max": 0}, '"queue_entries_max"', "from 1")
        self.bad({**self.good, "low_space_bytes": -1}, '"low_space_bytes"')

    def providers(self, *items):
        return {**self.good, "identity_providers": list(items)}

    PROVIDER = {"issuer": "https://login.example", "audience": "vouch", "keys": "https://login.example/keys"}

    def test_identity_providers_are_printed_with_their_defaults(self):
        command = self.check(self.providers(self.PROVIDER, {
            **self.PROVIDER, "issuer": "x", "algorithms": ["PS256", "ES256"], "acr_values": ["a", "b"],
            "actor_claim": "vouch_id", "keys": "http://127.0.0.1:99/keys", "clock_skew_s": 0}))
        self.assertEqual(0, command.returncode, command.stderr)
        first, second = json.loads(command.stdout)["identity_providers"]
        self.assertEqual({**self.PROVIDER, "algorithms": ["RS256"], "acr_values": [], "actor_claim": "sub",
                          "clock_skew_s": 60, "keys_lifetime_s": 3600, "keys_refetch_s": 30}, first)
        self.assertEqual((["ES256", "PS256"], ["a", "b"], "vouch_id", 0),
                         tuple(second[name] for name in ("algorithms", "acr_values", "actor_claim", "clock_skew_s")))
        self.assertEqual(command.stdout, self.check(command.stdout).stdout)

    def test_a_mistake_in_an_identity_provider_is_named(self):
        for change, said in (({"audience": ""}, '"audience"'), ({"issuer": 1}, '"issuer"'),
                             ({"issuer": None}, '"issuer"'), ({"algorithm": []}, 'do you mean "algorithms"'),
                             ({"algorithms": []}, '"algorithms"'), ({"algorithms": ["none"]}, '"algorithms"'),
                             ({"algorithms": ["HS256"]}, '"algorithms"'), ({"algorithms": "RS256"}, '"algorithms"'),
                             ({"acr_values": "a"}, '"acr_values"'), ({"acr_values": [""]}, '"acr_values"'),
                             ({"clock_skew_s": 601}, "from 0 to 600"), ({"keys_refetch_s": 0}, "from 1 to 3600"),
                             ({"keys": "http://login.example/keys"}, "https"), ({"keys": "ftp://127.0.0.1/"}, "https"),
                             ({"keys": "https://a:b@login.example/"}, "password"), ({"keys": "https://"}, "no URL"),
                             ({"keys": "http://127.0.0.1.login.example/"}, "https"),
                             ({"keys": "http://localhost@login.example/"}, "password"),
                             ({"keys": "missing.json"}, "missing.json")):
            self.bad(self.providers({**self.PROVIDER, **change}), "identity_providers", said)
        self.bad(self.providers({"issuer": "a", "audience": "b"}), '"keys" is missing')
        self.bad(self.providers(self.PROVIDER, self.PROVIDER), "item 1", "there already")
        self.bad({**self.good, "identity_providers": {}}, '"identity_providers"')
        self.bad(self.providers(*({**self.PROVIDER, "issuer": str(i)} for i in range(17))), "at most 16")

    def test_keys_in_a_file_are_read_before_the_start(self):
        file = self.log.log / "jwks.json"
        file.write_text('{"keys": [{"kty": "oct", "k": "AAAA"}]}')
        self.bad(self.providers({**self.PROVIDER, "keys": "jwks.json"}), "identity_providers", "no key")

    def test_a_missing_origin_is_refused(self):
        self.bad({name: value for name, value in self.good.items() if name != "origin"}, '"origin" is missing')

    def test_a_bad_origin_is_refused(self):
        self.bad({**self.good, "origin": "two words"}, "origin")

    def test_what_is_no_json_is_refused_with_its_line(self):
        self.bad('{\n  "origin": oops\n}', "line 2")
        self.bad('{"origin": "a", "origin": "b"}', "duplicate")
        self.bad("[]", "object")

    def test_an_address_is_numbers(self):
        for listen in ("localhost:80", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:", ":80", "::1:80", "[127.0.0.1]:80"):
            self.bad({**self.good, "listen": listen}, "127.0.0.1:8080 or [::1]:8080")

    def test_other_machines_are_let_in_only_on_request(self):
        for listen in ("0.0.0.0:0", "192.0.2.1:80", "[::]:0"):
            self.bad({**self.good, "listen": listen}, '"public": true')
            self.assertEqual(0, self.check({**self.good, "listen": listen, "public": True}).returncode)
        for listen in ("127.0.0.1:0", "127.1.2.3:0", "[::1]:0"):
            self.assertEqual(0, self.check({**self.good, "listen": listen}).returncode)

    def test_a_missing_file_is_refused(self):
        command = subprocess.run([VOUCHD, "-n", self.log.directory / "nothing"], capture_output=True, text=True)
        self.assertEqual(1, command.returncode)
        self.assertIn("nothing", command.stderr)

    def test_a_schema_of_ones_own_is_checked(self):
        folder = pathlib.Path(self.log.log) / "schemas"
        folder.mkdir()
        config = {**self.good, "record_schema_directories": ["schemas"]}
        self.bad(config, "record_schema_directories", "there is no schema file")
        (folder / "acme.cddl").write_text('record /= acme\nacme = { type: "acme", header, digest: tstr }\n')
        self.bad(config, "acme.cddl:2:32: digest is text here and a byte string in common.cddl")
        (folder / "acme.cddl").write_text('record /= acme\nacme = { type: "acme", header, cluster: id }\n')
        self.assertIn(json.dumps([str(folder)]), self.check(config).stdout)
        self.bad({**config, "record_schema_directories": ["schemas", "schemas"]}, "another schema file of this name")
        self.bad({**config, "record_schema_directories": ["nothing"]}, "nothing", "No such file")


if __name__ == "__main__":
    unittest.main()
