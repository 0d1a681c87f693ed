/* Which findings begin and which are over: each is told once, not once per poll. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/monitor/acknowledge.h"
#include "client/monitor/monitor_parts.h"
#include "client/verify/when.h"

struct alert *look_raise(struct look *look, enum alert_kind kind, uint64_t about,
                         const char *format, ...)
{
    struct alert *alert = &look->alerts[kind];
    va_list arguments;

    *alert = (struct alert){.kind = kind, .state = ALERT_BEGINS};
    look->is_raised[kind] = true;
    look->about[kind] = about;
    va_start(arguments, format);
    vsnprintf(alert->text, sizeof(alert->text), format, arguments);
    va_end(arguments);
    return alert;
}

void look_clear(struct look *look, enum alert_kind kind)
{
    look->is_clear[kind] = true;
}

static void append_sight(char *out, size_t len_max, const struct alert_head *head)
{
    size_t len = strlen(out);
    char when[WHEN_LEN];

    if (head->observer[0] == '\0')
        snprintf(out + len, len_max - len, " one of size %" PRIu64, head->size);
    else
        snprintf(out + len, len_max - len, " %s saw one of size %" PRIu64 " at %s", head->observer,
                 head->size, when_seconds(when, head->seen_s));
}

void alert_say_fork(struct alert *alert, const struct fork_proof *proof, const char *path)
{
    size_t len;

    *alert = (struct alert){.kind = ALERT_FORK, .state = ALERT_BEGINS};
    alert_set_fork(alert, proof, path);
    snprintf(alert->text, sizeof(alert->text), "the log signed two heads that are not of one tree:");
    append_sight(alert->text, sizeof(alert->text), &alert->heads[0]);
    len = strlen(alert->text);
    snprintf(alert->text + len, sizeof(alert->text) - len, ", and");
    append_sight(alert->text, sizeof(alert->text), &alert->heads[1]);
    len = strlen(alert->text);
    if (path == NULL)
        snprintf(alert->text + len, sizeof(alert->text) - len, "; the proof could not be kept");
    else
        snprintf(alert->text + len, sizeof(alert->text) - len, "; the proof is %s", path);
}

static const char *origin_of(const struct monitor *monitor)
{
    const char *known = monitor_origin(monitor);

    return known[0] != '\0' ? known : monitor->head.checkpoint.origin;
}

void monitor_put_alert(struct monitor *monitor, struct alert *alert)
{
    struct buf key = {0};
    struct buf json = {0};

    monitor->is_changed = true;
    alert->number = monitor->next_number++;
    if (alert->state == ALERT_BEGINS || alert->state == ALERT_SEEN)
        alert->finding = alert->number;
    alert->at_ms = clock_unix_ms(monitor->options.clock);
    alert_append_json(&json, alert, origin_of(monitor));
    buf_append_be64(&key, alert->number);
    keeper_put(monitor->options.keeper, KEEPER_ALERT, bytes_of_buf(&key), bytes_of_buf(&json));
    if (alert->finding == alert->number)
        monitor->figures.alerts[alert->kind]++;
    buf_cleanup(&key);
    buf_cleanup(&json);
}

void monitor_put_finding(struct monitor *monitor, enum alert_kind kind)
{
    const struct open_finding *finding = &monitor->open[kind];
    uint8_t key = (uint8_t)kind;
    struct buf value = {0};

    buf_append_byte(&value, finding->is_open);
    buf_append_be64(&value, finding->number);
    buf_append_be64(&value, finding->about);
    keeper_put(monitor->options.keeper, KEEPER_OPEN_FINDING, bytes_of(&key, 1),
               bytes_of_buf(&value));
    buf_cleanup(&value);
}

static void end_finding(struct monitor *monitor, enum alert_kind kind)
{
    struct alert alert = {
        .kind = kind, .state = ALERT_IS_OVER, .finding = monitor->open[kind].number};

    snprintf(alert.text, sizeof(alert.text), "%s, told of as number %" PRIu64 ", is over",
             alert_kind_name(kind), alert.finding);
    monitor_put_alert(monitor, &alert);
    monitor->open[kind].is_open = false;
    monitor_put_finding(monitor, kind);
}

/* What was acknowledged under its number before it was there was meant for another one. */
static void begin_finding(struct monitor *monitor, enum alert_kind kind)
{
    struct alert *alert = &monitor->look.alerts[kind];

    monitor_put_alert(monitor, alert);
    acknowledge_forget(keeper_directory(monitor->options.keeper), alert->number);
    monitor->open[kind] = (struct open_finding){
        .is_open = true, .number = alert->number, .about = monitor->look.about[kind]};
    monitor_put_finding(monitor, kind);
}

/* Each fork is told of, and each once. */
static void settle_forks(struct monitor *monitor)
{
    struct open_finding *finding = &monitor->open[ALERT_FORK];

    for (unsigned i = 0; i < MONITOR_FORKS_MAX; i++) {
        struct alert *alert = monitor->forks[i];
        uint64_t bit = (uint64_t)1 << i;

        if (alert != NULL && (finding->about & bit) == 0) {
            monitor_put_alert(monitor, alert);
            *finding = (struct open_finding){
                .is_open = true, .number = alert->number, .about = finding->about | bit};
            monitor_put_finding(monitor, ALERT_FORK);
        }
        free(alert);
        monitor->forks[i] = NULL;
    }
    monitor->figures.is_open[ALERT_FORK] = finding->is_open;
}

void monitor_settle(struct monitor *monitor)
{
    const struct look *look = &monitor->look;

    settle_forks(monitor);
    for (enum alert_kind kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        const struct open_finding *finding = &monitor->open[kind];
        bool is_other = look->is_raised[kind] && finding->is_open &&
                        finding->about != look->about[kind] && !alert_kind_is_lasting(kind);

        if (is_other || (finding->is_open && look->is_clear[kind] && !look->is_raised[kind] &&
                         !alert_kind_is_lasting(kind)))
            end_finding(monitor, kind);
        if (look->is_raised[kind] && !finding->is_open)
            begin_finding(monitor, kind);
        monitor->figures.is_open[kind] = finding->is_open;
    }
}
