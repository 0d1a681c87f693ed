/*
 * What several rules ask for, read once: facts already decoded. It holds nothing that the facts do
 * not say, is emptied before each statement, and belongs to one admission.
 */
#ifndef VOUCH_SCHEMAS_RULES_RULE_CACHE_H
#define VOUCH_SCHEMAS_RULES_RULE_CACHE_H

#include "schemas/rules/run_facts.h"

/* The run of the record looked at last; the next is mostly of the same run. */
struct run_cache {
    bool is_filled;
    struct bytes tenant; /* borrowed from the statement */
    struct bytes run_id;
    struct fact_key key; /* FACT_RUN; fact_key_as makes the others of the run */
    struct run run;
};

/* A zeroed struct is ready for use. */
struct rule_cache {
    struct run_cache run;
    struct buf scratch; /* for encoding one fact */
};

void rule_cache_forget(struct rule_cache *cache); /* before each statement; keeps the memory */
void rule_cache_cleanup(struct rule_cache *cache);

#endif
