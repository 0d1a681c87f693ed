#include "server/transport/worker.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/diag.h"
#include "server/transport/reply.h"
#include "server/transport/transport.h"

enum {
    SWEEP_INTERVAL_MS = 100,
    YIELD_MS = 1,
    DRAIN_GRACE_MS = 5000, /* for clients that do not take their replies while we stop */
    HEADERS_LEN_MAX = 16384,
    BALANCE_SLACK = 4,
};

static const int statuses[STATUS_SLOTS - 1] = {200, 201, 202, 204, 400, 403, 404, 405,
                                               408, 409, 413, 415, 422, 429, 500, 503};

int status_of_slot(size_t slot)
{
    return slot < STATUS_SLOTS - 1 ? statuses[slot] : 0;
}

void worker_count_reply(struct worker *worker, const struct endpoint *endpoint, int status,
                        uint64_t received_ns)
{
    size_t number = endpoint_number(worker->transport->role, endpoint);
    size_t slot = 0;

    while (slot < STATUS_SLOTS - 1 && statuses[slot] != status)
        slot++;
    counter_add(&worker->metrics.requests[number][slot], 1);
    histogram_add(&worker->metrics.durations[number], &histogram_durations,
                  clock_monotonic_ns() - received_ns);
}

const char *worker_date(struct worker *worker)
{
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != worker->date_s) {
        worker->date_s = now.tv_sec;
        gmtime_r(&now.tv_sec, &utc);
        strftime(worker->date, sizeof(worker->date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    }
    return worker->date;
}

static bool is_full(const struct transport *transport)
{
    size_t total = 0;

    for (size_t i = 0; i < transport->worker_count; i++)
        total += atomic_load(&transport->workers[i].connection_count);
    return total >= transport->options.connections_max;
}

static bool is_ahead(const struct worker *worker)
{
    const struct transport *transport = worker->transport;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < transport->worker_count; i++) {
        size_t count = atomic_load(&transport->workers[i].connection_count);

        if (count < least)
            least = count;
    }
    return worker->connections.count > least + BALANCE_SLACK;
}

void worker_balance(struct worker *worker)
{
    bool accept;

    worker->connections.is_full = is_full(worker->transport);
    accept = worker->drain_deadline_ns == 0 && !worker->connections.is_full && !worker->is_yielding;
    if (accept == worker->is_accepting)
        return;
    worker->is_accepting = accept;
    if (accept)
        evconnlistener_enable(worker->listener);
    else
        evconnlistener_disable(worker->listener);
}

/*
 * The thread that wakes first could take a whole burst of connections. One that is ahead of
 * another leaves the next ones to it for a moment, and takes them if the other one does not.
 */
static struct bufferevent *on_accept(struct event_base *base, void *argument)
{
    static const struct timeval moment = {.tv_usec = YIELD_MS * 1000};
    struct worker *worker = argument;
    struct bufferevent *bufferevent = connection_new(worker);

    (void)base;
    if (is_ahead(worker)) {
        worker->is_yielding = true;
        event_add(worker->yield_event, &moment);
    }
    worker_balance(worker);
    return bufferevent;
}

static void on_yielded(evutil_socket_t fd, short what, void *argument)
{
    struct worker *worker = argument;

    (void)fd;
    (void)what;
    worker->is_yielding = false;
    worker_balance(worker);
}

/* Out of descriptors, most likely: the next sweep tries again. */
static void on_accept_error(struct evconnlistener *listener, void *argument)
{
    struct worker *worker = argument;

    worker->is_accepting = false;
    evconnlistener_disable(listener);
}

static void on_request(struct evhttp_request *evhttp, void *argument)
{
    struct worker *worker = argument;
    struct connection *connection = connection_of(worker, evhttp_request_get_connection(evhttp));
    struct problem problem = {0};

    connection_set_pending(connection);
    buf_clear(&worker->body);
    if (request_init(&connection->request, evhttp, connection, &problem))
        route_dispatch(&connection->request);
    else
        reply_send_problem(&connection->request, &problem);
}

static void begin_drain(struct worker *worker)
{
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t grace_ns = (uint64_t)DRAIN_GRACE_MS * 1000000;

    worker->drain_deadline_ns = now_ns + grace_ns;
    worker_balance(worker);
    connections_drain(worker, now_ns, grace_ns);
}

static void stop_when_drained(struct worker *worker)
{
    if (worker->drain_deadline_ns != 0 && worker->connections.count == 0)
        event_base_loopbreak(worker->base);
}

static void on_outbox(evutil_socket_t fd, short what, void *argument)
{
    struct worker *worker = argument;
    const struct role *role = worker->transport->role;
    struct errand_list finished = outbox_take(&worker->outbox);
    struct errand *errand;

    (void)fd;
    (void)what;
    while ((errand = errand_list_take_first(&finished)) != NULL) {
        buf_clear(&worker->body);
        errand->done(errand);
    }
    if (role->thread_woken != NULL)
        role->thread_woken(worker);
    if (atomic_load(&worker->must_drain) && worker->drain_deadline_ns == 0)
        begin_drain(worker);
    stop_when_drained(worker);
}

static void on_sweep(evutil_socket_t fd, short what, void *argument)
{
    struct worker *worker = argument;
    const struct role *role = worker->transport->role;

    (void)fd;
    (void)what;
    worker_balance(worker);
    connections_sweep(worker, clock_monotonic_ns());
    if (role->thread_sweep != NULL)
        role->thread_sweep(worker, clock_monotonic_ns());
    stop_when_drained(worker);
}

static void on_adopt(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    connections_adopt(argument);
}

static void on_foreign_output(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    connections_replace_foreign_output(argument);
}

/*
 * No locks: a base belongs to one thread. No change list: it would tell epoll of a closed
 * connection when another thread may have its descriptor's number already, and spare two calls for
 * each connection, none for a request.
 */
static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

static bool init_events(struct worker *worker)
{
    static const struct timeval sweep_interval = {.tv_usec = SWEEP_INTERVAL_MS * 1000};

    worker->sweep_event = event_new(worker->base, -1, EV_PERSIST, on_sweep, worker);
    worker->outbox_event =
        event_new(worker->base, worker->outbox.event_fd, EV_READ | EV_PERSIST, on_outbox, worker);
    worker->yield_event = event_new(worker->base, -1, 0, on_yielded, worker);
    worker->adopt_event = event_new(worker->base, -1, 0, on_adopt, worker);
    worker->foreign_event = event_new(worker->base, -1, 0, on_foreign_output, worker);
    return worker->sweep_event != NULL && worker->outbox_event != NULL &&
           worker->yield_event != NULL && worker->adopt_event != NULL &&
           worker->foreign_event != NULL && event_add(worker->sweep_event, &sweep_interval) == 0 &&
           event_add(worker->outbox_event, NULL) == 0;
}

static bool init_http(struct worker *worker, int listen_fd)
{
    worker->evhttp = evhttp_new(worker->base);
    worker->listener =
        evconnlistener_new(worker->base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC, 0, listen_fd);
    if (worker->evhttp == NULL || worker->listener == NULL)
        return false;
    evhttp_set_allowed_methods(worker->evhttp, (ev_uint16_t)~EVHTTP_REQ_CONNECT);
    evhttp_set_max_headers_size(worker->evhttp, HEADERS_LEN_MAX);
    evhttp_set_max_body_size(worker->evhttp, (ev_ssize_t)worker->transport->body_len_max);
    evhttp_set_flags(worker->evhttp, EVHTTP_SERVER_LINGERING_CLOSE);
    evhttp_set_bevcb(worker->evhttp, on_accept, worker);
    evhttp_set_gencb(worker->evhttp, on_request, worker);
    if (evhttp_bind_listener(worker->evhttp, worker->listener) == NULL)
        return false;
    evconnlistener_set_error_cb(worker->listener, on_accept_error);
    worker->is_accepting = true;
    return true;
}

static bool init_state(struct worker *worker, struct err *err)
{
    const struct role *role = worker->transport->role;

    worker->state = mem_alloc(role->thread_len);
    return role->thread_init == NULL || role->thread_init(worker, err);
}

bool worker_init(struct worker *worker, const struct transport *transport, int listen_fd,
                 struct err *err)
{
    worker->transport = transport;
    worker->date_s = -1;
    if (!outbox_init(&worker->outbox, err))
        return false;
    worker->base = new_base();
    if (worker->base == NULL || !init_events(worker))
        return err_set(err, ERR_IO, "cannot set up an event loop");
    if (!init_state(worker, err))
        return false;
    return init_http(worker, listen_fd) || err_set(err, ERR_IO, "cannot set up an event loop");
}

static void *run(void *argument)
{
    struct worker *worker = argument;

    pthread_setname_np(pthread_self(), "vouchd-http");
    event_base_loop(worker->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

bool worker_start(struct worker *worker, struct err *err)
{
    int error = pthread_create(&worker->thread, NULL, run, worker);

    return error == 0 || err_set_errno(err, ERR_IO, error, "start an HTTP thread");
}

void worker_drain(struct worker *worker)
{
    atomic_store(&worker->must_drain, true);
    outbox_wake(&worker->outbox);
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

void worker_cleanup(struct worker *worker)
{
    const struct role *role;

    if (worker->transport == NULL)
        return;
    role = worker->transport->role;
    worker->is_accepting = false;
    worker->drain_deadline_ns = 1; /* the listener goes before the connections */
    if (worker->evhttp != NULL)
        evhttp_free(worker->evhttp); /* with its listener and connections */
    if (worker->state != NULL && role->thread_cleanup != NULL)
        role->thread_cleanup(worker);
    free_event(worker->sweep_event);
    free_event(worker->outbox_event);
    free_event(worker->yield_event);
    free_event(worker->adopt_event);
    free_event(worker->foreign_event);
    if (worker->base != NULL)
        event_base_free(worker->base);
    free(worker->connections.by_fd);
    free(worker->state);
    buf_cleanup(&worker->body);
    buf_cleanup(&worker->json);
    buf_cleanup(&worker->head);
    outbox_cleanup(&worker->outbox);
}
