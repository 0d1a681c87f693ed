#include "client/verify/transparent.h"

#include "schemas/dcbor.h"

static bool read_receipts(struct dcbor_reader *reader, struct bytes *out, size_t *out_count,
                          struct err *err)
{
    uint64_t count;

    if (!dcbor_read_array(reader, &count, err))
        return false;
    if (count == 0 || count > TRANSPARENT_RECEIPTS_MAX)
        return err_set(err, ERR_INVALID, "%u receipts; 1 to %d are read",
                       (unsigned)(count > 9999 ? 9999 : count), TRANSPARENT_RECEIPTS_MAX);
    for (uint64_t i = 0; i < count; i++) {
        if (!dcbor_read_bytes(reader, &out[i], err))
            return false;
    }
    *out_count = (size_t)count;
    return true;
}

bool transparent_receipts(struct bytes out[TRANSPARENT_RECEIPTS_MAX], size_t *out_count,
                          struct bytes unprotected_header, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(unprotected_header);
    uint64_t pairs;

    *out_count = 0;
    if (unprotected_header.len == 0)
        return true;
    if (!dcbor_read_map(&reader, &pairs, err))
        return err_wrap(err, "unprotected header");
    for (uint64_t i = 0; i < pairs; i++) {
        struct dcbor_item key;
        bool ok;

        if (!dcbor_read(&reader, &key, err))
            return err_wrap(err, "unprotected header");
        if (key.type == DCBOR_ARRAY || key.type == DCBOR_MAP || key.type == DCBOR_TAG)
            return err_set(err, ERR_INVALID, "unprotected header: a label is no integer or text");
        if (key.type == DCBOR_UINT && key.value == COSE_HEADER_RECEIPTS)
            ok = read_receipts(&reader, out, out_count, err);
        else
            ok = dcbor_skip(&reader, NULL, err);
        if (!ok)
            return err_wrap(err, "unprotected header");
    }
    return true;
}

bool transparent_encode(struct buf *out, struct bytes statement, const struct bytes *receipts,
                        size_t count, struct err *err)
{
    struct cose_sign1 message;
    struct buf header = {0};

    CHECK(count >= 1 && count <= TRANSPARENT_RECEIPTS_MAX);
    if (!cose_sign1_decode(&message, statement, err))
        return false;
    dcbor_put_map(&header, 1);
    dcbor_put_uint(&header, COSE_HEADER_RECEIPTS);
    dcbor_put_array(&header, count);
    for (size_t i = 0; i < count; i++)
        dcbor_put_bytes(&header, receipts[i]);
    message.unprotected_header = bytes_of_buf(&header);
    cose_sign1_encode(out, &message);
    buf_cleanup(&header);
    return true;
}
