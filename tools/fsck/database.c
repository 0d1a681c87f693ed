#include "tools/fsck/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <leveldb/c.h>

enum { REASON_LEN = 256 };

struct database {
    leveldb_t *db;
    leveldb_options_t *options;
    leveldb_readoptions_t *read_options;
    leveldb_readoptions_t *scan_options;
};

struct rows {
    leveldb_iterator_t *iterator;
    char kind;
    bool started;
};

static void key_of_number(uint8_t *out, char kind, uint64_t number)
{
    out[0] = (uint8_t)kind;
    for (unsigned i = 0; i < 8; i++)
        out[1 + i] = (uint8_t)(number >> (56 - 8 * i));
}

struct database *database_open(const char *path, char *text, bool *out_unavailable)
{
    struct database *database = calloc(1, sizeof(*database));
    char *message = NULL;

    if (database == NULL)
        abort();
    database->options = leveldb_options_create();
    leveldb_options_set_paranoid_checks(database->options, 1);
    database->read_options = leveldb_readoptions_create();
    leveldb_readoptions_set_verify_checksums(database->read_options, 1);
    database->scan_options = leveldb_readoptions_create();
    leveldb_readoptions_set_verify_checksums(database->scan_options, 1);
    leveldb_readoptions_set_fill_cache(database->scan_options, 0);
    database->db = leveldb_open(database->options, path, &message);
    if (database->db != NULL)
        return database;
    snprintf(text, REASON_LEN, "%s", message);
    *out_unavailable = strstr(message, "lock") != NULL || strstr(message, "does not exist") != NULL;
    leveldb_free(message);
    database_close(database);
    return NULL;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    if (database->db != NULL)
        leveldb_close(database->db);
    leveldb_options_destroy(database->options);
    leveldb_readoptions_destroy(database->read_options);
    leveldb_readoptions_destroy(database->scan_options);
    free(database);
}

/* The value, to be freed with leveldb_free; NULL when there is none or it cannot be read. */
static uint8_t *get(struct database *database, const uint8_t *key, size_t key_len, size_t *out_len)
{
    char *message = NULL;
    char *value = leveldb_get(database->db, database->read_options, (const char *)key, key_len,
                              out_len, &message);

    if (message == NULL)
        return (uint8_t *)value;
    leveldb_free(message);
    return NULL;
}

bool database_read_card(struct database *database, struct card_row *out)
{
    const uint8_t key[] = {'c'};
    size_t len;
    uint8_t *value = get(database, key, 1, &len);
    bool ok = value != NULL && len > 35 && len <= 35 + ORIGIN_TEXT_MAX &&
              number_of(value, 2) == 2 && value[2] <= 1;

    if (ok) {
        memset(out, 0, sizeof(*out));
        out->opaque = value[2] == 1;
        memcpy(out->origin, value + 35, len - 35);
    }
    leveldb_free(value);
    return ok;
}

bool database_read_state(struct database *database, struct state_row *out)
{
    const uint8_t key[] = {'s'};
    size_t len;
    uint8_t *value = get(database, key, 1, &len);
    bool ok = value != NULL && len == 44;

    if (ok)
        *out = (struct state_row){.epoch = number_of(value, 8),
                                  .size = number_of(value + 8, 8),
                                  .segment = (uint32_t)number_of(value + 16, 4),
                                  .segment_len = number_of(value + 20, 8),
                                  .tiles_size = number_of(value + 28, 8),
                                  .facts_size = number_of(value + 36, 8)};
    leveldb_free(value);
    return ok;
}

bool database_read_head(struct database *database, struct head_row *out, uint64_t size)
{
    uint8_t key[9];
    size_t len;
    uint8_t *value;
    bool ok;

    key_of_number(key, 'h', size);
    value = get(database, key, sizeof(key), &len);
    ok = value != NULL && head_row_decode(out, (struct span){key, sizeof(key)},
                                          (struct span){value, len});
    leveldb_free(value);
    return ok;
}

bool database_read_bundle(struct database *database, struct bundle_row *out, uint64_t number)
{
    uint8_t key[9];
    size_t len;
    uint8_t *value;
    bool ok;

    key_of_number(key, 'b', number);
    value = get(database, key, sizeof(key), &len);
    ok = value != NULL && len >= 12 && len <= 12 + 2 * BUNDLE_ENTRIES_MAX && len % 2 == 0;
    if (ok) {
        out->segment = (uint32_t)number_of(value, 4);
        out->offset = number_of(value + 4, 8);
        out->count = (unsigned)(len - 12) / 2;
        for (unsigned i = 0; i < out->count; i++)
            out->lens[i] = (uint16_t)number_of(value + 12 + 2 * i, 2);
    }
    leveldb_free(value);
    return ok;
}

struct rows *rows_open(struct database *database, char kind)
{
    struct rows *rows = calloc(1, sizeof(*rows));

    if (rows == NULL)
        abort();
    rows->kind = kind;
    rows->iterator = leveldb_create_iterator(database->db, database->scan_options);
    leveldb_iter_seek(rows->iterator, &kind, 1);
    return rows;
}

bool rows_next(struct rows *rows, struct span *out_key, struct span *out_value)
{
    if (rows->started)
        leveldb_iter_next(rows->iterator);
    rows->started = true;
    if (!leveldb_iter_valid(rows->iterator))
        return false;
    out_key->data = (const uint8_t *)leveldb_iter_key(rows->iterator, &out_key->len);
    out_value->data = (const uint8_t *)leveldb_iter_value(rows->iterator, &out_value->len);
    return out_key->len > 0 && out_key->data[0] == (uint8_t)rows->kind;
}

bool rows_close(struct rows *rows, char *text)
{
    char *message = NULL;
    bool ok;

    leveldb_iter_get_error(rows->iterator, &message);
    ok = message == NULL;
    if (!ok)
        snprintf(text, REASON_LEN, "%s", message);
    leveldb_free(message);
    leveldb_iter_destroy(rows->iterator);
    free(rows);
    return ok;
}

bool head_row_decode(struct head_row *out, struct span key, struct span value)
{
    if (key.len != 9 || value.len != 216)
        return false;
    out->size = number_of(key.data + 1, 8);
    out->epoch = number_of(value.data, 8);
    memcpy(out->root.octets, value.data + 8, 32);
    out->previous_size = number_of(value.data + 40, 8);
    out->received_at_ms = number_of(value.data + 48, 8);
    memcpy(out->seal.octets, value.data + 56, 32);
    memcpy(out->checkpoint_signature, value.data + 88, SIGNATURE_OCTETS);
    return true;
}

bool index_row_decode(const uint8_t **out_begin, uint64_t *out_index, struct span key,
                      struct span value)
{
    if (key.len != 1 + INDEX_OCTETS || value.len > 8 || (value.len > 0 && value.data[0] == 0))
        return false;
    *out_begin = key.data + 1;
    *out_index = number_of(value.data, value.len);
    return true;
}
