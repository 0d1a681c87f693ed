#include "tests/support/signer_failing.h"

static bool sign(struct signer *signer, uint8_t out[SIGNATURE_LEN], struct bytes message,
                 struct err *err)
{
    struct signer_failing *failing = (struct signer_failing *)signer;

    failing->calls++;
    if (failing->next_fails) {
        failing->next_fails = false;
        failing->faults++;
        return err_set(err, ERR_IO, "injected fault");
    }
    return signer_sign(failing->inner, out, message, err);
}

static void close_signer(struct signer *signer)
{
    (void)signer;
}

void signer_failing_init(struct signer_failing *failing, struct signer *inner)
{
    *failing = (struct signer_failing){
        .signer = {.sign = sign, .close = close_signer, .public_key = inner->public_key},
        .inner = inner,
    };
}
