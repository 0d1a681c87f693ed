/*
 * Admitting the statements of a log once more, in the order of its entries, with the answers that
 * the log gave: that is how an auditor checks it and how its facts are made again.
 */
#ifndef VOUCH_SCHEMAS_RULES_READMISSION_H
#define VOUCH_SCHEMAS_RULES_READMISSION_H

#include "schemas/rules/flag_list.h"
#include "schemas/seal.h"
#include "schemas/statement.h"

struct readmission {
    struct facts *facts;
    struct admission *admission;
    /* Of the commit that is being taken: */
    struct flag_list flags;
    struct buf encoded_flags;
};

/* base: as facts_new. */
void readmission_init(struct readmission *out, struct facts_base *base);
void readmission_cleanup(struct readmission *readmission); /* accepts a zeroed struct */

/*
 * Takes the statement at this offset of the commit that the seal ends; not the seal itself. out:
 * what its rules say, as admission_decide. ERR_CORRUPT when one of them refuses it.
 */
MUST_USE bool readmission_take(struct readmission *readmission, struct admission_verdict *out,
                               const struct seal *seal, uint64_t offset,
                               const struct statement *statement, struct err *err);

/*
 * After the commit's last statement: ERR_CORRUPT unless the seal names the rules in force and the
 * flags that were met. facts_changes are those of the commit from here to readmission_next.
 */
MUST_USE bool readmission_check(struct readmission *readmission, const struct seal *seal,
                                struct err *err);

/* The changes are in the base; another commit begins. */
void readmission_next(struct readmission *readmission);

/* Another commit begins, and the changes stay in the overlay beside those to come. */
void readmission_go_on(struct readmission *readmission);

#endif
