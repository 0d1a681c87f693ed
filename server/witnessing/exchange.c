#include "server/witnessing/exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "merkle/hash.h"
#include "schemas/add_checkpoint.h"
#include "server/tlog/tlog_read.h"

bool exchange_append_request(struct buf *out, struct store *store, uint64_t old_size,
                             const struct store_head *head, struct bytes checkpoint,
                             struct err *err)
{
    struct add_checkpoint request = {.old_size = old_size, .checkpoint = checkpoint};

    if (!tlog_read_consistency(store, &request.proof, old_size, head->size, err))
        return false;
    add_checkpoint_append(out, &request);
    return true;
}

/*
 * The checkpoint with the reply behind it is a note, as the specification suggests. An empty line
 * in the reply would move the end of its text.
 */
static bool parse_signed(struct note *out, struct bytes signed_text, struct bytes checkpoint,
                         struct err *err)
{
    struct note plain;

    if (!note_parse(&plain, checkpoint, err))
        return false;
    if (!note_parse(out, signed_text, err))
        return err_wrap(err, "the reply is no list of signatures");
    return out->text.len == plain.text.len ||
           err_set(err, ERR_INVALID, "the reply is no list of signatures: it has an empty line");
}

static bool take_signature(struct buf *out, const struct note_verifier *witness,
                           const struct note *note, struct err *err)
{
    uint64_t time_s = 0;
    size_t i;

    if (!note_find_signature(note, witness, &i))
        return err_set(err, ERR_REFUSED, "no signature by the key of the witness");
    if (!note_verify(note, witness, &time_s, NULL))
        return err_set(err, ERR_REFUSED, "the signature of the witness is wrong");
    if (time_s == 0)
        return err_set(err, ERR_REFUSED, "a cosignature without a time");
    buf_append_bytes(out, note_signature_line(note, i));
    return true;
}

bool exchange_take_cosignature(struct buf *out, const struct note_verifier *witness,
                               struct bytes checkpoint, struct bytes reply, struct err *err)
{
    struct buf signed_text = {0};
    struct note note;
    bool ok;

    buf_append_bytes(&signed_text, checkpoint);
    buf_append_bytes(&signed_text, reply);
    ok = parse_signed(&note, bytes_of_buf(&signed_text), checkpoint, err) &&
         take_signature(out, witness, &note, err);
    buf_cleanup(&signed_text);
    return ok;
}

bool exchange_parse_size(uint64_t *out, struct bytes reply, struct err *err)
{
    struct bytes rest = reply;
    struct bytes line;

    if (text_split(&rest, &line, '\n') && rest.len == 0 &&
        text_parse_uint(out, line, TREE_SIZE_MAX))
        return true;
    return err_set(err, ERR_INVALID, "a conflict without the size that the witness holds");
}

void exchange_format_path(char out[EXCHANGE_PATH_LEN], const char *origin)
{
    struct buf hex = {0};
    struct hash hash;

    hash_sha256(&hash, bytes_of_text(origin));
    text_append_hex(&hex, hash_bytes(&hash));
    snprintf(out, EXCHANGE_PATH_LEN, "%s/checkpoint", buf_text(&hex));
    buf_cleanup(&hex);
}
