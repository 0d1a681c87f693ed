/* Values in vouchd.json, read in the same way and refused in the same words wherever they stand. */
#ifndef VOUCH_SERVER_CONFIG_VALUE_H
#define VOUCH_SERVER_CONFIG_VALUE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* All of these return false with ERR_INVALID, which names the member by name. */

/* False always: the member must be what want says, as "a list". */
bool config_refuse(struct err *err, const char *name, const char *want);

/* A text of one byte or more without zero bytes, owned; replaces and frees *out. */
MUST_USE bool config_read_text(char **out, const json_t *value, const char *name, struct err *err);

/* A whole number from min to max. */
MUST_USE bool config_read_uint(uint64_t *out, const json_t *value, const char *name, uint64_t min,
                               uint64_t max, struct err *err);

struct config_list {
    const char *nouns; /* "webhooks" */
    size_t count_max;
    size_t item_len; /* of an item in memory */
    bool (*read_item)(void *item, json_t *value, struct err *err);
};

/*
 * Reads the items of an array into items, which has zeroed room for count_max. out_count counts the
 * one that failed too, so that what it holds already is freed with the others.
 */
MUST_USE bool config_read_list(const struct config_list *list, void *items, size_t *out_count,
                               const json_t *value, const char *name, struct err *err);

#endif
