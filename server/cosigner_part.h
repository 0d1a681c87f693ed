/* The keys with which a daemon cosigns, as the configuration of its role names them. */
#ifndef VOUCH_SERVER_COSIGNER_PART_H
#define VOUCH_SERVER_COSIGNER_PART_H

#include "schemas/cosignature.h"
#include "server/cosigning/ledger.h"

/* Zeroed to begin with. */
struct cosigner_part {
    struct signer *signer;
    struct mldsa_signer *mldsa; /* NULL: none */
    struct cosigner cosigner;
};

/* mldsa_key_file may be NULL. To be closed in any case. */
MUST_USE bool cosigner_part_open(struct cosigner_part *part, const char *name,
                                 const char *key_file, const char *mldsa_key_file,
                                 struct err *err);
void cosigner_part_close(struct cosigner_part *part);

/* The ledger of what these keys have signed, or may sign: only they can open it. Borrows all. */
struct ledger_options cosigner_part_ledger(const struct cosigner_part *part, const char *directory,
                                           const char *mark_file);

#endif
