/* Ranges and controls: what they leave of a number, text or byte string. */
#include "schemas/cddl/compile.h"

static bool fail_at(const struct cddl_compiler *compiler, const struct cddl_operand *operand,
                    struct err *err, const char *reason)
{
    return cddl_fail(compiler->tree->sources, operand->place, err, "%s", reason);
}

/* A number as a bound of the values of a kind: what n of -1 - n or value is at that number. */
struct bound {
    enum { BOUND_BELOW_ALL, BOUND_INSIDE, BOUND_ABOVE_ALL } where;
    uint64_t at;
};

static struct bound bound_of(enum cddl_scalar_kind kind, const struct cddl_operand *number)
{
    if (kind == CDDL_SCALAR_UINT && number->negative)
        return (struct bound){BOUND_BELOW_ALL, 0};
    if (kind == CDDL_SCALAR_NINT && !number->negative)
        return (struct bound){BOUND_ABOVE_ALL, 0};
    return (struct bound){BOUND_INSIDE,
                          kind == CDDL_SCALAR_UINT ? number->value : number->value - 1};
}

/* Takes away what lies beyond a bound; false when nothing is left. upper: the bound is the largest.
 */
static bool cut_range(struct cddl_range *range, uint64_t at, bool upper)
{
    if (upper && at < range->max)
        range->max = at;
    if (!upper && at > range->min)
        range->min = at;
    return range->min <= range->max;
}

/* .lt .le .ge .gt; out_empty: no value is left. */
static bool control_number(const struct cddl_compiler *compiler, struct cddl_scalar *scalar,
                           const struct cddl_operand *operand, bool *out_empty, struct err *err)
{
    const struct cddl_operand *number = &compiler->tree->operands[operand->argument];
    bool upper = operand->control.data[1] == 'l';
    bool with_bound = operand->control.data[2] == 'e';
    bool flipped = scalar->kind == CDDL_SCALAR_NINT; /* a larger n is a smaller value */
    struct bound bound;

    if (scalar->kind != CDDL_SCALAR_UINT && scalar->kind != CDDL_SCALAR_NINT)
        return fail_at(compiler, operand, err, "this control is for numbers only");
    if (number->kind != CDDL_OPERAND_NUMBER || number->control.len > 0)
        return fail_at(compiler, number, err, "this control needs a number");
    bound = bound_of(scalar->kind, number);
    if (bound.where != BOUND_INSIDE) {
        *out_empty = upper == (bound.where == BOUND_BELOW_ALL);
        return true;
    }
    if (!with_bound) {
        bool downwards = upper != flipped;

        if (downwards ? bound.at == 0 : bound.at == UINT64_MAX) {
            *out_empty = true;
            return true;
        }
        bound.at = downwards ? bound.at - 1 : bound.at + 1;
    }
    *out_empty = !cut_range(&scalar->range, bound.at, upper != flipped);
    return true;
}

bool cddl_read_range(const struct cddl_compiler *compiler, const struct cddl_operand *operand,
                     const struct cddl_operand **out_from, const struct cddl_operand **out_to,
                     struct err *err)
{
    *out_from = operand;
    *out_to = &compiler->tree->operands[operand->argument];
    if (operand->kind != CDDL_OPERAND_NUMBER || (*out_to)->kind != CDDL_OPERAND_NUMBER)
        return fail_at(compiler, operand, err, "only numbers are supported as ends of a range");
    return true;
}

bool cddl_is_range(const struct cddl_operand *operand)
{
    return operand->control.len > 0 && operand->control.data[operand->control.len - 1] == '.';
}

bool cddl_is_exclusive(const struct cddl_operand *operand)
{
    return operand->control.len == 3;
}

/* A size is a number, or a range of them in ( ). */
static bool read_sizes(const struct cddl_compiler *compiler, uint32_t argument,
                       struct cddl_range *out, struct err *err)
{
    const struct cddl_tree *tree = compiler->tree;
    const struct cddl_operand *operand = &tree->operands[argument];
    const struct cddl_operand *from;
    const struct cddl_operand *to;

    if (operand->kind == CDDL_OPERAND_PAREN) {
        const struct cddl_alternative *group = &tree->alternatives[operand->group];
        const struct cddl_choice *choice;

        if (group->first == CDDL_NONE || group->first != group->last || group->next != CDDL_NONE)
            return fail_at(compiler, operand, err, ".size needs a number or a range of numbers");
        choice = &tree->choices[tree->entries[group->first].value];
        if (choice->first != choice->last)
            return fail_at(compiler, operand, err, ".size needs a number or a range of numbers");
        operand = &tree->operands[choice->first];
    }
    from = operand;
    to = operand;
    if (cddl_is_range(operand) && !cddl_read_range(compiler, operand, &from, &to, err))
        return false;
    if (from->kind != CDDL_OPERAND_NUMBER || from->negative || to->negative ||
        (operand->control.len > 0 && !cddl_is_range(operand)))
        return fail_at(compiler, operand, err, ".size needs a number or a range of numbers");
    *out = (struct cddl_range){from->value, to->value};
    if (cddl_is_exclusive(operand) && out->max > 0)
        out->max--;
    return true;
}

static bool control_size(const struct cddl_compiler *compiler, struct cddl_scalar *scalar,
                         const struct cddl_operand *operand, bool *out_empty, struct err *err)
{
    struct cddl_range sizes = {0};

    if (!read_sizes(compiler, operand->argument, &sizes, err))
        return false;
    if (scalar->kind == CDDL_SCALAR_NINT)
        return fail_at(compiler, operand, err, ".size is for text, bytes and unsigned numbers");
    if (scalar->kind == CDDL_SCALAR_UINT) {
        /* RFC 8610, 3.8.1: the number of bytes that hold the value */
        *out_empty =
            sizes.max == 0 ||
            !cut_range(&scalar->range,
                       sizes.max >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * sizes.max) - 1, true);
        return sizes.min == sizes.max ||
               fail_at(compiler, operand, err, ".size of a number must be one number");
    }
    *out_empty = sizes.min > sizes.max || !cut_range(&scalar->range, sizes.min, false) ||
                 !cut_range(&scalar->range, sizes.max, true);
    return true;
}

static bool control_regexp(const struct cddl_compiler *compiler, struct cddl_scalar *scalar,
                           const struct cddl_operand *operand, struct err *err)
{
    const struct cddl_operand *text = &compiler->tree->operands[operand->argument];
    struct cddl *out = compiler->out;
    struct err reason = {0};

    if (scalar->kind != CDDL_SCALAR_TEXT)
        return fail_at(compiler, operand, err, ".regexp is for text only");
    if (text->kind != CDDL_OPERAND_TEXT || text->control.len > 0)
        return fail_at(compiler, text, err, ".regexp needs a text");
    if (scalar->pattern != CDDL_NONE)
        return fail_at(compiler, operand, err, "one .regexp to a type is supported");
    out->patterns = cddl_grow(out->patterns, out->pattern_count, sizeof(*out->patterns));
    if (!cddl_pattern_compile(&out->patterns[out->pattern_count], text->text, &reason))
        return fail_at(compiler, text, err, reason.text);
    scalar->pattern = out->pattern_count++;
    return true;
}

bool cddl_apply_control(const struct cddl_compiler *compiler, struct cddl_scalar *scalar,
                        const struct cddl_operand *operand, bool *out_empty, struct err *err)
{
    static const char *const numeric[] = {".lt", ".le", ".ge", ".gt"};

    for (size_t i = 0; i < sizeof(numeric) / sizeof(numeric[0]); i++) {
        if (bytes_equal_text(operand->control, numeric[i]))
            return control_number(compiler, scalar, operand, out_empty, err);
    }
    if (bytes_equal_text(operand->control, ".size"))
        return control_size(compiler, scalar, operand, out_empty, err);
    if (bytes_equal_text(operand->control, ".regexp"))
        return control_regexp(compiler, scalar, operand, err);
    return cddl_fail(compiler->tree->sources, operand->place, err,
                     "the control %.*s is not supported", (int)operand->control.len,
                     (const char *)operand->control.data);
}
