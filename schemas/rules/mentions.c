#include "schemas/rules/mentions.h"

#include <string.h>

#include "base/text.h"
#include "schemas/rules/rule_cache.h"

enum { UUID_TEXT_LEN = 36, RUN_ID_LEN = 16, SUBJECT_LEN = 32, DEPTH_MAX = 8, VALUE_LEN_MAX = 700 };

/* How a value is taken from the field that a path leads to. */
enum taking {
    TAKE_TEXT,
    TAKE_BYTES,
    TAKE_VERSIONED, /* a map with id and version: "id" and "id@version" */
    TAKE_MODEL,     /* a model-reference */
};

/* One place where records name something; "[]" after a name means each item of that array. */
struct place {
    enum mention_kind kind;
    enum taking taking;
    uint32_t types; /* set of TYPE_BIT */
    const char *path;
};

#define BIT(type) TYPE_BIT(RECORD_##type)
#define MANIFEST (BIT(RUN_MANIFEST) | BIT(MANIFEST_PART))

static const struct place places[] = {
    {MENTION_TYPE, TAKE_TEXT, TYPES_ALL, "type"},
    {MENTION_RUN, TAKE_BYTES, TYPES_ALL, "run_id"},
    {MENTION_RUN, TAKE_BYTES, TYPES_ALL, "subject.run_id"},
    {MENTION_RUN, TAKE_BYTES, TYPES_ALL, "original_run_id"},
    {MENTION_RUN, TAKE_BYTES, BIT(RUN_START), "parent_run.run_id"},
    {MENTION_RUN, TAKE_BYTES, BIT(INCIDENT), "run_ids[]"},
    {MENTION_RUN, TAKE_BYTES, BIT(LIFECYCLE), "selection.run_ids[]"},
    {MENTION_RUN, TAKE_BYTES, MANIFEST, "artifacts[].prior_artifact.run_id"},
    {MENTION_WORKFLOW, TAKE_VERSIONED, TYPES_ALL, "workflow"},
    {MENTION_WORKFLOW, TAKE_VERSIONED, BIT(WORKFLOW_CHANGE), "target.to_version"},
    {MENTION_WORKFLOW, TAKE_VERSIONED, BIT(WORKFLOW_CHANGE), "target.from_version"},
    {MENTION_POLICY, TAKE_VERSIONED, TYPES_ALL, "policy"},
    {MENTION_POLICY, TAKE_VERSIONED, BIT(POLICY_VERSION), "replaces"},
    {MENTION_POLICY, TAKE_VERSIONED, BIT(RUN_MANIFEST), "policies[].policy"},
    {MENTION_POLICY, TAKE_VERSIONED, BIT(APPROVAL_REQUEST), "approval_matrix"},
    {MENTION_POLICY, TAKE_VERSIONED, BIT(APPROVAL), "auto_approval.threshold_policy"},
    {MENTION_POLICY, TAKE_VERSIONED, BIT(OVERRIDE), "bypassed[].policy"},
    {MENTION_MODEL, TAKE_MODEL, BIT(EXECUTION_EVENT), "model_call.request_model"},
    {MENTION_MODEL, TAKE_MODEL, BIT(EXECUTION_EVENT), "model_call.response_model"},
    {MENTION_MODEL, TAKE_MODEL, BIT(RUN_MANIFEST) | BIT(SUPPLIER), "models[]"},
    {MENTION_MODEL, TAKE_MODEL, BIT(WORKFLOW_CHANGE), "copilot.model"},
    {MENTION_ACTOR, TAKE_TEXT, TYPES_ALL, "actor.id"},
    {MENTION_ACTOR, TAKE_TEXT, TYPES_ALL, "actor.on_behalf_of"},
    {MENTION_ACTOR, TAKE_TEXT, BIT(RUN_START), "trigger.triggered_by"},
    {MENTION_ACTOR, TAKE_TEXT, BIT(APPROVAL_REQUEST), "requester"},
    {MENTION_ACTOR, TAKE_TEXT, BIT(WORKFLOW_CHANGE), "authors[]"},
    {MENTION_ACTOR, TAKE_TEXT, BIT(IDENTITY), "principal.id"},
    {MENTION_ACTOR, TAKE_TEXT, BIT(ACCESS_REVIEW), "review_items[].principal_id"},
    {MENTION_ACTOR, TAKE_TEXT, BIT(OVERRIDE), "second_actor.id"},
    {MENTION_ACTOR, TAKE_TEXT, BIT(OVERRIDE), "reviewer"},
    {MENTION_ACTOR, TAKE_TEXT, BIT(GATE_GRANT), "granted_to"},
    {MENTION_APPROVER, TAKE_TEXT, BIT(APPROVAL), "actor.id"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(EXECUTION_EVENT), "inputs[].content.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(EXECUTION_EVENT), "outputs[].content.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(EXECUTION_EVENT), "model_call.input.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(EXECUTION_EVENT), "model_call.output.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(EXECUTION_EVENT), "tool_call.input.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(EXECUTION_EVENT), "tool_call.output.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(POLICY_EVALUATION), "input.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(POLICY_EVALUATION), "output.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, MANIFEST, "artifacts[].content.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(RUN_MANIFEST), "result.content.digest"},
    {MENTION_ARTIFACT, TAKE_BYTES, BIT(EXPORT), "evidence_bundle.digest"},
    {MENTION_SUBJECT, TAKE_BYTES, MANIFEST, "artifacts[].data_subject_keys[]"},
    {MENTION_SUBJECT, TAKE_BYTES, BIT(RESTORATION), "data_subject_keys[]"},
    {MENTION_SUBJECT, TAKE_BYTES, BIT(LIFECYCLE), "selection.data_subject_keys[]"},
};

_Static_assert(sizeof(places) / sizeof(places[0]) <= MENTION_PLACES_MAX, "each has its last");

static const char *const kind_names[MENTION_KIND_COUNT] = {
    [MENTION_RUN] = "run",           [MENTION_WORKFLOW] = "workflow",
    [MENTION_POLICY] = "policy",     [MENTION_MODEL] = "model",
    [MENTION_ACTOR] = "actor",       [MENTION_APPROVER] = "approver",
    [MENTION_ARTIFACT] = "artifact", [MENTION_SUBJECT] = "subject",
    [MENTION_ISSUER] = "issuer",     [MENTION_FLAG] = "flag",
    [MENTION_TYPE] = "type",
};

bool mention_kind_find(enum mention_kind *out, struct bytes name)
{
    for (enum mention_kind kind = MENTION_RUN; kind < MENTION_KIND_COUNT; kind++) {
        if (bytes_equal_text(name, kind_names[kind])) {
            *out = kind;
            return true;
        }
    }
    return false;
}

const char *mention_kind_name(enum mention_kind kind)
{
    CHECK(kind >= MENTION_RUN && kind < MENTION_KIND_COUNT);
    return kind_names[kind];
}

/* 8-4-4-4-12 lower-case hex digits. */
static bool parse_uuid(struct buf *out, struct bytes text)
{
    char digits[2 * RUN_ID_LEN];
    uint8_t id[RUN_ID_LEN];
    size_t count = 0;

    if (text.len != UUID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_hyphen != (text.data[i] == '-'))
            return false;
        if (!is_hyphen)
            digits[count++] = (char)text.data[i];
    }
    if (!text_parse_hex(id, sizeof(id), bytes_of(digits, count)))
        return false;
    buf_append(out, id, sizeof(id));
    return true;
}

static bool parse_hex(struct buf *out, struct bytes text, size_t len_min, size_t len_max)
{
    size_t len = text.len / 2;
    size_t before = out->len;

    if (len < len_min || len > len_max || text.len % 2 != 0)
        return false;
    if (text_parse_hex(buf_extend(out, len), len, text))
        return true;
    out->len = before;
    return false;
}

bool mention_value_parse(struct buf *out, enum mention_kind kind, struct bytes text)
{
    switch (kind) {
    case MENTION_RUN:
        return parse_uuid(out, text);
    case MENTION_ARTIFACT:
        return parse_hex(out, text, 32, 64);
    case MENTION_SUBJECT:
        return parse_hex(out, text, SUBJECT_LEN, SUBJECT_LEN);
    default:
        if (text.len == 0 || text.len > VALUE_LEN_MAX || !text_is_utf8(text))
            return false;
        buf_append_bytes(out, text);
        return true;
    }
}

struct fact_key mention_key(enum mention_kind kind, struct bytes value)
{
    uint8_t byte = (uint8_t)kind;

    return fact_key_two(FACT_MENTION, bytes_of(&byte, 1), value);
}

static void put(const struct rule_context *context, enum mention_kind kind, struct bytes value)
{
    uint64_t index = context->statement->index;
    uint64_t bit = UINT64_C(1) << (index % MENTION_BLOCK);
    struct fact_key list = mention_key(kind, value);
    struct fact_key key = fact_key_item(&list, index / MENTION_BLOCK);
    struct buf encoded = {0};
    uint64_t bitmap = 0;
    struct bytes old;

    if (facts_get(context->facts, &key, &old)) {
        if (old.len != 8) {
            facts_fail(context->facts, "mentions");
            return;
        }
        bitmap = read_be64(old.data);
    }
    if ((bitmap & bit) != 0)
        return;
    buf_append_be64(&encoded, bitmap | bit);
    facts_put(context->facts, &key, bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

/* "stem" and "stem@version", where there is a version. */
static void put_versioned(const struct rule_context *context, enum mention_kind kind,
                          struct buf *stem, const struct field *version)
{
    put(context, kind, bytes_of_buf(stem));
    if (version == NULL)
        return;
    buf_append_byte(stem, '@');
    buf_append_bytes(stem, field_text(version));
    put(context, kind, bytes_of_buf(stem));
}

static void take(const struct rule_context *context, const struct place *place,
                 const struct field *field)
{
    struct bytes *last = &context->cache->mentions.last[place - places];
    struct buf text = {0};

    if (bytes_equal(*last, field->encoded))
        return;
    *last = field->encoded;
    switch (place->taking) {
    case TAKE_TEXT:
        if (field->type == DCBOR_TEXT)
            put(context, place->kind, field->string);
        break;
    case TAKE_BYTES:
        if (field->type == DCBOR_BYTES)
            put(context, place->kind, field->string);
        break;
    case TAKE_VERSIONED:
        buf_append_bytes(&text, field_text(field_get(field, "id")));
        put_versioned(context, place->kind, &text, field_get(field, "version"));
        break;
    case TAKE_MODEL:
        buf_append_bytes(&text, field_text(field_get(field, "provider")));
        buf_append_byte(&text, '/');
        buf_append_bytes(&text, field_text(field_get(field, "name")));
        put_versioned(context, place->kind, &text, field_get(field, "version"));
        break;
    }
    buf_cleanup(&text);
}

/* One name of a path and where the walk stands in it. */
struct step {
    const struct field *array; /* NULL: the name is no array */
    const struct field *item;
    const char *rest; /* of the path, behind this name */
};

/* Follows the next name of *path from map. Returns what it leads to; for an array its first item,
 * and *out_array is set. */
static const struct field *follow(const struct field *map, const char **path,
                                  const struct field **out_array)
{
    size_t len = strcspn(*path, ".[");
    bool is_array = (*path)[len] == '[';
    const struct field *field = field_get_len(map, *path, len);

    *path += is_array ? len + 2 : len;
    if (**path == '.')
        (*path)++;
    *out_array = is_array ? field : NULL;
    return is_array ? field_first(field) : field;
}

/* Every field that a path leads to, items of arrays one after the other. */
static void take_all(const struct rule_context *context, const struct place *place)
{
    struct step stack[DEPTH_MAX];
    size_t depth = 0;
    const char *path = place->path;
    const struct field *field = context->record;

    for (;;) {
        const struct field *array;

        while (field != NULL && *path != 0) {
            field = follow(field, &path, &array);
            if (array != NULL && field != NULL) {
                CHECK(depth < DEPTH_MAX);
                stack[depth++] = (struct step){array, field, path};
            }
        }
        if (field != NULL)
            take(context, place, field);
        do {
            if (depth == 0)
                return;
            field = field_next(stack[depth - 1].array, stack[depth - 1].item);
            stack[depth - 1].item = field;
            path = stack[depth - 1].rest;
        } while (field == NULL && depth-- > 0);
    }
}

void mentions_put(const struct rule_context *context, const char *const *codes, size_t code_count)
{
    if (!context->cache->mentions.has_issuer)
        put(context, MENTION_ISSUER, context->statement->issuer);
    context->cache->mentions.has_issuer = true;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if ((places[i].types & TYPE_BIT(context->type)) != 0)
            take_all(context, &places[i]);
    }
    for (size_t i = 0; i < code_count; i++)
        put(context, MENTION_FLAG, bytes_of_text(codes[i]));
}
