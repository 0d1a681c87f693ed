/*
 * Faults of a log that somebody has acknowledged: an audit passes over them, and over nothing else.
 * What the log's rules do not admit leaves no facts, whether it is excused or not.
 */
#ifndef VOUCH_CLIENT_VERIFY_EXCUSES_H
#define VOUCH_CLIENT_VERIFY_EXCUSES_H

#include "base/bytes.h"
#include "base/err.h"
#include "client/verify/audit_fault.h"

enum { EXCUSES_MAX = 256 };

struct excuse {
    uint64_t index; /* of the entry where it shows; of what a replay finds, that of the seal */
    enum audit_fault fault;
};

/* A zeroed struct is empty. */
struct excuses {
    struct excuse items[EXCUSES_MAX];
    size_t count;
};

/* False for NULL. */
bool excuses_has(const struct excuses *excuses, uint64_t index, enum audit_fault fault);

/* False: there are EXCUSES_MAX. */
MUST_USE bool excuses_add(struct excuses *excuses, uint64_t index, enum audit_fault fault);

/* Forgets those below this size. */
void excuses_drop_below(struct excuses *excuses, uint64_t size);

/* Nine bytes each: index, fault. */
void excuses_append(struct buf *out, const struct excuses *excuses);
MUST_USE bool excuses_parse(struct excuses *out, struct bytes text);

#endif
