/*
 * Any bytes as a payload: what is deterministic CBOR gets the same verdict from the rule "payload"
 * of the schema, read as CDDL, as from the log's own way by the text of "type"; other bytes get
 * some verdict.
 */
#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "tests/fuzz/fuzz.h"

static const struct record_schema *schema(void)
{
    static struct record_schema *loaded;
    struct err err = {0};

    if (loaded == NULL)
        CHECK(record_schema_load(&loaded, NULL, 0, &err));
    return loaded;
}

/* By the type of a lone record that only the log writes. */
static bool is_of_log(struct bytes payload)
{
    struct record_reader reader = record_reader_of(payload);
    const struct record_schema_type *type;
    struct record record;

    if (reader.count != 1 || !record_next(&reader, &record))
        return false;
    type = record_schema_find(schema(), record.type);
    return type != NULL && record_schema_type_is_of_log(type);
}

static void compare(struct bytes payload, bool accepted)
{
    struct problem problem = {0};
    size_t count;

    if (record_check_payload(payload, &count, &problem) && is_of_log(payload))
        return;
    CHECK(record_validate_payload(schema(), payload, &count, &problem) == accepted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cddl *cddl = record_schema_cddl(schema());
    struct bytes payload = bytes_of(data, size);
    struct cddl_mismatch mismatch;
    struct err err = {0};
    bool accepted = cddl_check(cddl, cddl_find(cddl, "payload"), payload, &mismatch);

    if (!accepted) {
        CHECK(text_is_utf8(bytes_of_text(mismatch.path)));
        CHECK(text_is_utf8(bytes_of_text(mismatch.have)) && mismatch.have[0] != 0);
        CHECK(text_is_utf8(bytes_of_text(mismatch.want)) && mismatch.want[0] != 0);
    }
    if (dcbor_check(payload, &err))
        compare(payload, accepted);
    return 0;
}
