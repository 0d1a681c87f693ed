/*
 * Who writes the statements of a simulated log in which rules decide: runs, approvals, questions to
 * the gate, changes of people, records in conflict. They are made in a rule_world, so most are
 * right when they are written; what the log makes of them depends on when they come.
 */
#ifndef VOUCH_TESTS_SIM_AUTHOR_H
#define VOUCH_TESTS_SIM_AUTHOR_H

#include "server/tlog/tlog.h"
#include "tests/support/approval_world.h"
#include "tests/support/rng.h"

enum { AUTHOR_NONCE_LEN = 16 };

/* One statement that is to be logged. */
struct saying {
    struct tlog_own own; /* of what the log says */
    uint64_t number;
    struct buf bytes; /* the entry; of what the log says, the payload: empty, a question to the gate */
    struct hash action_digest; /* asked about */
    uint8_t nonce[AUTHOR_NONCE_LEN];
    struct tlog_submission submission; /* as it is handed to the log; borrows from this struct */
    /* What its submitter was told, if it was admitted: */
    bool is_acknowledged;
    uint64_t index;
    struct tlog_flags flags;
};

struct author {
    struct rule_world *world;
    uint64_t now_ms; /* of the world */
    struct saying **sayings;
    size_t count;
    size_t prepared_count; /* the first ones, which make a log to work with, in this order */
    uint64_t scenario;     /* how many were written */
    bool has_request;      /* "@request" is there */
};

void author_init(struct author *author, enum profile profile);
void author_cleanup(struct author *author);

/* Writes a few more sayings. now_ms: of the log's clock; what is earlier is ignored. */
void author_write(struct author *author, uint64_t now_ms, struct rng *rng);

#endif
