#include "server/config_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

bool config_refuse(struct err *err, const char *name, const char *want)
{
    return err_set(err, ERR_INVALID, "\"%s\" must be %s", name, want);
}

bool config_read_text(char **out, const json_t *value, const char *name, struct err *err)
{
    const char *text = json_string_value(value);

    if (text == NULL || text[0] == 0)
        return config_refuse(err, name, "a non-empty string");
    if (strlen(text) != json_string_length(value))
        return config_refuse(err, name, "without zero bytes");
    free(*out);
    *out = mem_copy_text(text);
    return true;
}

bool config_read_uint(uint64_t *out, const json_t *value, const char *name, uint64_t min,
                      uint64_t max, struct err *err)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value))
        return config_refuse(err, name, "a whole number");
    if (number < 0 || (uint64_t)number < min || (uint64_t)number > max)
        return err_set(err, ERR_INVALID,
                       "\"%s\" must be from %" PRIu64 " to %" PRIu64 ", not %" JSON_INTEGER_FORMAT,
                       name, min, max, number);
    *out = (uint64_t)number;
    return true;
}

bool config_read_list(const struct config_list *list, void *items, size_t *out_count,
                      const json_t *value, const char *name, struct err *err)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value) || count > list->count_max)
        return err_set(err, ERR_INVALID, "\"%s\" must be a list of at most %zu %s", name,
                       list->count_max, list->nouns);
    for (size_t i = 0; i < count; i++) {
        ++*out_count;
        if (!list->read_item((char *)items + i * list->item_len, json_array_get(value, i), err))
            return err_wrap(err, "%s, item %zu", name, i);
    }
    return true;
}
