#include "schemas/record_names.h"

#include <stdlib.h>

enum { FREE_KEY_LEN_MAX = 200, NAME_LEN_MAX = 64, PAIRS_MAX = 64 };

/* What a type is to JSON. */
enum kind {
    KIND_INTEGER = 1,
    KIND_TEXT = 2,
    KIND_BYTES = 4,
    KIND_BOOL = 8,
    KIND_ARRAY = 16,
    KIND_MAP = 32,
};

static unsigned kinds_of(const struct cddl_type *type)
{
    unsigned kinds = 0;

    if (type->uints.count + type->nints.count > 0)
        kinds |= KIND_INTEGER;
    if (type->forms.count + type->literals.count > 0)
        kinds |= KIND_TEXT;
    if (type->bytes.count > 0)
        kinds |= KIND_BYTES;
    if (type->may_be_false || type->may_be_true)
        kinds |= KIND_BOOL;
    if (type->array != CDDL_NONE)
        kinds |= KIND_ARRAY;
    if (type->maps.count > 0)
        kinds |= KIND_MAP;
    return kinds;
}

static const char *kinds_name(unsigned kinds)
{
    switch (kinds) {
    case KIND_INTEGER:
        return "an integer";
    case KIND_TEXT:
        return "text";
    case KIND_BYTES:
        return "a byte string";
    case KIND_BOOL:
        return "true or false";
    case KIND_ARRAY:
        return "an array";
    case KIND_MAP:
        return "a map";
    default:
        return "a choice";
    }
}

static bool fail(const struct cddl *cddl, struct cddl_place place, struct err *err,
                 const char *reason)
{
    return cddl_fail(cddl->sources, place, err, "%s", reason);
}

/* ---- one type ---- */

/* The types of an array's items: out must have room for CDDL_ITEMS. False when there are more. */
static uint32_t item_count(const struct cddl_array *array)
{
    return array->items.count + (array->rest != CDDL_NONE);
}

static uint32_t item_type(const struct cddl *cddl, const struct cddl_array *array, uint32_t i)
{
    return i < array->items.count ? cddl->item_types[array->items.first + i] : array->rest;
}

static bool array_holds_bytes(const struct cddl *cddl, const struct cddl_type *type)
{
    const struct cddl_array *array;

    if (type->array == CDDL_NONE)
        return false;
    array = &cddl->arrays[type->array];
    for (uint32_t i = 0; i < item_count(array); i++) {
        if (cddl->types[item_type(cddl, array, i)].bytes.count > 0)
            return true;
    }
    return false;
}

static bool check_integers(const struct cddl *cddl, const struct cddl_type *type, struct err *err)
{
    const struct cddl_span spans[] = {type->uints, type->nints};

    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        if (spans[i].count > 0 && cddl->ranges[spans[i].first + spans[i].count - 1].max > INT64_MAX)
            return fail(cddl, type->place, err,
                        "an integer beyond 63 bits, which JSON readers do not keep: use natural "
                        "(and negative), or a limit with .le (and .ge)");
    }
    return true;
}

/* JSON says by the member's name what is bytes; so whatever is under that name must be. */
static bool check_bytes(const struct cddl *cddl, const struct cddl_type *type, struct err *err)
{
    unsigned kinds = kinds_of(type);
    const struct cddl_array *array;

    if ((kinds & KIND_BYTES) != 0 && kinds != KIND_BYTES)
        return fail(cddl, type->place, err, "a choice between a byte string and something else");
    if (type->array == CDDL_NONE)
        return true;
    array = &cddl->arrays[type->array];
    for (uint32_t i = 0; i < item_count(array); i++) {
        const struct cddl_type *item = &cddl->types[item_type(cddl, array, i)];

        if (array_holds_bytes(cddl, item))
            return fail(cddl, array->place, err, "byte strings in an array in an array");
        if (array_holds_bytes(cddl, type) && kinds_of(item) != KIND_BYTES)
            return fail(cddl, array->place, err,
                        "an array that holds byte strings and something else");
    }
    if (array_holds_bytes(cddl, type) && kinds != KIND_ARRAY)
        return fail(cddl, type->place, err,
                    "a choice between an array of byte strings and something else");
    return true;
}

static bool check_free_members(const struct cddl *cddl, const struct cddl_map *map, struct err *err)
{
    const struct cddl_type *key;
    const struct cddl_type *value;

    if (map->free_key == CDDL_NONE)
        return true;
    key = &cddl->types[map->free_key];
    value = &cddl->types[map->free_value];
    if (kinds_of(key) != KIND_TEXT)
        return fail(cddl, map->place, err, "the keys of a map must be text");
    for (uint32_t i = 0; i < key->forms.count; i++) {
        const struct cddl_text_form *form = &cddl->forms[key->forms.first + i];
        bool has_pattern = form->pattern != CDDL_NONE;

        if (!has_pattern && (form->len.min == 0 || form->len.max > FREE_KEY_LEN_MAX))
            return fail(
                cddl, map->place, err,
                "the keys before => need a size within 1 to 200, as code and key-text have");
    }
    if (value->bytes.count > 0 || array_holds_bytes(cddl, value))
        return fail(cddl, map->place, err, "byte strings under free keys");
    return true;
}

/* ---- one name, one type ---- */

/* Two types that must say the same. */
struct pair {
    uint32_t a;
    uint32_t b;
};

static bool same_place(struct cddl_place a, struct cddl_place b)
{
    return a.source == b.source && a.offset == b.offset;
}

/* The same maps, as they are written; one { } can stand for several. */
static bool same_maps(const struct cddl *cddl, const struct cddl_type *a, const struct cddl_type *b)
{
    if (a->maps.count != b->maps.count)
        return false;
    for (uint32_t i = 0; i < a->maps.count; i++) {
        const struct cddl_map *left = &cddl->maps[cddl->map_list[a->maps.first + i]];
        const struct cddl_map *right = &cddl->maps[cddl->map_list[b->maps.first + i]];

        if (!same_place(left->place, right->place))
            return false;
    }
    return true;
}

/* Adds the items of both arrays to what must be compared; false when they differ already. */
static bool add_items(const struct cddl *cddl, const struct cddl_type *a, const struct cddl_type *b,
                      struct pair *pairs, uint32_t *count)
{
    const struct cddl_array *left = &cddl->arrays[a->array];
    const struct cddl_array *right = &cddl->arrays[b->array];

    if (item_count(left) != item_count(right) || *count + item_count(left) > PAIRS_MAX)
        return false;
    for (uint32_t i = 0; i < item_count(left); i++)
        pairs[(*count)++] = (struct pair){item_type(cddl, left, i), item_type(cddl, right, i)};
    return true;
}

static bool same_type(const struct cddl *cddl, uint32_t a, uint32_t b)
{
    struct pair pairs[PAIRS_MAX] = {{a, b}};
    uint32_t count = 1;

    for (uint32_t i = 0; i < count; i++) {
        const struct cddl_type *left = &cddl->types[pairs[i].a];
        const struct cddl_type *right = &cddl->types[pairs[i].b];

        if (left == right)
            continue;
        if (kinds_of(left) != kinds_of(right) || !same_maps(cddl, left, right))
            return false;
        if (left->array != CDDL_NONE && !add_items(cddl, left, right, pairs, &count))
            return false;
    }
    return true;
}

static bool is_snake_case(struct bytes name)
{
    uint8_t previous = '_';

    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        bool is_letter = byte >= 'a' && byte <= 'z';
        bool is_digit = byte >= '0' && byte <= '9';

        if (!is_letter && !(is_digit && i > 0) && !(byte == '_' && previous != '_'))
            return false;
        previous = byte;
    }
    return previous != '_' && name.len <= NAME_LEN_MAX;
}

/* By name, then as they were read. */
static int compare_members(const void *a, const void *b)
{
    const struct cddl_member *left = *(const struct cddl_member *const *)a;
    const struct cddl_member *right = *(const struct cddl_member *const *)b;
    int order = bytes_compare(left->key, right->key);

    if (order != 0)
        return order;
    if (left->place.source != right->place.source)
        return left->place.source < right->place.source ? -1 : 1;
    return left->place.offset < right->place.offset ? -1 : left->place.offset > right->place.offset;
}

static bool fail_second_type(const struct cddl *cddl, const struct cddl_member *member,
                             const struct cddl_member *before, struct err *err)
{
    unsigned here = kinds_of(&cddl->types[member->type]);
    unsigned there = kinds_of(&cddl->types[before->type]);

    return cddl_fail(cddl->sources, member->place, err,
                     "%.*s is %s here and %s in %s, line %u: one name has one type in all records",
                     (int)member->key.len, (const char *)member->key.data, kinds_name(here),
                     here == there ? "another" : kinds_name(there),
                     cddl->sources[before->place.source].name, before->place.line);
}

static bool check_member(const struct cddl *cddl, const struct cddl_member *member,
                         const struct cddl_member *before, struct err *err)
{
    int len = member->key.len < NAME_LEN_MAX ? (int)member->key.len : NAME_LEN_MAX;
    const char *name = (const char *)member->key.data;

    if (!is_snake_case(member->key))
        return cddl_fail(cddl->sources, member->place, err,
                         "the member name %.*s is not in snake_case of at most 64 bytes", len,
                         name);
    if (before == NULL || !bytes_equal(before->key, member->key) ||
        same_type(cddl, before->type, member->type))
        return true;
    return fail_second_type(cddl, member, before, err);
}

static bool check_members(const struct cddl *cddl, struct err *err)
{
    const struct cddl_member **sorted =
        mem_alloc_array(cddl->member_count, sizeof(const struct cddl_member *));
    bool ok = true;

    for (uint32_t i = 0; i < cddl->member_count; i++)
        sorted[i] = &cddl->members[i];
    if (cddl->member_count > 0)
        qsort(sorted, cddl->member_count, sizeof(const struct cddl_member *), compare_members);
    for (uint32_t i = 0; ok && i < cddl->member_count; i++)
        ok = check_member(cddl, sorted[i], i == 0 ? NULL : sorted[i - 1], err);
    free(sorted);
    return ok;
}

bool record_names_check(const struct cddl *cddl, struct err *err)
{
    for (uint32_t i = 0; i < cddl->type_count; i++) {
        if (!check_integers(cddl, &cddl->types[i], err) || !check_bytes(cddl, &cddl->types[i], err))
            return false;
    }
    for (uint32_t i = 0; i < cddl->map_count; i++) {
        if (!check_free_members(cddl, &cddl->maps[i], err))
            return false;
    }
    return check_members(cddl, err);
}
