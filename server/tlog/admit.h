/*
 * Admission of a batch, in order: what the log has already, what an admission rule refuses, what
 * enters and with which flags, and which facts it leaves. All of it in memory until the commit.
 */
#ifndef VOUCH_SERVER_TLOG_ADMIT_H
#define VOUCH_SERVER_TLOG_ADMIT_H

#include "schemas/rules/settings.h"
#include "server/tlog/batch.h"

struct admit;

/* options: borrowed. */
struct admit *admit_new(const struct tlog_options *options);
void admit_free(struct admit *admit); /* accepts NULL */

/* Where and when a batch enters. */
struct admit_place {
    uint64_t first_index;
    uint64_t received_at_ms;
};

/*
 * Sets what tlog_commit promises for every submission, and counts those added. batch: looked up.
 * False when a fact cannot be read or the log's own statement not be signed; admit_forget then.
 */
MUST_USE bool admit_batch(struct admit *admit, size_t *out_added_count, const struct batch *batch,
                          const struct admit_place *place,
                          struct tlog_submission *const *submissions, size_t count,
                          struct err *err);

/*
 * Of the batch admitted last, until admit_committed or admit_forget. Without rules there are no
 * facts and no flags.
 */
const struct store_fact *admit_facts(struct admit *admit, size_t *out_count);
bool admit_changes_principals(struct admit *admit);
void admit_append_flags(struct admit *admit, struct buf *out); /* seal_flags.h; nothing if none */
void admit_get_settings(struct admit *admit, struct settings *out); /* after the batch */

/* The batch ends; what own statements were made of stays. */
void admit_committed(struct admit *admit); /* its facts are in the store */
void admit_forget(struct admit *admit);    /* or they are not */

#endif
