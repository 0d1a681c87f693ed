/*
 * Mentions: which entries speak of a run, a workflow, a policy, a person … The index behind "ask
 * the log". It decides nothing, so an auditor's replay leaves it out; the server keeps it among the
 * facts, and it can be made again from the entries like all of them.
 */
#ifndef VOUCH_SCHEMAS_RULES_MENTIONS_H
#define VOUCH_SCHEMAS_RULES_MENTIONS_H

#include "schemas/rules/rule.h"

/* Numbers are stored: never change or reuse one. mentions.c has their names and where they are. */
enum mention_kind {
    MENTION_RUN = 1,      /* 16 bytes */
    MENTION_WORKFLOW = 2, /* "id" and "id@version" */
    MENTION_POLICY = 3,   /* "id" and "id@version" */
    MENTION_MODEL = 4,    /* "provider/name" and "provider/name@version" */
    MENTION_ACTOR = 5,    /* whoever did, asked for, triggered, wrote or is the object of it */
    MENTION_APPROVER = 6,
    MENTION_ARTIFACT = 7, /* a digest, 32 to 64 bytes */
    MENTION_SUBJECT = 8,  /* a data subject's alias, 32 bytes */
    MENTION_ISSUER = 9,
    MENTION_FLAG = 10, /* a rule's code */
    MENTION_TYPE = 11,
    MENTION_KIND_COUNT,
};

/* The kind with this name ("run"); false when there is none. */
bool mention_kind_find(enum mention_kind *out, struct bytes name);
const char *mention_kind_name(enum mention_kind kind);

/*
 * Appends a value as it stands in the facts, from how people write it: a run as a UUID (RFC 9562,
 * 4, lower case), digests and aliases in lower-case hex, all else as it is. False when it cannot be
 * a value of this kind.
 */
bool mention_value_parse(struct buf *out, enum mention_kind kind, struct bytes text);

/* FACT_MENTION (kind as one byte, value) item n: a bitmap of the entries [64 n, 64 n + 64) that
 * mention it: 8 bytes, big-endian, the least significant bit for entry 64 n. */
struct fact_key mention_key(enum mention_kind kind, struct bytes value);

enum { MENTION_BLOCK = 64, MENTION_PLACES_MAX = 64 };

/* What the records of one statement mentioned last in each place: mostly the next one does the
 * same, and then there is nothing to do. Zeroed before each statement. */
struct mention_cache {
    bool has_issuer;
    struct bytes last[MENTION_PLACES_MAX]; /* encodings, borrowed from the statement */
};

/* The effect of every admitted record: its entry mentions what the record names. codes: of the
 * rules that flagged it. */
void mentions_put(const struct rule_context *context, const char *const *codes, size_t code_count);

#endif
