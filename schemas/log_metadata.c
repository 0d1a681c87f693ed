#include "schemas/log_metadata.h"

#include <string.h>

#include "schemas/record_maker.h"

void log_record_id(uint8_t out[LOG_RECORD_ID_LEN], const char *origin, uint64_t index,
                   uint64_t number)
{
    struct buf content = {0};
    struct hash hash;

    buf_append_text(&content, "vouch/log-record/v1");
    buf_append_byte(&content, 0);
    buf_append_be64(&content, index);
    buf_append_be64(&content, number);
    buf_append_text(&content, origin);
    hash_sha256(&hash, bytes_of_buf(&content));
    memcpy(out, hash.bytes, LOG_RECORD_ID_LEN);
    out[6] = (uint8_t)(0x80 | (out[6] & 0x0f)); /* version */
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3f)); /* variant */
    buf_cleanup(&content);
}

/* Ends the map that is being made and puts it into another one. */
static void put_map(struct record_maker *maker, const char *name, struct record_maker *map)
{
    struct buf encoded = {0};

    record_maker_finish(map, &encoded);
    record_maker_put_encoded(maker, name, bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

static void put_header(struct record_maker *maker, const struct log_record_header *header,
                       const char *operation)
{
    struct record_maker actor = {0};

    record_maker_put_literal(maker, "type", "log-metadata");
    record_maker_put_literal(maker, "operation", operation);
    record_maker_put_uint(maker, "schema_version", 1);
    record_maker_put_bytes(maker, "record_id", bytes_of(header->record_id, LOG_RECORD_ID_LEN));
    record_maker_put_literal(maker, "tenant", LOG_TENANT);
    record_maker_put_uint(maker, "occurred_at_ms", header->occurred_at_ms);
    record_maker_put_uint(maker, "sequence_number", header->sequence_number);
    record_maker_put_literal(&actor, "kind", "system");
    record_maker_put_literal(&actor, "id", LOG_ACTOR);
    put_map(maker, "actor", &actor);
}

static void put_digest(struct record_maker *maker, const char *name, const struct hash *digest)
{
    struct record_maker map = {0};

    record_maker_put_literal(&map, "algorithm", "sha-256");
    record_maker_put_bytes(&map, "digest", hash_bytes(digest));
    put_map(maker, name, &map);
}

void log_metadata_append_rules(struct buf *out, const struct log_record_header *header,
                               const struct log_rules *rules)
{
    struct record_maker maker = {0};
    struct record_maker version = {0};
    struct record_maker thresholds = {0};

    put_header(&maker, header, "admission-rules");
    record_maker_put_text(&version, "id", rules->id);
    record_maker_put_text(&version, "version", rules->version);
    put_digest(&version, "content", &rules->schema_digest);
    put_map(&maker, "admission_rules", &version);
    put_digest(&maker, "rules_archive", &rules->archive_digest);
    record_maker_put_literal(&maker, "profile", rules->profile);
    for (size_t i = 0; i < rules->threshold_count; i++)
        record_maker_put_uint(&thresholds, rules->thresholds[i].name, rules->thresholds[i].value);
    if (rules->threshold_count > 0)
        put_map(&maker, "thresholds", &thresholds);
    record_maker_finish(&maker, out);
}

void log_metadata_append_key(struct buf *out, const struct log_record_header *header,
                             const struct log_key_binding *binding)
{
    struct record_maker maker = {0};
    struct record_maker map = {0};

    put_header(&maker, header, "key-rotation");
    record_maker_put_literal(&map, "purpose", binding->purpose);
    record_maker_put_literal(&map, "origin", binding->origin);
    record_maker_put_bytes(&map, "cose_key", binding->cose_key);
    record_maker_put_uint(&map, "begin_size", binding->begin_size);
    put_map(&maker, "key_binding", &map);
    record_maker_finish(&maker, out);
}

void log_metadata_append_issuer(struct buf *out, const struct log_record_header *header,
                                const struct log_trusted_issuer *issuer)
{
    struct record_maker maker = {0};
    struct record_maker map = {0};
    struct buf roles = {0};

    put_header(&maker, header, "trust-anchor");
    record_maker_put_text(&map, "iss", issuer->iss);
    record_maker_put_bytes(&map, "cose_key", issuer->cose_key);
    dcbor_put_array(&roles, issuer->role_count);
    for (size_t i = 0; i < issuer->role_count; i++)
        dcbor_put_text(&roles, issuer->roles[i]);
    record_maker_put_encoded(&map, "roles", bytes_of_buf(&roles));
    put_map(&maker, "trusted_issuer", &map);
    buf_cleanup(&roles);
    record_maker_finish(&maker, out);
}

static void append_refusal_count(struct buf *out, const struct log_refusal_count *row)
{
    static const struct hash zeros;
    struct record_maker map = {0};

    if (row->iss.len > 0)
        record_maker_put_text(&map, "iss", row->iss);
    record_maker_put_literal(&map, "rule", row->rule);
    record_maker_put_literal(&map, "code", row->code);
    record_maker_put_uint(&map, "refusal_count", row->count);
    if (!hash_equal(&row->first, &zeros))
        put_digest(&map, "first_refused", &row->first);
    record_maker_finish(&map, out);
}

void log_metadata_append_refused(struct buf *out, const struct log_record_header *header,
                                 const struct log_refusal_count *rows, size_t count)
{
    struct record_maker maker = {0};
    struct buf array = {0};

    put_header(&maker, header, "refused");
    dcbor_put_array(&array, count);
    for (size_t i = 0; i < count; i++)
        append_refusal_count(&array, &rows[i]);
    record_maker_put_encoded(&maker, "refusals", bytes_of_buf(&array));
    buf_cleanup(&array);
    record_maker_finish(&maker, out);
}

void log_metadata_append_token_check(struct buf *out, const struct log_record_header *header,
                                     const struct log_token_check *check)
{
    struct record_maker maker = {0};
    struct record_maker map = {0};
    struct record_maker approval = {0};

    put_header(&maker, header, "token-check");
    record_maker_put_bytes(&approval, "record_id", check->record_id);
    record_maker_put_text(&approval, "iss", check->approval_issuer);
    record_maker_put_bytes(&approval, "record_digest", check->record_digest);
    record_maker_put_uint(&approval, "index", check->approval_index);
    record_maker_put_text(&map, "tenant", check->tenant);
    put_map(&map, "approval", &approval);
    record_maker_put_text(&map, "iss", check->iss);
    record_maker_put_bytes(&map, "jti_hash", hash_bytes(&check->jti_hash));
    put_digest(&map, "key_set", &check->key_set);
    record_maker_put_uint(&map, "checked_at_ms", check->checked_at_ms);
    put_map(&maker, "token_check", &map);
    record_maker_finish(&maker, out);
}

void log_metadata_append_anchor(struct buf *out, const struct log_record_header *header,
                                const struct log_anchor *anchor)
{
    struct record_maker maker = {0};
    struct record_maker map = {0};
    struct record_maker proof = {0};

    put_header(&maker, header, "anchor");
    record_maker_put_text(&maker, "idempotency_key", anchor->idempotency_key);
    record_maker_put_literal(&map, "kind", anchor->kind);
    record_maker_put_uint(&map, "size", anchor->size);
    record_maker_put_bytes(&map, "root", hash_bytes(&anchor->root));
    record_maker_put_text(&map, "location", anchor->location);
    record_maker_put_literal(&proof, "algorithm", "sha-256");
    record_maker_put_bytes(&proof, "digest", hash_bytes(&anchor->proof_digest));
    record_maker_put_uint(&proof, "length_bytes", anchor->proof_len);
    record_maker_put_literal(&proof, "media_type", anchor->proof_type);
    put_map(&map, "proof", &proof);
    put_map(&maker, "anchor", &map);
    record_maker_finish(&maker, out);
}
