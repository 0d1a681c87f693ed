#include <stdlib.h>

#include "base/database/database.h"
#include "server/store/store_files.h"
#include "server/store/store_leveldb.h"

bool store_leveldb_compact(const struct store_leveldb_options *options, struct err *err)
{
    struct database_options database_options = {
        .cache_bytes = options->cache_bytes,
        .write_buffer_bytes = options->write_buffer_bytes,
    };
    char *path = mem_format("%s/%s", options->directory, STORE_DATABASE_NAME);
    struct database *database = NULL;
    bool ok = database_open(&database, path, &database_options, err);

    if (ok)
        database_compact(database);
    database_close(database);
    free(path);
    return ok;
}
