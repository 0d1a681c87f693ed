/*
 * Anchor files: a signed head of a log, and what somebody outside gave for it.
 *
 *   vouch/anchor/v1
 *   kind rfc3161
 *   target example-tsa
 *   location https://tsa.example.org/
 *   time 1795000000000
 *   proof <base64>
 *   <empty line>
 *   <the head: a signed checkpoint>
 *
 * The line "proof" is left out where there is nothing but a copy.
 */
#ifndef VOUCH_SCHEMAS_ANCHOR_FILE_H
#define VOUCH_SCHEMAS_ANCHOR_FILE_H

#include "schemas/checkpoint.h"

enum {
    ANCHOR_TARGET_LEN_MAX = 64,
    ANCHOR_LOCATION_LEN_MAX = 1000,
    ANCHOR_PROOF_LEN_MAX = 150000,
    ANCHOR_FILE_LEN_MAX = 2 * ANCHOR_PROOF_LEN_MAX + NOTE_LEN_MAX,
};

#define ANCHOR_FILE_TYPE "text/x.vouch.anchor"

enum anchor_kind {
    ANCHOR_OBJECT_STORE, /* a copy, elsewhere */
    ANCHOR_RFC3161,      /* proof: a time-stamp token, its imprint the SHA-256 of the head's note */
    /*
     * proof: a C2SP tlog-proof of an entry that is the head's note, or else of the statement in its
     * "extra" line, which is about the head (head_export.h)
     */
    ANCHOR_OTHER_LOG,
    ANCHOR_KIND_COUNT,
};

/* As log.cddl names it: "object-store", "rfc3161", "other-log". */
const char *anchor_kind_name(enum anchor_kind kind);
bool anchor_kind_find(enum anchor_kind *out, struct bytes name);

struct anchor_file {
    enum anchor_kind kind;
    struct bytes target;   /* what whoever runs the log calls it: as anchor_target_is_valid */
    struct bytes location; /* printable ASCII without spaces */
    uint64_t time_ms;      /* by the log's clock, when the proof was there */
    struct buf proof;      /* owned; empty: none */
    struct bytes note;     /* the signed head, borrowed like the texts */
    struct checkpoint head; /* what the note says */
};

/* [A-Za-z0-9._-], not only dots, at most ANCHOR_TARGET_LEN_MAX. */
bool anchor_target_is_valid(struct bytes name);
bool anchor_location_is_valid(struct bytes location);

/* TARGET-SIZE.anchor: how the file of an anchor is called. A target may have a hyphen. */
struct anchor_file_name {
    uint64_t size;
    char target[ANCHOR_TARGET_LEN_MAX + 1];
};

/* False for any other name; the size is below TREE_SIZE_MAX. */
bool anchor_file_name_parse(struct anchor_file_name *out, const char *file_name);

/* Whether the text begins as anchor files do. */
bool anchor_file_begins(struct bytes text);

/* head is not looked at: the note says it. */
void anchor_file_append(struct buf *out, const struct anchor_file *file);

/* The form alone; ERR_INVALID says what is wrong. Accepts only what anchor_file_append writes. */
MUST_USE bool anchor_file_parse(struct anchor_file *out, struct bytes text, struct err *err);
void anchor_file_cleanup(struct anchor_file *file); /* accepts a zeroed struct */

#endif
