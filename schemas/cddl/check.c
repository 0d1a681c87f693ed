/* The validator: one walk over the items, with the open maps and arrays on a stack of its own. */
#include "schemas/cddl/walk.h"

#include "schemas/cddl/match.h"

static bool fail_item(struct cddl_walk *walk, size_t position, const struct dcbor_item *item,
                      const char *want)
{
    cddl_mismatch_at(walk->mismatch, walk->input, position);
    cddl_mismatch_have_item(walk->mismatch, item);
    cddl_mismatch_want(walk->mismatch, want);
    return false;
}

/* ---- opening ---- */

static bool push_level(struct cddl_walk *walk, struct cddl_level level)
{
    if (walk->depth == DCBOR_DEPTH_MAX) {
        cddl_mismatch_at(walk->mismatch, walk->input, level.position);
        cddl_mismatch_have(walk->mismatch, "too many maps and arrays inside each other");
        cddl_mismatch_want(walk->mismatch, "at most 16");
        return false;
    }
    walk->levels[walk->depth++] = level;
    return true;
}

static bool open_array(struct cddl_walk *walk, const struct dcbor_item *item, size_t position)
{
    const struct cddl_type *type = walk->type;
    const struct cddl_array *array;
    uint64_t more;

    if (type->array == CDDL_NONE)
        return fail_item(walk, position, item, type->want);
    array = &walk->cddl->arrays[type->array];
    more = item->value - array->items.count;
    if (item->value < array->items.count || more < array->rest_count.min ||
        more > array->rest_count.max)
        return fail_item(walk, position, item, type->want);
    return push_level(
        walk, (struct cddl_level){.array = array, .left = item->value, .position = position});
}

static bool open_map(struct cddl_walk *walk, const struct dcbor_item *item, size_t position,
                     const struct dcbor_reader *rest)
{
    const struct cddl_type *type = walk->type;
    const struct cddl_map *map = cddl_choose_map(walk->cddl, type, rest, item->value);

    if (map == NULL)
        return fail_item(walk, position, item, type->want);
    return push_level(walk,
                      (struct cddl_level){.map = map, .left = item->value, .position = position});
}

/* ---- closing ---- */

static bool fail_missing(struct cddl_walk *walk, const struct cddl_level *level,
                         const struct cddl_member *member)
{
    cddl_mismatch_at(walk->mismatch, walk->input, level->position);
    cddl_mismatch_add_key(walk->mismatch, member->key);
    cddl_mismatch_have(walk->mismatch, "nothing");
    cddl_mismatch_want(walk->mismatch, walk->cddl->types[member->type].want);
    return false;
}

static bool close_map(struct cddl_walk *walk, const struct cddl_level *level)
{
    const struct cddl_map *map = level->map;

    for (uint32_t i = level->at; i < map->members.count; i++) {
        const struct cddl_member *member = &walk->cddl->members[map->members.first + i];

        if (member->is_required)
            return fail_missing(walk, level, member);
    }
    if (map->free_key == CDDL_NONE ||
        (level->free_count >= map->free_count.min && level->free_count <= map->free_count.max))
        return true;
    cddl_mismatch_at(walk->mismatch, walk->input, level->position);
    cddl_mismatch_have_count(walk->mismatch, level->free_count, "members");
    cddl_mismatch_want_counts(walk->mismatch, map->free_count, "members");
    return false;
}

/* Closes all to which nothing is missing. */
static bool close_levels(struct cddl_walk *walk)
{
    while (walk->depth > 0) {
        const struct cddl_level *level = &walk->levels[walk->depth - 1];

        if (level->left > 0)
            return true;
        if (level->map != NULL && !close_map(walk, level))
            return false;
        walk->depth--;
    }
    return true;
}

/* ---- going on ---- */

/* A key that is none of the map's names. */
static bool take_free_key(struct cddl_walk *walk, struct cddl_level *level,
                          const struct dcbor_item *key, size_t position)
{
    const struct cddl *cddl = walk->cddl;
    const struct cddl_map *map = level->map;

    if (map->free_key == CDDL_NONE) {
        cddl_mismatch_at(walk->mismatch, walk->input, position);
        cddl_mismatch_unknown(walk->mismatch, cddl, map, key->string);
        return false;
    }
    if (!cddl_match_text(cddl, &cddl->types[map->free_key], key->string))
        return fail_item(walk, position, key, cddl->types[map->free_key].want);
    if (byte_fields_have(&cddl->byte_fields, key->string))
        return fail_item(walk, position, key, "a name that stands for no byte string elsewhere");
    level->free_count++;
    walk->type = &cddl->types[map->free_value];
    return true;
}

/* Passes over the members before the key, none of which may be required. */
static bool take_key(struct cddl_walk *walk, const struct dcbor_item *key, size_t position)
{
    const struct cddl *cddl = walk->cddl;
    struct cddl_level *level = &walk->levels[walk->depth - 1];

    if (key->type != DCBOR_TEXT)
        return fail_item(walk, position, key, "a text as key");
    level->left--;
    for (; level->at < level->map->members.count; level->at++) {
        const struct cddl_member *member = &cddl->members[level->map->members.first + level->at];
        int order = cddl_compare_keys(member->key, key->string);

        if (order == 0) {
            level->at++;
            walk->type = &cddl->types[member->type];
            return true;
        }
        if (order > 0)
            break;
        if (member->is_required)
            return fail_missing(walk, level, member);
    }
    return take_free_key(walk, level, key, position);
}

/* Of the array's next item. */
static const struct cddl_type *item_type(const struct cddl *cddl, struct cddl_level *level)
{
    const struct cddl_array *array = level->array;

    level->left--;
    if (level->at == array->items.count)
        return &cddl->types[array->rest];
    return &cddl->types[cddl->item_types[array->items.first + level->at++]];
}

static bool take_value(struct cddl_walk *walk, const struct dcbor_item *item, size_t position,
                       const struct dcbor_reader *rest)
{
    if (item->type == DCBOR_ARRAY)
        return open_array(walk, item, position);
    if (item->type == DCBOR_MAP)
        return open_map(walk, item, position, rest);
    return cddl_match_scalar(walk->cddl, walk->type, item) ||
           fail_item(walk, position, item, walk->type->want);
}

void cddl_walk_begin(struct cddl_walk *walk, const struct cddl *cddl, const struct cddl_type *type,
                     struct bytes input, struct cddl_mismatch *mismatch)
{
    walk->cddl = cddl;
    walk->type = type;
    walk->input = input;
    walk->depth = 0;
    walk->mismatch = mismatch; /* the levels need not be cleared for every record */
}

bool cddl_walk_take(struct cddl_walk *walk, const struct dcbor_item *item, size_t position,
                    const struct dcbor_reader *rest)
{
    if (walk->type == NULL)
        return take_key(walk, item, position);
    if (!take_value(walk, item, position, rest) || !close_levels(walk))
        return false;
    walk->type = NULL;
    if (walk->depth > 0 && walk->levels[walk->depth - 1].array != NULL)
        walk->type = item_type(walk->cddl, &walk->levels[walk->depth - 1]);
    return true;
}

bool cddl_walk_is_complete(const struct cddl_walk *walk)
{
    return walk->depth == 0 && walk->type == NULL;
}

static bool fail_other(struct cddl_mismatch *out, struct bytes input, size_t position,
                       const char *have, const char *want)
{
    cddl_mismatch_at(out, input, position);
    cddl_mismatch_have(out, have);
    cddl_mismatch_want(out, want);
    return false;
}

bool cddl_check(const struct cddl *cddl, const struct cddl_type *type, struct bytes item,
                struct cddl_mismatch *out)
{
    struct dcbor_reader reader = dcbor_reader_of(item);
    struct cddl_walk walk;
    struct err err = {0};

    cddl_walk_begin(&walk, cddl, type, item, out);
    while (!cddl_walk_is_complete(&walk)) {
        size_t position = reader.position;
        struct dcbor_item next;

        if (!dcbor_read(&reader, &next, &err))
            return fail_other(out, item, position, err.text, "deterministic CBOR");
        if (!cddl_walk_take(&walk, &next, position, &reader))
            return false;
    }
    return dcbor_at_end(&reader) ||
           fail_other(out, item, 0, "something behind the item", "one item");
}
