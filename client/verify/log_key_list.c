#include "client/verify/log_key_list.h"

#include <inttypes.h>

void log_key_list_cleanup(struct log_key_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        public_key_free(list->keys[i].key);
    *list = (struct log_key_list){0};
}

static struct log_key *find(struct log_key_list *list, const struct public_key *key)
{
    for (size_t i = 0; i < list->count; i++) {
        if (public_key_equal(list->keys[i].key, key))
            return &list->keys[i];
    }
    return NULL;
}

/* A binding of a key that is known says where its range ends. */
static bool put(struct log_key_list *list, struct public_key *key, const struct field *binding,
                struct err *err)
{
    struct log_key *known = find(list, key);
    uint64_t end_size = field_uint(field_get(binding, "end_size"), UINT64_MAX);

    if (known != NULL) {
        known->end_size = end_size;
        public_key_free(key);
        return true;
    }
    if (list->count == LOG_KEYS_MAX) {
        public_key_free(key);
        return err_set(err, ERR_CORRUPT, "the log bound more than %d keys", LOG_KEYS_MAX);
    }
    list->keys[list->count++] =
        (struct log_key){key, field_uint(field_get(binding, "begin_size"), 0), end_size};
    return true;
}

bool log_key_list_add(struct log_key_list *list, const struct field *record, struct err *err)
{
    const struct field *binding = field_get(record, "key_binding");
    struct public_key *key = NULL;

    if (!field_is_text(field_get(binding, "purpose"), "log"))
        return true;
    if (!public_key_from_cose(&key, field_bytes(field_get(binding, "cose_key")), err))
        return err_wrap(err, "key_binding");
    return put(list, key, binding, err);
}

const struct public_key *log_key_list_find(const struct log_key_list *list, struct bytes kid,
                                           uint64_t index)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct log_key *row = &list->keys[i];

        if (bytes_equal(hash_bytes(public_key_thumbprint(row->key)), kid) &&
            row->begin_size <= index && index < row->end_size)
            return row->key;
    }
    return NULL;
}

enum { RANGE_LEN = 16, ROW_LEN_MIN = RANGE_LEN + 2 };

void log_key_list_append(struct buf *out, const struct log_key_list *list)
{
    struct buf key = {0};

    for (size_t i = 0; i < list->count; i++) {
        buf_clear(&key);
        public_key_append_cose(&key, list->keys[i].key);
        buf_append_be64(out, list->keys[i].begin_size);
        buf_append_be64(out, list->keys[i].end_size);
        buf_append_be16(out, (uint16_t)key.len);
        buf_append_bytes(out, bytes_of_buf(&key));
    }
    buf_cleanup(&key);
}

bool log_key_list_parse(struct log_key_list *out, struct bytes text, struct err *err)
{
    while (text.len >= ROW_LEN_MIN && out->count < LOG_KEYS_MAX) {
        struct log_key *row = &out->keys[out->count];
        size_t len = read_be16(text.data + RANGE_LEN);

        if (text.len - ROW_LEN_MIN < len ||
            !public_key_from_cose(&row->key, bytes_slice(text, ROW_LEN_MIN, ROW_LEN_MIN + len),
                                  err))
            break;
        row->begin_size = read_be64(text.data);
        row->end_size = read_be64(text.data + 8);
        out->count++;
        text = bytes_slice(text, ROW_LEN_MIN + len, text.len);
    }
    return text.len == 0 || err_set(err, ERR_INVALID, "these are no keys of a log");
}
