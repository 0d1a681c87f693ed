"""Records as JSON and as bytes: what docs/RECORDS.md says of encodings and digests."""

import base64
import hashlib
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
BYTE_NAMES = set((ROOT / "schemas" / "byte_fields.txt").read_text().split())


def from_json(value, name=None):
    """The record as CBOR has it: members named in byte_fields.txt become bytes."""
    if isinstance(value, dict):
        return {key: from_json(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [from_json(inner, name) for inner in value]
    if name in BYTE_NAMES:
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


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for more, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | more]) + number.to_bytes(size, "big")
    raise SystemExit(f"{number} does not fit 64 bits")


def cbor(value):
    """Deterministic CBOR (RFC 8949, 4.2.1) of what records are made of."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        pairs = sorted((cbor(key), cbor(inner)) for key, inner in value.items())
        return _head(5, len(pairs)) + b"".join(key + inner for key, inner in pairs)
    raise SystemExit(f"records hold no {type(value).__name__}")


def sha256(data):
    return hashlib.sha256(data).digest()


def record_digest(issuer, record):
    return sha256(b"vouch/record/v1\0" + cbor([issuer, record]))


def set_digest(digests):
    return sha256(b"".join(sorted(digests)))
