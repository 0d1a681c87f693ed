/* The flags of a commit while it is being admitted, as its seal will keep them. */
#ifndef VOUCH_SCHEMAS_RULES_FLAG_LIST_H
#define VOUCH_SCHEMAS_RULES_FLAG_LIST_H

#include "schemas/rules/admission.h"
#include "schemas/seal_flags.h"

/* Zeroed it is empty. A smaller count forgets the flags that were added last. */
struct flag_list {
    struct seal_flag *flags;
    size_t count;
    size_t capacity;
};

/* entry_offset: of the flagged statement in its commit. */
void flag_list_add(struct flag_list *list, uint64_t entry_offset,
                   const struct admission_verdict *verdict);

/* Appends what the seal says (seal_flags.h), nothing if there are none. Sorts the list. */
void flag_list_encode(struct flag_list *list, struct buf *out);

void flag_list_cleanup(struct flag_list *list);

#endif
