/* The files of full tiles as docs/STORAGE.md describes them, read with code of our own. */
#ifndef VOUCH_TOOLS_FSCK_TILE_FILES_H
#define VOUCH_TOOLS_FSCK_TILE_FILES_H

#include "tools/fsck/tiles.h"

struct tile_files {
    int fds[TILES_LEVELS];
};

/* Opens the file of each level; the level whose file is missing, or -1. Always cleaned up. */
int tile_files_open(struct tile_files *files, const char *directory);
void tile_files_close(struct tile_files *files);

/* Whether a full tile lies at its place with exactly these nodes and its checksum. */
bool tile_files_hold(const struct tile_files *files, unsigned level, uint64_t index,
                     const struct digest *nodes, size_t node_count);

#endif
