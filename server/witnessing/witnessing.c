#include "server/witnessing/witnessing.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "server/tlog/tlog_read.h"
#include "server/witnessing/fork_file.h"
#include "server/witnessing/panel.h"

enum {
    TURN_MS = 1000,  /* the longest wait: whether a quorum is late is looked at as often */
    RETRY_MS = 1000, /* after a failure of libcurl or the store */
};

struct witnessing {
    struct witnessing_options options;
    struct note_verifier verifier;
    char *witnessed_path;
    char *conflict_path;
    struct snapshot_cell cell;
    pthread_t thread;
    bool is_running;
    int wake_fd;
    /* any thread, under lock */
    pthread_mutex_t lock;
    bool stop;
    bool has_news;
    struct store_head newest;
    struct panel *next_panel; /* of a policy that was read again */
    struct panel *panel;      /* replaced by the thread alone, so it needs the lock only for that */
    /* held while the listener is called */
    pthread_mutex_t listener_lock;
    struct witnessing_listener listener;
    /* the thread only */
    struct buf checkpoint;
    uint64_t shown_size; /* of the witnessed head that was published last */
    bool has_shown;
    bool is_late;
    bool found_conflict;
};

const char *witnessing_result_name(enum witnessing_result result)
{
    static const char *const names[WITNESSING_RESULTS] = {
        [WITNESSING_COSIGNED] = "cosigned", [WITNESSING_CONFLICT] = "conflict",
        [WITNESSING_DISPUTED] = "disputed", [WITNESSING_BAD] = "bad",
        [WITNESSING_FAILED] = "failed",
    };

    return names[result];
}

static bool make_verifier(struct note_verifier *out, const struct witnessing_options *options,
                          struct err *err)
{
    return note_verifier_init(out, options->origin, NOTE_TYPE_ED25519, options->checkpoint_key,
                              err);
}

static struct panel_options panel_options_of(const struct witnessing_options *options,
                                             const struct note_verifier *verifier)
{
    return (struct panel_options){
        .log = {.store = options->store, .verifier = verifier},
        .origin = options->origin,
        .monitoring = options->monitoring,
        .monitoring_count = options->monitoring_count,
        .interval_ms = options->interval_ms,
        .renew_ms = options->renew_ms,
        .timeout_ms = (unsigned)options->timeout_ms,
    };
}

/* ---- what outlives the process ---- */

static void judge_file(struct err *out_reason, const struct conflict_log *log, const char *path)
{
    struct err err = {0};

    if (out_reason->code == ERR_NONE && !conflict_judge_file(out_reason, log, path, &err))
        diag_warn("witnessed-not-loaded", "%s", err.text);
}

void witnessing_recall(struct err *out_reason, const struct witnessing_options *options)
{
    char *witnessed_path = mem_format("%s/witnessed", options->directory);
    char *conflict_path = mem_format("%s/conflict", options->directory);
    struct note_verifier verifier;
    struct err err = {0};

    if (make_verifier(&verifier, options, &err)) {
        struct conflict_log log = {.store = options->store, .verifier = &verifier};

        judge_file(out_reason, &log, conflict_path);
        judge_file(out_reason, &log, witnessed_path);
        note_verifier_cleanup(&verifier);
    }
    free(witnessed_path);
    free(conflict_path);
}

/* ---- what the panel finds; the thread ---- */

static void call_witnessed(struct witnessing *witnessing, uint64_t delay_ns)
{
    pthread_mutex_lock(&witnessing->listener_lock);
    if (witnessing->listener.witnessed != NULL)
        witnessing->listener.witnessed(witnessing->listener.context, delay_ns);
    pthread_mutex_unlock(&witnessing->listener_lock);
}

/* Kept before it is seen: a seal may name what is seen. */
static void show(struct witnessing *witnessing)
{
    struct witnessed_view *view = witnessed_view_new(&witnessing->panel->rounds);
    struct err err = {0};

    if (view->exists && !witnessed_save(witnessing->witnessed_path, view, &err))
        diag_error("witnessed-not-saved", "%s", err.text); /* witnesses sign again */
    snapshot_cell_publish_take(&witnessing->cell, &view->snapshot);
}

static void on_witnessed(void *context)
{
    struct witnessing *witnessing = context;
    const struct round *round = rounds_witnessed(&witnessing->panel->rounds);
    bool is_new = !witnessing->has_shown || round->head.size > witnessing->shown_size;

    witnessing->has_shown = true;
    witnessing->shown_size = round->head.size;
    show(witnessing);
    call_witnessed(witnessing, is_new ? clock_monotonic_ns() - round->published_ns : 0);
}

/* Two histories, in a file that anybody can check; an old copy of one history makes none. */
static void save_fork_proof(struct witnessing *witnessing, const struct note_verifier *witness,
                            struct bytes note)
{
    char *path = mem_format("%s/fork-proof", witnessing->options.directory);
    struct buf proof = {0};
    struct err err = {0};

    if (fork_file_append(&proof, &witnessing->panel->options.log, note, witness->name, &err) &&
        !file_write_durable(path, bytes_of_buf(&proof), 0644, &err))
        diag_error("conflict-not-saved", "%s", err.text);
    buf_cleanup(&proof);
    free(path);
}

/* The first one stays: it is what convicts. */
static void on_conflict(void *context, const struct note_verifier *witness, const char *reason,
                        struct bytes note)
{
    struct witnessing *witnessing = context;
    struct err err = {0};

    if (witnessing->found_conflict)
        return;
    witnessing->found_conflict = true;
    diag_error("frozen", "%s; the head is in %s", reason, witnessing->conflict_path);
    if (!file_write_durable(witnessing->conflict_path, note, 0644, &err))
        diag_error("conflict-not-saved", "%s", err.text);
    save_fork_proof(witnessing, witness, note);
    pthread_mutex_lock(&witnessing->listener_lock);
    if (witnessing->listener.conflict != NULL)
        witnessing->listener.conflict(witnessing->listener.context, reason);
    pthread_mutex_unlock(&witnessing->listener_lock);
}

/* ---- the thread ---- */

static void publish_to_panel(struct witnessing *witnessing, struct panel *panel,
                             const struct store_head *head)
{
    buf_clear(&witnessing->checkpoint);
    tlog_append_checkpoint(&witnessing->checkpoint, witnessing->verifier.name,
                           witnessing->verifier.key_id, head);
    panel_publish(panel, head, bytes_of_buf(&witnessing->checkpoint));
}

static void load_witnessed(struct witnessing *witnessing, struct panel *panel)
{
    struct err err = {0};

    if (!witnessed_load(&panel->rounds, witnessing->witnessed_path, &panel->options.log, &err))
        diag_warn("witnessed-not-loaded", "%s", err.text);
}

static void say_policy(const struct panel *panel)
{
    if (panel->count > 0)
        diag_info("witnesses", "count=%zu quorum=%s", panel->count,
                  panel->policy.has_quorum ? panel->policy.names[panel->policy.quorum].text
                                           : "none");
}

static void replace_panel(struct witnessing *witnessing, struct panel *panel,
                          const struct store_head *head)
{
    struct panel *old;

    panel_inherit(panel, witnessing->panel);
    publish_to_panel(witnessing, panel, head);
    load_witnessed(witnessing, panel);
    pthread_mutex_lock(&witnessing->lock);
    old = witnessing->panel;
    witnessing->panel = panel;
    pthread_mutex_unlock(&witnessing->lock);
    panel_free(old);
    say_policy(panel);
    show(witnessing);
    call_witnessed(witnessing, 0);
}

/* Takes what others left under the lock; false: stop. */
static bool take_news(struct witnessing *witnessing)
{
    struct store_head head;
    struct panel *panel;
    bool has_news;
    bool stop;

    pthread_mutex_lock(&witnessing->lock);
    head = witnessing->newest;
    has_news = witnessing->has_news;
    panel = witnessing->next_panel;
    stop = witnessing->stop;
    witnessing->has_news = false;
    witnessing->next_panel = NULL;
    pthread_mutex_unlock(&witnessing->lock);
    if (panel != NULL)
        replace_panel(witnessing, panel, &head);
    else if (has_news)
        publish_to_panel(witnessing, witnessing->panel, &head);
    return !stop;
}

/* How long the oldest head has waited that is not witnessed yet; 0: there is none. */
static uint64_t waited_ns(const struct rounds *rounds)
{
    size_t first = rounds->has_witnessed ? 1 : 0;
    uint64_t now_ns = clock_monotonic_ns();

    if (!rounds->policy->has_quorum || first >= rounds->count)
        return 0;
    return now_ns - rounds->rounds[first].published_ns;
}

static void watch_quorum(struct witnessing *witnessing)
{
    uint64_t waited_ms = waited_ns(&witnessing->panel->rounds) / 1000000;
    bool is_late = waited_ms > WITNESSING_LATE_MS;

    if (is_late && !witnessing->is_late)
        diag_warn("quorum-late", "published=%" PRIu64 " witnessed=%" PRIu64 " waited_ms=%" PRIu64,
                  witnessing->panel->rounds.newest.head.size, witnessing->shown_size, waited_ms);
    if (!is_late && witnessing->is_late && waited_ms == 0)
        diag_info("quorum-again", "witnessed=%" PRIu64, witnessing->shown_size);
    if (is_late || waited_ms == 0)
        witnessing->is_late = is_late;
}

static void drain(int wake_fd)
{
    uint64_t woken;
    ssize_t got = read(wake_fd, &woken, sizeof(woken));

    (void)got; /* EAGAIN: nobody woke us */
}

static void *run(void *argument)
{
    struct witnessing *witnessing = argument;

    pthread_setname_np(pthread_self(), "vouchd-witness");
    while (take_news(witnessing)) {
        struct err err = {0};

        if (!panel_run(witnessing->panel, witnessing->wake_fd, TURN_MS, &err)) {
            diag_error("witnessing-failed", "%s", err.text);
            poll(&(struct pollfd){.fd = witnessing->wake_fd, .events = POLLIN}, 1, RETRY_MS);
        }
        drain(witnessing->wake_fd);
        watch_quorum(witnessing);
    }
    return NULL;
}

static void wake(struct witnessing *witnessing)
{
    uint64_t one = 1;
    ssize_t written = write(witnessing->wake_fd, &one, sizeof(one));

    (void)written; /* fails only when the counter is full, and then the thread is awake */
}

/* ---- from outside ---- */

bool witnessing_check(const struct witnessing_options *options, struct err *err)
{
    struct panel_options panel_options;
    struct note_verifier verifier;
    struct panel *panel = NULL;
    bool ok;

    if (!make_verifier(&verifier, options, err))
        return false;
    panel_options = panel_options_of(options, &verifier);
    ok = panel_new(&panel, &panel_options, options->policy_file, err);
    panel_free(panel);
    note_verifier_cleanup(&verifier);
    return ok;
}

static bool make_panel(struct panel **out, struct witnessing *witnessing, const char *policy_file,
                       struct err *err)
{
    struct panel_options options = panel_options_of(&witnessing->options, &witnessing->verifier);
    const char *directory = witnessing->options.directory;

    if (policy_file != NULL && mkdir(directory, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_IO, errno, "%s", directory);
    options.witnessed = on_witnessed;
    options.conflict = on_conflict;
    options.context = witnessing;
    return panel_new(out, &options, policy_file, err);
}

static bool open_wake(struct witnessing *witnessing, struct err *err)
{
    witnessing->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return witnessing->wake_fd >= 0 ||
           err_set_errno(err, ERR_IO, errno, "create an event descriptor");
}

static void show_first(struct witnessing *witnessing)
{
    const struct round *round = rounds_witnessed(&witnessing->panel->rounds);
    struct witnessed_view *view = witnessed_view_new(&witnessing->panel->rounds);

    witnessing->has_shown = round != NULL;
    witnessing->shown_size = round != NULL ? round->head.size : 0;
    snapshot_cell_publish_take(&witnessing->cell, &view->snapshot);
}

static bool start(struct witnessing *witnessing, const struct store_head *head, struct err *err)
{
    int error;

    if (!open_wake(witnessing, err) ||
        !make_panel(&witnessing->panel, witnessing, witnessing->options.policy_file, err))
        return false;
    witnessing->newest = *head;
    publish_to_panel(witnessing, witnessing->panel, head);
    load_witnessed(witnessing, witnessing->panel);
    say_policy(witnessing->panel);
    show_first(witnessing);
    error = pthread_create(&witnessing->thread, NULL, run, witnessing);
    if (error != 0)
        return err_set_errno(err, ERR_IO, error, "start the witnessing thread");
    witnessing->is_running = true;
    return true;
}

bool witnessing_start(struct witnessing **out, const struct witnessing_options *options,
                      const struct store_head *head, struct err *err)
{
    struct witnessing *witnessing = mem_alloc(sizeof(*witnessing));

    witnessing->options = *options;
    witnessing->wake_fd = -1;
    witnessing->witnessed_path = mem_format("%s/witnessed", options->directory);
    witnessing->conflict_path = mem_format("%s/conflict", options->directory);
    snapshot_cell_init(&witnessing->cell);
    CHECK(pthread_mutex_init(&witnessing->lock, NULL) == 0);
    CHECK(pthread_mutex_init(&witnessing->listener_lock, NULL) == 0);
    if (!make_verifier(&witnessing->verifier, options, err) || !start(witnessing, head, err)) {
        witnessing_stop(witnessing);
        return err_wrap(err, "witnesses");
    }
    *out = witnessing;
    return true;
}

void witnessing_advance(struct witnessing *witnessing, const struct store_head *head)
{
    pthread_mutex_lock(&witnessing->lock);
    witnessing->newest = *head;
    witnessing->has_news = true;
    pthread_mutex_unlock(&witnessing->lock);
    wake(witnessing);
}

bool witnessing_reload(struct witnessing *witnessing, const char *policy_file, struct err *err)
{
    struct panel *panel;
    struct panel *unused;

    if (!make_panel(&panel, witnessing, policy_file, err))
        return false;
    pthread_mutex_lock(&witnessing->lock);
    unused = witnessing->next_panel;
    witnessing->next_panel = panel;
    pthread_mutex_unlock(&witnessing->lock);
    panel_free(unused);
    wake(witnessing);
    return true;
}

struct snapshot_cell *witnessing_cell(struct witnessing *witnessing)
{
    return &witnessing->cell;
}

void witnessing_listen(struct witnessing *witnessing, const struct witnessing_listener *listener)
{
    pthread_mutex_lock(&witnessing->listener_lock);
    witnessing->listener = listener == NULL ? (struct witnessing_listener){0} : *listener;
    pthread_mutex_unlock(&witnessing->listener_lock);
}

void witnessing_get_stats(struct witnessing *witnessing, struct witnessing_stats *out)
{
    const struct panel *panel;

    *out = (struct witnessing_stats){0};
    pthread_mutex_lock(&witnessing->lock);
    panel = witnessing->panel;
    out->count = panel->count;
    for (size_t i = 0; i < panel->count; i++) {
        strncpy(out->witnesses[i].name, panel->witnesses[i].name->text,
                sizeof(out->witnesses[i].name) - 1);
        for (size_t k = 0; k < WITNESSING_RESULTS; k++)
            out->witnesses[i].results[k] = atomic_load(&panel->witnesses[i].results[k]);
    }
    pthread_mutex_unlock(&witnessing->lock);
}

void witnessing_stop(struct witnessing *witnessing)
{
    if (witnessing == NULL)
        return;
    pthread_mutex_lock(&witnessing->lock);
    witnessing->stop = true;
    pthread_mutex_unlock(&witnessing->lock);
    if (witnessing->is_running) {
        wake(witnessing);
        pthread_join(witnessing->thread, NULL);
    }
    panel_free(witnessing->next_panel);
    panel_free(witnessing->panel);
    snapshot_cell_cleanup(&witnessing->cell);
    if (witnessing->wake_fd >= 0)
        close(witnessing->wake_fd);
    pthread_mutex_destroy(&witnessing->lock);
    pthread_mutex_destroy(&witnessing->listener_lock);
    note_verifier_cleanup(&witnessing->verifier);
    buf_cleanup(&witnessing->checkpoint);
    free(witnessing->witnessed_path);
    free(witnessing->conflict_path);
    free(witnessing);
}
