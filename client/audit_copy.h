/* What `vouch audit --mirror` adds to an audit: the copy it keeps in a directory. */
#ifndef VOUCH_CLIENT_AUDIT_COPY_H
#define VOUCH_CLIENT_AUDIT_COPY_H

#include "client/mirror/copy.h"
#include "client/trust_files.h"

/* *out stays NULL without --mirror. On the heap; closed by the caller in any case. */
MUST_USE bool audit_copy_open(struct copy **out, const struct args *args,
                              const struct policy *policy, struct err *err);
void audit_copy_close(struct copy *copy); /* accepts NULL */

/*
 * Begins to fill the copy up to head. *out_goes_on false: it must not be, and the report says why.
 * False: there is no verdict.
 */
MUST_USE bool audit_copy_begin(struct copy *copy, struct fetcher *fetcher, const struct head *head,
                               struct bytes note, struct report *report, bool *out_goes_on,
                               struct err *err);

/* All entries were good: adds the head, and what a verifier needs besides. Reports under "copy". */
MUST_USE bool audit_copy_finish(struct copy *copy, const struct args *args,
                                struct fetcher *fetcher, struct report *report, struct err *err);

#endif
