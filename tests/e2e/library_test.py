"""libvouch as others use it: installed, found by pkg-config, linked shared and static."""
import os
import subprocess
import unittest

from world import ENGINE, EXAMPLES, LOG_WORD, WorldTest

EXAMPLE = EXAMPLES / "submit_and_verify.c"
SANITIZED = os.environ.get("VOUCH_SANITIZE", "")


# A sanitized library needs a sanitized program.
SANITIZE = ["-fsanitize=" + SANITIZED] if SANITIZED else []


class Library(WorldTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.world.directory / "installed"
        subprocess.run(["cmake", "--install", os.environ["BUILD_DIR"], "--prefix", self.prefix],
                       check=True, capture_output=True)
        self.pc = next(self.prefix.rglob("vouch.pc"))
        self.environment = dict(os.environ, PKG_CONFIG_PATH=str(self.pc.parent),
                                LD_LIBRARY_PATH=str(self.pc.parent.parent),
                                # An example ends without giving its memory back.
                                ASAN_OPTIONS="detect_leaks=0")

    def flags(self, *words):
        return subprocess.run(["pkg-config", *words, "vouch"], check=True, capture_output=True,
                              text=True, env=self.environment).stdout.split()

    def build(self, *libraries):
        program = self.world.directory / "example"
        subprocess.run([os.environ["CC"], "-std=c11", "-Wall", "-Wextra", "-Werror", *SANITIZE, EXAMPLE,
                        *self.flags("--cflags"), *libraries, "-lcurl", "-o", program], check=True)
        return program

    def run_example(self, program, key=ENGINE):
        directory = self.world.directory
        self.world.submit("-", input=self.records(1))
        (directory / "record.json").write_bytes(self.records(1))
        words = [program, self.world.url + "/entries", ENGINE, directory / (key + ".pem"),
                 directory / "receipts/scitt-keys", directory / "record.json"]
        return subprocess.run(words, capture_output=True, text=True, env=self.environment)

    def test_shared_library(self):
        """The example builds against the shared library, submits and verifies."""
        result = self.run_example(self.build(*self.flags("--libs")))
        self.assertEqual(result.returncode, LOG_WORD, result.stdout + result.stderr)
        self.assertIn("receipt-signature  recomputed", result.stdout)

    def test_static_library(self):
        """The example builds against the static library alone."""
        archive = self.pc.parent.parent / "libvouch.a"
        libraries = [flag for flag in self.flags("--static", "--libs")
                     if flag != "-lvouch" and not flag.startswith("-L")]
        result = self.run_example(self.build(archive, *libraries))
        self.assertEqual(result.returncode, LOG_WORD, result.stdout + result.stderr)

    def test_every_public_header_stands_alone(self):
        """Each installed header can be the first one that a program includes."""
        include = self.prefix / "include/vouch"
        headers = sorted(include.rglob("*.h"))
        self.assertGreater(len(headers), 30)
        for header in headers:
            source = '#include "%s"\n' % header.relative_to(include)
            subprocess.run([os.environ["CC"], "-std=c11", "-Wall", "-Werror", "-fsyntax-only",
                            "-xc", "-I", include, "-"], input=source.encode(), check=True)

    def test_symbols(self):
        """The shared library shows the names of its public headers and no others."""
        library = next(self.prefix.rglob("libvouch.so"))
        shown = subprocess.run(["nm", "-D", "--defined-only", library], check=True, text=True,
                               capture_output=True).stdout
        names = {line.split()[-1] for line in shown.splitlines()}
        text = "".join(header.read_text() for header in (self.prefix / "include").rglob("*.h"))
        strangers = sorted(name for name in names if name not in text)
        self.assertEqual(strangers, [])
        for name in ("verify_evidence", "statement_sign", "receipt_decode", "inclusion_check"):
            self.assertIn(name, names)


if __name__ == "__main__":
    unittest.main()
