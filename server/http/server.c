#include "server/http/server.h"

#include <stdlib.h>

#include "base/clock.h"
#include "schemas/note.h"
#include "schemas/receipt.h"
#include "server/http/endpoints.h"
#include "server/http/head_view.h"
#include "server/http/own_say.h"
#include "server/http/refusals.h"
#include "server/http/writer.h"
#include "server/transport/worker.h"

enum {
    OWN_KEYS_MAX = 4,
    HOUR_MS = 3600000,
};

struct http_server {
    struct service service;
    struct role role;
    struct hash own_kids[OWN_KEYS_MAX];
    void (*published)(void *context, const struct store_head *head); /* who else wants to know */
    void *published_context;
};

static void add_own_key(struct http_server *server, const struct signer *signer)
{
    if (signer != NULL)
        server->own_kids[server->service.own_kid_count++] =
            *public_key_thumbprint(signer->public_key);
}

/* Once an hour at least, however seldom an idle log is sealed. */
static uint64_t refusals_interval_ms(const struct http_server_options *options)
{
    return options->heartbeat_interval_ms < HOUR_MS ? options->heartbeat_interval_ms : HOUR_MS;
}

static void init_service(struct http_server *server, const struct http_server_options *options)
{
    struct service *service = &server->service;

    *service = (struct service){
        .store = options->store,
        .kind = options->kind,
        .origin = options->origin,
        .record_schema = options->record_schema,
        .checkpoint_key_id =
            note_key_id(options->origin, NOTE_TYPE_ED25519, options->checkpoint_signer->public_key),
        .own_kids = server->own_kids,
        .providers = options->providers,
        .witnessing = options->witnessing,
        .anchoring = options->anchoring,
        .streams_max = options->streams_max,
        .stream_heartbeat_ms = options->stream_heartbeat_ms,
    };
    add_own_key(server, options->checkpoint_signer);
    add_own_key(server, options->receipt_signer);
    add_own_key(server, options->log_signer);
    add_own_key(server, options->intake_signer);
    service->log_signer = options->log_signer;
    service->intake_signer = options->intake_signer;
    service->takes_run_documents = options->takes_run_documents;
    if (options->kind == LOG_EVIDENCE)
        service->refusals = refusals_new(options->origin, refusals_interval_ms(options));
    if (options->receipt_signer != NULL) {
        service->receipt_key = options->receipt_signer->public_key;
        receipt_append_protected(&service->receipt_protected, options->receipt_signer,
                                 options->origin);
    }
    snapshot_cell_init(&service->heads);
    snapshot_cell_init(&service->issuers);
}

static void on_published(void *context)
{
    struct http_server *server = context;
    struct snapshot *head = snapshot_cell_hold(&server->service.heads);

    streams_wake(&server->service);
    if (server->published != NULL)
        server->published(server->published_context, &((struct head_view *)head)->head);
    snapshot_release(head);
}

static bool start_writer(struct http_server *server, const struct http_server_options *options,
                         struct err *err)
{
    struct writer_options writer = {
        .tlog = options->tlog,
        .store = options->store,
        .heads = &server->service.heads,
        .refusals = server->service.refusals,
        .published = on_published,
        .context = server,
        .issuers = &server->service.issuers,
        .witnessed = witnessing_cell(options->witnessing),
        .kind = options->kind,
        .heartbeat_interval_ms = options->heartbeat_interval_ms,
        .origin = options->origin,
        .checkpoint_key_id = server->service.checkpoint_key_id,
        .queue_entries_max = options->queue_entries_max,
        .queue_bytes_max = options->queue_bytes_max,
        .low_space_bytes = options->low_space_bytes,
    };

    server->published = options->published;
    server->published_context = options->published_context;
    return writer_start(&server->service.writer, &writer, err);
}

static void on_witnessed(void *context, uint64_t delay_ns)
{
    struct http_server *server = context;

    if (delay_ns > 0)
        histogram_add(&server->service.witness_delay, &histogram_durations, delay_ns);
    awaiting_wake(&server->service);
}

static void on_conflict(void *context, const char *reason)
{
    struct http_server *server = context;

    writer_freeze(server->service.writer, reason);
}

static void listen_to_witnesses(struct http_server *server)
{
    struct witnessing_listener listener = {
        .witnessed = on_witnessed, .conflict = on_conflict, .context = server};

    witnessing_listen(server->service.witnessing, &listener);
}

static bool thread_init(struct worker *worker, struct err *err)
{
    struct service *service = worker->transport->service;

    worker->state->heads.cell = &service->heads;
    worker->state->issuers.cell = &service->issuers;
    worker->state->witnessed.cell = witnessing_cell(service->witnessing);
    return streams_init(worker) || err_set(err, ERR_IO, "cannot set up an event loop");
}

static void thread_cleanup(struct worker *worker)
{
    streams_cleanup(worker);
    snapshot_view_cleanup(&worker->state->heads);
    snapshot_view_cleanup(&worker->state->issuers);
    snapshot_view_cleanup(&worker->state->witnessed);
}

static void thread_woken(struct worker *worker)
{
    streams_tell(worker);
    if (worker->state->awaiting != NULL)
        awaiting_tell(worker, clock_monotonic_ns());
}

static void thread_sweep(struct worker *worker, uint64_t now_ns)
{
    streams_sweep(worker, now_ns);
    awaiting_tell(worker, now_ns);
}

static void request_cleanup(struct service_request *state)
{
    buf_cleanup(&state->entry);
}

static void init_role(struct role *out, enum log_kind kind)
{
    *out = (struct role){
        .noun = "log",
        .endpoints = tlog_endpoints,
        .endpoint_count = tlog_endpoint_count,
        .variant = kind == LOG_EVIDENCE ? IN_EVIDENCE_LOGS : IN_OPAQUE_LOGS,
        .thread_len = sizeof(struct service_thread),
        .request_len = sizeof(struct service_request),
        .thread_init = thread_init,
        .thread_cleanup = thread_cleanup,
        .thread_woken = thread_woken,
        .thread_sweep = thread_sweep,
        .request_cleanup = request_cleanup,
    };
}

/* The writer tells the threads of each head, so they are there before it is. */
bool http_server_start(struct http_server **out, const struct http_server_options *options,
                       struct err *err)
{
    struct http_server *server = mem_alloc(sizeof(*server));

    init_service(server, options);
    init_role(&server->role, options->kind);
    if (!transport_open(&server->service.transport, &options->transport, &server->role,
                        &server->service, err) ||
        !start_writer(server, options, err) || !transport_start(server->service.transport, err)) {
        http_server_stop(server);
        return false;
    }
    listen_to_witnesses(server);
    *out = server;
    return true;
}

bool http_server_say(struct http_server *server, struct tlog_own *own, bool *out_said,
                     struct err *err)
{
    return own_say(server->service.writer, own, out_said, err);
}

/* HTTP threads first: the writer answers what they wait for. */
void http_server_stop(struct http_server *server)
{
    struct service *service;

    if (server == NULL)
        return;
    service = &server->service;
    witnessing_listen(service->witnessing, NULL);
    if (service->writer != NULL)
        writer_drain(service->writer);
    transport_drain(service->transport);
    transport_join(service->transport);
    writer_stop(service->writer);
    refusals_free(service->refusals);
    transport_close(service->transport);
    buf_cleanup(&service->receipt_protected);
    snapshot_cell_cleanup(&service->heads);
    snapshot_cell_cleanup(&service->issuers);
    free(server);
}
