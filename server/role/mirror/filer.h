/*
 * The filer: one thread that unpacks and verifies uploaded entries and puts them on disk, so that
 * HTTP threads wait for no disk. Uploads take turns, one request after the other.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_FILER_H
#define VOUCH_SERVER_ROLE_MIRROR_FILER_H

#include "server/role/mirror/log_set.h"
#include "server/role/mirror/upload.h"
#include "server/transport/outbox.h"

/* An add-entries request, until done is called on the HTTP thread that it came on. */
struct filing {
    struct errand errand; /* first */
    struct filing *next;  /* in the queue */
    struct bytes body;    /* borrowed until done */
    bool is_gzip;
    struct upload_answer answer;
};

struct filer;

/* logs: where the newest struct log_set lies; borrowed. */
MUST_USE bool filer_start(struct filer **out, struct snapshot_cell *logs, struct err *err);
void filer_submit(struct filer *filer, struct filing *filing);
void filer_stop(struct filer *filer); /* files what is queued first; accepts NULL */

#endif
