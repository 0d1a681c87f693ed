#include "tests/support/rule_transcript.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/statement.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rule_json.h"

struct rule_transcript {
    FILE *file;
    char world[32];   /* unique in all transcripts of one directory */
    uint64_t number;  /* of the world, from 1 */
    uint64_t said;    /* statements so far: no two are the same */
};

struct rule_transcript *rule_transcript_new(void)
{
    static uint64_t worlds;
    const char *path = getenv("VOUCH_RULE_TRANSCRIPT");
    struct rule_transcript *out;
    const char *name;

    if (path == NULL)
        return NULL;
    out = mem_alloc(sizeof(*out));
    out->file = fopen(path, "a");
    assert_non_null(out->file);
    name = strrchr(path, '/');
    out->number = ++worlds;
    snprintf(out->world, sizeof(out->world), "%.16sw%u", name == NULL ? path : name + 1,
             (unsigned)out->number);
    return out;
}

void rule_transcript_free(struct rule_transcript *transcript)
{
    if (transcript == NULL)
        return;
    fclose(transcript->file);
    free(transcript);
}

const char *rule_transcript_name(const struct rule_transcript *transcript, const char *name,
                                 char out[RULE_NAME_MAX])
{
    if (transcript == NULL)
        return name;
    snprintf(out, RULE_NAME_MAX, "%.30s-%s", name, transcript->world);
    return out;
}

static bool is_in_list(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = strstr(list, name); len > 0 && at != NULL; at = strstr(at + 1, name)) {
        if ((at == list || at[-1] == ',') && (at[len] == ',' || at[len] == 0))
            return true;
    }
    return false;
}

/* "engine" is an issuer, and a role; "service" an issuer, and a kind. */
static bool names_principal(const char *key)
{
    static const char *const keys[] = {"id", "iss", "granted_to", "on_behalf_of", "authors"};

    for (size_t i = 0; key != NULL && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static bool is_own(const char *key, const char *text, const char *issuers)
{
    static const char *const prefixes[] = {"usr_", "agt_", "agent_"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return strcmp(text, "acme") == 0 || (names_principal(key) && is_in_list(issuers, text));
}

json_t *rule_transcript_text(const struct rule_transcript *transcript, const char *key,
                             json_t *text, const char *issuers)
{
    char name[RULE_NAME_MAX];

    if (transcript == NULL || !is_own(key, json_string_value(text), issuers))
        return json_incref(text);
    return json_string(rule_transcript_name(transcript, json_string_value(text), name));
}

uint64_t rule_transcript_salt(const struct rule_transcript *transcript)
{
    struct hash hash;

    if (transcript == NULL)
        return 0;
    hash_sha256(&hash, bytes_of_text(transcript->world));
    return (uint64_t)hash.bytes[0] << 56 | (uint64_t)hash.bytes[1] << 48 |
           (uint64_t)hash.bytes[2] << 40 | (uint64_t)hash.bytes[3] << 32;
}

/* ---- lines ---- */

static void write_line(struct rule_transcript *transcript, json_t *line)
{
    json_object_set_new(line, "world", json_string(transcript->world));
    assert_int_equal(json_dumpf(line, transcript->file, JSON_COMPACT), 0);
    fputc('\n', transcript->file);
    fflush(transcript->file);
    json_decref(line);
}

static json_t *row_name(const struct rule *rule)
{
    return json_sprintf("%s/%s", rule->name, rule->code);
}

void rule_transcript_left_out(struct rule_transcript *transcript, const char *rule,
                              const char *code)
{
    if (transcript != NULL)
        write_line(transcript,
                   json_pack("{s:o}", "left_out", json_sprintf("%s/%s", rule, code)));
}

static json_t *flags_of(const struct admission_verdict *verdict)
{
    json_t *flags = json_array();

    for (size_t i = 0; i < verdict->flag_count; i++)
        json_array_append_new(flags,
                              json_pack("[o, i]", row_name(verdict->flags[i].rule),
                                        (int)verdict->flags[i].record_number));
    return json_pack("{s:o}", "flags", flags);
}

static json_t *refusal_of(const struct admission_verdict *verdict)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "rule", verdict->refused_by->name, "code",
                     verdict->refused_by->code, "path", verdict->finding.path, "have",
                     verdict->finding.have, "want", verdict->finding.want);
}

static void sign(struct buf *out, struct rule_transcript *transcript,
                 const struct admission_entry *entry, struct signer *signer)
{
    char *issuer = mem_format("%.*s", (int)entry->issuer.len, (const char *)entry->issuer.data);
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_RECORDS,
                                      .issuer = issuer,
                                      .issued_at_s = 1700000000 + transcript->said++};
    struct err err = {0};

    if (!statement_sign(out, signer, &claims, entry->payload, &err))
        fail_msg("%s", err.text);
    free(issuer);
}

void rule_transcript_statement(struct rule_transcript *transcript,
                               const struct admission_entry *entry, struct signer *signer,
                               const struct admission_verdict *verdict)
{
    struct buf statement = {0};
    json_t *line;

    if (transcript == NULL)
        return;
    line = json_pack("{s:I, s:o}", "at_ms", (json_int_t)entry->received_at_ms, "verdict",
                     verdict->refused_by == NULL ? flags_of(verdict) : refusal_of(verdict));
    if (entry->is_of_log) {
        json_object_set_new(line, "says", rule_json_bytes(entry->payload.data, entry->payload.len));
    } else if (signer != NULL) {
        sign(&statement, transcript, entry, signer);
        json_object_set_new(line, "statement", rule_json_bytes(statement.data, statement.len));
    }
    write_line(transcript, line);
    buf_cleanup(&statement);
}
