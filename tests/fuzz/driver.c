/*
 * Runs a fuzz target without libFuzzer: every file of the corpus directories as it is, then a
 * number of mutations of them.
 *
 * usage: fuzz_X MUTATIONS DIRECTORY...   (VOUCH_TEST_SEED repeats a run)
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/rng.h"

enum { FILES_MAX = 4096, FILE_LEN_MAX = 1 << 20, CHANGES_MAX = 6, INSERTED_LEN_MAX = 16 };

struct corpus {
    struct buf files[FILES_MAX];
    size_t count;
};

/* The copy has the exact size, so that a sanitizer sees a read behind its end. */
static void run(const struct buf *input)
{
    uint8_t *copy = mem_copy(input->data, input->len);

    LLVMFuzzerTestOneInput(copy, input->len);
    free(copy);
}

static bool add_directory(struct corpus *corpus, const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    if (directory == NULL) {
        fprintf(stderr, "no corpus in %s\n", path);
        return false;
    }
    while ((entry = readdir(directory)) != NULL && corpus->count < FILES_MAX) {
        char *name = mem_format("%s/%s", path, entry->d_name);
        struct err err = {0};

        if (entry->d_name[0] != '.') {
            if (!file_read(&corpus->files[corpus->count++], name, FILE_LEN_MAX, &err)) {
                fprintf(stderr, "%s\n", err.text);
                abort();
            }
        }
        free(name);
    }
    closedir(directory);
    return true;
}

static const struct buf *pick(const struct corpus *corpus, struct rng *rng)
{
    return &corpus->files[rng_below(rng, corpus->count)];
}

/* Puts bytes of another file of the corpus, or random ones, at a place. */
static void insert(struct buf *input, const struct corpus *corpus, struct rng *rng)
{
    const struct buf *other = pick(corpus, rng);
    size_t at = rng_below(rng, input->len + 1);
    size_t len = 1 + rng_below(rng, INSERTED_LEN_MAX);
    uint8_t piece[INSERTED_LEN_MAX];

    rng_fill(rng, piece, len);
    if (other->len >= len && rng_below(rng, 2) == 0)
        memcpy(piece, other->data + rng_below(rng, other->len - len + 1), len);
    buf_extend(input, len);
    memmove(input->data + at + len, input->data + at, input->len - at - len);
    memcpy(input->data + at, piece, len);
}

static void change(struct buf *input, const struct corpus *corpus, struct rng *rng)
{
    static const uint8_t special[] = {0x00, 0x01, 0x17, 0x18, 0x19, 0x1B, 0x1F, 0x20, 0x3B,
                                      0x40, 0x5B, 0x60, 0x7B, 0x7F, 0x80, 0x9B, 0x9F, 0xA0,
                                      0xBB, 0xC0, 0xD2, 0xDB, 0xF4, 0xF6, 0xF9, 0xFB, 0xFF};
    size_t at;

    if (input->len == 0 || rng_below(rng, 5) == 0) {
        insert(input, corpus, rng);
        return;
    }
    at = rng_below(rng, input->len);
    switch (rng_below(rng, 5)) {
    case 0:
        input->data[at] ^= (uint8_t)(1u << rng_below(rng, 8));
        return;
    case 1:
        input->data[at] = (uint8_t)rng_next(rng);
        return;
    case 2:
        input->data[at] = special[rng_below(rng, sizeof(special))];
        return;
    case 3:
        memmove(input->data + at, input->data + at + 1, input->len - at - 1);
        input->len--;
        return;
    default:
        if (rng_below(rng, 4) == 0)
            input->len = at;
        else
            input->data[at] = (uint8_t)(input->data[at] + 1);
        return;
    }
}

static void run_mutations(const struct corpus *corpus, unsigned long count, struct rng *rng)
{
    struct buf input = {0};

    for (unsigned long i = 0; i < count; i++) {
        const struct buf *file = pick(corpus, rng);

        buf_clear(&input);
        buf_append(&input, file->data, file->len);
        for (uint64_t left = 1 + rng_below(rng, CHANGES_MAX); left > 0; left--)
            change(&input, corpus, rng);
        run(&input);
    }
    buf_cleanup(&input);
}

int main(int argc, char **argv)
{
    struct corpus *corpus = mem_alloc(sizeof(*corpus));
    struct rng rng = rng_seeded(argv[0]);
    int status = EXIT_FAILURE;

    fflush(stdout); /* the seed must be seen although the target may stop the process */
    for (int i = 2; i < argc; i++) {
        if (!add_directory(corpus, argv[i]))
            goto out;
    }
    if (corpus->count == 0) {
        fprintf(stderr, "usage: %s MUTATIONS DIRECTORY...\n", argv[0]);
        goto out;
    }
    for (size_t i = 0; i < corpus->count; i++)
        run(&corpus->files[i]);
    run_mutations(corpus, strtoul(argv[1], NULL, 10), &rng);
    status = EXIT_SUCCESS;
out:
    for (size_t i = 0; i < corpus->count; i++)
        buf_cleanup(&corpus->files[i]);
    free(corpus);
    return status;
}
