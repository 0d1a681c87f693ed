#!/usr/bin/env python3
"""Every derived value in docs/examples/contract-review is what docs/RECORDS.md says it is.

Digests of payloads, commitments, record digests, the action digest and the manifest's tally are
computed again from the files. --write puts the computed values into the JSON files; --now DIRECTORY
writes a copy of them in which the run ended just now and what comes before a run (00, 01) is new.
"""

import base64
import copy
import hashlib
import hmac
import json
import pathlib
import shutil
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "docs" / "examples" / "contract-review"
BYTE_NAMES = set((ROOT / "schemas" / "byte_fields.txt").read_text().split())
ENGINE, APPROVALS = "engine.acme.example", "approvals.acme.example"

# Where in a record which payload is meant; the longest ending of the path that is listed counts.
PAYLOADS = {
    "approval-matrix/executable_form": "approval-matrix.json",
    "approval-matrix/readable_form": "approval-matrix.md",
    "executable_form": "policy.rego",
    "readable_form": "policy.md",
    "clauses/0/content": "policy-clause-2.1.md",
    "workflow/content": "workflow.yaml",
    "prompt/content": "prompt.txt",
    "prompts/0/content": "prompt.txt",
    "container_image": "container-image-manifest.txt",
    "dependencies": "dependencies.txt",
    "input": "contract.txt",
    "output": "contract-redacted.txt",
    "model_call/input": "contract-redacted.txt",
    "model_call/output": "recommendation.txt",
    "result/content": "recommendation.txt",
    "explanation": "explanation.txt",
    "shown": "shown-to-approver.txt",
    "arguments": "action-arguments.txt",
}


def from_json(value, name=None):
    """The record as CBOR has it: members named in byte_fields.txt become bytes."""
    if isinstance(value, dict):
        return {key: from_json(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [from_json(inner, name) for inner in value]
    if name in BYTE_NAMES and value != "?":
        data = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        if to_json(data) != value:
            raise SystemExit(f"{name}: {value!r} is not base64url without padding")
        return data
    return value


def to_json(value):
    if isinstance(value, dict):
        return {key: to_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [to_json(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    return value


def cbor(value):
    """Deterministic CBOR (RFC 8949, 4.2.1) of what records are made of."""
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        for more, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if number < 1 << 8 * size:
                return bytes([major << 5 | more]) + number.to_bytes(size, "big")
        raise SystemExit(f"{number} does not fit 64 bits")
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        pairs = sorted((cbor(key), cbor(inner)) for key, inner in value.items())
        return head(5, len(pairs)) + b"".join(key + inner for key, inner in pairs)
    raise SystemExit(f"records hold no {type(value).__name__}")


def sha256(data):
    return hashlib.sha256(data).digest()


def issuer_of(record):
    return APPROVALS if record["type"] == "approval" else ENGINE


def record_digest(record):
    return sha256(b"vouch/record/v1\0" + cbor([issuer_of(record), record]))


def set_digest(records):
    return sha256(b"".join(sorted(map(record_digest, records))))


def shifted(value, by_ms, name=""):
    """The value with every time in it moved."""
    if isinstance(value, dict):
        return {key: shifted(inner, by_ms, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [shifted(inner, by_ms, name) for inner in value]
    if name.endswith("_at_ms"):
        return value + by_ms
    return value + by_ms // 1000 if name in ("auth_time", "iat", "exp") else value


class Sample:
    def __init__(self, now_ms=None):
        self.names = sorted(path.stem for path in SAMPLE.glob("*.json"))
        self.written = [from_json(json.loads(self._text(name))) for name in self.names]
        if now_ms is not None:
            self._move(now_ms)
        lines = (SAMPLE / "payloads" / "keys.txt").read_text().splitlines()
        self.keys = {name: from_json(key, "nonce") for name, key in map(str.split, lines)}
        self.done = {}  # record_id -> record, those already computed
        self.used = set()
        self.records = copy.deepcopy(self.written)
        for record in self.records:
            self._compute(record, record, record.get("kind", ""))
            self._derive(record)
            self.done[record["record_id"]] = record

    def _move(self, now_ms):
        ended_at_ms = max(record["occurred_at_ms"] for record in self.written)
        for i, name in enumerate(self.names):
            is_before = name.startswith(("00-", "01-"))
            at_ms = self.written[i]["effective_at_ms" if "effective_at_ms" in self.written[i]
                                    else "occurred_at_ms"] if is_before else ended_at_ms
            self.written[i] = shifted(self.written[i], (now_ms - at_ms) // 1000 * 1000)

    @staticmethod
    def _text(name):
        return (SAMPLE / f"{name}.json").read_text()

    def _compute(self, record, item, path):
        if isinstance(item, list):
            for number, inner in enumerate(item):
                self._compute(record, inner, f"{path}/{number}")
        if not isinstance(item, dict):
            return
        if "algorithm" in item:
            self._payload(item, path)
        if "record_digest" in item:
            target = self.done[item["record_id"]]
            item["record_digest"] = record_digest(target)
            if item.get("iss", issuer_of(record)) != issuer_of(target):
                raise SystemExit(f"{path}: a reference to a record of another issuer must name it")
        for key, inner in item.items():
            if key == "content" and "artifact_id" in item:
                key = item["artifact_id"] + ".txt"
            self._compute(record, inner, f"{path}/{key}")

    def _payload(self, item, path):
        parts = path.split("/")
        endings = ["/".join(parts[at:]) for at in range(len(parts))]
        name = next((PAYLOADS[end] for end in endings if end in PAYLOADS), parts[-1])
        data = (SAMPLE / "payloads" / name).read_bytes()
        self.used.add(name)
        if (name in self.keys) != (item["algorithm"] == "hmac-sha-256"):
            raise SystemExit(f"{path}: {name} has the wrong algorithm")
        if name in self.keys:
            item["digest"] = hmac.digest(self.keys[name], b"vouch/opening/v1\0" + data, "sha256")
        else:
            item["digest"], item["length_bytes"] = sha256(data), len(data)

    def _derive(self, record):
        if record["type"] == "approval-request":
            bound = {"action": record["action"], "subject": record["subject"]}
            record["action_digest"] = sha256(cbor(bound))
        if record["type"] == "approval":
            request = self.done[record["approval_request"]["record_id"]]
            for name in ("action_digest", "nonce", "shown"):
                record[name] = request[name]
        if record["type"] == "run-manifest":
            events, evaluations = (
                [done for done in self.done.values()
                 if done["type"] == kind and done["run_id"] == record["run_id"]]
                for kind in ("execution-event", "policy-evaluation"))
            record["tally"] = {
                "event_count": len(events), "events_digest": set_digest(events),
                "evaluation_count": len(evaluations), "evaluations_digest": set_digest(evaluations)}


def differences(have, want, path=""):
    if type(have) is not type(want) or not isinstance(have, (dict, list)):
        if have != want:
            yield f"{path}: have {to_json(have)}, want {to_json(want)}"
        return
    if isinstance(have, list):
        keys = range(max(len(have), len(want)))
    else:
        keys = {**have, **want}
    for key in keys:
        try:
            yield from differences(have[key], want[key], f"{path}/{key}")
        except (KeyError, IndexError):
            yield f"{path}/{key}: on one side only"


def write_now(directory):
    sample = Sample(int(time.time() * 1000))
    shutil.copytree(SAMPLE, directory, dirs_exist_ok=True)
    for name, record in zip(sample.names, sample.records):
        text = json.dumps(to_json(record), indent=2) + "\n"
        (pathlib.Path(directory) / f"{name}.json").write_text(text)


def main():
    if sys.argv[1:2] == ["--now"]:
        return write_now(sys.argv[2])
    sample = Sample()
    found = []
    for name, have, want in zip(sample.names, sample.written, sample.records):
        if sys.argv[1:] == ["--write"]:
            text = json.dumps(to_json(want), indent=2) + "\n"
            (SAMPLE / f"{name}.json").write_text(text)
        else:
            found += [f"{name}.json {line}" for line in differences(have, want)]
        if "@" in json.dumps(to_json(want)):
            found.append(f"{name}.json: looks like an address: personal data stays in payloads")
    shipped = {path.name for path in (SAMPLE / "payloads").iterdir()} - {"keys.txt"}
    found += [f"payloads/{name}: no record names it" for name in sorted(shipped - sample.used)]
    for line in found:
        print(line)
    sizes = ", ".join(str(len(cbor(record))) for record in sample.records)
    print(f"{len(sample.records)} records of {sizes} bytes, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
