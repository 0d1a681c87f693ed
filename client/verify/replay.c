#include "client/verify/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/verify/log_key_list.h"
#include "schemas/record.h"
#include "schemas/rules/readmission.h"
#include "schemas/rules/tables.h"

enum { KEY_CACHE_KEYS = 256 }; /* a power of two */

/* An issuer's key as OpenSSL wants it, so that it is made once and not for each statement. */
struct cached_key {
    struct public_key *key; /* NULL: an empty place */
};

struct replay {
    const struct record_schema *schema;
    struct readmission readmission;
    struct log_key_list log_keys;
    struct cached_key cache[KEY_CACHE_KEYS]; /* by the first byte of the key id */
    struct record_fields fields;
    /* The commit whose seal has not come yet. */
    struct buf entries; /* one after the other */
    size_t *ends;       /* of each in entries */
    size_t entry_count;
    size_t entry_capacity;
    struct replay_counts counts;
    uint64_t *flags_of_rule;
    bool has_base; /* changes are kept over commits, for the caller to take */
    enum audit_fault fault;
    const struct excuses *excuses; /* NULL: none */
    replayed_fn show; /* NULL: nobody looks */
    void *show_context;
};

static struct replay *new_over(const struct record_schema *schema, struct facts_base *base)
{
    struct replay *replay = mem_alloc(sizeof(*replay));

    replay->schema = schema;
    replay->has_base = base != NULL;
    readmission_init(&replay->readmission, base);
    replay->flags_of_rule = mem_alloc_array(rule_count(), sizeof(*replay->flags_of_rule));
    return replay;
}

struct replay *replay_new(const struct record_schema *schema)
{
    return new_over(schema, NULL);
}

struct replay *replay_resume(const struct record_schema *schema, struct facts_base *base,
                             struct bytes log_keys, struct err *err)
{
    struct replay *replay = new_over(schema, base);

    if (log_key_list_parse(&replay->log_keys, log_keys, err))
        return replay;
    replay_free(replay);
    return NULL;
}

void replay_append_log_keys(struct buf *out, const struct replay *replay)
{
    log_key_list_append(out, &replay->log_keys);
}

enum audit_fault replay_fault(const struct replay *replay)
{
    return replay->fault;
}

void replay_show(struct replay *replay, replayed_fn show, void *context)
{
    replay->show = show;
    replay->show_context = context;
}

void replay_free(struct replay *replay)
{
    if (replay == NULL)
        return;
    for (size_t i = 0; i < KEY_CACHE_KEYS; i++)
        public_key_free(replay->cache[i].key);
    log_key_list_cleanup(&replay->log_keys);
    readmission_cleanup(&replay->readmission);
    record_fields_cleanup(&replay->fields);
    buf_cleanup(&replay->entries);
    free(replay->ends);
    free(replay->flags_of_rule);
    free(replay);
}

const struct replay_counts *replay_counts(const struct replay *replay)
{
    return &replay->counts;
}

uint64_t replay_flags_of_rule(const struct replay *replay, size_t rule_number)
{
    CHECK(rule_number < rule_count());
    return replay->flags_of_rule[rule_number];
}

struct facts *replay_facts(struct replay *replay)
{
    return replay->readmission.facts;
}

void replay_take(struct replay *replay, struct bytes entry)
{
    if (replay->entry_count == replay->entry_capacity) {
        replay->entry_capacity = replay->entry_capacity == 0 ? 64 : replay->entry_capacity * 2;
        replay->ends =
            mem_realloc_array(replay->ends, replay->entry_capacity, sizeof(*replay->ends));
    }
    buf_append_bytes(&replay->entries, entry);
    replay->ends[replay->entry_count++] = replay->entries.len;
}

void replay_skip(struct replay *replay)
{
    replay_take(replay, (struct bytes){0});
}

void replay_excuse(struct replay *replay, const struct excuses *excuses)
{
    replay->excuses = excuses;
}

/* ---- keys ---- */

static bool is_key(const struct public_key *key, struct bytes kid)
{
    return key != NULL && bytes_equal(hash_bytes(public_key_thumbprint(key)), kid);
}

/* The issuer's key, which the log had registered for it before this entry. */
static const struct public_key *find_issuer_key(struct replay *replay,
                                                const struct statement *statement, uint64_t index,
                                                struct err *err)
{
    struct cached_key *cached = &replay->cache[statement->kid.data[0] & (KEY_CACHE_KEYS - 1)];
    struct public_key *key = NULL;
    struct issuer_key row;

    if (!issuer_key_get(replay->readmission.facts, statement->kid, &row) || row.begin_index > index ||
        row.end_index <= index || !bytes_equal(row.issuer, statement->issuer)) {
        err_set(err, ERR_CORRUPT, "no key of %.*s with this id was registered before",
                (int)statement->issuer.len, (const char *)statement->issuer.data);
        return NULL;
    }
    if (is_key(cached->key, statement->kid))
        return cached->key;
    if (!public_key_from_cose(&key, row.cose_key, err))
        return NULL;
    public_key_free(cached->key);
    cached->key = key;
    return key;
}

/* The log's own keys may be bound in the very statement they sign: that is how a log begins. */
static bool read_log_metadata(struct replay *replay, const struct statement *statement,
                              struct err *err)
{
    struct record_reader reader = record_reader_of(statement->cose.payload);
    struct record record;

    while (record_next(&reader, &record)) {
        if (record_type_find(record.type) != RECORD_LOG_METADATA)
            continue;
        if (!record_fields_read(&replay->fields, record.encoded, err) ||
            !log_key_list_add(&replay->log_keys, replay->fields.fields, err))
            return false;
        replay->counts.token_checks += field_get(replay->fields.fields, "token_check") != NULL;
    }
    return true;
}

static const struct public_key *find_log_key(struct replay *replay,
                                             const struct statement *statement, uint64_t index,
                                             struct err *err)
{
    const struct public_key *key;

    if (index == 0 && !read_log_metadata(replay, statement, err))
        return NULL;
    key = log_key_list_find(&replay->log_keys, statement->kid, index);
    if (key == NULL)
        err_set(err, ERR_CORRUPT, "the log bound no key with this id to its own statements");
    return key;
}

static bool verify(struct replay *replay, struct statement *statement, uint64_t index, bool by_log,
                   struct err *err)
{
    const struct public_key *key = by_log ? find_log_key(replay, statement, index, err)
                                          : find_issuer_key(replay, statement, index, err);
    struct problem problem = {0};

    if (key == NULL)
        return false;
    statement_identify(statement);
    if (!statement_verify(statement, key, &problem))
        return err_set(err, ERR_CORRUPT, "%s", problem.detail);
    replay->counts.signatures++;
    /* What a verified statement of the log binds counts from here on. */
    return !by_log || index == 0 || read_log_metadata(replay, statement, err);
}

/* ---- one statement ---- */

static void count_records(struct replay *replay, struct bytes payload)
{
    struct record_reader reader = record_reader_of(payload);
    struct record record;

    replay->counts.statements++;
    while (record_next(&reader, &record)) {
        replay->counts.records++;
        replay->counts.records_of_type[record_type_find(record.type)]++;
    }
}

static bool check_records(struct replay *replay, struct bytes payload, bool by_log,
                          struct err *err)
{
    struct problem problem = {0};
    size_t count;

    if (by_log ? record_check_payload(payload, &count, &problem)
               : record_validate_payload(replay->schema, payload, &count, &problem))
        return true;
    return err_set(err, ERR_CORRUPT, "record %s: %s", problem.path, problem.detail);
}

static void count_flags(struct replay *replay, const struct admission_verdict *verdict)
{
    for (size_t i = 0; i < verdict->flag_count; i++)
        replay->flags_of_rule[rule_number(verdict->flags[i].rule)]++;
    replay->counts.flags += verdict->flag_count;
}

static bool replay_entry(struct replay *replay, const struct seal *seal, uint64_t offset,
                         struct err *err)
{
    size_t begin = offset == 0 ? 0 : replay->ends[offset - 1];
    struct bytes entry =
        bytes_slice(bytes_of_buf(&replay->entries), begin, replay->ends[offset]);
    struct problem problem = {0};
    struct admission_verdict verdict;
    struct statement statement;
    bool by_log;

    if (entry.len == 0)
        return true; /* passed over */
    replay->fault = AUDIT_BAD_FORM;
    if (!statement_decode_form(&statement, entry, &problem))
        return err_set(err, ERR_CORRUPT, "it is no statement: %s", problem.detail);
    by_log = bytes_equal_text(statement.content_type, STATEMENT_TYPE_LOG);
    replay->fault = AUDIT_BAD_SCHEMA;
    if (!check_records(replay, statement.cose.payload, by_log, err))
        return false;
    replay->fault = AUDIT_BAD_SIGNATURE;
    if (!verify(replay, &statement, seal->first_index + offset, by_log, err))
        return false;
    replay->fault = AUDIT_BAD_ADMISSION;
    if (!readmission_take(&replay->readmission, &verdict, seal, offset, &statement, err))
        return false;
    if (replay->show != NULL)
        replay->show(replay->show_context, &(struct replayed){.index = seal->first_index + offset,
                                                              .entry = entry,
                                                              .statement = &statement,
                                                              .verdict = &verdict});
    count_flags(replay, &verdict);
    count_records(replay, statement.cose.payload);
    return true;
}

/* ---- the seal ---- */

static bool check_seal_signature(struct replay *replay, const struct seal *seal,
                                 struct bytes entry, struct err *err)
{
    struct problem problem = {0};
    struct statement statement;

    return (statement_decode_form(&statement, entry, &problem) ||
            err_set(err, ERR_CORRUPT, "it is no statement: %s", problem.detail)) &&
           verify(replay, &statement, seal->first_index + seal->entry_count, true, err);
}

static void forget_commit(struct replay *replay)
{
    if (replay->has_base)
        readmission_go_on(&replay->readmission);
    else
        readmission_next(&replay->readmission);
    replay->fault = AUDIT_NO_FAULT;
    buf_clear(&replay->entries);
    replay->entry_count = 0;
}

/* Whether what was found is excused; never when the facts could not be read. */
static bool is_excused(struct replay *replay, const struct seal *seal)
{
    struct err own = {0};

    return excuses_has(replay->excuses, seal->first_index + seal->entry_count, replay->fault) &&
           facts_check(replay->readmission.facts, &own);
}

static bool replay_whole(struct replay *replay, const struct seal *seal, struct bytes entry,
                         struct err *err)
{
    struct err found = {0};

    for (uint64_t offset = 0; offset < replay->entry_count; offset++) {
        if (!replay_entry(replay, seal, offset, &found) && !is_excused(replay, seal)) {
            *err = found;
            return err_wrap(err, "replay entry %" PRIu64, seal->first_index + offset);
        }
    }
    replay->fault = AUDIT_BAD_SIGNATURE;
    if (!check_seal_signature(replay, seal, entry, &found) && !is_excused(replay, seal)) {
        *err = found;
        return err_wrap(err, "replay the seal");
    }
    replay->fault = AUDIT_BAD_FLAGS;
    if (!readmission_check(&replay->readmission, seal, &found) && !is_excused(replay, seal)) {
        *err = found;
        return err_wrap(err, "replay the seal");
    }
    return true;
}

bool replay_commit(struct replay *replay, const struct seal *seal, struct bytes entry,
                   struct err *err)
{
    struct err own = {0};

    if (replay_whole(replay, seal, entry, err)) {
        forget_commit(replay);
        return true;
    }
    if (!facts_check(replay->readmission.facts, &own)) {
        replay->fault = AUDIT_NO_FAULT;
        *err = own;
    }
    return false;
}
