/* The first entry of an evidence log to test with: rules, a profile, and whom the log trusts. */
#ifndef VOUCH_TESTS_SUPPORT_LOG_TRUST_H
#define VOUCH_TESTS_SUPPORT_LOG_TRUST_H

#include "schemas/rules/settings.h"
#include "tests/support/log_fixture.h"

/* A statement of the log: put own into a submission. */
struct log_trust {
    struct tlog_own own;
    const char *origin;
    enum profile profile;
    const char *issuer;
    const char *role;
    const struct public_key *key;
    const struct public_key *log_key; /* bound to the log's own statements; NULL: not bound */
};

/* Trusts LOG_ISSUER as an engine. */
void log_trust_init(struct log_trust *out, const char *origin, enum profile profile,
                    const struct public_key *issuer_key);

/* For cmocka: a new evidence log in which the rules decide, still empty. */
int log_fixture_set_up_trusting(void **state);

/* Commits it and, for what follows, lets the rules decide; must work. */
void log_fixture_trust(struct log_fixture *fixture, enum profile profile);

#endif
