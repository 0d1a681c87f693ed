#include "server/log_keys.h"

static bool open_key(struct signer **out, const char *path, enum key_type type, struct err *err)
{
    if (!signer_open_file(out, path, err))
        return false;
    if (public_key_type((*out)->public_key) == type)
        return true;
    return err_set(err, ERR_INVALID, "%s is not %s key", path,
                   type == KEY_ED25519 ? "an Ed25519" : "a P-256");
}

static bool is_same(const struct signer *a, const struct signer *b)
{
    return a != NULL && b != NULL && public_key_equal(a->public_key, b->public_key);
}

/* Each key has one purpose. */
static bool check_distinct(const struct log_keys *keys, const struct config *config,
                           struct err *err)
{
    const struct signer *signers[] = {keys->receipt, keys->log, keys->intake};
    const char *files[] = {config->receipt_key_file, config->log_key_file,
                           config->intake_key_file};

    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < i; k++) {
            if (is_same(signers[i], signers[k]))
                return err_set(err, ERR_REFUSED,
                               "%s and %s are the same key; each has one purpose", files[k],
                               files[i]);
        }
    }
    return true;
}

bool log_keys_open(struct log_keys *out, const struct config *config, enum log_kind kind,
                   struct err *err)
{
    bool ok;

    *out = (struct log_keys){0};
    ok = open_key(&out->checkpoint, config->checkpoint_key_file, KEY_ED25519, err);
    if (ok && kind == LOG_EVIDENCE)
        ok = open_key(&out->receipt, config->receipt_key_file, KEY_P256, err) &&
             open_key(&out->log, config->log_key_file, KEY_P256, err) &&
             open_key(&out->intake, config->intake_key_file, KEY_P256, err);
    ok = ok && check_distinct(out, config, err);
    if (!ok)
        log_keys_close(out);
    return ok;
}

void log_keys_close(struct log_keys *keys)
{
    signer_close(keys->checkpoint);
    signer_close(keys->receipt);
    signer_close(keys->log);
    signer_close(keys->intake);
    *keys = (struct log_keys){0};
}
