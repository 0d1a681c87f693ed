#include "schemas/tlog_proof.h"

#include <inttypes.h>

#include "base/text.h"
#include "schemas/hash_lines.h"

static const char FIRST_LINE[] = "c2sp.org/tlog-proof@v1";

void tlog_proof_append(struct buf *out, const struct tlog_proof *proof)
{
    buf_append_format(out, "%s\n", FIRST_LINE);
    if (proof->extra.len > 0) {
        buf_append_text(out, "extra ");
        buf_append_bytes(out, proof->extra);
        buf_append_byte(out, '\n');
    }
    buf_append_format(out, "index %" PRIu64 "\n", proof->index);
    hash_lines_append(out, &proof->proof);
    buf_append_bytes(out, proof->checkpoint);
}

/* Whether line is "keyword value"; value is then what follows the space. */
static bool match_keyword(struct bytes *out_value, struct bytes line, const char *keyword)
{
    struct bytes prefix = bytes_of_text(keyword);

    if (!bytes_start_with(line, prefix))
        return false;
    *out_value = bytes_slice(line, prefix.len, line.len);
    return true;
}

static bool is_base64(struct bytes text)
{
    struct buf decoded = {0};
    bool ok = text.len > 0 && text_parse_base64(&decoded, text);

    buf_cleanup(&decoded);
    return ok;
}

bool tlog_proof_parse(struct tlog_proof *out, struct bytes text, struct err *err)
{
    struct bytes rest = text;
    struct bytes line;
    struct bytes value;

    out->extra = (struct bytes){0};
    if (text.len > TLOG_PROOF_LEN_MAX)
        return err_set(err, ERR_INVALID, "a proof of more than %d bytes", TLOG_PROOF_LEN_MAX);
    if (!text_split(&rest, &line, '\n') || !bytes_equal_text(line, FIRST_LINE))
        return err_set(err, ERR_INVALID, "the first line is not %s", FIRST_LINE);
    text_split(&rest, &line, '\n');
    if (match_keyword(&value, line, "extra ")) {
        if (!is_base64(value))
            return err_set(err, ERR_INVALID, "the extra data is not canonical base64");
        out->extra = value;
        text_split(&rest, &line, '\n');
    }
    if (!match_keyword(&value, line, "index ") ||
        !text_parse_uint(&out->index, value, TREE_SIZE_MAX - 1))
        return err_set(err, ERR_INVALID, "no index line with a canonical decimal");
    if (!hash_lines_parse(&out->proof, &rest, err))
        return false;
    if (rest.len == 0)
        return err_set(err, ERR_INVALID, "no checkpoint");
    out->checkpoint = rest;
    return true;
}
