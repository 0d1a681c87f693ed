#include "server/store/tiles.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { NODES_LEN = TILE_NODES * HASH_LEN, NAME_LEN_MAX = 8 };

struct tiles {
    int directory_fd;
    int fds[TILE_LEVELS];
    bool written[TILE_LEVELS]; /* since the last sync */
};

/* A tile as it lies in the file. The checksum is of all bytes before it. */
struct slot {
    struct hash nodes[TILE_NODES];
    uint8_t level[8];
    uint8_t index[8];
    uint8_t zeros[16];
    struct hash checksum;
};

_Static_assert(sizeof(struct slot) == TILES_SLOT_LEN, "a slot has no gaps");

static void name_of(char *out, unsigned level)
{
    snprintf(out, NAME_LEN_MAX, "%u", level % TILE_LEVELS);
}

static void put_be64(uint8_t *out, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static void slot_checksum(struct hash *out, const struct slot *slot)
{
    hash_sha256(out, bytes_of(slot, offsetof(struct slot, checksum)));
}

static bool slot_is_intact(const struct slot *slot, struct tile_id tile)
{
    struct hash checksum;

    slot_checksum(&checksum, slot);
    return hash_equal(&checksum, &slot->checksum) && read_be64(slot->level) == tile.level &&
           read_be64(slot->index) == tile.index;
}

static uint64_t offset_of(struct tile_id tile)
{
    return tile.index * TILES_SLOT_LEN;
}

static bool open_files(struct tiles *tiles, int flags, struct err *err)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        char name[NAME_LEN_MAX];

        name_of(name, level);
        tiles->fds[level] = openat(tiles->directory_fd, name, flags | O_CLOEXEC, 0600);
        if (tiles->fds[level] < 0)
            return err_set_errno(err, errno == ENOENT ? ERR_CORRUPT : ERR_IO, errno,
                                 "open the tiles of level %u", level);
    }
    return true;
}

static struct tiles *tiles_new(const char *directory, struct err *err)
{
    struct tiles *tiles = mem_alloc(sizeof(*tiles));

    for (unsigned level = 0; level < TILE_LEVELS; level++)
        tiles->fds[level] = -1;
    tiles->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tiles->directory_fd < 0) {
        err_set_errno(err, errno == ENOENT ? ERR_CORRUPT : ERR_IO, errno, "open %s", directory);
        tiles_close(tiles);
        return NULL;
    }
    return tiles;
}

bool tiles_create(const char *directory, struct err *err)
{
    struct tiles *tiles;
    bool ok;

    if (mkdir(directory, 0700) != 0)
        return err_set_errno(err, ERR_IO, errno, "create %s", directory);
    tiles = tiles_new(directory, err);
    if (tiles == NULL)
        return false;
    ok = open_files(tiles, O_RDWR | O_CREAT | O_EXCL, err);
    for (unsigned level = 0; ok && level < TILE_LEVELS; level++)
        ok = fsync(tiles->fds[level]) == 0 || err_set_errno(err, ERR_IO, errno, "sync tiles");
    if (ok && fsync(tiles->directory_fd) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "sync the directory of the tiles");
    tiles_close(tiles);
    return ok;
}

static bool check_lengths(const struct tiles *tiles, uint64_t size, struct err *err)
{
    for (unsigned level = 0; level < TILE_LEVELS - 1; level++) {
        struct tile_id end = {.level = level, .index = size >> (TILE_HEIGHT * (level + 1))};
        struct stat status;

        if (fstat(tiles->fds[level], &status) != 0)
            return err_set_errno(err, ERR_IO, errno, "stat the tiles of level %u", level);
        if ((uint64_t)status.st_size < offset_of(end))
            return err_set(err, ERR_CORRUPT, "the tiles of level %u have %jd bytes", level,
                           (intmax_t)status.st_size);
    }
    return true;
}

bool tiles_open(struct tiles **out, const char *directory, uint64_t size, struct err *err)
{
    struct tiles *tiles = tiles_new(directory, err);

    if (tiles == NULL)
        return false;
    if (!open_files(tiles, O_RDWR, err) || !check_lengths(tiles, size, err)) {
        tiles_close(tiles);
        return false;
    }
    *out = tiles;
    return true;
}

void tiles_close(struct tiles *tiles)
{
    if (tiles == NULL)
        return;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        if (tiles->fds[level] >= 0)
            close(tiles->fds[level]);
    }
    if (tiles->directory_fd >= 0)
        close(tiles->directory_fd);
    free(tiles);
}

bool tiles_write(struct tiles *tiles, struct tile_id tile, const struct hash *nodes,
                 struct err *err)
{
    struct slot slot = {.zeros = {0}};
    const uint8_t *from = (const uint8_t *)&slot;
    size_t done = 0;

    memcpy(slot.nodes, nodes, NODES_LEN);
    put_be64(slot.level, tile.level);
    put_be64(slot.index, tile.index);
    slot_checksum(&slot.checksum, &slot);
    tiles->written[tile.level] = true;
    while (done < sizeof(slot)) {
        ssize_t written = pwrite(tiles->fds[tile.level], from + done, sizeof(slot) - done,
                                 (off_t)(offset_of(tile) + done));

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set_errno(err, ERR_IO, errno, "write tile %u/%" PRIu64, tile.level,
                                 tile.index);
        done += (size_t)written;
    }
    return true;
}

bool tiles_sync(struct tiles *tiles, struct err *err)
{
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        if (tiles->written[level] && fdatasync(tiles->fds[level]) != 0)
            return err_set_errno(err, ERR_IO, errno, "sync the tiles of level %u", level);
        tiles->written[level] = false;
    }
    return true;
}

bool tiles_read(const struct tiles *tiles, struct hash *out, struct tile_id tile, struct err *err)
{
    struct slot slot;

    if (!file_pread_all(tiles->fds[tile.level], (uint8_t *)&slot, sizeof(slot), offset_of(tile),
                        err))
        return err_wrap(err, "tile %u/%" PRIu64, tile.level, tile.index);
    if (!slot_is_intact(&slot, tile))
        return err_set(err, ERR_CORRUPT, "tile %u/%" PRIu64 " is damaged", tile.level, tile.index);
    memcpy(out, slot.nodes, NODES_LEN);
    return true;
}

bool tiles_total_bytes(const struct tiles *tiles, uint64_t *out, struct err *err)
{
    *out = 0;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        struct stat status;

        if (fstat(tiles->fds[level], &status) != 0)
            return err_set_errno(err, ERR_IO, errno, "stat the tiles of level %u", level);
        *out += (uint64_t)status.st_size;
    }
    return true;
}
