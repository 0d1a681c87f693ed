#include "server/role/mirror/mirror.h"

#include <stdlib.h>

#include "base/diag.h"
#include "server/role/mirror/service.h"
#include "server/transport/worker.h"

struct mirror {
    struct service service;
    struct role role;
    struct ledger *ledger;
};

static bool thread_init(struct worker *worker, struct err *err)
{
    (void)err;
    worker->state->logs.cell = &worker->transport->service->logs;
    return true;
}

static void thread_cleanup(struct worker *worker)
{
    snapshot_view_cleanup(&worker->state->logs);
}

static void request_cleanup(struct service_request *state)
{
    followed_log_release(state->log);
    buf_cleanup(&state->filing.answer.body);
    buf_cleanup(&state->note);
    state->log = NULL;
}

static void init_role(struct role *out, const struct cosigner *cosigner)
{
    *out = (struct role){
        .noun = "mirror",
        .endpoints = mirror_endpoints,
        .endpoint_count = mirror_endpoint_count,
        .variant = cosigner->mldsa == NULL ? IN_ED25519_MIRRORS : IN_MLDSA_MIRRORS,
        .thread_len = sizeof(struct service_thread),
        .request_len = sizeof(struct service_request),
        .thread_init = thread_init,
        .thread_cleanup = thread_cleanup,
        .request_cleanup = request_cleanup,
    };
}

/* The set that is published, which only the thread that starts, reloads and stops replaces. */
static bool load_logs(struct service *service, const char *logs_file, struct err *err)
{
    struct log_set *before = (struct log_set *)snapshot_cell_hold(&service->logs);
    struct log_set *set;
    bool ok = log_set_load(&set, logs_file, before, &service->follow, err);

    if (ok) {
        diag_info("logs-loaded", "count=%zu", set->count);
        snapshot_cell_publish_take(&service->logs, &set->snapshot);
    }
    if (before != NULL)
        snapshot_release(&before->snapshot);
    return ok;
}

bool mirror_reload(struct mirror *mirror, const char *logs_file, struct err *err)
{
    return load_logs(&mirror->service, logs_file, err);
}

bool mirror_start(struct mirror **out, const struct mirror_options *options, struct err *err)
{
    struct mirror *mirror = mem_alloc(sizeof(*mirror));
    struct service *service = &mirror->service;
    bool ok;

    init_role(&mirror->role, options->cosigner);
    snapshot_cell_init(&service->logs);
    ok = subtree_signer_init(&service->subtree_signer, options->cosigner, err) &&
         ledger_open(&mirror->ledger, &options->ledger, err) &&
         committer_start(&service->committer, mirror->ledger, err) &&
         filer_start(&service->filer, &service->logs, err);
    service->follow = (struct followed_log_options){
        .directory = options->directory,
        .evidence_directory = options->evidence_directory,
        .cosigner = options->cosigner,
        .ledger = mirror->ledger,
        .committer = service->committer,
        .interval_ms = options->interval_ms,
    };
    if (!ok || !load_logs(service, options->logs_file, err) ||
        !transport_open(&service->transport, &options->transport, &mirror->role, service, err) ||
        !transport_start(service->transport, err)) {
        mirror_stop(mirror);
        return false;
    }
    diag_info("opened", "mirror=%s", options->cosigner->name);
    *out = mirror;
    return true;
}

/* HTTP threads first: the others answer what they wait for. */
void mirror_stop(struct mirror *mirror)
{
    struct service *service;
    struct log_set *set;

    if (mirror == NULL)
        return;
    service = &mirror->service;
    transport_drain(service->transport);
    transport_join(service->transport);
    filer_stop(service->filer);
    set = (struct log_set *)snapshot_cell_hold(&service->logs);
    if (set != NULL) {
        log_set_stop(set);
        snapshot_release(&set->snapshot);
    }
    committer_stop(service->committer);
    transport_close(service->transport);
    snapshot_cell_cleanup(&service->logs);
    ledger_close(mirror->ledger);
    subtree_signer_cleanup(&service->subtree_signer);
    free(mirror);
}
