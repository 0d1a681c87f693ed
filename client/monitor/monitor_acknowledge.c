/* Findings that somebody has acknowledged, and that the monitor goes on behind. */
#include <inttypes.h>
#include <stdio.h>

#include "base/diag.h"
#include "client/monitor/acknowledge.h"
#include "client/monitor/monitor_parts.h"

/* What an audit calls the faults that are this finding. */
static const struct {
    enum alert_kind kind;
    enum audit_fault fault;
} FAULTS[] = {
    {ALERT_BAD_RECORD, AUDIT_BAD_FORM},          {ALERT_BAD_RECORD, AUDIT_BAD_SCHEMA},
    {ALERT_BAD_SIGNATURE, AUDIT_BAD_SIGNATURE},  {ALERT_FALSE_SEAL, AUDIT_BAD_SEAL},
    {ALERT_FALSE_ADMISSION, AUDIT_BAD_ADMISSION}, {ALERT_FALSE_FLAG, AUDIT_BAD_FLAGS},
};

enum { FAULT_COUNT = sizeof(FAULTS) / sizeof(FAULTS[0]), COUNT_LEN = 8 };

/* ---- what is kept ---- */

bool monitor_load_excuses(struct monitor *monitor, struct err *err)
{
    struct buf value = {0};
    bool found = false;
    bool ok = keeper_get(monitor->options.keeper, KEEPER_EXCUSES, (struct bytes){0}, &value,
                         &found, err);

    monitor->excuses = (struct excuses){0};
    monitor->figures.acknowledged = 0;
    if (ok && found) {
        ok = value.len >= COUNT_LEN &&
             excuses_parse(&monitor->excuses,
                           bytes_slice(bytes_of_buf(&value), COUNT_LEN, value.len));
        if (ok)
            monitor->figures.acknowledged = read_be64(value.data);
        else
            err_set(err, ERR_INVALID, "the monitor's directory is damaged: what was acknowledged");
    }
    buf_cleanup(&value);
    return ok;
}

static void put_excuses(struct monitor *monitor)
{
    struct buf value = {0};

    buf_append_be64(&value, monitor->figures.acknowledged);
    excuses_append(&value, &monitor->excuses);
    keeper_put(monitor->options.keeper, KEEPER_EXCUSES, (struct bytes){0}, bytes_of_buf(&value));
    buf_cleanup(&value);
}

/* ---- one finding ---- */

/* False: there is nothing to go on behind. */
static bool excuse(struct monitor *monitor, enum alert_kind kind)
{
    uint64_t index = monitor->open[kind].about;
    bool is_excused = false;

    excuses_drop_below(&monitor->excuses, monitor->saved.frontier.size);
    if (index >= monitor->newest.checkpoint.size)
        return false;
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        if (FAULTS[i].kind == kind)
            is_excused = excuses_add(&monitor->excuses, index, FAULTS[i].fault);
    }
    return is_excused;
}

static void put_acknowledgement(struct monitor *monitor, enum alert_kind kind,
                                struct bytes reason)
{
    struct open_finding *finding = &monitor->open[kind];
    struct alert alert = {.kind = kind,
                          .state = ALERT_ACKNOWLEDGED,
                          .finding = finding->number,
                          .has_index = true,
                          .index = finding->about};

    snprintf(alert.text, sizeof(alert.text), "%s, told of as number %" PRIu64
             ", is acknowledged, and what comes after it is verified: %.*s",
             alert_kind_name(kind), alert.finding, (int)reason.len, (const char *)reason.data);
    monitor_put_alert(monitor, &alert);
    finding->is_open = false;
    monitor_put_finding(monitor, kind);
    monitor->figures.is_open[kind] = false;
    monitor->figures.acknowledged++;
    put_excuses(monitor);
}

static bool acknowledge(struct monitor *monitor, enum alert_kind kind, struct bytes reason,
                        struct err *err)
{
    uint64_t number = monitor->open[kind].number;

    if (excuse(monitor, kind)) {
        put_acknowledgement(monitor, kind, reason);
        if (!monitor_save(monitor, err))
            return false;
    } else {
        diag_warn("acknowledgement-refused",
                  "origin=%s finding=%" PRIu64 " kind=%s: a monitor goes on only behind an entry "
                  "or seal that is wrong",
                  monitor_origin(monitor), number, alert_kind_name(kind));
    }
    acknowledge_forget(keeper_directory(monitor->options.keeper), number);
    return true;
}

bool monitor_acknowledge(struct monitor *monitor, struct err *err)
{
    struct buf reason = {0};
    bool ok = true;

    for (enum alert_kind kind = 0; ok && kind < ALERT_KIND_COUNT; kind++) {
        buf_clear(&reason);
        if (monitor->open[kind].is_open &&
            acknowledge_is_asked(keeper_directory(monitor->options.keeper),
                                 monitor->open[kind].number, &reason))
            ok = acknowledge(monitor, kind, bytes_of_buf(&reason), err);
    }
    buf_cleanup(&reason);
    return ok;
}
