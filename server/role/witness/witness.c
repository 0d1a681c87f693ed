#include "server/role/witness/witness.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/diag.h"
#include "server/role/witness/endpoints.h"
#include "server/transport/worker.h"

enum { CLIENT_BURST_S = 10 };

struct witness {
    struct service service;
    struct role role;
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
    buf_cleanup(&state->note);
}

static void init_role(struct role *out, const struct cosigner *cosigner)
{
    *out = (struct role){
        .noun = "witness",
        .endpoints = witness_endpoints,
        .endpoint_count = witness_endpoint_count,
        .variant = cosigner->mldsa == NULL ? IN_ED25519_WITNESSES : IN_MLDSA_WITNESSES,
        .thread_len = sizeof(struct service_thread),
        .request_len = sizeof(struct service_request),
        .thread_init = thread_init,
        .thread_cleanup = thread_cleanup,
        .request_cleanup = request_cleanup,
    };
}

bool witness_reload(struct witness *witness, const char *logs_file, struct err *err)
{
    struct log_list *list;

    if (!log_list_load(&list, logs_file, err))
        return false;
    diag_info("logs-loaded", "count=%zu", list->count);
    snapshot_cell_publish_take(&witness->service.logs, &list->snapshot);
    return true;
}

static bool init_service(struct witness *witness, const struct witness_options *options,
                         struct err *err)
{
    struct service *service = &witness->service;
    uint64_t per_s = options->client_requests_per_s;

    service->cosigner = options->cosigner;
    service->evidence_directory = options->evidence_directory;
    service->clock = clock_system();
    service->log_requests_per_day = options->log_requests_per_day;
    service->client_rate = meter_rate_of(per_s, 1, per_s * CLIENT_BURST_S);
    return subtree_signer_init(&service->subtree_signer, options->cosigner, err) &&
           random_fill((uint8_t *)&service->client_secret, sizeof(service->client_secret), err);
}

/* What it cosigned last for a log, found by the hash of the log's name. */
static bool newest_cosigned(void *context, const char *origin, struct buf *out)
{
    struct service *service = context;
    struct hash log_id;
    struct err err = {0};
    bool found = false;

    hash_sha256(&log_id, bytes_of_text(origin));
    if (!ledger_read_note(service->ledger, &log_id, out, &found, &err))
        diag_warn("gossip-no-head", "log=%s error=%s", origin, err.text);
    return found;
}

static bool start_gossip(struct service *service, const struct gossip_options *wanted,
                         struct err *err)
{
    struct gossip_options options;

    if (wanted == NULL)
        return true;
    options = *wanted;
    options.newest = newest_cosigned;
    options.context = service;
    return gossip_start(&service->gossip, &options, err);
}

bool witness_start(struct witness **out, const struct witness_options *options, struct err *err)
{
    struct witness *witness = mem_alloc(sizeof(*witness));
    struct service *service = &witness->service;

    init_role(&witness->role, options->cosigner);
    snapshot_cell_init(&service->logs);
    if (!init_service(witness, options, err) ||
        !witness_reload(witness, options->logs_file, err) ||
        !ledger_open(&service->ledger, &options->ledger, err) ||
        !committer_start(&service->committer, service->ledger, err) ||
        !start_gossip(service, options->gossip, err) ||
        !transport_open(&service->transport, &options->transport, &witness->role, service, err) ||
        !transport_start(service->transport, err)) {
        witness_stop(witness);
        return false;
    }
    diag_info("opened", "witness=%s cosigned_logs=%zu", options->cosigner->name,
              ledger_count(service->ledger));
    *out = witness;
    return true;
}

/* HTTP threads first: the committer answers what they wait for. */
void witness_stop(struct witness *witness)
{
    struct service *service;

    if (witness == NULL)
        return;
    service = &witness->service;
    transport_drain(service->transport);
    transport_join(service->transport);
    committer_stop(service->committer);
    transport_close(service->transport);
    gossip_stop(service->gossip);
    ledger_close(service->ledger);
    subtree_signer_cleanup(&service->subtree_signer);
    snapshot_cell_cleanup(&service->logs);
    free(witness);
}
