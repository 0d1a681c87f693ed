/*
 * A log in a directory, as C2SP tlog-tiles wants it, made of entries at hand: what a monitor is
 * shown. Tests change entries, tiles and heads, and sign what they like.
 */
#ifndef VOUCH_TESTS_SUPPORT_SERVED_LOG_H
#define VOUCH_TESTS_SUPPORT_SERVED_LOG_H

#include "schemas/checkpoint.h"

enum { SERVED_ENTRIES_MAX = 20000 };

struct served_log {
    char directory[64];
    const char *origin;
    struct signer *signer; /* borrowed */
    struct buf entries[SERVED_ENTRIES_MAX];
    uint64_t size;
};

/* A new directory below /tmp, empty. */
void served_log_init(struct served_log *out, const char *origin, struct signer *signer);

/* Removes the directory. */
void served_log_cleanup(struct served_log *log);

void served_log_add(struct served_log *log, struct bytes entry);

void served_log_root(const struct served_log *log, struct hash *out, uint64_t size);

/* Writes tiles, bundles and a head over the first `size` entries; older tiles stay. */
void served_log_publish(struct served_log *log, uint64_t size);

/* Writes the head of this size and root alone. */
void served_log_write_head(struct served_log *log, uint64_t size, const struct hash *root);

/* Flips one bit of a file below the directory; twice is as before. */
void served_log_flip(struct served_log *log, const char *path, size_t position);

/* Renames a file or directory below the directory. */
void served_log_move(struct served_log *log, const char *from, const char *to);

#endif
