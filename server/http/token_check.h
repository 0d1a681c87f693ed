/*
 * What the log says when it has verified the ID token of an approval: a record of its own that
 * names the approval, the provider and the keys, in the commit that takes the approval in. The token
 * itself is kept nowhere.
 */
#ifndef VOUCH_SERVER_HTTP_TOKEN_CHECK_H
#define VOUCH_SERVER_HTTP_TOKEN_CHECK_H

#include "server/oidc/id_token.h"
#include "server/tlog/tlog.h"

struct token_check {
    struct tlog_own own;
    struct tlog_submission submissions[2]; /* the statement with the approval, and this */
    const char *origin;
    struct bytes tenant;    /* of the approval; borrowed, like record_id */
    struct bytes record_id; /* of the approval */
    char iss[ID_TOKEN_URI_LEN_MAX + 1];
    struct hash jti_hash;
    struct hash keys_digest;
    uint64_t checked_at_ms;
};

/* origin and the approval's tenant and record_id are borrowed; free with free. */
struct token_check *token_check_new(const char *origin, const struct id_token *token,
                                    struct bytes tenant, struct bytes record_id,
                                    uint64_t checked_at_ms);

/*
 * Makes submissions a group for the writer. The log is silent when the approval's entry has been
 * said to be checked before, or is another one than the statement's.
 */
void token_check_join(struct token_check *check, const struct tlog_submission *statement);

#endif
