/*
 * Which entries of a copy mention something: found by reading them. A mirror keeps no index of what
 * is in its entries; it reads some of them for each page of an answer, and says where to go on.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_MENTION_SCAN_H
#define VOUCH_SERVER_ROLE_MIRROR_MENTION_SCAN_H

#include "schemas/record_fields.h"
#include "schemas/rules/rule_cache.h"
#include "server/evidence/mention_search.h"
#include "server/role/mirror/copy_reading.h"

enum { SCAN_ENTRIES = 1024 }; /* and those up to the end of the commit */

/* A commit whose seal was read. */
struct scanned_commit {
    struct entry_range range; /* with the seal */
    uint64_t received_at_ms;
    struct buf flags; /* as in the seal */
};

struct mention_scan {
    const struct copy_reading *copy; /* borrowed */
    struct facts *facts;             /* mentions of what was read, and nothing else */
    struct rule_cache cache;
    struct record_fields fields;
    struct scanned_commit *commits;
    size_t commit_count;
    uint64_t end; /* entries from the first one up to here were read */
};

/*
 * Reads entries from begin on, at least one commit to its seal. ERR_CORRUPT: one of them is no
 * statement, or the tree does not end with a seal: this is no evidence log. Zeroed before, cleaned
 * up in any case.
 */
MUST_USE bool mention_scan_run(struct mention_scan *out, const struct copy_reading *copy,
                               uint64_t begin, struct err *err);
void mention_scan_cleanup(struct mention_scan *scan);

/* The next entry from index on that mentions all terms; false: none of those read. */
bool mention_scan_find(struct mention_scan *scan, const struct mention_search *search,
                       uint64_t index, uint64_t *out);

/* The commit of an entry that was read. */
const struct scanned_commit *mention_scan_commit(const struct mention_scan *scan, uint64_t index);

#endif
