/*
 * One record, signed, kept, sent and answered: the receipts directory holds the statement before it
 * is sent, and in the end the receipt or the log's reason (docs/man/vouch.1, submit).
 */
#ifndef VOUCH_CLIENT_DECISION_DELIVERY_H
#define VOUCH_CLIENT_DECISION_DELIVERY_H

#include "client/command.h"
#include "client/submit/receipt_keys.h"

enum { DELIVERY_RETRY_MS = 60000 };

/* What one command has to deliver with. A zeroed struct is closed. */
struct delivery {
    struct fetcher *fetcher; /* borrowed */
    const char *issuer;
    const char *stream; /* NULL: none */
    const char *audience; /* origin of the log; NULL: none */
    const char *id_token; /* goes along; NULL: none */
    struct signer *signer;
    struct outbox outbox;
    bool has_outbox;
    struct key_set keys;
    /* of what was delivered */
    char *name;           /* of its files, without ending */
    uint64_t index;
    uint64_t sequence_number;
    struct hash entry_id;
    struct hash record_digest;
    struct problem problem; /* the log's reason, when it refused; kind PROBLEM_NONE: it did not */
};

/* Options that every command with a delivery has. */
#define DELIVERY_OPTIONS                                                                           \
    {"--url", "URL", "the log", true, false},                                                      \
        {"--key", "FILE", "private key that signs the statement (vouch keygen)", false, false},    \
        {"--issuer", "NAME", "whose key that is, as the log knows it", false, false},              \
        {"--stream", "NAME", "the records' stream (default: the issuer's only one)", false,        \
         false},                                                                                   \
        {"--receipts", "DIR", "statement and receipt go here (default: vouch-receipts)", false,    \
         false},                                                                                   \
        {"--keys", "FILE", "the log's receipt keys (default: ask the log)", false, true}

/* Whether --key and --issuer are given: a usage error otherwise. */
MUST_USE bool delivery_check_usage(const struct args *args, struct err *err);

/* Opens key and receipts directory, before anybody is asked anything. */
MUST_USE bool delivery_open(struct delivery *out, const struct args *args, struct fetcher *fetcher,
                            struct err *err);
void delivery_close(struct delivery *delivery);

/*
 * Whether a record is what the schema built in says of its type; ERR_INVALID names the place. A
 * mistake in an option is better told before anybody is asked.
 */
MUST_USE bool delivery_check(struct bytes record, struct err *err);

/*
 * Sends a record (draft.h) with the next sequence number of its stream; when the log wants another
 * one, with that. stem names its files. ERR_REFUSED with delivery->problem when the log refuses it.
 */
MUST_USE bool delivery_send(struct delivery *delivery, struct bytes record, const char *stem,
                            struct err *err);

/* Appends the members index, entry_id, record_digest, sequence_number, statement and receipt. */
void delivery_append_json(struct buf *out, const struct delivery *delivery);

/* Appends where it is now, in two lines. */
void delivery_append_text(struct buf *out, const struct delivery *delivery);

/*
 * Tells why a command with a delivery failed; of a refusal by the log the rule, the place, what is
 * there and what is wanted. Returns the exit code.
 */
int delivery_fail(const struct delivery *delivery, const struct command *command,
                  const struct args *args, const struct err *err);

#endif
