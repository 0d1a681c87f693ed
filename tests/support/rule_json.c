#include "tests/support/rule_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "merkle/hash.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"

json_t *rule_json_bytes(const void *data, size_t len)
{
    struct buf text = {0};
    json_t *out;

    text_append_base64url(&text, bytes_of(data, len));
    out = json_string(buf_text(&text));
    buf_cleanup(&text);
    return out;
}

json_t *rule_json_template(const char *type)
{
    char path[512];
    json_error_t error;
    json_t *out;

    snprintf(path, sizeof(path), "%s/%s.json", RULE_RECORDS_DIR, type);
    out = json_load_file(path, 0, &error);
    if (out == NULL)
        fail_msg("%s: %s", path, error.text);
    return out;
}

void rule_json_encode(struct buf *out, json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    struct err err = {0};

    if (!view_parse_json(out, bytes_of_text(text), &err))
        fail_msg("%s in %s", err.text, text);
    free(text);
}

void rule_json_fill_action_digest(json_t *record, const char *member)
{
    const char *value = json_string_value(json_object_get(record, member));
    struct buf cbor = {0};
    struct hash digest;
    json_t *pair;

    if (value == NULL || strcmp(value, "@action-digest") != 0)
        return;
    pair = json_pack("{s:O, s:O}", "action", json_object_get(record, "action"), "subject",
                     json_object_get(record, "subject"));
    rule_json_encode(&cbor, pair);
    hash_sha256(&digest, bytes_of_buf(&cbor));
    json_object_set_new(record, member, rule_json_bytes(digest.bytes, HASH_LEN));
    json_decref(pair);
    buf_cleanup(&cbor);
}

void rule_json_set_default(json_t *record, const char *member, json_t *value)
{
    if (json_object_get(record, member) == NULL)
        json_object_set_new(record, member, value);
    else
        json_decref(value);
}

json_t *rule_json_split(const char *roles)
{
    json_t *list = json_array();
    char *copy = mem_copy_text(roles);
    char *rest = copy;

    for (char *role = strtok_r(copy, ",", &rest); role != NULL; role = strtok_r(NULL, ",", &rest))
        json_array_append_new(list, json_string(role));
    free(copy);
    return list;
}
