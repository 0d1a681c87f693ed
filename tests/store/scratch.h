/* Store directories that tests make, copy, damage and throw away. */
#ifndef VOUCH_TESTS_STORE_SCRATCH_H
#define VOUCH_TESTS_STORE_SCRATCH_H

#include "base/bytes.h"
#include "server/store/store.h"

/* A new empty directory; scratch_remove deletes it with all that is in it and frees the path. */
char *scratch_new(void);
void scratch_remove(char *path);

/* A file of a store, path relative to the store's directory. */
struct scratch_file {
    char path[300];
    uint64_t len;
};

/* The files of a store, in no particular order; freed with free. */
struct scratch_file *scratch_list(const char *store_directory, size_t *out_count);

/* Copies a store's files to a directory that is replaced. */
void scratch_copy_store(const char *to, const char *from);

/* Cuts or flips in place. Failing to do so fails the test. */
void scratch_truncate(const char *directory, const char *path, uint64_t len);
void scratch_flip(const char *directory, const char *path, uint64_t byte, unsigned bit);
void scratch_append(const char *directory, const char *path, struct bytes content);

/* Creates a store with growing_log's card and first head; opens with small buffers. */
void scratch_create_store(const char *directory);
MUST_USE bool scratch_open_store(struct store **out, const char *directory,
                                 uint64_t segment_len_max, struct err *err);

#endif
