/*
 * Compiled CDDL: flat arrays whose parts name each other by number. All that may vary is sorted so
 * that the validator only ever moves forward.
 */
#ifndef VOUCH_SCHEMAS_CDDL_TABLE_H
#define VOUCH_SCHEMAS_CDDL_TABLE_H

#include "schemas/byte_fields.h"
#include "schemas/cddl/pattern.h"
#include "schemas/cddl/parse.h"

enum { CDDL_MAPS_MAX = 256 }; /* of one type */

/* Some neighbours in one of the arrays below. */
struct cddl_span {
    uint32_t first;
    uint32_t count;
};

/* Both ends belong to it. */
struct cddl_range {
    uint64_t min;
    uint64_t max;
};

/* Text of so many bytes that matches the pattern, if there is one. */
struct cddl_text_form {
    struct cddl_range len;
    uint32_t pattern; /* CDDL_NONE for any */
};

/* Everything an item may be: the alternatives of a choice by what they begin with. */
struct cddl_type {
    struct cddl_span uints;    /* in ranges: the values */
    struct cddl_span nints;    /* in ranges: n of -1 - n */
    struct cddl_span bytes;    /* in ranges: the lengths */
    struct cddl_span forms;    /* in forms: texts */
    struct cddl_span literals; /* in literals: texts, shorter ones first, then bytewise */
    struct cddl_span maps;     /* in map_list; when several, their members tell them apart */
    uint32_t array;            /* in arrays, CDDL_NONE for none */
    bool may_be_false;
    bool may_be_true;
    struct cddl_place place;
    struct bytes rule; /* its name, empty for a type that has none */
    char *want;        /* for messages; owned */
};

/* A member with a name. */
struct cddl_member {
    struct bytes key;
    uint32_t type;
    bool is_required;
    struct cddl_place place;
};

struct cddl_map {
    struct cddl_span members; /* in the order deterministic CBOR puts keys: shorter first */
    uint32_t free_key;        /* type of further keys, CDDL_NONE when there are none */
    uint32_t free_value;      /* type */
    struct cddl_range free_count;
    struct bytes rule; /* that it is the whole of, else empty */
    struct cddl_place place;
};

struct cddl_array {
    struct cddl_span items; /* in item_types: what comes first, one each */
    uint32_t rest;          /* type of what follows, CDDL_NONE when nothing does */
    struct cddl_range rest_count;
    struct cddl_place place;
};

struct cddl_named_type {
    struct bytes rule;
    uint32_t type;
};

/* A rule that is a group: its members as if it were a map. */
struct cddl_named_map {
    struct bytes rule;
    uint32_t map;
};

/* A /= or //= in another source than the rule's own. */
struct cddl_extension {
    struct bytes rule;
    struct cddl_place rule_place;
    struct cddl_place place;
};

struct cddl {
    struct cddl_type *types;
    struct cddl_map *maps;
    uint32_t *map_list;
    struct cddl_member *members;
    struct cddl_array *arrays;
    uint32_t *item_types;
    struct cddl_range *ranges;
    struct cddl_text_form *forms;
    struct cddl_pattern *patterns;
    struct bytes *literals;
    struct bytes *byte_names;       /* of members that hold byte strings or arrays of them */
    struct byte_fields byte_fields; /* the same, sorted */
    struct cddl_named_type *rules;
    struct cddl_named_map *groups;
    struct cddl_extension *extensions;
    uint32_t type_count;
    uint32_t map_count;
    uint32_t map_list_count;
    uint32_t member_count;
    uint32_t array_count;
    uint32_t item_type_count;
    uint32_t range_count;
    uint32_t form_count;
    uint32_t pattern_count;
    uint32_t literal_count;
    uint32_t rule_count;
    uint32_t group_count;
    uint32_t extension_count;
    struct cddl_source *sources; /* own copies, for names and places */
    size_t source_count;
    struct buf pool; /* the texts all names and literals lie in */
};

#endif
