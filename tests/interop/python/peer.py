"""COSE peers in Python: scitt-cose (statements, receipts) and pycose (statements).

Everything about COSE and Merkle trees is done by these packages; this file reads files, picks the
key a header names and says yes (exit 0) or no (exit 1).
"""

import argparse
import hashlib
import pathlib
import sys

import cbor2
import scitt_cose
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from pycose.algorithms import EdDSA, Es256
from pycose.headers import KID, Algorithm, ContentType
from pycose.keys import EC2Key, OKPKey
from pycose.messages import Sign1Message
from scitt_cose import cose_sign1, merkle, receipt, statement

CWT_CLAIMS = 15
CONTENT_TYPE = "application/vnd.vouch.records+cbor"


def read(path):
    return pathlib.Path(path).read_bytes()


def pem_of(public_key):
    return public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def key_members(public_key):
    """The COSE_Key members that RFC 9679 hashes, in its order, and the algorithm's name."""
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        raw = public_key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {1: 1, -1: 6, -2: raw}, "EdDSA"
    numbers = public_key.public_numbers()
    x, y = (n.to_bytes(32, "big") for n in (numbers.x, numbers.y))
    return {1: 2, -1: 1, -2: x, -3: y}, "ES256"


def thumbprint(public_key):
    return hashlib.sha256(cbor2.dumps(key_members(public_key)[0])).digest()


def private_key(path):
    return serialization.load_pem_private_key(read(path), password=None)


def public_key_from_cose(key):
    if key[1] == 2 and key[-1] == 1:
        point = b"\x04" + key[-2] + key[-3]
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    if key[1] == 1 and key[-1] == 6:
        return ed25519.Ed25519PublicKey.from_public_bytes(key[-2])
    raise SystemExit("key set: a key of a kind nobody uses here")


def key_for(message, key_set):
    """The key of a COSE Key Set that the protected header's kid names, as PEM."""
    protected = cbor2.loads(cbor2.loads(message).value[0])
    for key in cbor2.loads(key_set):
        public = public_key_from_cose(key)
        if key.get(2, thumbprint(public)) == protected[4] == thumbprint(public):
            return pem_of(public)
    raise SystemExit(
        "key set: no key with the kid of the message, or its kid is not its thumbprint"
    )


def sign_scitt(args):
    key = private_key(args.key)
    _, alg = key_members(key.public_key())
    claims = {1: args.issuer, 2: args.subject, 6: args.issued_at}
    message = cose_sign1.sign_sign1(
        read(args.payload),
        alg=alg,
        private_key_pem=read(args.key),
        protected={1: None, 3: CONTENT_TYPE, 4: thumbprint(key.public_key()), CWT_CLAIMS: claims},
    )
    pathlib.Path(args.out).write_bytes(message)


def pycose_key(public=None, private=None):
    members, alg = key_members(public or private.public_key())
    if alg == "EdDSA":
        d = private and private.private_bytes(
            serialization.Encoding.Raw,
            serialization.PrivateFormat.Raw,
            serialization.NoEncryption(),
        )
        return OKPKey(crv="ED25519", x=members[-2], d=d or b""), EdDSA
    d = private and private.private_numbers().private_value.to_bytes(32, "big")
    return EC2Key(crv="P_256", x=members[-2], y=members[-3], d=d or b""), Es256


def sign_pycose(args):
    private = private_key(args.key)
    key, alg = pycose_key(private=private)
    claims = {1: args.issuer, 2: args.subject, 6: args.issued_at}
    message = Sign1Message(
        phdr={
            Algorithm: alg,
            ContentType: CONTENT_TYPE,
            KID: thumbprint(private.public_key()),
            CWT_CLAIMS: claims,
        },
        payload=read(args.payload),
    )
    message.key = key
    pathlib.Path(args.out).write_bytes(message.encode())


def verify_scitt(args):
    said = statement.parse_signed_statement(read(args.statement), public_key_pem=read(args.public))
    if said["signature_verified"] is not True:
        return said.get("errors", said)
    return None if said["issuer"] == args.issuer else "issuer %r" % said["issuer"]


def verify_pycose(args):
    message = Sign1Message.decode(read(args.statement))
    public = serialization.load_pem_public_key(read(args.public))
    message.key, _ = pycose_key(public=public)
    if message.phdr[KID] != thumbprint(public):
        return "kid is not the thumbprint of the key"
    return None if message.verify_signature() else "signature does not verify"


def check_receipt(args):
    message = read(args.receipt)
    said = receipt.verify_receipt(
        message,
        leaf_entry_hex=read(args.entry).hex(),
        log_public_key_pem=key_for(message, read(args.keys)),
    )
    if not said.ok:
        return said.errors
    if args.origin and (said.issuer, said.subject) != (args.origin, args.origin):
        return "iss %r, sub %r" % (said.issuer, said.subject)
    return None


def check_transparent(args):
    """A statement with its receipt in header 394: the receipt is of the statement without it."""
    whole = read(args.statement)
    receipts = statement.extract_receipts(whole)
    if len(receipts) != 1:
        return "%d receipts" % len(receipts)
    tag = cbor2.loads(whole)
    entry = cbor2.dumps(cbor2.CBORTag(18, [tag.value[0], {}, tag.value[2], tag.value[3]]))
    said = receipt.verify_receipt(
        receipts[0],
        leaf_entry_hex=entry.hex(),
        log_public_key_pem=key_for(receipts[0], read(args.keys)),
    )
    return None if said.ok else said.errors


def check_consistency(args):
    """scitt-cose has the algebra but no consistency receipts: the signature and the path apart."""
    message = read(args.receipt)
    old_root, new_root = bytes.fromhex(args.old_root), bytes.fromhex(args.new_root)
    cose_sign1.verify_sign1(
        message,
        public_key_pem=key_for(message, read(args.keys)),
        detached_payload=new_root,
        understood_labels=frozenset({1, 2, 4, 15, 395}),
    )
    (proof,) = cbor2.loads(message).value[1][396][-2]
    old_size, new_size, path = cbor2.loads(proof)
    hashes = [h.hex() for h in path]
    good = merkle.verify_consistency(old_root.hex(), new_root.hex(), old_size, new_size, hashes)
    return None if good else "path does not lead from %d to %d" % (old_size, new_size)


def issue_receipt(args):
    key = private_key(args.key)
    entries = [read(p).hex() for p in args.entries]
    _, alg = key_members(key.public_key())
    message = scitt_cose.build_receipt(
        leaf_entry_hex=entries[args.index],
        leaf_index=args.index,
        tree_entries_hex=entries,
        alg=alg,
        log_private_key_pem=read(args.key),
        iss=args.origin,
        sub=args.origin,
        kid=thumbprint(key.public_key()),
    )
    pathlib.Path(args.out).write_bytes(message)


def transparent(args):
    whole = statement.attach_receipts(read(args.statement), [read(args.receipt)])
    pathlib.Path(args.out).write_bytes(whole)


def key_set(args):
    public = private_key(args.key).public_key()
    members, alg = key_members(public)
    members = {1: members[1], 2: thumbprint(public), 3: {"ES256": -7, "EdDSA": -8}[alg], **members}
    pathlib.Path(args.out).write_bytes(cbor2.dumps([members], canonical=True))


COMMANDS = {
    "sign-scitt": (sign_scitt, "--key --payload --issuer --subject --issued-at --out"),
    "sign-pycose": (sign_pycose, "--key --payload --issuer --subject --issued-at --out"),
    "verify-scitt": (verify_scitt, "--public --issuer statement"),
    "verify-pycose": (verify_pycose, "--public statement"),
    "check-receipt": (check_receipt, "--keys --entry --receipt --origin"),
    "check-transparent": (check_transparent, "--keys statement"),
    "check-consistency": (check_consistency, "--keys --receipt --old-root --new-root"),
    "issue-receipt": (issue_receipt, "--key --origin --index --out entries"),
    "transparent": (transparent, "--statement --receipt --out"),
    "key-set": (key_set, "--key --out"),
}


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    for name, (function, words) in COMMANDS.items():
        sub = commands.add_parser(name)
        sub.set_defaults(function=function)
        for word in words.split():
            kind = int if word in ("--index", "--issued-at") else str
            sub.add_argument(word, type=kind, **({"nargs": "+"} if word == "entries" else {}))
    args = parser.parse_args()
    no = args.function(args)
    if no is not None:
        print(no)
        sys.exit(1)


if __name__ == "__main__":
    main()
