#include "tests/support/rule_streams.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka_all.h"

uint64_t rule_streams_take(struct rule_streams *streams, const char *issuer, json_t *record)
{
    const char *stream = json_string_value(json_object_get(record, "stream"));
    const char *tenant = json_string_value(json_object_get(record, "tenant"));
    char name[sizeof(streams->items[0].name)];
    size_t i = 0;

    snprintf(name, sizeof(name), "%s|%s|%s", tenant, issuer, stream == NULL ? "" : stream);
    while (i < streams->count && strcmp(streams->items[i].name, name) != 0)
        i++;
    assert_true(i < RULE_STREAMS_MAX);
    if (i == streams->count) {
        memcpy(streams->items[i].name, name, sizeof(name));
        streams->count++;
    }
    return streams->items[i].used++;
}

void rule_streams_settle(struct rule_streams *streams, bool admitted)
{
    for (size_t i = 0; i < streams->count; i++) {
        if (admitted)
            streams->items[i].next = streams->items[i].used;
        streams->items[i].used = streams->items[i].next;
    }
}
