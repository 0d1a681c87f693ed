/*
 * What several rules ask for, read once: facts already decoded. It holds nothing that the facts do
 * not say, is emptied before each statement, and belongs to one admission.
 */
#ifndef VOUCH_SCHEMAS_RULES_RULE_CACHE_H
#define VOUCH_SCHEMAS_RULES_RULE_CACHE_H

#include "schemas/rules/action_judgement.h"
#include "schemas/rules/manifest_view.h"
#include "schemas/rules/mentions.h"
#include "schemas/rules/run_decisions.h"
#include "schemas/rules/run_facts.h"

/* Keys of the facts that every record has. */
struct header_cache {
    bool has_record_key;
    struct fact_key record_key; /* FACT_RECORD of this record */
    bool has_stream_key;
    struct bytes tenant; /* borrowed from the statement */
    struct bytes stream;
    struct fact_key stream_key; /* FACT_STREAM, until a record is of another stream */
};

/* The run of the record looked at last; the next is mostly of the same run. */
struct run_cache {
    bool is_filled;
    struct bytes tenant; /* borrowed from the statement */
    struct bytes run_id;
    struct fact_key key; /* FACT_RUN; fact_key_as makes the others of the run */
    struct run run;
    bool has_contract_key;
    struct fact_key contract_key; /* FACT_CONTRACT of the run's workflow version */
    bool has_attempt_key;
    struct fact_key attempt_key; /* FACT_RUN_NODE of this record's node and attempt */
};

/* The contract of the record's workflow version. */
struct contract_cache {
    bool is_filled;
    struct record_fields memory;
    const struct field *map; /* in memory; NULL: there is none */
};

/* A zeroed struct is ready for use. */
struct rule_cache {
    struct header_cache header;
    struct mention_cache mentions;
    struct run_cache run;
    struct contract_cache contract;
    struct manifest_view manifest;
    struct run_decisions decisions;
    struct action_judgement action; /* of the record */
    struct buf scratch; /* for encoding one fact */
};

/* Both keep the memory. */
void rule_cache_next_statement(struct rule_cache *cache);
void rule_cache_next_record(struct rule_cache *cache);
void rule_cache_cleanup(struct rule_cache *cache);

/* The scratch buffer, emptied: for one value at a time. */
struct buf *rule_scratch(const struct rule_context *context);

#endif
