#!/usr/bin/env python3
"""Writes proofs.json: fork proofs made from the description in docs/PROTOCOL.md, with none of our code.

Trees, signed notes and paths are written down here as RFC 9162 and C2SP signed-note define them. The keys
follow from fixed bytes and Ed25519 is deterministic, so every run writes the same file.
"""
import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "fork.example/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))


def raw(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def base64_of(data):
    return base64.b64encode(data).decode()


def key_id(key):
    return hashlib.sha256(ORIGIN.encode() + b"\n\x01" + raw(key)).digest()[:4]


def root(leaves):
    """MTH of RFC 9162, 2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(m, leaves, whole=False):
    """SUBPROOF of RFC 9162, 2.1.4.1, which with whole=False never leaves a root out."""
    n = len(leaves)
    if m == n:
        return [] if whole else [root(leaves)]
    k = 1
    while 2 * k < n:
        k *= 2
    if m <= k:
        return path(m, leaves[:k], whole) + [root(leaves[k:])]
    return path(m - k, leaves[k:]) + [root(leaves[:k])]


def checkpoint(leaves, key=KEY, wrong_root=None):
    text = f"{ORIGIN}\n{len(leaves)}\n{base64_of(wrong_root or root(leaves))}\n"
    signature = base64_of(key_id(key) + key.sign(text.encode()))
    return f"{text}\n— {ORIGIN} {signature}\n"


def proof(first, second, hashes=(), testimony=()):
    lines = ["vouch/fork-proof/v1", *testimony, *map(base64_of, hashes), ""]
    return "\n".join(lines) + "\n" + first + "\n" + second


def history(name, size):
    """Both histories have entries 0 to 3 in common."""
    return [f"entry {i}{name if i > 3 else ''}".encode() for i in range(size)]


def main():
    cases = []

    def case(name, verdict, text):
        cases.append({"name": name, "verdict": verdict, "proof": text})

    one, other = history("", 24), history(" of the other", 24)
    seen = ["testimony first 1795000000 monitor.example/a", "testimony second 1795000060 monitor.example/b"]
    case("equal sizes", "diverges", proof(checkpoint(one[:9]), checkpoint(other[:9]), testimony=seen))
    case("size 11 in size 24", "diverges",
         proof(checkpoint(one[:11]), checkpoint(other), path(11, other), seen))
    case("size 8 in size 24", "diverges", proof(checkpoint(one[:8]), checkpoint(other), path(8, other)))
    case("size 16 in size 17", "diverges",
         proof(checkpoint(one[:16]), checkpoint(other[:17]), path(16, other[:17])))
    case("wrong root of the empty tree", "diverges",
         proof(checkpoint([], wrong_root=bytes(32)), checkpoint(one)))
    case("one history", "invalid", proof(checkpoint(one[:11]), checkpoint(one), path(11, one)))
    case("before the fork", "invalid", proof(checkpoint(one[:4]), checkpoint(other), path(4, other)))
    case("the same head twice", "invalid", proof(checkpoint(one), checkpoint(one)))
    case("path of the wrong tree", "invalid",
         proof(checkpoint(one[:11]), checkpoint(other), path(11, one)))
    case("consistency proof without its first root", "invalid",
         proof(checkpoint(one[:8]), checkpoint(other), path(8, other, whole=True)))
    case("a path beside equal sizes", "invalid",
         proof(checkpoint(one[:9]), checkpoint(other[:9]), path(8, other)))
    case("larger head first", "invalid", proof(checkpoint(other), checkpoint(one[:11]), path(11, other)))
    case("first head by a stranger", "invalid",
         proof(checkpoint(one[:9], key=STRANGER), checkpoint(other[:9])))
    case("second head by a stranger", "invalid",
         proof(checkpoint(one[:9]), checkpoint(other[:9], key=STRANGER)))
    key = base64_of(b"\x01" + raw(KEY))
    document = {"vkey": f"{ORIGIN}+{key_id(KEY).hex()}+{key}", "cases": cases}
    out = pathlib.Path(__file__).with_name("proofs.json")
    out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


main()
