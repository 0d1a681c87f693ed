/*
 * The keys that a log says it signs its own statements with, as its log-metadata records bind them
 * to ranges of sizes. The first one vouches for itself: the signed head covers the entry it is in.
 */
#ifndef VOUCH_CLIENT_VERIFY_LOG_KEY_LIST_H
#define VOUCH_CLIENT_VERIFY_LOG_KEY_LIST_H

#include "schemas/key.h"
#include "schemas/record_fields.h"

enum { LOG_KEYS_MAX = 64 };

struct log_key {
    struct public_key *key;
    uint64_t begin_size; /* it signs entries with an index of at least this */
    uint64_t end_size;   /* and below this; UINT64_MAX while it is in use */
};

/* A zeroed struct is empty. */
struct log_key_list {
    struct log_key keys[LOG_KEYS_MAX];
    size_t count;
};

void log_key_list_cleanup(struct log_key_list *list);

/* Takes over the key_binding of a log-metadata record, when it binds a key for purpose "log". */
MUST_USE bool log_key_list_add(struct log_key_list *list, const struct field *record,
                               struct err *err);

/* The key with this id, in use for the entry at index; NULL when there is none. */
const struct public_key *log_key_list_find(const struct log_key_list *list, struct bytes kid,
                                           uint64_t index);

/* For a file: for each key begin_size and end_size as 8 bytes, the length of the COSE key as 2,
 * and the key. */
void log_key_list_append(struct buf *out, const struct log_key_list *list);

/* Adds what was appended; ERR_INVALID for anything else. */
MUST_USE bool log_key_list_parse(struct log_key_list *out, struct bytes text, struct err *err);

#endif
