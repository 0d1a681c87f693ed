/* What the files of the monitor share; for them alone. */
#ifndef VOUCH_CLIENT_MONITOR_MONITOR_PARTS_H
#define VOUCH_CLIENT_MONITOR_MONITOR_PARTS_H

#include "client/monitor/monitor.h"
#include "client/verify/head.h"
#include "client/verify/replay.h"

enum {
    CATCH_UP_ENTRIES = 1024, /* more are taken in steps that are saved */
    SAVE_ENTRIES = 16384,    /* a step */
    SAVE_FACTS = 100000,     /* a step ends before, when so many facts are in memory */
    SEEN_MAX = 1024,         /* or so many alerts of watch lists wait for their position */
    TILES_CHECKED_MAX = 64,  /* of the newest entries, per poll */
    COMPARED_BUNDLES_MAX = 1024, /* when it is asked which entry is wrong */
    BUNDLE_RETRY_MS = 5000,
};

/* A finding that is not over. */
struct open_finding {
    bool is_open;
    uint64_t number; /* of the alert that began it */
    uint64_t about;  /* tells it from others of its kind: an index, or 0; of forks: a bit each */
};

/* What one poll says of each kind of finding. */
struct look {
    bool is_raised[ALERT_KIND_COUNT];
    bool is_clear[ALERT_KIND_COUNT]; /* looked, and it is not there */
    struct alert alerts[ALERT_KIND_COUNT];
    uint64_t about[ALERT_KIND_COUNT];
};

struct monitor {
    struct monitor_options options;
    /* Up to the last commit: */
    struct audit saved; /* its replay is not used */
    struct head newest; /* of all accepted; size 0: none yet */
    struct buf newest_note;
    uint64_t new_head_ms; /* Unix time of the last new head */
    uint64_t next_number; /* of alerts */
    uint64_t next_recheck; /* bundle */
    struct open_finding open[ALERT_KIND_COUNT];
    struct excuses excuses; /* faults after saved that were acknowledged */
    /* On the way to the next: */
    struct audit audit;
    struct audit sealed; /* the audit as it was at the last place where it may be saved */
    struct replay *replay;
    uint64_t counted_records; /* of the replay's, in the figures */
    struct alert *seen; /* by watch lists, in entries after saved */
    size_t seen_count;
    size_t seen_capacity;
    struct record_fields fields; /* of a record that a watch list looks at */
    /* Of this poll: */
    struct look look;
    struct head head;
    struct buf note;
    bool is_shown;  /* note is a head that the log signed */
    uint64_t limit; /* entries are taken up to here */
    struct alert *forks[MONITOR_FORKS_MAX]; /* that others found and the next poll tells; or NULL */
    uint64_t now_ms;
    uint64_t grown_ms; /* now_ms at the last new head */
    bool has_polled;
    bool is_changed; /* something is to be committed */
    struct monitor_figures figures;
};

/* ---- monitor_state.c ---- */

/* Everything as the keeper has it; what was on the way is forgotten. */
MUST_USE bool monitor_load(struct monitor *monitor, struct err *err);

/* Everything on the way is forgotten: the next entry is the one after `saved`. */
MUST_USE bool monitor_rewind(struct monitor *monitor, struct err *err);

/* Commits: the position and facts of `sealed`, newest, and what was put before. */
MUST_USE bool monitor_save(struct monitor *monitor, struct err *err);

/* ---- monitor_findings.c ---- */

/* about: tells this finding from others of its kind. */
struct alert *look_raise(struct look *look, enum alert_kind kind, uint64_t about,
                         const char *format, ...) PRINTF_LIKE(4, 5);
void look_clear(struct look *look, enum alert_kind kind);

/* An alert of a fork that others found, with a sentence. */
void alert_say_fork(struct alert *alert, const struct fork_proof *proof, const char *path);

/* Puts alerts for what has begun and what is over since the last poll. */
void monitor_settle(struct monitor *monitor);

void monitor_put_finding(struct monitor *monitor, enum alert_kind kind);

/* Puts an alert, whose number it sets. */
void monitor_put_alert(struct monitor *monitor, struct alert *alert);

/* ---- monitor_acknowledge.c ---- */

MUST_USE bool monitor_load_excuses(struct monitor *monitor, struct err *err);

/* Takes up what somebody has acknowledged since the last poll. */
MUST_USE bool monitor_acknowledge(struct monitor *monitor, struct err *err);

/* ---- monitor_watch.c ---- */

void monitor_watch(void *monitor, const struct replayed *replayed);

/* Puts what was seen in entries below size; the rest is forgotten. */
void monitor_put_seen(struct monitor *monitor, uint64_t size);
void monitor_forget_seen(struct monitor *monitor);

/* ---- monitor.c ---- */

/* The head of this poll is the newest from now on; entries may not be verified up to it yet. */
void monitor_accept_head(struct monitor *monitor);

/* The log signed two trees that cannot both be: keeps the proof in a file. */
void monitor_raise_fork(struct monitor *monitor, const struct proof *path);

bool monitor_is_over(const struct monitor *monitor);

/* ---- monitor_entries.c ---- */

/* Takes in what is new up to head, or says in look why not. */
MUST_USE bool monitor_follow(struct monitor *monitor, struct err *err);

/* ---- monitor_recheck.c ---- */

/* Whether the tiles over the entries from old_size on lead to the head. */
void monitor_check_tiles(struct monitor *monitor, uint64_t old_size);

/* Reads some old bundles again. */
void monitor_recheck(struct monitor *monitor);

/* Raises what bundle_compare said; true when it was something. */
bool monitor_raise_bundle(struct monitor *monitor, uint64_t bundle);

#endif
