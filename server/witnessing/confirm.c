#include "server/witnessing/confirm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "server/tlog/tlog_read.h"
#include "server/witnessing/panel.h"

enum { TURN_MS = 100 };

struct confirming {
    const struct witnessing_options *options;
    struct note_verifier verifier;
    struct panel *panel;
    struct err conflict;
};

/* What convicts is kept whether the operator reads the message or not. */
static void on_conflict(void *context, const struct note_verifier *witness, const char *reason,
                        struct bytes note)
{
    struct confirming *confirming = context;
    char *path = mem_format("%s/conflict", confirming->options->directory);
    struct err err = {0};

    (void)witness;
    if (confirming->conflict.code == ERR_NONE &&
        file_write_durable(path, note, 0644, &err))
        err_set(&confirming->conflict, ERR_REFUSED, "%s; the head is in %s", reason, path);
    else if (confirming->conflict.code == ERR_NONE)
        err_set(&confirming->conflict, ERR_REFUSED, "%s", reason);
    free(path);
}

static void publish(struct confirming *confirming, const struct store_head *head)
{
    struct buf checkpoint = {0};

    tlog_append_checkpoint(&checkpoint, confirming->verifier.name, confirming->verifier.key_id,
                           head);
    panel_publish(confirming->panel, head, bytes_of_buf(&checkpoint));
    buf_cleanup(&checkpoint);
}

/* Somebody in between could answer with what a witness signed long ago. */
static bool is_of_now(const struct confirming *confirming, const struct round *round)
{
    uint64_t now_s = clock_unix_ms(clock_system()) / 1000;
    struct policy_result result;
    struct err err = {0};
    struct note note;

    if (!note_parse(&note, bytes_of_buf(&round->note), &err))
        return false;
    policy_evaluate(&result, &confirming->panel->policy, &note, confirming->verifier.name);
    return result.oldest_time_s + CONFIRM_SKEW_S >= now_s;
}

static bool ask(struct confirming *confirming, uint64_t patience_ms, struct err *err)
{
    uint64_t end_ns = clock_monotonic_ns() + patience_ms * 1000000;
    const struct round *round = NULL;

    while (round == NULL && confirming->conflict.code == ERR_NONE &&
           clock_monotonic_ns() < end_ns) {
        if (!panel_run(confirming->panel, -1, TURN_MS, err))
            return false;
        round = rounds_witnessed(&confirming->panel->rounds);
    }
    if (confirming->conflict.code != ERR_NONE) {
        *err = confirming->conflict;
        return false;
    }
    if (round == NULL)
        return err_set(err, ERR_BUSY, "the witness quorum did not answer with cosignatures");
    return is_of_now(confirming, round) ||
           err_set(err, ERR_BUSY, "witnesses answered with cosignatures that are older than %d s",
                   CONFIRM_SKEW_S);
}

static bool open_panel(struct confirming *confirming, struct err *err)
{
    const struct witnessing_options *options = confirming->options;
    struct panel_options panel = {
        .log = {.store = options->store, .verifier = &confirming->verifier},
        .origin = options->origin,
        .monitoring = options->monitoring,
        .monitoring_count = options->monitoring_count,
        .timeout_ms = (unsigned)options->timeout_ms,
        .conflict = on_conflict,
        .context = confirming,
    };

    if (!panel_new(&confirming->panel, &panel, options->policy_file, err))
        return false;
    if (!confirming->panel->policy.has_quorum)
        return err_set(err, ERR_INVALID, "there is no witness policy with a quorum");
    if (mkdir(options->directory, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "%s", options->directory);
    return true;
}

bool witnessing_confirm(const struct witnessing_options *options, const struct store_head *head,
                        uint64_t patience_ms, struct err *err)
{
    struct confirming confirming = {.options = options};
    bool ok;

    if (!note_verifier_init(&confirming.verifier, options->origin, NOTE_TYPE_ED25519,
                            options->checkpoint_key, err))
        return false;
    ok = open_panel(&confirming, err);
    if (ok) {
        publish(&confirming, head);
        ok = ask(&confirming, patience_ms, err);
    }
    panel_free(confirming.panel);
    note_verifier_cleanup(&confirming.verifier);
    return ok;
}
