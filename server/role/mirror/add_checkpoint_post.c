/*
 * POST /add-checkpoint: what a witness would cosign becomes the pending checkpoint of its log (C2SP
 * tlog-mirror), for which entries may be uploaded. The mirror signs nothing here.
 */
#include <inttypes.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/diag.h"
#include "server/cosigning/evidence.h"
#include "server/cosigning/finding_reply.h"
#include "server/role/mirror/service.h"
#include "server/transport/reply.h"
#include "server/transport/worker.h"

/* It may be proof that the log cheats; anyone can cause the message, so there are few. */
static void complain(struct request *request, const struct examination *examination,
                     const struct ledger_state *state)
{
    static const struct meter_rate rate = {.interval_ns = 1000000000, .burst_ns = 10000000000};
    const struct checkpoint *checkpoint = &examination->checkpoint;
    const struct followed_log_options *options = &request->service->follow;
    const struct evidence_found found = {
        .directory = options->evidence_directory,
        .ledger = options->ledger,
        .held = state,
        .checkpoint = checkpoint,
        .shown = examination->request.checkpoint,
        .observer = options->cosigner->name,
    };
    unsigned wait_s;
    bool may_say = meter_take(&request->service->complaints, &rate, request->received_ns, &wait_s);

    if (may_say)
        diag_warn("inconsistent-checkpoint", "origin=%s size=%" PRIu64 " pending=%" PRIu64,
                  checkpoint->origin, checkpoint->size, state->size);
    evidence_keep(&found, may_say);
}

/* The quorum of the list holds for what is pushed, too. */
static bool check_quorum(const struct followed_log *log, const struct examination *examination,
                         struct problem *problem)
{
    struct policy_result result;

    if (!log->log.policy.has_quorum)
        return true;
    policy_evaluate(&result, &log->log.policy, &examination->note, examination->checkpoint.origin);
    return result.quorum_met ||
           problem_set(problem, PROBLEM_SIGNATURE,
                       "Not taken: the checkpoint is not cosigned as this mirror's list asks.");
}

/*
 * Where a quorum counts, the cosignatures that met it are kept; check_quorum has found all of them
 * valid. Anyone may have added other lines, and one that is broken makes the note bad.
 */
static void append_note(struct buf *out, const struct followed_log *log,
                        const struct examination *examination)
{
    const struct policy *policy = &log->log.policy;
    const struct note *note = &examination->note;
    size_t line;

    examine_append_note(out, examination);
    for (size_t i = 0; policy->has_quorum && i < policy->name_count; i++) {
        const struct policy_name *name = &policy->names[i];

        if (!name->is_group && note_verifier_is_usable(&name->verifier) &&
            note_find_signature(note, &name->verifier, &line))
            buf_append_bytes(out, note_signature_line(note, line));
    }
}

static void send_empty(struct request *request)
{
    struct reply reply = {.status = 200, .media = MEDIA_TEXT, .cache_control = CACHE_NONE};

    reply_send(request, &reply);
}

/* Whoever brought it first may not have been answered yet. */
static void remember(struct followed_log *log, const struct examination *examination)
{
    struct buf note = {0};

    append_note(&note, log, examination);
    pending_heads_add(&log->pending, &examination->checkpoint, bytes_of_buf(&note));
    buf_cleanup(&note);
}

static bool attempt(struct request *request, struct problem *problem);

static void on_committed(struct errand *errand)
{
    struct cosigning *cosigning = (struct cosigning *)errand;
    struct service_request *state =
        (struct service_request *)((char *)cosigning - offsetof(struct service_request, cosigning));
    struct request *request = state->request;
    struct problem problem = {0};

    if (cosigning->outcome == COSIGNING_DONE) {
        pending_heads_add(&state->log->pending, &state->checkpoint, bytes_of_buf(&state->note));
        send_empty(request);
    } else if (!attempt(request, &problem)) {
        reply_send_problem(request, &problem);
    }
}

static void submit(struct request *request, struct followed_log *log,
                   const struct examination *examination, const struct ledger_state *before)
{
    struct service_request *state = request->state;

    if (state->log == NULL)
        state->log = followed_log_hold(log);
    state->request = request;
    state->checkpoint = examination->checkpoint;
    buf_clear(&state->note);
    append_note(&state->note, log, examination);
    state->cosigning = (struct cosigning){
        .errand = {.outbox = &request->worker->outbox, .done = on_committed},
        .log_id = examination->log_id,
        .before = *before,
        .after = {.size = examination->checkpoint.size,
                  .root = examination->checkpoint.root,
                  .time_s = clock_unix_ms(clock_system()) / 1000},
        .note = bytes_of_buf(&state->note),
    };
    committer_submit(request->service->committer, &state->cosigning);
}

static bool refuse(struct request *request, const struct examination *examination,
                   const struct ledger_state *state, enum examine_finding finding,
                   const struct err *err, struct problem *problem)
{
    if (finding == FINDING_INCONSISTENT)
        complain(request, examination, state);
    if (finding != FINDING_CONFLICT)
        return finding_refuse(problem, finding, "taken", err);
    finding_send_size(request, state->size);
    return true;
}

static bool attempt(struct request *request, struct problem *problem)
{
    const struct log_set *set = service_logs(request);
    struct examination examination;
    struct ledger_state state = {0};
    struct followed_log *log;
    struct err err = {0};
    enum examine_finding finding =
        examine_signature(&examination, request->body, set->list, &err);

    if (finding == FINDING_CONSISTENT) {
        ledger_get(request->service->follow.ledger, &examination.log_id, &state);
        finding = examine_consistency(&examination, &state, &err);
    }
    if (finding != FINDING_CONSISTENT)
        return refuse(request, &examination, &state, finding, &err, problem);
    log = log_set_find_origin(set, examination.checkpoint.origin);
    if (log == NULL)
        return problem_set(problem, PROBLEM_BUSY, "The mirror cannot keep this log now.");
    if (!check_quorum(log, &examination, problem))
        return false;
    if (state.time_s != 0 && state.size == examination.checkpoint.size) {
        remember(log, &examination);
        send_empty(request);
    } else {
        submit(request, log, &examination, &state);
    }
    return true;
}

bool mirror_add_checkpoint_post(struct request *request, struct problem *problem)
{
    return attempt(request, problem);
}
