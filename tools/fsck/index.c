#include "tools/fsck/index.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct digest *grow(struct digest *old, uint64_t capacity)
{
    struct digest *grown = realloc(old, capacity * sizeof(*grown));

    if (grown == NULL)
        abort();
    return grown;
}

void index_check_init(struct index_check *check, bool opaque)
{
    *check = (struct index_check){.capacity = 65536};
    check->leaves = grow(NULL, check->capacity);
    if (!opaque)
        check->identities = grow(NULL, check->capacity);
}

void index_check_cleanup(struct index_check *check)
{
    free(check->leaves);
    free(check->identities);
    *check = (struct index_check){0};
}

void index_check_add(struct index_check *check, const struct digest *leaf,
                     const struct digest *identity)
{
    if (check->count == check->capacity) {
        check->capacity *= 2;
        check->leaves = grow(check->leaves, check->capacity);
        if (check->identities != NULL)
            check->identities = grow(check->identities, check->capacity);
    }
    check->leaves[check->count] = *leaf;
    if (check->identities != NULL && identity != NULL)
        check->identities[check->count] = *identity;
    else if (check->identities != NULL)
        memset(&check->identities[check->count], 0, sizeof(struct digest));
    check->count++;
}

void index_check_run(const struct index_check *check, struct database *database, char kind,
                     struct report *report)
{
    const struct digest *wanted = kind == 'l' ? check->leaves : check->identities;
    const char *name = kind == 'l' ? "leaf hashes" : "statement identities";
    struct rows *rows = rows_open(database, kind);
    struct span key;
    struct span value;
    char text[256];
    uint64_t found = 0;

    while (rows_next(rows, &key, &value)) {
        const uint8_t *begin;
        uint64_t index;

        if (!index_row_decode(&begin, &index, key, value)) {
            report_problem(report, "the index of %s has a malformed row", name);
        } else if (index >= check->count || memcmp(begin, wanted[index].octets, INDEX_OCTETS) != 0) {
            report_problem(report, "the index of %s leads to entry %" PRIu64 ", which is another one",
                           name, index);
        } else {
            found++;
        }
        report->keys++;
    }
    if (!rows_close(rows, text))
        report_problem(report, "the index of %s cannot be read: %s", name, text);
    else if (found != check->count)
        report_problem(report, "the index of %s knows %" PRIu64 " of %" PRIu64 " entries", name, found,
                       check->count);
}
