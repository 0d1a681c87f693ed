#include "schemas/dcbor.h"

#include <inttypes.h>
#include <stdio.h>

/* An array or map around the item looked for. */
struct level {
    uint64_t count; /* items in all; keys and values of maps counted one by one */
    uint64_t left;  /* items still to come, the one looked for included */
    bool is_map;
    struct dcbor_item key; /* of a map: the latest */
};

/* The levels around the item; those below DCBOR_DEPTH_MAX are not followed. */
struct stack {
    struct level levels[DCBOR_DEPTH_MAX];
    unsigned count;
};

/* Text that is appended to while there is room. */
struct path {
    char *text;
    size_t len;
    size_t capacity; /* the terminating zero included */
};

static void append_char(struct path *path, char character)
{
    if (path->len + 1 < path->capacity)
        path->text[path->len++] = character;
    path->text[path->len] = 0;
}

static void append_number(struct path *path, const char *sign, uint64_t number)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%s%" PRIu64, sign, number);
    for (const char *at = digits; *at != 0; at++)
        append_char(path, *at);
}

/* Bytes of the UTF-8 character that begins with this one; 1 inside a character. */
static size_t character_len(uint8_t first)
{
    return first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
}

/* RFC 6901, 3: "~" and "/" are escaped. Cut between characters. */
static void append_text(struct path *path, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        char character = (char)text.data[i];

        if (path->len + character_len(text.data[i]) >= path->capacity)
            path->capacity = path->len + 1;
        if (character == '~' || character == '/') {
            append_char(path, '~');
            character = character == '~' ? '0' : '1';
        }
        append_char(path, character);
    }
}

static void append_key(struct path *path, const struct dcbor_item *key)
{
    append_char(path, '/');
    if (key->type == DCBOR_TEXT)
        append_text(path, key->string);
    else if (key->type == DCBOR_UINT)
        append_number(path, "", key->value);
    else if (key->type == DCBOR_NINT)
        append_number(path, "-", key->value + 1);
    else
        append_char(path, '?');
}

static void push_level(struct stack *stack, const struct dcbor_item *item)
{
    bool is_map = item->type == DCBOR_MAP;
    uint64_t count = is_map ? 2 * item->value : item->value;

    stack->levels[stack->count++] = (struct level){count, count, is_map, {0}};
}

/* Takes note of an item that precedes the one looked for; false where it cannot be followed. */
static bool pass_item(struct stack *stack, const struct dcbor_item *item)
{
    bool is_container = item->type == DCBOR_ARRAY || item->type == DCBOR_MAP;

    if (item->type == DCBOR_TAG)
        return true;
    if (is_container && stack->count == DCBOR_DEPTH_MAX)
        return false;
    if (stack->count > 0) {
        struct level *level = &stack->levels[stack->count - 1];

        if (level->is_map && level->left % 2 == 0)
            level->key = *item;
        level->left--;
    }
    if (is_container)
        push_level(stack, item);
    while (stack->count > 0 && stack->levels[stack->count - 1].left == 0)
        stack->count--;
    return true;
}

static void append_levels(struct path *path, const struct stack *stack, struct dcbor_reader reader)
{
    for (unsigned i = 0; i < stack->count; i++) {
        const struct level *level = &stack->levels[i];
        bool is_innermost = i + 1 == stack->count;
        struct dcbor_item key;
        struct err ignored = {0};

        if (!level->is_map) {
            append_char(path, '/');
            append_number(path, "", level->count - level->left - !is_innermost);
        } else if (!is_innermost || level->left % 2 == 1) {
            append_key(path, &level->key);
        } else if (dcbor_read(&reader, &key, &ignored)) {
            append_key(path, &key); /* a key is looked for: the path of its pair */
        }
    }
}

void dcbor_path(char *out, size_t out_len, struct bytes input, size_t position)
{
    struct dcbor_reader reader = dcbor_reader_of(input);
    struct path path = {.text = out, .capacity = out_len};
    struct stack stack = {.count = 0};

    CHECK(out_len > 0);
    out[0] = 0;
    while (reader.position < position) {
        struct dcbor_item item;
        struct err ignored = {0};

        if (!dcbor_read(&reader, &item, &ignored) || !pass_item(&stack, &item))
            break;
    }
    append_levels(&path, &stack, reader);
}
