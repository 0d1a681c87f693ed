#!/usr/bin/env python3
"""What `cmake --install` puts in place is complete and works from outside the repository."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

from records import Records  # noqa: E402

SANITIZE = os.environ["VOUCH_SANITIZE"]
PROGRAMS = ("vouchd", "vouch", "vouch-fsck")
PATIENCE = 120  # seconds that nothing here takes, however slow the machine
LOG_WORD = 10   # a receipt by itself


def output(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=PATIENCE, **options)
    if done.returncode != 0:
        raise AssertionError(f"{words}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="vouch-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = cls.folder / "installed"
        output("cmake", "--install", os.environ["BUILD_DIR"], "--prefix", cls.prefix)
        cls.pc = next(cls.prefix.rglob("vouch.pc"))
        # Where another user would have it: programs and library of the prefix, no others.
        cls.environment = {**os.environ, "PKG_CONFIG_PATH": str(cls.pc.parent),
                           "LD_LIBRARY_PATH": str(cls.pc.parent.parent),
                           "PATH": f"{cls.prefix}/bin:{os.environ['PATH']}"}

    def run_installed(self, *words):
        return output(*words, env=self.environment, cwd=self.folder)

    def test_every_program_says_its_version(self):
        """All programs are in bin and of the same version, which pkg-config knows too."""
        for name in PROGRAMS:
            self.assertEqual(f"{name} {os.environ['VERSION']}\n",
                             self.run_installed(self.prefix / "bin" / name, "--version"))
        self.assertEqual(os.environ["VERSION"] + "\n",
                         self.run_installed("pkg-config", "--modversion", "vouch"))

    def test_every_manual_page_is_found(self):
        """Each page of the repository is installed in its section, and man finds it."""
        pages = sorted((ROOT / "docs/man").glob("*.[1-8]"))
        self.assertGreaterEqual(len(pages), len(PROGRAMS) + 1)
        for page in pages:
            section = page.suffix[1:]
            installed = self.prefix / "share/man" / f"man{section}" / page.name
            self.assertEqual(page.read_text(), installed.read_text())
            if shutil.which("man"):
                found = self.run_installed("man", "-M", self.prefix / "share/man", "-w", section,
                                           page.stem)
                self.assertEqual(installed.resolve(), pathlib.Path(found.strip()).resolve())

    def test_documents_and_examples_are_there(self):
        """Documents, examples and the service unit are installed, with links that hold."""
        documents = self.prefix / "share/doc/vouch"
        for page in (ROOT / "docs").glob("*.md"):
            self.assertTrue((documents / page.name).exists(), page.name)
            for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
                if "://" not in target and not target.startswith("../"):
                    self.assertTrue((documents / target).exists(), f"{page.name}: {target}")
        for name in ("vouchd.service", "submit_and_verify.c", "contract-review/run-start.json"):
            self.assertTrue((documents / "examples" / name).exists(), name)

    def test_nothing_installed_names_the_source_tree(self):
        """No path of the machine it was built on is left in what is installed."""
        if SANITIZE:
            self.skipTest("debug information of sanitized builds names it")
        for file in self.prefix.rglob("*"):
            if file.is_file():
                self.assertNotIn(str(ROOT).encode(), file.read_bytes(), file)

    def start_log(self):
        """A log made and served by the installed programs. -> its address"""
        self.run_installed("vouch", "keygen", "--out", "engine")
        self.run_installed("vouchd", "init", "--dir", "log", "--origin", "log.example/install",
                           "--listen", "127.0.0.1:0", "--issuer", "engine.example=engine.pub.pem")
        daemon = subprocess.Popen(["vouchd", "log"], cwd=self.folder, env=self.environment,
                                  stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.stop, daemon)
        said = ""
        for line in daemon.stderr:
            said += line
            if " listening " in line:
                return "http://" + re.search(r"address=(\S+)", line)[1]
        raise AssertionError("vouchd did not start:\n" + said)

    def stop(self, daemon):
        daemon.send_signal(signal.SIGTERM)
        said = daemon.communicate(timeout=PATIENCE)[1]
        self.assertEqual(0, daemon.returncode, said)
        self.run_installed("vouch-fsck", "log")

    def build_example(self):
        """The installed example, copied out, by a compiler that knows pkg-config's words only."""
        shutil.copy(self.prefix / "share/doc/vouch/examples/submit_and_verify.c", self.folder)
        flags = self.run_installed("pkg-config", "--cflags", "--libs", "vouch", "libcurl").split()
        sanitize = [f"-fsanitize={SANITIZE}"] if SANITIZE else []
        self.run_installed(os.environ["CC"], "-std=c11", "-Wall", "-Wextra", "-Werror", *sanitize,
                           "submit_and_verify.c", "-o", "example", *flags)

    def test_a_consumer_submits_and_verifies(self):
        """The example, built through pkg-config alone, gets a receipt from the installed daemon."""
        self.build_example()
        url = self.start_log()
        (self.folder / "keys").write_bytes(subprocess.run(
            ["curl", "-fs", url + "/.well-known/scitt-keys"], check=True,
            capture_output=True).stdout)
        (self.folder / "record.json").write_bytes(Records().lines(1))
        # It exits without freeing anything, as short programs may.
        environment = {**self.environment, "ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run(["./example", url + "/entries", "engine.example", "engine.pem", "keys",
                               "record.json"],
                              cwd=self.folder, env=environment, capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(LOG_WORD, done.returncode, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"receipt-signature +recomputed")


if __name__ == "__main__":
    unittest.main()
