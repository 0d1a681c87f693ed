/* Numbers that stand for a person: payment cards, bank accounts, national ids, telephones. */
#ifndef VOUCH_SCHEMAS_PII_NUMBER_H
#define VOUCH_SCHEMAS_PII_NUMBER_H

#include "schemas/pii_lint.h"

/* What begins at position, where no letter or digit precedes it; PII_NONE when nothing does. */
enum pii_kind pii_number_at(struct bytes text, size_t position);

#endif
