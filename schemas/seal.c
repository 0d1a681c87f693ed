#include "schemas/seal.h"

#include <string.h>

#include "schemas/dcbor.h"

static const char TYPE[] = "seal";
enum { SCHEMA_VERSION = 1 };

/* The members that struct seal holds, as bits of what has been seen. */
enum {
    SEEN_ROOT = 1,
    SEEN_TYPE = 2,
    SEEN_ENTRY_COUNT = 4,
    SEEN_FIRST_INDEX = 8,
    SEEN_RECEIVED = 16,
    SEEN_VERSION = 32,
    SEEN_RULES = 64,
    SEEN_ALL_REQUIRED = 127,
};

static bool is_zero(const struct hash *hash)
{
    static const struct hash zero;

    return hash_equal(hash, &zero);
}

static void put_witnessed(struct buf *out, const struct seal_witnessed *witnessed)
{
    dcbor_put_literal(out, "witnessed_head");
    dcbor_put_map(out, 3);
    dcbor_put_literal(out, "size");
    dcbor_put_uint(out, witnessed->size);
    dcbor_put_literal(out, "checkpoint_hash");
    dcbor_put_bytes(out, hash_bytes(&witnessed->checkpoint_hash));
    dcbor_put_literal(out, "witnessed_at_ms");
    dcbor_put_uint(out, witnessed->witnessed_at_ms);
}

void seal_encode(struct buf *out, const struct seal *seal)
{
    bool has_previous = !is_zero(&seal->previous);
    bool has_witnessed = seal->witnessed.size > 0;

    dcbor_put_map(out, 7u + has_previous + has_witnessed + (seal->flags.len > 0));
    dcbor_put_literal(out, "root");
    dcbor_put_bytes(out, hash_bytes(&seal->root));
    dcbor_put_literal(out, "type");
    dcbor_put_literal(out, TYPE);
    if (seal->flags.len > 0) {
        dcbor_put_literal(out, "flags");
        buf_append_bytes(out, seal->flags);
    }
    dcbor_put_literal(out, "entry_count");
    dcbor_put_uint(out, seal->entry_count);
    dcbor_put_literal(out, "first_index");
    dcbor_put_uint(out, seal->first_index);
    dcbor_put_literal(out, "received_at_ms");
    dcbor_put_uint(out, seal->received_at_ms);
    dcbor_put_literal(out, "schema_version");
    dcbor_put_uint(out, SCHEMA_VERSION);
    if (has_witnessed)
        put_witnessed(out, &seal->witnessed);
    dcbor_put_literal(out, "admission_rules");
    dcbor_put_map(out, 2);
    dcbor_put_literal(out, "id");
    dcbor_put_text(out, seal->rules_id);
    dcbor_put_literal(out, "version");
    dcbor_put_text(out, seal->rules_version);
    if (has_previous) {
        dcbor_put_literal(out, "previous_seal_leaf_hash");
        dcbor_put_bytes(out, hash_bytes(&seal->previous));
    }
}

static bool read_hash(struct dcbor_reader *reader, struct hash *out, struct err *err)
{
    struct bytes bytes;

    if (!dcbor_read_bytes(reader, &bytes, err))
        return false;
    if (bytes.len != HASH_LEN)
        return err_set(err, ERR_INVALID, "hash of %zu bytes", bytes.len);
    memcpy(out->bytes, bytes.data, HASH_LEN);
    return true;
}

static bool read_type(struct dcbor_reader *reader, struct err *err)
{
    struct bytes type;

    if (!dcbor_read_text(reader, &type, err))
        return false;
    return bytes_equal_text(type, TYPE) || err_set(err, ERR_INVALID, "not a seal");
}

static bool read_version(struct dcbor_reader *reader, struct err *err)
{
    uint64_t version;

    if (!dcbor_read_uint(reader, &version, err))
        return false;
    return version == SCHEMA_VERSION || err_set(err, ERR_INVALID, "unknown schema version");
}

/* A map that struct seal does not hold. */
static bool skip_map(struct dcbor_reader *reader, struct err *err)
{
    struct dcbor_reader start = *reader;
    uint64_t count;

    return dcbor_read_map(&start, &count, err) && dcbor_skip(reader, NULL, err);
}

/* One member of the admission rules: id and version, perhaps content. */
static bool read_rules_member(struct seal *out, struct dcbor_reader *reader,
                              unsigned *required_seen, struct err *err)
{
    struct bytes name;

    if (!dcbor_read_text(reader, &name, err))
        return false;
    if (bytes_equal_text(name, "content"))
        return skip_map(reader, err);
    if (!bytes_equal_text(name, "id") && !bytes_equal_text(name, "version"))
        return err_set(err, ERR_INVALID, "rules have no such member");
    (*required_seen)++;
    return dcbor_read_text(
        reader, bytes_equal_text(name, "id") ? &out->rules_id : &out->rules_version, err);
}

static bool read_rules(struct seal *out, struct dcbor_reader *reader, struct err *err)
{
    unsigned required_seen = 0;
    uint64_t count;

    if (!dcbor_read_map(reader, &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!read_rules_member(out, reader, &required_seen, err))
            return false;
    }
    return required_seen == 2 || err_set(err, ERR_INVALID, "id or version is missing");
}

static bool read_flags(struct seal *out, struct dcbor_reader *reader, struct err *err)
{
    return dcbor_skip(reader, &out->flags, err) && seal_flags_check(out->flags, err);
}

static bool read_witnessed_member(struct seal_witnessed *out, struct dcbor_reader *reader,
                                  struct err *err)
{
    struct bytes name;

    if (!dcbor_read_text(reader, &name, err))
        return false;
    if (bytes_equal_text(name, "size"))
        return dcbor_read_uint(reader, &out->size, err);
    if (bytes_equal_text(name, "checkpoint_hash"))
        return read_hash(reader, &out->checkpoint_hash, err);
    if (bytes_equal_text(name, "witnessed_at_ms"))
        return dcbor_read_uint(reader, &out->witnessed_at_ms, err);
    return err_set(err, ERR_INVALID, "a witnessed head has no such member");
}

/* Names are in order and differ, so three known ones are all. */
static bool read_witnessed(struct seal_witnessed *out, struct dcbor_reader *reader,
                           struct err *err)
{
    uint64_t count;

    if (!dcbor_read_map(reader, &count, err))
        return false;
    if (count != 3)
        return err_set(err, ERR_INVALID, "a witnessed head has three members");
    for (uint64_t i = 0; i < count; i++) {
        if (!read_witnessed_member(out, reader, err))
            return false;
    }
    return out->size > 0 || err_set(err, ERR_INVALID, "nothing is witnessed");
}

/* Reads the member's value. Full validation of what struct seal does not hold comes later. */
static bool read_member(struct seal *out, unsigned *seen, struct dcbor_reader *reader,
                        struct bytes name, struct err *err)
{
    if (bytes_equal_text(name, "root")) {
        *seen |= SEEN_ROOT;
        return read_hash(reader, &out->root, err);
    }
    if (bytes_equal_text(name, "type")) {
        *seen |= SEEN_TYPE;
        return read_type(reader, err);
    }
    if (bytes_equal_text(name, "entry_count")) {
        *seen |= SEEN_ENTRY_COUNT;
        return dcbor_read_uint(reader, &out->entry_count, err);
    }
    if (bytes_equal_text(name, "first_index")) {
        *seen |= SEEN_FIRST_INDEX;
        return dcbor_read_uint(reader, &out->first_index, err);
    }
    if (bytes_equal_text(name, "received_at_ms")) {
        *seen |= SEEN_RECEIVED;
        return dcbor_read_uint(reader, &out->received_at_ms, err);
    }
    if (bytes_equal_text(name, "schema_version")) {
        *seen |= SEEN_VERSION;
        return read_version(reader, err);
    }
    if (bytes_equal_text(name, "admission_rules")) {
        *seen |= SEEN_RULES;
        return read_rules(out, reader, err);
    }
    if (bytes_equal_text(name, "previous_seal_leaf_hash"))
        return read_hash(reader, &out->previous, err);
    if (bytes_equal_text(name, "flags"))
        return read_flags(out, reader, err);
    if (bytes_equal_text(name, "witnessed_head"))
        return read_witnessed(&out->witnessed, reader, err);
    if (bytes_equal_text(name, "verifiable_index"))
        return skip_map(reader, err);
    return err_set(err, ERR_INVALID, "a seal has no such member");
}

static bool read_members(struct seal *out, struct bytes record, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(record);
    unsigned seen = 0;
    uint64_t count;

    if (!dcbor_read_map(&reader, &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        struct bytes name;

        if (!dcbor_read_text(&reader, &name, err))
            return false;
        if (!read_member(out, &seen, &reader, name, err))
            return err_wrap(err, "%.*s", (int)name.len, (const char *)name.data);
    }
    if (seen != SEEN_ALL_REQUIRED)
        return err_set(err, ERR_INVALID, "a required member is missing");
    return true;
}

bool seal_decode(struct seal *out, struct bytes record, struct err *err)
{
    struct seal seal = {0};

    if (!dcbor_check(record, err) || !read_members(&seal, record, err))
        return err_wrap(err, "seal");
    *out = seal;
    return true;
}
