#include <inttypes.h>

#include "client/commands.h"
#include "client/object.h"
#include "client/query/term.h"
#include "client/tail/follower.h"
#include "client/tail/stream_check.h"
#include "client/trust_files.h"
#include "client/verify/when.h"
#include "schemas/view.h"

static const struct option OPTIONS[] = {
    {"--url", "URL", "the log", true, false},
    {"--from", "INDEX", "entries from this index on (default: from now on)", false, false},
    {"--type", "TYPE", "only entries with a record of this type", false, false},
    {"--and", "KIND=VALUE", "only entries that mention this too, as for query", false, true},
    {"--limit", "COUNT", "end after so many entries", false, false},
    {"--retry", "SECONDS", "give up after so long without the log (default: never)", false, false},
    {"--vkey", "KEY", "check what is shown against the checkpoints this key signed", false, false},
    {"--policy", "FILE", "the same with a policy (C2SP tlog-policy)", false, false},
};

enum { RETRY_MAX_S = 1000000 };

/* One run. */
struct tail {
    const struct args *args;
    struct trust_files trust;
    struct fetcher *fetcher; /* of the check */
    struct stream_check check;
    struct outlet outlet;
    struct buf terms;
    uint64_t left; /* entries, until the end */
    bool is_over;
    struct buf out;
};

static bool take_terms(struct tail *tail, struct err *err)
{
    const char *type = args_value(tail->args, "--type");
    const char *const *terms;
    size_t count;
    bool ok = true;

    terms = args_values(tail->args, "--and", &count);
    if (count + (type != NULL) > TERMS_MAX)
        return err_set(err, ERR_INVALID, "at most %d terms can be asked for together", TERMS_MAX);
    if (type != NULL) {
        struct buf text = {0};

        buf_append_format(&text, "type=%s", type);
        ok = term_append_parameter(&tail->terms, buf_text(&text), err);
        buf_cleanup(&text);
    }
    for (size_t i = 0; ok && i < count; i++)
        ok = term_append_parameter(&tail->terms, terms[i], err);
    return ok;
}

static bool read_options(struct tail *tail, struct follower_options *out, struct err *err)
{
    const struct args *args = tail->args;

    out->url = args_value(args, "--url");
    return take_terms(tail, err) &&
           args_number(args, "--from", UINT64_MAX, 0, TREE_SIZE_MAX, &out->begin, err) &&
           args_number(args, "--limit", UINT64_MAX, 1, UINT64_MAX, &tail->left, err) &&
           args_number(args, "--retry", 0, 1, RETRY_MAX_S, &out->retry_s, err);
}

static bool open_check(struct tail *tail, struct err *err)
{
    if (!trust_files_load(&tail->trust, tail->args, err))
        return false;
    tail->check.policy = tail->trust.policy;
    tail->check.is_whole = tail->terms.len == 0;
    if (tail->trust.policy == NULL)
        return true;
    if (!fetch_open(&tail->fetcher, args_value(tail->args, "--url"), err))
        return false;
    tail->check.fetcher = tail->fetcher;
    return true;
}

/* ---- what is printed ---- */

static bool append_json(const struct tail *tail, struct buf *out, const struct told *told,
                        struct err *err)
{
    struct buf data = {0};
    bool ok = view_append_json(&data, told->encoded, false, err);

    object_begin(out, NULL);
    object_text(out, "event", told->is_entry ? "entry" : "checkpoint");
    if (!told->is_entry)
        object_bool(out, "is_checked", tail->check.policy != NULL);
    object_raw(out, "data", bytes_of_buf(&data));
    object_end(out);
    buf_append_text(out, "\n");
    buf_cleanup(&data);
    return ok;
}

static const char *checkpoint_worth(const struct tail *tail)
{
    if (tail->check.policy == NULL)
        return "";
    return tail->check.is_whole ? ": signed, no entry is left out"
                                : ": signed, extends the last one";
}

static void append_checkpoint(const struct tail *tail, struct buf *out, const struct told *told)
{
    uint64_t at_ms = field_uint(field_get(told->checkpoint, "received_at_ms"), 0);
    char when[WHEN_LEN];

    buf_append_format(out, "%10s  %-24s  -- checkpoint of size %" PRIu64 "%s\n", "",
                      when_ms(when, at_ms), told->size, checkpoint_worth(tail));
}

static bool append_told(const struct tail *tail, struct buf *out, const struct told *told,
                        struct err *err)
{
    if (tail->args->json)
        return append_json(tail, out, told, err);
    if (told->is_entry)
        row_append_line(out, &told->row);
    else
        append_checkpoint(tail, out, told);
    return true;
}

/* Where checkpoints are checked, the last entry that is shown waits for the one that covers it. */
static bool take(void *context, const struct told *told, struct err *err)
{
    struct tail *tail = context;
    bool is_checked = tail->check.policy != NULL;

    if (is_checked && !stream_check_told(&tail->check, told, err))
        return false;
    if (told->is_entry && tail->left == 0)
        return true;
    if (!append_told(tail, &tail->out, told, err) ||
        !outlet_write(&tail->outlet, bytes_of_buf(&tail->out), err))
        return false;
    buf_clear(&tail->out);
    tail->left -= told->is_entry;
    tail->is_over = tail->left == 0 && (!is_checked || !told->is_entry);
    return true;
}

/* ---- the run ---- */

static bool follow(struct tail *tail, struct follower_options *options, struct err *err)
{
    bool ok;

    if (!open_check(tail, err) || !outlet_open(&tail->outlet, err))
        return false;
    options->terms = bytes_of_buf(&tail->terms);
    options->take = take;
    options->context = tail;
    options->outlet = &tail->outlet;
    if (!tail->args->json)
        row_append_title(&tail->out);
    ok = follow_stream(options, &tail->is_over, err);
    outlet_close(&tail->outlet);
    return ok;
}

static int run(const struct command *command, const struct args *args)
{
    struct tail tail = {.args = args};
    struct follower_options options = {0};
    struct err err = {0};
    int code = EXIT_DONE;

    if (!read_options(&tail, &options, &err))
        code = command_usage(command, &err);
    else if (!follow(&tail, &options, &err))
        code = command_fail(command, args, &err);
    fetch_close(tail.fetcher);
    trust_files_cleanup(&tail.trust);
    buf_cleanup(&tail.terms);
    buf_cleanup(&tail.out);
    return code;
}

const struct command CMD_TAIL = {
    .name = "tail",
    .operands = "",
    .summary = "follow the log: entries and checkpoints as they are published",
    .help =
        "Shows every entry as soon as it is published, and behind the entries of each commit the\n"
        "checkpoint. Where the connection breaks, or the daemon starts again, it goes on behind\n"
        "the last event it got: nothing is left out or shown twice. It ends, with exit code 0, when\n"
        "it is interrupted (SIGINT, SIGTERM) or when nobody reads its output any more, and fails\n"
        "when the log has lost what it had shown.\n"
        "\n"
        "With --vkey or --policy the signature of each checkpoint is checked, and that exactly\n"
        "the entries shown lead to it. Where only some entries are asked for, each checkpoint must\n"
        "extend the last one instead: that no entry is left out is not shown then. What is said\n"
        "of an entry besides its id is the log's word; vouch get shows what it holds.\n"
        "\n"
        "With --json each event is one line: {\"event\":\"entry\",\"data\":{...}}.\n"
        "\n"
        "  vouch tail --url http://127.0.0.1:8080\n"
        "  vouch tail --url http://127.0.0.1:8080 --from 0 --limit 10 --vkey checkpoint.vkey\n"
        "  vouch tail --url http://127.0.0.1:8080 --type approval --and actor=usr_41c --json\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
