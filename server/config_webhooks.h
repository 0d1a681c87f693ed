/* The member webhooks of vouchd.json: a list of {"url", "form", "secret_file"}. */
#ifndef VOUCH_SERVER_CONFIG_WEBHOOKS_H
#define VOUCH_SERVER_CONFIG_WEBHOOKS_H

#include <jansson.h>

#include "server/notify/notifier.h"

struct config_webhooks {
    struct webhook_options items[WEBHOOKS_MAX];
    size_t count;
};

/* Reads the whole list; what was read of a list that is refused is in out too. */
MUST_USE bool config_webhooks_read(struct config_webhooks *out, const json_t *value,
                                   struct err *err);
void config_webhooks_cleanup(struct config_webhooks *webhooks);

/* Paths of secrets become absolute. */
void config_webhooks_make_absolute(struct config_webhooks *webhooks, const char *directory);

/* As a list that config_webhooks_read reads back. */
void config_webhooks_append_json(struct buf *out, const struct config_webhooks *webhooks);

#endif
