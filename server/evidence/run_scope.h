/*
 * One run while its state is told: which tree is asked, what the facts say of it, and a walk over
 * the records that belong to it.
 */
#ifndef VOUCH_SERVER_EVIDENCE_RUN_SCOPE_H
#define VOUCH_SERVER_EVIDENCE_RUN_SCOPE_H

#include "schemas/record_fields.h"
#include "schemas/rules/run_facts.h"
#include "server/evidence/commit_view.h"
#include "server/evidence/mention_search.h"
#include "server/tlog/store_facts.h"

enum { RUN_ENTRIES_MAX = 1024 }; /* of one walk: the first ones */

struct run_scope {
    struct store *store;
    uint64_t size;  /* of the tree that the facts speak of */
    uint64_t at_ms; /* now */
    struct bytes run_id;
    struct bytes tenant;
    struct run run;
    struct store_facts base;
    struct facts *facts;
    struct commit_view commit;
    bool is_cut; /* a walk ended at RUN_ENTRIES_MAX */
    /* memory */
    struct buf tenant_text;
    struct buf entry;
    struct record_fields fields;
};

/* What is asked; borrowed for the scope's life. */
struct run_question {
    struct store *store;
    struct bytes run_id;
    struct bytes tenant; /* empty: the one of the first record of the run */
    uint64_t size;       /* store_read_facts_size */
    uint64_t at_ms;
};

/* ERR_NOT_FOUND when no record names the run. To be cleaned up in any case. */
MUST_USE bool run_scope_init(struct run_scope *out, const struct run_question *question,
                             struct err *err);
void run_scope_cleanup(struct run_scope *scope);

/* One record of the run; valid until the next. */
struct run_record {
    uint64_t index; /* of its entry */
    uint64_t number; /* in the statement */
    struct bytes issuer;
    const struct field *record;
};

/* False with err ends the walk. */
typedef bool (*run_record_fn)(void *context, const struct run_record *record, struct err *err);

/* Visits the records of the run of a type in the order of the log: those whose run_id it is, or
 * whose subject names it. */
MUST_USE bool run_scope_visit(struct run_scope *scope, const char *type, run_record_fn visit,
                              void *context, struct err *err);

/* The entries that mention the run, one after the other; *out_index is UINT64_MAX at the end. */
struct run_entries {
    struct mention_search search;
    struct mention_found found;
    size_t at;
    size_t count;
};
void run_entries_init(struct run_entries *out, const struct run_scope *scope, const char *type);
MUST_USE bool run_entries_next(struct run_entries *entries, struct run_scope *scope,
                               uint64_t *out_index, struct err *err);

/* What to visit of one entry. */
struct run_visit {
    const char *type; /* NULL: any */
    bool of_run;      /* only what belongs to the run */
    run_record_fn visit;
    void *context;
};
MUST_USE bool run_scope_visit_entry(struct run_scope *scope, uint64_t index,
                                    const struct run_visit *visit, struct err *err);

#endif
