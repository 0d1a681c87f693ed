#include "schemas/byte_fields.h"

/* byte_fields.txt says the same; sorted by bytes. */
static const char *const NAMES[] = {
    "action_digest",
    "checkpoint_hash",
    "cose_key",
    "data_subject_keys",
    "digest",
    "edited_action_digest",
    "evaluations_digest",
    "events_digest",
    "jti_hash",
    "nonce",
    "original_run_id",
    "part_digests",
    "previous_seal_leaf_hash",
    "record_digest",
    "record_id",
    "root",
    "run_id",
    "run_ids",
    "span_id",
    "statement_id",
    "trace_id",
};

size_t byte_field_count(void)
{
    return sizeof(NAMES) / sizeof(NAMES[0]);
}

bool byte_field_is(struct bytes name)
{
    size_t begin = 0;
    size_t end = byte_field_count();

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        int order = bytes_compare(name, bytes_of_text(NAMES[middle]));

        if (order == 0)
            return true;
        if (order < 0)
            end = middle;
        else
            begin = middle + 1;
    }
    return false;
}
