#include <inttypes.h>

#include "base/text.h"
#include "client/commands.h"
#include "client/fetch/fetch.h"
#include "client/query/term.h"
#include "client/run/state_card.h"
#include "client/verify/when.h"
#include "schemas/rules/mentions.h"
#include "schemas/view.h"

static const struct option OPTIONS[] = {
    {"--url", "URL", "the log", true, false},
    {"--tenant", "NAME", "whose run, where two tenants have one with this id", false, false},
};

enum { REPLY_LEN_MAX = 4 * 1024 * 1024 };

/* A run's state as the log sent it. */
struct shown {
    const char *run; /* as it was asked for */
    struct fetch_reply reply;
    struct record_fields fields;
};

static bool append_path(struct buf *out, const struct args *args, struct err *err)
{
    const char *tenant = args_value(args, "--tenant");

    buf_append_format(out, "v1/runs/%s", args->operands[0]);
    if (tenant != NULL) {
        buf_append_text(out, "?tenant=");
        text_append_percent(out, bytes_of_text(tenant), "");
    }
    return out->len < FETCH_PATH_LEN_MAX || err_set(err, ERR_INVALID, "--tenant is too long");
}

/* It is the state of this run: all else is shown as it comes. */
static bool check_state(const struct shown *shown, struct err *err)
{
    const struct field *state = shown->fields.fields;
    struct buf run_id = {0};
    bool ok = mention_value_parse(&run_id, MENTION_RUN, bytes_of_text(shown->run)) &&
              bytes_equal(field_bytes(field_get(state, "run_id")), bytes_of_buf(&run_id)) &&
              field_text(field_get(state, "status")).len > 0;

    buf_cleanup(&run_id);
    return ok || err_set(err, ERR_CORRUPT, "the log's answer is not the state of this run");
}

static bool read_state(struct shown *shown, const char *url, const char *path, struct err *err)
{
    struct fetcher *fetcher = NULL;
    struct err form = {0};
    bool ok = fetch_open(&fetcher, url, err);

    if (ok && !fetcher->is_remote)
        ok = err_set(err, ERR_INVALID, "%s: a copy of a log does not tell the state of runs: the "
                                       "URL of a log is needed",
                     url);
    ok = ok && fetch_get(fetcher, &shown->reply, path, "application/cbor", REPLY_LEN_MAX, err);
    if (ok && !record_fields_read(&shown->fields, bytes_of_buf(&shown->reply.body), &form))
        ok = err_set(err, ERR_CORRUPT, "the log's answer: %s", form.text);
    fetch_close(fetcher);
    return ok && check_state(shown, err);
}

static bool append_state(struct buf *out, const struct shown *shown, bool json, struct err *err)
{
    const struct field *state = shown->fields.fields;
    char when[WHEN_LEN];

    if (json) {
        if (!view_append_json(out, state->encoded, false, err))
            return false;
        buf_append_text(out, "\n");
        return true;
    }
    state_card_append(out, state);
    buf_append_format(out,
                      "\nIn the tree of %" PRIu64 " entries, at %s.\n"
                      "This is the log's word, made from the entries of the run. They are listed,\n"
                      "and with --vkey KEY checked, by\n  vouch query run %s\n",
                      field_uint(field_get(state, "size"), 0),
                      when_ms(when, field_uint(field_get(state, "at_ms"), 0)), shown->run);
    return true;
}

static int show(const struct command *command, const struct args *args, const char *path)
{
    struct shown shown = {.run = args->operands[0]};
    struct buf out = {0};
    struct err err = {0};
    int code;

    if (read_state(&shown, args_value(args, "--url"), path, &err) &&
        append_state(&out, &shown, args->json, &err))
        code = command_print(&out);
    else
        code = command_fail(command, args, &err);
    record_fields_cleanup(&shown.fields);
    buf_cleanup(&shown.reply.body);
    buf_cleanup(&out);
    return code;
}

static int run(const struct command *command, const struct args *args)
{
    struct buf path = {0};
    struct err err = {0};
    int code;

    if (term_check(bytes_of_text("run"), bytes_of_text(args->operands[0]), &err) &&
        append_path(&path, args, &err))
        code = show(command, args, buf_text(&path));
    else
        code = command_usage(command, &err);
    buf_cleanup(&path);
    return code;
}

const struct command CMD_RUN_SHOW = {
    .name = "run show",
    .operands = "RUN",
    .summary = "show the state of a run: what it did, who decided, what is lacking",
    .help =
        "Shows what the log tells of a run, a UUID with hyphens in lower case: whether it has\n"
        "ended and how, who started it, which approvals and overrides there were and who decided\n"
        "on them, which rules its records broke, how complete its evidence is, question by\n"
        "question with what is lacking first, and its grade:\n"
        "\n"
        "  A  the point that enforces recorded it, and nothing was done without grant or approval\n"
        "  B  the engine signed its own records\n"
        "  C  a collector brought them, or the log's intake signed for them\n"
        "  D  they were imported later\n"
        "\n"
        "The log derives all of it from its entries when it is asked, so it is the log's word;\n"
        "vouch query run RUN --vkey KEY checks the entries themselves. The exit code says whether\n"
        "the run is there, not how good it is: use --json for that.\n"
        "\n"
        "  vouch run show 01a1fe1e-4e6a-7dfb-ad3e-a4a36d259cac --url http://127.0.0.1:8080\n"
        "  vouch run show 01a1fe1e-4e6a-7dfb-ad3e-a4a36d259cac --url http://127.0.0.1:8080 \\\n"
        "      --json | jq '.completeness.items[] | select(.state == \"lacking\")'\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 1,
    .operand_count_max = 1,
    .run = run,
};
