#include "server/offline.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/diag.h"
#include "server/log_entries.h"
#include "server/log_parts.h"
#include "server/tlog/reindex.h"
#include "server/tlog/store_facts.h"

bool offline_compact(const struct config *config, struct err *err)
{
    struct store_leveldb_options options = log_parts_store_options(config);

    return store_leveldb_compact(&options, err) || err_wrap(err, "compact %s", config->data_dir);
}

static const uint64_t PROGRESS_INTERVAL_NS = UINT64_C(5000000000);

static void report_progress(void *context, uint64_t done, uint64_t size)
{
    uint64_t *reported_ns = context;
    uint64_t now_ns = clock_monotonic_ns();

    if (now_ns - *reported_ns < PROGRESS_INTERVAL_NS && done < size)
        return;
    *reported_ns = now_ns;
    diag_info("reindexing", "done=%" PRIu64 " size=%" PRIu64, done, size);
}

/* Reads the store, which is closed again, into a new database beside it. */
static bool fill_new_database(struct store_reindex **out, uint64_t *out_size,
                              const struct config *config, struct err *err)
{
    struct store_leveldb_options store_options = log_parts_store_options(config);
    uint64_t reported_ns = clock_monotonic_ns();
    struct reindex_options options = {.progress = report_progress, .context = &reported_ns};
    struct store_reindex *target = NULL;
    bool ok = store_leveldb_open(&options.store, &store_options, err) &&
              store_reindex_begin(&target, &store_options, err);

    options.target = target;
    ok = ok && reindex_run(&options, out_size, err);
    store_close(options.store);
    if (ok)
        *out = target;
    else
        store_reindex_close(target);
    return ok;
}

bool offline_reindex(const struct config *config, struct err *err)
{
    struct store_reindex *target = NULL;
    uint64_t size;
    bool ok = fill_new_database(&target, &size, config, err) &&
              store_reindex_finish(target, size, err);

    store_reindex_close(target);
    if (ok)
        diag_info("reindexed", "size=%" PRIu64, size);
    return ok;
}

bool offline_check_index(const struct config *config, struct store_reindex_differences *out,
                         struct err *err)
{
    struct store_reindex *target = NULL;
    uint64_t size;
    bool ok = fill_new_database(&target, &size, config, err) &&
              store_reindex_compare(target, size, out, err);

    store_reindex_close(target);
    return ok;
}

static bool is_key_of(const struct signer *signer, const struct public_key *key)
{
    return signer != NULL && public_key_equal(signer->public_key, key);
}

/* Somebody who signs with a key of the log could speak for it. */
static bool check_key(const struct log_keys *keys, const struct issuer_argument *issuer,
                      struct err *err)
{
    if (is_key_of(keys->checkpoint, issuer->key) || is_key_of(keys->receipt, issuer->key) ||
        is_key_of(keys->log, issuer->key) || is_key_of(keys->intake, issuer->key))
        return err_set(err, ERR_REFUSED, "%s is a key of the log itself", issuer->key_file);
    return true;
}

/* A key stays with the issuer it was registered for. */
static bool check_unknown(struct store *store, const struct issuer_argument *issuer,
                          struct err *err)
{
    struct store_facts base;
    struct issuer_key known;
    struct facts *facts;
    bool ok;

    store_facts_init(&base, store);
    facts = facts_new(&base.base);
    ok = !issuer_key_get(facts, hash_bytes(public_key_thumbprint(issuer->key)), &known) ||
         err_set(err, ERR_REFUSED, "%s is registered already, for %.*s", issuer->key_file,
                 (int)known.issuer.len, (const char *)known.issuer.data);
    ok = ok && facts_check(facts, err);
    facts_free(facts);
    return ok;
}

static bool say_trust(struct log_parts *parts, const struct config *config,
                      struct issuer_argument *issuers, size_t count, struct err *err)
{
    struct log_trusted_issuer *trusted = mem_alloc_array(count, sizeof(*trusted));
    struct trust_entry entry;
    bool said;
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        ok = check_key(&parts->keys, &issuers[i], err) &&
             check_unknown(parts->store, &issuers[i], err);
        trusted[i] = issuer_argument_trusted(&issuers[i]);
    }
    trust_entry_init(&entry, config->origin);
    entry.issuers = trusted;
    entry.issuer_count = count;
    ok = ok && log_entries_say(parts->tlog, &entry.own, &said, err);
    free(trusted);
    return ok;
}

bool offline_trust(const struct config *config, struct issuer_argument *issuers, size_t count,
                   struct err *err)
{
    struct log_parts parts;
    bool ok;

    CHECK(count > 0);
    for (size_t i = 0; i < count; i++) {
        if (!issuer_argument_load(&issuers[i], err))
            return false;
    }
    if (!log_parts_open(&parts, config, err))
        return false;
    if (parts.card.kind == LOG_EVIDENCE)
        ok = say_trust(&parts, config, issuers, count, err);
    else
        ok = err_set(err, ERR_REFUSED, "an opaque log has no issuers");
    log_parts_close(&parts);
    return ok;
}
