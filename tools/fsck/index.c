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

/*
 * Rows come in the order of their hashes, so each leads to another place in memory. A few are
 * collected, and their places fetched, before the first is compared.
 */
enum { AHEAD = 32 };

struct index_rows {
    const struct index_check *check;
    const struct digest *wanted;
    const char *name;
    struct report *report;
    uint64_t found;
    size_t count;
    struct {
        uint8_t begin[INDEX_OCTETS];
        uint64_t index;
    } rows[AHEAD];
};

static void compare_rows(struct index_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        uint64_t index = rows->rows[i].index;

        if (index < rows->check->count &&
            memcmp(rows->rows[i].begin, rows->wanted[index].octets, INDEX_OCTETS) == 0)
            rows->found++;
        else
            report_problem(rows->report,
                           "the index of %s leads to entry %" PRIu64 ", which is another one",
                           rows->name, index);
    }
    rows->count = 0;
}

static void collect_row(struct index_rows *rows, struct span key, struct span value)
{
    const uint8_t *begin;
    uint64_t index;

    rows->report->keys++;
    if (!index_row_decode(&begin, &index, key, value)) {
        report_problem(rows->report, "the index of %s has a malformed row", rows->name);
        return;
    }
    if (index < rows->check->count)
        __builtin_prefetch(&rows->wanted[index]);
    memcpy(rows->rows[rows->count].begin, begin, INDEX_OCTETS);
    rows->rows[rows->count++].index = index;
    if (rows->count == AHEAD)
        compare_rows(rows);
}

void index_check_run(const struct index_check *check, struct database *database, char kind,
                     struct report *report)
{
    struct index_rows rows = {
        .check = check,
        .wanted = kind == 'l' ? check->leaves : check->identities,
        .name = kind == 'l' ? "leaf hashes" : "statement identities",
        .report = report,
    };
    struct rows *stored = rows_open(database, kind);
    struct span key;
    struct span value;
    char text[256];

    while (rows_next(stored, &key, &value))
        collect_row(&rows, key, value);
    compare_rows(&rows);
    if (!rows_close(stored, text))
        report_problem(report, "the index of %s cannot be read: %s", rows.name, text);
    else if (rows.found != check->count)
        report_problem(report, "the index of %s knows %" PRIu64 " of %" PRIu64 " entries", rows.name,
                       rows.found, check->count);
}
