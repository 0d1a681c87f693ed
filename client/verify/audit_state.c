#include "client/verify/audit_state.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static const char FIRST_LINE[] = "vouch-audit@v1";

void audit_state_append(struct buf *out, const struct audit *audit, struct bytes checkpoint)
{
    struct node_id ids[64];
    size_t count = frontier_plan(ids, audit->frontier.size);

    buf_append_format(out, "%s\nkind %s\nsize %" PRIu64 "\nseal ", FIRST_LINE,
                      audit_kind_name(audit->kind), audit->frontier.size);
    text_append_base64(out, hash_bytes(&audit->seal));
    buf_append_format(out, " %" PRIu64 " %" PRIu64 "\n", audit->sealed_size, audit->received_at_ms);
    for (size_t i = 0; i < count; i++) {
        text_append_base64(out, hash_bytes(&audit->frontier.nodes[ids[i].level]));
        buf_append_text(out, "\n");
    }
    buf_append_text(out, "\n");
    buf_append_bytes(out, checkpoint);
}

/* Every line ends with a newline, the last one too. */
static bool read_line(struct bytes *text, struct bytes *out, struct err *err)
{
    return text_split(text, out, '\n') || err_set(err, ERR_INVALID, "the text ends too early");
}

/* The line must begin with this word and a space; the rest of it is the answer. */
static bool read_word(struct bytes *text, struct bytes *out, const char *word, struct err *err)
{
    struct bytes prefix = bytes_of_text(word);
    struct bytes line;

    if (!read_line(text, &line, err))
        return false;
    if (!bytes_start_with(line, prefix) || line.len <= prefix.len || line.data[prefix.len] != ' ')
        return err_set(err, ERR_INVALID, "the line '%s' is missing", word);
    *out = bytes_slice(line, prefix.len + 1, line.len);
    return true;
}

static bool parse_hash(struct hash *out, struct bytes text, struct err *err)
{
    struct buf decoded = {0};
    bool ok = text_parse_base64(&decoded, text) && decoded.len == HASH_LEN;

    if (ok)
        memcpy(out->bytes, decoded.data, HASH_LEN);
    buf_cleanup(&decoded);
    return ok || err_set(err, ERR_INVALID, "'%.*s' is no hash in base64",
                         (int)(text.len > 60 ? 60 : text.len), (const char *)text.data);
}

static bool parse_kind(enum audit_kind *out, struct bytes text, struct err *err)
{
    for (int kind = AUDIT_UNKNOWN; kind <= AUDIT_OPAQUE; kind++) {
        if (bytes_equal_text(text, audit_kind_name((enum audit_kind)kind))) {
            *out = (enum audit_kind)kind;
            return true;
        }
    }
    return err_set(err, ERR_INVALID, "unknown kind of log");
}

static bool parse_seal(struct audit *out, struct bytes text, struct err *err)
{
    struct bytes hash;
    struct bytes size;

    text_split(&text, &hash, ' ');
    text_split(&text, &size, ' ');
    if (!text_parse_uint(&out->sealed_size, size, out->frontier.size) ||
        !text_parse_uint(&out->received_at_ms, text, UINT64_MAX))
        return err_set(err, ERR_INVALID, "the line 'seal' is wrong");
    return parse_hash(&out->seal, hash, err);
}

static bool parse_nodes(struct audit *out, uint64_t size, struct bytes *text, struct err *err)
{
    struct hash hashes[64];
    struct node_id ids[64];
    size_t count = frontier_plan(ids, size);
    struct bytes line;

    for (size_t i = 0; i < count; i++) {
        if (!read_line(text, &line, err) || !parse_hash(&hashes[i], line, err))
            return false;
    }
    if (!read_line(text, &line, err))
        return false;
    if (line.len != 0)
        return err_set(err, ERR_INVALID, "size %" PRIu64 " has %zu hashes", size, count);
    frontier_load(&out->frontier, size, hashes);
    return true;
}

static bool parse(struct audit *out, struct bytes *text, struct err *err)
{
    struct bytes line;
    struct bytes kind;
    struct bytes size_text;
    struct bytes seal;
    uint64_t size;

    if (!read_line(text, &line, err))
        return false;
    if (!bytes_equal_text(line, FIRST_LINE))
        return err_set(err, ERR_INVALID, "the first line is not %s", FIRST_LINE);
    if (!read_word(text, &kind, "kind", err) || !parse_kind(&out->kind, kind, err) ||
        !read_word(text, &size_text, "size", err))
        return false;
    if (!text_parse_uint(&size, size_text, TREE_SIZE_MAX))
        return err_set(err, ERR_INVALID, "the line 'size' is wrong");
    if (!read_word(text, &seal, "seal", err) || !parse_nodes(out, size, text, err))
        return false;
    return parse_seal(out, seal, err);
}

bool audit_state_parse(struct audit *out, struct bytes *out_checkpoint, struct bytes text,
                       struct err *err)
{
    if (!parse(out, &text, err))
        return err_wrap(err, "audit state");
    *out_checkpoint = text;
    return true;
}
