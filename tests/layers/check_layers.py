#!/usr/bin/env python3
"""An arrow points down only: every include goes to a layer below, every foreign header has owners.

usage: check_layers.py SOURCE_TREE
"""
import pathlib
import re
import sys

# Each layer and the layers it may include besides itself. docs/ARCHITECTURE.md has the picture.
LAYERS = {
    "base": set(),
    "merkle": {"base"},
    "base/database": {"base"},
    "schemas": {"merkle", "base"},
    "schemas/rules": {"schemas", "merkle", "base"},
    "client/verify": {"schemas/rules", "schemas", "merkle", "base"},
    "client/fetch": {"schemas", "merkle", "base"},
    "client/reader": {"client/verify", "client/fetch", "schemas", "merkle", "base"},
    "client/mirror": {"client/reader", "client/verify", "client/fetch", "schemas", "merkle", "base"},
    "client/monitor": {"client/reader", "client/verify", "client/fetch", "base/database",
                       "schemas/rules", "schemas", "merkle", "base"},
    "client/gossip": {"client/verify", "schemas", "merkle", "base"},
    "client": {"client/gossip", "client/monitor", "client/mirror", "client/reader", "client/verify",
               "client/fetch", "schemas/rules", "schemas", "merkle", "base"},
    "server/store": {"base/database", "merkle", "base"},
    "server/tlog": {"server/store", "schemas/rules", "schemas", "merkle", "base"},
    "server/evidence": {"server/transport", "server/tlog", "server/store", "schemas/rules",
                        "schemas", "merkle", "base"},
    "server/oidc": {"client/fetch", "schemas", "merkle", "base"},
    "server/notify": {"server/tlog", "server/store", "client/fetch", "schemas/rules", "schemas",
                      "merkle", "base"},
    "server/witnessing": {"server/tlog", "server/store", "client/verify", "client/fetch",
                          "schemas/rules", "schemas", "merkle", "base"},
    "server/anchoring": {"server/tlog", "server/store", "client/reader", "client/verify",
                         "client/fetch", "schemas/rules", "schemas", "merkle", "base"},
    "server/transport": {"schemas", "merkle", "base"},
    "server/gossip": {"server/transport", "client/gossip", "client/reader", "client/verify",
                      "client/fetch", "schemas", "merkle", "base"},
    "server/cosigning": {"server/transport", "server/tlog", "client/verify", "base/database",
                         "schemas", "merkle", "base"},
    "server/role/witness": {"server/cosigning", "server/gossip", "server/transport",
                            "client/gossip", "client/verify", "schemas", "merkle", "base"},
    "server/role/monitor": {"server/gossip", "server/transport", "client/gossip",
                            "client/monitor", "client/reader", "client/verify", "client/fetch",
                            "base/database", "schemas/rules", "schemas", "merkle", "base"},
    "server/role/mirror": {"server/cosigning", "server/evidence", "server/transport",
                           "client/mirror",
                           "client/reader", "client/verify", "client/fetch", "schemas/rules",
                           "schemas", "merkle", "base"},
    "server/http": {"server/transport", "server/witnessing", "server/anchoring", "server/oidc",
                    "server/evidence", "server/tlog", "server/store", "client/verify",
                    "client/fetch", "schemas/rules", "schemas", "merkle", "base"},
    "server": {"server/role/witness", "server/role/monitor", "server/role/mirror", "server/http",
               "server/cosigning", "server/gossip", "server/transport", "server/witnessing", "server/anchoring",
               "server/notify", "server/oidc", "server/evidence", "server/tlog", "server/store", "client/monitor",
               "client/gossip", "client/reader", "client/verify", "client/fetch",
               "schemas/rules", "schemas", "merkle", "base"},
    # Code of its own: agrees with the log by what is on disk, never by sharing source.
    "tools/fsck": set(),
    "tools/load": {"schemas", "merkle", "base"},
    "tools/rules_doc": {"schemas/rules", "schemas", "merkle", "base"},
}

# A foreign header and the files (or folders, ending in /) that may include it.
OWNERS = {
    "cbor.h": {"schemas/dcbor.c"},
    "jansson.h": {"schemas/view.c", "schemas/view_json.c", "schemas/view_json_parse.c",
                  "server/config_table.h", "server/config_value.h", "server/config_providers.h",
                  "schemas/token_claims.c", "server/oidc/jose.c"},
    "cjose/": {"server/oidc/jose.c"},
    "curl/": {"client/fetch/", "server/oidc/key_source.c"},
    "leveldb/": {"base/database/", "tools/fsck/"},
    "zlib.h": {"server/role/mirror/unpack.c"},
    "openssl/": {"merkle/hash.c", "schemas/hmac.c", "schemas/key.c", "schemas/key_pem.c",
                 "schemas/mldsa.c", "schemas/signer.c", "schemas/timestamp.c", "tools/fsck/",
                 "tools/load/"},
    "event2/": {"server/transport/", "server/http/"},
    "pthread.h": {"base/condition.h", "base/snapshot.h", "server/transport/", "server/http/", "server/role/",
                  "server/cosigning/", "server/gossip/",
                  "server/notify/notifier.c", "server/oidc/providers.c", "server/store/",
                  "server/witnessing/witnessing.c", "server/anchoring/",
                  "client/audit/", "client/", "tools/fsck/", "tools/load/"},
}

SOURCES = {".c", ".cc", ".h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def layer_of(path):
    """The most specific layer that holds path, or None."""
    parts = path.split("/")
    for length in range(len(parts) - 1, 0, -1):
        name = "/".join(parts[:length])
        if name in LAYERS:
            return name
    return None


def owned(path, owners):
    return any(path == owner or (owner.endswith("/") and path.startswith(owner))
               for owner in owners)


def check_include(path, layer, bracket, target):
    """What is wrong with one include, or None."""
    if bracket == "<":
        for header, owners in OWNERS.items():
            if target == header or (header.endswith("/") and target.startswith(header)):
                if not owned(path, owners):
                    return f"{path}: <{target}> belongs to {', '.join(sorted(owners))}"
        return None
    below = layer_of(target)
    if below is None:
        return f'{path}: "{target}" is in no known layer (write paths from the source root)'
    if below != layer and below not in LAYERS[layer]:
        return f'{path}: {layer} may not include {below} ("{target}")'
    return None


def check_tree(root):
    problems = []
    for top in sorted({layer.split("/")[0] for layer in LAYERS}):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SOURCES:
                continue
            path = file.relative_to(root).as_posix()
            layer = layer_of(path)
            if layer is None:
                problems.append(f"{path}: belongs to no layer")
                continue
            for bracket, target in INCLUDE.findall(file.read_text()):
                problem = check_include(path, layer, bracket, target)
                if problem:
                    problems.append(problem)
    return problems


def main():
    problems = check_tree(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
