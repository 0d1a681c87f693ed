/* Keys and policies from the files that options name. */
#ifndef VOUCH_CLIENT_TRUST_FILES_H
#define VOUCH_CLIENT_TRUST_FILES_H

#include "client/command.h"
#include "client/verify/verify.h"

/* Owns what trust points to. */
struct trust_files {
    struct policy *policy; /* NULL: neither --policy nor --vkey */
    struct key_set log_keys;
    struct key_set issuer_keys;
    struct buf timestamp_ca;
    struct trust trust;
};

/*
 * Reads --policy or --vkey (not both; a vkey is written out or in a file), and where the command
 * has them --keys, --issuer-key and --timestamp-ca. Zeroed before; cleaned up by the caller in any case.
 */
MUST_USE bool trust_files_load(struct trust_files *out, const struct args *args, struct err *err);
void trust_files_cleanup(struct trust_files *files);

/* Appends the keys of a file: a COSE Key Set, or one PEM public key. */
MUST_USE bool key_file_load(struct key_set *out, const char *path, struct err *err);

#endif
