#include "client/verify/excuses.h"

enum { EXCUSE_LEN = 9 };

bool excuses_has(const struct excuses *excuses, uint64_t index, enum audit_fault fault)
{
    for (size_t i = 0; excuses != NULL && i < excuses->count; i++) {
        if (excuses->items[i].index == index && excuses->items[i].fault == fault)
            return true;
    }
    return false;
}

bool excuses_add(struct excuses *excuses, uint64_t index, enum audit_fault fault)
{
    if (excuses_has(excuses, index, fault))
        return true;
    if (excuses->count == EXCUSES_MAX)
        return false;
    excuses->items[excuses->count++] = (struct excuse){.index = index, .fault = fault};
    return true;
}

void excuses_drop_below(struct excuses *excuses, uint64_t size)
{
    size_t kept = 0;

    for (size_t i = 0; i < excuses->count; i++) {
        if (excuses->items[i].index >= size)
            excuses->items[kept++] = excuses->items[i];
    }
    excuses->count = kept;
}

void excuses_append(struct buf *out, const struct excuses *excuses)
{
    for (size_t i = 0; i < excuses->count; i++) {
        buf_append_be64(out, excuses->items[i].index);
        buf_append_byte(out, (uint8_t)excuses->items[i].fault);
    }
}

bool excuses_parse(struct excuses *out, struct bytes text)
{
    *out = (struct excuses){0};
    for (; text.len >= EXCUSE_LEN; text = bytes_slice(text, EXCUSE_LEN, text.len)) {
        if (text.data[8] > AUDIT_BAD_FLAGS ||
            !excuses_add(out, read_be64(text.data), (enum audit_fault)text.data[8]))
            return false;
    }
    return text.len == 0;
}
