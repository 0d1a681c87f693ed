#include "tools/load/lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "schemas/record_fields.h"
#include "schemas/statement.h"
#include "schemas/view.h"

enum { FILE_LEN_MAX = 1 << 28, PATH_LEN_MAX = 1024 };

/* Signs what a line says: one record, or an array of several. */
static bool append_said(const struct work *work, struct buf *out, const struct field *said,
                        struct err *err)
{
    const struct field *records = field_get(said, "records");
    const struct field *first = field_first(records);
    struct bytes name = field_text(field_get(said, "issuer"));
    char issuer[PATH_LEN_MAX];
    char path[PATH_LEN_MAX * 2];
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_RECORDS,
                                      .issuer = issuer,
                                      .issued_at_s = clock_unix_ms(clock_system()) / 1000};
    struct signer *signer = NULL;
    bool ok;

    if (first == NULL || name.len == 0 || name.len >= sizeof(issuer))
        return err_set(err, ERR_INVALID, "a line without issuer or records");
    snprintf(issuer, sizeof(issuer), "%.*s", (int)name.len, (const char *)name.data);
    snprintf(path, sizeof(path), "%s/%s.pem", work->options.keys_path, issuer);
    ok = signer_open_file(&signer, path, err) &&
         statement_sign(out, signer, &claims,
                        field_count(records) == 1 ? first->encoded : records->encoded, err);
    signer_close(signer);
    return ok;
}

static bool append_line(const struct work *work, struct buf *out, struct bytes line,
                        struct err *err)
{
    struct record_fields fields = {0};
    struct buf cbor = {0};
    bool ok = view_parse_json(&cbor, line, err) &&
              record_fields_read(&fields, bytes_of_buf(&cbor), err) &&
              append_said(work, out, fields.fields, err);

    record_fields_cleanup(&fields);
    buf_cleanup(&cbor);
    return ok;
}

/* Takes the next line off; false when there is none. */
static bool take_line(struct bytes *text, struct bytes *out)
{
    const uint8_t *end = text->len == 0 ? NULL : memchr(text->data, '\n', text->len);

    if (end == NULL)
        return false;
    *out = bytes_of(text->data, (size_t)(end - text->data));
    *text = bytes_slice(*text, out->len + 1, text->len);
    return true;
}

static void end_body(struct work *work)
{
    work->body_ends = mem_realloc_array(work->body_ends, work->body_count + 1,
                                        sizeof(*work->body_ends));
    work->body_ends[work->body_count++] = work->bodies.len;
}

static bool append_lines(struct work *work, struct bytes text, struct err *err)
{
    struct bytes line;

    work->options.count = 0;
    while (take_line(&text, &line)) {
        if (!append_line(work, &work->bodies, line, err))
            return err_wrap(err, "line %" PRIu64, work->options.count + 1);
        if (++work->options.count % work->options.statements == 0)
            end_body(work);
    }
    if (work->options.count % work->options.statements != 0)
        end_body(work);
    return true;
}

bool lines_prepare(struct work *work, struct err *err)
{
    const struct work_options *options = &work->options;
    struct buf text = {0};
    bool ok;

    if (options->lines_path == NULL || options->keys_path == NULL || options->connections != 1)
        return err_set(err, ERR_INVALID, "--lines and --keys and --connections 1 are needed");
    work->lanes = mem_alloc_array(options->connections, sizeof(*work->lanes));
    ok = file_read(&text, options->lines_path, FILE_LEN_MAX, err) &&
         append_lines(work, bytes_of_buf(&text), err);
    buf_cleanup(&text);
    return ok;
}
