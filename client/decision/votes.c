#include "client/decision/votes.h"

#include <stdio.h>
#include <string.h>

#include "schemas/record.h"

/* A walk over the entries that follow a request. */
struct search {
    struct log_view *view;
    const struct proven_record *request;
    struct votes *votes;
    struct record_fields memory;
};

static void copy(char *out, size_t out_len, struct bytes text)
{
    snprintf(out, out_len, "%.*s", (int)text.len, (const char *)text.data);
}

static bool is_about(const struct search *search, const struct field *approval,
                     struct bytes own_issuer)
{
    const struct field *reference = field_get(approval, "approval_request");
    const struct field *named = field_get(reference, "iss");
    struct bytes issuer = named != NULL ? field_text(named) : own_issuer;
    const struct field *request = search->request->fields.fields;

    return bytes_equal(field_bytes(field_get(reference, "record_id")),
                       field_bytes(field_get(request, "record_id"))) &&
           bytes_equal(issuer, search->request->statement.issuer) &&
           bytes_equal(field_text(field_get(approval, "tenant")),
                       field_text(field_get(request, "tenant")));
}

static void add_vote(struct votes *votes, uint64_t index, const struct field *approval)
{
    const struct field *actor = field_get(approval, "actor");
    struct vote *vote = &votes->items[votes->count];

    if (votes->count == VOTES_MAX) {
        votes->is_partial = true;
        return;
    }
    votes->count++;
    vote->index = index;
    copy(vote->outcome, sizeof(vote->outcome), field_text(field_get(approval, "outcome")));
    copy(vote->actor, sizeof(vote->actor), field_text(field_get(actor, "id")));
    copy(vote->role, sizeof(vote->role), field_text(field_get(actor, "role")));
}

/* Entries that are no statements, or no records, are none of ours. */
static bool take_entry(void *context, uint64_t index, struct bytes entry, struct err *err)
{
    struct search *search = context;
    struct problem problem = {0};
    struct record_reader reader;
    struct statement statement;
    struct record record;
    size_t count;

    if (!statement_decode_form(&statement, entry, &problem) ||
        !record_check_payload(statement.cose.payload, &count, &problem))
        return true;
    reader = record_reader_of(statement.cose.payload);
    while (record_next(&reader, &record)) {
        if (!bytes_equal_text(record.type, "approval"))
            continue;
        if (!record_fields_read(&search->memory, record.encoded, err))
            return false;
        if (!is_about(search, search->memory.fields, statement.issuer))
            continue;
        if (!log_view_prove(search->view, index, entry, err))
            return false;
        add_vote(search->votes, index, search->memory.fields);
    }
    return true;
}

bool votes_read(struct log_view *view, struct votes *out, const struct proven_record *request,
                uint64_t search_max, struct err *err)
{
    struct search search = {.view = view, .request = request, .votes = out};
    uint64_t end = view->head.checkpoint.size;
    bool ok;

    if (end - request->index > search_max) {
        end = request->index + search_max;
        out->is_partial = true;
    }
    ok = log_view_walk(view, request->index, end, take_entry, &search, err);
    record_fields_cleanup(&search.memory);
    return ok;
}

static bool approves(const struct vote *vote)
{
    return strcmp(vote->outcome, "approve") == 0 || strcmp(vote->outcome, "approve-edited") == 0;
}

static bool has_approved_before(const struct votes *votes, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (approves(&votes->items[k]) &&
            strcmp(votes->items[k].actor, votes->items[i].actor) == 0)
            return true;
    }
    return false;
}

uint64_t votes_count_approvers(const struct votes *votes, const char *role)
{
    uint64_t count = 0;

    for (size_t i = 0; i < votes->count; i++) {
        const struct vote *vote = &votes->items[i];

        count += approves(vote) && !has_approved_before(votes, i) &&
                 (role == NULL || strcmp(vote->role, role) == 0);
    }
    return count;
}

const struct vote *votes_find_end(const struct votes *votes)
{
    static const char *const ENDS[] = {"reject", "withdraw", "expire"};

    for (size_t i = 0; i < votes->count; i++) {
        for (size_t k = 0; k < sizeof(ENDS) / sizeof(ENDS[0]); k++) {
            if (strcmp(votes->items[i].outcome, ENDS[k]) == 0)
                return &votes->items[i];
        }
    }
    return NULL;
}

bool votes_satisfy(const struct votes *votes, const struct field *request)
{
    const struct field *roles = field_get(request, "role_quorum");
    uint64_t quorum = field_uint(field_get(request, "quorum"), 1);
    bool ok = votes_count_approvers(votes, NULL) >= (quorum > 0 ? quorum : 1);

    for (const struct field *role = field_first(roles); ok && role != NULL;
         role = field_next(roles, role)) {
        char name[VOTE_WORD_LEN_MAX + 1];

        copy(name, sizeof(name), role->key);
        ok = votes_count_approvers(votes, name) >= field_uint(role, 0);
    }
    for (size_t i = 0; i < votes->count; i++)
        ok = ok || strcmp(votes->items[i].outcome, "auto-approve") == 0;
    return ok;
}
