#include "server/http/entry_flags.h"

#include <inttypes.h>

#include "schemas/cose.h"
#include "schemas/seal.h"
#include "server/tlog/tlog_read.h"

static bool has_name(const struct seal_flag *flag, struct bytes rule, struct bytes code)
{
    return bytes_equal(flag->rule, rule) && bytes_equal(flag->code, code);
}

/* The next flag of this entry; those of others are passed over. */
static bool next_flag(struct seal_flags_reader *reader, struct seal_flag *out, uint64_t offset)
{
    while (seal_flags_next(reader, out)) {
        if (out->entry_offset == offset)
            return true;
    }
    return false;
}

/* The record numbers under the name of first; the reader stands behind first. */
static void put_numbers(struct buf *out, struct seal_flags_reader reader,
                        const struct seal_flag *first, uint64_t offset)
{
    struct buf numbers = {0};
    struct seal_flag flag = *first;
    uint64_t count = 0;

    do {
        dcbor_put_uint(&numbers, flag.record_number);
        count++;
    } while (next_flag(&reader, &flag, offset) && has_name(&flag, first->rule, first->code));
    dcbor_put_array(out, count);
    buf_append_bytes(out, bytes_of_buf(&numbers));
    buf_cleanup(&numbers);
}

/* In the order of the seal's own map, which is that of deterministic CBOR. */
static void append_map(struct buf *out, struct bytes flags, uint64_t offset)
{
    struct seal_flags_reader reader = seal_flags_reader_of(flags);
    struct bytes rule = {0};
    struct bytes code = {0};
    struct buf pairs = {0};
    struct seal_flag flag;
    uint64_t count = 0;

    while (next_flag(&reader, &flag, offset)) {
        if (has_name(&flag, rule, code))
            continue;
        rule = flag.rule;
        code = flag.code;
        seal_flag_put_name(&pairs, &flag);
        put_numbers(&pairs, reader, &flag, offset);
        count++;
    }
    if (count > 0) {
        dcbor_put_map(out, count);
        buf_append_bytes(out, bytes_of_buf(&pairs));
    }
    buf_cleanup(&pairs);
}

bool entry_flags_append(struct buf *out, struct store *store, const struct store_head *head,
                        uint64_t index, struct err *err)
{
    struct buf entry = {0};
    struct cose_sign1 statement;
    struct seal seal;
    bool ok = tlog_read_entry(store, &entry, NULL, head->size - 1, err);

    if (ok && (!cose_sign1_decode(&statement, bytes_of_buf(&entry), err) ||
               !seal_decode(&seal, statement.payload, err)))
        ok = err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is not a seal", head->size - 1);
    if (ok && index >= seal.first_index)
        append_map(out, seal.flags, index - seal.first_index);
    buf_cleanup(&entry);
    return ok;
}
