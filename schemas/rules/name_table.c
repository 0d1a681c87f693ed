#include "schemas/rules/name_table.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 64 }; /* a power of two */

struct name_place {
    size_t begin; /* in text */
    size_t len;
};

void name_table_clear(struct name_table *table)
{
    buf_clear(&table->text);
    table->count = 0;
    if (table->slot_count > 0)
        memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
}

void name_table_cleanup(struct name_table *table)
{
    buf_cleanup(&table->text);
    free(table->names);
    free(table->slots);
    *table = (struct name_table){0};
}

struct bytes name_table_at(const struct name_table *table, uint32_t number)
{
    const struct name_place *place = &table->names[number];

    CHECK(number < table->count);
    return bytes_slice(bytes_of_buf(&table->text), place->begin, place->begin + place->len);
}

/* FNV-1a. Names that collide on purpose cost time, which NAME_TABLE_MAX bounds. */
static size_t slot_begin(const struct name_table *table, struct bytes name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ name.data[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ (hash >> 32)) & (table->slot_count - 1);
}

/* The slot that holds the name, or the empty one where it belongs. */
static uint32_t *find_slot(const struct name_table *table, struct bytes name)
{
    size_t slot = slot_begin(table, name);

    while (table->slots[slot] != 0 &&
           !bytes_equal(name_table_at(table, table->slots[slot] - 1), name))
        slot = (slot + 1) & (table->slot_count - 1);
    return &table->slots[slot];
}

static void grow_slots(struct name_table *table)
{
    free(table->slots);
    table->slot_count = table->slot_count == 0 ? SLOTS_FIRST : table->slot_count * 2;
    table->slots = mem_alloc_array(table->slot_count, sizeof(*table->slots));
    for (size_t i = 0; i < table->count; i++)
        *find_slot(table, name_table_at(table, (uint32_t)i)) = (uint32_t)(i + 1);
}

static uint32_t append(struct name_table *table, struct bytes name)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity == 0 ? SLOTS_FIRST : table->capacity * 2;
        table->names =
            mem_realloc_array(table->names, table->capacity, sizeof(*table->names));
    }
    table->names[table->count] = (struct name_place){table->text.len, name.len};
    buf_append_bytes(&table->text, name);
    return (uint32_t)table->count++;
}

uint32_t name_table_add(struct name_table *table, struct bytes name, bool *is_new)
{
    uint32_t *slot;

    if (table->count * 2 >= table->slot_count)
        grow_slots(table);
    slot = find_slot(table, name);
    if (is_new != NULL)
        *is_new = *slot == 0;
    if (*slot != 0)
        return *slot - 1;
    if (table->count == NAME_TABLE_MAX)
        return NAME_NONE;
    *slot = append(table, name) + 1;
    return *slot - 1;
}

uint32_t name_table_find(const struct name_table *table, struct bytes name)
{
    const uint32_t *slot = table->count == 0 ? NULL : find_slot(table, name);

    return slot == NULL || *slot == 0 ? NAME_NONE : *slot - 1;
}
