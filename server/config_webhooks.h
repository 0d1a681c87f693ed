/* The member webhooks of vouchd.json: a list of {"url", "form", "secret_file"}. */
#ifndef VOUCH_SERVER_CONFIG_WEBHOOKS_H
#define VOUCH_SERVER_CONFIG_WEBHOOKS_H

#include "server/config_table.h"
#include "server/notify/notifier.h"

struct config_webhooks {
    struct webhook_options items[WEBHOOKS_MAX];
    size_t count;
};

/* How a member of this type is read, shown and freed. */
extern const struct config_other config_webhooks_member;

#endif
