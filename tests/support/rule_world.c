#include "tests/support/rule_world.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/key.h"
#include "schemas/record.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_json.h"
#include "tests/support/rule_streams.h"
#include "tests/support/rule_transcript.h"

enum { NAMES_MAX = 64, RECORDS_MAX = 64, ISSUERS_MAX = 32, NOW_MS_FIRST = 1800000000 };

struct named {
    char name[64];
    uint8_t record_id[16];
    struct hash digest;
    char issuer[64];
    json_t *record;
};

struct rule_world {
    struct facts *facts;
    struct rule_transcript *transcript; /* NULL: none */
    rule_listener_fn listener; /* NULL: none */
    void *listener_context;
    struct admission *admission;
    uint64_t now_ms;
    uint64_t index;
    uint64_t next_record;
    uint64_t next_unique;
    struct named names[NAMES_MAX];
    size_t name_count;
    struct named last;
    struct buf records[RECORDS_MAX]; /* of the statement being made */
    size_t record_count;
    struct rule_streams streams;
    struct { char id[64]; struct signer *signer; } issuers[ISSUERS_MAX];
    size_t issuer_count;
    char issuer_list[512]; /* their ids, separated by commas */
    bool refused;
    char tenant[RULE_NAME_MAX];
    char verdict[1024];
    const struct rule *refused_by;
    struct rule_finding finding;
    struct admission_flag flags[256];
    size_t flag_count;
};

/* ---- "@…" ---- */

static const struct named *find_name(const struct rule_world *world, const char *name, size_t len)
{
    for (size_t i = 0; i < world->name_count; i++) {
        if (strlen(world->names[i].name) == len && memcmp(world->names[i].name, name, len) == 0)
            return &world->names[i];
    }
    fail_msg("no record is called %.*s", (int)len, name);
    return NULL;
}

/* 32 bytes that nothing else has. */
static json_t *make_unique(struct rule_world *world)
{
    struct buf number = {0};
    struct hash hash;

    buf_append_be64(&number, rule_transcript_salt(world->transcript) + world->next_unique++);
    hash_sha256(&hash, bytes_of_buf(&number));
    buf_cleanup(&number);
    return rule_json_bytes(hash.bytes, HASH_LEN);
}

static json_t *expand(struct rule_world *world, const char *text)
{
    size_t len = strcspn(text, "/.");
    const char *part = text + len;
    const struct named *named;

    if (strcmp(text, "@unique") == 0)
        return make_unique(world);
    if (strncmp(text, "@now_s", 6) == 0)
        return json_integer((json_int_t)(world->now_ms / 1000) + atoll(text + 6));
    if (strncmp(text, "@now", 4) == 0)
        return json_integer((json_int_t)world->now_ms + atoll(text + 4));
    named = find_name(world, text + 1, len - 1);
    if (part[0] == '.')
        return json_incref(json_object_get(named->record, part + 1));
    if (strcmp(part, "/id") == 0)
        return rule_json_bytes(named->record_id, sizeof(named->record_id));
    if (part[0] == '/')
        return rule_json_bytes(named->digest.bytes, HASH_LEN);
    return json_pack("{s:o, s:s, s:o}", "record_id",
                     rule_json_bytes(named->record_id, sizeof(named->record_id)), "iss",
                     named->issuer, "record_digest",
                     rule_json_bytes(named->digest.bytes, HASH_LEN));
}

/* The value with its "@…" replaced; NULL for null, which leaves the member out. */
static json_t *resolve(struct rule_world *world, const char *name, json_t *value)
{
    const char *key;
    json_t *member;
    json_t *out;
    size_t i;

    if (json_is_null(value))
        return NULL;
    if (json_is_string(value) && json_string_value(value)[0] == '@' &&
        strcmp(json_string_value(value), "@action-digest") != 0)
        return expand(world, json_string_value(value));
    if (json_is_string(value))
        return rule_transcript_text(world->transcript, name, value, world->issuer_list);
    if (json_is_object(value)) {
        out = json_object();
        json_object_foreach (value, key, member) {
            json_t *resolved = resolve(world, key, member);

            if (resolved != NULL)
                json_object_set_new(out, key, resolved);
        }
        return out;
    }
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach (value, i, member)
            json_array_append_new(out, resolve(world, name, member));
        return out;
    }
    return json_incref(value);
}

/* ---- the header ---- */

static void fill_header(struct rule_world *world, const char *issuer, const char *type,
                        json_t *record)
{
    uint8_t id[16] = {0x01, 0x9a};

    json_object_set_new(record, "type", json_string(type));
    rule_json_set_default(record, "schema_version", json_integer(1));
    if (strcmp(type, "seal") == 0)
        return;
    world->next_record++;
    for (int i = 0; i < 8; i++)
        id[8 + i] = (uint8_t)(world->next_record >> (56 - 8 * i));
    rule_json_set_default(record, "record_id", rule_json_bytes(id, sizeof(id)));
    rule_json_set_default(record, "tenant", json_string(world->tenant));
    if (strcmp(type, "gate-grant") == 0)
        return;
    rule_json_set_default(record, "occurred_at_ms", json_integer((json_int_t)world->now_ms));
    if (json_object_get(record, "sequence_number") == NULL)
        json_object_set_new(
            record, "sequence_number",
            json_integer((json_int_t)rule_streams_take(&world->streams, issuer, record)));
    rule_json_set_default(record, "actor",
                          json_pack("{s:s, s:s}", "kind", "service", "id", issuer));
}

/* ---- statements ---- */

static void remember_last(struct rule_world *world, const char *issuer, json_t *record,
                          struct bytes encoded)
{
    struct buf id = {0};

    assert_true(text_parse_base64url(
        &id, bytes_of_text(json_string_value(json_object_get(record, "record_id")))));
    memcpy(world->last.record_id, id.data, sizeof(world->last.record_id));
    snprintf(world->last.issuer, sizeof(world->last.issuer), "%s", issuer);
    json_decref(world->last.record);
    world->last.record = json_incref(record);
    record_digest(&world->last.digest, bytes_of_text(issuer), encoded);
    buf_cleanup(&id);
}

static const char *name_of(const struct rule_world *world, const char *issuer,
                           char in_world[RULE_NAME_MAX])
{
    return issuer == NULL ? "vouch.example/test"
                          : rule_transcript_name(world->transcript, issuer, in_world);
}

void rule_world_add(struct rule_world *world, const char *issuer, const char *type,
                    const char *json)
{
    char in_world[RULE_NAME_MAX];
    const char *name = name_of(world, issuer, in_world);
    json_t *record = rule_json_template(type);
    json_error_t error;
    json_t *changes = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    struct buf *out;
    json_t *resolved;

    if (changes == NULL)
        fail_msg("%s in %s", error.text, json);
    assert_true(world->record_count < RECORDS_MAX);
    json_object_update(record, changes);
    resolved = resolve(world, NULL, record);
    fill_header(world, name, type, resolved);
    rule_json_fill_action_digest(resolved, "action_digest");
    rule_json_fill_action_digest(resolved, "edited_action_digest");
    out = &world->records[world->record_count++];
    rule_json_encode(out, resolved);
    if (json_object_get(resolved, "record_id") != NULL)
        remember_last(world, name, resolved, bytes_of_buf(out));
    json_decref(resolved);
    json_decref(changes);
    json_decref(record);
}

static void describe(struct rule_world *world)
{
    struct buf text = {0};

    if (world->refused_by != NULL) {
        buf_append_format(&text, "%s %s %s: have %s, want %s", world->refused_by->name,
                          world->refused_by->code, world->finding.path, world->finding.have,
                          world->finding.want);
    } else {
        for (size_t i = 0; i < world->flag_count; i++)
            buf_append_format(&text, "%s%s %s", i == 0 ? "flags: " : ", ",
                              world->flags[i].rule->name, world->flags[i].rule->code);
    }
    snprintf(world->verdict, sizeof(world->verdict), "%s", buf_text(&text));
    buf_cleanup(&text);
}

static void keep_verdict(struct rule_world *world, const struct admission_verdict *verdict)
{
    world->refused_by = verdict->refused_by;
    world->finding = verdict->finding;
    world->flag_count = verdict->flag_count;
    assert_true(verdict->flag_count <= sizeof(world->flags) / sizeof(world->flags[0]));
    if (verdict->flag_count > 0)
        memcpy(world->flags, verdict->flags, verdict->flag_count * sizeof(world->flags[0]));
    describe(world);
}

static void append_payload(struct buf *out, struct rule_world *world)
{
    if (world->record_count > 1)
        dcbor_put_array(out, world->record_count);
    for (size_t i = 0; i < world->record_count; i++) {
        buf_append_bytes(out, bytes_of_buf(&world->records[i]));
        buf_cleanup(&world->records[i]);
    }
    world->record_count = 0;
}

/* NULL for somebody without a key. */
static struct signer *signer_of(const struct rule_world *world, const char *issuer)
{
    for (size_t i = 0; issuer != NULL && i < world->issuer_count; i++) {
        if (strcmp(world->issuers[i].id, issuer) == 0)
            return world->issuers[i].signer;
    }
    return NULL;
}

bool rule_world_submit_payload(struct rule_world *world, const char *issuer, struct bytes payload)
{
    struct signer *signer = signer_of(world, issuer);
    char in_world[RULE_NAME_MAX];
    struct hash nobody = {{0}};
    struct admission_verdict verdict;
    struct problem problem;
    struct err err = {0};
    size_t count;
    struct admission_entry entry = {
        .issuer = bytes_of_text(name_of(world, issuer, in_world)),
        .kid = hash_bytes(signer == NULL ? &nobody : public_key_thumbprint(signer->public_key)),
        .is_of_log = issuer == NULL,
        .index = world->index,
        .received_at_ms = world->now_ms,
        .payload = payload,
    };

    if (!record_check_payload(entry.payload, &count, &problem))
        fail_msg("%s %s", problem.detail, problem.path);
    if (world->listener != NULL)
        world->listener(world->listener_context, &entry, signer);
    if (!admission_decide(world->admission, &entry, &verdict, &err))
        fail_msg("%s", err.text);
    rule_transcript_statement(world->transcript, &entry, signer, &verdict);
    keep_verdict(world, &verdict);
    rule_streams_settle(&world->streams, verdict.refused_by == NULL);
    if (verdict.refused_by == NULL)
        world->index += 2; /* the entry, and the seal of its commit */
    facts_reset(world->facts);
    return verdict.refused_by == NULL;
}

bool rule_world_submit(struct rule_world *world, const char *issuer)
{
    struct buf payload = {0};
    bool ok;

    append_payload(&payload, world);
    ok = rule_world_submit_payload(world, issuer, bytes_of_buf(&payload));
    buf_cleanup(&payload);
    return ok;
}

bool rule_world_say(struct rule_world *world, const char *issuer, const char *type,
                    const char *json)
{
    rule_world_add(world, issuer, type, json);
    return rule_world_submit(world, issuer);
}

void rule_world_must(struct rule_world *world, const char *issuer, const char *type,
                     const char *json)
{
    if (!rule_world_say(world, issuer, type, json))
        fail_msg("%s in %s %s", rule_world_verdict(world), type, json);
}

void rule_world_name(struct rule_world *world, const char *name)
{
    size_t i = 0;

    while (i < world->name_count && strcmp(world->names[i].name, name) != 0)
        i++;
    if (i == world->name_count) {
        assert_true(world->name_count < NAMES_MAX);
        world->name_count++;
    }
    json_decref(world->names[i].record);
    snprintf(world->last.name, sizeof(world->last.name), "%s", name);
    json_incref(world->last.record);
    world->names[i] = world->last;
}

struct bytes rule_world_named_id(const struct rule_world *world, const char *name)
{
    return bytes_of(find_name(world, name, strlen(name))->record_id, 16);
}

static void keep_issuer(struct rule_world *world, const char *id, struct signer *signer)
{
    size_t len = strlen(world->issuer_list);

    assert_true(world->issuer_count < ISSUERS_MAX);
    snprintf(world->issuers[world->issuer_count].id, sizeof(world->issuers[0].id), "%s", id);
    world->issuers[world->issuer_count++].signer = signer;
    snprintf(world->issuer_list + len, sizeof(world->issuer_list) - len, ",%s", id);
}

void rule_world_issuer(struct rule_world *world, const char *id, const char *roles)
{
    rule_world_issuer_of(world, id, roles, NULL);
}

void rule_world_issuer_of(struct rule_world *world, const char *id, const char *roles,
                          const char *tenant)
{
    struct signer *signer = NULL;
    struct buf pem = {0};
    struct buf cose = {0};
    struct err err = {0};
    char in_world[RULE_NAME_MAX];
    json_t *record;
    char *text;

    assert_true(signer_generate(&signer, &pem, KEY_P256, &err));
    public_key_append_cose(&cose, signer->public_key);
    record = json_pack("{s:s, s:n, s:{s:s, s:o, s:o}}", "operation", "trust-anchor",
                       "admission_rules", "trusted_issuer", "iss", name_of(world, id, in_world),
                       "cose_key", rule_json_bytes(cose.data, cose.len), "roles",
                       rule_json_split(roles));
    if (tenant != NULL)
        json_object_set_new(json_object_get(record, "trusted_issuer"), "tenants",
                            rule_json_split(tenant));
    text = json_dumps(record, 0);
    if (!rule_world_say(world, NULL, "log-metadata", text))
        fail_msg("%s", world->verdict);
    keep_issuer(world, id, signer);
    free(text);
    json_decref(record);
    buf_cleanup(&cose);
    buf_cleanup(&pem);
}

struct rule_world *rule_world_new_empty(void)
{
    struct rule_world *world = mem_alloc(sizeof(*world));
    char in_world[RULE_NAME_MAX];

    world->transcript = rule_transcript_new();
    snprintf(world->tenant, sizeof(world->tenant), "%s",
             rule_transcript_name(world->transcript, "acme", in_world));
    world->facts = facts_new(NULL);
    world->admission = admission_new(world->facts);
    world->now_ms = NOW_MS_FIRST * UINT64_C(1000);
    return world;
}

struct rule_world *rule_world_new(enum profile profile)
{
    struct rule_world *world = rule_world_new_empty();

    if (!rule_world_say(world, NULL, "log-metadata",
                        profile == PROFILE_STRICT ? "{\"profile\": \"strict\"}"
                                                  : "{\"profile\": \"observe\"}"))
        fail_msg("%s", world->verdict);
    return world;
}

void rule_world_free(struct rule_world *world)
{
    admission_free(world->admission);
    facts_free(world->facts);
    for (size_t i = 0; i < world->name_count; i++)
        json_decref(world->names[i].record);
    for (size_t i = 0; i < world->issuer_count; i++)
        signer_close(world->issuers[i].signer);
    json_decref(world->last.record);
    rule_transcript_free(world->transcript);
    free(world);
}

void rule_world_listen(struct rule_world *world, rule_listener_fn listener, void *context)
{
    world->listener = listener;
    world->listener_context = context;
}

void rule_world_advance(struct rule_world *world, uint64_t ms)
{
    world->now_ms += ms;
}

struct facts *rule_world_facts(struct rule_world *world)
{
    return world->facts;
}

struct bytes rule_world_tenant(const struct rule_world *world)
{
    return bytes_of_text(world->tenant);
}

struct admission *rule_world_admission(struct rule_world *world)
{
    return world->admission;
}

void rule_world_leave_out(struct rule_world *world, const char *rule, const char *code)
{
    assert_true(admission_leave_out(world->admission, rule, code));
    rule_transcript_left_out(world->transcript, rule, code);
}

uint64_t rule_world_size(const struct rule_world *world)
{
    return world->index;
}

bool rule_world_is_refused_by(const struct rule_world *world, const char *rule, const char *code)
{
    return world->refused_by != NULL && strcmp(world->refused_by->name, rule) == 0 &&
           strcmp(world->refused_by->code, code) == 0;
}

void rule_world_assert_refused(const struct rule_world *world, const char *rule, const char *code,
                               const char *path)
{
    if (!rule_world_is_refused_by(world, rule, code) ||
        (path != NULL && strcmp(world->finding.path, path) != 0))
        fail_msg("expected %s %s %s, got \"%s\"", rule, code, path == NULL ? "" : path,
                 world->verdict);
}

bool rule_world_is_flagged(const struct rule_world *world, const char *rule, const char *code)
{
    for (size_t i = 0; i < world->flag_count; i++) {
        if (strcmp(world->flags[i].rule->name, rule) == 0 &&
            strcmp(world->flags[i].rule->code, code) == 0)
            return true;
    }
    return false;
}

const char *rule_world_verdict(const struct rule_world *world)
{
    return world->verdict;
}
