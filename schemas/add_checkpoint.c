#include "schemas/add_checkpoint.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/hash_lines.h"

static const char OLD[] = "old ";

void add_checkpoint_append(struct buf *out, const struct add_checkpoint *request)
{
    CHECK(request->proof.count <= ADD_CHECKPOINT_HASHES_MAX);
    buf_append_format(out, "%s%" PRIu64 "\n", OLD, request->old_size);
    hash_lines_append(out, &request->proof);
    buf_append_bytes(out, request->checkpoint);
}

static bool parse_old_size(uint64_t *out, struct bytes line)
{
    struct bytes keyword = bytes_of_text(OLD);

    return bytes_start_with(line, keyword) &&
           text_parse_uint(out, bytes_slice(line, keyword.len, line.len), TREE_SIZE_MAX);
}

bool add_checkpoint_parse(struct add_checkpoint *out, struct bytes body, struct err *err)
{
    struct bytes rest = body;
    struct bytes line;

    *out = (struct add_checkpoint){0};
    if (body.len > ADD_CHECKPOINT_LEN_MAX)
        return err_set(err, ERR_INVALID, "more than %d bytes", ADD_CHECKPOINT_LEN_MAX);
    if (!text_split(&rest, &line, '\n') || !parse_old_size(&out->old_size, line))
        return err_set(err, ERR_INVALID, "the first line is not \"old\" and a canonical decimal");
    if (!hash_lines_parse(&out->proof, &rest, err))
        return false;
    if (out->proof.count > ADD_CHECKPOINT_HASHES_MAX)
        return err_set(err, ERR_INVALID, "more than %d hashes", ADD_CHECKPOINT_HASHES_MAX);
    out->checkpoint = rest;
    return true;
}
