#include "schemas/rules/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum {
    SLOTS_FIRST = 1024,     /* a power of two */
    SLOTS_KEPT_MAX = 64 * 1024,
    FACTS_KNOWN_MAX = 32 * 1024, /* of the base, from one commit to the next, with */
    VALUES_KNOWN_MAX = 16 * 1024 * 1024,   /* so many bytes of values, replaced ones included */
    CHUNK_LEN = 256 * 1024,   /* memory of values comes in pieces of at least this */
    REPLACED_INTERVAL = 4096, /* resets between two looks at what may be given back */
};

struct fact {
    struct fact_key key;
    struct bytes value;
    bool is_known; /* to be there, or not to be there; false in an unused slot */
    bool is_there;
    bool is_changed;
};

/* What a fact was before it was put. */
struct undo {
    size_t fact;
    struct fact before;
};

/* A changed fact by the beginning of its key, which nearly always tells it from all others. */
struct place {
    uint64_t beginning;
    const struct fact *fact;
};

struct chunk {
    struct chunk *next;
    size_t used;
    size_t len;
    uint8_t data[];
};

struct facts {
    struct facts_base *base;
    struct fact *facts; /* in the order they were first asked for */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* hash table of 1 + number in facts; 0: empty */
    size_t slot_count;
    struct undo *undos; /* since the mark, or since the group began */
    size_t undo_count;
    size_t mark; /* undos before it are not for facts_rollback */
    bool is_in_group;
    size_t undo_capacity;
    size_t *changed; /* numbers of those that are changed, in the order they were first put */
    size_t changed_count;
    size_t changed_capacity;
    struct chunk *chunks;
    size_t kept_len; /* of all values in chunks, replaced ones too */
    uint64_t replaced_checks;
    struct place *order; /* of changes; both have change_capacity */
    struct fact_change *changes;
    size_t change_capacity;
    struct buf scratch;
    struct err failure;
};

struct facts *facts_new(struct facts_base *base)
{
    struct facts *facts = mem_alloc(sizeof(*facts));

    facts->base = base;
    facts->slot_count = SLOTS_FIRST;
    facts->slots = mem_alloc_array(facts->slot_count, sizeof(*facts->slots));
    return facts;
}

static void free_chunks_from(struct chunk *first)
{
    while (first != NULL) {
        struct chunk *next = first->next;

        free(first);
        first = next;
    }
}

static void free_chunks(struct facts *facts)
{
    free_chunks_from(facts->chunks);
    facts->chunks = NULL;
}

void facts_free(struct facts *facts)
{
    if (facts == NULL)
        return;
    free_chunks(facts);
    free(facts->facts);
    free(facts->slots);
    free(facts->undos);
    free(facts->changed);
    free(facts->order);
    free(facts->changes);
    buf_cleanup(&facts->scratch);
    free(facts);
}

static struct bytes keep(struct facts *facts, struct bytes value)
{
    struct chunk *chunk = facts->chunks;
    uint8_t *place;

    if (chunk == NULL || chunk->len - chunk->used < value.len) {
        size_t len = value.len > CHUNK_LEN ? value.len : CHUNK_LEN;

        chunk = mem_alloc(sizeof(*chunk) + len);
        chunk->len = len;
        chunk->next = facts->chunks;
        facts->chunks = chunk;
    }
    place = chunk->data + chunk->used;
    if (value.len > 0)
        memcpy(place, value.data, value.len);
    chunk->used += value.len;
    facts->kept_len += value.len;
    return bytes_of(place, value.len);
}

size_t facts_known_count(const struct facts *facts)
{
    return facts->count;
}

struct bytes facts_known_key(const struct facts *facts, size_t i)
{
    CHECK(i < facts->count);
    return bytes_of(facts->facts[i].key.bytes, facts->facts[i].key.len);
}

static size_t slot_begin(const struct facts *facts, const struct fact_key *key)
{
    return (size_t)fact_key_short(bytes_of(key->bytes, key->len)) & (facts->slot_count - 1);
}

static bool key_equal(const struct fact_key *a, const struct fact_key *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* The slot that holds the key, or the empty one where it belongs. */
static uint32_t *find_slot(const struct facts *facts, const struct fact_key *key)
{
    size_t slot = slot_begin(facts, key);

    while (facts->slots[slot] != 0 && !key_equal(&facts->facts[facts->slots[slot] - 1].key, key))
        slot = (slot + 1) & (facts->slot_count - 1);
    return &facts->slots[slot];
}

static void grow_slots(struct facts *facts)
{
    free(facts->slots);
    facts->slot_count *= 2;
    facts->slots = mem_alloc_array(facts->slot_count, sizeof(*facts->slots));
    for (size_t i = 0; i < facts->count; i++)
        *find_slot(facts, &facts->facts[i].key) = (uint32_t)(i + 1);
}

static size_t fact_number(struct facts *facts, const struct fact_key *key)
{
    uint32_t *slot = find_slot(facts, key);

    if (*slot != 0)
        return *slot - 1;
    if (facts->count * 2 >= facts->slot_count) {
        grow_slots(facts);
        slot = find_slot(facts, key);
    }
    if (facts->count == facts->capacity) {
        facts->capacity = facts->capacity == 0 ? SLOTS_FIRST : facts->capacity * 2;
        facts->facts = mem_realloc_array(facts->facts, facts->capacity, sizeof(*facts->facts));
    }
    facts->facts[facts->count] = (struct fact){.key = *key};
    *slot = (uint32_t)(facts->count + 1);
    return facts->count++;
}

/* Asks the base once for each key. */
static void learn(struct facts *facts, struct fact *fact)
{
    struct err err = {0};

    fact->is_known = true;
    if (facts->base == NULL || facts->failure.code != ERR_NONE)
        return;
    buf_clear(&facts->scratch);
    if (!facts->base->ops->get(facts->base, bytes_of(fact->key.bytes, fact->key.len),
                               &facts->scratch, &fact->is_there, &err)) {
        fact->is_there = false;
        facts->failure = err;
    } else if (fact->is_there) {
        fact->value = keep(facts, bytes_of_buf(&facts->scratch));
    }
}

bool facts_get(struct facts *facts, const struct fact_key *key, struct bytes *out)
{
    size_t number = fact_number(facts, key); /* may move facts->facts */
    struct fact *fact = &facts->facts[number];

    if (!fact->is_known)
        learn(facts, fact);
    if (fact->is_there)
        *out = fact->value;
    return fact->is_there;
}

bool facts_has(struct facts *facts, const struct fact_key *key)
{
    struct bytes ignored;

    return facts_get(facts, key, &ignored);
}

static void note_undo(struct facts *facts, size_t number)
{
    if (facts->undo_count == facts->undo_capacity) {
        facts->undo_capacity = facts->undo_capacity == 0 ? 256 : facts->undo_capacity * 2;
        facts->undos =
            mem_realloc_array(facts->undos, facts->undo_capacity, sizeof(*facts->undos));
    }
    facts->undos[facts->undo_count++] =
        (struct undo){.fact = number, .before = facts->facts[number]};
}

static void note_changed(struct facts *facts, size_t number)
{
    if (facts->facts[number].is_changed)
        return;
    if (facts->changed_count == facts->changed_capacity) {
        facts->changed_capacity = facts->changed_capacity == 0 ? 256 : facts->changed_capacity * 2;
        facts->changed =
            mem_realloc_array(facts->changed, facts->changed_capacity, sizeof(*facts->changed));
    }
    facts->changed[facts->changed_count++] = number;
    facts->facts[number].is_changed = true;
}

void facts_put(struct facts *facts, const struct fact_key *key, struct bytes value)
{
    size_t number = fact_number(facts, key);
    struct fact *fact = &facts->facts[number];

    note_undo(facts, number);
    note_changed(facts, number);
    fact->value = keep(facts, value);
    fact->is_known = true;
    fact->is_there = true;
}

bool facts_check(const struct facts *facts, struct err *err)
{
    if (facts->failure.code == ERR_NONE)
        return true;
    *err = facts->failure;
    return false;
}

bool facts_fail(struct facts *facts, const char *what)
{
    if (facts->failure.code == ERR_NONE)
        err_set(&facts->failure, ERR_CORRUPT, "the stored facts are not what was written: %s",
                what);
    return false;
}

void facts_mark(struct facts *facts)
{
    if (!facts->is_in_group)
        facts->undo_count = 0;
    facts->mark = facts->undo_count;
}

void facts_rollback(struct facts *facts)
{
    while (facts->undo_count > facts->mark) {
        const struct undo *undo = &facts->undos[--facts->undo_count];

        if (!undo->before.is_changed) /* then it was the last that became so */
            facts->changed_count--;
        facts->facts[undo->fact] = undo->before;
    }
}

void facts_begin_group(struct facts *facts)
{
    CHECK(!facts->is_in_group);
    facts_mark(facts);
    facts->is_in_group = true;
}

void facts_end_group(struct facts *facts, bool keep)
{
    CHECK(facts->is_in_group);
    facts->is_in_group = false;
    facts->mark = 0;
    if (!keep)
        facts_rollback(facts);
}

static struct bytes key_of(const struct fact *fact)
{
    return bytes_of(fact->key.bytes, fact->key.len);
}

static struct place place_of(const struct fact *fact)
{
    struct place place = {.fact = fact};

    for (size_t i = 0; i < sizeof(place.beginning); i++)
        place.beginning = place.beginning << 8 | (i < fact->key.len ? fact->key.bytes[i] : 0);
    return place;
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;

    if (a->beginning != b->beginning)
        return a->beginning < b->beginning ? -1 : 1;
    return bytes_compare(key_of(a->fact), key_of(b->fact));
}

const struct fact_change *facts_changes(struct facts *facts, size_t *out_count)
{
    size_t count = facts->changed_count;

    if (facts->change_capacity < count) {
        facts->change_capacity = facts->changed_capacity;
        facts->order =
            mem_realloc_array(facts->order, facts->change_capacity, sizeof(*facts->order));
        facts->changes =
            mem_realloc_array(facts->changes, facts->change_capacity, sizeof(*facts->changes));
    }
    for (size_t i = 0; i < count; i++)
        facts->order[i] = place_of(&facts->facts[facts->changed[i]]);
    if (count > 1)
        qsort(facts->order, count, sizeof(*facts->order), compare_places);
    for (size_t i = 0; i < count; i++) {
        const struct fact *fact = facts->order[i].fact;

        facts->changes[i] = (struct fact_change){.key = key_of(fact), .value = fact->value};
    }
    *out_count = count;
    return facts->changes;
}

static void forget_all(struct facts *facts)
{
    if (facts->slot_count > SLOTS_KEPT_MAX) {
        free(facts->slots);
        facts->slot_count = SLOTS_FIRST;
        facts->slots = mem_alloc_array(facts->slot_count, sizeof(*facts->slots));
    } else {
        memset(facts->slots, 0, facts->slot_count * sizeof(*facts->slots));
    }
    facts->count = 0;
    facts->changed_count = 0;
    free_chunks(facts);
    facts->kept_len = 0;
}

/* Values that were replaced still take memory: once they are most of it, what is left moves. */
static void drop_replaced(struct facts *facts)
{
    struct chunk *old = facts->chunks;
    size_t live_len = 0;

    for (size_t i = 0; i < facts->count; i++)
        live_len += facts->facts[i].value.len;
    if (facts->kept_len < CHUNK_LEN || facts->kept_len / 2 < live_len)
        return;
    facts->chunks = NULL;
    facts->kept_len = 0;
    for (size_t i = 0; i < facts->count; i++)
        facts->facts[i].value = keep(facts, facts->facts[i].value);
    free_chunks_from(old);
}

static void settle_changes(struct facts *facts)
{
    for (size_t i = 0; i < facts->changed_count; i++)
        facts->facts[facts->changed[i]].is_changed = false;
    facts->changed_count = 0;
    facts->undo_count = 0;
}

static bool knows_too_much(const struct facts *facts)
{
    return facts->count > FACTS_KNOWN_MAX || facts->kept_len > VALUES_KNOWN_MAX;
}

void facts_committed(struct facts *facts)
{
    settle_changes(facts);
    if (facts->base != NULL) {
        if (knows_too_much(facts))
            forget_all(facts);
        return;
    }
    facts->replaced_checks++;
    if (facts->replaced_checks % REPLACED_INTERVAL == 0)
        drop_replaced(facts);
}

void facts_reset(struct facts *facts)
{
    facts->failure = (struct err){0};
    facts_committed(facts);
    if (facts->base != NULL)
        forget_all(facts);
}
