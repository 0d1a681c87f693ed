#include "schemas/anchor_file.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "merkle/node.h"

static const char FIRST_LINE[] = "vouch/anchor/v1\n";

static const char *const KIND_NAMES[ANCHOR_KIND_COUNT] = {
    [ANCHOR_OBJECT_STORE] = "object-store",
    [ANCHOR_RFC3161] = "rfc3161",
    [ANCHOR_OTHER_LOG] = "other-log",
};

const char *anchor_kind_name(enum anchor_kind kind)
{
    CHECK(kind < ANCHOR_KIND_COUNT);
    return KIND_NAMES[kind];
}

bool anchor_kind_find(enum anchor_kind *out, struct bytes name)
{
    for (*out = 0; *out < ANCHOR_KIND_COUNT; (*out)++) {
        if (bytes_equal_text(name, KIND_NAMES[*out]))
            return true;
    }
    return false;
}

/* It becomes part of file names. */
bool anchor_target_is_valid(struct bytes name)
{
    bool has_other_than_dot = false;

    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];

        if (byte >= 0x80 || (!isalnum(byte) && byte != '.' && byte != '_' && byte != '-'))
            return false;
        has_other_than_dot = has_other_than_dot || byte != '.';
    }
    return has_other_than_dot && name.len <= ANCHOR_TARGET_LEN_MAX;
}

bool anchor_location_is_valid(struct bytes location)
{
    for (size_t i = 0; i < location.len; i++) {
        if (location.data[i] <= 0x20 || location.data[i] >= 0x7f)
            return false;
    }
    return location.len > 0 && location.len <= ANCHOR_LOCATION_LEN_MAX;
}

bool anchor_file_name_parse(struct anchor_file_name *out, const char *file_name)
{
    static const char ENDING[] = ".anchor";
    const char *hyphen = strrchr(file_name, '-');
    size_t len = strlen(file_name);
    struct bytes target;
    struct bytes size;

    if (hyphen == NULL || len < strlen(ENDING) ||
        strcmp(file_name + len - strlen(ENDING), ENDING) != 0)
        return false;
    target = bytes_of(file_name, (size_t)(hyphen - file_name));
    size = bytes_of(hyphen + 1, len - strlen(ENDING) - target.len - 1);
    *out = (struct anchor_file_name){0};
    if (!anchor_target_is_valid(target) || !text_parse_uint(&out->size, size, TREE_SIZE_MAX - 1))
        return false;
    memcpy(out->target, target.data, target.len);
    return true;
}

bool anchor_file_begins(struct bytes text)
{
    return bytes_start_with(text, bytes_of_text(FIRST_LINE));
}

void anchor_file_append(struct buf *out, const struct anchor_file *file)
{
    CHECK(anchor_target_is_valid(file->target) && anchor_location_is_valid(file->location));
    buf_append_format(out, "%skind %s\ntarget ", FIRST_LINE, anchor_kind_name(file->kind));
    buf_append_bytes(out, file->target);
    buf_append_text(out, "\nlocation ");
    buf_append_bytes(out, file->location);
    buf_append_format(out, "\ntime %" PRIu64 "\n", file->time_ms);
    if (file->proof.len > 0) {
        buf_append_text(out, "proof ");
        text_append_base64(out, bytes_of_buf(&file->proof));
        buf_append_byte(out, '\n');
    }
    buf_append_byte(out, '\n');
    buf_append_bytes(out, file->note);
}

/* ---- reading ---- */

/* The value of the next line, which begins with that word. */
static bool next_value(struct bytes *out, struct bytes *rest, const char *word, struct err *err)
{
    struct bytes line;
    struct bytes name;

    if (!text_split(rest, &line, '\n') || !text_split(&line, &name, ' ') ||
        !bytes_equal_text(name, word))
        return err_set(err, ERR_INVALID, "a line \"%s\" of the anchor is missing", word);
    *out = line;
    return true;
}

static bool parse_lines(struct anchor_file *out, struct bytes *rest, struct err *err)
{
    struct bytes value;

    if (!next_value(&value, rest, "kind", err))
        return false;
    if (!anchor_kind_find(&out->kind, value))
        return err_set(err, ERR_INVALID, "an anchor of an unknown kind");
    if (!next_value(&out->target, rest, "target", err))
        return false;
    if (!anchor_target_is_valid(out->target))
        return err_set(err, ERR_INVALID, "the name of the anchor's target is not one");
    if (!next_value(&out->location, rest, "location", err))
        return false;
    if (!anchor_location_is_valid(out->location))
        return err_set(err, ERR_INVALID, "the location of the anchor is not one");
    if (!next_value(&value, rest, "time", err))
        return false;
    return text_parse_uint(&out->time_ms, value, INT64_MAX) ||
           err_set(err, ERR_INVALID, "the time of the anchor is not a canonical decimal");
}

static bool parse_proof(struct anchor_file *out, struct bytes *rest, struct err *err)
{
    struct bytes value;

    if (!bytes_start_with(*rest, bytes_of_text("proof ")))
        return out->kind == ANCHOR_OBJECT_STORE ||
               err_set(err, ERR_INVALID, "an anchor of this kind has a proof");
    if (!next_value(&value, rest, "proof", err))
        return false;
    if (!text_parse_base64(&out->proof, value) || out->proof.len == 0)
        return err_set(err, ERR_INVALID, "the proof of the anchor is not base64");
    return out->proof.len <= ANCHOR_PROOF_LEN_MAX ||
           err_set(err, ERR_INVALID, "a proof of more than %d bytes", ANCHOR_PROOF_LEN_MAX);
}

static bool parse_note(struct anchor_file *out, struct bytes rest, struct err *err)
{
    struct note note;

    if (rest.len == 0 || rest.data[0] != '\n')
        return err_set(err, ERR_INVALID, "no empty line is before the head");
    out->note = bytes_slice(rest, 1, rest.len);
    return (note_parse(&note, out->note, err) &&
            checkpoint_parse_text(&out->head, note.text, err)) ||
           err_wrap(err, "the head");
}

bool anchor_file_parse(struct anchor_file *out, struct bytes text, struct err *err)
{
    struct bytes rest = text;

    *out = (struct anchor_file){0};
    if (text.len > ANCHOR_FILE_LEN_MAX)
        return err_set(err, ERR_INVALID, "an anchor of more than %d bytes", ANCHOR_FILE_LEN_MAX);
    if (!anchor_file_begins(text))
        return err_set(err, ERR_INVALID, "the first line is not that of an anchor");
    rest = bytes_slice(rest, strlen(FIRST_LINE), rest.len);
    if (parse_lines(out, &rest, err) && parse_proof(out, &rest, err) && parse_note(out, rest, err))
        return true;
    anchor_file_cleanup(out);
    return false;
}

void anchor_file_cleanup(struct anchor_file *file)
{
    buf_cleanup(&file->proof);
    *file = (struct anchor_file){0};
}
