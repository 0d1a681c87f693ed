/* A signer that passes everything to another one, and fails when told to. */
#ifndef VOUCH_TESTS_SUPPORT_SIGNER_FAILING_H
#define VOUCH_TESTS_SUPPORT_SIGNER_FAILING_H

#include "schemas/key.h"

struct signer_failing {
    struct signer signer; /* has inner's public key; not to be used after inner is closed */
    struct signer *inner; /* borrowed */
    bool next_fails;      /* ERR_IO, once */
    uint64_t calls;       /* so far, failed ones included */
    uint64_t faults;      /* that took place */
};

/* Closing its signer does nothing. */
void signer_failing_init(struct signer_failing *failing, struct signer *inner);

#endif
