/*
 * The file that a client keeps of a run document it has split: the opening of everything that is
 * committed to, and what it takes to split the document once more into the very same records, so
 * that an import that was killed goes on where it was. For its owner's eyes alone. Lines of words:
 *
 *   document SHA-256 in hex
 *   run      UUID
 *   issuer   NAME
 *   tenant   NAME            (only where it was an option)
 *   made     Unix milliseconds
 *   seed     base64url
 *   /path/in/the/document KEY-in-base64url COMMITMENT-in-hex   (one for each text)
 */
#ifndef VOUCH_CLIENT_RUN_OPENINGS_FILE_H
#define VOUCH_CLIENT_RUN_OPENINGS_FILE_H

#include "schemas/run/run_document.h"

enum { OPENINGS_FILE_LEN_MAX = 64 << 20 };

/* What the records of a document depend on besides itself. */
struct split_terms {
    struct hash document; /* SHA-256 */
    const char *issuer;   /* borrowed, like tenant */
    const char *tenant;   /* NULL: the document names it */
    uint64_t made_at_ms;
    uint8_t seed[RUN_SEED_LEN];
};

/*
 * Fills in made_at_ms and seed from the file. ERR_NOT_FOUND without a file; ERR_INVALID when it is
 * of another issuer or tenant, or damaged.
 */
MUST_USE bool openings_file_read(struct split_terms *terms, const char *path, struct err *err);

/* Creates the file, readable by its owner alone; after a power cut it is whole or not there. */
MUST_USE bool openings_file_create(const char *path, const struct split_terms *terms,
                                   const struct run_document *document, struct err *err);

#endif
