/* Watch lists: what is seen in entries waits until their position is saved with it. */
#include <stdlib.h>
#include <string.h>

#include "client/monitor/monitor_parts.h"
#include "schemas/record.h"

static void add_seen(struct monitor *monitor, const struct watch *watch,
                     const struct replayed *replayed, struct buf *why)
{
    struct alert *alert;
    size_t len = why->len < ALERT_TEXT_LEN_MAX ? why->len : ALERT_TEXT_LEN_MAX - 1;

    if (monitor->seen_count == monitor->seen_capacity) {
        monitor->seen_capacity = monitor->seen_capacity == 0 ? 16 : monitor->seen_capacity * 2;
        monitor->seen =
            mem_realloc_array(monitor->seen, monitor->seen_capacity, sizeof(*monitor->seen));
    }
    alert = &monitor->seen[monitor->seen_count++];
    *alert = (struct alert){.kind = watch->kind,
                            .state = ALERT_SEEN,
                            .has_index = true,
                            .index = replayed->index,
                            .has_entry_id = true};
    hash_leaf(&alert->entry_id, replayed->entry);
    memcpy(alert->text, why->data, len);
    buf_clear(why);
}

static void look_at_flags(struct monitor *monitor, const struct watch *watch,
                          const struct replayed *replayed, struct buf *why)
{
    for (size_t i = 0; i < replayed->verdict->flag_count; i++) {
        if (watch_matches_flag(watch, &replayed->verdict->flags[i], why))
            add_seen(monitor, watch, replayed, why);
    }
}

static void look_at_records(struct monitor *monitor, const struct replayed *replayed,
                            struct buf *why)
{
    const struct watch_list *watches = monitor->options.watches;
    struct record_reader reader = record_reader_of(replayed->statement->cose.payload);
    struct record record;

    while (record_next_fields(&reader, &monitor->fields, &record)) {
        for (size_t i = 0; i < watches->count; i++) {
            if (watch_matches_record(&watches->items[i], monitor->fields.fields, why))
                add_seen(monitor, &watches->items[i], replayed, why);
        }
    }
}

void monitor_watch(void *context, const struct replayed *replayed)
{
    struct monitor *monitor = context;
    const struct watch_list *watches = monitor->options.watches;
    struct buf why = {0};

    look_at_records(monitor, replayed, &why);
    for (size_t i = 0; i < watches->count; i++)
        look_at_flags(monitor, &watches->items[i], replayed, &why);
    buf_cleanup(&why);
}

void monitor_put_seen(struct monitor *monitor, uint64_t size)
{
    for (size_t i = 0; i < monitor->seen_count; i++) {
        if (monitor->seen[i].index < size)
            monitor_put_alert(monitor, &monitor->seen[i]);
    }
    monitor_forget_seen(monitor);
}

void monitor_forget_seen(struct monitor *monitor)
{
    free(monitor->seen);
    monitor->seen = NULL;
    monitor->seen_count = 0;
    monitor->seen_capacity = 0;
}
