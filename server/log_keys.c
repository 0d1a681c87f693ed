#include "server/log_keys.h"

#include <string.h>

#include "base/file.h"
#include "schemas/statement.h"

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

bool log_keys_open(struct log_keys *out, const struct config *config, enum log_kind kind,
                   struct err *err)
{
    bool ok;

    *out = (struct log_keys){0};
    ok = open_key(&out->checkpoint, config->checkpoint_key_file, KEY_ED25519, err);
    if (ok && kind == LOG_EVIDENCE)
        ok = open_key(&out->receipt, config->receipt_key_file, KEY_P256, err) &&
             open_key(&out->log, config->log_key_file, KEY_P256, err);
    if (ok && is_same(out->receipt, out->log))
        ok = err_set(err, ERR_REFUSED, "%s and %s are the same key; each has one purpose",
                     config->receipt_key_file, config->log_key_file);
    if (!ok)
        log_keys_close(out);
    return ok;
}

void log_keys_close(struct log_keys *keys)
{
    signer_close(keys->checkpoint);
    signer_close(keys->receipt);
    signer_close(keys->log);
    *keys = (struct log_keys){0};
}

static bool is_own(const struct signer *signer, const struct public_key *key)
{
    return signer != NULL && public_key_equal(signer->public_key, key);
}

static bool load_issuer(struct issuers *issuers, const struct log_keys *keys,
                        const struct config_issuer *item, struct err *err)
{
    struct public_key *key = NULL;
    struct buf pem = {0};
    bool ok = file_read(&pem, item->key_file, KEY_FILE_LEN_MAX, err) &&
              public_key_from_pem(&key, bytes_of_buf(&pem), err);

    if (ok && strlen(item->issuer) > ISSUER_LEN_MAX)
        ok = err_set(err, ERR_INVALID, "the name is longer than %d bytes", ISSUER_LEN_MAX);
    if (ok &&
        (is_own(keys->checkpoint, key) || is_own(keys->receipt, key) || is_own(keys->log, key)))
        ok = err_set(err, ERR_REFUSED, "%s is a key of the log itself", item->key_file);
    if (ok)
        ok = issuers_add_take(issuers, item->issuer, key, err);
    if (!ok)
        public_key_free(key);
    buf_cleanup(&pem);
    return ok || err_wrap(err, "issuer %s", item->issuer);
}

bool log_keys_load_issuers(struct issuers **out, const struct log_keys *keys,
                           const struct config *config, struct err *err)
{
    struct issuers *issuers = issuers_new();

    for (size_t i = 0; i < config->issuer_count; i++) {
        if (!load_issuer(issuers, keys, &config->issuers[i], err)) {
            snapshot_release(&issuers->snapshot);
            return false;
        }
    }
    issuers_finish(issuers);
    *out = issuers;
    return true;
}
