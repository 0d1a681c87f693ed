#include "client/verify/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/verify/log_key_list.h"
#include "schemas/record.h"
#include "schemas/rules/admission.h"
#include "schemas/rules/tables.h"

enum { KEY_CACHE_KEYS = 256 }; /* a power of two */

/* An issuer's key as OpenSSL wants it, so that it is made once and not for each statement. */
struct cached_key {
    struct public_key *key; /* NULL: an empty place */
};

struct replay {
    const struct record_schema *schema;
    struct facts *facts;
    struct admission *admission;
    struct log_key_list log_keys;
    struct cached_key cache[KEY_CACHE_KEYS]; /* by the first byte of the key id */
    struct record_fields fields;
    /* The commit whose seal has not come yet. */
    struct buf entries; /* one after the other */
    size_t *ends;       /* of each in entries */
    size_t entry_count;
    size_t entry_capacity;
    struct seal_flag *flags;
    size_t flag_count;
    size_t flag_capacity;
    struct buf encoded_flags;
    struct replay_counts counts;
    uint64_t *flags_of_rule;
};

struct replay *replay_new(const struct record_schema *schema)
{
    struct replay *replay = mem_alloc(sizeof(*replay));

    replay->schema = schema;
    replay->facts = facts_new(NULL);
    replay->admission = admission_new(replay->facts);
    replay->flags_of_rule = mem_alloc_array(rule_count(), sizeof(*replay->flags_of_rule));
    return replay;
}

void replay_free(struct replay *replay)
{
    if (replay == NULL)
        return;
    for (size_t i = 0; i < KEY_CACHE_KEYS; i++)
        public_key_free(replay->cache[i].key);
    log_key_list_cleanup(&replay->log_keys);
    admission_free(replay->admission);
    facts_free(replay->facts);
    record_fields_cleanup(&replay->fields);
    buf_cleanup(&replay->entries);
    buf_cleanup(&replay->encoded_flags);
    free(replay->ends);
    free(replay->flags);
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
    return replay->facts;
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

    if (!issuer_key_get(replay->facts, statement->kid, &row) || row.begin_index > index ||
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
static bool learn_log_keys(struct replay *replay, const struct statement *statement,
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
    }
    return true;
}

static const struct public_key *find_log_key(struct replay *replay,
                                             const struct statement *statement, uint64_t index,
                                             struct err *err)
{
    const struct public_key *key;

    if (index == 0 && !learn_log_keys(replay, statement, err))
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
    return !by_log || index == 0 || learn_log_keys(replay, statement, err);
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

static void add_flags(struct replay *replay, uint64_t entry_offset,
                      const struct admission_verdict *verdict)
{
    for (size_t i = 0; i < verdict->flag_count; i++) {
        const struct admission_flag *flag = &verdict->flags[i];

        if (replay->flag_count == replay->flag_capacity) {
            replay->flag_capacity = replay->flag_capacity == 0 ? 64 : replay->flag_capacity * 2;
            replay->flags =
                mem_realloc_array(replay->flags, replay->flag_capacity, sizeof(*replay->flags));
        }
        replay->flags[replay->flag_count++] = (struct seal_flag){
            .rule = bytes_of_text(flag->rule->name),
            .code = bytes_of_text(flag->rule->code),
            .entry_offset = entry_offset,
            .record_number = flag->record_number,
        };
        replay->flags_of_rule[rule_number(flag->rule)]++;
        replay->counts.flags++;
    }
}

static bool admit(struct replay *replay, const struct statement *statement,
                  const struct seal *seal, uint64_t offset, struct err *err)
{
    struct admission_entry entry = {
        .issuer = statement->issuer,
        .audience = statement->audience,
        .kid = statement->kid,
        .payload = statement->cose.payload,
        .is_of_log = bytes_equal_text(statement->content_type, STATEMENT_TYPE_LOG),
        .index = seal->first_index + offset,
        .received_at_ms = seal->received_at_ms,
    };
    struct admission_verdict verdict;

    if (!admission_decide(replay->admission, &entry, &verdict, err))
        return false;
    if (verdict.refused_by != NULL)
        return err_set(err, ERR_CORRUPT,
                       "rule %s (%s) refuses record %" PRIu32 ", but the log admitted it: at %s "
                       "there is \"%s\", wanted: %s",
                       verdict.refused_by->name, verdict.refused_by->code, verdict.record_number,
                       verdict.finding.path, verdict.finding.have, verdict.finding.want);
    add_flags(replay, offset, &verdict);
    return true;
}

static bool replay_entry(struct replay *replay, const struct seal *seal, uint64_t offset,
                         struct err *err)
{
    size_t begin = offset == 0 ? 0 : replay->ends[offset - 1];
    struct bytes entry =
        bytes_slice(bytes_of_buf(&replay->entries), begin, replay->ends[offset]);
    struct problem problem = {0};
    struct statement statement;
    bool by_log;

    if (!statement_decode_form(&statement, entry, &problem))
        return err_set(err, ERR_CORRUPT, "it is no statement: %s", problem.detail);
    by_log = bytes_equal_text(statement.content_type, STATEMENT_TYPE_LOG);
    if (!check_records(replay, statement.cose.payload, by_log, err) ||
        !verify(replay, &statement, seal->first_index + offset, by_log, err) ||
        !admit(replay, &statement, seal, offset, err))
        return false;
    count_records(replay, statement.cose.payload);
    return true;
}

/* ---- the seal ---- */

/* Says which flag is there on one side only: both lists are in the order of names and places. */
static bool explain_flags(const struct seal *seal, struct bytes recomputed, struct err *err)
{
    struct seal_flags_reader sealed = seal_flags_reader_of(seal->flags);
    struct seal_flags_reader ours = seal_flags_reader_of(recomputed);
    struct seal_flag in_seal = {0};
    struct seal_flag own = {0};
    bool more_sealed;
    bool more_own;

    do {
        more_sealed = seal_flags_next(&sealed, &in_seal);
        more_own = seal_flags_next(&ours, &own);
    } while (more_sealed && more_own && bytes_equal(in_seal.rule, own.rule) &&
             bytes_equal(in_seal.code, own.code) && in_seal.entry_offset == own.entry_offset &&
             in_seal.record_number == own.record_number);
    if (!more_own)
        own = in_seal;
    return err_set(err, ERR_CORRUPT,
                   "the seal's flags are not those the rules give: the first difference is %.*s/%.*s"
                   " at entry %" PRIu64 ", record %" PRIu64 "%s",
                   (int)own.rule.len, (const char *)own.rule.data, (int)own.code.len,
                   (const char *)own.code.data, seal->first_index + own.entry_offset,
                   own.record_number,
                   more_own ? ", which the rules give" : ", which only the seal has");
}

static bool check_flags(struct replay *replay, const struct seal *seal, struct err *err)
{
    buf_clear(&replay->encoded_flags);
    if (replay->flag_count > 0)
        seal_flags_encode(&replay->encoded_flags, replay->flags, replay->flag_count);
    if (bytes_equal(seal->flags, bytes_of_buf(&replay->encoded_flags)))
        return true;
    return explain_flags(seal, bytes_of_buf(&replay->encoded_flags), err);
}

static bool check_rules(struct replay *replay, const struct seal *seal, struct err *err)
{
    struct settings settings;

    settings_get(&settings, replay->facts);
    if (bytes_equal(seal->rules_id, settings.rules_id) &&
        bytes_equal(seal->rules_version, settings.rules_version))
        return true;
    return err_set(err, ERR_CORRUPT, "the seal names the rules %.*s %.*s, in force are %.*s %.*s",
                   (int)seal->rules_id.len, (const char *)seal->rules_id.data,
                   (int)seal->rules_version.len, (const char *)seal->rules_version.data,
                   (int)settings.rules_id.len, (const char *)settings.rules_id.data,
                   (int)settings.rules_version.len, (const char *)settings.rules_version.data);
}

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
    facts_reset(replay->facts);
    buf_clear(&replay->entries);
    replay->entry_count = 0;
    replay->flag_count = 0;
}

bool replay_commit(struct replay *replay, const struct seal *seal, struct bytes entry,
                   struct err *err)
{
    for (uint64_t offset = 0; offset < replay->entry_count; offset++) {
        if (!replay_entry(replay, seal, offset, err))
            return err_wrap(err, "replay entry %" PRIu64, seal->first_index + offset);
    }
    if (!check_seal_signature(replay, seal, entry, err) || !check_rules(replay, seal, err) ||
        !check_flags(replay, seal, err))
        return err_wrap(err, "replay the seal");
    forget_commit(replay);
    return true;
}
