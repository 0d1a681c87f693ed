#include "client/run/openings_file.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

static void wipe(struct buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    buf_cleanup(buf);
}

/* ---- reading ---- */

/* What follows the name in its line; empty when no line begins with it. */
static struct bytes find_line(struct bytes content, const char *name)
{
    while (content.len > 0) {
        struct bytes line;
        struct bytes word;

        text_split(&content, &line, '\n');
        text_split(&line, &word, ' ');
        if (bytes_equal_text(word, name))
            return line;
    }
    return (struct bytes){0};
}

static bool check_same(struct bytes content, const char *name, const char *wanted, const char *path,
                       struct err *err)
{
    struct bytes found = find_line(content, name);

    if (bytes_equal_text(found, wanted == NULL ? "" : wanted))
        return true;
    return err_set(err, ERR_INVALID, "the document was imported before with another %s, \"%.*s\": %s",
                   name, (int)found.len, (const char *)found.data, path);
}

static bool read_seed(struct split_terms *terms, struct bytes text)
{
    struct buf seed = {0};
    bool ok = text_parse_base64url(&seed, text) && seed.len == RUN_SEED_LEN;

    if (ok)
        memcpy(terms->seed, seed.data, RUN_SEED_LEN);
    wipe(&seed);
    return ok;
}

static bool parse(struct split_terms *terms, struct bytes content, const char *path,
                  struct err *err)
{
    struct hash document;

    if (!check_same(content, "issuer", terms->issuer, path, err) ||
        !check_same(content, "tenant", terms->tenant, path, err))
        return false;
    if (!text_parse_hex(document.bytes, HASH_LEN, find_line(content, "document")) ||
        !hash_equal(&document, &terms->document) ||
        !text_parse_uint(&terms->made_at_ms, find_line(content, "made"), INT64_MAX) ||
        !read_seed(terms, find_line(content, "seed")))
        return err_set(err, ERR_INVALID, "%s is damaged: move it away to import the run anew", path);
    return true;
}

bool openings_file_read(struct split_terms *terms, const char *path, struct err *err)
{
    struct buf content = {0};
    bool ok = file_read_private(&content, path, OPENINGS_FILE_LEN_MAX, err) &&
              parse(terms, bytes_of_buf(&content), path, err);

    wipe(&content);
    return ok;
}

/* ---- writing ---- */

static void append_head(struct buf *out, const struct split_terms *terms,
                        const struct run_document *document)
{
    buf_append_text(out, "document ");
    text_append_hex(out, hash_bytes(&terms->document));
    buf_append_text(out, "\nrun ");
    text_append_uuid(out, bytes_of(document->run_id, RUN_ID_LEN));
    buf_append_format(out, "\nissuer %s\n", terms->issuer);
    if (terms->tenant != NULL)
        buf_append_format(out, "tenant %s\n", terms->tenant);
    buf_append_format(out, "made %" PRIu64 "\nseed ", terms->made_at_ms);
    text_append_base64url(out, bytes_of(terms->seed, RUN_SEED_LEN));
    buf_append_text(out, "\n");
}

static void append_opening(struct buf *out, const struct opening *opening)
{
    buf_append_format(out, "%s ", opening->path);
    text_append_base64url(out, bytes_of(opening->key, OPENING_KEY_LEN));
    buf_append_text(out, " ");
    text_append_hex(out, hash_bytes(&opening->commitment));
    buf_append_text(out, "\n");
}

bool openings_file_create(const char *path, const struct split_terms *terms,
                          const struct run_document *document, struct err *err)
{
    struct buf content = {0};
    bool ok;

    append_head(&content, terms, document);
    for (size_t i = 0; i < document->openings.count; i++)
        append_opening(&content, &document->openings.items[i]);
    ok = file_create_durable(path, bytes_of_buf(&content), 0600, err);
    wipe(&content);
    return ok;
}
