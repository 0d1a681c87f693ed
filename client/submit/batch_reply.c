#include "client/submit/batch_reply.h"

#include "base/text.h"
#include "schemas/dcbor.h"

/* Which members of a result were there. */
struct seen_members {
    struct bytes outcome;
    bool index;
    bool entry_id;
    bool problem;
};

static bool read_problem(struct dcbor_reader *reader, struct batch_result *out, struct err *err)
{
    struct bytes item;

    return dcbor_skip(reader, &item, err) && problem_decode(&out->problem, item, err);
}

static bool read_entry_id(struct dcbor_reader *reader, struct batch_result *out, struct err *err)
{
    struct bytes text;

    return dcbor_read_text(reader, &text, err) &&
           (text_parse_hex(out->entry_id.bytes, HASH_LEN, text) ||
            err_set(err, ERR_INVALID, "an entry id is not 64 hex digits"));
}

static bool read_member(struct dcbor_reader *reader, struct batch_result *out,
                        struct seen_members *seen, struct err *err)
{
    struct bytes name;

    if (!dcbor_read_text(reader, &name, err))
        return false;
    if (bytes_equal_text(name, "outcome"))
        return dcbor_read_text(reader, &seen->outcome, err);
    if (bytes_equal_text(name, "index"))
        return (seen->index = true) && dcbor_read_uint(reader, &out->index, err);
    if (bytes_equal_text(name, "entry_id"))
        return (seen->entry_id = true) && read_entry_id(reader, out, err);
    if (bytes_equal_text(name, "problem"))
        return (seen->problem = true) && read_problem(reader, out, err);
    return dcbor_skip(reader, NULL, err);
}

static bool is_passing(enum problem_kind kind)
{
    return kind == PROBLEM_BUSY || kind == PROBLEM_READ_ONLY || kind == PROBLEM_INTERNAL ||
           kind == PROBLEM_TIMEOUT;
}

static bool set_outcome(struct batch_result *out, const struct seen_members *seen, struct err *err)
{
    if (bytes_equal_text(seen->outcome, "refused") && seen->problem)
        out->outcome = is_passing(out->problem.kind) ? BATCH_LATER : BATCH_REFUSED;
    else if (bytes_equal_text(seen->outcome, "added") && seen->index && seen->entry_id)
        out->outcome = BATCH_ADDED;
    else if (bytes_equal_text(seen->outcome, "duplicate") && seen->index && seen->entry_id)
        out->outcome = BATCH_DUPLICATE;
    else
        return err_set(err, ERR_INVALID, "a result is neither an entry nor a problem");
    return true;
}

static bool read_result(struct dcbor_reader *reader, struct batch_result *out, struct err *err)
{
    struct seen_members seen = {0};
    uint64_t pairs;

    *out = (struct batch_result){0};
    if (!dcbor_read_map(reader, &pairs, err))
        return false;
    for (uint64_t i = 0; i < pairs; i++) {
        if (!read_member(reader, out, &seen, err))
            return false;
    }
    return set_outcome(out, &seen, err);
}

bool batch_reply_parse(struct batch_result *out, size_t count, struct bytes body, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(body);
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++)
        ok = read_result(&reader, &out[i], err);
    if (ok && dcbor_read_end(&reader, err))
        return true;
    err->code = ERR_CORRUPT;
    return err_wrap(err, "the log's answer to a batch of %zu", count);
}
