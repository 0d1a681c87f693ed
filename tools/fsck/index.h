/* The two indexes by hash against the entries: every entry found, nothing else in there. */
#ifndef VOUCH_TOOLS_FSCK_INDEX_H
#define VOUCH_TOOLS_FSCK_INDEX_H

#include "tools/fsck/database.h"
#include "tools/fsck/report.h"

/* Every entry's hashes, 32 bytes each (64 in evidence logs): memory grows with the log. */
struct index_check {
    struct digest *leaves;
    struct digest *identities; /* NULL in opaque logs */
    uint64_t count;
    uint64_t capacity;
};

void index_check_init(struct index_check *check, bool opaque);
void index_check_cleanup(struct index_check *check);

/* The next entry in order; identity is NULL when it has none. */
void index_check_add(struct index_check *check, const struct digest *leaf,
                     const struct digest *identity);

/* Reads all rows of an index ('l' or 'i') and compares. */
void index_check_run(const struct index_check *check, struct database *database, char kind,
                     struct report *report);

#endif
