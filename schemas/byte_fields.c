#include "schemas/byte_fields.h"

#define NAME(text) {(const uint8_t *)(text), sizeof(text) - 1}

/* byte_fields.txt says the same, and so does the CDDL. */
static const struct bytes KNOWN[] = {
    NAME("action_digest"),
    NAME("checkpoint_hash"),
    NAME("cose_key"),
    NAME("data_subject_keys"),
    NAME("digest"),
    NAME("edited_action_digest"),
    NAME("evaluations_digest"),
    NAME("events_digest"),
    NAME("jti_hash"),
    NAME("nonce"),
    NAME("original_run_id"),
    NAME("part_digests"),
    NAME("previous_seal_leaf_hash"),
    NAME("record_digest"),
    NAME("record_id"),
    NAME("root"),
    NAME("run_id"),
    NAME("run_ids"),
    NAME("span_id"),
    NAME("statement_id"),
    NAME("trace_id"),
};

const struct byte_fields *byte_fields_known(void)
{
    static const struct byte_fields known = {KNOWN, sizeof(KNOWN) / sizeof(KNOWN[0])};

    return &known;
}

bool byte_fields_have(const struct byte_fields *fields, struct bytes name)
{
    size_t begin = 0;
    size_t end = fields->count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        int order = bytes_compare(name, fields->names[middle]);

        if (order == 0)
            return true;
        if (order < 0)
            end = middle;
        else
            begin = middle + 1;
    }
    return false;
}
