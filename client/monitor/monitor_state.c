/* What of a monitor outlives its process: read when it begins, written as one commit. */
#include <inttypes.h>
#include <string.h>

#include "client/monitor/monitor_parts.h"
#include "client/verify/audit_state.h"

enum { STATUS_LEN = 24, FINDING_LEN = 17 };

static bool damaged(struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "the monitor's directory is damaged: %s", what);
}

/* ---- reading ---- */

/* The saved entries are those that the newest head covers, as far as their number goes. */
static bool check_position(const struct monitor *monitor, struct err *err)
{
    const struct checkpoint *newest = &monitor->newest.checkpoint;
    struct hash root;

    if (strcmp(newest->origin, monitor_origin(monitor)) != 0)
        return err_set(err, ERR_INVALID, "it is of the log %.128s", newest->origin);
    frontier_root(&monitor->saved.frontier, &root);
    if (!monitor->newest.is_signed)
        return err_set(err, ERR_INVALID, "the newest head it remembers is not signed by a log of "
                                         "the policy: was the policy changed?");
    if (monitor->saved.frontier.size > newest->size)
        return damaged(err, "more entries than its newest head has");
    return monitor->saved.frontier.size < newest->size || hash_equal(&root, &newest->root) ||
           damaged(err, "other entries than its newest head has");
}

static bool load_position(struct monitor *monitor, struct err *err)
{
    struct buf text = {0};
    struct bytes note = {0};
    bool found = false;
    bool ok = keeper_get(monitor->options.keeper, KEEPER_POSITION, (struct bytes){0}, &text,
                         &found, err);

    monitor->saved = (struct audit){.kind = monitor->options.kind};
    if (ok && found) {
        monitor->saved = (struct audit){0};
        ok = audit_state_parse(&monitor->saved, &note, bytes_of_buf(&text), err);
        if (ok)
            buf_append_bytes(&monitor->newest_note, note);
        ok = ok && head_open(&monitor->newest, note, monitor->options.policy, err) &&
             check_position(monitor, err);
    }
    buf_cleanup(&text);
    return ok;
}

static bool load_status(struct monitor *monitor, struct err *err)
{
    struct buf value = {0};
    bool found = false;
    bool ok = keeper_get(monitor->options.keeper, KEEPER_STATUS, (struct bytes){0}, &value, &found,
                         err);

    if (ok && found && value.len != STATUS_LEN)
        ok = damaged(err, "its status");
    if (ok && found) {
        monitor->new_head_ms = read_be64(value.data);
        monitor->next_number = read_be64(value.data + 8);
        monitor->next_recheck = read_be64(value.data + 16);
    } else if (ok) {
        monitor->new_head_ms = clock_unix_ms(monitor->options.clock);
        monitor->next_number = 1;
        monitor->next_recheck = 0;
    }
    buf_cleanup(&value);
    return ok;
}

static bool load_finding(struct monitor *monitor, enum alert_kind kind, struct err *err)
{
    struct open_finding *finding = &monitor->open[kind];
    uint8_t key = (uint8_t)kind;
    struct buf value = {0};
    bool found = false;
    bool ok = keeper_get(monitor->options.keeper, KEEPER_OPEN_FINDING, bytes_of(&key, 1), &value,
                         &found, err);

    *finding = (struct open_finding){0};
    if (ok && found && value.len != FINDING_LEN)
        ok = damaged(err, "an open finding");
    if (ok && found)
        *finding = (struct open_finding){.is_open = value.data[0] != 0,
                                         .number = read_be64(value.data + 1),
                                         .about = read_be64(value.data + 9)};
    monitor->figures.is_open[kind] = finding->is_open;
    buf_cleanup(&value);
    return ok;
}

/* The replay goes on with the facts and keys that belong to the position. */
static bool load_replay(struct monitor *monitor, struct err *err)
{
    struct keeper *keeper = monitor->options.keeper;
    struct buf keys = {0};
    bool found = false;
    bool ok;

    replay_free(monitor->replay);
    monitor->replay = NULL;
    monitor->counted_records = 0;
    ok = keeper_get(keeper, KEEPER_LOG_KEYS, (struct bytes){0}, &keys, &found, err);
    if (ok) {
        monitor->replay = replay_resume(monitor->options.schema, keeper_facts(keeper),
                                        bytes_of_buf(&keys), err);
        ok = monitor->replay != NULL;
    }
    if (ok && monitor->options.watches->count > 0)
        replay_show(monitor->replay, monitor_watch, monitor);
    buf_cleanup(&keys);
    return ok;
}

bool monitor_rewind(struct monitor *monitor, struct err *err)
{
    monitor_forget_seen(monitor);
    if (!load_replay(monitor, err))
        return false;
    monitor->audit = monitor->saved;
    monitor->audit.replay = monitor->replay;
    monitor->audit.excuses = &monitor->excuses;
    replay_excuse(monitor->replay, &monitor->excuses);
    monitor->sealed = monitor->audit;
    return true;
}

bool monitor_load(struct monitor *monitor, struct err *err)
{
    if (!load_position(monitor, err) || !load_status(monitor, err) ||
        !monitor_load_excuses(monitor, err) || !monitor_rewind(monitor, err))
        return false;
    for (enum alert_kind kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        if (!load_finding(monitor, kind, err))
            return false;
    }
    return true;
}

/* ---- writing ---- */

static void put_position(struct monitor *monitor)
{
    struct buf text = {0};
    struct buf keys = {0};

    audit_state_append(&text, &monitor->sealed, bytes_of_buf(&monitor->newest_note));
    keeper_put(monitor->options.keeper, KEEPER_POSITION, (struct bytes){0}, bytes_of_buf(&text));
    replay_append_log_keys(&keys, monitor->replay);
    keeper_put(monitor->options.keeper, KEEPER_LOG_KEYS, (struct bytes){0}, bytes_of_buf(&keys));
    buf_cleanup(&text);
    buf_cleanup(&keys);
}

static void put_status(struct monitor *monitor)
{
    struct buf value = {0};

    buf_append_be64(&value, monitor->new_head_ms);
    buf_append_be64(&value, monitor->next_number);
    buf_append_be64(&value, monitor->next_recheck);
    keeper_put(monitor->options.keeper, KEEPER_STATUS, (struct bytes){0}, bytes_of_buf(&value));
    buf_cleanup(&value);
}

static void count_saved(struct monitor *monitor)
{
    uint64_t records = replay_counts(monitor->replay)->records;

    monitor->figures.entries_verified +=
        monitor->sealed.frontier.size - monitor->saved.frontier.size;
    monitor->figures.records_replayed += records - monitor->counted_records;
    monitor->counted_records = records;
}

bool monitor_save(struct monitor *monitor, struct err *err)
{
    struct facts *facts = replay_facts(monitor->replay);

    monitor_put_seen(monitor, monitor->sealed.frontier.size);
    if (monitor->newest_note.len > 0)
        put_position(monitor);
    put_status(monitor);
    keeper_put_facts(monitor->options.keeper, facts);
    if (!keeper_commit(monitor->options.keeper, err))
        return false;
    facts_committed(facts);
    monitor->is_changed = false;
    count_saved(monitor);
    monitor->saved = monitor->sealed;
    monitor->figures.verified_size = monitor->saved.frontier.size;
    return true;
}
