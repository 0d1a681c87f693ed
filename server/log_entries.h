/*
 * What vouchd says in an evidence log about the log itself: the first entry, and the rules that a
 * newer program brings along.
 */
#ifndef VOUCH_SERVER_LOG_ENTRIES_H
#define VOUCH_SERVER_LOG_ENTRIES_H

#include "schemas/log_metadata.h"
#include "schemas/rules/settings.h"
#include "server/log_keys.h"
#include "server/tlog/tlog.h"

/*
 * Which rules this program carries, with the profile and thresholds in force; silent when the
 * newest such record says the same. All borrowed.
 */
struct rules_entry {
    struct tlog_own own;
    const char *origin;
    const struct hash *schema_digest;
};

void rules_entry_init(struct rules_entry *out, const char *origin,
                      const struct hash *schema_digest);

/* The first entry of a log: rules and profile, what each of its keys is for, whom it trusts. */
struct first_entry {
    struct tlog_own own;
    const char *origin;
    const struct hash *schema_digest;
    enum profile profile;
    const struct log_keys *keys;
    const struct log_trusted_issuer *issuers; /* cose_key: as public_key_append_cose */
    size_t issuer_count;
};

void first_entry_init(struct first_entry *out, const char *origin,
                      const struct hash *schema_digest);

/* Issuers that the log trusts from now on, each with one more key. */
struct trust_entry {
    struct tlog_own own;
    const char *origin;
    const struct log_trusted_issuer *issuers;
    size_t issuer_count; /* 1 or more */
};

void trust_entry_init(struct trust_entry *out, const char *origin);

/* Commits what the log has to say; *out_said is false when it was silent. */
MUST_USE bool log_entries_say(struct tlog *tlog, struct tlog_own *own, bool *out_said,
                              struct err *err);

#endif
