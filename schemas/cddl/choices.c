/* Whether the maps of one type can be told apart: then one look at a map says which it must be. */
#include "schemas/cddl/compile.h"
#include "schemas/cddl/match.h"

static const struct cddl_member *find_member(const struct cddl *cddl, const struct cddl_map *map,
                                             struct bytes key)
{
    for (uint32_t i = 0; i < map->members.count; i++) {
        const struct cddl_member *member = &cddl->members[map->members.first + i];

        if (bytes_equal(member->key, key))
            return member;
    }
    return NULL;
}

/* Both are only literal texts, and no text is in both. */
static bool are_disjoint(const struct cddl *cddl, uint32_t a, uint32_t b)
{
    const struct cddl_type *left = &cddl->types[a];
    const struct cddl_type *right = &cddl->types[b];

    if (!cddl_is_literal(left) || !cddl_is_literal(right))
        return false;
    for (uint32_t i = 0; i < left->literals.count; i++) {
        for (uint32_t j = 0; j < right->literals.count; j++) {
            if (bytes_equal(cddl->literals[left->literals.first + i],
                            cddl->literals[right->literals.first + j]))
                return false;
        }
    }
    return true;
}

/* Some member that every map like a has is missing in, or other than in, every map like b. */
static bool differs(const struct cddl *cddl, const struct cddl_map *a, const struct cddl_map *b)
{
    for (uint32_t i = 0; i < a->members.count; i++) {
        const struct cddl_member *member = &cddl->members[a->members.first + i];
        const struct cddl_member *other;

        if (!member->is_required)
            continue;
        other = find_member(cddl, b, member->key);
        if (other == NULL ? b->free_key == CDDL_NONE
                          : are_disjoint(cddl, member->type, other->type))
            return true;
    }
    return false;
}

static bool check_type(const struct cddl *cddl, const struct cddl_type *type, struct err *err)
{
    const uint32_t *maps = &cddl->map_list[type->maps.first];

    if (type->maps.count > CDDL_MAPS_MAX)
        return cddl_fail(cddl->sources, type->place, err, "a choice of more than %d maps",
                         CDDL_MAPS_MAX);
    for (uint32_t i = 0; i < type->maps.count; i++) {
        for (uint32_t j = i + 1; j < type->maps.count; j++) {
            const struct cddl_map *a = &cddl->maps[maps[i]];
            const struct cddl_map *b = &cddl->maps[maps[j]];

            if (!differs(cddl, a, b) && !differs(cddl, b, a))
                return cddl_fail(cddl->sources, b->place, err,
                                 "nothing tells this map from the one in line %u of %s: a member "
                                 "that one must have and the other lacks, or literal texts",
                                 a->place.line, cddl->sources[a->place.source].name);
        }
    }
    return true;
}

bool cddl_check_choices(const struct cddl *cddl, struct err *err)
{
    for (uint32_t i = 0; i < cddl->type_count; i++) {
        if (cddl->types[i].maps.count > 1 && !check_type(cddl, &cddl->types[i], err))
            return false;
    }
    return true;
}
