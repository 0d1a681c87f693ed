#include "server/role/mirror/mirror.h"

#include <stdlib.h>

#include "base/diag.h"
#include "server/role/mirror/service.h"
#include "server/transport/worker.h"

struct mirror {
    struct service service;
    struct role role;
    char **directories; /* of the copies */
};

static void init_role(struct role *out)
{
    *out = (struct role){
        .noun = "mirror",
        .endpoints = mirror_endpoints,
        .endpoint_count = mirror_endpoint_count,
        .variant = 1,
        .thread_len = sizeof(struct service_thread),
    };
}

static char *copy_directory(const char *directory, const char *origin)
{
    char id[FOLLOWED_LOG_ID_LEN + 1];

    followed_log_id(id, origin);
    return mem_format("%s/%s", directory, id);
}

static bool start_logs(struct mirror *mirror, const struct mirror_options *options,
                       struct err *err)
{
    const struct mirror_logs *logs = options->logs;
    struct service *service = &mirror->service;

    service->logs = mem_alloc_array(POLICY_LOGS_MAX, sizeof(*service->logs));
    mirror->directories = mem_alloc_array(POLICY_LOGS_MAX, sizeof(*mirror->directories));
    service->log_count = logs->count;
    for (size_t i = 0; i < logs->count; i++) {
        const struct mirror_log *log = &logs->logs[i];
        struct followed_log_options follow = {
            .policy = &log->policy,
            .policy_text = bytes_of_buf(&log->text),
            .cosigner = options->cosigner,
            .interval_ms = options->interval_ms,
        };

        mirror->directories[i] =
            copy_directory(options->directory, log->policy.logs[0].verifier.name);
        follow.directory = mirror->directories[i];
        if (!followed_log_start(&service->logs[i], &follow, err))
            return false;
    }
    return true;
}

bool mirror_start(struct mirror **out, const struct mirror_options *options, struct err *err)
{
    struct mirror *mirror = mem_alloc(sizeof(*mirror));
    struct service *service = &mirror->service;

    init_role(&mirror->role);
    if (!start_logs(mirror, options, err) ||
        !transport_open(&service->transport, &options->transport, &mirror->role, service, err) ||
        !transport_start(service->transport, err)) {
        mirror_stop(mirror);
        return false;
    }
    diag_info("opened", "mirror=%s logs=%zu", options->cosigner->name, service->log_count);
    *out = mirror;
    return true;
}

void mirror_stop(struct mirror *mirror)
{
    struct service *service;

    if (mirror == NULL)
        return;
    service = &mirror->service;
    transport_drain(service->transport);
    transport_join(service->transport);
    for (size_t i = 0; i < service->log_count; i++) {
        followed_log_stop(&service->logs[i]);
        free(mirror->directories[i]);
    }
    transport_close(service->transport);
    free(mirror->directories);
    free(service->logs);
    free(mirror);
}
