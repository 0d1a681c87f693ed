#include "server/cosigner_part.h"

bool cosigner_part_open(struct cosigner_part *part, const char *name, const char *key_file,
                        const char *mldsa_key_file, struct err *err)
{
    return signer_open_file(&part->signer, key_file, err) &&
           (mldsa_key_file == NULL || mldsa_signer_open_file(&part->mldsa, mldsa_key_file, err)) &&
           (cosigner_init(&part->cosigner, name, part->signer, part->mldsa, err) ||
            err_wrap(err, "%s", key_file));
}

void cosigner_part_close(struct cosigner_part *part)
{
    signer_close(part->signer);
    mldsa_signer_close(part->mldsa);
}

struct ledger_options cosigner_part_ledger(const struct cosigner_part *part, const char *directory,
                                           const char *mark_file)
{
    return (struct ledger_options){
        .directory = directory,
        .mark_file = mark_file,
        .name = part->cosigner.name,
        .key = public_key_thumbprint(part->signer->public_key),
    };
}
