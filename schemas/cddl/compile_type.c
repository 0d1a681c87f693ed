/* Types: names are followed until only values, prelude types and brackets remain. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/cddl/compile.h"

enum { NAMES_MAX = 32, CONTROLS_MAX = 8 };

/* An operand to look at, with the controls around it and the rules that led to it. */
struct work {
    uint32_t operand;
    uint32_t controls[CONTROLS_MAX]; /* operands that have them, the outermost first */
    uint32_t control_count;
    const struct cddl_rule *names[NAMES_MAX];
    uint32_t name_count;
};

/* Where the alternatives of one type are collected before they are sorted. */
struct filler {
    struct cddl_compiler *compiler;
    struct cddl_type *type; /* its numbers and flags; the spans are set at the end */
    struct work *stack;
    uint32_t stack_count;
    uint32_t steps;
    struct cddl_range *ranges[3]; /* by kind of scalar, without text */
    uint32_t range_counts[3];
    struct cddl_text_form *forms;
    uint32_t form_count;
    struct bytes *literals;
    uint32_t literal_count;
    uint32_t *maps;
    uint32_t map_count;
};

static bool fail_at(const struct filler *filler, const struct cddl_operand *operand,
                    struct err *err, const char *reason)
{
    return cddl_fail(filler->compiler->tree->sources, operand->place, err, "%s", reason);
}

/* ---- the work ahead ---- */

static bool push(struct filler *filler, const struct work *like, uint32_t operand, struct err *err)
{
    const struct cddl_tree *tree = filler->compiler->tree;

    if (filler->steps++ == CDDL_ALTERNATIVES_MAX)
        return fail_at(filler, &tree->operands[operand], err,
                       "a type of more than 1024 alternatives");
    filler->stack = cddl_grow(filler->stack, filler->stack_count, sizeof(*filler->stack));
    filler->stack[filler->stack_count] = *like;
    filler->stack[filler->stack_count].operand = operand;
    filler->stack_count++;
    return true;
}

/* Turns the order of the latest work round, so that what was pushed first is looked at first. */
static void reverse_from(struct filler *filler, uint32_t begin)
{
    for (uint32_t end = filler->stack_count; begin + 1 < end; begin++) {
        struct work first = filler->stack[begin];

        filler->stack[begin] = filler->stack[--end];
        filler->stack[end] = first;
    }
}

/* All alternatives of a choice, and of further bodies of its rule when it is one. */
static bool push_choice(struct filler *filler, const struct work *like, uint32_t choice,
                        struct err *err)
{
    const struct cddl_tree *tree = filler->compiler->tree;
    uint32_t begin = filler->stack_count;

    for (; choice != CDDL_NONE; choice = tree->choices[choice].next) {
        uint32_t operand = tree->choices[choice].first;

        for (; operand != CDDL_NONE; operand = tree->operands[operand].next) {
            if (!push(filler, like, operand, err))
                return false;
        }
    }
    reverse_from(filler, begin);
    return true;
}

/* ---- what is found ---- */

static void add_range(struct filler *filler, enum cddl_scalar_kind kind, struct cddl_range range)
{
    uint32_t count = filler->range_counts[kind];

    filler->ranges[kind] = cddl_grow(filler->ranges[kind], count, sizeof(struct cddl_range));
    filler->ranges[kind][count] = range;
    filler->range_counts[kind]++;
}

static void add_form(struct filler *filler, const struct cddl_scalar *scalar)
{
    filler->forms = cddl_grow(filler->forms, filler->form_count, sizeof(*filler->forms));
    filler->forms[filler->form_count++] =
        (struct cddl_text_form){.len = scalar->range, .pattern = scalar->pattern};
}

static void add_literal(struct filler *filler, struct bytes text)
{
    filler->literals =
        cddl_grow(filler->literals, filler->literal_count, sizeof(*filler->literals));
    filler->literals[filler->literal_count++] = text;
}

static const struct cddl_range ANY = {0, UINT64_MAX};

/* ---- scalars ---- */

/* Adds what the controls leave of a scalar. */
static bool add_scalar(struct filler *filler, const struct work *work, struct cddl_scalar scalar,
                       struct err *err)
{
    bool empty = false;

    for (uint32_t i = work->control_count; i > 0; i--) {
        const struct cddl_operand *operand =
            &filler->compiler->tree->operands[work->controls[i - 1]];

        if (!cddl_apply_control(filler->compiler, &scalar, operand, &empty, err))
            return false;
        if (empty)
            return true;
    }
    if (scalar.kind == CDDL_SCALAR_TEXT)
        add_form(filler, &scalar);
    else
        add_range(filler, scalar.kind, scalar.range);
    return true;
}

/* ---- names ---- */

static bool add_prelude(struct filler *filler, const struct work *work,
                        const struct cddl_prelude *prelude, struct err *err)
{
    if ((prelude->is_false || prelude->is_true) && work->control_count > 0)
        return fail_at(filler, &filler->compiler->tree->operands[work->operand], err,
                       "nothing can control a truth value");
    filler->type->may_be_false |= prelude->is_false;
    filler->type->may_be_true |= prelude->is_true;
    for (unsigned kind = 0; kind < CDDL_SCALAR_KINDS; kind++) {
        struct cddl_scalar scalar = {
            .kind = (enum cddl_scalar_kind)kind, .range = ANY, .pattern = CDDL_NONE};

        if (prelude->scalars[kind] && !add_scalar(filler, work, scalar, err))
            return false;
    }
    return true;
}

static bool refuse_name(const struct filler *filler, const struct cddl_operand *operand,
                        struct err *err)
{
    return cddl_fail(filler->compiler->tree->sources, operand->place, err,
                     cddl_is_prelude(operand->text)
                         ? "%.*s is not supported: records cannot hold it"
                         : "%.*s is not defined",
                     (int)operand->text.len, (const char *)operand->text.data);
}

static bool follow_name(struct filler *filler, const struct work *work,
                        const struct cddl_operand *operand, struct err *err)
{
    const struct cddl_tree *tree = filler->compiler->tree;
    const struct cddl_rule *rule = cddl_tree_find(tree, operand->text);
    struct work inner = *work;

    if (rule == NULL) {
        const struct cddl_prelude *prelude = cddl_find_prelude(operand->text);

        return prelude == NULL ? refuse_name(filler, operand, err)
                               : add_prelude(filler, work, prelude, err);
    }
    for (uint32_t i = 0; i < work->name_count; i++) {
        if (work->names[i] == rule)
            return cddl_fail(tree->sources, operand->place, err, "%.*s is defined by itself",
                             (int)rule->name.len, (const char *)rule->name.data);
    }
    if (work->name_count == NAMES_MAX)
        return fail_at(filler, operand, err, "more than 32 names lead from one to the next");
    inner.names[inner.name_count++] = rule;
    if (cddl_is_group(tree, rule->definition))
        return cddl_fail(tree->sources, operand->place, err,
                         "%.*s is a group, here a type is expected", (int)rule->name.len,
                         (const char *)rule->name.data);
    return push_choice(filler, &inner, rule->first_body, err);
}

/* ---- values and brackets ---- */

/* from..to, also across zero. */
static bool add_number_range(struct filler *filler, const struct work *work,
                             const struct cddl_operand *operand, struct err *err)
{
    struct cddl_scalar positive = {.kind = CDDL_SCALAR_UINT, .range = ANY, .pattern = CDDL_NONE};
    struct cddl_scalar negative = {.kind = CDDL_SCALAR_NINT, .range = ANY, .pattern = CDDL_NONE};
    const struct cddl_operand *from;
    const struct cddl_operand *to;
    bool goes_up;

    if (!cddl_read_range(filler->compiler, operand, &from, &to, err))
        return false;
    goes_up = from->negative ? !to->negative || to->value <= from->value
                             : !to->negative && from->value <= to->value;
    if (!goes_up ||
        (cddl_is_exclusive(operand) && from->negative == to->negative && from->value == to->value))
        return fail_at(filler, operand, err, "this range holds nothing");
    positive.range.min = from->negative ? 0 : from->value;
    positive.range.max =
        to->negative ? 0 : to->value - (cddl_is_exclusive(operand) && to->value > 0);
    negative.range.max = from->negative ? from->value - 1 : 0;
    negative.range.min = to->negative ? to->value - !cddl_is_exclusive(operand) : 0;
    if (from->negative && !add_scalar(filler, work, negative, err))
        return false;
    if (to->negative || (cddl_is_exclusive(operand) && to->value == 0))
        return true;
    return add_scalar(filler, work, positive, err);
}

static bool add_number(struct filler *filler, const struct work *work,
                       const struct cddl_operand *operand, struct err *err)
{
    uint64_t at = operand->negative ? operand->value - 1 : operand->value;
    struct cddl_scalar scalar = {
        .kind = operand->negative ? CDDL_SCALAR_NINT : CDDL_SCALAR_UINT,
        .range = {at, at},
        .pattern = CDDL_NONE,
    };

    return add_scalar(filler, work, scalar, err);
}

/* The name of the rule that led here, when the map is all it says. */
static struct bytes rule_of_map(const struct filler *filler, const struct work *work)
{
    const struct cddl_tree *tree = filler->compiler->tree;
    const struct cddl_rule *rule = work->name_count == 0 ? NULL : work->names[work->name_count - 1];

    if (rule == NULL || rule->first_body != rule->last_body ||
        cddl_lone_operand(tree, rule->first_body) != &tree->operands[work->operand])
        return bytes_of(NULL, 0);
    return rule->name;
}

static bool add_maps(struct filler *filler, const struct work *work, struct err *err)
{
    struct cddl *out = filler->compiler->out;
    struct cddl_span maps;

    if (!cddl_compile_maps(filler->compiler, work->operand, &maps, err))
        return false;
    for (uint32_t i = 0; i < maps.count; i++) {
        out->maps[maps.first + i].rule = rule_of_map(filler, work);
        filler->maps = cddl_grow(filler->maps, filler->map_count, sizeof(*filler->maps));
        filler->maps[filler->map_count++] = maps.first + i;
    }
    return true;
}

/* ( ) around a type. */
static bool follow_bracket(struct filler *filler, const struct work *work,
                           const struct cddl_operand *operand, struct err *err)
{
    const struct cddl_tree *tree = filler->compiler->tree;
    const struct cddl_alternative *group = &tree->alternatives[operand->group];
    const struct cddl_entry *entry;

    if (group->next != CDDL_NONE || group->first == CDDL_NONE || group->first != group->last)
        return fail_at(filler, operand, err, "a group where a type is expected");
    entry = &tree->entries[group->first];
    if (entry->key_kind != CDDL_KEY_NONE || entry->min != 1 || entry->max != 1)
        return fail_at(filler, operand, err, "a group where a type is expected");
    return push_choice(filler, work, entry->value, err);
}

static bool add_value(struct filler *filler, const struct work *work,
                      const struct cddl_operand *operand, struct err *err)
{
    switch (operand->kind) {
    case CDDL_OPERAND_NAME:
        return follow_name(filler, work, operand, err);
    case CDDL_OPERAND_PAREN:
        return follow_bracket(filler, work, operand, err);
    case CDDL_OPERAND_NUMBER:
        return add_number(filler, work, operand, err);
    case CDDL_OPERAND_TEXT:
    case CDDL_OPERAND_MAP:
    case CDDL_OPERAND_ARRAY:
        break;
    }
    if (work->control_count > 0)
        return fail_at(filler, operand, err,
                       "nothing can control a text, map or array written out");
    if (operand->kind == CDDL_OPERAND_MAP)
        return add_maps(filler, work, err);
    if (operand->kind == CDDL_OPERAND_TEXT) {
        add_literal(filler, operand->text);
        return true;
    }
    if (filler->type->array != CDDL_NONE)
        return fail_at(filler, operand, err, "a choice between two arrays is not supported");
    return cddl_compile_array(filler->compiler, work->operand, &filler->type->array, err);
}

static bool look_at(struct filler *filler, const struct work *work, struct err *err)
{
    const struct cddl_operand *operand = &filler->compiler->tree->operands[work->operand];
    struct work inner = *work;

    if (cddl_is_range(operand))
        return add_number_range(filler, work, operand, err);
    if (operand->control.len > 0) {
        if (inner.control_count == CONTROLS_MAX)
            return fail_at(filler, operand, err, "more than 8 controls around a type");
        inner.controls[inner.control_count++] = work->operand;
    }
    return add_value(filler, &inner, operand, err);
}

/* ---- the tables ---- */

static int compare_ranges(const void *a, const void *b)
{
    const struct cddl_range *left = a;
    const struct cddl_range *right = b;

    return left->min < right->min ? -1 : left->min > right->min;
}

/* Sorted, with those that touch made one. */
static struct cddl_span put_ranges(struct cddl *out, struct cddl_range *ranges, uint32_t count)
{
    struct cddl_span span = {.first = out->range_count};

    if (count > 0)
        qsort(ranges, count, sizeof(*ranges), compare_ranges);
    for (uint32_t i = 0; i < count; i++) {
        struct cddl_range *last = span.count > 0 ? &out->ranges[out->range_count - 1] : NULL;

        if (last != NULL && (last->max == UINT64_MAX || ranges[i].min <= last->max + 1)) {
            if (ranges[i].max > last->max)
                last->max = ranges[i].max;
            continue;
        }
        out->ranges = cddl_grow(out->ranges, out->range_count, sizeof(*out->ranges));
        out->ranges[out->range_count++] = ranges[i];
        span.count++;
    }
    return span;
}

static struct cddl_span put_forms(struct cddl *out, const struct filler *filler)
{
    struct cddl_span span = {out->form_count, filler->form_count};

    for (uint32_t i = 0; i < filler->form_count; i++) {
        out->forms = cddl_grow(out->forms, out->form_count, sizeof(*out->forms));
        out->forms[out->form_count++] = filler->forms[i];
    }
    return span;
}

static int compare_literals(const void *a, const void *b)
{
    const struct bytes *left = a;
    const struct bytes *right = b;

    if (left->len != right->len)
        return left->len < right->len ? -1 : 1;
    return bytes_compare(*left, *right);
}

static struct cddl_span put_literals(struct cddl *out, struct filler *filler)
{
    struct cddl_span span = {.first = out->literal_count};

    if (filler->literal_count > 0)
        qsort(filler->literals, filler->literal_count, sizeof(*filler->literals), compare_literals);
    for (uint32_t i = 0; i < filler->literal_count; i++) {
        if (i > 0 && bytes_equal(filler->literals[i - 1], filler->literals[i]))
            continue;
        out->literals = cddl_grow(out->literals, out->literal_count, sizeof(*out->literals));
        out->literals[out->literal_count++] = filler->literals[i];
        span.count++;
    }
    return span;
}

static struct cddl_span put_maps(struct cddl *out, const struct filler *filler)
{
    struct cddl_span span = {out->map_list_count, filler->map_count};

    for (uint32_t i = 0; i < filler->map_count; i++) {
        out->map_list = cddl_grow(out->map_list, out->map_list_count, sizeof(*out->map_list));
        out->map_list[out->map_list_count++] = filler->maps[i];
    }
    return span;
}

static void put_type(struct cddl *out, uint32_t number, struct filler *filler)
{
    struct cddl_type *type = filler->type;

    type->uints =
        put_ranges(out, filler->ranges[CDDL_SCALAR_UINT], filler->range_counts[CDDL_SCALAR_UINT]);
    type->nints =
        put_ranges(out, filler->ranges[CDDL_SCALAR_NINT], filler->range_counts[CDDL_SCALAR_NINT]);
    type->bytes =
        put_ranges(out, filler->ranges[CDDL_SCALAR_BYTES], filler->range_counts[CDDL_SCALAR_BYTES]);
    type->forms = put_forms(out, filler);
    type->literals = put_literals(out, filler);
    type->maps = put_maps(out, filler);
    out->types[number] = *type;
}

static bool is_empty(const struct cddl_type *type)
{
    return type->uints.count + type->nints.count + type->bytes.count + type->forms.count +
                   type->literals.count + type->maps.count ==
               0 &&
           type->array == CDDL_NONE && !type->may_be_false && !type->may_be_true;
}

static void cleanup(struct filler *filler)
{
    for (size_t i = 0; i < sizeof(filler->ranges) / sizeof(filler->ranges[0]); i++)
        free(filler->ranges[i]);
    free(filler->stack);
    free(filler->forms);
    free(filler->literals);
    free(filler->maps);
}

bool cddl_fill_type(struct cddl_compiler *compiler, struct cddl_pending pending, struct err *err)
{
    const struct cddl_tree *tree = compiler->tree;
    struct cddl_type type = compiler->out->types[pending.type];
    struct filler filler = {.compiler = compiler, .type = &type};
    struct work work = {0};
    bool ok;

    if (type.rule.len > 0)
        work.names[work.name_count++] = cddl_tree_find(tree, type.rule);
    ok = push_choice(&filler, &work, pending.choice, err);
    while (ok && filler.stack_count > 0) {
        work = filler.stack[--filler.stack_count];
        ok = look_at(&filler, &work, err);
    }
    if (ok) {
        put_type(compiler->out, pending.type, &filler);
        if (is_empty(&compiler->out->types[pending.type]))
            ok = cddl_fail(tree->sources, type.place, err, "nothing can be of this type");
    }
    cleanup(&filler);
    return ok;
}
