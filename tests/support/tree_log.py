"""A transparency log for tests (RFC 9162, 2.1; C2SP tlog-checkpoint), written from the standards: it
says whatever a test wants. Not one line is shared with the programs under test."""
import base64
import hashlib

import ed25519
from witness import DASH, key_id, node, vkey


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def largest_power_below(size):
    return 1 << ((size - 1).bit_length() - 1)


def proof(leaves, old, is_whole=True):
    """RFC 9162, 2.1.4.1: SUBPROOF."""
    if old == len(leaves):
        return [] if is_whole else [root(leaves)]
    k = largest_power_below(len(leaves))
    if old <= k:
        return proof(leaves[:k], old, is_whole) + [root(leaves[k:])]
    return proof(leaves[k:], old - k, False) + [root(leaves[:k])]


def subtree_proof(leaves, begin, end, is_known=True):
    """draft-ietf-plants-merkle-tree-certs-03, 4.4.1: SUBTREE_SUBPROOF."""
    if (begin, end) == (0, len(leaves)):
        return [] if is_known else [root(leaves)]
    k = largest_power_below(len(leaves))
    left, right = leaves[:k], leaves[k:]
    if end <= k:
        return subtree_proof(left, begin, end, is_known) + [root(right)]
    if k <= begin:
        return subtree_proof(right, begin - k, end - k, is_known) + [root(left)]
    return subtree_proof(right, 0, end - k, False) + [root(left)]


def encode(data):
    return base64.b64encode(data).decode()


class TreeLog:
    """Entries are made of seed: two logs of one origin and key and different seeds are a fork."""

    def __init__(self, origin="log.example/tree", key=None, seed=b"", shared=0):
        self.origin, self.key = origin, key or ed25519.Key(hashlib.sha256(origin.encode()).digest())
        self.seed, self.shared = seed, shared  # so many entries are those without a seed
        self.leaves = []

    @property
    def vkey(self):
        return vkey(self.origin, 1, self.key.public)

    @property
    def id(self):
        return hashlib.sha256(self.origin.encode()).hexdigest()

    def entry(self, i):
        return b"%d" % i + (self.seed if i >= self.shared else b"")

    def grow(self, size):
        for i in range(len(self.leaves), size):
            self.leaves.append(leaf(self.entry(i)))

    def text(self, size, extension=""):
        self.grow(size)
        return "%s\n%d\n%s\n%s" % (self.origin, size, encode(root(self.leaves[:size])), extension)

    def line(self, text):
        signature = self.key.sign(text.encode())
        return DASH + "%s %s\n" % (self.origin, encode(
            key_id(self.origin, 1, self.key.public) + signature))

    def checkpoint(self, size, **more):
        text = self.text(size, **more)
        return text + "\n" + self.line(text)

    def proof(self, old, new):
        self.grow(new)
        return proof(self.leaves[:new], old) if 0 < old < new else []

    def request(self, old, new, hashes=None, checkpoint=None):
        """The body of add-checkpoint."""
        hashes = self.proof(old, new) if hashes is None else hashes
        lines = "".join(encode(hash) + "\n" for hash in hashes)
        return ("old %d\n%s\n%s" % (old, lines, checkpoint or self.checkpoint(new))).encode()

    def bundle(self, begin, end):
        """Entries as C2SP tlog-tiles has them in a bundle, and tlog-mirror in a package."""
        entries = [self.entry(i) for i in range(begin, end)]
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)

    def upload_head(self, begin, end, ticket=b"", origin=None):
        """The beginning of the body of add-entries (C2SP tlog-mirror)."""
        origin = (origin or self.origin).encode()
        return (len(origin).to_bytes(2, "big") + origin + begin.to_bytes(8, "big")
                + end.to_bytes(8, "big") + len(ticket).to_bytes(2, "big") + ticket)

    def packages(self, begin, end):
        """The packages of entries [begin, end), proven to be in the tree of size end."""
        self.grow(end)
        while begin < end:
            aligned = begin - begin % 256
            stop = min(aligned + 256, end)
            hashes = subtree_proof(self.leaves[:end], aligned, stop)
            yield self.bundle(begin, stop) + bytes([len(hashes)]) + b"".join(hashes)
            begin = stop

    def upload(self, begin, end, **more):
        """The body of add-entries for all of [begin, end)."""
        return self.upload_head(begin, end, **more) + b"".join(self.packages(begin, end))
