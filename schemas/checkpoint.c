#include "schemas/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "merkle/node.h"

bool origin_is_valid(const char *origin)
{
    struct bytes name = bytes_of_text(origin);

    return name.len <= ORIGIN_LEN_MAX && note_name_is_valid(name);
}

void checkpoint_append_text(struct buf *out, const struct checkpoint *checkpoint)
{
    buf_append_format(out, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
    text_append_base64(out, hash_bytes(&checkpoint->root));
    buf_append_byte(out, '\n');
}

bool checkpoint_sign(struct buf *out, const struct checkpoint *checkpoint, struct signer *signer,
                     struct err *err)
{
    const struct public_key *key = signer->public_key;
    uint8_t signature[SIGNATURE_LEN];
    size_t begin = out->len;
    struct bytes text;

    if (public_key_type(key) != KEY_ED25519)
        return err_set(err, ERR_INVALID, "checkpoints are signed with Ed25519 keys only");
    checkpoint_append_text(out, checkpoint);
    text = bytes_slice(bytes_of_buf(out), begin, out->len);
    if (!signer_sign(signer, signature, text, err)) {
        out->len = begin;
        return err_wrap(err, "sign checkpoint");
    }
    buf_append_byte(out, '\n');
    note_append_signature(out, checkpoint->origin,
                          note_key_id(checkpoint->origin, NOTE_TYPE_ED25519, key),
                          bytes_of(signature, sizeof(signature)));
    return true;
}

/* Any text without control characters is an origin in somebody else's log. */
static bool parse_origin(struct checkpoint *out, struct bytes line, struct err *err)
{
    if (line.len == 0 || line.len > ORIGIN_LEN_MAX)
        return err_set(err, ERR_INVALID, "the origin has 1 to %d bytes", ORIGIN_LEN_MAX);
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] < ' ')
            return err_set(err, ERR_INVALID, "the origin has a control character");
    }
    if (!text_is_utf8(line))
        return err_set(err, ERR_INVALID, "the origin is not UTF-8");
    memset(out->origin, 0, sizeof(out->origin));
    memcpy(out->origin, line.data, line.len);
    return true;
}

static bool parse_root(struct checkpoint *out, struct bytes line, struct err *err)
{
    struct buf root = {0};
    bool ok = text_parse_base64(&root, line) && root.len == HASH_LEN;

    if (ok)
        memcpy(out->root.bytes, root.data, HASH_LEN);
    else
        err_set(err, ERR_INVALID, "the root is not 32 bytes in canonical base64");
    buf_cleanup(&root);
    return ok;
}

bool checkpoint_parse_text(struct checkpoint *out, struct bytes text, struct err *err)
{
    struct bytes rest = text;
    struct bytes origin;
    struct bytes size;
    struct bytes root;
    struct bytes extension;

    if (!text_split(&rest, &origin, '\n') || !text_split(&rest, &size, '\n') ||
        !text_split(&rest, &root, '\n'))
        return err_set(err, ERR_INVALID, "a checkpoint has three lines at least");
    if (!parse_origin(out, origin, err))
        return false;
    if (!text_parse_uint(&out->size, size, TREE_SIZE_MAX))
        return err_set(err, ERR_INVALID, "the tree size is not a canonical decimal");
    if (!parse_root(out, root, err))
        return false;
    while (rest.len > 0) {
        if (!text_split(&rest, &extension, '\n') || extension.len == 0)
            return err_set(err, ERR_INVALID, "an extension line is empty or has no end");
    }
    return true;
}

bool checkpoint_open(struct checkpoint *out, struct bytes message, const struct note_verifier *log,
                     struct err *err)
{
    struct note note;

    if (!note_parse(&note, message, err) || !checkpoint_parse_text(out, note.text, err))
        return err_wrap(err, "checkpoint");
    if (strcmp(out->origin, log->name) != 0)
        return err_set(err, ERR_REFUSED, "checkpoint of %s, not of %s", out->origin, log->name);
    if (!note_verify(&note, log, NULL, NULL))
        return err_set(err, ERR_REFUSED, "checkpoint without a valid signature by %s", log->name);
    return true;
}
