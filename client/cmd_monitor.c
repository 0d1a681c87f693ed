#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/commands.h"
#include "client/monitor/acknowledge.h"
#include "client/monitor/courier.h"
#include "client/monitor/monitor.h"
#include "client/object.h"
#include "client/plain_text.h"
#include "client/tail/outlet.h"
#include "client/trust_files.h"
#include "client/verify/when.h"
#include "schemas/record_fields.h"
#include "schemas/view.h"

static const struct option OPTIONS[] = {
    {"--dir", "DIR", "remember here how far it has come, and every alert", true, false},
    {"--policy", "FILE", "logs, witnesses and quorum you trust (C2SP tlog-policy)", false, false},
    {"--vkey", "KEY", "the log's verifier key, or a file with it, instead of a policy", false,
     false},
    {"--interval", "SECONDS", "look at the log so often (default: 10)", false, false},
    {"--stale", "MINUTES", "alert when no new head came for so long; 0: never (default: 90)", false,
     false},
    {"--watch", "WHAT", "alert for approver=ID, workflow=ID, override, flag=RULE or flag=*", false,
     true},
    {"--webhook", "URL", "post every alert there", false, false},
    {"--webhook-secret", "FILE", "the secret that signs what is posted", false, false},
    {"--recheck", "BUNDLES", "read so many old bundles again each time (default: 2)", false, false},
    {"--kind", "KIND", "evidence or opaque: insist on this kind of log", false, false},
    {"--schema", "DIRECTORY", "the log's own record types (.cddl files)", false, true},
    {"--acknowledge", "NUMBER", "go on behind the finding that began with this alert", false, false},
    {"--because", "TEXT", "why, kept with the acknowledgement", false, false},
    {"--once", NULL, "look once, and say by the exit code what is wrong", false, false},
};

enum {
    INTERVAL_MAX_S = 86400,
    STALE_MAX_MIN = 1000000,
    RECHECK_MAX = 1024,
    WEBHOOK_PATIENCE_MS = 30000, /* with --once */
};

static const char PRINTED[] = "standard output"; /* whose cursor in the keeper */

/* One run. */
struct watching {
    const struct args *args;
    struct trust_files trust;
    struct record_schema *schema;
    struct watch_list watches;
    struct keeper *keeper;
    struct fetcher *fetcher;
    struct monitor *monitor;
    struct courier *courier;
    struct outlet outlet;
    struct record_fields fields;
    struct buf out;
    uint64_t interval_ms;
    uint64_t next_printed; /* number of an alert */
    uint64_t told_size;    /* of the last head that was printed; UINT64_MAX: none */
};

/* ---- options ---- */

static bool take_kind(const struct args *args, enum audit_kind *out, struct err *err)
{
    const char *kind = args_value(args, "--kind");

    *out = AUDIT_UNKNOWN;
    if (kind == NULL)
        return true;
    *out = strcmp(kind, "opaque") == 0 ? AUDIT_OPAQUE : AUDIT_EVIDENCE;
    return strcmp(kind, audit_kind_name(*out)) == 0 ||
           err_set(err, ERR_INVALID, "--kind %s: evidence or opaque is needed", kind);
}

static bool take_watches(struct watching *watching, struct err *err)
{
    size_t count;
    const char *const *texts = args_values(watching->args, "--watch", &count);

    for (size_t i = 0; i < count; i++) {
        if (!watch_list_add(&watching->watches, texts[i], err))
            return err_wrap(err, "--watch");
    }
    return true;
}

static bool take_options(struct watching *watching, struct monitor_options *out, struct err *err)
{
    const struct args *args = watching->args;
    uint64_t stale_minutes;
    uint64_t interval_s;
    uint64_t recheck;

    if (!args_has(args, "--policy") && !args_has(args, "--vkey"))
        return err_set(err, ERR_INVALID, "--policy or --vkey is needed: whose log is this?");
    if (args_has(args, "--webhook") != args_has(args, "--webhook-secret"))
        return err_set(err, ERR_INVALID, "--webhook and --webhook-secret go together");
    if (!args_number(args, "--interval", 10, 1, INTERVAL_MAX_S, &interval_s, err) ||
        !args_number(args, "--stale", 90, 0, STALE_MAX_MIN, &stale_minutes, err) ||
        !args_number(args, "--recheck", 2, 1, RECHECK_MAX, &recheck, err) ||
        !take_kind(args, &out->kind, err) || !take_watches(watching, err))
        return false;
    watching->interval_ms = interval_s * 1000;
    out->url = args->operands[0];
    out->stale_after_ms = stale_minutes * 60000;
    out->rechecked_per_poll = (unsigned)recheck;
    return true;
}

/* ---- what it stands on ---- */

static bool is_over(void *context)
{
    struct watching *watching = context;

    return outlet_is_ended(&watching->outlet);
}

static bool start_courier(struct watching *watching, struct err *err)
{
    struct courier_options options = {
        .keeper = watching->keeper,
        .poster = poster_curl(),
        .url = args_value(watching->args, "--webhook"),
        .secret_file = args_value(watching->args, "--webhook-secret"),
        .retry_first_ms = COURIER_RETRY_FIRST_MS,
        .retry_most_ms = COURIER_RETRY_MOST_MS,
    };

    return options.url == NULL || courier_start(&watching->courier, &options, err);
}

static bool open_all(struct watching *watching, struct monitor_options *options, struct err *err)
{
    const struct args *args = watching->args;
    size_t count;
    const char *const *directories = args_values(args, "--schema", &count);

    if (!trust_files_load(&watching->trust, args, err) ||
        !record_schema_load(&watching->schema, directories, count, err) ||
        !fetch_open(&watching->fetcher, options->url, err) ||
        !keeper_open(&watching->keeper, args_value(args, "--dir"), 1, err) ||
        !keeper_cursor(watching->keeper, PRINTED, &watching->next_printed, err))
        return false;
    options->fetcher = watching->fetcher;
    options->policy = watching->trust.policy;
    options->schema = watching->schema;
    options->keeper = watching->keeper;
    options->clock = clock_system();
    options->watches = &watching->watches;
    options->is_over = is_over;
    options->context = watching;
    watching->told_size = UINT64_MAX;
    return monitor_open(&watching->monitor, options, err) && start_courier(watching, err);
}

static void close_all(struct watching *watching)
{
    courier_stop(watching->courier);
    monitor_close(watching->monitor);
    keeper_close(watching->keeper);
    fetch_close(watching->fetcher);
    record_schema_free(watching->schema);
    trust_files_cleanup(&watching->trust);
    record_fields_cleanup(&watching->fields);
    buf_cleanup(&watching->out);
}

/* ---- what is printed ---- */

static void append_alert(struct buf *out, const struct field *alert)
{
    const struct field *index = field_get(alert, "index");
    struct bytes kind = field_text(field_get(alert, "kind"));
    struct bytes state = field_text(field_get(alert, "state"));
    char when[WHEN_LEN];

    buf_append_format(out, "%s  %-6.*s  %-17.*s  ",
                      when_ms(when, field_uint(field_get(alert, "at_ms"), 0)), (int)state.len,
                      (const char *)state.data, (int)kind.len, (const char *)kind.data);
    if (index != NULL)
        buf_append_format(out, "entry %" PRIu64 ": ", field_uint(index, 0));
    plain_text_append(out, field_text(field_get(alert, "text")));
    buf_append_text(out, "\n");
}

static bool print_alert(struct watching *watching, const struct buf *json, struct err *err)
{
    struct buf encoded = {0};
    bool ok = true;

    buf_clear(&watching->out);
    if (watching->args->json) {
        buf_append_bytes(&watching->out, bytes_of_buf(json));
        buf_append_text(&watching->out, "\n");
    } else {
        ok = view_parse_json(&encoded, bytes_of_buf(json), err) &&
             record_fields_read(&watching->fields, bytes_of_buf(&encoded), err);
        if (ok)
            append_alert(&watching->out, watching->fields.fields);
    }
    ok = ok && outlet_write(&watching->outlet, bytes_of_buf(&watching->out), err);
    buf_cleanup(&encoded);
    return ok;
}

static bool print_alerts(struct watching *watching, struct err *err)
{
    uint64_t begin = watching->next_printed;
    struct err end = {0};
    struct buf json = {0};
    uint64_t number;
    bool ok = true;

    while (ok &&
           keeper_next_alert(watching->keeper, watching->next_printed, &number, &json, &end)) {
        ok = print_alert(watching, &json, err);
        watching->next_printed = number + 1;
    }
    buf_cleanup(&json);
    if (ok && end.code != ERR_NOT_FOUND) {
        *err = end;
        return false;
    }
    return ok && (watching->next_printed == begin ||
                  keeper_set_cursor(watching->keeper, PRINTED, watching->next_printed, err));
}

static bool print_head(struct watching *watching, struct err *err)
{
    const struct monitor_figures *figures = monitor_figures(watching->monitor);
    struct buf *out = &watching->out;
    char when[WHEN_LEN];

    if (figures->verified_size == watching->told_size)
        return true;
    watching->told_size = figures->verified_size;
    buf_clear(out);
    if (watching->args->json) {
        object_begin(out, NULL);
        object_text(out, "event", "monitor-head");
        object_text(out, "origin", monitor_origin(watching->monitor));
        object_number(out, "head_size", figures->head_size);
        object_number(out, "verified_size", figures->verified_size);
        object_number(out, "records_replayed", figures->records_replayed);
        object_number(out, "acknowledged", figures->acknowledged);
        object_end(out);
        buf_append_text(out, "\n");
    } else {
        buf_append_format(out, "%s  head    %s: %" PRIu64 " entries, %" PRIu64 " verified",
                          when_ms(when, clock_unix_ms(clock_system())),
                          monitor_origin(watching->monitor), figures->head_size,
                          figures->verified_size);
        if (figures->acknowledged > 0)
            buf_append_format(out, ", %" PRIu64 " findings acknowledged", figures->acknowledged);
        buf_append_text(out, "\n");
    }
    return outlet_write(&watching->outlet, bytes_of_buf(out), err);
}

/* ---- the run ---- */

static enum verdict verdict_of(const struct monitor_figures *figures)
{
    enum verdict verdict = VERDICT_VERIFIED;

    for (enum alert_kind kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        if (figures->is_open[kind] && alert_kind_verdict(kind) > verdict)
            verdict = alert_kind_verdict(kind);
    }
    return verdict;
}

/* What an earlier run has not printed comes first. */
static bool watch_log(struct watching *watching, struct err *err)
{
    bool once = args_has(watching->args, "--once");

    if (!print_alerts(watching, err))
        return false;
    while (!outlet_is_ended(&watching->outlet)) {
        if (!monitor_poll(watching->monitor, clock_monotonic_ns() / 1000000, err) ||
            !print_alerts(watching, err) || !print_head(watching, err))
            return false;
        courier_wake(watching->courier);
        if (once) {
            courier_finish(watching->courier, WEBHOOK_PATIENCE_MS);
            return true;
        }
        outlet_wait(&watching->outlet, watching->interval_ms);
    }
    return true;
}

/* For the monitor of the directory, which may run: it takes it up in its next look. */
static int acknowledge(const struct command *command, const struct args *args)
{
    const char *reason = args_value(args, "--because");
    struct err err = {0};
    uint64_t number;

    if (args->operand_count > 0)
        err_set(&err, ERR_INVALID, "--acknowledge takes no log: its monitor goes on by itself");
    else if (args_number(args, "--acknowledge", 0, 1, UINT64_MAX, &number, &err))
        return acknowledge_ask(args_value(args, "--dir"), number, reason == NULL ? "" : reason,
                               &err)
                   ? EXIT_DONE
                   : command_fail(command, args, &err);
    return command_usage(command, &err);
}

static int watch(const struct command *command, const struct args *args)
{
    struct watching *watching = mem_alloc(sizeof(*watching));
    struct monitor_options options = {0};
    struct err err = {0};
    int code;

    watching->args = args;
    if (args->operand_count == 0) {
        err_set(&err, ERR_INVALID, "which log? A URL or a directory is needed");
        code = command_usage(command, &err);
    } else if (!take_options(watching, &options, &err)) {
        code = command_usage(command, &err);
    } else if (!outlet_open(&watching->outlet, &err)) {
        code = command_fail(command, args, &err);
    } else {
        if (!open_all(watching, &options, &err) || !watch_log(watching, &err))
            code = command_fail(command, args, &err);
        else
            code = args_has(args, "--once") ? (int)verdict_of(monitor_figures(watching->monitor))
                                            : EXIT_DONE;
        close_all(watching);
        outlet_close(&watching->outlet);
    }
    free(watching);
    return code;
}

static int run(const struct command *command, const struct args *args)
{
    return args_has(args, "--acknowledge") ? acknowledge(command, args) : watch(command, args);
}

const struct command CMD_MONITOR = {
    .name = "monitor",
    .operands = "URL|DIRECTORY",
    .summary = "follow a log, check all that it shows, and alert",
    .help =
        "Looks at a log again and again. Each head must extend every head seen before, each new\n"
        "entry must lead to the signed root, and in an evidence log each statement is admitted\n"
        "again by the log's rules: signatures, schemas, flags and seals must come out the same.\n"
        "Old entries and tiles are read again, a few each time. Works with every log that serves\n"
        "C2SP tlog-tiles.\n"
        "\n"
        "Whatever is wrong is printed once, when it begins, and once more when it is over; what is\n"
        "watched for is printed for every entry. With --json each is one line. With --webhook they\n"
        "are posted too, signed, until the receiver takes them. What is in the directory lets the\n"
        "next run go on where this one was ended or killed.\n"
        "\n"
        "  vouch monitor http://127.0.0.1:8080 --vkey checkpoint.vkey --dir watched\n"
        "  vouch monitor http://127.0.0.1:8080 --policy policy --dir watched --watch override\n"
        "\n"
        "Behind an entry or seal that is wrong nothing is verified, until somebody acknowledges the\n"
        "finding, in the directory of a monitor that runs or does not:\n"
        "\n"
        "  vouch monitor --dir watched --acknowledge 17 --because 'known to the auditors'\n"
        "\n"
        "It ends, with exit code 0, when it is interrupted (SIGINT, SIGTERM). With --once the code\n"
        "is that of the worst that is wrong now, as for audit: 10 no quorum of witnesses,\n"
        "20 unreachable, incomplete, stale or shrunk, 30 inconsistent heads, 40 wrong entries,\n"
        "tiles, seals or signatures.\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 0,
    .operand_count_max = 1,
    .run = run,
};
