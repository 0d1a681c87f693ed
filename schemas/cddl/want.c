/* What a type is called in a message: as it is written, without comments, on one line. */
#include "schemas/cddl/compile.h"

enum { WANT_LEN_MAX = 120 };

/* What is being copied: brackets and quotes around the next byte. */
struct copier {
    struct buf *out;
    unsigned depth; /* of { } */
    bool in_quotes;
    bool in_comment;
    bool has_space; /* there was some that has not been written */
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* What stands in { } is left out, any white space and comments become one space. */
static void copy_byte(struct copier *copier, uint8_t byte)
{
    if (copier->in_comment) {
        copier->in_comment = byte != '\n';
        return;
    }
    if (!copier->in_quotes && (is_space(byte) || byte == ';')) {
        copier->in_comment = byte == ';';
        copier->has_space = true;
        return;
    }
    if (!copier->in_quotes && byte == '}' && --copier->depth == 0) {
        copier->has_space = false;
        buf_append_text(copier->out, "…");
    }
    if (copier->depth == 0 && copier->has_space)
        buf_append_byte(copier->out, ' ');
    copier->has_space = false;
    if (copier->depth == 0)
        buf_append_byte(copier->out, byte);
    if (byte == '"')
        copier->in_quotes = !copier->in_quotes;
    else if (!copier->in_quotes && byte == '{')
        copier->depth++;
}

static void append_choice(struct buf *out, const struct cddl_tree *tree, uint32_t number)
{
    const struct cddl_choice *choice = &tree->choices[number];
    struct bytes text =
        bytes_slice(tree->sources[choice->place.source].text, choice->place.offset, choice->end);
    struct copier copier = {.out = out};

    for (size_t i = 0; i < text.len; i++) {
        if (copier.in_quotes && text.data[i] == '\\') {
            if (copier.depth == 0)
                buf_append(out, &text.data[i], 2);
            i++; /* the lexer has seen what is escaped */
        } else {
            copy_byte(&copier, text.data[i]);
        }
    }
}

/* Cut between characters. */
static void shorten(struct buf *out)
{
    size_t len = WANT_LEN_MAX;

    if (out->len <= len)
        return;
    while (len > 0 && (out->data[len] & 0xC0) == 0x80)
        len--;
    out->len = len;
    buf_append_text(out, "…");
}

char *cddl_want(const struct cddl_tree *tree, struct bytes rule, uint32_t choice)
{
    const struct cddl_operand *lone = cddl_lone_operand(tree, choice);
    struct buf text = {0};
    char *out;

    if (rule.len > 0) {
        buf_append_bytes(&text, rule);
        buf_append_text(&text, ": ");
    }
    if (lone != NULL && lone->kind == CDDL_OPERAND_MAP) {
        buf_append_text(&text, "a map");
    } else {
        append_choice(&text, tree, choice);
        for (choice = tree->choices[choice].next; rule.len > 0 && choice != CDDL_NONE;
             choice = tree->choices[choice].next) {
            buf_append_text(&text, " / ");
            append_choice(&text, tree, choice);
        }
    }
    shorten(&text);
    out = mem_copy_text(buf_text(&text));
    buf_cleanup(&text);
    return out;
}
