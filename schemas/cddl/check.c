/* The validator: one walk over the items, with the open maps and arrays on a stack of its own. */
#include <string.h>

#include "schemas/cddl/match.h"
#include "schemas/dcbor.h"

/* A map or array that is not complete yet. */
struct level {
    const struct cddl_map *map;     /* NULL for an array */
    const struct cddl_array *array; /* NULL for a map */
    uint64_t left;                  /* pairs or items still to come */
    uint64_t free_count;
    uint32_t at; /* the first member not passed; in an array the items seen, while they are named */
    size_t position;
};

struct walk {
    const struct cddl *cddl;
    struct dcbor_reader reader;
    struct level levels[DCBOR_DEPTH_MAX];
    unsigned depth;
    struct cddl_mismatch *mismatch;
};

static bool fail_item(struct walk *walk, size_t position, const struct dcbor_item *item,
                      const char *want)
{
    cddl_mismatch_at(walk->mismatch, walk->reader.input, position);
    cddl_mismatch_have_item(walk->mismatch, item);
    cddl_mismatch_want(walk->mismatch, want);
    return false;
}

static bool fail_unreadable(struct walk *walk, const struct err *err)
{
    cddl_mismatch_at(walk->mismatch, walk->reader.input, walk->reader.position);
    cddl_mismatch_have(walk->mismatch, err->text);
    cddl_mismatch_want(walk->mismatch, "deterministic CBOR");
    return false;
}

/* ---- opening ---- */

static bool push_level(struct walk *walk, struct level level)
{
    if (walk->depth == DCBOR_DEPTH_MAX) {
        cddl_mismatch_at(walk->mismatch, walk->reader.input, level.position);
        cddl_mismatch_have(walk->mismatch, "too many maps and arrays inside each other");
        cddl_mismatch_want(walk->mismatch, "at most 16");
        return false;
    }
    walk->levels[walk->depth++] = level;
    return true;
}

static bool open_array(struct walk *walk, const struct cddl_type *type,
                       const struct dcbor_item *item, size_t position)
{
    const struct cddl_array *array;
    uint64_t more;

    if (type->array == CDDL_NONE)
        return fail_item(walk, position, item, type->want);
    array = &walk->cddl->arrays[type->array];
    more = item->value - array->items.count;
    if (item->value < array->items.count || more < array->rest_count.min ||
        more > array->rest_count.max)
        return fail_item(walk, position, item, type->want);
    return push_level(walk,
                      (struct level){.array = array, .left = item->value, .position = position});
}

static bool open_map(struct walk *walk, const struct cddl_type *type, const struct dcbor_item *item,
                     size_t position)
{
    const struct cddl_map *map = cddl_choose_map(walk->cddl, type, &walk->reader, item->value);

    if (map == NULL)
        return fail_item(walk, position, item, type->want);
    return push_level(walk, (struct level){.map = map, .left = item->value, .position = position});
}

/* ---- closing ---- */

static bool fail_missing(struct walk *walk, const struct level *level,
                         const struct cddl_member *member)
{
    cddl_mismatch_at(walk->mismatch, walk->reader.input, level->position);
    cddl_mismatch_add_key(walk->mismatch, member->key);
    cddl_mismatch_have(walk->mismatch, "nothing");
    cddl_mismatch_want(walk->mismatch, walk->cddl->types[member->type].want);
    return false;
}

static bool close_map(struct walk *walk, const struct level *level)
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
    cddl_mismatch_at(walk->mismatch, walk->reader.input, level->position);
    cddl_mismatch_have_count(walk->mismatch, level->free_count, "members");
    cddl_mismatch_want_counts(walk->mismatch, map->free_count, "members");
    return false;
}

/* Closes all to which nothing is missing. */
static bool close_levels(struct walk *walk)
{
    while (walk->depth > 0) {
        const struct level *level = &walk->levels[walk->depth - 1];

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
static bool take_free_key(struct walk *walk, struct level *level, const struct dcbor_item *key,
                          size_t position, const struct cddl_type **out)
{
    const struct cddl *cddl = walk->cddl;
    const struct cddl_map *map = level->map;

    if (map->free_key == CDDL_NONE) {
        cddl_mismatch_at(walk->mismatch, walk->reader.input, position);
        cddl_mismatch_unknown(walk->mismatch, cddl, map, key->string);
        return false;
    }
    if (!cddl_match_text(cddl, &cddl->types[map->free_key], key->string))
        return fail_item(walk, position, key, cddl->types[map->free_key].want);
    if (byte_fields_have(&cddl->byte_fields, key->string))
        return fail_item(walk, position, key, "a name that stands for no byte string elsewhere");
    level->free_count++;
    *out = &cddl->types[map->free_value];
    return true;
}

/* Reads the next key: passes over the members before it, none of which may be required. */
static bool take_key(struct walk *walk, struct level *level, const struct cddl_type **out)
{
    const struct cddl *cddl = walk->cddl;
    size_t position = walk->reader.position;
    struct dcbor_item key;
    struct err err = {0};

    if (!dcbor_read(&walk->reader, &key, &err))
        return fail_unreadable(walk, &err);
    if (key.type != DCBOR_TEXT)
        return fail_item(walk, position, &key, "a text as key");
    for (; level->at < level->map->members.count; level->at++) {
        const struct cddl_member *member = &cddl->members[level->map->members.first + level->at];
        int order = cddl_compare_keys(member->key, key.string);

        if (order == 0) {
            level->at++;
            *out = &cddl->types[member->type];
            return true;
        }
        if (order > 0)
            break;
        if (member->is_required)
            return fail_missing(walk, level, member);
    }
    return take_free_key(walk, level, &key, position, out);
}

static const struct cddl_type *item_type(const struct walk *walk, struct level *level)
{
    const struct cddl *cddl = walk->cddl;
    const struct cddl_array *array = level->array;

    if (level->at == array->items.count)
        return &cddl->types[array->rest];
    return &cddl->types[cddl->item_types[array->items.first + level->at++]];
}

/* What the next item must be. */
static bool next_type(struct walk *walk, const struct cddl_type **out)
{
    struct level *level = &walk->levels[walk->depth - 1];

    level->left--;
    if (level->map != NULL)
        return take_key(walk, level, out);
    *out = item_type(walk, level);
    return true;
}

static bool take_item(struct walk *walk, const struct cddl_type *type)
{
    size_t position = walk->reader.position;
    struct dcbor_item item;
    struct err err = {0};

    if (!dcbor_read(&walk->reader, &item, &err))
        return fail_unreadable(walk, &err);
    if (item.type == DCBOR_ARRAY)
        return open_array(walk, type, &item, position);
    if (item.type == DCBOR_MAP)
        return open_map(walk, type, &item, position);
    return cddl_match_scalar(walk->cddl, type, &item) ||
           fail_item(walk, position, &item, type->want);
}

bool cddl_check(const struct cddl *cddl, const struct cddl_type *type, struct bytes item,
                struct cddl_mismatch *out)
{
    struct walk walk; /* all of it need not be cleared for every record */

    walk.cddl = cddl;
    walk.reader = dcbor_reader_of(item);
    walk.depth = 0;
    walk.mismatch = out;
    for (;;) {
        if (!take_item(&walk, type) || !close_levels(&walk))
            return false;
        if (walk.depth == 0)
            break;
        if (!next_type(&walk, &type))
            return false;
    }
    if (dcbor_at_end(&walk.reader))
        return true;
    cddl_mismatch_at(out, item, 0);
    cddl_mismatch_have(out, "something behind the item");
    cddl_mismatch_want(out, "one item");
    return false;
}
