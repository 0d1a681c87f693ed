#!/usr/bin/env python3
"""Every admission rule, in the unit tests and in a served log: a row that nothing shows is an error.

The scenarios are those of the unit tests, written down while they run and said again over HTTP.
"""
import re
import unittest

from served import Refused, Served, cbor, identity
from transcript import choose, record

# A statement has no room for so many records that each has flags enough; its test asks the rule alone.
OUT_OF_REACH = {"G1/too-many-flags"}
BEGIN_MS = 1800000000000


def wanted_of(rows):
    """What must be seen of each row: refusals, flags, or one in each profile."""
    return {(row, what) for row, severity in rows.items() if row not in OUT_OF_REACH
            for what in {"refuses": ("refuses",), "flags": ("flags",),
                         "refuses-in-strict": ("refuses", "flags")}[severity]}


def without_place(text):
    """Where an earlier entry stands is another place in a log with other worlds."""
    return re.sub(r"in entry \d+$", "in entry N", text)


def flags_of(line):
    out = {}
    for row, number in line.verdict["flags"]:
        out.setdefault(row, []).append(number)
    return out


class EveryRule(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.worlds = record()
        log = Served("strict", BEGIN_MS)
        try:
            rules = log.ask("GET", "/v1/rules").item["rules"]
            log.stop()
        finally:
            log.close()
        cls.rows = {rule["rule"] + "/" + rule["code"]: rule["severity"] for rule in rules}
        cls.chosen, cls.unseen = choose(cls.worlds, wanted_of(cls.rows))
        cls.shared = [world for world in cls.chosen if not world.needs_own_log]

    def served(self, profile):
        log = Served(profile, BEGIN_MS)
        self.addCleanup(log.close)
        return log

    def check_problem(self, log, line, problem):
        expected = {**line.verdict, "doc": "/v1/rules/" + line.verdict["rule"]}
        expected["want"] = without_place(expected["want"])
        self.assertEqual(expected, {name: without_place(problem.get(name, "")) for name in expected})
        refusal = problem["refusal"]
        self.assertTrue(log.verifies(refusal))
        said = cbor.loads(cbor.loads(refusal).value[2])
        self.assertEqual((line.verdict["rule"], line.verdict["code"], identity(line.message)),
                         (said["rule"], said["code"], said["statement_id"]))

    def check_answer(self, log, line, reply):
        """One statement by itself: the answer, its flags in the header and in the tree."""
        if line.is_refused:
            self.assertEqual(422, reply.status, reply)
            return self.check_problem(log, line, reply.problem)
        self.assertEqual(201, reply.status, reply)
        flags = flags_of(line)
        self.assertEqual(set(flags), set(reply.headers["vouch-flags"].split(", ")))
        index = log.ask("POST", "/v1/batch", line.message,
                        [("Content-Type", "application/cbor-seq")]).item[0]["index"]
        self.assertEqual(flags, log.ask("GET", "/v1/entries/%d" % index).item["flags"])

    def check_result(self, line, result):
        """One of a batch."""
        if line.is_refused:
            self.assertEqual("refused", result["outcome"], result)
            own = next(value for value in result["problem"].values() if isinstance(value, dict))
            self.assertEqual((line.verdict["rule"], line.verdict["code"]), (own["rule"], own["code"]))
        else:
            self.assertEqual("added", result["outcome"], (result, line.verdict))
            self.assertEqual(set(flags_of(line)), set(result.get("flags", [])))

    def tell(self, log, said):
        """Says (world, line)s side by side, in the order of time; the last of each world by itself."""
        for now_ms in sorted({line.at_ms for _, line in said}):
            log.set_clock(now_ms)
            now = [(world, line) for world, line in said if line.at_ms == now_ms]
            history = [(world, line) for world, line in now if line is not world.lines[-1]]
            results = log.batch([line.message for _, line in history])
            for (world, line), result in zip(history, results, strict=True):
                with self.subTest(world=world.name, line=world.lines.index(line)):
                    self.check_result(line, result)
            for world, line in now:
                if line is world.lines[-1]:
                    with self.subTest(world=world.name, fires=sorted(line.fired)):
                        self.check_answer(log, line, log.submit(line.message))

    def check_replay(self, log):
        """Who has nothing but the entries comes to the same refusals and flags."""
        size = log.ask("GET", "/v1/checkpoint/latest") and log.replay()["replay"]["statements"]
        self.assertGreater(size, 0)
        log.stop()

    def test_every_row_is_shown_by_a_unit_test(self):
        """Some world of the unit tests ends with each row refusing, or flagging, or both."""
        self.assertEqual(set(), self.unseen)

    def test_every_row_is_left_out_by_a_unit_test(self):
        """Some unit test shows that without the row nobody notices."""
        left_out = {world.left_out for world in self.worlds}
        self.assertEqual(set(), set(self.rows) - left_out - OUT_OF_REACH)

    def test_many_tenants_of_one_observing_log(self):
        """What observing logs flag, and what they refuse all the same."""
        worlds = [world for world in self.shared if world.is_observing]
        log = self.served("observe")
        log.says([line.record for world in worlds for line in world.anchors])
        self.tell(log, [(world, line) for world in worlds for line in world.messages])
        self.check_replay(log)

    def test_many_tenants_of_one_strict_log(self):
        """What strict logs refuse and flag; the histories of some are told while the log observes."""
        worlds = [world for world in self.shared if not world.is_observing]
        log = self.served("observe")
        log.says([line.record for world in worlds for line in world.anchors])
        self.tell(log, [(world, line) for world in worlds for line in world.messages_before_strict])
        log.says([worlds[0].strict_record])
        self.tell(log, [(world, line) for world in worlds for line in world.messages
                        if line not in world.messages_before_strict])
        self.check_replay(log)

    def test_logs_of_one_world(self):
        """What holds for all tenants, and what only the log itself can say."""
        for world in self.chosen:
            if world.needs_own_log:
                with self.subTest(world=world.name, fires=sorted(world.lines[-1].fired)):
                    self.check_own_log(world)

    def check_own_log(self, world):
        log = self.served(world.profile)
        for i, line in enumerate(world.lines):
            log.set_clock(line.at_ms)
            if line.message:
                self.tell(log, [(world, line)])
            elif line.is_refused:
                self.check_refused_of_log(log, line, log.begin_anew() if i == 0 else None)
            elif i > 0:
                log.says([line.record])
        self.check_replay(log)

    def check_refused_of_log(self, log, line, first):
        with self.assertRaises(Refused) as refused:
            log.says([line.record], first)
        self.assertEqual("rule %(rule)s %(code)s: %(path)s: have %(have)s, want %(want)s\n" % line.verdict,
                         str(refused.exception))


if __name__ == "__main__":
    unittest.main()
