#include "schemas/cose.h"

#include "schemas/dcbor.h"

static const char SIGNATURE_CONTEXT[] = "Signature1";

/* A map that is encoded deterministically; nothing at all for a protected header (9052, 3). */
static bool check_header(struct bytes header, bool may_be_empty, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(header);
    uint64_t count;

    if (may_be_empty && header.len == 0)
        return true;
    return dcbor_read_map(&reader, &count, err) && dcbor_check_any(header, err);
}

static bool read_payload(struct cose_sign1 *out, struct dcbor_reader *reader, struct err *err)
{
    struct dcbor_reader next = *reader;
    struct dcbor_item item;

    if (!dcbor_read(&next, &item, err))
        return false;
    out->has_payload = item.type != DCBOR_NULL;
    if (!out->has_payload) {
        *reader = next;
        return true;
    }
    return dcbor_read_bytes(reader, &out->payload, err);
}

static bool read_parts(struct cose_sign1 *out, struct dcbor_reader *reader, struct err *err)
{
    uint64_t count;

    if (!dcbor_read_tag(reader, COSE_TAG_SIGN1, err) || !dcbor_read_array(reader, &count, err))
        return false;
    if (count != 4)
        return err_set(err, ERR_INVALID, "COSE_Sign1 does not have four parts");
    if (!dcbor_read_bytes(reader, &out->protected_header, err))
        return err_wrap(err, "protected header");
    if (!dcbor_skip(reader, &out->unprotected_header, err))
        return err_wrap(err, "unprotected header");
    if (!read_payload(out, reader, err))
        return err_wrap(err, "payload");
    if (!dcbor_read_bytes(reader, &out->signature, err))
        return err_wrap(err, "signature");
    return dcbor_read_end(reader, err);
}

bool cose_sign1_decode_foreign(struct cose_sign1 *out, struct bytes message, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(message);
    struct cose_sign1 parts = {0};

    if (!read_parts(&parts, &reader, err))
        return err_wrap(err, "COSE_Sign1");
    *out = parts;
    return true;
}

bool cose_sign1_decode(struct cose_sign1 *out, struct bytes message, struct err *err)
{
    struct cose_sign1 parts;

    if (!cose_sign1_decode_foreign(&parts, message, err))
        return false;
    if (!check_header(parts.protected_header, true, err))
        return err_wrap(err, "COSE_Sign1: in the protected header");
    if (!check_header(parts.unprotected_header, false, err))
        return err_wrap(err, "COSE_Sign1: unprotected header");
    *out = parts;
    return true;
}

void cose_sign1_encode(struct buf *out, const struct cose_sign1 *message)
{
    dcbor_put_tag(out, COSE_TAG_SIGN1);
    dcbor_put_array(out, 4);
    dcbor_put_bytes(out, message->protected_header);
    if (message->unprotected_header.len == 0)
        dcbor_put_map(out, 0);
    else
        buf_append_bytes(out, message->unprotected_header);
    if (message->has_payload)
        dcbor_put_bytes(out, message->payload);
    else
        dcbor_put_null(out);
    dcbor_put_bytes(out, message->signature);
}

/* Everything before the payload's content. */
static void put_structure_head(struct buf *out, struct bytes protected_header, size_t payload_len)
{
    dcbor_put_array(out, 4);
    dcbor_put_literal(out, SIGNATURE_CONTEXT);
    dcbor_put_bytes(out, protected_header);
    dcbor_put_bytes(out, bytes_of(NULL, 0));
    dcbor_put_bytes_head(out, payload_len);
}

void cose_sig_structure(struct buf *out, struct bytes protected_header, struct bytes payload)
{
    put_structure_head(out, protected_header, payload.len);
    buf_append_bytes(out, payload);
}

void cose_sig_structure_hash(struct hash *out, struct bytes protected_header, struct bytes payload)
{
    struct hasher hasher;
    struct buf head = {0};

    put_structure_head(&head, protected_header, payload.len);
    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of_buf(&head));
    hasher_update(&hasher, payload);
    hasher_final(&hasher, out);
    buf_cleanup(&head);
}
