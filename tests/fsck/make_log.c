/*
 * usage: make_log DIRECTORY evidence|opaque ENTRIES
 *
 * Writes a log as vouchd would, in commits of changing sizes, from the number of entries alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "schemas/checkpoint.h"
#include "schemas/statement.h"
#include "server/store/store_leveldb.h"
#include "server/tlog/head_file.h"
#include "server/tlog/tlog.h"
#include "tests/support/sample_records.h"

enum { BATCH_MAX = 300 };

#define ORIGIN "fsck.example/log"

struct maker {
    const char *directory;
    enum log_kind kind;
    struct signer *checkpoint;
    struct signer *receipt;
    struct signer *log;
    struct signer *issuer;
    struct store *store;
    struct head_cell *cell;
    struct tlog *tlog;
    uint64_t made;
};

static uint64_t fixed_unix_ms(struct clock *clock)
{
    (void)clock;
    return 1790000000000;
}

static struct clock fixed_clock = {.unix_ms = fixed_unix_ms};

static bool make_key(struct signer **out, enum key_type type, struct err *err)
{
    struct buf pem = {0};
    bool ok = signer_generate(out, &pem, type, err);

    buf_cleanup(&pem);
    return ok;
}

static bool write_vkey(const struct maker *maker, struct err *err)
{
    char *keys = mem_format("%s/keys", maker->directory);
    char *path = mem_format("%s/checkpoint.vkey", keys);
    struct note_verifier verifier;
    struct buf text = {0};
    bool ok = note_verifier_init(&verifier, ORIGIN, NOTE_TYPE_ED25519,
                                 maker->checkpoint->public_key, err);

    if (ok) {
        note_verifier_append(&text, &verifier);
        buf_append_byte(&text, '\n');
        ok = mkdir(keys, 0700) == 0 && file_create_durable(path, bytes_of_buf(&text), 0644, err);
        note_verifier_cleanup(&verifier);
    }
    buf_cleanup(&text);
    free(path);
    free(keys);
    return ok;
}

static bool create(struct maker *maker, struct err *err)
{
    char *data = mem_format("%s/data", maker->directory);
    char *head_path = mem_format("%s/head", maker->directory);
    struct store_leveldb_options options = {
        .directory = data, .cache_bytes = 1 << 20, .write_buffer_bytes = 1 << 20};
    struct store_identity_card card = {.origin = ORIGIN, .kind = maker->kind};
    struct store_head head;
    struct head_mark mark;
    bool ok = tlog_first_head(&head, ORIGIN, maker->checkpoint, 1, err);

    card.checkpoint_key = *public_key_thumbprint(maker->checkpoint->public_key);
    mark = (struct head_mark){.epoch = head.epoch, .size = head.size, .root = head.root};
    ok = ok && store_leveldb_create(data, &card, &head, err) &&
         head_file_create(head_path, &mark, err) && write_vkey(maker, err) &&
         store_leveldb_open(&maker->store, &options, err) &&
         head_file_open(&maker->cell, head_path, err);
    free(head_path);
    free(data);
    return ok;
}

/* Entry number n: a small record, a large one sometimes. */
static bool append_entry(struct maker *maker, struct buf *out, struct err *err)
{
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_RECORDS,
                                      .issuer = "issuer.example",
                                      .issued_at_s = 1790000000};
    size_t len = maker->made % 97 == 0 ? 20000 : maker->made % 53;
    struct buf record = {0};
    bool ok = true;

    sample_record_append_lone(&record, claims.issuer, maker->made, fixed_unix_ms(NULL), len);
    if (maker->kind == LOG_OPAQUE)
        buf_append_bytes(out, bytes_of_buf(&record));
    else
        ok = statement_sign(out, maker->issuer, &claims, bytes_of_buf(&record), err);
    buf_cleanup(&record);
    maker->made++;
    return ok;
}

static bool commit_batch(struct maker *maker, size_t count, struct err *err)
{
    struct tlog_submission *submissions = mem_alloc_array(count, sizeof(*submissions));
    struct tlog_submission **pointers = mem_alloc_array(count, sizeof(struct tlog_submission *));
    struct buf *entries = mem_alloc_array(count, sizeof(*entries));
    struct problem problem = {0};
    struct statement statement;
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        ok = append_entry(maker, &entries[i], err);
        submissions[i].entry = bytes_of_buf(&entries[i]);
        hash_leaf(&submissions[i].leaf_hash, submissions[i].entry);
        submissions[i].identity = submissions[i].leaf_hash;
        if (ok && maker->kind == LOG_EVIDENCE) {
            ok = statement_decode(&statement, submissions[i].entry, &problem) ||
                 err_set(err, ERR_INVALID, "%s", problem.detail);
            submissions[i].identity = statement.sid;
        }
        pointers[i] = &submissions[i];
    }
    ok = ok && tlog_commit(maker->tlog, pointers, count, err);
    for (size_t i = 0; i < count; i++)
        buf_cleanup(&entries[i]);
    free(entries);
    free(pointers);
    free(submissions);
    return ok;
}

static bool make(struct maker *maker, uint64_t entries, struct err *err)
{
    struct tlog_options options = {.clock = &fixed_clock, .origin = ORIGIN, .kind = maker->kind};
    bool ok = make_key(&maker->checkpoint, KEY_ED25519, err) &&
              make_key(&maker->receipt, KEY_P256, err) && make_key(&maker->log, KEY_P256, err) &&
              make_key(&maker->issuer, KEY_P256, err) && create(maker, err);

    options.store = maker->store;
    options.head_cell = maker->cell;
    options.checkpoint_signer = maker->checkpoint;
    options.receipt_signer = maker->receipt;
    options.log_signer = maker->log;
    ok = ok && tlog_open(&maker->tlog, &options, err);
    while (ok && maker->made < entries) {
        uint64_t left = entries - maker->made;
        uint64_t size = maker->made * 7 % BATCH_MAX + 1;

        ok = commit_batch(maker, (size_t)(size < left ? size : left), err);
    }
    tlog_close(maker->tlog);
    if (maker->cell != NULL)
        maker->cell->close(maker->cell);
    store_close(maker->store);
    signer_close(maker->checkpoint);
    signer_close(maker->receipt);
    signer_close(maker->log);
    signer_close(maker->issuer);
    return ok;
}

int main(int argc, char **argv)
{
    struct maker maker = {0};
    struct err err = {0};

    if (argc != 4) {
        fputs("usage: make_log DIRECTORY evidence|opaque ENTRIES\n", stderr);
        return 2;
    }
    maker.directory = argv[1];
    maker.kind = strcmp(argv[2], "opaque") == 0 ? LOG_OPAQUE : LOG_EVIDENCE;
    if (!make(&maker, strtoull(argv[3], NULL, 10), &err)) {
        fprintf(stderr, "make_log: %s\n", err.text);
        return 1;
    }
    return 0;
}
