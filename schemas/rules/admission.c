#include "schemas/rules/admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/record.h"
#include "schemas/rules/mentions.h"
#include "schemas/rules/rule_cache.h"
#include "schemas/rules/tables.h"

/* The rows that concern one type of record, in the order of the tables. */
struct type_rows {
    const struct rule **rules;
    size_t rule_count;
    const struct effect **effects;
    size_t effect_count;
};

struct admission {
    struct facts *facts;
    struct type_rows rows[RECORD_TYPE_COUNT];
    struct settings settings; /* as of the statement being decided */
    struct record_fields fields; /* of the record being decided */
    struct hasher digest_begun;  /* of a record of this issuer */
    struct rule_cache cache;
    bool keeps_mentions;
    struct admission_flag *flags;
    size_t flag_count;
    size_t flag_capacity;
};

static void fill_rows(struct type_rows *rows, enum record_type type)
{
    rows->rules = mem_alloc_array(rule_count(), sizeof(*rows->rules));
    rows->effects = mem_alloc_array(effect_count(), sizeof(*rows->effects));
    for (size_t i = 0; i < rule_count(); i++) {
        if ((rule_at(i)->types & TYPE_BIT(type)) != 0)
            rows->rules[rows->rule_count++] = rule_at(i);
    }
    for (size_t i = 0; i < effect_count(); i++) {
        if ((effect_at(i)->types & TYPE_BIT(type)) != 0)
            rows->effects[rows->effect_count++] = effect_at(i);
    }
}

struct admission *admission_new(struct facts *facts)
{
    struct admission *admission = mem_alloc(sizeof(*admission));

    admission->facts = facts;
    for (enum record_type type = 0; type < RECORD_TYPE_COUNT; type++)
        fill_rows(&admission->rows[type], type);
    return admission;
}

void admission_free(struct admission *admission)
{
    if (admission == NULL)
        return;
    for (enum record_type type = 0; type < RECORD_TYPE_COUNT; type++) {
        free(admission->rows[type].rules);
        free(admission->rows[type].effects);
    }
    record_fields_cleanup(&admission->fields);
    rule_cache_cleanup(&admission->cache);
    free(admission->flags);
    free(admission);
}

static void add_flag(struct admission *admission, const struct rule *rule, uint32_t record_number)
{
    if (admission->flag_count == admission->flag_capacity) {
        admission->flag_capacity =
            admission->flag_capacity == 0 ? 64 : admission->flag_capacity * 2;
        admission->flags = mem_realloc_array(admission->flags, admission->flag_capacity,
                                             sizeof(*admission->flags));
    }
    admission->flags[admission->flag_count++] =
        (struct admission_flag){.rule = rule, .record_number = record_number};
}

static bool refuses(const struct rule *rule, enum profile profile)
{
    return rule->severity == RULE_REFUSES ||
           (rule->severity == RULE_REFUSES_IN_STRICT && profile == PROFILE_STRICT);
}

/* The first rule that refuses ends it; flags are all kept. */
static bool ask_rules(struct admission *admission, const struct rule_context *context,
                      struct admission_verdict *out)
{
    const struct type_rows *rows = &admission->rows[context->type];

    for (size_t i = 0; i < rows->rule_count; i++) {
        const struct rule *rule = rows->rules[i];

        if (rule->check(context))
            continue;
        if (refuses(rule, admission->settings.profile)) {
            out->refused_by = rule;
            out->record_number = context->record_number;
            return false;
        }
        add_flag(admission, rule, context->record_number);
    }
    return true;
}

static void apply_effects(struct admission *admission, const struct rule_context *context)
{
    const struct type_rows *rows = &admission->rows[context->type];

    for (size_t i = 0; i < rows->effect_count; i++)
        rows->effects[i]->apply(context);
}

/* The entry is found by what the record names, and by the codes of its flags since first_flag. */
static void keep_mentions(struct admission *admission, const struct rule_context *context,
                          size_t first_flag)
{
    size_t count = admission->flag_count - first_flag;
    const char **codes = mem_alloc_array(count + 1, sizeof(*codes));

    for (size_t i = 0; i < count; i++)
        codes[i] = admission->flags[first_flag + i].rule->code;
    mentions_put(context, codes, count);
    free(codes);
}

void admission_keep_mentions(struct admission *admission)
{
    admission->keeps_mentions = true;
}

static void put_number_into_path(struct rule_finding *finding, uint32_t record_number)
{
    char path[sizeof(finding->path)];

    snprintf(path, sizeof(path), "/%u%.*s", record_number, (int)sizeof(path) - 12, finding->path);
    memcpy(finding->path, path, sizeof(path));
}

static bool decide_record(struct admission *admission, const struct rule_statement *statement,
                          const struct record *record, uint32_t number,
                          struct admission_verdict *out)
{
    struct rule_context context = {
        .facts = admission->facts,
        .settings = &admission->settings,
        .statement = statement,
        .record = admission->fields.fields,
        .tenant = field_text(field_get(admission->fields.fields, "tenant")),
        .run_id = field_bytes(field_get(admission->fields.fields, "run_id")),
        .type = record_type_find(record->type),
        .record_number = number,
        .flag_count = admission->flag_count,
        .finding = &out->finding,
        .cache = &admission->cache,
    };
    size_t first_flag = admission->flag_count;

    rule_cache_next_record(&admission->cache);
    record_digest_finish(&context.digest, &admission->digest_begun, record->encoded);
    if (!ask_rules(admission, &context, out))
        return false;
    apply_effects(admission, &context);
    if (admission->keeps_mentions)
        keep_mentions(admission, &context, first_flag);
    return true;
}

static bool decide_records(struct admission *admission, const struct rule_statement *statement,
                           struct bytes payload, struct admission_verdict *out)
{
    struct record_reader reader = record_reader_of(payload);
    bool in_array = reader.count > 1;
    struct record record;

    record_digest_begin(&admission->digest_begun, statement->issuer);
    for (uint32_t number = 0; record_next_fields(&reader, &admission->fields, &record);
         number++) {
        if (!decide_record(admission, statement, &record, number, out)) {
            if (in_array)
                put_number_into_path(&out->finding, number);
            return false;
        }
    }
    return true;
}

bool admission_decide(struct admission *admission, const struct admission_entry *entry,
                      struct admission_verdict *out, struct err *err)
{
    struct rule_statement statement = {
        .issuer = entry->issuer,
        .audience = entry->audience,
        .kid = entry->kid,
        .is_of_log = entry->is_of_log,
        .index = entry->index,
        .received_at_ms = entry->received_at_ms,
    };

    *out = (struct admission_verdict){0};
    admission->flag_count = 0;
    facts_mark(admission->facts);
    rule_cache_next_statement(&admission->cache);
    settings_get(&admission->settings, admission->facts);
    if (!entry->is_of_log &&
        !principal_get_at(admission->facts, entry->issuer, entry->index, &statement.signer))
        statement.signer = (struct principal){.is_suspended = true}; /* may say nothing */
    if (entry->is_of_log || !issuer_key_get(admission->facts, entry->kid, &statement.key))
        statement.key = (struct issuer_key){0};
    if (!decide_records(admission, &statement, entry->payload, out))
        facts_rollback(admission->facts);
    if (!facts_check(admission->facts, err)) {
        facts_rollback(admission->facts);
        return false;
    }
    out->flags = admission->flags;
    out->flag_count = out->refused_by == NULL ? admission->flag_count : 0;
    return true;
}

bool admission_leave_out(struct admission *admission, const char *name, const char *code)
{
    bool found = false;

    for (enum record_type type = 0; type < RECORD_TYPE_COUNT; type++) {
        struct type_rows *rows = &admission->rows[type];
        size_t kept = 0;

        for (size_t i = 0; i < rows->rule_count; i++) {
            const struct rule *rule = rows->rules[i];
            bool leave = strcmp(rule->name, name) == 0 && strcmp(rule->code, code) == 0;

            found = found || leave;
            if (!leave)
                rows->rules[kept++] = rule;
        }
        rows->rule_count = kept;
    }
    return found;
}
