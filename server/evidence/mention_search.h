/*
 * Searching the index of mentions (schemas/rules/mentions.h): which entries speak of a run, a
 * policy, a person … Any thread. What a search finds below a size never changes while the log
 * grows.
 */
#ifndef VOUCH_SERVER_EVIDENCE_MENTION_SEARCH_H
#define VOUCH_SERVER_EVIDENCE_MENTION_SEARCH_H

#include "schemas/rules/mentions.h"
#include "server/store/store.h"

enum {
    MENTION_TERMS_MAX = 4,
    MENTION_FOUND_MAX = 512,
    MENTION_BLOCKS_MAX = 2048, /* of the first term: one search looks at no more of them */
};

/* Entries [begin, end) that mention all terms. */
struct mention_search {
    struct fact_key terms[MENTION_TERMS_MAX]; /* mention_key; at least one, the rarest first */
    size_t term_count;
    uint64_t begin;
    uint64_t end; /* at most store_read_facts_size */
};

struct mention_found {
    uint64_t indexes[MENTION_FOUND_MAX]; /* ascending */
    size_t count;
    uint64_t next; /* where to go on; the search's end: there are no more */
};

/* The first ones, at most count_max (1..MENTION_FOUND_MAX). May find none and still go on. */
MUST_USE bool mention_search_run(struct store *store, struct mention_found *out,
                                 const struct mention_search *search, size_t count_max,
                                 struct err *err);

#endif
