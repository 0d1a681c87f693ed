#include "schemas/key_set.h"

#include "schemas/dcbor.h"

void key_set_append(struct buf *out, struct public_key *const *keys, size_t count)
{
    dcbor_put_array(out, count);
    for (size_t i = 0; i < count; i++)
        public_key_append_cose(out, keys[i]);
}

bool key_set_parse(struct key_set *out, struct bytes message, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(message);
    uint64_t count;

    *out = (struct key_set){0};
    if (message.len > KEY_SET_LEN_MAX)
        return err_set(err, ERR_INVALID, "a key set of more than %d bytes", KEY_SET_LEN_MAX);
    if (!dcbor_read_array(&reader, &count, err))
        return err_wrap(err, "key set");
    if (count > KEY_SET_KEYS_MAX)
        return err_set(err, ERR_INVALID, "a key set of more than %d keys", KEY_SET_KEYS_MAX);
    for (uint64_t i = 0; i < count; i++) {
        struct err ignored = {0};
        struct bytes key;

        if (!dcbor_skip(&reader, &key, err))
            goto bad;
        /* RFC 9052, 7: a key that is not understood is passed over, the others still count. */
        if (public_key_from_cose(&out->keys[out->count], key, &ignored))
            out->count++;
    }
    if (dcbor_read_end(&reader, err))
        return true;
bad:
    key_set_cleanup(out);
    return err_wrap(err, "key set");
}

const struct public_key *key_set_find(const struct key_set *set, struct bytes kid)
{
    for (size_t i = 0; i < set->count; i++) {
        if (bytes_equal(hash_bytes(public_key_thumbprint(set->keys[i])), kid))
            return set->keys[i];
    }
    return NULL;
}

void key_set_cleanup(struct key_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        public_key_free(set->keys[i]);
    *set = (struct key_set){0};
}
