/*
 * A store that passes everything to another one, and misbehaves when told to: the n-th call of an
 * operation from now on fails in a chosen way, once.
 */
#ifndef VOUCH_TESTS_SUPPORT_STORE_FAULTY_H
#define VOUCH_TESTS_SUPPORT_STORE_FAULTY_H

#include "server/store/store.h"

enum store_operation {
    STORE_OPERATION_READ_CARD,
    STORE_OPERATION_READ_HEAD,
    STORE_OPERATION_SEEK_HEAD,
    STORE_OPERATION_READ_NODES,
    STORE_OPERATION_LOCATE_ENTRIES, /* store_read_entries too */
    STORE_OPERATION_FIND,
    STORE_OPERATION_GET_FACT,
    STORE_OPERATION_SCAN_FACTS,
    STORE_OPERATION_READ_FACTS_SIZE,
    STORE_OPERATION_COMMIT,
    STORE_OPERATION_STATS,
    STORE_OPERATION_COUNT,
};

enum store_fault {
    STORE_FAULT_NONE,
    STORE_FAULT_ERROR,   /* ERR_IO; a commit leaves nothing behind */
    STORE_FAULT_KEPT,    /* commits: ERR_IO, but everything was written */
    STORE_FAULT_MISSING, /* reads: as if the data were not there */
    STORE_FAULT_FLIPPED, /* reads: success, and one bit of the answer is wrong */
};

/* Closing it closes inner too. */
struct store *store_faulty_new_take(struct store *inner);

/*
 * After `calls_before` more good calls of the operation, one call has the fault. Arming again
 * replaces what was armed for that operation. choice picks the bit to flip, modulo the bits of
 * the answer (of keys the entry_index, of a card the key, of a scan the
 * first value). MISSING and FLIPPED are for reads, KEPT
 * is for commits.
 */
void store_faulty_arm(struct store *faulty, enum store_operation operation, enum store_fault fault,
                      uint64_t calls_before, uint64_t choice);

/* Disarms everything. */
void store_faulty_heal(struct store *faulty);

/* Calls of an operation so far, and faults that took place. */
uint64_t store_faulty_calls(const struct store *faulty, enum store_operation operation);
uint64_t store_faulty_faults(const struct store *faulty);

#endif
