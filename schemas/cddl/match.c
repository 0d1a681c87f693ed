#include "schemas/cddl/match.h"

#include <string.h>

int cddl_compare_keys(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len == 0 ? 0 : memcmp(a.data, b.data, a.len);
}

static bool in_ranges(const struct cddl *cddl, struct cddl_span ranges, uint64_t value)
{
    for (uint32_t i = 0; i < ranges.count; i++) {
        const struct cddl_range *range = &cddl->ranges[ranges.first + i];

        if (value >= range->min && value <= range->max)
            return true;
    }
    return false;
}

bool cddl_match_text(const struct cddl *cddl, const struct cddl_type *type, struct bytes text)
{
    for (uint32_t i = 0; i < type->forms.count; i++) {
        const struct cddl_text_form *form = &cddl->forms[type->forms.first + i];

        if (text.len < form->len.min || text.len > form->len.max)
            continue;
        if (form->pattern == CDDL_NONE || cddl_pattern_match(&cddl->patterns[form->pattern], text))
            return true;
    }
    for (uint32_t i = 0; i < type->literals.count; i++) {
        if (cddl_compare_keys(text, cddl->literals[type->literals.first + i]) == 0)
            return true;
    }
    return false;
}

bool cddl_match_scalar(const struct cddl *cddl, const struct cddl_type *type,
                       const struct dcbor_item *item)
{
    switch (item->type) {
    case DCBOR_UINT:
        return in_ranges(cddl, type->uints, item->value);
    case DCBOR_NINT:
        return in_ranges(cddl, type->nints, item->value);
    case DCBOR_BYTES:
        return in_ranges(cddl, type->bytes, item->string.len);
    case DCBOR_TEXT:
        return cddl_match_text(cddl, type, item->string);
    case DCBOR_BOOL:
        return item->value != 0 ? type->may_be_true : type->may_be_false;
    case DCBOR_ARRAY:
    case DCBOR_MAP:
    case DCBOR_TAG:
    case DCBOR_NULL:
        break;
    }
    return false;
}

/* ---- which map of several ---- */

/* How far the pairs seen fit one of the maps. */
struct candidate {
    const struct cddl_map *map;
    uint32_t at; /* the first member not passed */
    bool has_keys;
    bool has_literals;
};

bool cddl_is_literal(const struct cddl_type *type)
{
    uint32_t others = type->uints.count + type->nints.count + type->bytes.count +
                      type->forms.count + type->maps.count;

    return type->literals.count > 0 && others == 0 && type->array == CDDL_NONE &&
           !type->may_be_false && !type->may_be_true;
}

static void show_pair(const struct cddl *cddl, struct candidate *candidate, struct bytes key,
                      const struct dcbor_item *value)
{
    const struct cddl_map *map = candidate->map;

    for (; candidate->at < map->members.count; candidate->at++) {
        const struct cddl_member *member = &cddl->members[map->members.first + candidate->at];
        const struct cddl_type *type = &cddl->types[member->type];
        int order = cddl_compare_keys(member->key, key);

        if (order > 0)
            break;
        if (order == 0) {
            candidate->at++;
            if (cddl_is_literal(type) &&
                (value->type != DCBOR_TEXT || !cddl_match_text(cddl, type, value->string)))
                candidate->has_literals = false;
            return;
        }
        if (member->is_required)
            candidate->has_keys = false;
    }
    if (map->free_key == CDDL_NONE)
        candidate->has_keys = false;
}

static void show_end(const struct cddl *cddl, struct candidate *candidate)
{
    const struct cddl_map *map = candidate->map;

    for (; candidate->at < map->members.count; candidate->at++) {
        if (cddl->members[map->members.first + candidate->at].is_required)
            candidate->has_keys = false;
    }
}

/* The only candidate left when those without literals, or also without keys, are out. */
static const struct cddl_map *find_only(const struct candidate *candidates, uint32_t count,
                                        bool with_keys)
{
    const struct cddl_map *only = NULL;

    for (uint32_t i = 0; i < count; i++) {
        if (!candidates[i].has_literals || (with_keys && !candidates[i].has_keys))
            continue;
        if (only != NULL)
            return NULL;
        only = candidates[i].map;
    }
    return only;
}

static const struct cddl_map *choose_of_many(const struct cddl *cddl, struct cddl_span maps,
                                             struct dcbor_reader reader, uint64_t count)
{
    struct candidate candidates[CDDL_MAPS_MAX];
    const struct cddl_map *only;
    struct err ignored = {0};

    for (uint32_t i = 0; i < maps.count; i++)
        candidates[i] = (struct candidate){.map = &cddl->maps[cddl->map_list[maps.first + i]],
                                           .has_keys = true,
                                           .has_literals = true};
    for (uint64_t pair = 0; pair < count; pair++) {
        struct dcbor_reader value_reader;
        struct dcbor_item value;
        struct bytes key;

        if (!dcbor_read_text(&reader, &key, &ignored))
            return NULL;
        value_reader = reader;
        if (!dcbor_read(&value_reader, &value, &ignored) || !dcbor_skip(&reader, NULL, &ignored))
            return NULL;
        for (uint32_t i = 0; i < maps.count; i++)
            show_pair(cddl, &candidates[i], key, &value);
    }
    for (uint32_t i = 0; i < maps.count; i++)
        show_end(cddl, &candidates[i]);
    only = find_only(candidates, maps.count, true);
    return only != NULL ? only : find_only(candidates, maps.count, false);
}

const struct cddl_map *cddl_choose_map(const struct cddl *cddl, const struct cddl_type *type,
                                       const struct dcbor_reader *pairs, uint64_t count)
{
    if (type->maps.count == 0)
        return NULL;
    if (type->maps.count == 1)
        return &cddl->maps[cddl->map_list[type->maps.first]];
    return choose_of_many(cddl, type->maps, *pairs, count);
}
