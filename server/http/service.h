/* What every HTTP thread and endpoint may use of the log; set up before the threads start. */
#ifndef VOUCH_SERVER_HTTP_SERVICE_H
#define VOUCH_SERVER_HTTP_SERVICE_H

#include "base/snapshot.h"
#include "schemas/key.h"
#include "schemas/record_schema.h"
#include "server/store/store.h"

struct providers;
struct refusals;
struct writer;
struct worker;

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
    struct worker *workers;
    size_t worker_count;
    size_t connections_max;
    uint32_t request_timeout_ms;
    uint32_t idle_timeout_ms;
    size_t streams_max;
    uint32_t stream_heartbeat_ms;
    size_t request_bytes_max; /* of all requests being read, each thread has its share */
    /* any thread */
    struct snapshot_cell heads;   /* struct head_view */
    struct snapshot_cell issuers; /* struct issuers */
    _Atomic size_t stream_count;
};

#endif
