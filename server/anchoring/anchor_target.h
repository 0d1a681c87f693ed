/*
 * Where heads of the log are taken so that somebody outside knows them. Each kind of target is one
 * function that hands over one head, waits, and comes back with what proves it.
 */
#ifndef VOUCH_SERVER_ANCHORING_ANCHOR_TARGET_H
#define VOUCH_SERVER_ANCHORING_ANCHOR_TARGET_H

#include <stdatomic.h>

#include "schemas/anchor_file.h"
#include "schemas/key.h"
#include "schemas/note.h"

enum { ANCHOR_TARGETS_MAX = 8 };

/* One of the configuration. All borrowed; what a kind does not have is NULL. */
struct anchor_options {
    char *target;      /* its name, as anchor_target_is_valid */
    char *kind;        /* a name of the table in anchor_target.c */
    char *path;        /* directory */
    char *url;         /* of all others */
    char *secret_file; /* webhook: its content is the secret of signatures */
    char *token_file;  /* put: its content is the bearer token; may be NULL */
    char *ca_file;     /* rfc3161: PEM */
    char *vkey;        /* log, evidence-log: its verifier key */
    /* evidence-log: as whom, with which key (PEM, Ed25519), and for whom statements are made */
    char *issuer;
    char *issuer_key_file;
    char *tenant;
    uint64_t interval_s;
    uint64_t timeout_ms; /* for each request */
    uint64_t stale_s;    /* an alert when there was no success for so long */
};

/* Which members a kind has besides target, kind and the numbers; docs/man/vouchd.json.5. */
struct anchor_target_kind;
const struct anchor_target_kind *anchor_target_kind_find(const char *name); /* NULL: none */
enum anchor_kind anchor_target_proof_kind(const struct anchor_target_kind *kind);

/* ERR_INVALID names the member that is missing, wrong, or of another kind. */
MUST_USE bool anchor_options_check(const struct anchor_options *options, struct err *err);

/* A target with its secrets, keys and certificates read from their files. */
struct anchor_target {
    const struct anchor_options *options;
    const struct anchor_target_kind *kind;
    struct buf secret; /* of secret_file or token_file */
    struct buf ca;
    struct note_verifier log; /* the other log's */
    struct signer *issuer;    /* of issuer_key_file */
};

MUST_USE bool anchor_target_open(struct anchor_target *out, const struct anchor_options *options,
                                 struct err *err);
void anchor_target_close(struct anchor_target *target); /* accepts a zeroed struct */

/* Whether all of these could be opened. */
MUST_USE bool anchor_targets_check(const struct anchor_options *options, size_t count,
                                   struct err *err);

/* One head on its way. All borrowed. */
struct anchor_attempt {
    const struct anchor_target *target;
    const struct checkpoint *head;
    struct bytes note;                /* the head, signed */
    uint64_t head_at_ms;              /* Unix time of its commit */
    const struct anchor_file *latest; /* of the newest success at this target; NULL: none */
    const atomic_bool *stop;          /* ends the attempt soon when it becomes true */
};

/* What an attempt leaves, to be cleaned up whatever its outcome. */
struct anchor_success {
    struct buf location;
    struct buf proof;     /* stays empty where the copy is all there is */
    struct buf diverging; /* of a failure: another log's head that contradicts what it said before */
};

void anchor_success_cleanup(struct anchor_success *success);

/*
 * out is zeroed before. True when the target has the head and the proof is verified. The same head may come again, after
 * a crash: that is a success too. Every failure may pass: the code tells nothing.
 */
MUST_USE bool anchor_target_give(struct anchor_success *out, const struct anchor_attempt *attempt,
                                 struct err *err);

/* "<size>-<16 hex digits of the root>.checkpoint": what a head is called elsewhere. */
void anchor_append_object_name(struct buf *out, const struct checkpoint *head);

/* A URL without what follows its path, which may be nobody's business. */
void anchor_append_location(struct buf *out, const char *url);

/* ---- the kinds, one file each ---- */

MUST_USE bool anchor_to_directory(struct anchor_success *out, const struct anchor_attempt *attempt,
                                  struct err *err);
MUST_USE bool anchor_by_put(struct anchor_success *out, const struct anchor_attempt *attempt,
                            struct err *err);
MUST_USE bool anchor_by_webhook(struct anchor_success *out, const struct anchor_attempt *attempt,
                                struct err *err);
MUST_USE bool anchor_by_timestamp(struct anchor_success *out, const struct anchor_attempt *attempt,
                                  struct err *err);
MUST_USE bool anchor_in_log(struct anchor_success *out, const struct anchor_attempt *attempt,
                            struct err *err);
MUST_USE bool anchor_in_evidence_log(struct anchor_success *out,
                                     const struct anchor_attempt *attempt, struct err *err);

#endif
