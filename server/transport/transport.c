#include "server/transport/transport.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "server/transport/listen_address.h"
#include "server/transport/route.h"
#include "server/transport/worker.h"

enum {
    /* Descriptors besides connections: LevelDB's tables, segments, event loops. */
    OTHER_FILES_MAX = 2048,
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

static size_t largest_body(const struct role *role)
{
    size_t len_max = 0;

    for (size_t i = 0; i < role->endpoint_count; i++) {
        if (role->endpoints[i].body_len_max > len_max)
            len_max = role->endpoints[i].body_len_max;
    }
    return len_max;
}

static bool open_socket(struct transport *transport, struct err *err)
{
    const char *text = transport->options.listen;
    struct listen_address address;

    if (!listen_address_parse(&address, text, err) ||
        !listen_address_open(&address, &transport->listen_fd, err))
        return err_wrap(err, "%s", text);
    return true;
}

static bool init_workers(struct transport *transport, struct err *err)
{
    for (size_t i = 0; i < transport->worker_count; i++) {
        if (!worker_init(&transport->workers[i], transport, transport->listen_fd, err))
            return false;
    }
    return true;
}

bool transport_open(struct transport **out, const struct transport_options *options,
                    const struct role *role, struct service *service, struct err *err)
{
    struct transport *transport = mem_alloc(sizeof(*transport));

    CHECK(options->threads >= 1 && options->threads <= TRANSPORT_THREADS_MAX);
    CHECK(role->endpoint_count < ENDPOINTS_MAX);
    event_set_log_callback(on_libevent_message);
    raise_file_limit(options->connections_max);
    transport->options = *options;
    transport->role = role;
    transport->service = service;
    transport->body_len_max = largest_body(role);
    transport->listen_fd = -1;
    transport->worker_count = options->threads;
    transport->workers = mem_alloc_array(options->threads, sizeof(*transport->workers));
    if (!open_socket(transport, err) || !init_workers(transport, err)) {
        transport_close(transport);
        return false;
    }
    *out = transport;
    return true;
}

static void announce(const struct transport *transport)
{
    struct buf name = {0};

    listen_address_append(&name, transport->listen_fd);
    diag_info("listening", "address=%s threads=%zu", buf_text(&name), transport->started_count);
    buf_cleanup(&name);
}

bool transport_start(struct transport *transport, struct err *err)
{
    for (size_t i = 0; i < transport->worker_count; i++) {
        if (!worker_start(&transport->workers[i], err))
            return false;
        transport->started_count++;
    }
    announce(transport);
    return true;
}

void transport_drain(struct transport *transport)
{
    if (transport == NULL)
        return;
    shutdown(transport->listen_fd, SHUT_RDWR); /* refuses new connections at once */
    for (size_t i = 0; i < transport->started_count; i++)
        worker_drain(&transport->workers[i]);
}

void transport_join(struct transport *transport)
{
    if (transport == NULL)
        return;
    for (size_t i = 0; i < transport->started_count; i++)
        worker_join(&transport->workers[i]);
}

void transport_close(struct transport *transport)
{
    if (transport == NULL)
        return;
    for (size_t i = 0; i < transport->worker_count; i++)
        worker_cleanup(&transport->workers[i]);
    if (transport->listen_fd >= 0)
        close(transport->listen_fd);
    free(transport->workers);
    free(transport);
}
