#include "client/verify/proof_view.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/view.h"

/* What both kinds of proof have: two numbers under names of their own, and the hashes. */
struct proof_members {
    const char *names[2];
    uint64_t numbers[2];
    bool seen[2];
    struct proof *proof;
    bool proof_seen;
};

/* A hash is a byte string in CBOR, and text in either base64 alphabet in JSON. */
static bool read_hash(struct dcbor_reader *reader, struct hash *out, struct err *err)
{
    struct dcbor_item item;
    struct buf decoded = {0};
    struct bytes value;
    bool ok;

    if (!dcbor_read(reader, &item, err))
        return false;
    value = item.string;
    ok = item.type == DCBOR_BYTES;
    if (item.type == DCBOR_TEXT) {
        ok =
            text_parse_base64url(&decoded, item.string) || text_parse_base64(&decoded, item.string);
        value = bytes_of_buf(&decoded);
    }
    ok = ok && value.len == HASH_LEN;
    if (ok)
        memcpy(out->bytes, value.data, HASH_LEN);
    buf_cleanup(&decoded);
    return ok || err_set(err, ERR_INVALID, "a hash is not 32 bytes");
}

static bool read_hashes(struct dcbor_reader *reader, struct proof *out, struct err *err)
{
    uint64_t count;

    if (!dcbor_read_array(reader, &count, err))
        return false;
    if (count > PROOF_HASHES_MAX)
        return err_set(err, ERR_INVALID, "a proof has at most %d hashes", PROOF_HASHES_MAX);
    for (uint64_t i = 0; i < count; i++) {
        if (!read_hash(reader, &out->hashes[i], err))
            return false;
    }
    out->count = (size_t)count;
    return true;
}

static bool read_member(struct dcbor_reader *reader, struct proof_members *members, struct err *err)
{
    struct bytes name;

    if (!dcbor_read_text(reader, &name, err))
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (bytes_equal_text(name, members->names[i])) {
            members->seen[i] = true;
            return dcbor_read_uint(reader, &members->numbers[i], err);
        }
    }
    if (bytes_equal_text(name, "hashes")) {
        members->proof_seen = true;
        return read_hashes(reader, members->proof, err);
    }
    return dcbor_skip(reader, NULL, err);
}

static bool read_members(struct bytes cbor, struct proof_members *members, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(cbor);
    uint64_t pairs;

    if (!dcbor_read_map(&reader, &pairs, err))
        return false;
    for (uint64_t i = 0; i < pairs; i++) {
        if (!read_member(&reader, members, err))
            return false;
    }
    if (!dcbor_read_end(&reader, err))
        return false;
    if (!members->seen[0] || !members->seen[1] || !members->proof_seen)
        return err_set(err, ERR_INVALID, "a proof needs %s, %s and hashes", members->names[0],
                       members->names[1]);
    return true;
}

static bool parse(struct bytes body, struct proof_members *members, struct err *err)
{
    struct buf cbor = {0};
    bool ok;

    if (body.len == 0 || body.data[0] != '{')
        return read_members(body, members, err) || err_wrap(err, "proof");
    ok = view_parse_json(&cbor, body, err) && read_members(bytes_of_buf(&cbor), members, err);
    buf_cleanup(&cbor);
    return ok || err_wrap(err, "proof");
}

bool consistency_view_parse(struct consistency_view *out, struct bytes body, struct err *err)
{
    struct proof_members members = {.names = {"old_size", "new_size"}, .proof = &out->proof};

    if (!parse(body, &members, err))
        return false;
    out->old_size = members.numbers[0];
    out->new_size = members.numbers[1];
    return true;
}

bool inclusion_view_parse(struct inclusion_view *out, struct bytes body, struct err *err)
{
    struct proof_members members = {.names = {"index", "size"}, .proof = &out->proof};

    if (!parse(body, &members, err))
        return false;
    out->index = members.numbers[0];
    out->size = members.numbers[1];
    return true;
}

void consistency_view_append_json(struct buf *out, const struct consistency_view *view)
{
    buf_append_text(out, "{\"hashes\":[");
    for (size_t i = 0; i < view->proof.count; i++) {
        buf_append_text(out, i == 0 ? "\"" : ",\"");
        text_append_base64url(out, hash_bytes(&view->proof.hashes[i]));
        buf_append_text(out, "\"");
    }
    buf_append_format(out, "],\"new_size\":%" PRIu64 ",\"old_size\":%" PRIu64 "}\n", view->new_size,
                      view->old_size);
}
