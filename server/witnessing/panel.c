#include "server/witnessing/panel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "schemas/key.h"
#include "schemas/mldsa.h"

/* ---- the policy ---- */

static bool check_witness(const struct policy_name *witness, struct err *err)
{
    if (witness->url == NULL)
        return err_set(err, ERR_INVALID, "witness %.64s has no URL to ask it at", witness->text);
    return fetch_check_url(witness->url, err) || err_wrap(err, "witness %.64s", witness->text);
}

/* A policy may be for several logs; one that is for others only would never be met. */
static bool check_log(const struct policy *policy, const struct note_verifier *log,
                      struct err *err)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        if (strcmp(policy->logs[i].verifier.name, log->name) == 0 &&
            public_key_equal(policy->logs[i].verifier.key, log->key))
            return true;
    }
    return policy->log_count == 0 ||
           err_set(err, ERR_INVALID, "this log and its checkpoint key are not among its logs");
}

static bool has_witness(const struct policy *policy, const char *name)
{
    for (size_t i = 0; i < policy->name_count; i++) {
        if (!policy->names[i].is_group && strcmp(policy->names[i].text, name) == 0)
            return true;
    }
    return false;
}

/* A misspelt name would be noticed when it is needed most. */
static bool check_monitoring(const struct panel *panel, struct err *err)
{
    const struct panel_options *options = &panel->options;

    for (size_t i = 0; i < options->monitoring_count; i++) {
        if (!has_witness(&panel->policy, options->monitoring[i].name))
            return err_set(err, ERR_INVALID, "witness_monitoring: the policy has no witness %.64s",
                           options->monitoring[i].name);
    }
    return true;
}

static bool check_policy(const struct panel *panel, struct err *err)
{
    if (panel->policy.witness_count > WITNESSING_WITNESSES_MAX)
        return err_set(err, ERR_INVALID, "more than %d witnesses", WITNESSING_WITNESSES_MAX);
    for (size_t i = 0; i < panel->policy.name_count; i++) {
        if (!panel->policy.names[i].is_group && !check_witness(&panel->policy.names[i], err))
            return false;
    }
    return policy_check_quorum(&panel->policy, err) &&
           check_log(&panel->policy, panel->options.log.verifier, err);
}

static bool load_policy(struct panel *panel, const char *path, struct err *err)
{
    struct buf text = {0};
    bool ok;

    if (path == NULL)
        return true;
    ok = (file_read(&text, path, POLICY_LEN_MAX, err) &&
          policy_parse(&panel->policy, bytes_of_buf(&text), err) && check_policy(panel, err)) ||
         err_wrap(err, "%s", path);
    buf_cleanup(&text);
    return ok;
}

/* ---- what the operator is told ---- */

static void count(struct panel_witness *witness, enum witnessing_result result)
{
    atomic_fetch_add(&witness->results[result], 1);
}

/* Once for each kind of trouble, until there is another one or none. */
static void tell(struct panel_witness *witness, enum panel_trouble trouble, const char *text)
{
    if (witness->told == trouble)
        return;
    witness->told = trouble;
    if (trouble == TROUBLE_NONE)
        diag_info("witness-again", "name=%.64s", witness->name->text);
    else
        diag_warn("witness-failed", "name=%.64s %s", witness->name->text, text);
}

static void tell_size(struct panel_witness *witness, enum panel_trouble trouble,
                      const char *format, uint64_t size)
{
    struct buf text = {0};

    buf_append_format(&text, "it holds size %" PRIu64 ": %s", size, format);
    tell(witness, trouble, buf_text(&text));
    buf_cleanup(&text);
}

/* ---- replies ---- */

static struct asking_moment moment_of(const struct fetch_reply *reply)
{
    struct asking_moment moment = {.now_ns = clock_monotonic_ns(),
                                   .retry_after_s = reply->retry_after_s};
    struct err err = {0};

    if (!random_fill((uint8_t *)&moment.random, sizeof(moment.random), &err))
        moment.random = 0; /* a pause without jitter */
    return moment;
}

static void take_failure(struct panel_witness *witness, const struct fetch_reply *reply)
{
    struct asking_moment moment = moment_of(reply);
    struct err err = {0};

    fetch_explain(reply, witness->name->url, &err);
    count(witness, WITNESSING_FAILED);
    tell(witness, TROUBLE_FAILED, err.text);
    asking_failed(&witness->asking, &moment);
}

static void take_bad(struct panel_witness *witness, const struct fetch_reply *reply,
                     const struct err *err)
{
    struct asking_moment moment = moment_of(reply);

    count(witness, WITNESSING_BAD);
    tell(witness, TROUBLE_BAD, err->text);
    asking_failed(&witness->asking, &moment);
}

static uint64_t renew_ns(const struct panel *panel)
{
    return panel->options.renew_ms == 0
               ? UINT64_MAX
               : clock_monotonic_ns() + panel->options.renew_ms * 1000000;
}

/* checkpoint: what was cosigned, as the log signed it. */
static void take_cosignature(struct panel_witness *witness, const struct buf *checkpoint,
                             const struct fetch_reply *reply)
{
    struct panel *panel = witness->panel;
    uint64_t size = witness->asking.asked_size;
    struct buf line = {0};
    struct err err = {0};

    if (exchange_take_cosignature(&line, &witness->name->verifier, bytes_of_buf(checkpoint),
                                  bytes_of_buf(&reply->body), &err)) {
        count(witness, WITNESSING_COSIGNED);
        tell(witness, TROUBLE_NONE, "");
        asking_cosigned(&witness->asking, renew_ns(panel));
        if (rounds_add(&panel->rounds, size, &witness->name->verifier, bytes_of_buf(&line)) &&
            panel->options.witnessed != NULL)
            panel->options.witnessed(panel->options.context);
    } else {
        take_bad(witness, reply, &err);
    }
    buf_cleanup(&line);
}

static bool is_beside(const struct panel_witness *a, const struct panel_witness *b)
{
    return a != b && strcmp(a->name->url, b->name->url) == 0;
}

/* Each reply has the signatures of all keys that are behind its URL: they are asked as one. */
static void take_cosignatures(struct panel_witness *asked, const struct fetch_reply *reply)
{
    struct panel *panel = asked->panel;
    uint64_t size = asked->asking.asked_size;

    take_cosignature(asked, &asked->checkpoint, reply);
    for (size_t i = 0; i < panel->count; i++) {
        struct panel_witness *witness = &panel->witnesses[i];

        if (!is_beside(witness, asked))
            continue;
        asking_begin_post(&witness->asking, size, size);
        take_cosignature(witness, &asked->checkpoint, reply);
    }
}

static void take_conflict(struct panel_witness *witness, const struct fetch_reply *reply)
{
    struct panel *panel = witness->panel;
    struct asking_moment moment = moment_of(reply);
    struct err err = {0};
    uint64_t size;

    if (!exchange_parse_size(&size, bytes_of_buf(&reply->body), &err)) {
        take_bad(witness, reply, &err);
        return;
    }
    count(witness, WITNESSING_CONFLICT);
    if (asking_went_back(&witness->asking, size))
        tell_size(witness, TROUBLE_WENT_BACK, "it has cosigned more, and lost it", size);
    else if (witness->asking.conflicts > 1 && size <= panel->rounds.newest.head.size)
        tell_size(witness, TROUBLE_CONFLICT, "it says so whatever proof it is given", size);
    panel->must_move = panel->must_move || size > witness->asking.asked_size;
    asking_conflict(&witness->asking, size, panel->rounds.newest.head.size, &moment);
}

static void take_dispute(struct panel_witness *witness, const struct fetch_reply *reply)
{
    struct asking_moment moment = moment_of(reply);

    count(witness, WITNESSING_DISPUTED);
    asking_disputed(&witness->asking, &moment);
}

static void post_done(void *context, struct fetch_reply *reply)
{
    struct panel_witness *witness = context;

    switch (reply->status) {
    case 200:
        take_cosignatures(witness, reply);
        break;
    case 409:
        take_conflict(witness, reply);
        break;
    case 422:
        take_dispute(witness, reply);
        break;
    default:
        take_failure(witness, reply);
        break;
    }
}

/* What it holds does not explain why it does not follow us, or cannot be had. */
static void tell_unexplained(struct panel_witness *witness, const char *text)
{
    const struct panel *panel = witness->panel;
    struct buf why = {0};

    if (witness->asking.held_size > panel->rounds.newest.head.size) {
        buf_append_format(&why, "a size that this log has not, without a signed head: %s", text);
        tell_size(witness, TROUBLE_AHEAD, buf_text(&why), witness->asking.held_size);
    } else {
        buf_append_format(&why, "it takes no proof of this log: %s", text);
        tell(witness, TROUBLE_DISPUTE, buf_text(&why));
    }
    buf_cleanup(&why);
}

static void look_done(void *context, struct fetch_reply *reply)
{
    struct panel_witness *witness = context;
    const struct panel_options *options = &witness->panel->options;
    struct asking_moment moment = moment_of(reply);
    struct bytes note = bytes_of_buf(&reply->body);
    struct err reason = {0};
    struct err err = {0};

    if (reply->status != 200)
        fetch_explain(reply, witness->panel->look_path, &err);
    else if (conflict_judge(&reason, &options->log, note, &err) && reason.code == ERR_NONE)
        err_set(&err, ERR_INVALID, "the head that it shows is one of this log");
    if (err.code != ERR_NONE)
        tell_unexplained(witness, err.text);
    asking_looked(&witness->asking, &moment);
    if (reason.code == ERR_NONE)
        return;
    err_wrap(&reason, "witness %.64s", witness->name->text);
    if (options->conflict != NULL)
        options->conflict(options->context, &witness->name->verifier, reason.text, note);
}

/* ---- requests ---- */

static bool send_post(struct panel_witness *witness, const struct round *target,
                      uint64_t old_size, struct err *err)
{
    struct panel *panel = witness->panel;
    struct fetch_request request = {.path = "add-checkpoint",
                                    .url = witness->name->url,
                                    .content_type = "text/plain",
                                    .reply_len_max = EXCHANGE_REPLY_LEN_MAX,
                                    .timeout_ms = panel->options.timeout_ms,
                                    .done = post_done,
                                    .context = witness};

    buf_clear(&witness->body);
    buf_clear(&witness->checkpoint);
    buf_append_bytes(&witness->checkpoint, bytes_of_buf(&target->signed_checkpoint));
    if (!exchange_append_request(&witness->body, panel->options.log.store, old_size, &target->head,
                                 bytes_of_buf(&witness->checkpoint), err))
        return false;
    request.body = bytes_of_buf(&witness->body);
    if (!fetch_start(panel->fetcher, &request, err))
        return false;
    asking_begin_post(&witness->asking, old_size, target->head.size);
    return true;
}

static bool send_look(struct panel_witness *witness, struct err *err)
{
    struct panel *panel = witness->panel;
    struct fetch_request request = {.path = panel->look_path,
                                    .url = witness->look_url,
                                    .reply_len_max = NOTE_LEN_MAX,
                                    .timeout_ms = panel->options.timeout_ms,
                                    .done = look_done,
                                    .context = witness};

    if (!fetch_start(panel->fetcher, &request, err))
        return false;
    asking_begin_look(&witness->asking);
    return true;
}

static bool send_next(struct panel_witness *witness, const struct round *target, uint64_t now_ns,
                      struct err *err)
{
    uint64_t old_size = 0;

    switch (asking_next(&witness->asking, target->head.size, now_ns, &old_size)) {
    case ASKING_POST:
        return send_post(witness, target, old_size, err);
    case ASKING_LOOK:
        return send_look(witness, err);
    case ASKING_REST:
        break;
    }
    return true;
}

/* The reply will be for both. */
static bool is_asked_beside(const struct panel_witness *witness)
{
    const struct panel *panel = witness->panel;

    for (size_t i = 0; i < panel->count; i++) {
        if (panel->witnesses[i].asking.is_busy && is_beside(&panel->witnesses[i], witness))
            return true;
    }
    return false;
}

/* Sends what is due; sets when the next thing will be. */
static bool send_due(struct panel *panel, uint64_t *out_wake_ns, struct err *err)
{
    uint64_t now_ns = clock_monotonic_ns();
    const struct round *target = rounds_target(&panel->rounds, now_ns, panel->must_move);

    panel->must_move = false;
    *out_wake_ns = rounds_wake_ns(&panel->rounds);
    for (size_t i = 0; target != NULL && i < panel->count; i++) {
        struct panel_witness *witness = &panel->witnesses[i];
        uint64_t wake_ns;

        if (is_asked_beside(witness))
            continue;
        if (!send_next(witness, target, now_ns, err))
            return err_wrap(err, "ask witness %.64s", witness->name->text);
        wake_ns = asking_wake_ns(&witness->asking, target->head.size);
        if (wake_ns < *out_wake_ns)
            *out_wake_ns = wake_ns;
    }
    return true;
}

bool panel_run(struct panel *panel, int wake_fd, unsigned timeout_ms, struct err *err)
{
    uint64_t now_ns;
    uint64_t wake_ns;

    if (!send_due(panel, &wake_ns, err))
        return false;
    now_ns = clock_monotonic_ns();
    if (wake_ns <= now_ns)
        timeout_ms = 0;
    else if ((wake_ns - now_ns) / 1000000 < timeout_ms)
        timeout_ms = (unsigned)((wake_ns - now_ns) / 1000000) + 1;
    return fetch_run(panel->fetcher, wake_fd, timeout_ms, err);
}

/* ---- beginning and end ---- */

static void add_witness(struct panel *panel, const struct policy_name *name)
{
    const struct panel_options *options = &panel->options;
    struct panel_witness *witness = &panel->witnesses[panel->count++];

    witness->panel = panel;
    witness->name = name;
    witness->look_url = name->url;
    for (size_t i = 0; i < options->monitoring_count; i++) {
        if (strcmp(options->monitoring[i].name, name->text) == 0)
            witness->look_url = options->monitoring[i].url;
    }
}

/* What a witness signs that cannot be verified here is not asked for. */
static void add_witnesses(struct panel *panel)
{
    struct err err = {0};

    for (size_t i = 0; i < panel->policy.name_count; i++) {
        const struct policy_name *name = &panel->policy.names[i];

        if (name->is_group)
            continue;
        if (note_verifier_is_usable(&name->verifier))
            add_witness(panel, name);
        else if (!mldsa_check_available(&err))
            diag_warn("witness-not-verifiable", "name=%.64s is not asked: %s", name->text,
                      err.text);
    }
}

bool panel_new(struct panel **out, const struct panel_options *options, const char *policy_file,
               struct err *err)
{
    struct panel *panel = mem_alloc(sizeof(*panel));

    panel->options = *options;
    exchange_format_path(panel->look_path, options->origin);
    rounds_init(&panel->rounds, &panel->policy, options->interval_ms);
    if (!load_policy(panel, policy_file, err) || !check_monitoring(panel, err) ||
        !fetch_open_hosts(&panel->fetcher, err)) {
        panel_free(panel);
        return false;
    }
    add_witnesses(panel);
    *out = panel;
    return true;
}

void panel_free(struct panel *panel)
{
    if (panel == NULL)
        return;
    fetch_close(panel->fetcher);
    rounds_cleanup(&panel->rounds);
    for (size_t i = 0; i < panel->count; i++) {
        buf_cleanup(&panel->witnesses[i].body);
        buf_cleanup(&panel->witnesses[i].checkpoint);
    }
    policy_cleanup(&panel->policy);
    free(panel);
}

static void inherit_witness(struct panel_witness *witness, const struct panel_witness *old)
{
    witness->asking.held_size = old->asking.held_size;
    witness->told = old->told;
    for (size_t i = 0; i < WITNESSING_RESULTS; i++)
        atomic_store(&witness->results[i], atomic_load(&old->results[i]));
}

void panel_inherit(struct panel *panel, const struct panel *old)
{
    for (size_t i = 0; i < panel->count; i++) {
        for (size_t k = 0; k < old->count; k++) {
            if (strcmp(panel->witnesses[i].name->text, old->witnesses[k].name->text) == 0 &&
                note_verifier_same_key(&panel->witnesses[i].name->verifier,
                                       &old->witnesses[k].name->verifier))
                inherit_witness(&panel->witnesses[i], &old->witnesses[k]);
        }
    }
}

void panel_publish(struct panel *panel, const struct store_head *head, struct bytes checkpoint)
{
    rounds_publish(&panel->rounds, head, checkpoint, clock_monotonic_ns());
}
