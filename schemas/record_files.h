/* The files of CDDL that a log's schema is made of, in their order. */
#ifndef VOUCH_SCHEMAS_RECORD_FILES_H
#define VOUCH_SCHEMAS_RECORD_FILES_H

#include "schemas/record_schema.h"

/* Zeroed: none. */
struct record_files {
    struct cddl_source sources[CDDL_SOURCES_MAX]; /* owned names; those of users are paths */
    size_t count;
    size_t built_in_count;              /* of these, the first */
    struct buf texts[CDDL_SOURCES_MAX]; /* of users' files */
};

/* The built-in ones first. To be cleaned up also on failure. */
MUST_USE bool record_files_read(struct record_files *out, const char *const *directories,
                                size_t count, struct err *err);
void record_files_cleanup(struct record_files *files);

#endif
