#include "tests/support/store_faulty.h"

#include <pthread.h>
#include <stdlib.h>

/* What is armed for one operation. */
struct armed {
    enum store_fault fault;
    uint64_t calls_before;
    uint64_t choice;
};

struct store_faulty {
    struct store store;
    struct store *inner;
    pthread_mutex_t mutex; /* guards all that follows */
    struct armed armed[STORE_OPERATION_COUNT];
    uint64_t calls[STORE_OPERATION_COUNT];
    uint64_t faults;
};

static struct store *inner_of(struct store *store)
{
    return ((struct store_faulty *)store)->inner;
}

/* Counts a call and says what is to happen to it. */
static struct armed next_fault(struct store *store, enum store_operation operation)
{
    struct store_faulty *faulty = (struct store_faulty *)store;
    struct armed *armed = &faulty->armed[operation];
    struct armed now = {.fault = STORE_FAULT_NONE};

    pthread_mutex_lock(&faulty->mutex);
    faulty->calls[operation]++;
    if (armed->fault != STORE_FAULT_NONE && armed->calls_before > 0) {
        armed->calls_before--;
    } else if (armed->fault != STORE_FAULT_NONE) {
        now = *armed;
        armed->fault = STORE_FAULT_NONE;
        faulty->faults++;
    }
    pthread_mutex_unlock(&faulty->mutex);
    return now;
}

static bool set_injected(struct err *err, enum err_code code)
{
    return err_set(err, code, "injected fault");
}

/*
 * The end of a read that has nothing to do for STORE_FAULT_MISSING but to fail with missing_code.
 * len 0 when there is no bit to flip.
 */
static bool finish_read(struct armed now, enum err_code missing_code, void *answer, size_t len,
                        struct err *err)
{
    switch (now.fault) {
    case STORE_FAULT_NONE:
        return true;
    case STORE_FAULT_MISSING:
        return set_injected(err, missing_code);
    case STORE_FAULT_FLIPPED:
        if (len > 0)
            ((uint8_t *)answer)[now.choice / 8 % len] ^= (uint8_t)(1u << (now.choice % 8));
        return true;
    case STORE_FAULT_ERROR:
    case STORE_FAULT_KEPT:
        break;
    }
    return set_injected(err, ERR_IO);
}

static bool read_card(struct store *store, struct store_identity_card *out, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_READ_CARD);

    return store_read_card(inner_of(store), out, err) &&
           finish_read(now, ERR_CORRUPT, &out->checkpoint_key, sizeof(out->checkpoint_key), err);
}

static bool read_head(struct store *store, struct store_head *out, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_READ_HEAD);

    return store_read_head(inner_of(store), out, err) &&
           finish_read(now, ERR_CORRUPT, out, sizeof(*out), err);
}

static bool seek_head(struct store *store, struct store_head *out, uint64_t size, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_SEEK_HEAD);

    return store_seek_head(inner_of(store), out, size, err) &&
           finish_read(now, ERR_NOT_FOUND, out, sizeof(*out), err);
}

static bool read_nodes(struct store *store, struct hash *out, const struct node_id *ids,
                       size_t count, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_READ_NODES);

    return store_read_nodes(inner_of(store), out, ids, count, err) &&
           finish_read(now, ERR_CORRUPT, out, count * sizeof(*out), err);
}

static bool locate_entries(struct store *store, struct store_extent *out, uint64_t begin,
                           uint64_t end, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_LOCATE_ENTRIES);

    if (now.fault != STORE_FAULT_FLIPPED)
        return store_locate_entries(inner_of(store), out, begin, end, err) &&
               finish_read(now, ERR_CORRUPT, NULL, 0, err);
    /* A bit of a file cannot be flipped for one reader only: hand out a copy. */
    if (!store_read_entries(inner_of(store), &out->bytes, begin, end, err))
        return false;
    out->fd = -1;
    out->offset = 0;
    out->len = out->bytes.len;
    return finish_read(now, ERR_CORRUPT, out->bytes.data, out->bytes.len, err);
}

static bool find(struct store *store, struct store_key *keys, size_t count, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_FIND);

    if (!store_find(inner_of(store), keys, count, err))
        return false;
    if (now.fault == STORE_FAULT_MISSING) {
        for (size_t i = 0; i < count; i++)
            keys[i].entry_index = STORE_NO_INDEX;
        return true;
    }
    if (now.fault == STORE_FAULT_FLIPPED && count > 0)
        keys[now.choice / 64 % count].entry_index ^= (uint64_t)1 << (now.choice % 64);
    return finish_read(now, ERR_CORRUPT, NULL, 0, err);
}

static bool get_fact(struct store *store, struct bytes key, struct buf *out, bool *out_found,
                     struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_GET_FACT);
    size_t before = out->len;

    if (!store_get_fact(inner_of(store), key, out, out_found, err))
        return false;
    if (now.fault == STORE_FAULT_MISSING) {
        out->len = before;
        *out_found = false;
        return true;
    }
    return finish_read(now, ERR_NONE, out->data + before, out->len - before, err);
}

/* What is done to the first value of a scan. */
struct faulty_scan {
    struct armed now;
    store_fact_fn visit;
    void *context;
};

static bool visit_fact(void *context, const struct store_fact *fact)
{
    struct faulty_scan *scan = context;
    struct store_fact flipped = *fact;
    uint8_t *value;
    bool more;

    if (scan->now.fault != STORE_FAULT_FLIPPED || fact->value.len == 0)
        return scan->visit(scan->context, fact);
    value = mem_copy(fact->value.data, fact->value.len);
    value[scan->now.choice / 8 % fact->value.len] ^= (uint8_t)(1u << (scan->now.choice % 8));
    flipped.value = bytes_of(value, fact->value.len);
    scan->now.fault = STORE_FAULT_NONE;
    more = scan->visit(scan->context, &flipped);
    free(value);
    return more;
}

static bool scan_facts(struct store *store, const struct store_fact_range *range,
                       store_fact_fn visit, void *context, struct err *err)
{
    struct faulty_scan scan = {next_fault(store, STORE_OPERATION_SCAN_FACTS), visit, context};

    if (scan.now.fault == STORE_FAULT_MISSING)
        return true;
    if (scan.now.fault == STORE_FAULT_ERROR)
        return set_injected(err, ERR_IO);
    return store_scan_facts(inner_of(store), range, visit_fact, &scan, err);
}

static bool read_facts_size(struct store *store, uint64_t *out, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_READ_FACTS_SIZE);

    return store_read_facts_size(inner_of(store), out, err) &&
           finish_read(now, ERR_CORRUPT, out, sizeof(*out), err);
}

static bool commit(struct store *store, const struct store_commit *commit, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_COMMIT);

    if (now.fault == STORE_FAULT_NONE)
        return store_commit(inner_of(store), commit, err);
    if (now.fault == STORE_FAULT_KEPT && !store_commit(inner_of(store), commit, err))
        return false;
    return set_injected(err, ERR_IO);
}

static bool stats(struct store *store, struct store_stats *out, struct err *err)
{
    struct armed now = next_fault(store, STORE_OPERATION_STATS);

    return store_stats(inner_of(store), out, err) && finish_read(now, ERR_IO, NULL, 0, err);
}

static void close_store(struct store *store)
{
    struct store_faulty *faulty = (struct store_faulty *)store;

    store_close(faulty->inner);
    pthread_mutex_destroy(&faulty->mutex);
    free(faulty);
}

static const struct store_ops faulty_ops = {
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

struct store *store_faulty_new_take(struct store *inner)
{
    struct store_faulty *faulty = mem_alloc(sizeof(*faulty));

    faulty->store.ops = &faulty_ops;
    faulty->inner = inner;
    pthread_mutex_init(&faulty->mutex, NULL);
    return &faulty->store;
}

void store_faulty_arm(struct store *store, enum store_operation operation, enum store_fault fault,
                      uint64_t calls_before, uint64_t choice)
{
    struct store_faulty *faulty = (struct store_faulty *)store;

    CHECK(operation < STORE_OPERATION_COUNT);
    CHECK(fault != STORE_FAULT_KEPT || operation == STORE_OPERATION_COMMIT);
    CHECK((fault != STORE_FAULT_MISSING && fault != STORE_FAULT_FLIPPED) ||
          operation != STORE_OPERATION_COMMIT);
    pthread_mutex_lock(&faulty->mutex);
    faulty->armed[operation] =
        (struct armed){.fault = fault, .calls_before = calls_before, .choice = choice};
    pthread_mutex_unlock(&faulty->mutex);
}

void store_faulty_heal(struct store *store)
{
    for (unsigned i = 0; i < STORE_OPERATION_COUNT; i++)
        store_faulty_arm(store, (enum store_operation)i, STORE_FAULT_NONE, 0, 0);
}

uint64_t store_faulty_calls(const struct store *store, enum store_operation operation)
{
    return ((const struct store_faulty *)store)->calls[operation];
}

uint64_t store_faulty_faults(const struct store *store)
{
    return ((const struct store_faulty *)store)->faults;
}
