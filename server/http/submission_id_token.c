#include "server/http/submission.h"

#include <stdio.h>

#include "base/clock.h"
#include "schemas/record.h"
#include "schemas/record_fields.h"
#include "schemas/statement.h"
#include "server/oidc/sign_in.h"
#include "server/transport/worker.h"

/* The one approval of the payload that speaks of a token. */
struct approval {
    struct record_fields fields;
    size_t record_number;
    size_t record_count;
};

/* False: there is none, or more than one, and the token could be meant for either. */
static bool find_approval(struct approval *out, struct bytes payload)
{
    struct record_reader reader = record_reader_of(payload);
    struct record record;
    struct err ignored = {0};
    size_t found = 0;

    out->record_count = reader.count;
    for (size_t i = 0; record_next(&reader, &record); i++) {
        struct record_fields fields = {0};

        if (bytes_equal_text(record.type, "approval") &&
            record_fields_read(&fields, record.encoded, &ignored) &&
            field_get(fields.fields, "token") != NULL && found++ == 0) {
            out->fields = fields;
            out->record_number = i;
        } else {
            record_fields_cleanup(&fields);
        }
    }
    return found == 1;
}

/* A path inside the record becomes one inside the payload. */
static void place_path(struct problem *problem, const struct approval *approval)
{
    char path[sizeof(problem->path) + 24];

    if (approval->record_count == 1 || problem->path[0] == '\0' ||
        bytes_start_with(bytes_of_text(problem->path), bytes_of_text("/id_token/")))
        return;
    snprintf(path, sizeof(path), "/%zu%s", approval->record_number, problem->path);
    problem_add(problem, path, NULL, NULL);
}

static bool verify(struct request *request, const struct approval *approval,
                   struct token_check **out, struct problem *problem)
{
    const struct field *record = approval->fields.fields;
    uint64_t now_ms = clock_unix_ms(clock_system());
    struct id_token token;

    if (!sign_in_verify(request->service->providers, &token, record,
                        bytes_of_text(request->headers.id_token), now_ms, problem)) {
        place_path(problem, approval);
        return false;
    }
    *out = token_check_new(request->service->origin, &token,
                           field_text(field_get(record, "tenant")),
                           field_bytes(field_get(record, "record_id")), now_ms);
    return true;
}

static bool check_payload(struct request *request, struct bytes payload, struct token_check **out,
                          struct problem *problem)
{
    struct approval approval = {0};
    bool ok = find_approval(&approval, payload)
                  ? verify(request, &approval, out, problem)
                  : problem_set(problem, PROBLEM_PARAMETER,
                                "An ID token comes with a statement that has one approval with a "
                                "token.");

    record_fields_cleanup(&approval.fields);
    return ok;
}

/* Who sends a statement again, perhaps long after its token expired, wants to know where it is. */
static bool is_logged(const struct request *request)
{
    struct store_key key = {.index = STORE_BY_SID, .hash = request->state->submission.identity};
    struct err ignored = {0};

    return store_find(request->service->store, &key, 1, &ignored) &&
           key.entry_index != STORE_NO_INDEX;
}

bool submission_check_id_token(struct request *request, struct token_check **out,
                               struct problem *problem)
{
    struct statement statement;
    bool ok;

    *out = NULL;
    if (request->headers.id_token_count == 0)
        return true;
    if (request->headers.id_token_count > 1)
        ok = problem_set(problem, PROBLEM_PARAMETER, "The message has several ID tokens.");
    else
        ok = statement_decode(&statement, request->body, problem) &&
             check_payload(request, statement.cose.payload, out, problem);
    if (ok || is_logged(request))
        return true;
    submission_count_refused(request, &request->state->submission, problem->kind);
    return false;
}
