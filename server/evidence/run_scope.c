#include "server/evidence/run_scope.h"

#include <inttypes.h>

#include "schemas/record.h"
#include "schemas/statement.h"
#include "server/tlog/tlog_read.h"

void run_entries_init(struct run_entries *out, const struct run_scope *scope, const char *type)
{
    *out = (struct run_entries){.search = {.end = scope->size}};
    out->search.terms[out->search.term_count++] = mention_key(MENTION_RUN, scope->run_id);
    if (type != NULL)
        out->search.terms[out->search.term_count++] =
            mention_key(MENTION_TYPE, bytes_of_text(type));
    out->found.next = 0;
}

bool run_entries_next(struct run_entries *entries, struct run_scope *scope, uint64_t *out_index,
                      struct err *err)
{
    struct mention_search *search = &entries->search;

    *out_index = UINT64_MAX;
    while (entries->at == entries->found.count && entries->found.next < search->end) {
        search->begin = entries->found.next;
        entries->at = 0;
        if (!mention_search_run(scope->store, &entries->found, search, MENTION_FOUND_MAX, err))
            return false;
    }
    if (entries->at == entries->found.count)
        return true;
    if (entries->count++ == RUN_ENTRIES_MAX) {
        scope->is_cut = true;
        return true;
    }
    *out_index = entries->found.indexes[entries->at++];
    return true;
}

/* Two tenants may have a run with the same id. */
static bool belongs(const struct run_scope *scope, const struct field *record)
{
    return (scope->tenant.len == 0 ||
            bytes_equal(field_text(field_get(record, "tenant")), scope->tenant)) &&
           (bytes_equal(field_bytes(field_get(record, "run_id")), scope->run_id) ||
            bytes_equal(field_bytes(field_at(record, "subject.run_id")), scope->run_id));
}

static bool read_entry(struct run_scope *scope, uint64_t index, struct statement *out,
                       struct err *err)
{
    struct problem problem = {0};
    size_t record_count;

    buf_clear(&scope->entry);
    if (!tlog_read_entry(scope->store, &scope->entry, NULL, index, err))
        return false;
    return (statement_decode_form(out, bytes_of_buf(&scope->entry), &problem) &&
            record_check_payload(out->cose.payload, &record_count, &problem)) ||
           err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is no statement: %s", index,
                   problem.detail);
}

static bool is_wanted(const struct run_scope *scope, const struct run_visit *visit,
                      const struct field *record)
{
    return (visit->type == NULL || field_is_text(field_get(record, "type"), visit->type)) &&
           (!visit->of_run || belongs(scope, record));
}

bool run_scope_visit_entry(struct run_scope *scope, uint64_t index, const struct run_visit *visit,
                           struct err *err)
{
    struct run_record found = {.index = index};
    struct record_reader reader;
    struct statement statement;
    struct record record;

    if (!read_entry(scope, index, &statement, err))
        return false;
    found.issuer = statement.issuer;
    reader = record_reader_of(statement.cose.payload);
    for (; record_next(&reader, &record); found.number++) {
        if (!record_fields_read(&scope->fields, record.encoded, err))
            return false;
        found.record = scope->fields.fields;
        if (is_wanted(scope, visit, found.record) && !visit->visit(visit->context, &found, err))
            return false;
    }
    return true;
}

bool run_scope_visit(struct run_scope *scope, const char *type, run_record_fn visit, void *context,
                     struct err *err)
{
    struct run_visit each = {.type = type, .of_run = true, .visit = visit, .context = context};
    struct run_entries entries;
    uint64_t index;

    run_entries_init(&entries, scope, type);
    for (;;) {
        if (!run_entries_next(&entries, scope, &index, err))
            return false;
        if (index == UINT64_MAX)
            return true;
        if (!run_scope_visit_entry(scope, index, &each, err))
            return false;
    }
}

/* ---- whose run it is ---- */

static bool take_tenant(void *context, const struct run_record *record, struct err *err)
{
    struct run_scope *scope = context;

    (void)err;
    if (scope->tenant_text.len == 0)
        buf_append_bytes(&scope->tenant_text, field_text(field_get(record->record, "tenant")));
    return true;
}

/* An incident may mention a run before the run itself says anything. */
static bool find_tenant(struct run_scope *scope, struct err *err)
{
    struct run_visit visit = {.of_run = true, .visit = take_tenant, .context = scope};
    struct run_entries entries;
    uint64_t index;

    run_entries_init(&entries, scope, NULL);
    do {
        if (!run_entries_next(&entries, scope, &index, err))
            return false;
        if (index != UINT64_MAX && !run_scope_visit_entry(scope, index, &visit, err))
            return false;
    } while (index != UINT64_MAX && scope->tenant_text.len == 0);
    scope->tenant = bytes_of_buf(&scope->tenant_text);
    scope->is_cut = false;
    return true;
}

bool run_scope_init(struct run_scope *out, const struct run_question *question, struct err *err)
{
    *out = (struct run_scope){
        .store = question->store,
        .size = question->size,
        .at_ms = question->at_ms,
        .run_id = question->run_id,
        .tenant = question->tenant,
        .commit = {.store = question->store, .has_seals = true},
    };
    store_facts_init(&out->base, question->store);
    out->facts = facts_new(&out->base.base);
    if (out->tenant.len == 0 && !find_tenant(out, err))
        return false;
    if (run_get(out->facts, out->tenant, out->run_id, &out->run))
        return facts_check(out->facts, err);
    return facts_check(out->facts, err) &&
           err_set(err, ERR_NOT_FOUND, "the log has no record of this run");
}

void run_scope_cleanup(struct run_scope *scope)
{
    commit_view_cleanup(&scope->commit);
    facts_free(scope->facts);
    buf_cleanup(&scope->tenant_text);
    buf_cleanup(&scope->entry);
    record_fields_cleanup(&scope->fields);
}
