/*
 * Names and the numbers they were given, from 0 in the order they were added. For the ids inside
 * one record: nodes of a graph, artifacts, models. Bounded, and each question takes constant time.
 */
#ifndef VOUCH_SCHEMAS_RULES_NAME_TABLE_H
#define VOUCH_SCHEMAS_RULES_NAME_TABLE_H

#include "base/bytes.h"

enum { NAME_TABLE_MAX = 8192, NAME_NONE = INT32_MAX };

/* A zeroed struct is ready for use. */
struct name_table {
    struct buf text; /* copies of the names, one after the other */
    struct name_place *names;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* hash table of 1 + number; 0: empty */
    size_t slot_count;
};

void name_table_clear(struct name_table *table); /* keeps the memory */
void name_table_cleanup(struct name_table *table);

/* The number of a name, given now if it is new; NAME_NONE when the table is full. is_new may be
 * NULL. */
uint32_t name_table_add(struct name_table *table, struct bytes name, bool *is_new);

uint32_t name_table_find(const struct name_table *table, struct bytes name); /* or NAME_NONE */

/* Valid until the next add. */
struct bytes name_table_at(const struct name_table *table, uint32_t number);

#endif
