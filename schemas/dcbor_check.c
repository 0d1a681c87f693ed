#include "schemas/dcbor.h"

/* An array or map that is not complete yet. */
struct level {
    uint64_t left; /* items still to come, a map's keys and values counted one by one */
    bool is_map;
    struct bytes previous_key; /* encoded; empty before the first key */
};

/* What distinguishes records from the rest of what COSE carries. */
struct rules {
    bool records_only;
    unsigned depth_max;
};

static bool fail_at(size_t position, const char *reason, struct err *err)
{
    return err_set(err, ERR_INVALID, "byte %zu: %s", position, reason);
}

/* The next item of this level is a key. */
static bool is_key_next(const struct level *level)
{
    return level->is_map && level->left % 2 == 0;
}

static bool check_key(struct level *level, const struct dcbor_item *item, struct bytes encoded,
                      const struct rules *rules, size_t position, struct err *err)
{
    bool is_integer = item->type == DCBOR_UINT || item->type == DCBOR_NINT;
    int order;

    if (rules->records_only && item->type != DCBOR_TEXT)
        return fail_at(position, "map key is not text", err);
    if (item->type != DCBOR_TEXT && !is_integer)
        return fail_at(position, "map key is neither text nor an integer", err);
    order = bytes_compare(level->previous_key, encoded);
    if (order == 0)
        return fail_at(position, "duplicate map key", err);
    if (order > 0)
        return fail_at(position, "map keys are not in bytewise order", err);
    level->previous_key = encoded;
    return true;
}

static bool check_value(const struct dcbor_item *item, const struct rules *rules, size_t position,
                        struct err *err)
{
    bool is_container = item->type == DCBOR_ARRAY || item->type == DCBOR_MAP;

    if (rules->records_only && item->type == DCBOR_TAG)
        return fail_at(position, "tags are not allowed in records", err);
    if (rules->records_only && item->type == DCBOR_NULL)
        return fail_at(position, "null is not allowed in records", err);
    if (is_container && item->value > DCBOR_COUNT_MAX)
        return err_set(err, ERR_INVALID, "byte %zu: more than %d items in an array or map",
                       position, DCBOR_COUNT_MAX);
    return true;
}

/* The containers around the next item; the lowest level stands for the whole, one item. */
struct stack {
    struct level levels[DCBOR_DEPTH_MAX + 1];
    unsigned count;
};

/* Opens a container. */
static bool push_level(struct stack *stack, const struct dcbor_item *item,
                       const struct rules *rules, size_t position, struct err *err)
{
    if (stack->count > rules->depth_max)
        return err_set(err, ERR_INVALID, "byte %zu: nested deeper than %d", position,
                       DCBOR_DEPTH_MAX);
    stack->levels[stack->count] = (struct level){
        .left = item->type == DCBOR_MAP ? 2 * item->value : item->value,
        .is_map = item->type == DCBOR_MAP,
    };
    stack->count++;
    return true;
}

/* Closes every container to which nothing is missing. */
static void pop_levels(struct stack *stack)
{
    while (stack->count > 0 && stack->levels[stack->count - 1].left == 0)
        stack->count--;
}

/* Checks what has been read: its place, and what it opens. */
static bool check_item(struct stack *stack, const struct dcbor_item *item, struct bytes encoded,
                       const struct rules *rules, size_t position, struct err *err)
{
    struct level *level = &stack->levels[stack->count - 1];

    if (is_key_next(level)) {
        if (!check_key(level, item, encoded, rules, position, err))
            return false;
    } else if (!check_value(item, rules, position, err)) {
        return false;
    }
    if (item->type == DCBOR_TAG)
        return true; /* the tagged item counts, not the tag */
    level->left--;
    if (item->type == DCBOR_ARRAY || item->type == DCBOR_MAP)
        return push_level(stack, item, rules, position, err);
    return true;
}

static bool check_next(struct dcbor_reader *reader, const struct rules *rules,
                       const struct dcbor_observer *observer, struct err *err)
{
    struct stack stack; /* all of it need not be cleared for every record */

    stack.levels[0] = (struct level){.left = 1};
    stack.count = 1;
    while (stack.count > 0) {
        size_t begin = reader->position;
        struct dcbor_item item;

        if (!dcbor_read(reader, &item, err))
            return false;
        if (!check_item(&stack, &item, bytes_slice(reader->input, begin, reader->position), rules,
                        begin, err)) {
            reader->position = begin;
            return false;
        }
        if (observer != NULL)
            observer->see(observer->context, &item, begin, reader);
        pop_levels(&stack);
    }
    return true;
}

static bool check_whole(struct bytes input, const struct rules *rules, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(input);

    return check_next(&reader, rules, NULL, err) && dcbor_read_end(&reader, err);
}

bool dcbor_check(struct bytes input, struct err *err)
{
    struct rules rules = {.records_only = true, .depth_max = DCBOR_DEPTH_MAX};

    return check_whole(input, &rules, err);
}

bool dcbor_check_any(struct bytes input, struct err *err)
{
    struct rules rules = {.records_only = false, .depth_max = DCBOR_DEPTH_MAX};

    return check_whole(input, &rules, err);
}

bool dcbor_check_next(struct dcbor_reader *reader, struct bytes *out, unsigned depth,
                      struct err *err)
{
    return dcbor_check_observed(reader, out, depth, NULL, err);
}

bool dcbor_check_observed(struct dcbor_reader *reader, struct bytes *out, unsigned depth,
                          const struct dcbor_observer *observer, struct err *err)
{
    struct rules rules = {.records_only = true, .depth_max = DCBOR_DEPTH_MAX - depth};
    size_t begin = reader->position;

    CHECK(depth <= DCBOR_DEPTH_MAX);
    if (!check_next(reader, &rules, observer, err))
        return false;
    *out = bytes_slice(reader->input, begin, reader->position);
    return true;
}
