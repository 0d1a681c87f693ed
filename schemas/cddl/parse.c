#include "schemas/cddl/parse.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, RULES_MAX = 4096 };

/* What comes next in a bracket, or in a rule. */
enum state {
    AT_ENTRY,       /* an entry, "//" or the closing bracket */
    AT_OPERAND,     /* an alternative of a choice */
    AT_ARGUMENT,    /* what a range or control needs */
    AFTER_OPERAND,  /* a range, a control, "=>", "/" or the end of the choice */
    AFTER_ARGUMENT, /* "/" or the end of the choice */
};

/* A bracket that is still open; the lowest one stands for the rule, which has none. */
struct frame {
    enum state state;
    uint32_t operand; /* the bracket's; CDDL_NONE in the lowest */
    uint32_t alternative;
    uint32_t entry;
    uint32_t choice;
};

struct parser {
    struct cddl_tree *tree;
    struct cddl_lexer lexer;
    struct cddl_token token; /* to be taken next */
    struct cddl_token ahead; /* the one after that */
    uint32_t end;            /* offset behind the last token taken */
    struct frame frames[DEPTH_MAX];
    unsigned depth;
};

void *cddl_grow(void *array, uint32_t count, size_t item_len)
{
    CHECK(count < CDDL_NONE / 2);
    if ((count & (count - 1)) == 0)
        array = mem_realloc_array(array, count == 0 ? 1 : 2 * (size_t)count, item_len);
    memset((uint8_t *)array + count * item_len, 0, item_len);
    return array;
}

static uint32_t add_operand(struct cddl_tree *tree, struct cddl_place place)
{
    uint32_t number = tree->operand_count;

    tree->operands = cddl_grow(tree->operands, number, sizeof(*tree->operands));
    tree->operands[number] = (struct cddl_operand){
        .place = place, .group = CDDL_NONE, .argument = CDDL_NONE, .next = CDDL_NONE};
    tree->operand_count++;
    return number;
}

static uint32_t add_choice(struct cddl_tree *tree, struct cddl_place place)
{
    uint32_t number = tree->choice_count;

    tree->choices = cddl_grow(tree->choices, number, sizeof(*tree->choices));
    tree->choices[number] = (struct cddl_choice){
        .first = CDDL_NONE, .last = CDDL_NONE, .place = place, .next = CDDL_NONE};
    tree->choice_count++;
    return number;
}

static uint32_t add_alternative(struct cddl_tree *tree)
{
    uint32_t number = tree->alternative_count;

    tree->alternatives = cddl_grow(tree->alternatives, number, sizeof(*tree->alternatives));
    tree->alternatives[number] =
        (struct cddl_alternative){.first = CDDL_NONE, .last = CDDL_NONE, .next = CDDL_NONE};
    tree->alternative_count++;
    return number;
}

static uint32_t add_entry(struct cddl_tree *tree, uint32_t alternative, struct cddl_place place)
{
    struct cddl_alternative *into = &tree->alternatives[alternative];
    uint32_t number = tree->entry_count;

    tree->entries = cddl_grow(tree->entries, number, sizeof(*tree->entries));
    tree->entries[number] = (struct cddl_entry){.place = place,
                                                .min = 1,
                                                .max = 1,
                                                .key_choice = CDDL_NONE,
                                                .value = CDDL_NONE,
                                                .next = CDDL_NONE};
    tree->entry_count++;
    if (into->last == CDDL_NONE)
        into->first = number;
    else
        tree->entries[into->last].next = number;
    into->last = number;
    return number;
}

/* ---- tokens ---- */

static bool fail_at_token(const struct parser *parser, struct err *err, const char *want)
{
    struct bytes text = parser->token.text;
    int len = text.len < 40 ? (int)text.len : 40;

    if (parser->token.kind == CDDL_TOKEN_END)
        return cddl_fail(parser->tree->sources, parser->token.place, err,
                         "the text ends where %s is expected", want);
    return cddl_fail(parser->tree->sources, parser->token.place, err, "'%.*s' where %s is expected",
                     len, (const char *)text.data, want);
}

static bool next_token(struct parser *parser, struct err *err)
{
    parser->end = parser->token.place.offset + (uint32_t)parser->token.text.len;
    parser->token = parser->ahead;
    return cddl_lex(&parser->lexer, &parser->ahead, err);
}

static bool is_mark(const struct cddl_token *token, const char *mark)
{
    return token->kind == CDDL_TOKEN_MARK && bytes_equal_text(token->text, mark);
}

/* The text inside the quotes. */
static struct bytes decode_text(struct parser *parser, struct bytes quoted)
{
    struct bytes text = bytes_slice(quoted, 1, quoted.len - 1);
    struct buf *pool = parser->tree->pool;
    size_t begin = pool->len;

    if (text.len == 0 || memchr(text.data, '\\', text.len) == NULL)
        return text;
    CHECK(pool->capacity - pool->len >= text.len);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\\')
            i++;
        buf_append_byte(pool, text.data[i]);
    }
    return bytes_slice(bytes_of_buf(pool), begin, pool->len);
}

/* ---- brackets ---- */

static struct frame *top(struct parser *parser)
{
    return &parser->frames[parser->depth - 1];
}

static char closing_of(enum cddl_operand_kind kind)
{
    return kind == CDDL_OPERAND_MAP ? '}' : kind == CDDL_OPERAND_ARRAY ? ']' : ')';
}

static bool at_closing(struct parser *parser)
{
    const char mark[] = {closing_of(parser->tree->operands[top(parser)->operand].kind), 0};

    return is_mark(&parser->token, mark);
}

static bool open_bracket(struct parser *parser, uint32_t operand, struct err *err)
{
    struct cddl_tree *tree = parser->tree;
    uint32_t alternative = add_alternative(tree);

    if (parser->depth == DEPTH_MAX)
        return cddl_fail(tree->sources, parser->token.place, err,
                         "brackets are nested deeper than %d", DEPTH_MAX);
    tree->operands[operand].group = alternative;
    parser->frames[parser->depth++] = (struct frame){
        .state = AT_ENTRY,
        .operand = operand,
        .alternative = alternative,
        .entry = CDDL_NONE,
        .choice = CDDL_NONE,
    };
    return next_token(parser, err);
}

/* ---- operands ---- */

/* Appends to the choice, or makes it the argument of the last operand. */
static void place_operand(struct parser *parser, uint32_t number)
{
    struct cddl_tree *tree = parser->tree;
    struct frame *frame = top(parser);
    struct cddl_choice *choice = &tree->choices[frame->choice];

    if (frame->state == AT_ARGUMENT) {
        tree->operands[choice->last].argument = number;
        frame->state = AFTER_ARGUMENT;
        return;
    }
    if (choice->last == CDDL_NONE)
        choice->first = number;
    else
        tree->operands[choice->last].next = number;
    choice->last = number;
    frame->state = AFTER_OPERAND;
}

static bool read_operand(struct parser *parser, struct err *err)
{
    const struct cddl_token *token = &parser->token;
    uint32_t number = add_operand(parser->tree, token->place);
    struct cddl_operand *operand = &parser->tree->operands[number];

    if (is_mark(token, "{") || is_mark(token, "[") || is_mark(token, "(")) {
        operand->kind = is_mark(token, "{")   ? CDDL_OPERAND_MAP
                        : is_mark(token, "[") ? CDDL_OPERAND_ARRAY
                                              : CDDL_OPERAND_PAREN;
        place_operand(parser, number);
        return open_bracket(parser, number, err);
    }
    if (token->kind == CDDL_TOKEN_NAME) {
        operand->kind = CDDL_OPERAND_NAME;
        operand->text = token->text;
    } else if (token->kind == CDDL_TOKEN_TEXT) {
        operand->kind = CDDL_OPERAND_TEXT;
        operand->text = decode_text(parser, token->text);
    } else if (token->kind == CDDL_TOKEN_NUMBER) {
        operand->kind = CDDL_OPERAND_NUMBER;
        operand->negative = token->negative;
        operand->value = token->value;
    } else {
        return fail_at_token(parser, err, "a type");
    }
    place_operand(parser, number);
    return next_token(parser, err);
}

static bool read_control(struct parser *parser, struct err *err)
{
    struct cddl_tree *tree = parser->tree;
    struct frame *frame = top(parser);

    tree->operands[tree->choices[frame->choice].last].control = parser->token.text;
    frame->state = AT_ARGUMENT;
    return next_token(parser, err);
}

/* What was read as a type turns out to be the key. */
static bool take_type_key(struct parser *parser, struct err *err)
{
    struct cddl_tree *tree = parser->tree;
    struct frame *frame = top(parser);
    struct cddl_entry *entry;

    if (frame->operand == CDDL_NONE)
        return fail_at_token(parser, err, "the end of the rule");
    entry = &tree->entries[frame->entry];
    if (entry->key_kind != CDDL_KEY_NONE)
        return fail_at_token(parser, err, "the end of the entry");
    tree->choices[frame->choice].end = parser->end;
    entry->key_kind = CDDL_KEY_TYPE;
    entry->key_choice = frame->choice;
    frame->choice = add_choice(tree, parser->ahead.place);
    tree->entries[frame->entry].value = frame->choice;
    frame->state = AT_OPERAND;
    return next_token(parser, err);
}

static bool end_choice(struct parser *parser, struct err *err)
{
    struct frame *frame = top(parser);

    parser->tree->choices[frame->choice].end = parser->end;
    if (frame->operand == CDDL_NONE) {
        parser->depth--;
        return true;
    }
    frame->state = AT_ENTRY;
    if (is_mark(&parser->token, ","))
        return next_token(parser, err);
    return true;
}

static bool read_after(struct parser *parser, struct err *err)
{
    const struct cddl_token *token = &parser->token;
    bool may_control = top(parser)->state == AFTER_OPERAND;
    bool is_range = is_mark(token, "..") || is_mark(token, "...");

    if (is_range || token->kind == CDDL_TOKEN_CONTROL) {
        if (!may_control)
            return fail_at_token(parser, err, "an end (one control to a type; brackets take more)");
        return read_control(parser, err);
    }
    if (is_mark(token, "=>"))
        return take_type_key(parser, err);
    if (!is_mark(token, "/"))
        return end_choice(parser, err);
    top(parser)->state = AT_OPERAND;
    return next_token(parser, err);
}

/* ---- entries ---- */

/* name: or "name": */
static bool read_name_key(struct parser *parser, struct cddl_entry *entry, struct err *err)
{
    entry->key_kind = CDDL_KEY_NAME;
    entry->key = parser->token.kind == CDDL_TOKEN_TEXT ? decode_text(parser, parser->token.text)
                                                       : parser->token.text;
    return next_token(parser, err) && next_token(parser, err);
}

static bool begin_entry(struct parser *parser, struct err *err)
{
    struct cddl_tree *tree = parser->tree;
    struct frame *frame = top(parser);
    struct cddl_entry *entry;

    frame->entry = add_entry(tree, frame->alternative, parser->token.place);
    entry = &tree->entries[frame->entry];
    if (parser->token.kind == CDDL_TOKEN_OCCURRENCE) {
        entry->min = parser->token.min;
        entry->max = parser->token.max;
        if (!next_token(parser, err))
            return false;
        entry->place = parser->token.place;
    }
    if (is_mark(&parser->ahead, ":")) {
        if (parser->token.kind != CDDL_TOKEN_NAME && parser->token.kind != CDDL_TOKEN_TEXT)
            return fail_at_token(parser, err, "a member name (map keys are text)");
        if (!read_name_key(parser, entry, err))
            return false;
    }
    frame->choice = add_choice(tree, parser->token.place);
    entry->value = frame->choice;
    frame->state = AT_OPERAND;
    return true;
}

static bool read_entry(struct parser *parser, struct err *err)
{
    struct cddl_tree *tree = parser->tree;
    struct frame *frame = top(parser);

    if (at_closing(parser)) {
        parser->depth--;
        return next_token(parser, err);
    }
    if (!is_mark(&parser->token, "//"))
        return begin_entry(parser, err);
    tree->alternatives[frame->alternative].next = tree->alternative_count;
    frame->alternative = add_alternative(tree);
    return next_token(parser, err);
}

static bool step(struct parser *parser, struct err *err)
{
    switch (top(parser)->state) {
    case AT_ENTRY:
        return read_entry(parser, err);
    case AT_OPERAND:
    case AT_ARGUMENT:
        return read_operand(parser, err);
    case AFTER_OPERAND:
    case AFTER_ARGUMENT:
        break;
    }
    return read_after(parser, err);
}

/* ---- rules ---- */

static bool add_rule(struct cddl_tree *tree, struct cddl_rule **out, const struct cddl_token *name,
                     struct err *err)
{
    *out = cddl_tree_find(tree, name->text);
    if (*out != NULL)
        return true;
    if (tree->rule_count == RULES_MAX)
        return cddl_fail(tree->sources, name->place, err, "more than %d rules", RULES_MAX);
    tree->rules = cddl_grow(tree->rules, tree->rule_count, sizeof(*tree->rules));
    *out = &tree->rules[tree->rule_count++];
    **out = (struct cddl_rule){
        .name = name->text,
        .place = name->place,
        .first_body = CDDL_NONE,
        .last_body = CDDL_NONE,
        .definition = CDDL_NONE,
    };
    return true;
}

/* name = or name /= or name //= */
static bool read_rule_head(struct parser *parser, struct cddl_rule *rule, struct err *err)
{
    if (is_mark(&parser->ahead, "=")) {
        if (rule->is_defined)
            return cddl_fail(parser->tree->sources, parser->token.place, err,
                             "the rule %.*s is defined twice, first in %s, line %u",
                             (int)rule->name.len, (const char *)rule->name.data,
                             parser->tree->sources[rule->place.source].name, rule->place.line);
        rule->place = parser->token.place;
        rule->is_defined = true;
    } else if (is_mark(&parser->ahead, "//=")) {
        rule->group_extension = parser->token.place;
    } else if (is_mark(&parser->ahead, "/=")) {
        rule->type_extension = parser->token.place;
    } else {
        return next_token(parser, err) && fail_at_token(parser, err, "=, /= or //=");
    }
    return next_token(parser, err) && next_token(parser, err);
}

static void append_body(struct cddl_tree *tree, struct cddl_rule *rule, uint32_t choice)
{
    if (rule->last_body == CDDL_NONE)
        rule->first_body = choice;
    else
        tree->choices[rule->last_body].next = choice;
    rule->last_body = choice;
}

static bool read_rule(struct parser *parser, struct err *err)
{
    struct cddl_tree *tree = parser->tree;
    struct cddl_rule *rule;
    bool was_defined;
    uint32_t choice;

    if (parser->token.kind != CDDL_TOKEN_NAME)
        return fail_at_token(parser, err, "the name of a rule");
    if (!add_rule(tree, &rule, &parser->token, err))
        return false;
    was_defined = rule->is_defined;
    if (!read_rule_head(parser, rule, err))
        return false;
    choice = add_choice(tree, parser->token.place);
    if (rule->is_defined && !was_defined)
        rule->definition = choice;
    append_body(tree, rule, choice);
    parser->frames[0] = (struct frame){.state = AT_OPERAND, .operand = CDDL_NONE, .choice = choice};
    parser->depth = 1;
    while (parser->depth > 0) {
        if (!step(parser, err))
            return false;
    }
    return true;
}

static bool read_source(struct cddl_tree *tree, uint32_t index, struct err *err)
{
    struct parser parser = {.tree = tree, .lexer = cddl_lexer_of(tree->sources, index)};

    if (!cddl_lex(&parser.lexer, &parser.token, err) ||
        !cddl_lex(&parser.lexer, &parser.ahead, err))
        return false;
    while (parser.token.kind != CDDL_TOKEN_END) {
        if (!read_rule(&parser, err))
            return false;
    }
    return true;
}

bool cddl_parse(struct cddl_tree *out, size_t source_count, struct err *err)
{
    for (uint32_t i = 0; i < source_count; i++) {
        if (!read_source(out, i, err))
            return false;
    }
    for (uint32_t i = 0; i < out->rule_count; i++) {
        const struct cddl_rule *rule = &out->rules[i];

        if (!rule->is_defined)
            return cddl_fail(out->sources, rule->place, err,
                             "%.*s is extended here and nowhere defined with =",
                             (int)rule->name.len, (const char *)rule->name.data);
    }
    return true;
}

void cddl_tree_cleanup(struct cddl_tree *tree)
{
    free(tree->operands);
    free(tree->choices);
    free(tree->entries);
    free(tree->alternatives);
    free(tree->rules);
}

struct cddl_rule *cddl_tree_find(const struct cddl_tree *tree, struct bytes name)
{
    for (uint32_t i = 0; i < tree->rule_count; i++) {
        if (bytes_equal(tree->rules[i].name, name))
            return &tree->rules[i];
    }
    return NULL;
}
