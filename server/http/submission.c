#include "server/http/submission.h"

#include "schemas/record.h"
#include "schemas/statement.h"
#include "server/http/issuers.h"
#include "server/http/refusals.h"
#include "server/tlog/tlog_read.h"
#include "server/transport/worker.h"

_Static_assert((int)PROBLEM_INTERNAL < (int)REFUSED_SLOTS,
               "metrics have a slot for each kind of problem");

static bool is_own_key(const struct service *service, struct bytes kid)
{
    for (size_t i = 0; i < service->own_kid_count; i++) {
        if (bytes_equal(kid, hash_bytes(&service->own_kids[i])))
            return true;
    }
    return false;
}

static bool find_issuer(const struct issuer **out, struct request *request,
                        const struct statement *statement, struct problem *problem)
{
    const struct issuer *issuer;

    /* What the log itself says enters with a commit, never from outside. */
    if (is_own_key(request->service, statement->kid) ||
        !bytes_equal_text(statement->content_type, STATEMENT_TYPE_RECORDS))
        return problem_set(problem, PROBLEM_UNKNOWN_ISSUER,
                           "Only the log itself signs with this key or for this content type.");
    issuer = issuers_find(request_issuers(request), statement->kid);
    if (issuer == NULL) {
        problem_set(problem, PROBLEM_UNKNOWN_ISSUER, "No issuer of this log has this key.");
        return problem_add(problem, "/protected/4", NULL, "the key id of a registered issuer");
    }
    if (!bytes_equal_text(statement->issuer, issuer->name)) {
        problem_set(problem, PROBLEM_UNKNOWN_ISSUER, "The key is that of another issuer.");
        return problem_add(problem, "/protected/15/1", NULL, issuer->name);
    }
    *out = issuer;
    return true;
}

static bool check_audience(const struct service *service, const struct statement *statement,
                           struct problem *problem)
{
    if (statement->audience.len == 0 || bytes_equal_text(statement->audience, service->origin))
        return true;
    problem_set(problem, PROBLEM_STATEMENT, "The statement is meant for another log.");
    return problem_add(problem, "/protected/15/3", NULL, service->origin);
}

static bool is_of_token(enum problem_kind kind)
{
    return kind >= PROBLEM_TOKEN_INVALID && kind <= PROBLEM_TOKEN_MISMATCH;
}

void submission_count_refused(struct request *request, const struct tlog_submission *submission,
                              enum problem_kind kind)
{
    struct refusals_seen seen = {.rule = REFUSALS_UNAUTHENTICATED, .code = problem_code(kind)};

    counter_add(&request->worker->state->counters.refused[kind], 1);
    if (kind == PROBLEM_TOKEN_KEYS) /* it may come again, and is not wrong */
        return;
    if (submission != NULL) {
        seen.issuer = submission->issuer;
        seen.rule = is_of_token(kind) ? REFUSALS_ID_TOKEN : REFUSALS_FORM;
        seen.identity = &submission->identity;
    }
    refusals_add(request->service->refusals, &seen);
}

bool submission_from_statement(struct tlog_submission *out, struct buf *entry_storage,
                               struct request *request, struct bytes message,
                               struct problem *problem)
{
    struct statement statement;
    const struct issuer *issuer = NULL;
    size_t record_count;

    /* Cheap checks first; the admission rules need a place in the log and come later. */
    if (!statement_decode(&statement, message, problem) ||
        !find_issuer(&issuer, request, &statement, problem) ||
        !check_audience(request->service, &statement, problem) ||
        !statement_verify(&statement, issuer->key, problem)) {
        submission_count_refused(request, NULL, problem->kind);
        return false;
    }
    *out = (struct tlog_submission){
        .entry = message,
        .identity = statement.sid,
        .issuer = statement.issuer,
        .audience = statement.audience,
        .kid = statement.kid,
        .payload = statement.cose.payload,
    };
    if (!record_validate_payload(request->service->record_schema, out->payload, &record_count,
                                 problem)) {
        submission_count_refused(request, out, problem->kind);
        return false;
    }
    if (statement.cose.unprotected_header.len > 1) {
        buf_clear(entry_storage);
        statement_append_entry(entry_storage, &statement);
        out->entry = bytes_of_buf(entry_storage);
    }
    hash_leaf(&out->leaf_hash, out->entry);
    return true;
}

void submission_from_bytes(struct tlog_submission *out, struct bytes entry)
{
    *out = (struct tlog_submission){.entry = entry};
    hash_leaf(&out->leaf_hash, entry);
    out->identity = out->leaf_hash;
}

bool submission_leaf_hash(struct hash *out, struct store *store,
                          const struct tlog_submission *submission, struct err *err)
{
    struct buf entry = {0};
    bool ok;

    if (submission->outcome == TLOG_ADDED) {
        *out = submission->leaf_hash;
        return true;
    }
    ok = tlog_read_entry(store, &entry, out, submission->index, err);
    buf_cleanup(&entry);
    return ok;
}
