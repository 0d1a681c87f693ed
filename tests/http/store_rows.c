/*
 * The rows of a store's LevelDB, for tests that compare and damage them. Nobody may have it open.
 *
 * usage: store_rows DATABASE                  prints every row: key and value in hexadecimal
 *        store_rows DATABASE KEY              deletes a row
 *        store_rows DATABASE KEY VALUE        writes a row
 */
#include <leveldb/c.h>
#include <stdio.h>
#include <string.h>

enum { ROW_LEN_MAX = 1 << 16 };

static void print_hex(const char *data, size_t len, char end)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", (unsigned)(unsigned char)data[i]);
    putchar(end);
}

static void print_rows(leveldb_t *database)
{
    leveldb_readoptions_t *options = leveldb_readoptions_create();
    leveldb_iterator_t *rows = leveldb_create_iterator(database, options);
    size_t len;

    for (leveldb_iter_seek_to_first(rows); leveldb_iter_valid(rows); leveldb_iter_next(rows)) {
        const char *key = leveldb_iter_key(rows, &len);

        print_hex(key, len, ' ');
        key = leveldb_iter_value(rows, &len);
        print_hex(key, len, '\n');
    }
    leveldb_iter_destroy(rows);
    leveldb_readoptions_destroy(options);
}

static size_t parse_hex(char *out, const char *hex)
{
    size_t len = 0;
    unsigned octet;

    while (len < ROW_LEN_MAX && sscanf(hex + 2 * len, "%2x", &octet) == 1)
        out[len++] = (char)octet;
    return len;
}

static char *change_row(leveldb_t *database, const char *key_hex, const char *value_hex)
{
    static char key[ROW_LEN_MAX];
    static char value[ROW_LEN_MAX];
    size_t key_len = parse_hex(key, key_hex);
    leveldb_writeoptions_t *options = leveldb_writeoptions_create();
    char *message = NULL;

    if (value_hex == NULL)
        leveldb_delete(database, options, key, key_len, &message);
    else
        leveldb_put(database, options, key, key_len, value, parse_hex(value, value_hex), &message);
    leveldb_writeoptions_destroy(options);
    return message;
}

int main(int argc, char **argv)
{
    leveldb_options_t *options = leveldb_options_create();
    char *message = NULL;
    leveldb_t *database;

    if (argc < 2 || argc > 4)
        return 2;
    database = leveldb_open(options, argv[1], &message);
    if (message == NULL && argc == 2)
        print_rows(database);
    else if (message == NULL)
        message = change_row(database, argv[2], argc == 4 ? argv[3] : NULL);
    if (message != NULL)
        fprintf(stderr, "store_rows: %s\n", message);
    if (database != NULL)
        leveldb_close(database);
    leveldb_options_destroy(options);
    if (message == NULL)
        return 0;
    leveldb_free(message);
    return 1;
}
