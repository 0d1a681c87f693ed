"""Statements and the tree, made from the texts of the standards with nothing but openssl.

Not one line is shared with the programs under test.
"""

import hashlib
import pathlib
import subprocess

from . import cbor

CONTENT_TYPE = "application/vnd.vouch.records+cbor"
SPKI_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
SPKI_ED25519 = bytes.fromhex("302a300506032b6570032100")


def _openssl(*argv, data=b""):
    return subprocess.run(["openssl", *argv], input=data, check=True, capture_output=True).stdout


class Key:
    """A private key in a PEM file of mode 0600 and its public key beside it."""

    def __init__(self, directory, name, kind):
        self.private = pathlib.Path(directory) / (name + ".pem")
        self.public = pathlib.Path(directory) / (name + ".pub.pem")
        kinds = {"p256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ed25519": ["ED25519"]}
        self.private.touch(mode=0o600)
        self.private.write_bytes(_openssl("genpkey", "-algorithm", *kinds[kind]))
        self.public.write_bytes(_openssl("pkey", "-in", str(self.private), "-pubout"))
        der = _openssl("pkey", "-in", str(self.private), "-pubout", "-outform", "DER")
        self.is_p256 = kind == "p256"
        if self.is_p256:
            point = der[len(SPKI_P256) :]
            self.members = {1: 2, -1: 1, -2: point[1:33], -3: point[33:]}
        else:
            self.members = {1: 1, -1: 6, -2: der[len(SPKI_ED25519) :]}
        self.alg = -7 if self.is_p256 else -8
        self.kid = hashlib.sha256(cbor.dumps(self.members)).digest()

    def cose_key(self):
        return {**self.members, 2: self.kid, 3: self.alg}

    def sign(self, message):
        if not self.is_p256:
            data = self.private.parent / "message"
            data.write_bytes(message)
            return _openssl(
                "pkeyutl", "-sign", "-rawin", "-inkey", str(self.private), "-in", str(data)
            )
        der = _openssl("dgst", "-sha256", "-sign", str(self.private), data=message)
        return _fixed_width(der)


def _fixed_width(der):
    """ECDSA-Sig-Value of two INTEGERs to r || s of 32 bytes each."""
    r_len = der[3]
    s_len = der[5 + r_len]
    numbers = (der[4 : 4 + r_len], der[6 + r_len : 6 + r_len + s_len])
    return b"".join(int.from_bytes(n, "big").to_bytes(32, "big") for n in numbers)


def sign(key, payload, issuer, subject, issued_at):
    protected = cbor.dumps(
        {1: key.alg, 3: CONTENT_TYPE, 4: key.kid, 15: {1: issuer, 2: subject, 6: issued_at}}
    )
    signature = key.sign(cbor.dumps(["Signature1", protected, b"", payload]))
    return cbor.dumps(cbor.Tag(18, [protected, {}, payload, signature]))


def identity(entry):
    """The statement identity: what is signed, whatever the signature."""
    protected, _, payload, _ = cbor.loads(entry).value
    return hashlib.sha256(cbor.dumps(["Signature1", protected, b"", payload])).digest()


def entry_id(entry):
    return hashlib.sha256(b"\0" + entry).hexdigest()


def tree_root(entries):
    """RFC 9162, 2.1.1, as it stands there."""
    if len(entries) == 1:
        return bytes.fromhex(entry_id(entries[0]))
    k = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree_root(entries[:k]) + tree_root(entries[k:])).digest()
