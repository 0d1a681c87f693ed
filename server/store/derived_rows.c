#include "server/store/derived_rows.h"

const char DERIVED_ROWS_KINDS[] = "fil";

void derived_rows_put_keys(struct database_batch *batch, const struct store_key *keys, size_t count)
{
    struct buf value = {0};

    for (size_t i = 0; i < count; i++) {
        struct format_key key = format_index_key(keys[i].index, &keys[i].hash);

        buf_clear(&value);
        format_encode_index(&value, keys[i].entry_index);
        database_batch_put(batch, format_key_bytes(&key), bytes_of_buf(&value));
    }
    buf_cleanup(&value);
}

void derived_rows_put_facts(struct database_batch *batch, const struct store_fact *facts,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct format_key key = format_fact_key(facts[i].key);

        database_batch_put(batch, format_key_bytes(&key), facts[i].value);
    }
}
