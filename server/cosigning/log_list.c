#include "server/cosigning/log_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

static const char NETWORK_HEADER[] = "logs/v0";

/* One key of one log, as it stands in the file. */
struct row {
    struct hash id;
    const char *origin;
    const char *vkey;
    uint64_t requests_per_day;
    size_t line;
    size_t origin_at; /* among the texts that are kept */
    size_t vkey_at;
};

struct reader {
    struct row *rows;
    size_t count;
    size_t capacity;
    size_t line; /* of the file, from 1 */
    bool is_network_list;
};

static bool add_row(struct reader *reader, const char *vkey, struct err *err)
{
    struct note_verifier verifier = {0};
    struct row *row;
    bool ok = note_verifier_parse(&verifier, bytes_of_text(vkey), err);

    note_verifier_cleanup(&verifier);
    if (!ok)
        return false;
    if (reader->count == LOG_LIST_LOGS_MAX)
        return err_set(err, ERR_INVALID, "more than %d keys of logs", LOG_LIST_LOGS_MAX);
    if (reader->count == reader->capacity) {
        reader->capacity = reader->capacity * 2 + 16;
        reader->rows = mem_realloc_array(reader->rows, reader->capacity, sizeof(*reader->rows));
    }
    row = &reader->rows[reader->count++];
    *row = (struct row){.vkey = vkey, .line = reader->line};
    return true;
}

/* The word at *rest, made a string of its own; *rest becomes what follows. */
static char *take_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    char *end = word + strcspn(word, " \t");

    *rest = end;
    if (*end != 0) {
        *end = 0;
        *rest = end + 1;
    }
    return word;
}

static char *trimmed(char *text)
{
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        text[--len] = 0;
    return text;
}

/* A line about the log that the last vkey line began. */
static bool read_attribute(struct row *row, const char *word, const char *value, struct err *err)
{
    if (strcmp(word, "origin") == 0) {
        row->origin = strcmp(value, "none") == 0 ? NULL : value;
        return true;
    }
    if (strcmp(word, "qpd") == 0)
        return text_parse_uint(&row->requests_per_day, bytes_of_text(value), UINT32_MAX) ||
               err_set(err, ERR_INVALID, "qpd is not a decimal number");
    return strcmp(word, "bastion") == 0 || strcmp(word, "contact") == 0 ||
           err_set(err, ERR_INVALID, "a log has no \"%.32s\"", word);
}

static bool read_network_line(struct reader *reader, char *line, struct err *err)
{
    char *rest = line;
    char *word = take_word(&rest);
    char *value = trimmed(rest);

    if (strcmp(word, "vkey") == 0)
        return add_row(reader, value, err);
    if (reader->count == 0)
        return err_set(err, ERR_INVALID, "a log begins with its vkey");
    return read_attribute(&reader->rows[reader->count - 1], word, value, err);
}

/* Witnesses and the quorum are for those who verify. */
static bool read_policy_line(struct reader *reader, char *line, struct err *err)
{
    char *rest = line;
    char *word = take_word(&rest);

    if (strcmp(word, "log") == 0)
        return add_row(reader, take_word(&rest), err);
    return strcmp(word, "witness") == 0 || strcmp(word, "group") == 0 ||
           strcmp(word, "quorum") == 0 ||
           err_set(err, ERR_INVALID, "\"%.32s\" begins no line of a list of logs", word);
}

static bool read_line(struct reader *reader, char *line, struct err *err)
{
    line = trimmed(line);
    if (line[0] == 0 || line[0] == '#')
        return true;
    if (!reader->is_network_list && reader->count == 0 && strcmp(line, NETWORK_HEADER) == 0) {
        reader->is_network_list = true;
        return true;
    }
    return reader->is_network_list ? read_network_line(reader, line, err)
                                   : read_policy_line(reader, line, err);
}

static bool read_lines(struct reader *reader, char *text, struct err *err)
{
    while (text != NULL && text[0] != 0) {
        char *end = strchr(text, '\n');

        reader->line++;
        if (end != NULL)
            *end++ = 0;
        if (!read_line(reader, text, err))
            return err_wrap(err, "line %zu", reader->line);
        text = end;
    }
    return true;
}

/* A log's origin is the name of its key, where the list does not say otherwise. */
static struct bytes origin_of(const struct row *row)
{
    struct bytes rest = bytes_of_text(row->vkey);
    struct bytes name;

    if (row->origin != NULL)
        return bytes_of_text(row->origin);
    text_split(&rest, &name, '+');
    return name;
}

/* Texts move to memory that stays. Keys stay texts: parsed when needed, they take no memory. */
static bool keep_texts(struct reader *reader, struct buf *texts, struct err *err)
{
    for (size_t i = 0; i < reader->count; i++) {
        struct row *row = &reader->rows[i];
        struct bytes origin = origin_of(row);

        if (origin.len == 0 || origin.len > ORIGIN_LEN_MAX)
            return err_set(err, ERR_INVALID, "line %zu: an origin has 1 to %d bytes", row->line,
                           ORIGIN_LEN_MAX);
        row->origin_at = texts->len;
        buf_append_bytes(texts, origin);
        buf_append_byte(texts, 0);
        row->vkey_at = texts->len;
        buf_append_text(texts, row->vkey);
        buf_append_byte(texts, 0);
    }
    for (size_t i = 0; i < reader->count; i++) {
        struct row *row = &reader->rows[i];

        row->origin = (const char *)texts->data + row->origin_at;
        row->vkey = (const char *)texts->data + row->vkey_at;
        log_list_id(&row->id, row->origin);
    }
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    int order = memcmp(x->id.bytes, y->id.bytes, HASH_LEN);

    if (order != 0)
        return order;
    return x->line < y->line ? -1 : 1;
}

static bool add_key(struct listed_log *log, const struct row *row, struct err *err)
{
    for (size_t i = 0; i < log->vkey_count; i++) {
        if (strcmp(log->vkeys[i], row->vkey) == 0)
            return err_set(err, ERR_INVALID, "line %zu: %s is listed twice", row->line,
                           row->origin);
    }
    if (log->vkey_count == LOG_LIST_KEYS_MAX)
        return err_set(err, ERR_INVALID, "line %zu: %s has more than %d keys", row->line,
                       row->origin, LOG_LIST_KEYS_MAX);
    log->vkeys[log->vkey_count++] = row->vkey;
    if (row->requests_per_day != 0)
        log->requests_per_day = row->requests_per_day;
    return true;
}

static bool group_rows(struct log_list *list, struct reader *reader, struct err *err)
{
    if (reader->count > 0)
        qsort(reader->rows, reader->count, sizeof(*reader->rows), compare_rows);
    list->logs = mem_alloc_array(reader->count, sizeof(*list->logs));
    list->vkeys = mem_alloc_array(reader->count, sizeof(*list->vkeys));
    for (size_t i = 0; i < reader->count; i++) {
        const struct row *row = &reader->rows[i];
        struct listed_log *log = list->count == 0 ? NULL : &list->logs[list->count - 1];

        if (log == NULL || !hash_equal(&log->id, &row->id)) {
            log = &list->logs[list->count++];
            log->id = row->id;
            log->origin = row->origin;
            log->vkeys = &list->vkeys[i];
        }
        if (!add_key(log, row, err))
            return false;
    }
    return true;
}

static void log_list_free(struct snapshot *snapshot)
{
    struct log_list *list = (struct log_list *)snapshot;

    free(list->logs);
    free(list->vkeys);
    free(list->text);
    free(list);
}

bool log_list_parse(struct log_list **out, struct bytes text, struct err *err)
{
    struct log_list *list = mem_alloc(sizeof(*list));
    struct reader reader = {0};
    struct buf texts = {0};
    char *lines = mem_alloc(text.len + 1);
    bool ok;

    snapshot_init(&list->snapshot, log_list_free);
    if (text.len > 0)
        memcpy(lines, text.data, text.len);
    ok = strlen(lines) == text.len || err_set(err, ERR_INVALID, "the list has a zero byte");
    ok = ok && read_lines(&reader, lines, err) && keep_texts(&reader, &texts, err) &&
         group_rows(list, &reader, err);
    list->text = (char *)texts.data;
    free(lines);
    free(reader.rows);
    if (!ok) {
        snapshot_release(&list->snapshot);
        return false;
    }
    *out = list;
    return true;
}

bool log_list_load(struct log_list **out, const char *path, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(&text, path, LOG_LIST_LEN_MAX, err) &&
              (log_list_parse(out, bytes_of_buf(&text), err) || err_wrap(err, "%s", path));

    buf_cleanup(&text);
    return ok;
}

void log_list_id(struct hash *out, const char *origin)
{
    hash_sha256(out, bytes_of_text(origin));
}

static int compare_id(const void *key, const void *item)
{
    const struct hash *id = key;
    const struct listed_log *log = item;

    return memcmp(id->bytes, log->id.bytes, HASH_LEN);
}

struct listed_log *log_list_find(const struct log_list *list, const struct hash *id)
{
    if (list->count == 0)
        return NULL;
    return bsearch(id, list->logs, list->count, sizeof(*list->logs), compare_id);
}
