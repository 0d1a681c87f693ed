/*
 * What every HTTP thread and endpoint may use of the log, set up before the threads start; what
 * each thread has for itself; and what a request carries while it waits for the writer.
 */
#ifndef VOUCH_SERVER_HTTP_SERVICE_H
#define VOUCH_SERVER_HTTP_SERVICE_H

#include "base/snapshot.h"
#include "schemas/key.h"
#include "schemas/record_schema.h"
#include "server/http/awaiting.h"
#include "server/http/job.h"
#include "server/http/stream.h"
#include "server/store/store.h"
#include "server/transport/metrics.h"
#include "server/transport/request.h"

struct providers;
struct refusals;
struct transport;
struct anchoring;
struct witnessed_view;
struct witnessing;
struct writer;

enum { REFUSED_SLOTS = 64 };

struct service {
    /* constant while the threads run */
    struct store *store;
    enum log_kind kind;
    const char *origin;
    const struct record_schema *record_schema; /* evidence logs */
    uint32_t checkpoint_key_id;
    struct public_key *receipt_key; /* evidence logs, like the next two */
    struct signer *log_signer;      /* any thread may sign */
    struct signer *intake_signer;
    bool takes_run_documents; /* of anybody who can reach the log */
    const struct hash *own_kids;    /* of all keys of the log */
    size_t own_kid_count;
    struct buf receipt_protected; /* evidence logs: protected header of every receipt */
    struct providers *providers;
    struct refusals *refusals; /* evidence logs */
    struct writer *writer;
    struct witnessing *witnessing;
    struct anchoring *anchoring;
    struct transport *transport;
    size_t streams_max;
    uint32_t stream_heartbeat_ms;
    /* any thread */
    struct snapshot_cell heads;   /* struct head_view */
    struct snapshot_cell issuers; /* struct issuers */
    _Atomic size_t stream_count;
    /* the witnessing thread writes, any reads */
    struct histogram witness_delay; /* from published to witnessed */
};

struct tlog_counters {
    struct counter proofs[2]; /* inclusion, consistency */
    struct counter proof_failures[2];
    struct counter refused[REFUSED_SLOTS]; /* by problem kind: submissions not admitted */
};

struct service_thread {
    /* this thread only */
    struct streams streams;
    struct snapshot_view heads;
    struct snapshot_view issuers;
    struct snapshot_view witnessed;
    struct awaiting *awaiting; /* requests that wait for witnesses */
    size_t awaiting_len;       /* bytes kept for them */
    /* written by this thread, read by any */
    struct tlog_counters counters;
    _Atomic bool has_streams; /* and wants to be woken when a head is published */
    _Atomic bool has_awaiting; /* and wants to be woken when a head is witnessed */
};

struct service_request {
    struct request *request; /* whose this is; set by request_submit */
    struct job job;
    struct tlog_submission submission;
    struct buf entry;  /* when the entry is not the body as it came */
    struct wait *wait; /* what the answer may wait for (parked.h); NULL: nothing */
    struct awaiting awaiting;
};

/* The request whose job this is. */
struct request *request_of_job(struct job *job);

/* The newest published head; valid until the thread looks again. */
const struct head_view *request_head(struct request *request);

/* What witnesses have signed; as long as request_head. */
const struct witnessed_view *request_witnessed(struct request *request);

/* The issuers trusted now; as long as request_head. */
const struct issuers *request_issuers(struct request *request);

/* Queues the request's job for the writer; done is called on this thread when it is committed. */
MUST_USE bool request_submit(struct request *request, struct tlog_submission *submissions,
                             size_t count, size_t bytes, void (*done)(struct job *job),
                             struct problem *problem);

/* False, with the problem sent, when the log refused to commit the request's job. */
MUST_USE bool request_check_committed(struct request *request);

#endif
