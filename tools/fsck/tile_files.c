#include "tools/fsck/tile_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Nodes, level, index, zeros, checksum of all that. */
enum { SLOT_LEN = 16384, NODES_LEN = 510 * 32, LEVEL_AT = NODES_LEN, INDEX_AT = LEVEL_AT + 8,
       ZEROS_AT = INDEX_AT + 8, CHECKSUM_AT = SLOT_LEN - 32 };

int tile_files_open(struct tile_files *files, const char *directory)
{
    int missing = -1;

    for (int level = 0; level < TILES_LEVELS; level++) {
        char path[4096];

        snprintf(path, sizeof(path), "%s/%d", directory, level);
        files->fds[level] = open(path, O_RDONLY | O_CLOEXEC);
        if (files->fds[level] < 0)
            missing = level;
    }
    return missing;
}

void tile_files_close(struct tile_files *files)
{
    for (int level = 0; level < TILES_LEVELS; level++) {
        if (files->fds[level] >= 0)
            close(files->fds[level]);
    }
}

static bool read_slot(uint8_t out[SLOT_LEN], int fd, uint64_t index)
{
    return pread(fd, out, SLOT_LEN, (off_t)(index * SLOT_LEN)) == SLOT_LEN;
}

bool tile_files_hold(const struct tile_files *files, unsigned level, uint64_t index,
                     const struct digest *nodes, size_t node_count)
{
    static const uint8_t zeros[CHECKSUM_AT - ZEROS_AT];
    uint8_t slot[SLOT_LEN];
    struct digest_part covered = {slot, CHECKSUM_AT};
    struct digest checksum;

    if (node_count * sizeof(*nodes) != NODES_LEN || !read_slot(slot, files->fds[level], index))
        return false;
    digest_of_parts(&checksum, &covered, 1);
    return memcmp(slot, nodes, NODES_LEN) == 0 && number_of(slot + LEVEL_AT, 8) == level &&
           number_of(slot + INDEX_AT, 8) == index &&
           memcmp(slot + ZEROS_AT, zeros, sizeof(zeros)) == 0 &&
           memcmp(slot + CHECKSUM_AT, checksum.octets, sizeof(checksum.octets)) == 0;
}
