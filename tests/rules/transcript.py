"""What the unit tests of the rules say, as tests/support/rule_transcript.h writes it down."""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
from harness import cbor  # noqa: E402

PATIENCE = 120  # seconds that nothing here takes, however slow the machine


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Line:
    """One statement: what was said, by the log itself or in a signed message, and the verdict."""

    def __init__(self, line):
        self.at_ms = line["at_ms"]
        self.record = cbor.loads(unbase64(line["says"])) if "says" in line else None
        self.message = unbase64(line["statement"]) if "statement" in line else None
        self.verdict = line["verdict"]
        self.is_refused = "rule" in self.verdict
        self.fired = ({(self.verdict["rule"] + "/" + self.verdict["code"], "refuses")} if self.is_refused
                      else {(row, "flags") for row, _ in self.verdict["flags"]})

    def is_of(self, operation):
        return self.record is not None and self.record.get("operation") == operation


class World:
    """The statements of one world of one unit test."""

    def __init__(self, name, lines, left_out):
        self.name, self.lines, self.left_out = name, lines, left_out

    def until(self, line):
        """The world up to this line."""
        return World(self.name, self.lines[: self.lines.index(line) + 1], self.left_out)

    @property
    def profile(self):
        """The one it begins with."""
        return self.lines[0].record.get("profile", "strict")

    @property
    def _strict_at(self):
        """Which line makes the log strict; 0 when it is from the beginning, its length when none does."""
        return next((i for i, line in enumerate(self.lines)
                     if line.record and line.record.get("profile") == "strict"), len(self.lines))

    @property
    def is_observing(self):
        return self._strict_at == len(self.lines)

    @property
    def strict_record(self):
        return self.lines[self._strict_at].record

    @property
    def messages(self):
        return [line for line in self.lines if line.message]

    @property
    def messages_before_strict(self):
        return [line for line in self.lines[: self._strict_at] if line.message]

    @property
    def anchors(self):
        """Whom the log trusts in this world."""
        return [line for line in self.lines if line.is_of("trust-anchor")]

    @property
    def is_sayable(self):
        """All of it can be said to a log: somebody has the key, and form and schema let it through,
        which they do not for a record of the log in a statement of somebody else."""
        return (all(line.message or line.record for line in self.lines)
                and not (self.lines[-1].message and ("LM1/log-key", "refuses") in self.lines[-1].fired))

    @property
    def needs_own_log(self):
        """It says something that holds for all tenants, or a rule of it looks at all tenants."""
        def is_common(record):
            return (record.get("operation") not in ("admission-rules", "trust-anchor")
                    or "thresholds" in record)
        return (any(is_common(line.record) or line.is_refused for line in self.lines if line.record)
                or any(row.startswith("ID") for row, _ in self.lines[-1].fired))


def _worlds(path):
    lines, left_out = {}, {}
    for text in path.read_text().splitlines():
        line = json.loads(text)
        name = line["world"]
        if "left_out" in line:
            left_out[name] = line["left_out"]
            lines.setdefault(name, [])
        elif name not in left_out:
            lines.setdefault(name, []).append(Line(line))
    return [World(name, said, left_out.get(name)) for name, said in lines.items()]


def record():
    """Runs the unit tests and answers with all their worlds; what they say does not change by it."""
    with tempfile.TemporaryDirectory(prefix="vouch-rules-") as directory:
        worlds = []
        for program in os.environ["RULE_TESTS"].split(":"):
            name = pathlib.Path(program).name.removeprefix("rules_").removesuffix("_test")
            path = pathlib.Path(directory) / name
            subprocess.run([program], env={**os.environ, "VOUCH_RULE_TRANSCRIPT": str(path)},
                           capture_output=True, timeout=PATIENCE, check=True)
            worlds += _worlds(path)
        return worlds


def choose(worlds, wanted):
    """For each (row, "refuses" or "flags") wanted, a world that ends with it: the shortest, in a log
    with others where that is possible. The answer is the worlds, each once, and what none shows."""
    chosen, seen = {}, set()
    ends = {}
    for world in worlds:
        for line in world.lines:
            for what in line.fired & wanted:
                until = world.until(line)
                if until.is_sayable:
                    ends.setdefault(what, []).append(until)
    for what in sorted(wanted & ends.keys()):
        if what not in seen:
            best = min(ends[what], key=lambda world: (world.name in chosen, world.needs_own_log,
                                                      len(world.lines)))
            if best.name not in chosen:
                chosen[best.name] = best
                seen |= best.lines[-1].fired
    return list(chosen.values()), wanted - seen
