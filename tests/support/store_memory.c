#include "tests/support/store_memory.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/memory_facts.h"

enum { LEVELS = TILE_LEVELS * TILE_HEIGHT };

struct memory_disk {
    pthread_mutex_t mutex; /* guards all that follows */
    struct store_identity_card card;
    uint64_t epoch;
    struct buf heads;          /* struct store_head, by size */
    struct buf entry_ends;     /* uint64_t: where each entry ends in entries */
    struct buf entries;        /* length-prefixed, one after the other */
    struct buf levels[LEVELS]; /* struct hash: the complete nodes of each level, by index */
    struct store_key *slots;   /* open addressing; entry_index STORE_NO_INDEX: free */
    size_t slot_count;         /* a power of two */
    size_t key_count;
    struct memory_facts facts;
    uint64_t facts_size;
};

struct store_memory {
    struct store store;
    struct memory_disk *disk;
};

static struct memory_disk *disk_of(struct store *store)
{
    return ((struct store_memory *)store)->disk;
}

static const struct store_head *head_at(const struct memory_disk *disk, size_t at)
{
    return (const struct store_head *)(const void *)disk->heads.data + at;
}

static size_t head_count(const struct memory_disk *disk)
{
    return disk->heads.len / sizeof(struct store_head);
}

static struct store_head newest_head(const struct memory_disk *disk)
{
    struct store_head head = *head_at(disk, head_count(disk) - 1);

    head.epoch = disk->epoch;
    return head;
}

static bool read_card(struct store *store, struct store_identity_card *out, struct err *err)
{
    (void)err;
    *out = disk_of(store)->card;
    return true;
}

static bool read_head(struct store *store, struct store_head *out, struct err *err)
{
    struct memory_disk *disk = disk_of(store);

    (void)err;
    pthread_mutex_lock(&disk->mutex);
    *out = newest_head(disk);
    pthread_mutex_unlock(&disk->mutex);
    return true;
}

static bool seek_head(struct store *store, struct store_head *out, uint64_t size, struct err *err)
{
    struct memory_disk *disk = disk_of(store);
    size_t begin = 0;
    size_t end;
    bool found;

    pthread_mutex_lock(&disk->mutex);
    end = head_count(disk);
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;

        if (head_at(disk, middle)->size < size)
            begin = middle + 1;
        else
            end = middle;
    }
    found = begin < head_count(disk);
    if (found)
        *out = *head_at(disk, begin);
    pthread_mutex_unlock(&disk->mutex);
    return found || err_set(err, ERR_NOT_FOUND, "no head of size %" PRIu64 " or more", size);
}

static bool read_nodes(struct store *store, struct hash *out, const struct node_id *ids,
                       size_t count, struct err *err)
{
    struct memory_disk *disk = disk_of(store);
    bool ok = true;

    pthread_mutex_lock(&disk->mutex);
    for (size_t i = 0; i < count && ok; i++) {
        const struct buf *level = &disk->levels[ids[i].level];

        if (ids[i].index < level->len / HASH_LEN)
            memcpy(&out[i], level->data + ids[i].index * HASH_LEN, HASH_LEN);
        else
            ok = err_set(err, ERR_CORRUPT, "no node %" PRIu64 " on level %u", ids[i].index,
                         ids[i].level);
    }
    pthread_mutex_unlock(&disk->mutex);
    return ok;
}

/* Where the entry at index begins. */
static size_t entry_begin(const struct memory_disk *disk, uint64_t index)
{
    uint64_t end;

    if (index == 0)
        return 0;
    memcpy(&end, disk->entry_ends.data + (index - 1) * sizeof(end), sizeof(end));
    return (size_t)end;
}

static bool locate_entries(struct store *store, struct store_extent *out, uint64_t begin,
                           uint64_t end, struct err *err)
{
    struct memory_disk *disk = disk_of(store);
    bool ok;

    pthread_mutex_lock(&disk->mutex);
    ok = end <= disk->entry_ends.len / sizeof(uint64_t);
    if (ok) {
        size_t from = entry_begin(disk, begin);
        size_t to = entry_begin(disk, end);

        buf_append(&out->bytes, disk->entries.data + from, to - from);
        out->fd = -1;
        out->offset = 0;
        out->len = to - from;
    }
    pthread_mutex_unlock(&disk->mutex);
    return ok || err_set(err, ERR_CORRUPT, "no entry at index %" PRIu64, end - 1);
}

/* The slot that holds the key, or the free one where it would go. */
static struct store_key *find_slot(const struct memory_disk *disk, const struct store_key *key)
{
    uint64_t at;

    memcpy(&at, key->hash.bytes, sizeof(at));
    for (;; at++) {
        struct store_key *slot = &disk->slots[at & (disk->slot_count - 1)];

        if (slot->entry_index == STORE_NO_INDEX ||
            (slot->index == key->index && memcmp(&slot->hash, &key->hash, STORE_KEY_HASH_LEN) == 0))
            return slot;
    }
}

static bool find(struct store *store, struct store_key *keys, size_t count, struct err *err)
{
    struct memory_disk *disk = disk_of(store);

    (void)err;
    pthread_mutex_lock(&disk->mutex);
    for (size_t i = 0; i < count; i++)
        keys[i].entry_index = find_slot(disk, &keys[i])->entry_index;
    pthread_mutex_unlock(&disk->mutex);
    return true;
}

static bool get_fact(struct store *store, struct bytes key, struct buf *out, bool *out_found,
                     struct err *err)
{
    struct memory_disk *disk = disk_of(store);
    struct bytes value;

    (void)err;
    pthread_mutex_lock(&disk->mutex);
    *out_found = memory_facts_get(&disk->facts, key, &value);
    if (*out_found)
        buf_append_bytes(out, value);
    pthread_mutex_unlock(&disk->mutex);
    return true;
}

/* On a copy, so that visit may ask the store for more. */
static bool scan_facts(struct store *store, const struct store_fact_range *range,
                       store_fact_fn visit, void *context, struct err *err)
{
    struct memory_disk *disk = disk_of(store);
    struct memory_facts facts;

    (void)err;
    pthread_mutex_lock(&disk->mutex);
    facts = memory_facts_copy(&disk->facts);
    pthread_mutex_unlock(&disk->mutex);
    memory_facts_scan(&facts, range, visit, context);
    memory_facts_cleanup(&facts);
    return true;
}

static bool read_facts_size(struct store *store, uint64_t *out, struct err *err)
{
    struct memory_disk *disk = disk_of(store);

    (void)err;
    pthread_mutex_lock(&disk->mutex);
    *out = disk->facts_size;
    pthread_mutex_unlock(&disk->mutex);
    return true;
}

static struct store_key *new_slots(size_t count)
{
    struct store_key *slots = mem_alloc_array(count, sizeof(*slots));

    for (size_t i = 0; i < count; i++)
        slots[i].entry_index = STORE_NO_INDEX;
    return slots;
}

static void grow_slots(struct memory_disk *disk)
{
    struct store_key *old = disk->slots;
    size_t old_count = disk->slot_count;

    disk->slot_count *= 2;
    disk->slots = new_slots(disk->slot_count);
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].entry_index != STORE_NO_INDEX)
            *find_slot(disk, &old[i]) = old[i];
    }
    free(old);
}

static void put_key(struct memory_disk *disk, const struct store_key *key)
{
    struct store_key *slot;

    if (2 * disk->key_count >= disk->slot_count)
        grow_slots(disk);
    slot = find_slot(disk, key);
    disk->key_count += slot->entry_index == STORE_NO_INDEX;
    *slot = *key;
}

static void apply_commit(struct memory_disk *disk, const struct store_commit *commit)
{
    for (size_t i = 0; i < commit->entry_count; i++) {
        uint64_t end;

        buf_append_be16(&disk->entries, (uint16_t)commit->entries[i].len);
        buf_append_bytes(&disk->entries, commit->entries[i]);
        end = disk->entries.len;
        buf_append(&disk->entry_ends, &end, sizeof(end));
    }
    for (size_t i = 0; i < commit->node_count; i++)
        buf_append(&disk->levels[commit->nodes[i].id.level], &commit->nodes[i].hash, HASH_LEN);
    for (size_t i = 0; i < commit->key_count; i++)
        put_key(disk, &commit->keys[i]);
    for (size_t i = 0; i < commit->fact_count; i++)
        memory_facts_put(&disk->facts, &commit->facts[i]);
    disk->facts_size = commit->head.size;
    buf_append(&disk->heads, &commit->head, sizeof(commit->head));
}

static bool commit(struct store *store, const struct store_commit *commit, struct err *err)
{
    struct memory_disk *disk = disk_of(store);
    struct store_head held;
    bool ok;

    pthread_mutex_lock(&disk->mutex);
    held = newest_head(disk);
    ok = store_head_same_place(&held, &commit->expected);
    if (ok)
        apply_commit(disk, commit);
    pthread_mutex_unlock(&disk->mutex);
    return ok || store_set_fenced(err, &held, &commit->expected);
}

static bool stats(struct store *store, struct store_stats *out, struct err *err)
{
    struct memory_disk *disk = disk_of(store);

    (void)err;
    pthread_mutex_lock(&disk->mutex);
    out->bytes_on_disk = disk->entries.len;
    out->bytes_available = UINT64_MAX;
    pthread_mutex_unlock(&disk->mutex);
    return true;
}

static void close_store(struct store *store)
{
    free(store);
}

static const struct store_ops memory_ops = {
    .read_card = read_card,
    .read_head = read_head,
    .seek_head = seek_head,
    .read_nodes = read_nodes,
    .locate_entries = locate_entries,
    .find = find,
    .get_fact = get_fact,
    .scan_facts = scan_facts,
    .read_facts_size = read_facts_size,
    .commit = commit,
    .stats = stats,
    .close = close_store,
};

struct memory_disk *memory_disk_new(const struct store_identity_card *card,
                                    const struct store_head *head)
{
    struct memory_disk *disk = mem_alloc(sizeof(*disk));

    CHECK(head->size == 0);
    pthread_mutex_init(&disk->mutex, NULL);
    disk->card = *card;
    disk->epoch = head->epoch;
    disk->slot_count = 64;
    disk->slots = new_slots(disk->slot_count);
    buf_append(&disk->heads, head, sizeof(*head));
    return disk;
}

static void copy_buf(struct buf *buf)
{
    struct buf copy = {0};

    buf_append_bytes(&copy, bytes_of_buf(buf));
    *buf = copy;
}

struct memory_disk *memory_disk_copy(const struct memory_disk *disk)
{
    struct memory_disk *copy = mem_copy(disk, sizeof(*disk));

    pthread_mutex_init(&copy->mutex, NULL);
    copy_buf(&copy->heads);
    copy_buf(&copy->entry_ends);
    copy_buf(&copy->entries);
    for (size_t i = 0; i < LEVELS; i++)
        copy_buf(&copy->levels[i]);
    copy->facts = memory_facts_copy(&disk->facts);
    copy->slots = mem_copy(disk->slots, disk->slot_count * sizeof(*disk->slots));
    return copy;
}

void memory_disk_free(struct memory_disk *disk)
{
    if (disk == NULL)
        return;
    buf_cleanup(&disk->heads);
    buf_cleanup(&disk->entry_ends);
    buf_cleanup(&disk->entries);
    for (size_t i = 0; i < LEVELS; i++)
        buf_cleanup(&disk->levels[i]);
    free(disk->slots);
    memory_facts_cleanup(&disk->facts);
    pthread_mutex_destroy(&disk->mutex);
    free(disk);
}

struct store *store_memory_open(struct memory_disk *disk)
{
    struct store_memory *memory = mem_alloc(sizeof(*memory));

    memory->store.ops = &memory_ops;
    memory->disk = disk;
    pthread_mutex_lock(&disk->mutex);
    disk->epoch++;
    pthread_mutex_unlock(&disk->mutex);
    return &memory->store;
}
