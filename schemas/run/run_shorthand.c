#include "schemas/run/run_shorthand.h"

#include <string.h>

#include "schemas/run/run_problem.h"
#include "schemas/run/run_short_values.h"

enum meaning {
    MEANS_ITSELF,
    MEANS_LITERAL, /* nothing inside is a shorthand: its keys are the submitter's own */
    MEANS_VERSIONED,
    MEANS_MODEL,
    MEANS_REFERENCE,
    MEANS_PAYLOAD,
    MEANS_PORT,
    MEANS_UUID,
};

/* One field name has one type everywhere, so a name says what a shorthand under it stands for. */
static const struct {
    const char *name;
    enum meaning meaning; /* of the member, or of each item when it is an array */
} names[] = {
    {"labels", MEANS_LITERAL},
    {"implementation", MEANS_VERSIONED},
    {"policy", MEANS_VERSIONED},
    {"prompt", MEANS_VERSIONED},
    {"prompts", MEANS_VERSIONED},
    {"rules_applied", MEANS_VERSIONED},
    {"schema", MEANS_VERSIONED},
    {"tools", MEANS_VERSIONED},
    {"workflow", MEANS_VERSIONED},
    {"request_model", MEANS_MODEL},
    {"response_model", MEANS_MODEL},
    {"approval", MEANS_REFERENCE},
    {"approval_request", MEANS_REFERENCE},
    {"approvals", MEANS_REFERENCE},
    {"gate_grant", MEANS_REFERENCE},
    {"override", MEANS_REFERENCE},
    {"overrides", MEANS_REFERENCE},
    {"supplier", MEANS_REFERENCE},
    {"after", MEANS_PAYLOAD},
    {"arguments", MEANS_PAYLOAD},
    {"attachment", MEANS_PAYLOAD},
    {"before", MEANS_PAYLOAD},
    {"business_rules", MEANS_PAYLOAD},
    {"container_image", MEANS_PAYLOAD},
    {"content", MEANS_PAYLOAD},
    {"dependencies", MEANS_PAYLOAD},
    {"deployment_manifest", MEANS_PAYLOAD},
    {"explanation", MEANS_PAYLOAD},
    {"evidence_bundle", MEANS_PAYLOAD},
    {"feature_set", MEANS_PAYLOAD},
    {"index_build", MEANS_PAYLOAD},
    {"input", MEANS_PAYLOAD},
    {"nd_builtin_cache", MEANS_PAYLOAD},
    {"output", MEANS_PAYLOAD},
    {"inputs", MEANS_PORT},
    {"outputs", MEANS_PORT},
    {"original_run_id", MEANS_UUID},
    {"run_id", MEANS_UUID},
};

/* A map or array around the field at hand. */
struct around {
    size_t end;           /* number of the first field behind it */
    enum meaning meaning; /* of what it holds, when it is an array */
    bool is_array;
    struct bytes key;     /* of a map: of the member at hand */
    size_t item_count;    /* of an array: with the item at hand */
};

struct expansion {
    struct buf *out;
    struct openings *openings;
    struct run_random *random;
    struct bytes document;
    struct problem *problem;
    struct around around[DCBOR_DEPTH_MAX + 1];
    size_t depth;
};

static enum meaning meaning_of(struct bytes name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (bytes_equal_text(name, names[i].name))
            return names[i].meaning;
    }
    return MEANS_ITSELF;
}

/* RFC 6901, 3. */
static void append_escaped(struct buf *path, struct bytes key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] == '~')
            buf_append_text(path, "~0");
        else if (key.data[i] == '/')
            buf_append_text(path, "~1");
        else
            buf_append_byte(path, key.data[i]);
    }
}

/* Of the field at hand. Kept along the way: dcbor_path would read the document once for each. */
static void append_path(struct buf *path, const struct expansion *expansion)
{
    for (size_t i = 0; i < expansion->depth; i++) {
        const struct around *around = &expansion->around[i];

        if (around->is_array) {
            buf_append_format(path, "/%zu", around->item_count - 1);
        } else {
            buf_append_byte(path, '/');
            append_escaped(path, around->key);
        }
    }
}

static bool commit(struct expansion *expansion, struct bytes text, struct bytes media_type)
{
    struct buf path = {0};
    struct payload_text payload = {.text = text, .media_type = media_type};
    struct err err = {0};
    bool ok;

    append_path(&path, expansion);
    payload.path = buf_text(&path);
    ok = openings_commit(expansion->openings, expansion->out, &payload, expansion->random, &err) ||
         problem_from_err(expansion->problem, &err);
    buf_cleanup(&path);
    return ok;
}

/* {"text": …} and perhaps {"media_type": …}: a text where a payload-digest is wanted. */
static bool commit_map(struct expansion *expansion, const struct field *field)
{
    const struct field *text = field_get(field, "text");
    const struct field *media_type = field_get(field, "media_type");

    if (text->type == DCBOR_TEXT && (media_type == NULL || media_type->type == DCBOR_TEXT) &&
        field_count(field) == (media_type == NULL ? 1 : 2))
        return commit(expansion, text->string, field_text(media_type));
    return run_problem_set(expansion->problem, expansion->document, field, NULL,
                           "text, perhaps media_type, both texts, and nothing else");
}

static bool put_text(struct expansion *expansion, enum meaning meaning, const struct field *field)
{
    static const struct {
        bool (*put)(struct buf *out, struct bytes text);
        const char *want;
    } rows[] = {
        [MEANS_VERSIONED] = {run_short_versioned, "ID@VERSION, or an object"},
        [MEANS_MODEL] = {run_short_model, "PROVIDER/NAME@VERSION, or an object"},
        [MEANS_REFERENCE] = {run_short_reference, "ISSUER/UUID of a record, or an object"},
        [MEANS_PORT] = {run_short_port, "an artifact's id, or an object"},
    };

    if (meaning == MEANS_PAYLOAD)
        return run_short_digest(expansion->out, field->string) ||
               commit(expansion, field->string, (struct bytes){0});
    return rows[meaning].put(expansion->out, field->string) ||
           run_problem_set(expansion->problem, expansion->document, field, NULL,
                           rows[meaning].want);
}

/* Replaces the field when it is a shorthand; *out_done says whether it was one. */
static bool replace(struct expansion *expansion, enum meaning meaning, const struct field *field,
                    bool *out_done)
{
    *out_done = true;
    if (meaning == MEANS_LITERAL) {
        buf_append_bytes(expansion->out, field->encoded);
        return true;
    }
    if (meaning == MEANS_PAYLOAD && field_get(field, "text") != NULL)
        return commit_map(expansion, field);
    if (meaning == MEANS_UUID) {
        *out_done = run_short_uuid(expansion->out, field_bytes(field));
        return true;
    }
    if (meaning != MEANS_ITSELF && field->type == DCBOR_TEXT)
        return put_text(expansion, meaning, field);
    *out_done = false;
    return true;
}

/* Items of an array mean what the array's name says; members of a map what theirs says. */
static enum meaning meaning_here(const struct expansion *expansion, const struct field *field)
{
    enum meaning meaning;

    if (expansion->depth > 0 && expansion->around[expansion->depth - 1].is_array)
        return expansion->around[expansion->depth - 1].meaning;
    meaning = meaning_of(field->key);
    return field->type == DCBOR_ARRAY && meaning != MEANS_LITERAL ? MEANS_ITSELF : meaning;
}

static void put_head(struct expansion *expansion, const struct field *field)
{
    if (field->type == DCBOR_MAP)
        dcbor_put_map(expansion->out, field->value);
    else if (field->type == DCBOR_ARRAY)
        dcbor_put_array(expansion->out, field->value);
    else
        buf_append_bytes(expansion->out, field->encoded);
}

/* An array inside an array means nothing: no name speaks of its items. */
static void enter(struct expansion *expansion, const struct field *field, size_t number)
{
    if (field_count(field) == 0)
        return;
    CHECK(expansion->depth < sizeof(expansion->around) / sizeof(expansion->around[0]));
    expansion->around[expansion->depth++] = (struct around){
        .end = number + field->span,
        .meaning = meaning_of(field->key),
        .is_array = field->type == DCBOR_ARRAY,
    };
}

static void begin_field(struct expansion *expansion, const struct field *field)
{
    struct around *around;

    if (expansion->depth == 0)
        return;
    around = &expansion->around[expansion->depth - 1];
    around->item_count++;
    around->key = field->key;
    if (!around->is_array)
        dcbor_put_text(expansion->out, field->key);
}

/* Keys and their order stay, so the document is written as it is read, from front to back. */
static bool expand_fields(struct expansion *expansion, const struct record_fields *fields)
{
    size_t number = 0;

    while (number < fields->count) {
        const struct field *field = &fields->fields[number];
        bool done = false;

        while (expansion->depth > 0 && number >= expansion->around[expansion->depth - 1].end)
            expansion->depth--;
        begin_field(expansion, field);
        if (!replace(expansion, meaning_here(expansion, field), field, &done))
            return false;
        if (done) {
            number += field->span;
            continue;
        }
        put_head(expansion, field);
        enter(expansion, field, number);
        number++;
    }
    return true;
}

bool run_shorthand_expand(struct buf *out, struct openings *openings, struct run_random *random,
                          struct bytes document, struct problem *problem)
{
    struct expansion expansion = {.out = out,
                                  .openings = openings,
                                  .random = random,
                                  .document = document,
                                  .problem = problem};
    struct record_fields fields = {0};
    struct err err = {0};
    bool ok = record_fields_read(&fields, document, &err) ? expand_fields(&expansion, &fields)
                                                          : problem_from_err(problem, &err);

    record_fields_cleanup(&fields);
    return ok;
}
