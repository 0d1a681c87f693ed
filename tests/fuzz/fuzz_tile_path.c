/* Any bytes as the path of a tile: no crash, and what is accepted is written as it was. */
#include "schemas/tile_path.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tile_path path;
    struct buf again = {0};

    if (!tile_path_parse(&path, bytes_of(data, len)))
        return 0;
    CHECK(path.width >= 1 && path.width <= TILE_WIDTH && path.tile.level <= 63);
    tile_path_append(&again, &path);
    CHECK(bytes_equal(bytes_of_buf(&again), bytes_of(data, len)));
    buf_cleanup(&again);
    return 0;
}
