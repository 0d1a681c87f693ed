#include "schemas/run/run_shorthand.h"

#include <string.h>

#include "schemas/record_fields.h"
#include "schemas/record_maker.h"

enum meaning { MEANS_ITSELF, MEANS_VERSIONED, MEANS_MODEL, MEANS_PAYLOAD, MEANS_PORT };

/* One field name has one type everywhere, so a name says what a shorthand under it stands for. */
static const struct {
    const char *name;
    enum meaning meaning; /* of the member, or of each item when it is an array */
} names[] = {
    {"approval_matrix", MEANS_VERSIONED}, {"implementation", MEANS_VERSIONED},
    {"mapping_vault", MEANS_VERSIONED},   {"policy", MEANS_VERSIONED},
    {"prompt", MEANS_VERSIONED},          {"prompts", MEANS_VERSIONED},
    {"rules_applied", MEANS_VERSIONED},   {"schema", MEANS_VERSIONED},
    {"threshold_policy", MEANS_VERSIONED}, {"tools", MEANS_VERSIONED},
    {"workflow", MEANS_VERSIONED},        {"models", MEANS_MODEL},
    {"request_model", MEANS_MODEL},       {"response_model", MEANS_MODEL},
    {"after", MEANS_PAYLOAD},             {"arguments", MEANS_PAYLOAD},
    {"attachment", MEANS_PAYLOAD},        {"before", MEANS_PAYLOAD},
    {"content", MEANS_PAYLOAD},           {"dependencies", MEANS_PAYLOAD},
    {"explanation", MEANS_PAYLOAD},       {"input", MEANS_PAYLOAD},
    {"output", MEANS_PAYLOAD},            {"shown", MEANS_PAYLOAD},
    {"inputs", MEANS_PORT},               {"outputs", MEANS_PORT},
};

/* An array around the field at hand. */
struct around {
    size_t end; /* number of the first field behind it */
    enum meaning meaning;
    bool is_array;
};

struct expansion {
    struct buf *out;
    struct openings *openings;
    struct bytes document;
    struct problem *problem;
    struct around around[DCBOR_DEPTH_MAX + 2];
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

static bool refuse(const struct expansion *expansion, const struct field *field, const char *want)
{
    char path[sizeof(expansion->problem->path)];
    char have[sizeof(expansion->problem->have)];
    size_t position = (size_t)(field->encoded.data - expansion->document.data);
    size_t len = field->string.len < sizeof(have) - 1 ? field->string.len : sizeof(have) - 1;

    memcpy(have, field->string.data, len);
    have[len] = 0;
    dcbor_path(path, sizeof(path), expansion->document, position);
    problem_set(expansion->problem, PROBLEM_RECORD, "A shorthand in the run document is not one.");
    return problem_add(expansion->problem, path, have, want);
}

/* "id@version", cut at the last '@'. */
static bool split_version(struct bytes text, struct bytes *out_id, struct bytes *out_version)
{
    size_t at = text.len;

    while (at > 0 && text.data[at - 1] != '@')
        at--;
    if (at < 2 || at == text.len)
        return false;
    *out_id = bytes_slice(text, 0, at - 1);
    *out_version = bytes_slice(text, at, text.len);
    return true;
}

static bool put_versioned(struct expansion *expansion, const struct field *field)
{
    struct record_maker maker = {0};
    struct bytes version;
    struct bytes id;

    if (!split_version(field->string, &id, &version))
        return refuse(expansion, field, "ID@VERSION, or a map with id and version");
    record_maker_put_text(&maker, "id", id);
    record_maker_put_text(&maker, "version", version);
    record_maker_finish(&maker, expansion->out);
    return true;
}

static bool put_model(struct expansion *expansion, const struct field *field)
{
    struct record_maker maker = {0};
    struct bytes version;
    struct bytes name;
    struct bytes rest;
    size_t slash = 0;

    if (!split_version(field->string, &rest, &version))
        return refuse(expansion, field, "PROVIDER/NAME@VERSION");
    while (slash < rest.len && rest.data[slash] != '/')
        slash++;
    if (slash == 0 || slash + 1 >= rest.len)
        return refuse(expansion, field, "PROVIDER/NAME@VERSION");
    name = bytes_slice(rest, slash + 1, rest.len);
    record_maker_put_text(&maker, "provider", bytes_slice(rest, 0, slash));
    record_maker_put_text(&maker, "name", name);
    record_maker_put_text(&maker, "version", version);
    record_maker_finish(&maker, expansion->out);
    return true;
}

static bool put_commitment(struct expansion *expansion, const struct field *field,
                           struct bytes text, struct bytes media_type)
{
    struct err err = {0};
    char path[sizeof(((struct opening *)0)->path)];

    dcbor_path(path, sizeof(path), expansion->document,
               (size_t)(field->encoded.data - expansion->document.data));
    return openings_commit(expansion->openings, expansion->out, path, text, media_type, &err) ||
           problem_from_err(expansion->problem, &err);
}

static bool put_port(struct expansion *expansion, const struct field *field)
{
    struct record_maker maker = {0};

    record_maker_put_text(&maker, "artifact_id", field->string);
    record_maker_finish(&maker, expansion->out);
    return true;
}

/* {"text": …} and perhaps {"media_type": …}: a text where a payload-digest is wanted. */
static bool is_text_map(const struct field *field)
{
    size_t known = field_get(field, "media_type") != NULL ? 2 : 1;

    return field->type == DCBOR_MAP && field_get(field, "text") != NULL &&
           field_count(field) == known;
}

/* Replaces the field when it is a shorthand; *out_done says whether it was one. */
static bool replace(struct expansion *expansion, enum meaning meaning, const struct field *field,
                    bool *out_done)
{
    bool is_text = field->type == DCBOR_TEXT;

    *out_done = is_text && meaning != MEANS_ITSELF;
    if (meaning == MEANS_PAYLOAD && is_text_map(field)) {
        *out_done = true;
        return put_commitment(expansion, field, field_text(field_get(field, "text")),
                              field_text(field_get(field, "media_type")));
    }
    if (!*out_done)
        return true;
    switch (meaning) {
    case MEANS_VERSIONED:
        return put_versioned(expansion, field);
    case MEANS_MODEL:
        return put_model(expansion, field);
    case MEANS_PAYLOAD:
        return put_commitment(expansion, field, field->string, (struct bytes){0});
    default:
        return put_port(expansion, field);
    }
}

/* Items of an array mean what the array's name says; members of a map what theirs says. */
static enum meaning meaning_here(const struct expansion *expansion, const struct field *field)
{
    if (expansion->depth > 0 && expansion->around[expansion->depth - 1].is_array)
        return expansion->around[expansion->depth - 1].meaning;
    return field->type == DCBOR_ARRAY ? MEANS_ITSELF : meaning_of(field->key);
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

static void enter(struct expansion *expansion, const struct field *field, size_t number)
{
    if (field->type != DCBOR_MAP && field->type != DCBOR_ARRAY)
        return;
    CHECK(expansion->depth < sizeof(expansion->around) / sizeof(expansion->around[0]));
    expansion->around[expansion->depth++] =
        (struct around){number + field->span, meaning_of(field->key), field->type == DCBOR_ARRAY};
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
        if (expansion->depth > 0 && !expansion->around[expansion->depth - 1].is_array)
            dcbor_put_text(expansion->out, field->key);
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

bool run_shorthand_expand(struct buf *out, struct openings *openings, struct bytes document,
                          struct problem *problem)
{
    struct expansion expansion = {
        .out = out, .openings = openings, .document = document, .problem = problem};
    struct record_fields fields = {0};
    struct err err = {0};
    bool ok = record_fields_read(&fields, document, &err) ? expand_fields(&expansion, &fields)
                                                          : problem_from_err(problem, &err);

    record_fields_cleanup(&fields);
    return ok;
}
