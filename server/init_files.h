/* What making any role's directory begins with: the directory, its files, its keys. */
#ifndef VOUCH_SERVER_INIT_FILES_H
#define VOUCH_SERVER_INIT_FILES_H

#include "schemas/key.h"

/* The configuration until all else is there. */
#define INIT_CREATING_NAME "vouchd.json.creating"

/* ERR_REFUSED when it exists. */
MUST_USE bool init_make_directory(const char *path, struct err *err);

MUST_USE bool init_write_file(const char *directory, const char *name, struct bytes content,
                              unsigned mode, struct err *err);

/* keys/NAME.pem, readable by the owner only, and keys/NAME.pub.pem. */
MUST_USE bool init_make_key(struct signer **out, const char *directory, const char *name,
                            enum key_type type, struct err *err);

/* The configuration gets its name when there is something to run. */
MUST_USE bool init_finish(const char *directory, struct err *err);

#endif
