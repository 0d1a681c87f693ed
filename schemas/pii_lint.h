/*
 * A lint against personal data that slips into records: what is in the tree can never be erased.
 * It looks for things with a form or a check digit of their own; names of people, for one, it
 * cannot see. A text without a finding may still be personal.
 */
#ifndef VOUCH_SCHEMAS_PII_LINT_H
#define VOUCH_SCHEMAS_PII_LINT_H

#include "base/bytes.h"

enum pii_kind {
    PII_NONE,
    PII_EMAIL,       /* user@host.tld; not git@host nor thing@1.2.rc */
    PII_PHONE,       /* +49 151 2345678, (555) 234-5678, 555-234-5678 */
    PII_CARD,        /* a payment card: a known prefix, Luhn's check digit */
    PII_IBAN,        /* ISO 13616: length by country, check digits */
    PII_NATIONAL_ID, /* patterns of pii_number.c, with their check digits where they have any */
};

/* The first finding, in one pass whose work is a constant for each byte. */
enum pii_kind pii_lint(struct bytes text);

const char *pii_kind_name(enum pii_kind kind); /* "an e-mail address", ... */

#endif
