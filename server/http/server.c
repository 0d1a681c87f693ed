#include "server/http/server.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/diag.h"
#include "schemas/note.h"
#include "schemas/receipt.h"
#include "server/http/head_view.h"
#include "server/http/listen_address.h"
#include "server/http/refusals.h"
#include "server/http/worker.h"
#include "server/http/writer.h"

enum {
    OWN_KEYS_MAX = 4,
    HOUR_MS = 3600000,
    /* Descriptors besides connections: LevelDB's tables, segments, event loops. */
    OTHER_FILES_MAX = 2048,
};

struct http_server {
    struct service service;
    struct hash own_kids[OWN_KEYS_MAX];
    int listen_fd;
    size_t started_count; /* workers with a thread */
    void (*published)(void *context, uint64_t size); /* who else wants to know; may be NULL */
    void *published_context;
};

static void on_libevent_message(int severity, const char *message)
{
    if (severity >= EVENT_LOG_WARN)
        diag_warn("libevent", "%s", message);
    else
        diag_debug("libevent", "%s", message);
}

/* Every connection needs a descriptor; without enough of them accepting stalls under load. */
static void raise_file_limit(size_t connections_max)
{
    rlim_t wanted = connections_max + OTHER_FILES_MAX;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        diag_warn("few-descriptors", "available=%llu wanted=%llu",
                  (unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
}

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
        .worker_count = options->threads,
        .connections_max = options->connections_max,
        .request_timeout_ms = options->request_timeout_ms,
        .idle_timeout_ms = options->idle_timeout_ms,
        .streams_max = options->streams_max,
        .stream_heartbeat_ms = options->stream_heartbeat_ms,
        .request_bytes_max = options->request_bytes_max,
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
    service->workers = mem_alloc_array(options->threads, sizeof(*service->workers));
    snapshot_cell_init(&service->heads);
    snapshot_cell_init(&service->issuers);
}

static void on_published(void *context)
{
    struct http_server *server = context;
    struct snapshot *head = snapshot_cell_hold(&server->service.heads);

    streams_wake(&server->service);
    if (server->published != NULL)
        server->published(server->published_context, ((struct head_view *)head)->head.size);
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

static bool start_workers(struct http_server *server, struct err *err)
{
    struct service *service = &server->service;

    for (size_t i = 0; i < service->worker_count; i++) {
        if (!worker_init(&service->workers[i], service, server->listen_fd, err))
            return false;
    }
    for (size_t i = 0; i < service->worker_count; i++) {
        if (!worker_start(&service->workers[i], err))
            return false;
        server->started_count++;
    }
    return true;
}

static bool open_socket(struct http_server *server, const char *text, struct err *err)
{
    struct listen_address address;

    if (!listen_address_parse(&address, text, err) ||
        !listen_address_open(&address, &server->listen_fd, err))
        return err_wrap(err, "%s", text);
    return true;
}

static void announce(const struct http_server *server)
{
    struct buf name = {0};

    listen_address_append(&name, server->listen_fd);
    diag_info("listening", "address=%s threads=%zu", buf_text(&name), server->started_count);
    buf_cleanup(&name);
}

bool http_server_start(struct http_server **out, const struct http_server_options *options,
                       struct err *err)
{
    struct http_server *server = mem_alloc(sizeof(*server));

    CHECK(options->threads >= 1 && options->threads <= HTTP_THREADS_MAX);
    event_set_log_callback(on_libevent_message);
    raise_file_limit(options->connections_max);
    server->listen_fd = -1;
    init_service(server, options);
    if (!start_writer(server, options, err) || !open_socket(server, options->listen, err)) {
        http_server_stop(server);
        return false;
    }
    if (!start_workers(server, err)) {
        http_server_stop(server);
        return false;
    }
    announce(server);
    *out = server;
    return true;
}

/* HTTP threads first: the writer answers what they wait for. */
void http_server_stop(struct http_server *server)
{
    struct service *service;

    if (server == NULL)
        return;
    service = &server->service;
    if (server->listen_fd >= 0)
        shutdown(server->listen_fd, SHUT_RDWR); /* refuses new connections at once */
    if (service->writer != NULL)
        writer_drain(service->writer);
    for (size_t i = 0; i < server->started_count; i++)
        worker_drain(&service->workers[i]);
    for (size_t i = 0; i < server->started_count; i++)
        worker_join(&service->workers[i]);
    writer_stop(service->writer);
    refusals_free(service->refusals);
    for (size_t i = 0; i < service->worker_count; i++)
        worker_cleanup(&service->workers[i]);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    free(service->workers);
    buf_cleanup(&service->receipt_protected);
    snapshot_cell_cleanup(&service->heads);
    snapshot_cell_cleanup(&service->issuers);
    free(server);
}
