/*
 * The filer: one thread that verifies uploaded entries and puts them on disk, so that HTTP threads
 * wait for no disk. Uploads take turns, one request after the other.
 */
#ifndef VOUCH_SERVER_ROLE_MIRROR_FILER_H
#define VOUCH_SERVER_ROLE_MIRROR_FILER_H

#include "server/role/mirror/upload.h"
#include "server/transport/outbox.h"

/* What came of an upload, until done is called on the HTTP thread that it came on. */
struct filing {
    struct errand errand; /* first */
    struct filing *next;  /* in the queue */
    struct followed_log *log;
    struct add_entries_head head;
    struct bytes rest; /* what follows the head; borrowed until done */
    struct upload upload;
};

struct filer;

MUST_USE bool filer_start(struct filer **out, struct err *err);
void filer_submit(struct filer *filer, struct filing *filing);
void filer_stop(struct filer *filer); /* files what is queued first; accepts NULL */

#endif
