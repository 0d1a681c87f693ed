#include "client/decision/sequence.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "schemas/record.h"
#include "schemas/record_fields.h"
#include "schemas/statement.h"

static const char RECEIPT_ENDING[] = ".receipt";

static int is_receipt_name(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    size_t ending_len = strlen(RECEIPT_ENDING);

    return len > ending_len && strcmp(entry->d_name + len - ending_len, RECEIPT_ENDING) == 0;
}

static void take_record(uint64_t *next, const struct sequence *sequence,
                        const struct field *record)
{
    const char *stream = sequence->stream != NULL ? sequence->stream : "";
    uint64_t number = field_uint(field_get(record, "sequence_number"), UINT64_MAX);

    if (number != UINT64_MAX && number >= *next &&
        bytes_equal(field_text(field_get(record, "tenant")), sequence->tenant) &&
        bytes_equal_text(field_text(field_get(record, "stream")), stream))
        *next = number + 1;
}

/* A damaged file is no reason to stop: at worst the log names the right number. */
static void take_statement(uint64_t *next, const struct sequence *sequence, struct bytes message)
{
    struct record_fields fields = {0};
    struct problem problem = {0};
    struct record_reader reader;
    struct statement statement;
    struct err ignored = {0};
    struct record record;
    size_t count;

    if (!statement_decode_form(&statement, message, &problem) ||
        !bytes_equal(statement.issuer, sequence->issuer) ||
        !record_check_payload(statement.cose.payload, &count, &problem))
        return;
    reader = record_reader_of(statement.cose.payload);
    while (record_next(&reader, &record)) {
        if (record_fields_read(&fields, record.encoded, &ignored))
            take_record(next, sequence, fields.fields);
    }
    record_fields_cleanup(&fields);
}

static void take_file(uint64_t *next, const struct sequence *sequence, const char *directory,
                      const char *receipt_name)
{
    int stem_len = (int)(strlen(receipt_name) - strlen(RECEIPT_ENDING));
    char *path = mem_format("%s/%.*s.cose", directory, stem_len, receipt_name);
    struct buf content = {0};
    struct err ignored = {0};

    if (file_read(&content, path, STATEMENT_LEN_MAX, &ignored))
        take_statement(next, sequence, bytes_of_buf(&content));
    buf_cleanup(&content);
    free(path);
}

bool sequence_next(uint64_t *out, const struct sequence *sequence, const char *directory,
                   struct err *err)
{
    struct dirent **names = NULL;
    int count = scandir(directory, &names, is_receipt_name, NULL);

    *out = 0;
    for (int i = 0; i < count; i++) {
        take_file(out, sequence, directory, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return count >= 0 || err_set_errno(err, ERR_IO, errno, "read %s", directory);
}
