"""The tool chains of the peers: found, or named as missing; packages installed once per build."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent
GO_MIN = (1, 25)
NODE_MIN = 18


class Missing(Exception):
    """A tool chain this machine does not have; the row is skipped under its name."""


def fetch(what, command, **options):
    """Runs what downloads packages; without a network they are as missing as a tool chain."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise Missing("%s (%s: %s)" % (what, " ".join(command[:2]), " ".join(last)))


def output(*argv, **options):
    return subprocess.run(argv, check=True, capture_output=True, text=True, **options).stdout


class Toolchains:
    def __init__(self, build_dir):
        self.dir = pathlib.Path(build_dir).resolve() / "interop"
        self.dir.mkdir(parents=True, exist_ok=True)
        self._cache = {}

    @contextlib.contextmanager
    def _installing(self, name, *inputs):
        """Yields the directory, and whether it has to be filled: an input changed, or never yet."""
        into = self.dir / name
        digest = hashlib.sha256()
        for path in sorted(inputs):
            digest.update(path.read_bytes())
        stamp = self.dir / (name + ".stamp")
        with open(self.dir / (name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stale = not stamp.exists() or stamp.read_text() != digest.hexdigest()
            if stale:
                stamp.unlink(missing_ok=True)
                shutil.rmtree(into, ignore_errors=True)
                into.mkdir()
            yield into, stale
            stamp.write_text(digest.hexdigest())

    def _once(self, name, make):
        if name not in self._cache:
            try:
                self._cache[name] = make()
            except Missing as missing:
                self._cache[name] = missing
        if isinstance(self._cache[name], Missing):
            raise self._cache[name]
        return self._cache[name]

    def need(self, program):
        if not shutil.which(program):
            raise Missing(program)
        return program

    def go(self):
        """The directory with the Go peers: peer, fsck, hammer and the others of go/go.mod."""
        return self._once("go", lambda: self._go("go", "tool", "./cmd/peer"))

    def litewitness(self):
        """The program. It takes its key from an ssh-agent."""
        self.need("ssh-agent")
        directory = self._once("litewitness", lambda: self._go("litewitness", "tool"))
        return directory / "litewitness"

    def _go(self, name, *packages):
        """Builds them, of the module in the folder of this name."""
        self.need("go")
        found = re.search(r"go(\d+)\.(\d+)", output("go", "version"))
        if tuple(map(int, found.groups())) < GO_MIN and os.environ.get("GOTOOLCHAIN") != "auto":
            raise Missing("go %d.%d or newer" % GO_MIN)
        source = HERE / name
        files = [p for p in source.rglob("*") if p.suffix in (".go", ".mod", ".sum")]
        with self._installing(name, *files) as (into, stale):
            if stale:
                environment = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-mod=readonly")
                here = {"cwd": source, "env": environment}
                fetch("go modules", ["go", "list", "-deps", *packages], **here)
                for what in packages:
                    command = ["go", "build", "-p", "2", "-o", str(into) + "/", what]
                    subprocess.run(command, check=True, **here)
        return into

    def python(self):
        """A python with the packages of python/requirements.txt."""
        return self._once("python", self._python)

    def _python(self):
        try:
            output(sys.executable, "-c", "import venv, ensurepip")
        except subprocess.CalledProcessError:
            raise Missing("python3-venv") from None
        requirements = HERE / "python" / "requirements.txt"
        with self._installing("venv", requirements) as (into, stale):
            if stale:
                subprocess.run([sys.executable, "-m", "venv", str(into)], check=True)
                pip = [str(into / "bin" / "python"), "-m", "pip", "install", "--quiet"]
                pip += ["--disable-pip-version-check", "--no-deps", "-r", str(requirements)]
                fetch("python packages", pip)
        return [str(into / "bin" / "python"), str(HERE / "python" / "peer.py")]

    def node(self):
        """The JavaScript peer with the packages of npm/package-lock.json."""
        return self._once("node", self._node)

    def _node(self):
        return ["node", str(self._npm(HERE / "npm", "npm", "peer.mjs") / "peer.mjs")]

    def openid_provider(self):
        """The directory with the OpenID provider of tests/oidc and its packages."""
        source = HERE.parent / "oidc"
        return self._once("oidc", lambda: self._npm(source, "oidc", "provider.mjs"))

    def _npm(self, source, name, program):
        self.need("node"), self.need("npm")
        if int(re.match(r"v(\d+)", output("node", "--version")).group(1)) < NODE_MIN:
            raise Missing("node %d or newer" % NODE_MIN)
        files = [source / f for f in ("package.json", "package-lock.json", program)]
        with self._installing(name, *files) as (into, stale):
            if stale:
                for path in files:
                    shutil.copy(path, into)
                npm = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
                fetch("npm packages", npm, cwd=into)
        return into
