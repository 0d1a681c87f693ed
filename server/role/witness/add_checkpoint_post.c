/*
 * POST /add-checkpoint: cosigns a checkpoint that extends the one cosigned last. It is verified and
 * signed here, on an HTTP thread, against the log's state as it is now; then the committer puts it
 * on disk if that state still is what it was. If not, all begins again.
 */
#include "server/role/witness/endpoints.h"

#include <inttypes.h>

#include "base/diag.h"
#include "server/role/witness/client_rate.h"
#include "server/cosigning/cosigning_time.h"
#include "server/cosigning/evidence.h"
#include "server/cosigning/finding_reply.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

enum { DAY_S = 86400, LOG_BURST_S = 3600, RETRY_CLOCK_S = 60, LOG_BURST_MIN = 10 };

static struct witness_counters *counters_of(const struct request *request)
{
    return &request->worker->state->counters;
}

/* ---- limits ---- */

/* Only what would be cosigned counts: what a log signed once, anyone can send again. */
static bool check_log_rate(struct request *request, struct listed_log *log,
                           struct problem *problem)
{
    uint64_t per_day = log->requests_per_day;
    struct meter_rate rate;
    uint64_t burst;
    unsigned wait_s;

    if (per_day == 0)
        per_day = request->service->log_requests_per_day;
    burst = per_day * LOG_BURST_S / DAY_S;
    rate = meter_rate_of(per_day, DAY_S, burst < LOG_BURST_MIN ? LOG_BURST_MIN : burst);
    return meter_take(&log->meter, &rate, request->received_ns, &wait_s) ||
           client_rate_refuse(request, "log", log->origin, wait_s, problem);
}

/* ---- answers ---- */

static void send_cosignatures(struct request *request)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};
    const struct service_request *state = request->state;
    struct bytes note = bytes_of_buf(&state->note);

    reply.body = bytes_slice(note, note.len - state->signatures_len, note.len);
    reply_send(request, &reply);
}

/* It may be proof that the log cheats, and the operator shall see it. */
static void complain(struct request *request, const struct examination *examination,
                     const struct ledger_state *state)
{
    const struct service *service = request->service;
    const struct checkpoint *checkpoint = &examination->checkpoint;
    const struct evidence_found found = {
        .directory = service->evidence_directory,
        .ledger = service->ledger,
        .held = state,
        .checkpoint = checkpoint,
        .shown = examination->request.checkpoint,
        .observer = service->cosigner->name,
    };
    bool may_say = client_rate_may_say(request);

    if (may_say)
        diag_warn("inconsistent-checkpoint", "origin=%s size=%" PRIu64 " cosigned=%" PRIu64,
                  checkpoint->origin, checkpoint->size, state->size);
    evidence_keep(&found, may_say);
}

/* ---- cosigning ---- */

static bool take_time(struct request *request, const struct ledger_state *state, uint64_t *out_s,
                      struct problem *problem)
{
    uint64_t now_s = clock_unix_ms(request->service->clock) / 1000;

    if (cosigning_time(out_s, now_s, state->time_s))
        return true;
    counter_add(&counters_of(request)->failed, 1);
    if (client_rate_may_say(request))
        diag_error("clock-back", "now=%" PRIu64 " cosigned=%" PRIu64, now_s, state->time_s);
    problem_set(problem, PROBLEM_BUSY, "The clock of the witness went back.");
    problem->retry_after_s = RETRY_CLOCK_S;
    return false;
}

static bool cosign(struct request *request, const struct examination *examination,
                   uint64_t time_s, struct problem *problem)
{
    struct service_request *state = request->state;
    struct err err = {0};
    size_t begin;

    buf_clear(&state->note);
    examine_append_note(&state->note, examination);
    begin = state->note.len;
    if (!cosignature_append(&state->note, request->service->cosigner, time_s,
                            &examination->checkpoint, examination->note.text, &err)) {
        counter_add(&counters_of(request)->failed, 1);
        diag_error("cosigning-failed", "%s", err.text);
        return problem_from_err(problem, &err);
    }
    state->signatures_len = state->note.len - begin;
    return true;
}

static bool attempt(struct request *request, struct problem *problem);

static void on_committed(struct errand *errand)
{
    struct service_request *state = (struct service_request *)errand;
    struct request *request = state->request;
    struct problem problem = {0};

    if (state->cosigning.outcome == COSIGNING_DONE) {
        counter_add(&counters_of(request)->findings[FINDING_CONSISTENT], 1);
        send_cosignatures(request);
    } else if (!attempt(request, &problem)) {
        reply_send_problem(request, &problem);
    }
}

static void submit(struct request *request, const struct examination *examination,
                   const struct ledger_state *before, uint64_t time_s)
{
    struct service_request *state = request->state;

    state->request = request;
    state->cosigning = (struct cosigning){
        .errand = {.outbox = &request->worker->outbox, .done = on_committed},
        .log_id = examination->log_id,
        .before = *before,
        .after = {.size = examination->checkpoint.size,
                  .root = examination->checkpoint.root,
                  .time_s = time_s},
        .note = bytes_of_buf(&state->note),
    };
    committer_submit(request->service->committer, &state->cosigning);
}

static bool refuse(struct request *request, const struct examination *examination,
                   const struct ledger_state *state, enum examine_finding finding,
                   const struct err *err, struct problem *problem)
{
    counter_add(&counters_of(request)->findings[finding], 1);
    if (finding == FINDING_INCONSISTENT)
        complain(request, examination, state);
    if (finding != FINDING_CONFLICT)
        return finding_refuse(problem, finding, "cosigned", err);
    finding_send_size(request, state->size);
    return true;
}

/* From the request as it came to its place in the committer's queue, or to its refusal. */
static bool attempt(struct request *request, struct problem *problem)
{
    const struct log_list *list =
        (const struct log_list *)snapshot_view_refresh(&request->worker->state->logs);
    struct examination examination;
    struct ledger_state state = {0};
    struct err err = {0};
    uint64_t time_s;
    enum examine_finding finding = examine_signature(&examination, request->body, list, &err);

    if (finding == FINDING_CONSISTENT) {
        ledger_get(request->service->ledger, &examination.log_id, &state);
        finding = examine_consistency(&examination, &state, &err);
    }
    if (finding != FINDING_CONSISTENT)
        return refuse(request, &examination, &state, finding, &err, problem);
    if (!check_log_rate(request, examination.log, problem) ||
        !take_time(request, &state, &time_s, problem) ||
        !cosign(request, &examination, time_s, problem))
        return false;
    submit(request, &examination, &state, time_s);
    return true;
}

bool add_checkpoint_post(struct request *request, struct problem *problem)
{
    return client_rate_check(request, problem) && attempt(request, problem);
}
