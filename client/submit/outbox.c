#include "client/submit/outbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "client/submit/packer.h"
#include "schemas/receipt.h"
#include "schemas/record.h"

enum { NUMBER_DIGITS = 8, STEM_LEN_MAX = 80 };

static const char STATEMENT_ENDING[] = ".cose";

char *outbox_path(const struct outbox *outbox, const char *name, const char *ending)
{
    return mem_format("%s/%s%s", outbox->directory, name, ending);
}

void outbox_item_free(struct outbox_item *item)
{
    free(item->name);
    free(item);
}

static bool lock(struct outbox *outbox, struct err *err)
{
    char *path = outbox_path(outbox, "lock", "");
    bool ok = true;

    outbox->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (outbox->lock_fd < 0)
        ok = err_set_errno(err, ERR_IO, errno, "create %s", path);
    else if (flock(outbox->lock_fd, LOCK_EX | LOCK_NB) != 0)
        ok = err_set(err, ERR_BUSY, "%s is in use by another submission", outbox->directory);
    free(path);
    return ok;
}

/* Marks the item's records as signed, and finds the lane of the first. */
static void remember_records(struct outbox *outbox, const struct statement *statement,
                             struct outbox_item *item)
{
    struct record_reader reader = record_reader_of(statement->cose.payload);
    struct record record;

    item->record_count = reader.count;
    for (size_t i = 0; record_next(&reader, &record); i++) {
        struct hash digest;

        if (i == 0)
            item->lane = packer_lane(outbox->stream, record.encoded);
        record_digest(&digest, statement->issuer, record.encoded);
        seen_add(&outbox->seen, &digest, item->was_refused ? item : NULL);
    }
}

/* A receipt that a power cut has emptied is none. */
static bool has_receipt(const struct outbox *outbox, const char *name)
{
    char *path = outbox_path(outbox, name, ".receipt");
    struct buf content = {0};
    struct receipt receipt;
    struct err ignored = {0};
    bool ok = file_read(&content, path, RECEIPT_LEN_MAX, &ignored) &&
              receipt_decode(&receipt, bytes_of_buf(&content), &ignored);

    buf_cleanup(&content);
    free(path);
    return ok;
}

static bool has_file(const struct outbox *outbox, const char *name, const char *ending)
{
    char *path = outbox_path(outbox, name, ending);
    bool exists = file_exists(path);

    free(path);
    return exists;
}

static bool read_statement(struct outbox *outbox, struct outbox_item *item, struct err *err)
{
    struct problem problem = {0};
    struct statement statement;
    struct buf content = {0};
    size_t record_count;
    bool ok = outbox_read(outbox, item, &content, err);

    if (ok && (!statement_decode(&statement, bytes_of_buf(&content), &problem) ||
               !record_check_payload(statement.cose.payload, &record_count, &problem)))
        ok = err_set(err, ERR_CORRUPT, "%s/%s%s is damaged (%s): move it away", outbox->directory,
                     item->name, STATEMENT_ENDING, problem.detail);
    if (ok) {
        item->len = content.len;
        item->sid = statement.sid;
        hash_leaf(&item->leaf_hash, bytes_of_buf(&content));
        remember_records(outbox, &statement, item);
    }
    buf_cleanup(&content);
    return ok;
}

/* A statement of an earlier run; one with a receipt is only remembered. */
static bool load_item(struct outbox *outbox, const char *file_name, struct err *err)
{
    size_t name_len = strlen(file_name) - strlen(STATEMENT_ENDING);
    struct outbox_item *item = mem_alloc(sizeof(*item));
    bool is_accepted;
    uint64_t number;

    item->name = mem_format("%.*s", (int)name_len, file_name);
    is_accepted = has_receipt(outbox, item->name);
    item->was_refused = !is_accepted && has_file(outbox, item->name, ".refused");
    if (!read_statement(outbox, item, err)) {
        outbox_item_free(item);
        return false;
    }
    number = strtoull(item->name, NULL, 10); /* 0 for names that are not ours */
    if (number >= outbox->next_number)
        outbox->next_number = number + 1;
    if (is_accepted) {
        outbox->accepted_count++;
        outbox_item_free(item);
        return true;
    }
    *outbox->last = item;
    outbox->last = &item->next;
    return true;
}

static int is_statement_name(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    size_t ending_len = strlen(STATEMENT_ENDING);

    return len > ending_len && strcmp(entry->d_name + len - ending_len, STATEMENT_ENDING) == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool load_all(struct outbox *outbox, struct err *err)
{
    struct dirent **names = NULL;
    int count = scandir(outbox->directory, &names, is_statement_name, compare_names);
    bool ok = count >= 0 || err_set_errno(err, ERR_IO, errno, "read %s", outbox->directory);

    for (int i = 0; i < count; i++) {
        ok = ok && load_item(outbox, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    return ok;
}

bool outbox_open(struct outbox *out, const char *directory, const char *stream, struct err *err)
{
    *out = (struct outbox){.directory_fd = -1, .lock_fd = -1, .stream = stream, .next_number = 1};
    out->directory = mem_copy_text(directory);
    out->last = &out->first;
    if (mkdir(directory, 0755) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "create directory %s", directory);
    out->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->directory_fd < 0)
        return err_set_errno(err, ERR_IO, errno, "open %s", directory);
    return lock(out, err) && load_all(out, err);
}

void outbox_close(struct outbox *outbox)
{
    while (outbox->first != NULL) {
        struct outbox_item *next = outbox->first->next;

        outbox_item_free(outbox->first);
        outbox->first = next;
    }
    seen_cleanup(&outbox->seen);
    if (outbox->lock_fd >= 0)
        close(outbox->lock_fd);
    if (outbox->directory_fd >= 0)
        close(outbox->directory_fd);
    free(outbox->directory);
}

bool outbox_sync(struct outbox *outbox, bool with_receipts, struct err *err)
{
    if (with_receipts && outbox->has_new_files && syncfs(outbox->directory_fd) != 0)
        return err_set_errno(err, ERR_IO, errno, "sync %s", outbox->directory);
    if (outbox->has_new_names && fsync(outbox->directory_fd) != 0)
        return err_set_errno(err, ERR_IO, errno, "sync %s", outbox->directory);
    outbox->has_new_names = false;
    outbox->has_new_files = outbox->has_new_files && !with_receipts;
    return true;
}

static bool write_file(const char *path, struct bytes content, bool synced, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok;

    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "create %s", path);
    ok = file_write_all(fd, content, err);
    if (ok && synced && fdatasync(fd) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "sync");
    close(fd);
    return ok || err_wrap(err, "%s", path);
}

/* Under its name the file is whole; synced: after a power cut as well. The lock keeps others out.
 */
static bool put_file(struct outbox *outbox, const char *name, const char *ending,
                     struct bytes content, bool synced, struct err *err)
{
    char *path = outbox_path(outbox, name, ending);
    char *temporary = mem_format("%s.tmp", path);
    bool ok = write_file(temporary, content, synced, err);

    if (ok && rename(temporary, path) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "rename to %s", path);
    outbox->has_new_names = true;
    outbox->has_new_files = outbox->has_new_files || !synced;
    free(temporary);
    free(path);
    return ok;
}

void outbox_append_stem(struct buf *out, const char *name)
{
    for (size_t len = 0; name[len] != '\0' && len < STEM_LEN_MAX; len++) {
        char c = name[len];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';

        buf_append_byte(out, ok ? (uint8_t)c : '_');
    }
}

bool outbox_add(struct outbox *outbox, struct outbox_item **out, struct bytes statement,
                const struct payload *payload, struct err *err)
{
    struct outbox_item *item = mem_alloc(sizeof(*item));
    struct problem problem = {0};
    struct statement decoded;
    struct buf stem = {0};

    CHECK(statement_decode(&decoded, statement, &problem)); /* we have just signed it */
    outbox_append_stem(&stem, payload->stem);
    item->name = mem_format("%0*" PRIu64 "%s%s", NUMBER_DIGITS, outbox->next_number++,
                            stem.len > 0 ? "-" : "", buf_text(&stem));
    buf_cleanup(&stem);
    item->lane = payload->lane;
    item->record_count = payload->record_count;
    item->len = statement.len;
    item->sid = decoded.sid;
    hash_leaf(&item->leaf_hash, statement);
    if (!put_file(outbox, item->name, STATEMENT_ENDING, statement, true, err)) {
        outbox_item_free(item);
        return false;
    }
    *out = item;
    return true;
}

bool outbox_read(const struct outbox *outbox, const struct outbox_item *item, struct buf *out,
                 struct err *err)
{
    char *path = outbox_path(outbox, item->name, STATEMENT_ENDING);
    bool ok = file_read(out, path, STATEMENT_LEN_MAX, err);

    free(path);
    return ok;
}

bool outbox_replace(struct outbox *outbox, const struct outbox_item *item, struct bytes statement,
                    struct err *err)
{
    return put_file(outbox, item->name, STATEMENT_ENDING, statement, true, err);
}

bool outbox_accept(struct outbox *outbox, const struct outbox_item *item, struct bytes receipt,
                   struct err *err)
{
    char *refused;

    if (!put_file(outbox, item->name, ".receipt", receipt, false, err))
        return false;
    if (item->was_refused) {
        refused = outbox_path(outbox, item->name, ".refused");
        unlink(refused);
        free(refused);
    }
    return true;
}

bool outbox_refuse(struct outbox *outbox, const struct outbox_item *item,
                   const struct problem *problem, struct err *err)
{
    struct buf json = {0};
    bool ok;

    problem_append_json(&json, problem);
    buf_append_text(&json, "\n");
    ok = put_file(outbox, item->name, ".refused", bytes_of_buf(&json), false, err);
    buf_cleanup(&json);
    return ok;
}

bool outbox_keep_keys(const struct outbox *outbox, struct bytes key_set, struct err *err)
{
    char *path = outbox_path(outbox, "scitt-keys", "");
    bool ok = file_write_durable(path, key_set, 0644, err);

    free(path);
    return ok;
}
