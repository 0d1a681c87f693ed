#include "server/anchoring/anchor_target.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "client/fetch/outside_url.h"
#include "client/fetch/post.h"
#include "schemas/timestamp.h"

enum { SECRET_LEN_MAX = 4096 };

/* Members of anchor_options that not every kind has. */
enum {
    HAS_PATH = 1,
    HAS_URL = 2,
    HAS_SECRET = 4,
    HAS_TOKEN = 8,
    HAS_CA = 16,
    HAS_VKEY = 32,
    HAS_ISSUER = 64,
};

struct anchor_target_kind {
    const char *name;
    unsigned members;
    enum anchor_kind proof;
    bool (*give)(struct anchor_success *out, const struct anchor_attempt *attempt,
                 struct err *err);
};

static const struct anchor_target_kind KINDS[] = {
    {"directory", HAS_PATH, ANCHOR_OBJECT_STORE, anchor_to_directory},
    {"put", HAS_URL | HAS_TOKEN, ANCHOR_OBJECT_STORE, anchor_by_put},
    {"webhook", HAS_URL | HAS_SECRET, ANCHOR_OBJECT_STORE, anchor_by_webhook},
    {"rfc3161", HAS_URL | HAS_CA, ANCHOR_RFC3161, anchor_by_timestamp},
    {"log", HAS_URL | HAS_VKEY, ANCHOR_OTHER_LOG, anchor_in_log},
    {"evidence-log", HAS_URL | HAS_VKEY | HAS_ISSUER, ANCHOR_OTHER_LOG, anchor_in_evidence_log},
};

const struct anchor_target_kind *anchor_target_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    }
    return NULL;
}

enum anchor_kind anchor_target_proof_kind(const struct anchor_target_kind *kind)
{
    return kind->proof;
}

/* ---- what is configured ---- */

static bool check_members(const struct anchor_options *options, unsigned members, struct err *err)
{
    const struct {
        const char *name;
        const char *value;
        unsigned bit;
        bool is_optional;
    } rows[] = {
        {"path", options->path, HAS_PATH, false},
        {"url", options->url, HAS_URL, false},
        {"secret_file", options->secret_file, HAS_SECRET, false},
        {"token_file", options->token_file, HAS_TOKEN, true},
        {"ca_file", options->ca_file, HAS_CA, false},
        {"vkey", options->vkey, HAS_VKEY, false},
        {"issuer", options->issuer, HAS_ISSUER, false},
        {"issuer_key_file", options->issuer_key_file, HAS_ISSUER, false},
        {"tenant", options->tenant, HAS_ISSUER, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_wanted = (members & rows[i].bit) != 0;

        if (rows[i].value != NULL && !is_wanted)
            return err_set(err, ERR_INVALID, "a target of kind \"%s\" has no \"%s\"",
                           options->kind, rows[i].name);
        if (rows[i].value == NULL && is_wanted && !rows[i].is_optional)
            return err_set(err, ERR_INVALID, "\"%s\" is missing", rows[i].name);
    }
    return true;
}

/* What a head is called there comes after it: "/", 19 digits, "-", 16 digits, ".checkpoint". */
enum { NAME_IN_PLACE_LEN_MAX = 48 };

static void append_place(struct buf *out, const struct anchor_options *options)
{
    if (options->path != NULL)
        text_append_percent(out, bytes_of_text(options->path), "/");
    else
        anchor_append_location(out, options->url);
}

/* Where a head went is part of the anchor, and of what the log says of it. */
static bool check_place(const struct anchor_options *options, struct err *err)
{
    struct buf place = {0};
    size_t len;

    append_place(&place, options);
    len = place.len;
    buf_cleanup(&place);
    return len + NAME_IN_PLACE_LEN_MAX <= ANCHOR_LOCATION_LEN_MAX ||
           err_set(err, ERR_INVALID, "\"%s\" has %zu bytes, escaped; at most %d fit an anchor",
                   options->path != NULL ? "path" : "url", len,
                   ANCHOR_LOCATION_LEN_MAX - NAME_IN_PLACE_LEN_MAX);
}

bool anchor_options_check(const struct anchor_options *options, struct err *err)
{
    const struct anchor_target_kind *kind;

    if (options->target == NULL || options->kind == NULL)
        return err_set(err, ERR_INVALID, "\"target\" and \"kind\" are needed");
    if (!anchor_target_is_valid(bytes_of_text(options->target)))
        return err_set(err, ERR_INVALID, "\"target\" has at most %d letters, digits and . _ -",
                       ANCHOR_TARGET_LEN_MAX);
    kind = anchor_target_kind_find(options->kind);
    if (kind == NULL)
        return err_set(err, ERR_INVALID,
                       "\"kind\" must be \"directory\", \"put\", \"webhook\", \"rfc3161\", "
                       "\"log\" or \"evidence-log\"");
    return check_members(options, kind->members, err) &&
           (options->url == NULL || outside_url_check(options->url, err)) &&
           check_place(options, err);
}

/* ---- its files ---- */

static void strip_line_end(struct buf *text)
{
    while (text->len > 0 && (text->data[text->len - 1] == '\n' || text->data[text->len - 1] == '\r'))
        text->len--;
}

static bool read_secret(struct buf *out, const char *path, size_t len_min, struct err *err)
{
    if (!file_read_private(out, path, SECRET_LEN_MAX, err))
        return false;
    strip_line_end(out);
    return out->len >= len_min ||
           err_set(err, ERR_INVALID, "%s: it has at least %zu bytes", path, len_min);
}

/* It goes into a header, where a line end would begin another one. */
static bool read_token(struct buf *out, const char *path, struct err *err)
{
    if (!read_secret(out, path, 1, err))
        return false;
    for (size_t i = 0; i < out->len; i++) {
        if (out->data[i] <= 0x20 || out->data[i] >= 0x7f)
            return err_set(err, ERR_INVALID, "%s: a token is printable, without spaces", path);
    }
    return true;
}

/* A signature that is always the same makes a statement that is sent again the same entry. */
static bool open_issuer(struct signer **out, const char *path, struct err *err)
{
    return signer_open_file(out, path, err) &&
           (public_key_type((*out)->public_key) == KEY_ED25519 ||
            err_set(err, ERR_INVALID, "%s: an Ed25519 key is needed", path));
}

static bool read_vkey(struct note_verifier *out, const char *vkey, struct err *err)
{
    return note_verifier_parse(out, bytes_of_text(vkey), err) || err_wrap(err, "vkey");
}

static bool read_files(struct anchor_target *out, struct err *err)
{
    const struct anchor_options *options = out->options;

    if (options->secret_file != NULL &&
        !read_secret(&out->secret, options->secret_file, POST_SECRET_LEN_MIN, err))
        return false;
    if (options->token_file != NULL && !read_token(&out->secret, options->token_file, err))
        return false;
    if (options->ca_file != NULL &&
        (!file_read(&out->ca, options->ca_file, TIMESTAMP_CA_FILE_LEN_MAX, err) ||
         !timestamp_check_ca(bytes_of_buf(&out->ca), err)))
        return err_wrap(err, "ca_file");
    return (options->vkey == NULL || read_vkey(&out->log, options->vkey, err)) &&
           (options->issuer_key_file == NULL ||
            open_issuer(&out->issuer, options->issuer_key_file, err));
}

bool anchor_target_open(struct anchor_target *out, const struct anchor_options *options,
                        struct err *err)
{
    *out = (struct anchor_target){.options = options};
    if (anchor_options_check(options, err)) {
        out->kind = anchor_target_kind_find(options->kind);
        if (read_files(out, err))
            return true;
    }
    anchor_target_close(out);
    return err_wrap(err, "anchors, %s", options->target == NULL ? "?" : options->target);
}

void anchor_target_close(struct anchor_target *target)
{
    if (target->secret.len > 0)
        explicit_bzero(target->secret.data, target->secret.len);
    buf_cleanup(&target->secret);
    buf_cleanup(&target->ca);
    note_verifier_cleanup(&target->log);
    signer_close(target->issuer);
    *target = (struct anchor_target){0};
}

bool anchor_targets_check(const struct anchor_options *options, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct anchor_target target;

        if (!anchor_target_open(&target, &options[i], err))
            return false;
        anchor_target_close(&target);
    }
    return true;
}

/* ---- one head ---- */

void anchor_success_cleanup(struct anchor_success *success)
{
    buf_cleanup(&success->location);
    buf_cleanup(&success->proof);
    buf_cleanup(&success->diverging);
}

bool anchor_target_give(struct anchor_success *out, const struct anchor_attempt *attempt,
                        struct err *err)
{
    if (!attempt->target->kind->give(out, attempt, err))
        return false;
    CHECK(anchor_location_is_valid(bytes_of_buf(&out->location)));
    return true;
}

void anchor_append_object_name(struct buf *out, const struct checkpoint *head)
{
    buf_append_format(out, "%" PRIu64 "-", head->size);
    text_append_hex(out, bytes_slice(hash_bytes(&head->root), 0, 8));
    buf_append_text(out, ".checkpoint");
}

void anchor_append_location(struct buf *out, const char *url)
{
    text_append_percent(out, bytes_of(url, strcspn(url, "?#")), ":/%[]@!$&'()*+,;=");
}
