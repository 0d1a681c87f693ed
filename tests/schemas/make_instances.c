/*
 * Writes records made from the compiled schema at random, good ones and spoiled ones, for another
 * program's opinion on them.
 *
 * usage: make_instances COUNT SEED [DIRECTORY...]
 *
 * A line is "RULE VERDICT FAULT HEX REASON": the rule the item was made for, 1 when our validator
 * accepts it, what was spoiled ("none" for nothing), and why it is refused. COUNT instances of each
 * record type, two of three spoiled in one place. Stops when a good one is refused, or is another
 * one after a way through JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/cddl/table.h"
#include "schemas/dcbor.h"
#include "schemas/record_schema.h"
#include "schemas/view.h"
#include "tests/support/rng.h"

enum { DEPTH_MAX = 9, MORE_MAX = 3, TEXT_MORE_MAX = 40 };

struct maker {
    const struct cddl *cddl;
    struct rng rng;   /* what to make */
    struct rng chaos; /* how to spoil it */
    uint64_t values;  /* made so far */
    uint64_t spoiled; /* number of the value to spoil; UINT64_MAX for none */
    const char *fault;
    unsigned depth;
};

static uint64_t below(struct maker *maker, uint64_t limit)
{
    return rng_below(&maker->rng, limit);
}

static bool chance(struct maker *maker, unsigned of)
{
    return below(maker, of) == 0;
}

/* Often one of the ends, else near the lower one or anywhere. */
static uint64_t pick(struct maker *maker, struct cddl_range range, uint64_t near)
{
    uint64_t width = range.max - range.min;

    switch (below(maker, 6)) {
    case 0:
        return range.min;
    case 1:
        return width <= 2000 || near == UINT64_MAX ? range.max : range.min;
    default:
        if (width > near)
            width = near;
        return range.min + below(maker, width == UINT64_MAX ? width : width + 1);
    }
}

static struct cddl_range pick_range(struct maker *maker, struct cddl_span span)
{
    return maker->cddl->ranges[span.first + below(maker, span.count)];
}

/* ---- texts ---- */

static void append_part(struct maker *maker, struct buf *out, const struct cddl_pattern_part *part)
{
    uint64_t count = pick(maker, (struct cddl_range){part->min, part->max}, 20);

    while (count > 0) {
        uint8_t byte = (uint8_t)below(maker, 128);

        if ((part->set[byte / 64] >> byte % 64 & 1) == 0)
            continue;
        buf_append_byte(out, byte);
        count--;
    }
}

/* So many bytes, some of them of longer characters. */
static void append_text(struct maker *maker, struct buf *out, uint64_t len)
{
    while (len > 0) {
        if (len >= 2 && chance(maker, 12)) {
            buf_append_text(out, "é");
            len -= 2;
        } else {
            buf_append_byte(out, (uint8_t)(' ' + below(maker, 95)));
            len--;
        }
    }
}

/* A text of the type; false when it is none. */
static bool make_text(struct maker *maker, struct buf *out, const struct cddl_type *type)
{
    uint64_t number;

    if (type->forms.count + type->literals.count == 0)
        return false;
    number = below(maker, type->forms.count + type->literals.count);
    if (number < type->forms.count) {
        const struct cddl_text_form *form = &maker->cddl->forms[type->forms.first + number];

        if (form->pattern == CDDL_NONE) {
            append_text(maker, out, pick(maker, form->len, TEXT_MORE_MAX));
        } else {
            const struct cddl_pattern *pattern = &maker->cddl->patterns[form->pattern];

            for (uint32_t i = 0; i < pattern->count; i++)
                append_part(maker, out, &pattern->parts[i]);
        }
    } else {
        number -= type->forms.count;
        buf_append_bytes(out, maker->cddl->literals[type->literals.first + number]);
    }
    return true;
}

/* ---- spoiling ---- */

static void put_random(struct maker *maker, struct buf *out)
{
    static const uint64_t numbers[] = {
        0, 1, 2, 23, 24, 10000, 253402300800, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    uint64_t number = numbers[rng_below(&maker->chaos, sizeof(numbers) / sizeof(numbers[0]))];
    uint8_t bytes[64] = {0};

    switch (rng_below(&maker->chaos, 7)) {
    case 0:
        dcbor_put_uint(out, number);
        return;
    case 1:
        dcbor_put_nint(out, number);
        return;
    case 2:
        dcbor_put_bytes(out, bytes_of(bytes, rng_below(&maker->chaos, sizeof(bytes))));
        return;
    case 3:
        dcbor_put_literal(out, rng_below(&maker->chaos, 2) == 0 ? "" : "some text");
        return;
    case 4:
        dcbor_put_bool(out, rng_below(&maker->chaos, 2) == 0);
        return;
    case 5:
        dcbor_put_array(out, 0);
        return;
    default:
        dcbor_put_map(out, 0);
        return;
    }
}

/* One less or one more than an end of a range of the type. */
static bool put_beyond(struct maker *maker, struct buf *out, const struct cddl_type *type)
{
    struct cddl_span spans[] = {type->uints, type->nints, type->bytes};
    unsigned kind = type->uints.count > 0 ? 0 : type->nints.count > 0 ? 1 : 2;
    struct cddl_range range;
    uint64_t value;

    if (spans[kind].count == 0)
        return false;
    range = maker->cddl->ranges[spans[kind].first];
    value = rng_below(&maker->chaos, 2) == 0 ? range.min - 1 : range.max + 1;
    if (kind == 2 && value > 4000)
        return false;
    if (kind == 0)
        dcbor_put_uint(out, value);
    else if (kind == 1)
        dcbor_put_nint(out, value);
    else {
        uint8_t *zeros = mem_alloc(value + 1);

        dcbor_put_bytes(out, bytes_of(zeros, value));
        free(zeros);
    }
    return true;
}

/* A good text with a byte more, less or changed. */
static bool put_other_text(struct maker *maker, struct buf *out, const struct cddl_type *type)
{
    static const char odd[] = "~ \"%!_Z0";
    struct buf text = {0};

    if (!make_text(maker, &text, type))
        return false;
    switch (rng_below(&maker->chaos, 4)) {
    case 0:
        buf_append_byte(&text, (uint8_t)odd[rng_below(&maker->chaos, sizeof(odd) - 1)]);
        break;
    case 1:
        buf_clear(&text);
        break;
    case 2:
        while (text.len < 2001)
            buf_append_byte(&text, 'a');
        break;
    default:
        if (text.len > 0 && text.data[0] < 0x80)
            text.data[0] = (uint8_t)odd[rng_below(&maker->chaos, sizeof(odd) - 1)];
        break;
    }
    dcbor_put_text(out, bytes_of_buf(&text));
    buf_cleanup(&text);
    return true;
}

/* ---- values ---- */

static void make_value(struct maker *maker, struct buf *out, uint32_t number);

static void make_array(struct maker *maker, struct buf *out, const struct cddl_array *array,
                       bool spoil)
{
    uint64_t more = 0;

    if (array->rest != CDDL_NONE && maker->depth < DEPTH_MAX)
        more = pick(maker,
                    (struct cddl_range){array->rest_count.min, array->rest_count.max > MORE_MAX
                                                                   ? MORE_MAX + 1
                                                                   : array->rest_count.max},
                    MORE_MAX);
    else if (array->rest != CDDL_NONE)
        more = array->rest_count.min;
    if (spoil)
        maker->fault = "array";
    if (spoil && array->rest != CDDL_NONE && rng_below(&maker->chaos, 2) == 0 && more > 0)
        more--;
    else if (spoil)
        spoil = array->rest == CDDL_NONE || (more++, false);
    dcbor_put_array(out, array->items.count + more + spoil);
    for (uint32_t i = 0; i < array->items.count; i++)
        make_value(maker, out, maker->cddl->item_types[array->items.first + i]);
    for (uint64_t i = 0; i < more; i++)
        make_value(maker, out, array->rest);
    if (spoil)
        put_random(maker, out);
}

static void put_free_key(struct maker *maker, struct dcbor_map_writer *writer,
                         const struct cddl_map *map, uint64_t number)
{
    struct buf key = {0};

    /* Unlike each other and unlike any name. */
    make_text(maker, &key, &maker->cddl->types[map->free_key]);
    if (key.len > 6)
        key.len = 0;
    while (key.len > 0 && (key.data[key.len - 1] & 0x80) != 0)
        key.len--;
    buf_append_format(&key, "%" PRIu64, number);
    dcbor_map_writer_begin_key(writer);
    dcbor_put_text(&writer->pairs, bytes_of_buf(&key));
    dcbor_map_writer_begin_value(writer);
    make_value(maker, &writer->pairs, map->free_value);
    buf_cleanup(&key);
}

static void put_member(struct maker *maker, struct dcbor_map_writer *writer,
                       const struct cddl_member *member, bool spoil)
{
    struct buf key = {0};

    buf_append_bytes(&key, member->key);
    if (spoil)
        buf_append_byte(&key, 'x');
    dcbor_map_writer_begin_key(writer);
    dcbor_put_text(&writer->pairs, bytes_of_buf(&key));
    dcbor_map_writer_begin_value(writer);
    make_value(maker, &writer->pairs, member->type);
    buf_cleanup(&key);
}

static void put_unknown(struct maker *maker, struct dcbor_map_writer *writer)
{
    static const char *const keys[] = {"", "type", "zz", "digest", "surprise"};

    dcbor_map_writer_begin_key(writer);
    dcbor_put_literal(&writer->pairs, keys[rng_below(&maker->chaos, 5)]);
    dcbor_map_writer_begin_value(writer);
    put_random(maker, &writer->pairs);
}

static void put_free_members(struct maker *maker, struct dcbor_map_writer *writer,
                             const struct cddl_map *map)
{
    struct cddl_range counts = {map->free_count.min, map->free_count.max > MORE_MAX
                                                         ? map->free_count.min + MORE_MAX
                                                         : map->free_count.max};
    uint64_t count;

    if (map->free_key == CDDL_NONE)
        return;
    count = pick(maker, counts, MORE_MAX);
    for (uint64_t i = 0; i < count; i++)
        put_free_key(maker, writer, map, i);
}

/* Spoiled: a member is left out, has another name, or there is one more. */
static void make_map(struct maker *maker, struct buf *out, const struct cddl_map *map, bool spoil)
{
    struct dcbor_map_writer writer = {0};
    struct err err = {0};
    uint64_t at = UINT64_MAX;
    bool renames = false;

    if (spoil) {
        at = rng_below(&maker->chaos, map->members.count + 1);
        renames = rng_below(&maker->chaos, 2) == 0;
        maker->fault = at < map->members.count      ? "member"
                       : map->free_key == CDDL_NONE ? "unknown-member"
                                                    : "free-key";
    }
    for (uint32_t i = 0; i < map->members.count; i++) {
        const struct cddl_member *member = &maker->cddl->members[map->members.first + i];
        bool wanted = member->is_required || (maker->depth < DEPTH_MAX && chance(maker, 3));

        if ((wanted && i != at) || (i == at && renames))
            put_member(maker, &writer, member, i == at);
    }
    put_free_members(maker, &writer, map);
    if (at == map->members.count)
        put_unknown(maker, &writer);
    if (!dcbor_map_writer_finish(&writer, out, &err))
        dcbor_put_map(out, 0);
    dcbor_map_writer_cleanup(&writer);
}

static bool has_container(const struct cddl_type *type)
{
    return type->maps.count > 0 || type->array != CDDL_NONE;
}

static void make_container(struct maker *maker, struct buf *out, const struct cddl_type *type,
                           bool spoil)
{
    const struct cddl *cddl = maker->cddl;

    maker->depth++;
    if (type->array != CDDL_NONE && (type->maps.count == 0 || chance(maker, 2)))
        make_array(maker, out, &cddl->arrays[type->array], spoil);
    else
        make_map(maker, out,
                 &cddl->maps[cddl->map_list[type->maps.first + below(maker, type->maps.count)]],
                 spoil);
    maker->depth--;
}

static void make_scalar(struct maker *maker, struct buf *out, const struct cddl_type *type)
{
    for (;;) {
        uint64_t kind = below(maker, 5);

        if (kind == 0 && type->uints.count > 0) {
            dcbor_put_uint(out, pick(maker, pick_range(maker, type->uints), UINT64_MAX));
            return;
        }
        if (kind == 1 && type->nints.count > 0) {
            dcbor_put_nint(out, pick(maker, pick_range(maker, type->nints), UINT64_MAX));
            return;
        }
        if (kind == 2 && type->bytes.count > 0) {
            uint8_t bytes[4096];
            uint64_t len = pick(maker, pick_range(maker, type->bytes), TEXT_MORE_MAX);

            rng_fill(&maker->rng, bytes, len);
            dcbor_put_bytes(out, bytes_of(bytes, len));
            return;
        }
        if (kind == 3) {
            struct buf text = {0};

            if (make_text(maker, &text, type)) {
                dcbor_put_text(out, bytes_of_buf(&text));
                buf_cleanup(&text);
                return;
            }
        }
        if (kind == 4 && (type->may_be_false || type->may_be_true)) {
            dcbor_put_bool(out, !type->may_be_false || (type->may_be_true && chance(maker, 2)));
            return;
        }
    }
}

static bool has_scalar(const struct cddl_type *type)
{
    return type->uints.count + type->nints.count + type->bytes.count + type->forms.count +
                   type->literals.count >
               0 ||
           type->may_be_false || type->may_be_true;
}

static void spoil_value(struct maker *maker, struct buf *out, const struct cddl_type *type)
{
    if (has_container(type) && rng_below(&maker->chaos, 4) != 0) {
        make_container(maker, out, type, true);
        return;
    }
    maker->fault = "bound";
    if (rng_below(&maker->chaos, 3) != 0 && put_beyond(maker, out, type))
        return;
    maker->fault = "text";
    if (rng_below(&maker->chaos, 3) != 0 && put_other_text(maker, out, type))
        return;
    maker->fault = "kind";
    put_random(maker, out);
}

static void make_value(struct maker *maker, struct buf *out, uint32_t number)
{
    const struct cddl_type *type = &maker->cddl->types[number];

    if (maker->values++ == maker->spoiled)
        spoil_value(maker, out, type);
    else if (has_container(type) &&
             (!has_scalar(type) || (maker->depth < DEPTH_MAX - 2 && chance(maker, 3))))
        make_container(maker, out, type, false);
    else
        make_scalar(maker, out, type);
}

/* ---- lines ---- */

static void print_line(const struct cddl *cddl, const char *rule, const char *fault,
                       struct bytes item)
{
    struct cddl_mismatch mismatch = {0};
    struct err err = {0};
    bool accepted = cddl_check(cddl, cddl_find(cddl, rule), item, &mismatch);

    if (!dcbor_check(item, &err)) {
        fprintf(stderr, "make_instances: %s: %s\n", rule, err.text);
        exit(EXIT_FAILURE);
    }
    if (!accepted && strcmp(fault, "none") == 0) {
        fprintf(stderr, "make_instances: %s%s: have %s, want %s\n", rule, mismatch.path,
                mismatch.have, mismatch.want);
        exit(EXIT_FAILURE);
    }
    printf("%s %d %s ", rule, accepted, fault);
    for (size_t i = 0; i < item.len; i++)
        printf("%02x", item.data[i]);
    printf(" ");
    if (!accepted)
        printf("%s: have %s, want %s", mismatch.path, mismatch.have, mismatch.want);
    printf("\n");
}

static void check_json(const struct cddl *cddl, struct bytes item)
{
    struct buf json = {0};
    struct buf again = {0};
    struct err err = {0};

    if (!view_append_json(&json, item, false, &err) ||
        !view_parse_json_of(&again, bytes_of_buf(&json), &cddl->byte_fields, &err) ||
        !bytes_equal(bytes_of_buf(&again), item)) {
        fprintf(stderr, "make_instances: not the same behind JSON: %s\n%s\n", err.text,
                buf_text(&json));
        exit(EXIT_FAILURE);
    }
    buf_cleanup(&json);
    buf_cleanup(&again);
}

static void make_instance(const struct cddl *cddl, const char *rule, uint64_t seed, bool spoil)
{
    uint32_t type = (uint32_t)(cddl_find(cddl, rule) - cddl->types);
    struct maker maker = {.cddl = cddl, .rng = rng_of(seed), .spoiled = UINT64_MAX};
    struct buf item = {0};

    make_value(&maker, &item, type);
    if (spoil) {
        struct rng chaos = rng_of(~seed);

        maker = (struct maker){.cddl = cddl,
                               .rng = rng_of(seed),
                               .spoiled = rng_below(&chaos, maker.values),
                               .chaos = chaos,
                               .fault = "none"};
        buf_clear(&item);
        make_value(&maker, &item, type);
    } else {
        check_json(cddl, bytes_of_buf(&item));
    }
    print_line(cddl, rule, spoil ? maker.fault : "none", bytes_of_buf(&item));
    buf_cleanup(&item);
}

int main(int argc, char **argv)
{
    struct record_schema *schema = NULL;
    struct err err = {0};
    uint64_t count;
    uint64_t seed;

    if (argc < 3 ||
        !record_schema_load(&schema, (const char *const *)argv + 3, (size_t)argc - 3, &err)) {
        fprintf(stderr, "usage: make_instances COUNT SEED [DIRECTORY...]\n%s\n", err.text);
        return EXIT_FAILURE;
    }
    count = strtoull(argv[1], NULL, 10);
    seed = strtoull(argv[2], NULL, 10);
    for (size_t i = 0; i < record_schema_type_count(schema); i++) {
        struct bytes name = record_schema_type_name(record_schema_type_at(schema, i));
        char *rule = mem_format("%.*s", (int)name.len, (const char *)name.data);

        for (uint64_t j = 0; j < count; j++)
            make_instance(record_schema_cddl(schema), rule, seed + i * count + j, j % 3 != 0);
        free(rule);
    }
    record_schema_free(schema);
    return EXIT_SUCCESS;
}
