#include "tests/support/log_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/statement.h"
#include "tests/support/sample_records.h"

enum { START_MS = 1700000000 };

static void must(bool ok, const struct err *err)
{
    if (ok)
        return;
    fprintf(stderr, "log fixture: %s\n", err->text);
    abort();
}

static struct signer *new_key(enum key_type type)
{
    struct signer *signer = NULL;
    struct buf pem = {0};
    struct err err = {0};

    must(signer_generate(&signer, &pem, type, &err), &err);
    buf_cleanup(&pem);
    return signer;
}

void log_keys_init(struct log_keys *keys)
{
    keys->checkpoint = new_key(KEY_ED25519);
    keys->receipt = new_key(KEY_P256);
    keys->log = new_key(KEY_P256);
    keys->issuer = new_key(KEY_P256);
}

void log_keys_cleanup(struct log_keys *keys)
{
    signer_close(keys->checkpoint);
    signer_close(keys->receipt);
    signer_close(keys->log);
    signer_close(keys->issuer);
    *keys = (struct log_keys){0};
}

struct memory_disk *log_disk_new(struct head_cell_memory *cell, enum log_kind kind,
                                 const char *origin, struct signer *checkpoint)
{
    struct store_identity_card card = {
        .kind = kind,
        .checkpoint_key = *public_key_thumbprint(checkpoint->public_key),
    };
    struct store_head head;
    struct err err = {0};

    snprintf(card.origin, sizeof(card.origin), "%s", origin);
    must(tlog_first_head(&head, origin, checkpoint, START_MS, &err), &err);
    head_cell_memory_init(cell);
    cell->state = HEAD_CELL_HOLDS;
    cell->mark = (struct head_mark){.epoch = head.epoch, .size = head.size, .root = head.root};
    return memory_disk_new(&card, &head);
}

void log_statement_append(struct buf *out, struct signer *issuer, uint64_t number,
                          size_t padding_len)
{
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS,
        .issuer = LOG_ISSUER,
        .issued_at_s = START_MS / 1000,
    };
    struct buf payload = {0};
    struct err err = {0};

    sample_record_append_lone(&payload, claims.issuer, number, START_MS, padding_len);
    must(statement_sign(out, issuer, &claims, bytes_of_buf(&payload), &err), &err);
    buf_cleanup(&payload);
}

void log_submission_init(struct tlog_submission *out, enum log_kind kind, struct bytes entry)
{
    struct statement statement;
    struct problem problem;

    *out = (struct tlog_submission){.entry = entry};
    hash_leaf(&out->leaf_hash, entry);
    out->identity = out->leaf_hash;
    if (kind == LOG_OPAQUE)
        return;
    CHECK(statement_decode(&statement, entry, &problem));
    out->identity = statement.sid;
    out->issuer = statement.issuer;
    out->audience = statement.audience;
    out->kid = statement.kid;
    out->payload = statement.cose.payload;
}

void log_fixture_init(struct log_fixture *fixture, enum log_kind kind)
{
    *fixture = (struct log_fixture){.kind = kind};
    log_keys_init(&fixture->keys);
    signer_failing_init(&fixture->checkpoint, fixture->keys.checkpoint);
    signer_failing_init(&fixture->receipt, fixture->keys.receipt);
    signer_failing_init(&fixture->log, fixture->keys.log);
    clock_fake_init(&fixture->clock, START_MS);
    fixture->disk =
        log_disk_new(&fixture->cell, kind, LOG_FIXTURE_ORIGIN, fixture->keys.checkpoint);
    fixture->options = (struct tlog_options){
        .head_cell = &fixture->cell.cell,
        .clock = &fixture->clock.clock,
        .origin = LOG_FIXTURE_ORIGIN,
        .kind = kind,
        .checkpoint_signer = &fixture->checkpoint.signer,
        .receipt_signer = kind == LOG_EVIDENCE ? &fixture->receipt.signer : NULL,
        .log_signer = kind == LOG_EVIDENCE ? &fixture->log.signer : NULL,
    };
    log_fixture_reopen(fixture);
}

void log_fixture_cleanup(struct log_fixture *fixture)
{
    log_fixture_close(fixture);
    memory_disk_free(fixture->disk);
    log_keys_cleanup(&fixture->keys);
}

void log_fixture_close(struct log_fixture *fixture)
{
    tlog_close(fixture->tlog);
    store_close(fixture->store);
    fixture->tlog = NULL;
    fixture->store = NULL;
}

bool log_fixture_open(struct log_fixture *fixture, struct err *err)
{
    if (fixture->store == NULL)
        fixture->store = store_faulty_new_take(store_memory_open(fixture->disk));
    fixture->options.store = fixture->store;
    return tlog_open(&fixture->tlog, &fixture->options, err);
}

void log_fixture_reopen(struct log_fixture *fixture)
{
    struct err err = {0};

    log_fixture_close(fixture);
    must(log_fixture_open(fixture, &err), &err);
}

/* Pointers into arrays that grow: set again after each growth. */
static struct tlog_submission *extend(struct log_batch *batch, struct buf entry)
{
    size_t count = ++batch->count;

    batch->entries = mem_realloc_array(batch->entries, count, sizeof(*batch->entries));
    batch->submissions = mem_realloc_array(batch->submissions, count, sizeof(*batch->submissions));
    batch->pointers = mem_realloc_array(batch->pointers, count, sizeof(*batch->pointers));
    for (size_t i = 0; i < count; i++)
        batch->pointers[i] = &batch->submissions[i];
    batch->entries[count - 1] = entry;
    return &batch->submissions[count - 1];
}

void log_batch_add(struct log_batch *batch, const struct log_fixture *fixture, uint64_t number)
{
    struct buf entry = {0};

    if (fixture->kind == LOG_EVIDENCE)
        log_statement_append(&entry, fixture->keys.issuer, number, 0);
    else
        buf_append_format(&entry, "entry %llu", (unsigned long long)number);
    log_submission_init(extend(batch, entry), fixture->kind, bytes_of_buf(&entry));
}

void log_batch_add_copy(struct log_batch *batch, const struct log_batch *from, size_t position)
{
    const struct tlog_submission *original = &from->submissions[position];
    enum log_kind kind = original->issuer.len > 0 ? LOG_EVIDENCE : LOG_OPAQUE;
    struct buf entry = {0};

    buf_append_bytes(&entry, original->entry);
    log_submission_init(extend(batch, entry), kind, bytes_of_buf(&entry));
}

void log_batch_add_range(struct log_batch *batch, const struct log_fixture *fixture, uint64_t begin,
                         uint64_t end)
{
    for (uint64_t number = begin; number < end; number++)
        log_batch_add(batch, fixture, number);
}

bool log_batch_commit(struct log_batch *batch, struct log_fixture *fixture, struct err *err)
{
    return tlog_commit(fixture->tlog, batch->pointers, batch->count, err);
}

void log_batch_cleanup(struct log_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        buf_cleanup(&batch->entries[i]);
    free(batch->entries);
    free(batch->submissions);
    free(batch->pointers);
    *batch = (struct log_batch){0};
}

void log_fixture_commit(struct log_fixture *fixture, uint64_t begin, uint64_t end)
{
    struct log_batch batch = {0};
    struct err err = {0};

    log_batch_add_range(&batch, fixture, begin, end);
    must(log_batch_commit(&batch, fixture, &err), &err);
    log_batch_cleanup(&batch);
}

static int set_up_kind(void **state, enum log_kind kind)
{
    struct log_fixture *fixture = mem_alloc(sizeof(*fixture));

    log_fixture_init(fixture, kind);
    *state = fixture;
    return 0;
}

int log_fixture_set_up_evidence(void **state)
{
    return set_up_kind(state, LOG_EVIDENCE);
}

int log_fixture_set_up_opaque(void **state)
{
    return set_up_kind(state, LOG_OPAQUE);
}

int log_fixture_tear_down(void **state)
{
    log_fixture_cleanup(*state);
    free(*state);
    return 0;
}
