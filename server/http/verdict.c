#include "server/http/verdict.h"

#include <stdio.h>
#include <string.h>

#include "schemas/refusal.h"
#include "schemas/rules/tables.h"
#include "schemas/statement.h"

static bool sign_refusal(struct problem *problem, const struct service *service,
                         const struct tlog_submission *submission, struct err *err)
{
    const struct rule *rule = submission->refusal.rule;
    struct refusal refusal = {
        .statement_id = submission->identity,
        .rule = bytes_of_text(rule->name),
        .code = bytes_of_text(rule->code),
        .size = submission->index,
        .received_at_ms = submission->received_at_ms,
    };
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_LOG,
        .issuer = service->origin,
        .subject = "refusal",
        .issued_at_s = submission->received_at_ms / 1000,
    };
    struct buf record = {0};
    struct buf statement = {0};
    bool ok;

    refusal_encode(&record, &refusal);
    ok = statement_sign(&statement, service->log_signer, &claims, bytes_of_buf(&record), err);
    if (ok) {
        CHECK(statement.len <= sizeof(problem->refusal));
        memcpy(problem->refusal, statement.data, statement.len);
        problem->refusal_len = statement.len;
    }
    buf_cleanup(&record);
    buf_cleanup(&statement);
    return ok || err_wrap(err, "sign a refusal");
}

void verdict_describe(struct problem *out, const struct tlog_refusal *refusal)
{
    problem_set(out, PROBLEM_RULE, "%s", refusal->rule->says);
    problem_add(out, refusal->finding.path, refusal->finding.have, refusal->finding.want);
    problem_add_rule(out, refusal->rule->name);
    snprintf(out->code, sizeof(out->code), "%s", refusal->rule->code);
    snprintf(out->doc, sizeof(out->doc), "/v1/rules/%s", refusal->rule->name);
}

bool verdict_to_problem(struct problem *out, const struct service *service,
                        const struct tlog_submission *submission, struct err *err)
{
    verdict_describe(out, &submission->refusal);
    return sign_refusal(out, service, submission, err);
}

size_t verdict_flag_count(const struct tlog_submission *submission)
{
    size_t count = 0;

    for (size_t i = 0; i < TLOG_RULES_MAX / 64; i++)
        count += (size_t)__builtin_popcountll(submission->flags.bits[i]);
    return count;
}

bool verdict_next_flag(const struct tlog_submission *submission, size_t *position, struct buf *out)
{
    size_t number = tlog_flags_next(&submission->flags, *position);
    const struct rule *rule;

    if (number == TLOG_RULES_MAX)
        return false;
    rule = rule_at(number);
    buf_append_format(out, "%s/%s", rule->name, rule->code);
    *position = number + 1;
    return true;
}
