/* vouchd init of the roles that have a name and a key to cosign with, and a list of logs. */
#ifndef VOUCH_SERVER_INIT_COSIGNER_H
#define VOUCH_SERVER_INIT_COSIGNER_H

#include "schemas/key.h"

struct init_cosigner_options {
    const char *directory; /* must not exist */
    const char *name;      /* key name */
    const char *listen;
    const char *logs_file; /* a list of logs, which is copied; NULL: an empty list */
};

/* What is made for one role only. */
struct init_cosigner_role {
    const char *noun;
    const char *empty_list;     /* logs.txt to begin with */
    const char *list_line;      /* what to write into it, for the next steps */
    size_t list_len_max;
    const char *config_members; /* of vouchd.json, beyond what all have: "" or ",\n  ..." */
    bool cosigns_with_mldsa;    /* too, where OpenSSL has it */
    bool (*check_list)(const char *path, struct err *err);
    /* Makes data in the directory; signer has the key to cosign with. */
    bool (*make_data)(const struct init_cosigner_options *options, const struct signer *signer,
                      struct err *err);
};

/*
 * Creates directory with keys, verifier keys, data, list of logs and vouchd.json, the latter last.
 * Appends what to do next to out_next_steps.
 */
MUST_USE bool init_cosigner_run(struct buf *out_next_steps, const struct init_cosigner_role *role,
                                const struct init_cosigner_options *options, struct err *err);

#endif
