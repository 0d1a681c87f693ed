/*
 * What an admission rule is: one row of a table and one small function. A rule looks at one record
 * and at what earlier entries say; it holds, or it is broken and then either refuses the statement
 * or flags the record for ever, by the profile in force. docs/RULES.md lists them.
 */
#ifndef VOUCH_SCHEMAS_RULES_RULE_H
#define VOUCH_SCHEMAS_RULES_RULE_H

#include "merkle/hash.h"
#include "schemas/record_fields.h"
#include "schemas/rules/facts.h"
#include "schemas/rules/principals.h"
#include "schemas/rules/record_type.h"
#include "schemas/rules/settings.h"

/* The statement the record is in, as far as rules may look at it. */
struct rule_statement {
    struct bytes issuer;      /* CWT iss */
    struct bytes audience;    /* CWT aud, empty when absent */
    struct bytes kid;         /* 32 bytes */
    bool is_of_log;           /* signed with the log key for the log's own content type */
    struct principal signer;  /* the issuer's roles at this index; not of the log's statements */
    struct issuer_key key;    /* what the facts say of kid; its issuer is empty: nothing */
    uint64_t index;           /* where it will stand in the tree */
    uint64_t received_at_ms;  /* of its batch */
};

/* What a broken rule saw: path inside the record ("/actor/id"), what is there, what would do. */
struct rule_finding {
    char path[128];
    char have[128];
    char want[128];
};

struct rule_cache;

struct rule_context {
    struct facts *facts;
    const struct settings *settings;
    const struct rule_statement *statement;
    const struct field *record; /* the record's map */
    struct bytes tenant;        /* of the record, empty when it names none */
    struct bytes run_id;
    enum record_type type;
    uint32_t record_number; /* in its statement */
    size_t flag_count;      /* of the records before it in its statement */
    struct hash digest;     /* record digest */
    struct rule_finding *finding;
    struct rule_cache *cache; /* rule_cache.h */
};

/* Whether the rule holds. When it does not: ends with `return rule_broken(...)`. */
typedef bool (*rule_check_fn)(const struct rule_context *context);

/* Claims are refused, facts are flagged. */
enum rule_severity {
    RULE_REFUSES,           /* in both profiles */
    RULE_REFUSES_IN_STRICT, /* flags under the profile observe */
    RULE_FLAGS,             /* in both profiles */
};

struct rule {
    const char *name; /* "AP13" */
    const char *code; /* stable: "self-approval"; unique together with name */
    enum rule_severity severity;
    uint32_t types; /* set of TYPE_BIT(...): the records it looks at */
    rule_check_fn check;
    const char *says; /* the rule in one sentence */
};

/*
 * Writes what the rule saw; path, have and want are texts, NULL for "nothing to say". Returns
 * false, so that checks end with it.
 */
bool rule_broken(const struct rule_context *context, const char *path, const char *have,
                 const char *want);

/* As rule_broken, quoting the value of a field of this record; NULL means that nothing is there. */
bool rule_broken_at(const struct rule_context *context, const char *path,
                    const struct field *field, const char *want_format, ...) PRINTF_LIKE(4, 5);

/* A record's effect: the facts it leaves for the rules of later records, once it is admitted. */
typedef void (*effect_fn)(const struct rule_context *context);

/* The record's own, empty when it names none. */
struct bytes rule_tenant(const struct rule_context *context);
struct bytes rule_run_id(const struct rule_context *context);

/* Who that is, by what was logged before this statement; false when nobody registered it. */
bool rule_principal(const struct rule_context *context, struct bytes id, struct principal *out);

#endif
