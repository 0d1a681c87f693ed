#include "server/config_transport.h"

#include <sched.h>

static unsigned core_count(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&cores);
}

static unsigned thread_count(uint64_t configured)
{
    unsigned count = configured == 0 ? core_count() : (unsigned)configured;

    return count > TRANSPORT_THREADS_MAX ? TRANSPORT_THREADS_MAX : count;
}

struct transport_options config_transport_options(const struct config_transport *config,
                                                  const char *listen, size_t request_bytes_max)
{
    return (struct transport_options){
        .listen = listen,
        .threads = thread_count(config->http_threads),
        .connections_max = config->connections_max,
        .request_timeout_ms = (uint32_t)config->request_timeout_ms,
        .idle_timeout_ms = (uint32_t)config->idle_timeout_ms,
        .request_bytes_max = request_bytes_max,
    };
}
