#include "schemas/sign_subtree.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/hash_lines.h"

static const char SUBTREE[] = "subtree ";

_Static_assert(SIGN_SUBTREE_HASHES_MAX + 1 <= PROOF_HASHES_MAX,
               "the hash of the part is read like one of the proof");

void sign_subtree_append(struct buf *out, const struct sign_subtree *request)
{
    struct proof lines = {.count = request->proof.count + 1};

    CHECK(request->proof.count <= SIGN_SUBTREE_HASHES_MAX);
    lines.hashes[0] = request->hash;
    for (size_t i = 0; i < request->proof.count; i++)
        lines.hashes[i + 1] = request->proof.hashes[i];
    buf_append_format(out, "%s%" PRIu64 " %" PRIu64 "\n", SUBTREE, request->range.begin,
                      request->range.end);
    hash_lines_append(out, &lines);
    buf_append_bytes(out, request->checkpoint);
}

static bool parse_range(struct entry_range *out, struct bytes line)
{
    struct bytes keyword = bytes_of_text(SUBTREE);
    struct bytes begin;
    struct bytes rest;

    if (!bytes_start_with(line, keyword))
        return false;
    rest = bytes_slice(line, keyword.len, line.len);
    return text_split(&rest, &begin, ' ') && text_parse_uint(&out->begin, begin, TREE_SIZE_MAX) &&
           text_parse_uint(&out->end, rest, TREE_SIZE_MAX);
}

bool sign_subtree_parse(struct sign_subtree *out, struct bytes body, struct err *err)
{
    struct proof lines;
    struct bytes rest = body;
    struct bytes line;

    *out = (struct sign_subtree){0};
    if (body.len > SIGN_SUBTREE_LEN_MAX)
        return err_set(err, ERR_INVALID, "more than %d bytes", SIGN_SUBTREE_LEN_MAX);
    if (!text_split(&rest, &line, '\n') || !parse_range(&out->range, line))
        return err_set(err, ERR_INVALID,
                       "the first line is not \"subtree\" and two canonical decimals");
    if (!hash_lines_parse(&lines, &rest, err))
        return false;
    if (lines.count == 0)
        return err_set(err, ERR_INVALID, "no hash of the subtree");
    out->hash = lines.hashes[0];
    out->proof.count = lines.count - 1;
    for (size_t i = 0; i < out->proof.count; i++)
        out->proof.hashes[i] = lines.hashes[i + 1];
    out->checkpoint = rest;
    return true;
}
