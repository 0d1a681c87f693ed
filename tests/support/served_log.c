#include "tests/support/served_log.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "merkle/frontier.h"
#include "merkle/tile.h"
#include "schemas/tile_path.h"

void served_log_init(struct served_log *out, const char *origin, struct signer *signer)
{
    *out = (struct served_log){.origin = origin, .signer = signer};
    snprintf(out->directory, sizeof(out->directory), "/tmp/vouch-served-XXXXXX");
    CHECK(mkdtemp(out->directory) != NULL);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void served_log_cleanup(struct served_log *log)
{
    nftw(log->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    for (uint64_t i = 0; i < SERVED_ENTRIES_MAX; i++)
        buf_cleanup(&log->entries[i]);
}

void served_log_add(struct served_log *log, struct bytes entry)
{
    CHECK(log->size < SERVED_ENTRIES_MAX);
    buf_append_bytes(&log->entries[log->size++], entry);
}

void served_log_root(const struct served_log *log, struct hash *out, uint64_t size)
{
    struct frontier frontier = {0};
    struct node nodes[64];
    struct hash leaf;

    for (uint64_t i = 0; i < size; i++) {
        hash_leaf(&leaf, bytes_of_buf(&log->entries[i]));
        frontier_append(&frontier, nodes, &leaf);
    }
    frontier_root(&frontier, out);
}

static char *path_of(const struct served_log *log, const char *path)
{
    return mem_format("%s/%s", log->directory, path);
}

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

static void write_file(const struct served_log *log, const char *name, const struct buf *content)
{
    char *path = path_of(log, name);
    FILE *file;

    make_parents(path);
    file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(content->data, 1, content->len, file) == content->len &&
          fclose(file) == 0);
    free(path);
}

void served_log_write_head(struct served_log *log, uint64_t size, const struct hash *root)
{
    struct checkpoint head = {.size = size, .root = *root};
    struct buf note = {0};
    struct err err = {0};

    snprintf(head.origin, sizeof(head.origin), "%s", log->origin);
    CHECK(checkpoint_sign(&note, &head, log->signer, &err));
    write_file(log, "checkpoint", &note);
    buf_cleanup(&note);
}

static void write_tile(const struct served_log *log, bool is_entries, struct tile_id tile,
                       unsigned width, const struct buf *content)
{
    struct tile_path path = {.is_entries = is_entries, .tile = tile, .width = width};
    struct buf text = {0};

    tile_path_append(&text, &path);
    write_file(log, buf_text(&text), content);
    buf_cleanup(&text);
}

static void write_bundle(const struct served_log *log, struct tile_id tile, unsigned width)
{
    struct buf content = {0};

    for (uint64_t i = 0; i < width; i++) {
        const struct buf *entry = &log->entries[tile.index * TILE_WIDTH + i];

        buf_append_be16(&content, (uint16_t)entry->len);
        buf_append_bytes(&content, bytes_of_buf(entry));
    }
    write_tile(log, true, tile, width, &content);
    buf_cleanup(&content);
}

/* The root of the 256^level entries from `index * 256^level` on. */
static void node_hash(const struct served_log *log, struct hash *out, unsigned level,
                      uint64_t index)
{
    struct frontier frontier = {0};
    struct node nodes[64];
    uint64_t count = level == 0 ? 1 : TILE_WIDTH;

    for (uint64_t i = index * count; i < (index + 1) * count; i++) {
        struct hash leaf;

        hash_leaf(&leaf, bytes_of_buf(&log->entries[i]));
        frontier_append(&frontier, nodes, &leaf);
    }
    frontier_root(&frontier, out);
}

static void write_hashes(const struct served_log *log, struct tile_id tile, unsigned width)
{
    struct buf content = {0};
    struct hash hash;

    for (uint64_t i = 0; i < width; i++) {
        node_hash(log, &hash, tile.level, tile.index * TILE_WIDTH + i);
        buf_append_bytes(&content, hash_bytes(&hash));
    }
    write_tile(log, false, tile, width, &content);
    buf_cleanup(&content);
}

/* Two levels are enough for SERVED_ENTRIES_MAX. */
void served_log_publish(struct served_log *log, uint64_t size)
{
    struct hash root;

    CHECK(size <= log->size);
    for (unsigned level = 0; level < 2; level++) {
        for (uint64_t i = 0; i * TILE_WIDTH < size >> (8 * level); i++) {
            struct tile_id tile = {.level = level, .index = i};

            write_hashes(log, tile, tile_width(tile, size));
            if (level == 0)
                write_bundle(log, tile, tile_width(tile, size));
        }
    }
    served_log_root(log, &root, size);
    served_log_write_head(log, size, &root);
}

void served_log_flip(struct served_log *log, const char *path, size_t position)
{
    char *whole = path_of(log, path);
    FILE *file = fopen(whole, "r+b");
    int byte;

    CHECK(file != NULL && fseek(file, (long)position, SEEK_SET) == 0);
    byte = fgetc(file);
    CHECK(byte != EOF && fseek(file, (long)position, SEEK_SET) == 0);
    CHECK(fputc(byte ^ 4, file) != EOF && fclose(file) == 0);
    free(whole);
}

void served_log_move(struct served_log *log, const char *from, const char *to)
{
    char *old_path = path_of(log, from);
    char *new_path = path_of(log, to);

    CHECK(rename(old_path, new_path) == 0);
    free(old_path);
    free(new_path);
}
