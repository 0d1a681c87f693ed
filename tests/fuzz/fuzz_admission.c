/*
 * Any records, valid or not, said by somebody who may say everything, and then by the log: the
 * verdict and the facts left are the same each time, and what is refused leaves none.
 */
#include "schemas/key.h"
#include "schemas/record.h"
#include "schemas/rules/admission.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/facts_below.h"
#include "tests/support/sample_records.h"

#define ISSUER "engine.example"

/* What is committed: the issuer and its key. */
struct world {
    struct facts *facts;
    struct facts_below below;
    struct hash kid;
};

/* What came out of one decision. */
struct outcome {
    const struct rule *refused_by;
    size_t flag_count;
    struct hash facts; /* over all that changed */
};

/* What is wrong is flagged where it may be, so that more rules are asked. */
static void put_settings(struct facts *facts)
{
    struct record_fields fields = {0};
    struct buf record = {0};
    struct err err = {0};

    dcbor_put_map(&record, 1);
    dcbor_put_literal(&record, "profile");
    dcbor_put_literal(&record, "observe");
    CHECK(record_fields_read(&fields, bytes_of_buf(&record), &err));
    settings_put(facts, fields.fields);
    record_fields_cleanup(&fields);
    buf_cleanup(&record);
}

/* log-metadata "trust-anchor" for an issuer whose roles permit everything that issuers write. */
static void append_anchor(struct buf *out, struct bytes cose_key)
{
    static const char *const roles[] = {"admin", "approval-service", "importer"};

    dcbor_put_map(out, 3);
    dcbor_put_literal(out, "type");
    dcbor_put_literal(out, "log-metadata");
    dcbor_put_literal(out, "operation");
    dcbor_put_literal(out, "trust-anchor");
    dcbor_put_literal(out, "trusted_issuer");
    dcbor_put_map(out, 3);
    dcbor_put_literal(out, "iss");
    dcbor_put_literal(out, ISSUER);
    dcbor_put_literal(out, "roles");
    dcbor_put_array(out, sizeof(roles) / sizeof(roles[0]));
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        dcbor_put_literal(out, roles[i]);
    dcbor_put_literal(out, "cose_key");
    dcbor_put_bytes(out, cose_key);
}

static void make_world(struct world *out)
{
    struct signer *signer = NULL;
    struct record_fields fields = {0};
    struct buf cose_key = {0};
    struct buf record = {0};
    struct buf pem = {0};
    struct err err = {0};

    CHECK(signer_generate(&signer, &pem, KEY_P256, &err));
    public_key_append_cose(&cose_key, signer->public_key);
    out->kid = *public_key_thumbprint(signer->public_key);
    append_anchor(&record, bytes_of_buf(&cose_key));
    CHECK(record_fields_read(&fields, bytes_of_buf(&record), &err));
    out->facts = facts_new(NULL);
    put_settings(out->facts);
    principals_anchor(out->facts, field_get(fields.fields, "trusted_issuer"), 0);
    facts_below_init(&out->below, out->facts);
    record_fields_cleanup(&fields);
    signer_close(signer);
    buf_cleanup(&cose_key);
    buf_cleanup(&record);
    buf_cleanup(&pem);
}

static void decide(struct outcome *out, struct world *world, const struct admission_entry *entry)
{
    struct facts *facts = facts_new(&world->below.base);
    struct admission *admission = admission_new(facts);
    const struct fact_change *changes;
    struct admission_verdict verdict;
    struct hasher hasher;
    struct err err = {0};
    size_t count;

    admission_keep_mentions(admission);
    CHECK(admission_decide(admission, entry, &verdict, &err));
    changes = facts_changes(facts, &count);
    CHECK(verdict.refused_by == NULL || (count == 0 && verdict.finding.want[0] != 0));
    hasher_init(&hasher);
    for (size_t i = 0; i < count; i++) {
        hasher_update(&hasher, changes[i].key);
        hasher_update(&hasher, changes[i].value);
    }
    *out = (struct outcome){.refused_by = verdict.refused_by, .flag_count = verdict.flag_count};
    hasher_final(&hasher, &out->facts);
    admission_free(admission);
    facts_free(facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct admission_entry entry = {.issuer = bytes_of_text(ISSUER),
                                    .payload = bytes_of(data, size),
                                    .index = 10,
                                    .received_at_ms = SAMPLE_AT_MS};
    struct problem problem = {0};
    struct outcome outcomes[2];
    size_t count;

    if (world.facts == NULL)
        make_world(&world);
    if (!record_check_payload(entry.payload, &count, &problem))
        return 0;
    entry.kid = hash_bytes(&world.kid);
    for (unsigned i = 0; i < 2; i++) {
        entry.is_of_log = i == 1;
        decide(&outcomes[0], &world, &entry);
        decide(&outcomes[1], &world, &entry);
        CHECK(outcomes[0].refused_by == outcomes[1].refused_by);
        CHECK(outcomes[0].flag_count == outcomes[1].flag_count);
        CHECK(hash_equal(&outcomes[0].facts, &outcomes[1].facts));
    }
    return 0;
}
