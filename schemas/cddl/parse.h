/* CDDL text as a tree: what is written, before anything is looked up. */
#ifndef VOUCH_SCHEMAS_CDDL_PARSE_H
#define VOUCH_SCHEMAS_CDDL_PARSE_H

#include "schemas/cddl/lex.h"

/* Parts of the tree name each other by their number in its arrays. */
#define CDDL_NONE UINT32_MAX

enum cddl_operand_kind {
    CDDL_OPERAND_NAME,
    CDDL_OPERAND_TEXT,
    CDDL_OPERAND_NUMBER,
    CDDL_OPERAND_MAP,   /* { } */
    CDDL_OPERAND_ARRAY, /* [ ] */
    CDDL_OPERAND_PAREN, /* ( ) */
};

/* One alternative of a choice: a value, a name or something in brackets, and what controls it. */
struct cddl_operand {
    enum cddl_operand_kind kind;
    struct cddl_place place;
    struct bytes text;    /* NAME; TEXT: decoded */
    bool negative;        /* NUMBER */
    uint64_t value;       /* NUMBER: its amount */
    uint32_t group;       /* in brackets: the first of the struct cddl_alternative */
    struct bytes control; /* "..", "...", ".size" and so on; empty for none */
    uint32_t argument;    /* of the control: an operand */
    uint32_t next;        /* alternative of the same choice */
};

/* A type as written: one or more alternatives. */
struct cddl_choice {
    uint32_t first; /* operand */
    uint32_t last;
    struct cddl_place place;
    uint32_t end;  /* offset behind its last byte */
    uint32_t next; /* body of the same rule */
};

enum cddl_key_kind {
    CDDL_KEY_NONE,
    CDDL_KEY_NAME, /* name: or "name": */
    CDDL_KEY_TYPE, /* type => */
};

/* One line of a group. */
struct cddl_entry {
    struct cddl_place place;
    uint64_t min;
    uint64_t max; /* UINT64_MAX for no limit */
    enum cddl_key_kind key_kind;
    struct bytes key;    /* NAME */
    uint32_t key_choice; /* TYPE */
    uint32_t value;      /* choice; of an entry without key it may name a group */
    uint32_t next;
};

/* What stands between two "//" of a group. */
struct cddl_alternative {
    uint32_t first; /* entry */
    uint32_t last;
    uint32_t next;
};

struct cddl_rule {
    struct bytes name;
    struct cddl_place place;
    uint32_t first_body; /* choice; further ones come from /= and //= */
    uint32_t last_body;
    uint32_t definition;               /* of these, that of the = */
    bool is_defined;                   /* with =, not only extended */
    struct cddl_place type_extension;  /* of the last /=; line 0: there is none */
    struct cddl_place group_extension; /* of the last //= */
};

/* The whole text. */
struct cddl_tree {
    const struct cddl_source *sources; /* borrowed, with their texts */
    struct cddl_operand *operands;
    struct cddl_choice *choices;
    struct cddl_entry *entries;
    struct cddl_alternative *alternatives;
    struct cddl_rule *rules;
    uint32_t operand_count;
    uint32_t choice_count;
    uint32_t entry_count;
    uint32_t alternative_count;
    uint32_t rule_count;
    struct buf *pool; /* borrowed: takes texts that had escapes */
};

/*
 * out->sources and out->pool are set by the caller, the rest is zero. The pool has room for as many
 * bytes as the sources have together, so that it never moves. To be cleaned up also on failure.
 */
MUST_USE bool cddl_parse(struct cddl_tree *out, size_t source_count, struct err *err);
void cddl_tree_cleanup(struct cddl_tree *tree);

/* Room for one more in an array that grows by doubling; the new item is zero. */
void *cddl_grow(void *array, uint32_t count, size_t item_len);

/* NULL when there is none. */
struct cddl_rule *cddl_tree_find(const struct cddl_tree *tree, struct bytes name);

#endif
