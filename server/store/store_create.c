#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/database/database.h"
#include "server/store/format.h"
#include "server/store/segments.h"
#include "server/store/store_files.h"
#include "server/store/store_leveldb.h"
#include "server/store/tiles.h"

enum {
    CREATE_CACHE_BYTES = 1 << 20,
    CREATE_WRITE_BUFFER_BYTES = 1 << 20,
};

static void put_first(struct database_batch *batch, const struct store_identity_card *card,
                      const struct store_head *head)
{
    struct format_state state = {.epoch = head->epoch};
    struct format_key card_key = format_card_key();
    struct format_key head_key = format_head_key(0);
    struct format_key state_key = format_state_key();
    struct buf value = {0};

    format_encode_card(&value, card);
    database_batch_put(batch, format_key_bytes(&card_key), bytes_of_buf(&value));
    buf_clear(&value);
    format_encode_head(&value, head);
    database_batch_put(batch, format_key_bytes(&head_key), bytes_of_buf(&value));
    buf_clear(&value);
    format_encode_state(&value, &state);
    database_batch_put(batch, format_key_bytes(&state_key), bytes_of_buf(&value));
    buf_cleanup(&value);
}

static bool create_database(const char *path, const struct store_identity_card *card,
                            const struct store_head *head, struct err *err)
{
    struct database_options options = {
        .cache_bytes = CREATE_CACHE_BYTES,
        .write_buffer_bytes = CREATE_WRITE_BUFFER_BYTES,
        .create = true,
    };
    struct database_batch *batch = database_batch_new();
    struct database *database = NULL;
    bool ok;

    put_first(batch, card, head);
    ok = database_open(&database, path, &options, err) && database_write(database, batch, err);
    database_close(database);
    database_batch_free(batch);
    return ok;
}

static bool fill_directory(const char *directory, const struct store_identity_card *card,
                           const struct store_head *head, struct err *err)
{
    char *database = mem_format("%s/%s", directory, STORE_DATABASE_NAME);
    char *segments = mem_format("%s/%s", directory, STORE_SEGMENTS_NAME);
    char *tiles = mem_format("%s/%s", directory, STORE_TILES_NAME);
    bool ok = segments_create(segments, err) && tiles_create(tiles, err) &&
              create_database(database, card, head, err) && file_sync_parent(database, err);

    if (ok) {
        /* LevelDB does not sync the directory of its first files. */
        char *inside = mem_format("%s/CURRENT", database);

        ok = file_sync_parent(inside, err);
        free(inside);
    }
    free(database);
    free(segments);
    free(tiles);
    return ok;
}

bool store_leveldb_create(const char *directory, const struct store_identity_card *card,
                          const struct store_head *head, struct err *err)
{
    char *creating = mem_format("%s.creating", directory);
    bool ok = false;

    CHECK(head->size == 0);
    if (file_exists(directory))
        err_set(err, ERR_REFUSED, "%s exists", directory);
    else if (mkdir(creating, 0700) != 0)
        err_set_errno(err, errno == EEXIST ? ERR_REFUSED : ERR_IO, errno,
                      "create %s (remove it when an earlier attempt left it behind)", creating);
    else if (!fill_directory(creating, card, head, err))
        err_wrap(err, "create %s", creating);
    else if (renameat2(AT_FDCWD, creating, AT_FDCWD, directory, RENAME_NOREPLACE) != 0)
        err_set_errno(err, errno == EEXIST ? ERR_REFUSED : ERR_IO, errno, "rename %s to %s",
                      creating, directory);
    else
        ok = file_sync_parent(directory, err);
    free(creating);
    return ok;
}
