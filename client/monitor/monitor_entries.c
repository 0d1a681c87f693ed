/* Taking in new entries: in order, each checked, saved where they are shown to lead to a head. */
#include <inttypes.h>

#include "client/monitor/monitor_parts.h"
#include "client/reader/audit_explain.h"
#include "client/reader/audit_follow.h"
#include "merkle/tile.h"

/* What is in memory is bounded for all monitors of the process together. */
static uint64_t share(const struct monitor *monitor, uint64_t count)
{
    unsigned sharers = monitor->options.sharers;

    return sharers > 1 ? count / sharers : count;
}

/* ---- on the way ---- */

/* True when the entries up to `sealed` are shown to be the beginning of the head's tree. */
static bool save_step(struct monitor *monitor, struct err *err)
{
    struct checkpoint step = {.size = monitor->sealed.frontier.size};

    frontier_root(&monitor->sealed.frontier, &step.root);
    switch (history_compare(monitor->options.fetcher, &step, &monitor->head.checkpoint,
                            NULL)) {
    case HISTORY_EXTENDS:
        return monitor_save(monitor, err);
    case HISTORY_UNSERVED:
    case HISTORY_UNREACHABLE:
        return true; /* the next step may be shown */
    case HISTORY_OTHER:
    case HISTORY_UNPROVEN:
        break;
    }
    return err_set(err, ERR_CORRUPT, "the first %" PRIu64 " entries do not lead to the signed head",
                   step.size);
}

static bool may_save(const struct monitor *monitor)
{
    return monitor->newest.checkpoint.size == monitor->head.checkpoint.size &&
           monitor->sealed.frontier.size > monitor->saved.frontier.size;
}

static bool end_step(struct monitor *monitor, struct err *err)
{
    if (monitor->audit.kind != AUDIT_EVIDENCE)
        monitor->sealed = monitor->audit;
    if (monitor_is_over(monitor))
        return err_set(err, ERR_BUSY, "interrupted");
    if (!may_save(monitor) ||
        (monitor->sealed.frontier.size - monitor->saved.frontier.size < SAVE_ENTRIES &&
         facts_known_count(replay_facts(monitor->replay)) < share(monitor, SAVE_FACTS) &&
         monitor->seen_count <= share(monitor, SEEN_MAX)))
        return true;
    return save_step(monitor, err);
}

static bool take_entry(struct monitor *monitor, struct bytes entry, struct err *err)
{
    struct audit *audit = &monitor->audit;

    if (!audit_append(audit, entry, err))
        return false;
    if (audit->kind == AUDIT_EVIDENCE && audit->sealed_size == audit->frontier.size)
        monitor->sealed = *audit;
    return true;
}

static bool take_bundle(void *context, const struct followed_bundle *bundle, struct err *err)
{
    struct monitor *monitor = context;
    struct bytes rest = bundle->content;

    for (size_t i = 0; i < bundle->count; i++) {
        struct err cut = {0};
        struct bytes entry;

        if (monitor->audit.frontier.size == monitor->limit)
            return true;
        if (!bundle_next(&rest, &entry, &cut)) {
            monitor->audit.fault = AUDIT_BAD_FORM;
            return err_set(err, ERR_CORRUPT, "entry %" PRIu64 " is not in its bundle: %s",
                           monitor->audit.frontier.size,
                           cut.code != ERR_NONE ? cut.text : "the bundle ends before it");
        }
        if (i >= bundle->skip && !take_entry(monitor, entry, err))
            return false;
    }
    return end_step(monitor, err);
}

static bool take_until(struct monitor *monitor, uint64_t limit, struct err *err)
{
    uint64_t window = share(monitor, FOLLOW_WINDOW);

    monitor->limit = limit;
    return bundles_follow(&(struct follow_options){.url = monitor->options.url,
                                                   .begin = monitor->audit.frontier.size,
                                                   .end = limit,
                                                   .size = monitor->head.checkpoint.size,
                                                   .retry_ms = BUNDLE_RETRY_MS,
                                                   .window = window > 0 ? (unsigned)window : 1,
                                                   .stop = monitor->options.stop,
                                                   .take = take_bundle,
                                                   .context = monitor},
                          err);
}

/* ---- what is wrong ---- */

/* Whether the head extends the newest one, as far as tiles show it; else what is wrong is raised. */
static bool extends_newest(struct monitor *monitor)
{
    struct proof path = {0};

    switch (history_compare(monitor->options.fetcher, &monitor->newest.checkpoint,
                            &monitor->head.checkpoint, &path)) {
    case HISTORY_EXTENDS:
        return true;
    case HISTORY_OTHER:
        monitor_raise_fork(monitor, &path);
        return false;
    case HISTORY_UNPROVEN:
        look_raise(&monitor->look, ALERT_CHANGED_TILE, 0,
                   "the log's tiles do not lead to its signed head of size %" PRIu64,
                   monitor->head.checkpoint.size);
        return false;
    case HISTORY_UNSERVED:
        look_raise(&monitor->look, ALERT_MISSING_ENTRIES, 0,
                   "the log does not serve the tiles that would show that its head of size %" PRIu64
                   " extends the one of size %" PRIu64,
                   monitor->head.checkpoint.size, monitor->newest.checkpoint.size);
        return false;
    case HISTORY_UNREACHABLE:
        look_raise(&monitor->look, ALERT_UNREACHABLE, 0,
                   "the log does not answer when it is asked for tiles");
        return false;
    }
    return false;
}

/* Whether an entry is another one than the head covers: then nothing else is said of it. */
static bool raise_changed(struct monitor *monitor, uint64_t end)
{
    uint64_t bundle = monitor->saved.frontier.size / TILE_WIDTH;
    uint64_t size = monitor->head.checkpoint.size;

    for (unsigned i = 0; i < COMPARED_BUNDLES_MAX && bundle * TILE_WIDTH < size &&
                         bundle * TILE_WIDTH <= end;
         i++, bundle++) {
        if (monitor_raise_bundle(monitor, bundle))
            return true;
    }
    return false;
}

static enum alert_kind kind_of(enum audit_fault fault)
{
    static const enum alert_kind KINDS[] = {
        [AUDIT_NO_FAULT] = ALERT_CHANGED_ENTRY,
        [AUDIT_BAD_FORM] = ALERT_BAD_RECORD,
        [AUDIT_BAD_SCHEMA] = ALERT_BAD_RECORD,
        [AUDIT_BAD_SIGNATURE] = ALERT_BAD_SIGNATURE,
        [AUDIT_BAD_SEAL] = ALERT_FALSE_SEAL,
        [AUDIT_BAD_ADMISSION] = ALERT_FALSE_ADMISSION,
        [AUDIT_BAD_FLAGS] = ALERT_FALSE_FLAG,
    };

    return KINDS[fault];
}

/* The entries are those that the head covers, or nobody knows: what was found is the log's own. */
static void raise_fault(struct monitor *monitor, const struct err *found)
{
    uint64_t index = monitor->audit.frontier.size;
    struct alert *alert = look_raise(&monitor->look, kind_of(monitor->audit.fault), index, "%s",
                                     found->text);

    alert->has_index = true;
    alert->index = index;
}

/* The part before the entry that is wrong is good: it is taken once more, and saved. */
static bool keep_good_part(struct monitor *monitor, uint64_t good_size, struct err *err)
{
    struct err found = {0};

    if (!monitor_rewind(monitor, err))
        return false;
    if (good_size > monitor->saved.frontier.size && take_until(monitor, good_size, &found) &&
        may_save(monitor) && !save_step(monitor, &found) && found.code == ERR_IO) {
        *err = found;
        return false;
    }
    return monitor_rewind(monitor, err);
}

static bool explain_corrupt(struct monitor *monitor, const struct err *found, struct err *err)
{
    uint64_t good_size = monitor->sealed.frontier.size;
    bool is_new = monitor->newest.checkpoint.size < monitor->head.checkpoint.size;

    if (!facts_check(replay_facts(monitor->replay), err))
        return false;
    if (!is_new || extends_newest(monitor)) {
        if (is_new)
            monitor_accept_head(monitor);
        if (!raise_changed(monitor, monitor->audit.frontier.size))
            raise_fault(monitor, found);
    }
    return keep_good_part(monitor, good_size, err);
}

/* What could be had is kept. */
static bool explain_missing(struct monitor *monitor, const struct err *found, struct err *err)
{
    if (monitor_is_over(monitor))
        monitor->look = (struct look){0};
    else
        look_raise(&monitor->look,
                   found->code == ERR_BUSY ? ALERT_UNREACHABLE : ALERT_MISSING_ENTRIES, 0, "%s",
                   found->text);
    if (may_save(monitor)) {
        struct err ignored = {0};

        if (!save_step(monitor, &ignored) && ignored.code == ERR_IO) {
            *err = ignored;
            return false;
        }
    }
    return monitor_rewind(monitor, err);
}

static bool explain(struct monitor *monitor, const struct err *found, struct err *err)
{
    switch (found->code) {
    case ERR_CORRUPT:
        return explain_corrupt(monitor, found, err);
    case ERR_IO:
        *err = *found;
        return false;
    default:
        return explain_missing(monitor, found, err);
    }
}

/* ---- whole ---- */

static bool check_root(struct monitor *monitor, struct err *err)
{
    struct hash root;

    monitor->audit.fault = AUDIT_NO_FAULT;
    frontier_root(&monitor->audit.frontier, &root);
    if (!hash_equal(&root, &monitor->head.checkpoint.root))
        return err_set(err, ERR_CORRUPT,
                       "the entries do not lead to the signed root of size %" PRIu64,
                       monitor->head.checkpoint.size);
    monitor->audit.fault = AUDIT_BAD_SEAL;
    return audit_check_head(&monitor->audit, err);
}

static void clear_entries(struct monitor *monitor)
{
    static const enum alert_kind KINDS[] = {
        ALERT_MISSING_ENTRIES, ALERT_CHANGED_ENTRY, ALERT_CHANGED_TILE, ALERT_BAD_SIGNATURE,
        ALERT_BAD_RECORD,      ALERT_FALSE_SEAL,    ALERT_FALSE_FLAG,   ALERT_FALSE_ADMISSION,
    };

    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        look_clear(&monitor->look, KINDS[i]);
}

/*
 * A step that is short needs no proof that the head extends the newest one: the entries that led
 * to that one lead to this one too.
 */
static bool needs_proof(const struct monitor *monitor)
{
    const struct checkpoint *newest = &monitor->newest.checkpoint;
    uint64_t saved_size = monitor->saved.frontier.size;

    return newest->size < monitor->head.checkpoint.size &&
           (saved_size < newest->size ||
            monitor->head.checkpoint.size - saved_size > CATCH_UP_ENTRIES);
}

bool monitor_follow(struct monitor *monitor, struct err *err)
{
    uint64_t old_size = monitor->saved.frontier.size;
    struct err found = {0};

    if (monitor->newest_note.len == 0) {
        monitor_accept_head(monitor); /* the first one is believed if it is signed */
    } else if (needs_proof(monitor)) {
        if (!extends_newest(monitor))
            return true;
        monitor_accept_head(monitor);
    }
    if (!take_until(monitor, monitor->head.checkpoint.size, &found) || !check_root(monitor, &found))
        return explain(monitor, &found, err);
    monitor->sealed = monitor->audit;
    monitor->is_changed = monitor->is_changed || monitor->sealed.frontier.size > old_size;
    if (monitor->newest.checkpoint.size < monitor->head.checkpoint.size)
        monitor_accept_head(monitor);
    clear_entries(monitor);
    monitor_check_tiles(monitor, old_size);
    return true;
}
