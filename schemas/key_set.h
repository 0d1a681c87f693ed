/* COSE Key Set (RFC 9052, 7): an array of COSE_Key, as served at /.well-known/scitt-keys. */
#ifndef VOUCH_SCHEMAS_KEY_SET_H
#define VOUCH_SCHEMAS_KEY_SET_H

#include "schemas/key.h"

enum { KEY_SET_KEYS_MAX = 64, KEY_SET_LEN_MAX = 65536 };

struct key_set {
    struct public_key *keys[KEY_SET_KEYS_MAX];
    size_t count;
};

void key_set_append(struct buf *out, struct public_key *const *keys, size_t count);

/* Keys of other kinds than ours are passed over (RFC 9052, 7). False leaves an empty set. */
MUST_USE bool key_set_parse(struct key_set *out, struct bytes message, struct err *err);
/* NULL when there is none. Borrowed. */
const struct public_key *key_set_find(const struct key_set *set, struct bytes kid);
void key_set_cleanup(struct key_set *set);

#endif
