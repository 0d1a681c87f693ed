/* Records of rule tests while they are still JSON: templates, defaults, and how they become CBOR. */
#ifndef VOUCH_TESTS_SUPPORT_RULE_JSON_H
#define VOUCH_TESTS_SUPPORT_RULE_JSON_H

#include <jansson.h>

#include "base/bytes.h"

/* New values: a byte string; rule_records/TYPE.json; a list of what commas separate. */
json_t *rule_json_bytes(const void *data, size_t len);
json_t *rule_json_template(const char *type);
json_t *rule_json_split(const char *list);

/* Takes value; it counts only where the record has no such member. */
void rule_json_set_default(json_t *record, const char *member, json_t *value);

/* Replaces "@action-digest" by the digest of the record's action and subject. */
void rule_json_fill_action_digest(json_t *record, const char *member);

/* Appends the value as deterministic CBOR. */
void rule_json_encode(struct buf *out, json_t *value);

#endif
