#include "schemas/cddl/compile.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static uint32_t add_type(struct cddl_compiler *compiler, struct bytes rule, uint32_t choice)
{
    struct cddl *out = compiler->out;
    uint32_t number = out->type_count;

    out->types = cddl_grow(out->types, number, sizeof(*out->types));
    out->types[number] = (struct cddl_type){
        .array = CDDL_NONE,
        .place = compiler->tree->choices[choice].place,
        .rule = rule,
        .want = cddl_want(compiler->tree, rule, choice),
    };
    out->type_count++;
    compiler->pending =
        cddl_grow(compiler->pending, compiler->pending_count, sizeof(*compiler->pending));
    compiler->pending[compiler->pending_count++] = (struct cddl_pending){number, choice};
    return number;
}

bool cddl_type_of_rule(struct cddl_compiler *compiler, const struct cddl_rule *rule, uint32_t *out,
                       struct err *err)
{
    uint32_t *known = &compiler->rule_types[rule - compiler->tree->rules];

    if (*known == CDDL_NONE) {
        struct cddl *tables = compiler->out;

        if (cddl_is_group(compiler->tree, rule->definition))
            return cddl_fail(compiler->tree->sources, rule->place, err,
                             "%.*s is a group and is used where a type is expected",
                             (int)rule->name.len, (const char *)rule->name.data);
        *known = add_type(compiler, rule->name, rule->first_body);
        tables->rules = cddl_grow(tables->rules, tables->rule_count, sizeof(*tables->rules));
        tables->rules[tables->rule_count++] = (struct cddl_named_type){rule->name, *known};
    }
    *out = *known;
    return true;
}

bool cddl_type_of_choice(struct cddl_compiler *compiler, uint32_t choice, uint32_t *out,
                         struct err *err)
{
    const struct cddl_operand *lone = cddl_lone_operand(compiler->tree, choice);
    const struct cddl_rule *rule = NULL;

    if (lone != NULL && lone->kind == CDDL_OPERAND_NAME)
        rule = cddl_tree_find(compiler->tree, lone->text);
    if (rule != NULL)
        return cddl_type_of_rule(compiler, rule, out, err);
    if (compiler->choice_types[choice] == CDDL_NONE)
        compiler->choice_types[choice] = add_type(compiler, bytes_of(NULL, 0), choice);
    *out = compiler->choice_types[choice];
    return true;
}

static bool check_rule_name(const struct cddl_compiler *compiler, const struct cddl_rule *rule,
                            struct err *err)
{
    if (!cddl_is_prelude(rule->name))
        return true;
    return cddl_fail(compiler->tree->sources, rule->place, err,
                     "%.*s is a type of CDDL itself and cannot be defined again",
                     (int)rule->name.len, (const char *)rule->name.data);
}

static bool check_extensions(const struct cddl_compiler *compiler, const struct cddl_rule *rule,
                             bool is_group, struct err *err)
{
    struct cddl_place wrong = is_group ? rule->type_extension : rule->group_extension;

    if (wrong.line == 0)
        return true;
    return cddl_fail(compiler->tree->sources, wrong, err,
                     is_group ? "%.*s is a group: //= adds to it, not /="
                              : "%.*s is a type: /= adds to it, not //=",
                     (int)rule->name.len, (const char *)rule->name.data);
}

static void list_extensions(const struct cddl_compiler *compiler, const struct cddl_rule *rule)
{
    const struct cddl_tree *tree = compiler->tree;
    struct cddl *out = compiler->out;
    uint32_t body = rule->first_body;

    for (; body != CDDL_NONE; body = tree->choices[body].next) {
        struct cddl_place place = tree->choices[body].place;

        if (place.source == rule->place.source)
            continue;
        out->extensions =
            cddl_grow(out->extensions, out->extension_count, sizeof(*out->extensions));
        out->extensions[out->extension_count++] =
            (struct cddl_extension){rule->name, rule->place, place};
    }
}

/* All rules, used or not, so that no mistake waits for its first use. */
static bool compile_rules(struct cddl_compiler *compiler, struct err *err)
{
    const struct cddl_tree *tree = compiler->tree;

    for (uint32_t i = 0; i < tree->rule_count; i++) {
        const struct cddl_rule *rule = &tree->rules[i];
        bool is_group = cddl_is_group(tree, rule->definition);
        uint32_t ignored;

        list_extensions(compiler, rule);
        if (!check_rule_name(compiler, rule, err) ||
            !check_extensions(compiler, rule, is_group, err) ||
            !(is_group ? cddl_compile_group_rule(compiler, rule, err)
                       : cddl_type_of_rule(compiler, rule, &ignored, err)))
            return false;
    }
    for (uint32_t i = 0; i < compiler->pending_count; i++) {
        if (!cddl_fill_type(compiler, compiler->pending[i], err))
            return false;
    }
    return true;
}

/* ---- members that hold bytes ---- */

static bool holds_bytes(const struct cddl *cddl, uint32_t number)
{
    const struct cddl_type *type = &cddl->types[number];
    const struct cddl_array *array;

    if (type->bytes.count > 0)
        return true;
    if (type->array == CDDL_NONE)
        return false;
    array = &cddl->arrays[type->array];
    for (uint32_t i = 0; i < array->items.count; i++) {
        if (cddl->types[cddl->item_types[array->items.first + i]].bytes.count > 0)
            return true;
    }
    return array->rest != CDDL_NONE && cddl->types[array->rest].bytes.count > 0;
}

static int compare_names(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void list_byte_names(struct cddl *cddl)
{
    uint32_t count = 0;
    uint32_t kept = 0;

    cddl->byte_names = mem_alloc_array(cddl->member_count, sizeof(*cddl->byte_names));
    for (uint32_t i = 0; i < cddl->member_count; i++) {
        if (holds_bytes(cddl, cddl->members[i].type))
            cddl->byte_names[count++] = cddl->members[i].key;
    }
    if (count > 0)
        qsort(cddl->byte_names, count, sizeof(*cddl->byte_names), compare_names);
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || !bytes_equal(cddl->byte_names[kept - 1], cddl->byte_names[i]))
            cddl->byte_names[kept++] = cddl->byte_names[i];
    }
    cddl->byte_fields = (struct byte_fields){cddl->byte_names, kept};
}

/* ---- the whole ---- */

static bool check_sources(const struct cddl_source *sources, size_t count, struct err *err)
{
    size_t len = 0;

    if (count > CDDL_SOURCES_MAX)
        return err_set(err, ERR_INVALID, "more than %d CDDL files", CDDL_SOURCES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (sources[i].text.len > CDDL_TEXT_LEN_MAX - len)
            return err_set(err, ERR_INVALID, "%s: more than %d bytes of CDDL", sources[i].name,
                           CDDL_TEXT_LEN_MAX);
        len += sources[i].text.len;
        if (!text_is_utf8(sources[i].text))
            return err_set(err, ERR_INVALID, "%s: not UTF-8", sources[i].name);
    }
    return true;
}

/* The texts, and behind them room for as many bytes decoded. */
static void copy_sources(struct cddl *out, const struct cddl_source *sources, size_t count)
{
    size_t len = 1; /* so that there is memory to point into */

    for (size_t i = 0; i < count; i++)
        len += sources[i].text.len;
    buf_reserve(&out->pool, 2 * len);
    out->sources = mem_alloc_array(count, sizeof(*out->sources));
    out->source_count = count;
    for (size_t i = 0; i < count; i++) {
        size_t begin = out->pool.len;

        buf_append_bytes(&out->pool, sources[i].text);
        out->sources[i].name = mem_copy_text(sources[i].name);
        out->sources[i].text = bytes_slice(bytes_of_buf(&out->pool), begin, out->pool.len);
    }
}

static uint32_t *all_none(uint32_t count)
{
    uint32_t *out = mem_alloc_array(count, sizeof(*out));

    for (uint32_t i = 0; i < count; i++)
        out[i] = CDDL_NONE;
    return out;
}

static bool compile_tree(struct cddl *out, const struct cddl_tree *tree, struct err *err)
{
    struct cddl_compiler compiler = {
        .tree = tree,
        .out = out,
        .choice_types = all_none(tree->choice_count),
        .rule_types = all_none(tree->rule_count),
    };
    bool ok = compile_rules(&compiler, err) && cddl_check_choices(out, err);

    free(compiler.choice_types);
    free(compiler.rule_types);
    free(compiler.pending);
    return ok;
}

bool cddl_compile(struct cddl **out, const struct cddl_source *sources, size_t count,
                  struct err *err)
{
    struct cddl_tree tree = {0};
    struct cddl *cddl;
    bool ok;

    if (!check_sources(sources, count, err))
        return false;
    cddl = mem_alloc(sizeof(*cddl));
    copy_sources(cddl, sources, count);
    tree.sources = cddl->sources;
    tree.pool = &cddl->pool;
    ok = cddl_parse(&tree, count, err) && compile_tree(cddl, &tree, err);
    cddl_tree_cleanup(&tree);
    if (!ok) {
        cddl_free(cddl);
        return false;
    }
    list_byte_names(cddl);
    *out = cddl;
    return true;
}

void cddl_free(struct cddl *cddl)
{
    if (cddl == NULL)
        return;
    for (uint32_t i = 0; i < cddl->type_count; i++)
        free(cddl->types[i].want);
    for (size_t i = 0; i < cddl->source_count; i++)
        free((char *)cddl->sources[i].name);
    free(cddl->types);
    free(cddl->maps);
    free(cddl->map_list);
    free(cddl->members);
    free(cddl->arrays);
    free(cddl->item_types);
    free(cddl->ranges);
    free(cddl->forms);
    free(cddl->patterns);
    free(cddl->literals);
    free(cddl->byte_names);
    free(cddl->rules);
    free(cddl->groups);
    free(cddl->extensions);
    free(cddl->sources);
    buf_cleanup(&cddl->pool);
    free(cddl);
}

const struct cddl_type *cddl_find(const struct cddl *cddl, const char *rule)
{
    for (uint32_t i = 0; i < cddl->rule_count; i++) {
        if (bytes_equal_text(cddl->rules[i].rule, rule))
            return &cddl->types[cddl->rules[i].type];
    }
    return NULL;
}
