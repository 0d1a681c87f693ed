/* The member identity_providers of vouchd.json: a list of objects, read through one table. */
#ifndef VOUCH_SERVER_CONFIG_PROVIDERS_H
#define VOUCH_SERVER_CONFIG_PROVIDERS_H

#include <jansson.h>

#include "server/oidc/providers.h"

/* Reads the whole list; what was read of a list that is refused is in out too. */
MUST_USE bool config_providers_read(struct provider_options **out, size_t *out_count,
                                    const json_t *value, struct err *err);
void config_providers_free(struct provider_options *providers, size_t count);

/* Paths of keys become absolute; URLs stay. */
void config_providers_make_absolute(struct provider_options *providers, size_t count,
                                    const char *directory);

/* As a list that config_providers_read reads back. */
void config_providers_append_json(struct buf *out, const struct provider_options *providers,
                                  size_t count);

#endif
