#include "server/http/token_check.h"

#include <string.h>

#include "schemas/log_metadata.h"
#include "schemas/rules/approval_lists.h"
#include "schemas/rules/record_facts.h"
#include "server/tlog/own_record.h"

/* Whether the statement that came with the token is where the approval is. */
static bool find_approval(struct record_fact *out, const struct token_check *check,
                          struct facts *facts)
{
    return record_fact_get(facts, check->tenant, check->record_id, out) &&
           out->index == check->submissions[0].index &&
           approval_token_is_of(facts, hash_bytes(&check->jti_hash), check->record_id);
}

static bool make(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct token_check *check = (const struct token_check *)own;
    struct log_record_header header;
    struct log_token_check said = {
        .tenant = check->tenant,
        .record_id = check->record_id,
        .iss = bytes_of_text(check->iss),
        .jti_hash = check->jti_hash,
        .key_set = check->keys_digest,
        .checked_at_ms = check->checked_at_ms,
    };
    struct record_fact approval;
    uint64_t said_at;

    if (!find_approval(&approval, check, moment->facts) ||
        approval_token_check_get(moment->facts, check->tenant, check->record_id, &said_at))
        return false;
    said.approval_issuer = approval.issuer;
    said.record_digest = approval.digest;
    said.approval_index = approval.index;
    header = own_record_header(moment, check->origin, 0);
    log_metadata_append_token_check(out, &header, &said);
    return true;
}

struct token_check *token_check_new(const char *origin, const struct id_token *token,
                                    struct bytes tenant, struct bytes record_id,
                                    uint64_t checked_at_ms)
{
    struct token_check *check = mem_alloc(sizeof(*check));

    check->own = (struct tlog_own){.subject = "log-metadata", .make = make};
    check->origin = origin;
    check->tenant = tenant;
    check->record_id = record_id;
    check->jti_hash = token->jti_hash;
    check->keys_digest = token->keys_digest;
    check->checked_at_ms = checked_at_ms;
    memcpy(check->iss, token->iss, sizeof(check->iss));
    return check;
}

void token_check_join(struct token_check *check, const struct tlog_submission *statement)
{
    check->submissions[0] = *statement;
    check->submissions[0].with_next = true;
    check->submissions[1] = (struct tlog_submission){.own = &check->own};
}
