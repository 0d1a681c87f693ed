/* Maps and arrays: groups by name and bracket are put in their place, choices taken one by one. */
#include <stdlib.h>
#include <string.h>

#include "schemas/cddl/compile.h"

enum { DIGITS_MAX = 16, OPTIONS_MAX = 64, ALIASES_MAX = 64 };

/* The ways a group can be: the alternatives between "//", of all bodies of a rule. */
struct options {
    uint32_t alternatives[OPTIONS_MAX];
    uint32_t count;
};

/*
 * Walks all entries of a group, groups in it included. Where there is a choice between groups it
 * takes the one that the next digit says; counting the digits up takes all ways one by one.
 */
struct walk {
    struct cddl_compiler *compiler;
    uint32_t next[CDDL_GROUP_DEPTH_MAX]; /* entries to go on with, by depth */
    unsigned depth;
    uint32_t digits[DIGITS_MAX];
    uint32_t radixes[DIGITS_MAX];
    uint32_t digit_count;
    uint32_t digits_used;
};

const struct cddl_operand *cddl_lone_operand(const struct cddl_tree *tree, uint32_t choice)
{
    const struct cddl_choice *looked_at = &tree->choices[choice];

    if (looked_at->first != looked_at->last || tree->operands[looked_at->first].control.len > 0)
        return NULL;
    return &tree->operands[looked_at->first];
}

static bool is_plain(const struct cddl_entry *entry)
{
    return entry->key_kind == CDDL_KEY_NONE && entry->min == 1 && entry->max == 1;
}

/* The only entry of ( ) when it could be a type, else NULL. */
static const struct cddl_entry *lone_entry(const struct cddl_tree *tree, uint32_t alternative)
{
    const struct cddl_alternative *looked_at = &tree->alternatives[alternative];

    if (looked_at->next != CDDL_NONE || looked_at->first == CDDL_NONE ||
        looked_at->first != looked_at->last || !is_plain(&tree->entries[looked_at->first]))
        return NULL;
    return &tree->entries[looked_at->first];
}

bool cddl_is_group(const struct cddl_tree *tree, uint32_t choice)
{
    for (unsigned i = 0; i < ALIASES_MAX; i++) {
        const struct cddl_operand *operand = cddl_lone_operand(tree, choice);

        if (operand == NULL)
            return false;
        if (operand->kind == CDDL_OPERAND_NAME) {
            const struct cddl_rule *rule = cddl_tree_find(tree, operand->text);

            if (rule == NULL)
                return false;
            choice = rule->definition;
        } else if (operand->kind == CDDL_OPERAND_PAREN) {
            const struct cddl_entry *entry = lone_entry(tree, operand->group);

            if (entry == NULL)
                return true;
            choice = entry->value;
        } else {
            return false;
        }
    }
    return false;
}

static bool fail_at(const struct walk *walk, struct cddl_place place, struct err *err,
                    const char *reason)
{
    return cddl_fail(walk->compiler->tree->sources, place, err, "%s", reason);
}

/* ---- the ways a group can be ---- */

static bool add_bracket(struct walk *walk, struct options *options,
                        const struct cddl_operand *operand, struct err *err)
{
    const struct cddl_tree *tree = walk->compiler->tree;

    for (uint32_t at = operand->group; at != CDDL_NONE; at = tree->alternatives[at].next) {
        if (options->count == OPTIONS_MAX)
            return fail_at(walk, operand->place, err, "a choice of more than 64 groups");
        options->alternatives[options->count++] = at;
    }
    return true;
}

/* Choices to look at: a list that stays short, because names of groups lead to brackets soon. */
struct bodies {
    uint32_t choices[OPTIONS_MAX];
    uint32_t count;
};

/* Adds a choice, and all further bodies when it is the first one of a rule. */
static bool add_bodies(struct walk *walk, struct bodies *bodies, uint32_t choice, struct err *err)
{
    const struct cddl_tree *tree = walk->compiler->tree;

    for (; choice != CDDL_NONE; choice = tree->choices[choice].next) {
        if (bodies->count == OPTIONS_MAX)
            return fail_at(walk, tree->choices[choice].place, err,
                           "more than 64 groups in a choice, or groups that are each other");
        bodies->choices[bodies->count++] = choice;
    }
    return true;
}

/* The bodies of a group rule are brackets, or again names of group rules. */
static bool list_options(struct walk *walk, struct options *out, uint32_t choice, struct err *err)
{
    const struct cddl_tree *tree = walk->compiler->tree;
    struct bodies bodies = {0};

    out->count = 0;
    if (!add_bodies(walk, &bodies, choice, err))
        return false;
    for (uint32_t i = 0; i < bodies.count; i++) {
        const struct cddl_operand *operand = cddl_lone_operand(tree, bodies.choices[i]);
        const struct cddl_rule *rule = NULL;
        bool ok;

        if (operand != NULL && operand->kind == CDDL_OPERAND_NAME)
            rule = cddl_tree_find(tree, operand->text);
        if (operand != NULL && operand->kind == CDDL_OPERAND_PAREN)
            ok = add_bracket(walk, out, operand, err);
        else if (rule != NULL)
            ok = add_bodies(walk, &bodies, rule->first_body, err);
        else
            ok = fail_at(walk, tree->choices[bodies.choices[i]].place, err,
                         "a type where a group in ( ) is expected");
        if (!ok)
            return false;
    }
    return true;
}

/* ---- walking ---- */

/* Which of so many ways to take. */
static bool take_digit(struct walk *walk, uint32_t radix, uint32_t *out, struct cddl_place place,
                       struct err *err)
{
    uint32_t i = walk->digits_used;

    *out = 0;
    if (radix == 1)
        return true;
    if (i == DIGITS_MAX)
        return fail_at(walk, place, err, "more than 16 choices between groups in one map");
    if (i == walk->digit_count) {
        walk->digits[i] = 0;
        walk->radixes[i] = radix;
        walk->digit_count++;
    }
    *out = walk->digits[i];
    walk->digits_used++;
    return true;
}

/* Makes the digits those of the next way; false when there is none. */
static bool next_way(struct walk *walk)
{
    while (walk->digit_count > 0) {
        uint32_t i = walk->digit_count - 1;

        if (++walk->digits[i] < walk->radixes[i])
            return true;
        walk->digit_count--;
    }
    return false;
}

static bool enter(struct walk *walk, const struct options *options, struct cddl_place place,
                  struct err *err)
{
    uint32_t taken;

    if (walk->depth == CDDL_GROUP_DEPTH_MAX)
        return fail_at(walk, place, err, "groups are nested deeper than 32, or in a circle");
    if (!take_digit(walk, options->count, &taken, place, err))
        return false;
    walk->next[walk->depth++] =
        walk->compiler->tree->alternatives[options->alternatives[taken]].first;
    return true;
}

/* Goes into a group that an entry names, or past it when it may be absent and is so this way. */
static bool include(struct walk *walk, const struct cddl_entry *entry, struct err *err)
{
    struct options options;
    uint32_t is_absent = 0;

    if (entry->max != 1)
        return fail_at(walk, entry->place, err, "a group that may occur more than once");
    if (entry->min == 0 && !take_digit(walk, 2, &is_absent, entry->place, err))
        return false;
    if (is_absent != 0)
        return true;
    return list_options(walk, &options, entry->value, err) &&
           enter(walk, &options, entry->place, err);
}

/* The next entry that is not a group, NULL behind the last one. */
static bool next_entry(struct walk *walk, const struct cddl_entry **out, struct err *err)
{
    const struct cddl_tree *tree = walk->compiler->tree;

    *out = NULL;
    while (walk->depth > 0) {
        uint32_t number = walk->next[walk->depth - 1];
        const struct cddl_entry *entry;

        if (number == CDDL_NONE) {
            walk->depth--;
            continue;
        }
        entry = &tree->entries[number];
        walk->next[walk->depth - 1] = entry->next;
        if (entry->key_kind != CDDL_KEY_NONE || !cddl_is_group(tree, entry->value)) {
            *out = entry;
            return true;
        }
        if (!include(walk, entry, err))
            return false;
    }
    return true;
}

static bool begin_walk(struct walk *walk, uint32_t operand, uint32_t choice, struct err *err)
{
    const struct cddl_tree *tree = walk->compiler->tree;
    struct options options = {0};

    walk->depth = 0;
    walk->digits_used = 0;
    if (operand == CDDL_NONE)
        return list_options(walk, &options, choice, err) &&
               enter(walk, &options, tree->choices[choice].place, err);
    return add_bracket(walk, &options, &tree->operands[operand], err) &&
           enter(walk, &options, tree->operands[operand].place, err);
}

/* ---- maps ---- */

static bool add_member(struct walk *walk, struct cddl_map *map, const struct cddl_entry *entry,
                       struct err *err)
{
    struct cddl *out = walk->compiler->out;
    struct cddl_member member = {
        .key = entry->key, .is_required = entry->min == 1, .place = entry->place};

    if (entry->max != 1)
        return fail_at(walk, entry->place, err,
                       "a member with a name occurs once, or ? times; another number needs =>");
    if (map->free_key != CDDL_NONE)
        return fail_at(walk, entry->place, err, "members with names stand before those with =>");
    for (uint32_t i = 0; i < map->members.count; i++) {
        if (bytes_equal(out->members[map->members.first + i].key, entry->key))
            return cddl_fail(walk->compiler->tree->sources, entry->place, err,
                             "the member %.*s stands in this map twice", (int)entry->key.len,
                             (const char *)entry->key.data);
    }
    if (!cddl_type_of_choice(walk->compiler, entry->value, &member.type, err))
        return false;
    out->members = cddl_grow(out->members, out->member_count, sizeof(*out->members));
    out->members[out->member_count++] = member;
    map->members.count++;
    return true;
}

static bool add_free_members(struct walk *walk, struct cddl_map *map,
                             const struct cddl_entry *entry, struct err *err)
{
    if (map->free_key != CDDL_NONE)
        return fail_at(walk, entry->place, err, "more than one => in a map is not supported");
    map->free_count = (struct cddl_range){entry->min, entry->max};
    return cddl_type_of_choice(walk->compiler, entry->key_choice, &map->free_key, err) &&
           cddl_type_of_choice(walk->compiler, entry->value, &map->free_value, err);
}

/* Deterministic CBOR puts the shorter key first (RFC 8949, 4.2.1). */
static int compare_members(const void *a, const void *b)
{
    const struct cddl_member *left = a;
    const struct cddl_member *right = b;

    if (left->key.len != right->key.len)
        return left->key.len < right->key.len ? -1 : 1;
    return bytes_compare(left->key, right->key);
}

/* The map of the way that the digits say. */
static bool compile_way(struct walk *walk, struct cddl_place place, struct err *err)
{
    struct cddl *out = walk->compiler->out;
    struct cddl_map map = {
        .members = {.first = out->member_count},
        .free_key = CDDL_NONE,
        .free_value = CDDL_NONE,
        .place = place,
    };
    const struct cddl_entry *entry;

    if (!next_entry(walk, &entry, err))
        return false;
    while (entry != NULL) {
        bool ok = entry->key_kind == CDDL_KEY_NAME ? add_member(walk, &map, entry, err)
                  : entry->key_kind == CDDL_KEY_TYPE
                      ? add_free_members(walk, &map, entry, err)
                      : fail_at(walk, entry->place, err, "a member of a map needs a name");

        if (!ok || !next_entry(walk, &entry, err))
            return false;
    }
    if (map.members.count > 0)
        qsort(&out->members[map.members.first], map.members.count, sizeof(*out->members),
              compare_members);
    out->maps = cddl_grow(out->maps, out->map_count, sizeof(*out->maps));
    out->maps[out->map_count++] = map;
    return true;
}

static bool compile_ways(struct cddl_compiler *compiler, uint32_t operand, uint32_t choice,
                         struct cddl_span *out, struct err *err)
{
    const struct cddl_tree *tree = compiler->tree;
    struct walk walk = {.compiler = compiler};
    struct cddl_place place =
        operand == CDDL_NONE ? tree->choices[choice].place : tree->operands[operand].place;

    *out = (struct cddl_span){.first = compiler->out->map_count};
    do {
        if (out->count == CDDL_MAPS_MAX)
            return fail_at(&walk, place, err, "the choices of this map have more than 256 results");
        if (!begin_walk(&walk, operand, choice, err) || !compile_way(&walk, place, err))
            return false;
        out->count++;
    } while (next_way(&walk));
    return true;
}

bool cddl_compile_maps(struct cddl_compiler *compiler, uint32_t operand, struct cddl_span *out,
                       struct err *err)
{
    return compile_ways(compiler, operand, CDDL_NONE, out, err);
}

/* A group can also be meant for arrays only; then its entries have no names. */
static bool has_names(const struct cddl_compiler *compiler, const struct cddl_rule *rule)
{
    const struct cddl_tree *tree = compiler->tree;
    const struct cddl_operand *operand = cddl_lone_operand(tree, rule->definition);
    uint32_t entry;

    if (operand == NULL || operand->kind != CDDL_OPERAND_PAREN)
        return false;
    entry = tree->alternatives[operand->group].first;
    for (; entry != CDDL_NONE; entry = tree->entries[entry].next) {
        if (tree->entries[entry].key_kind == CDDL_KEY_NONE &&
            !cddl_is_group(tree, tree->entries[entry].value))
            return false;
    }
    return true;
}

bool cddl_compile_group_rule(struct cddl_compiler *compiler, const struct cddl_rule *rule,
                             struct err *err)
{
    struct cddl *out = compiler->out;
    struct cddl_span maps;

    if (!has_names(compiler, rule))
        return true;
    if (!compile_ways(compiler, CDDL_NONE, rule->first_body, &maps, err))
        return false;
    if (maps.count > 1)
        return true;
    out->groups = cddl_grow(out->groups, out->group_count, sizeof(*out->groups));
    out->groups[out->group_count++] = (struct cddl_named_map){rule->name, maps.first};
    return true;
}

/* ---- arrays ---- */

static bool add_item(struct walk *walk, struct cddl_array *array, const struct cddl_entry *entry,
                     struct err *err)
{
    struct cddl *out = walk->compiler->out;
    uint32_t type;

    if (array->rest != CDDL_NONE)
        return fail_at(walk, entry->place, err,
                       "only the last item of an array may have an occurrence");
    if (entry->key_kind == CDDL_KEY_TYPE)
        return fail_at(walk, entry->place, err, "a => in an array is not supported");
    if (!cddl_type_of_choice(walk->compiler, entry->value, &type, err))
        return false;
    if (entry->min != 1 || entry->max != 1) {
        array->rest = type;
        array->rest_count = (struct cddl_range){entry->min, entry->max};
        return true;
    }
    out->item_types = cddl_grow(out->item_types, out->item_type_count, sizeof(*out->item_types));
    out->item_types[out->item_type_count++] = type;
    array->items.count++;
    return true;
}

bool cddl_compile_array(struct cddl_compiler *compiler, uint32_t operand, uint32_t *out,
                        struct err *err)
{
    struct cddl *tables = compiler->out;
    struct walk walk = {.compiler = compiler};
    struct cddl_array array = {
        .items = {.first = tables->item_type_count},
        .rest = CDDL_NONE,
        .place = compiler->tree->operands[operand].place,
    };
    const struct cddl_entry *entry;

    if (!begin_walk(&walk, operand, CDDL_NONE, err) || !next_entry(&walk, &entry, err))
        return false;
    while (entry != NULL) {
        if (!add_item(&walk, &array, entry, err) || !next_entry(&walk, &entry, err))
            return false;
    }
    if (walk.digit_count > 0)
        return fail_at(&walk, array.place, err, "a choice between groups in an array");
    tables->arrays = cddl_grow(tables->arrays, tables->array_count, sizeof(*tables->arrays));
    tables->arrays[tables->array_count] = array;
    *out = tables->array_count++;
    return true;
}
