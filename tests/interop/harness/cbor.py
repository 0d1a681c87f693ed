"""As much CBOR as the tests need, so that they need no package: deterministic out, checked in."""


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


def _head(major, n):
    for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 1 << 8 * width:
            return bytes([major << 5 | info]) + n.to_bytes(width, "big")
    raise ValueError(n)


def dumps(v):
    if v is None or isinstance(v, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[v]
    if isinstance(v, int):
        return _head(0, v) if v >= 0 else _head(1, -1 - v)
    if isinstance(v, bytes):
        return _head(2, len(v)) + v
    if isinstance(v, str):
        text = v.encode()
        return _head(3, len(text)) + text
    if isinstance(v, (list, tuple)):
        return _head(4, len(v)) + b"".join(dumps(x) for x in v)
    if isinstance(v, dict):
        pairs = sorted((dumps(k), dumps(x)) for k, x in v.items())
        return _head(5, len(v)) + b"".join(k + x for k, x in pairs)
    if isinstance(v, Tag):
        return _head(6, v.number) + dumps(v.value)
    raise TypeError(type(v))


def _read(data, at):
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        return {20: False, 21: True, 22: None}[info], at
    n = info
    if info >= 24:
        width = {24: 1, 25: 2, 26: 4, 27: 8}[info]
        n, at = int.from_bytes(data[at : at + width], "big"), at + width
    if major < 2:
        return (n if major == 0 else -1 - n), at
    if major < 4:
        if at + n > len(data):
            raise ValueError("string ends early")
        raw = data[at : at + n]
        return (raw if major == 2 else raw.decode()), at + n
    if major == 6:
        value, at = _read(data, at)
        return Tag(n, value), at
    items = []
    for _ in range(n * (major - 3)):
        item, at = _read(data, at)
        items.append(item)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at


def loads(data):
    value, at = _read(data, 0)
    if at != len(data):
        raise ValueError("%d bytes after the item" % (len(data) - at))
    return value


def sequence(data):
    at, out = 0, []
    while at < len(data):
        value, at = _read(data, at)
        out.append(value)
    return out
