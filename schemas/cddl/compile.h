/* What the parts of the compiler share: the tree on one side, the tables on the other. */
#ifndef VOUCH_SCHEMAS_CDDL_COMPILE_H
#define VOUCH_SCHEMAS_CDDL_COMPILE_H

#include "schemas/cddl/table.h"

enum {
    CDDL_ALTERNATIVES_MAX = 1024, /* of one type, names resolved */
    CDDL_GROUP_DEPTH_MAX = 32,    /* groups inside each other, by name or bracket */
};

/* A type that has a number and is not filled in yet. */
struct cddl_pending {
    uint32_t type;
    uint32_t choice; /* and all further bodies of its rule, if it is a rule's */
};

struct cddl_compiler {
    const struct cddl_tree *tree;
    struct cddl *out;
    uint32_t *choice_types; /* by choice; CDDL_NONE: has no number yet */
    uint32_t *rule_types;   /* by rule */
    struct cddl_pending *pending;
    uint32_t pending_count;
};

/* The number of the type; it is filled in later when it is new. */
MUST_USE bool cddl_type_of_choice(struct cddl_compiler *compiler, uint32_t choice, uint32_t *out,
                                  struct err *err);
MUST_USE bool cddl_type_of_rule(struct cddl_compiler *compiler, const struct cddl_rule *rule,
                                uint32_t *out, struct err *err);

/* Fills in one type: collects what its alternatives, names resolved, allow. */
MUST_USE bool cddl_fill_type(struct cddl_compiler *compiler, struct cddl_pending pending,
                             struct err *err);

/* Whether the choice is one name or bracket that stands for a group, not for a type. */
bool cddl_is_group(const struct cddl_tree *tree, uint32_t choice);

/*
 * A map for each way in which the group choices of { } can be taken, at most CDDL_MAPS_MAX; their
 * numbers follow each other. group: an operand { }, or a choice that cddl_is_group.
 */
MUST_USE bool cddl_compile_maps(struct cddl_compiler *compiler, uint32_t operand,
                                struct cddl_span *out, struct err *err);
MUST_USE bool cddl_compile_array(struct cddl_compiler *compiler, uint32_t operand, uint32_t *out,
                                 struct err *err);

/* The members of a group rule as a map; fails when it cannot be in one. */
MUST_USE bool cddl_compile_group_rule(struct cddl_compiler *compiler, const struct cddl_rule *rule,
                                      struct err *err);

/* A number, text or byte string with what may be said of it. */
enum cddl_scalar_kind {
    CDDL_SCALAR_UINT,
    CDDL_SCALAR_NINT,
    CDDL_SCALAR_BYTES,
    CDDL_SCALAR_TEXT,
    CDDL_SCALAR_KINDS,
};

struct cddl_scalar {
    enum cddl_scalar_kind kind;
    struct cddl_range range; /* values, n of -1 - n, or lengths */
    uint32_t pattern;
};

/* Applies the control of an operand; out_empty becomes true when it leaves nothing. */
MUST_USE bool cddl_apply_control(const struct cddl_compiler *compiler, struct cddl_scalar *scalar,
                                 const struct cddl_operand *operand, bool *out_empty,
                                 struct err *err);

/* from..to and from...to; without its last number when exclusive. */
bool cddl_is_range(const struct cddl_operand *operand);
bool cddl_is_exclusive(const struct cddl_operand *operand);
MUST_USE bool cddl_read_range(const struct cddl_compiler *compiler,
                              const struct cddl_operand *operand,
                              const struct cddl_operand **out_from,
                              const struct cddl_operand **out_to, struct err *err);

struct cddl_prelude {
    const char *name;
    bool scalars[CDDL_SCALAR_KINDS];
    bool is_false;
    bool is_true;
};

/* NULL for a name that CDDL does not define, or that stands for what records do not hold. */
const struct cddl_prelude *cddl_find_prelude(struct bytes name);

/* Whether CDDL defines the name. */
bool cddl_is_prelude(struct bytes name);

/* Several maps of one type must be told apart by a member. */
MUST_USE bool cddl_check_choices(const struct cddl *cddl, struct err *err);

/* "rule: type" for messages, as it is written, on one line, shortened. The caller frees it. */
char *cddl_want(const struct cddl_tree *tree, struct bytes rule, uint32_t choice);

/* The only operand of a choice when nothing controls it, else NULL. */
const struct cddl_operand *cddl_lone_operand(const struct cddl_tree *tree, uint32_t choice);

#endif
