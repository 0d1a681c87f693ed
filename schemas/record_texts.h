/* The CDDL files of this folder, put into the program when it is built. */
#ifndef VOUCH_SCHEMAS_RECORD_TEXTS_H
#define VOUCH_SCHEMAS_RECORD_TEXTS_H

#include <stddef.h>

struct embedded_text {
    const char *name; /* of the file, without folder */
    const unsigned char *data;
    size_t len;
};

/* records.cddl, which holds the roots, first; then by name. */
extern const struct embedded_text record_texts[];
extern const size_t record_texts_count;

#endif
