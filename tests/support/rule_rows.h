/*
 * For every row of a family's table: a record that the rule lets pass, one that breaks it, and proof
 * that it is this row which objects. A table with a row that no case covers fails.
 */
#ifndef VOUCH_TESTS_SUPPORT_RULE_ROWS_H
#define VOUCH_TESTS_SUPPORT_RULE_ROWS_H

#include "tests/support/rule_world.h"

struct rule_row {
    const char *name;
    const char *code;
    const char *issuer;
    const char *type;
    const char *good; /* JSON for rule_world_say: admitted, without this row's flag */
    const char *bad;  /* refused or flagged by this row, as its severity says */
    const char *path; /* of the finding, where it refuses in a strict world; NULL: any */
    void (*prepare)(struct rule_world *world); /* what was said before; may be NULL */
};

/*
 * For each case, in a strict world made by new_world: good passes, bad is refused (or flagged), and
 * with the row left out bad is no longer refused (or flagged) by it. Where the row refuses in strict
 * only, it flags in a world that observes.
 */
void rule_rows_check(const struct rule_row *rows, size_t count,
                     struct rule_world *(*new_world)(enum profile profile));

/* Every rule of the family has a case. */
void rule_rows_check_complete(const struct rule_row *rows, size_t count, const struct rule *rules,
                              size_t rule_count);

#endif
