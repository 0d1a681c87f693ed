#include "tests/sim/model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/record.h"
#include "schemas/rules/tables.h"
#include "schemas/seal.h"
#include "server/tlog/tlog_read.h"

enum { SEAL_FLAGS_MAX = 4096 };

static bool get(struct facts_base *base, struct bytes key, struct buf *out, bool *out_found,
                struct err *err)
{
    const struct model *model =
        (const struct model *)((const char *)base - offsetof(struct model, base));
    struct bytes value;

    (void)err;
    *out_found = memory_facts_get(&model->committed, key, &value);
    if (*out_found)
        buf_append_bytes(out, value);
    return true;
}

static const struct facts_base_ops base_ops = {.get = get};

void model_init(struct model *model, const struct place *place, const char *origin,
                const struct public_key *log_key)
{
    *model = (struct model){.place = place, .origin = origin, .log_key = log_key,
                            .base = {.ops = &base_ops}};
    model->facts = facts_new(&model->base);
    model->admission = admission_new(model->facts);
    admission_keep_mentions(model->admission);
}

void model_cleanup(struct model *model)
{
    admission_free(model->admission);
    facts_free(model->facts);
    memory_facts_cleanup(&model->committed);
    memory_facts_cleanup(&model->used);
    memory_facts_cleanup(&model->changed);
    free(model->entries);
}

/* ---- deciding ---- */

static void decide(struct model *model, const struct admission_entry *entry,
                   struct model_answer *out)
{
    struct admission_verdict verdict;
    struct err err = {0};

    require(model->place, admission_decide(model->admission, entry, &verdict, &err), "%s",
            err.text);
    *out = (struct model_answer){.outcome = TLOG_ADDED, .index = entry->index};
    if (verdict.refused_by != NULL) {
        out->outcome = TLOG_REFUSED;
        out->refused_by = verdict.refused_by;
        return;
    }
    for (size_t i = 0; i < verdict.flag_count; i++) {
        size_t number = rule_number(verdict.flags[i].rule);

        out->flags.bits[number / 64] |= UINT64_C(1) << (number % 64);
    }
}

static struct admission_entry entry_of_log(const struct model *model, struct bytes payload)
{
    return (struct admission_entry){
        .issuer = bytes_of_text(model->origin),
        .kid = hash_bytes(public_key_thumbprint(model->log_key)),
        .payload = payload,
        .is_of_log = true,
    };
}

static void predict_own(struct model *model, struct model_answer *out, struct tlog_own *own,
                        const struct tlog_moment *moment)
{
    struct buf payload = {0};

    *out = (struct model_answer){.outcome = TLOG_SILENT};
    if (own->make(own, moment, &payload)) {
        struct admission_entry entry = entry_of_log(model, bytes_of_buf(&payload));

        entry.index = moment->index;
        entry.received_at_ms = moment->received_at_ms;
        decide(model, &entry, out);
    }
    buf_cleanup(&payload);
}

/* Where the statement is in the log; its size when it is not. */
static uint64_t find(const struct model *model, const struct hash *identity)
{
    uint64_t index = 0;

    while (index < model->size && !hash_equal(&model->entries[index].identity, identity))
        index++;
    return index;
}

static bool predict_repeated(const struct model *model, struct model_answer *out, size_t at,
                             struct tlog_submission *const *submissions)
{
    const struct tlog_submission *submission = submissions[at];

    for (size_t i = 0; i < at; i++) {
        if (submissions[i]->own == NULL &&
            hash_equal(&submissions[i]->identity, &submission->identity)) {
            out[at] = out[i];
            if (out[i].outcome == TLOG_ADDED)
                out[at].outcome = TLOG_DUPLICATE;
            return true;
        }
    }
    out[at] = (struct model_answer){.outcome = TLOG_DUPLICATE,
                                    .index = find(model, &submission->identity)};
    return out[at].index < model->size;
}

void model_predict(struct model *model, struct model_answer *out,
                   struct tlog_submission *const *submissions, size_t count,
                   uint64_t received_at_ms)
{
    struct tlog_moment moment = {
        .facts = model->facts, .index = model->size, .received_at_ms = received_at_ms};

    for (size_t i = 0; i < count; i++) {
        const struct tlog_submission *submission = submissions[i];
        struct admission_entry entry = {
            .issuer = submission->issuer,
            .audience = submission->audience,
            .kid = submission->kid,
            .payload = submission->payload,
            .index = moment.index,
            .received_at_ms = received_at_ms,
        };

        if (submission->own != NULL)
            predict_own(model, &out[i], submission->own, &moment);
        else if (!predict_repeated(model, out, i, submissions))
            decide(model, &entry, &out[i]);
        moment.index += out[i].outcome == TLOG_ADDED;
    }
    facts_reset(model->facts);
}

/* ---- what may be used once ---- */

static void use_once(struct model *model, const char *what, struct bytes value, uint64_t index)
{
    struct buf key = {0};
    struct buf by = {0};
    struct bytes before;

    if (value.len == 0)
        return;
    buf_append_text(&key, what);
    buf_append_bytes(&key, value);
    buf_append_be64(&by, index);
    if (memory_facts_get(&model->used, bytes_of_buf(&key), &before))
        require(model->place, false, "entry %" PRIu64 " uses again what may be used once: %s",
                index, what);
    memory_facts_put(&model->used,
                     &(struct store_fact){bytes_of_buf(&key), bytes_of_buf(&by)});
    buf_cleanup(&key);
    buf_cleanup(&by);
}

static void use_record(struct model *model, const struct field *record, uint64_t index)
{
    const struct field *type = field_get(record, "type");
    const struct field *approvals = field_get(record, "approvals");

    use_once(model, "record id", field_bytes(field_get(record, "record_id")), index);
    use_once(model, "idempotency key", field_text(field_get(record, "idempotency_key")), index);
    use_once(model, "token", field_bytes(field_at(record, "token.jti_hash")), index);
    if (field_is_text(type, "approval-request") || field_is_text(type, "gate-grant"))
        use_once(model, "nonce", field_bytes(field_get(record, "nonce")), index);
    if (!field_is_text(type, "gate-grant"))
        return;
    for (const struct field *item = field_first(approvals); item != NULL;
         item = field_next(approvals, item))
        use_once(model, "approval", field_bytes(field_get(item, "record_id")), index);
}

static void use(struct model *model, struct bytes payload, uint64_t index)
{
    struct record_reader reader = record_reader_of(payload);
    struct record_fields fields = {0};
    struct record record;

    while (record_next_fields(&reader, &fields, &record))
        use_record(model, fields.fields, index);
    record_fields_cleanup(&fields);
}

/* ---- learning ---- */

static void read_entry(const struct model *model, struct buf *out, struct store *raw,
                       uint64_t index)
{
    struct err err = {0};

    require(model->place, tlog_read_entry(raw, out, NULL, index, &err), "%s", err.text);
}

/* Whether the entry is a seal; otherwise its place in the commit is known when the seal comes. */
static bool learn_identity(struct model *model, struct store *raw, struct seal *out_seal,
                           struct buf *entry)
{
    struct statement statement;
    struct problem problem;
    struct err err = {0};

    read_entry(model, entry, raw, model->size);
    require(model->place, statement_decode(&statement, bytes_of_buf(entry), &problem), "%s",
            problem.detail);
    model->entries =
        mem_realloc_array(model->entries, model->size + 1, sizeof(*model->entries));
    model->entries[model->size++] = (struct model_entry){.identity = statement.sid};
    return bytes_equal_text(statement.subject, "seal") &&
           seal_decode(out_seal, statement.cose.payload, &err);
}

static void add_flags(struct model *model, struct seal_flag *flags, size_t *count,
                      const struct admission_verdict *verdict, uint64_t index)
{
    for (size_t i = 0; i < verdict->flag_count; i++) {
        size_t number = rule_number(verdict->flags[i].rule);

        model->entries[index].flags.bits[number / 64] |= UINT64_C(1) << (number % 64);
        CHECK(*count < SEAL_FLAGS_MAX);
        flags[(*count)++] = (struct seal_flag){
            .rule = bytes_of_text(verdict->flags[i].rule->name),
            .code = bytes_of_text(verdict->flags[i].rule->code),
            .entry_offset = index - model->commit_begin,
            .record_number = verdict->flags[i].record_number,
        };
    }
}

/* Decides on one entry again, now that its time is known. */
static void admit(struct model *model, struct seal_flag *flags, size_t *count, struct bytes entry,
                  const struct seal *seal, uint64_t index)
{
    struct statement statement;
    struct problem problem;
    struct admission_verdict verdict;
    struct admission_entry admission_entry;
    struct err err = {0};

    CHECK(statement_decode(&statement, entry, &problem));
    admission_entry = entry_of_log(model, statement.cose.payload);
    if (!bytes_equal_text(statement.content_type, STATEMENT_TYPE_LOG)) {
        admission_entry.issuer = statement.issuer;
        admission_entry.kid = statement.kid;
        admission_entry.is_of_log = false;
    }
    admission_entry.index = index;
    admission_entry.received_at_ms = seal->received_at_ms;
    require(model->place, admission_decide(model->admission, &admission_entry, &verdict, &err),
            "%s", err.text);
    require(model->place, verdict.refused_by == NULL,
            "entry %" PRIu64 " is in the log, and rule %s %s refuses it", index,
            verdict.refused_by == NULL ? "" : verdict.refused_by->name,
            verdict.refused_by == NULL ? "" : verdict.refused_by->code);
    add_flags(model, flags, count, &verdict, index);
    use(model, statement.cose.payload, index);
}

static void keep_changes(struct model *model)
{
    size_t count;
    const struct fact_change *changes = facts_changes(model->facts, &count);

    memory_facts_cleanup(&model->changed);
    model->principals_changed = false;
    for (size_t i = 0; i < count; i++) {
        struct store_fact fact = {changes[i].key, changes[i].value};

        memory_facts_put(&model->committed, &fact);
        memory_facts_put(&model->changed, &fact);
        model->principals_changed |= fact.key.data[0] == FACT_KEY ||
                                     fact.key.data[0] == FACT_PRINCIPAL;
    }
    facts_reset(model->facts);
}

/* The seal at the end of what was learned says what the rules say of its commit. */
static void learn_commit(struct model *model, struct store *raw, const struct seal *seal)
{
    struct seal_flag *flags = mem_alloc_array(SEAL_FLAGS_MAX, sizeof(*flags));
    struct buf expected = {0};
    struct buf entry = {0};
    size_t count = 0;

    for (uint64_t index = model->commit_begin; index + 1 < model->size; index++) {
        buf_clear(&entry);
        read_entry(model, &entry, raw, index);
        admit(model, flags, &count, bytes_of_buf(&entry), seal, index);
    }
    if (count > 0)
        seal_flags_encode(&expected, flags, count);
    require(model->place, bytes_equal(bytes_of_buf(&expected), seal->flags),
            "the seal %" PRIu64 " has other flags than its entries", model->size - 1);
    keep_changes(model);
    model->commit_begin = model->size;
    buf_cleanup(&expected);
    buf_cleanup(&entry);
    free(flags);
}

void model_learn(struct model *model, struct store *raw, uint64_t size)
{
    struct buf entry = {0};
    struct seal seal;

    while (model->size < size) {
        buf_clear(&entry);
        if (learn_identity(model, raw, &seal, &entry))
            learn_commit(model, raw, &seal);
    }
    require(model->place, model->commit_begin == model->size, "the log does not end with a seal");
    buf_cleanup(&entry);
}

/* ---- the store's facts ---- */

struct comparison {
    const struct model *model;
    size_t count;
};

static bool compare(void *context, const struct store_fact *fact)
{
    struct comparison *comparison = context;
    struct bytes value;

    comparison->count++;
    require(comparison->model->place,
            memory_facts_get(&comparison->model->committed, fact->key, &value),
            "a fact of kind %u is in the store, and no entry leaves it", fact->key.data[0]);
    require(comparison->model->place, bytes_equal(value, fact->value),
            "a fact of kind %u is another than its entries leave", fact->key.data[0]);
    return true;
}

void model_compare_facts(const struct model *model, struct store *raw)
{
    struct comparison comparison = {.model = model};
    struct store_fact_range all = {0};
    uint64_t size;
    struct err err = {0};

    require(model->place, store_scan_facts(raw, &all, compare, &comparison, &err), "%s", err.text);
    require(model->place, comparison.count == model->committed.count,
            "%zu facts are in the store, its entries leave %zu", comparison.count,
            model->committed.count);
    require(model->place, store_read_facts_size(raw, &size, &err), "%s", err.text);
    require(model->place, size == model->size, "the facts speak of size %" PRIu64, size);
}
