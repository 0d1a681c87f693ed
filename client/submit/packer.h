/*
 * Packs records into payloads of statements: one signature and one leaf for as many records as
 * have come together. Records of one stream keep their order: a stream belongs to one lane, and
 * each lane's payloads are sent in order. Pure: time is handed in.
 */
#ifndef VOUCH_CLIENT_SUBMIT_PACKER_H
#define VOUCH_CLIENT_SUBMIT_PACKER_H

#include "base/bytes.h"
#include "base/err.h"

enum {
    PACKER_LANES = 16,
    PACKER_PAYLOAD_LEN_MAX = 64000, /* leaves room for headers within STATEMENT_LEN_MAX */
};

/* A full payload; everything borrowed. */
struct payload {
    unsigned lane;
    struct bytes bytes;
    size_t record_count;
    const char *subject; /* of its first record: "run/<uuid>", or empty */
    const char *stem;    /* name of the file its first record came from */
};

typedef bool (*packer_emit_fn)(void *context, const struct payload *payload, struct err *err);

/* A payload being put together. */
struct pack {
    struct buf records; /* encoded records, one after the other */
    size_t count;
    uint64_t due_ns;  /* when it must go out even if it is not full */
    char subject[64]; /* of the first record: "run/<uuid>", or empty */
    char stem[96];
};

struct packer {
    size_t records_max; /* 1..STATEMENT_RECORDS_MAX */
    uint64_t window_ns;
    const char *stream; /* member that names a record's stream; borrowed */
    packer_emit_fn emit;
    void *context;
    struct pack packs[PACKER_LANES];
};

/* Adds a checked record; emits the lane's payload first when the record does not fit any more. */
MUST_USE bool packer_add(struct packer *packer, struct bytes record, const char *stem,
                         uint64_t now_ns, struct err *err);

/* Emits every payload whose time has come; UINT64_MAX emits all that is there. */
MUST_USE bool packer_flush(struct packer *packer, uint64_t now_ns, struct err *err);

/* When the next payload is due; UINT64_MAX when there is none. */
uint64_t packer_next_due_ns(const struct packer *packer);

/* The lane of a record, by the value of its stream member; records without one share a lane. */
unsigned packer_lane(const char *stream, struct bytes record);

void packer_cleanup(struct packer *packer);

#endif
