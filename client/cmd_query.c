#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/commands.h"
#include "client/object.h"
#include "client/plain_text.h"
#include "client/query/flag_legend.h"
#include "client/query/records.h"
#include "client/query/row_check.h"
#include "schemas/view.h"

static const struct option OPTIONS[] = {
    {"--url", "URL", "the log", true, false},
    {"--and", "KIND=VALUE", "only entries that mention this too", false, true},
    {"--from", "INDEX", "entries from this index on", false, false},
    {"--size", "SIZE", "in the tree of this size (default: the newest)", false, false},
    {"--limit", "COUNT", "at most so many entries (default: all)", false, false},
    {"--vkey", "KEY", "check each entry under the head that this key signed; a file or the key",
     false, false},
    {"--policy", "FILE", "the same with a policy (C2SP tlog-policy)", false, false},
};

/* One run. */
struct asker {
    const struct command *command;
    const struct args *args;
    struct fetcher *fetcher;
    struct records *records;
    struct row_checker checker; /* open: rows are checked */
    struct flag_legend legend;
    bool has_begun; /* something has been printed */
    struct buf out;
};

static bool read_query(struct records_query *out, const struct args *args, struct err *err)
{
    *out = (struct records_query){.kind = args->operands[0], .value = args->operands[1]};
    out->terms = args_values(args, "--and", &out->term_count);
    return args_number(args, "--from", 0, 0, TREE_SIZE_MAX, &out->begin, err) &&
           args_number(args, "--size", UINT64_MAX, 0, TREE_SIZE_MAX, &out->size, err) &&
           args_number(args, "--limit", UINT64_MAX, 1, UINT64_MAX, &out->limit, err);
}

/* The question is about the tree that the checked head is of, unless a smaller one is named. */
static bool open_checker(struct asker *asker, struct err *err)
{
    uint64_t head_size;

    if (!args_has(asker->args, "--vkey") && !args_has(asker->args, "--policy"))
        return true;
    if (!row_checker_open(&asker->checker, asker->args, err))
        return false;
    head_size = asker->checker.view.head.checkpoint.size;
    if (asker->records->size == UINT64_MAX)
        asker->records->size = head_size;
    if (asker->records->size <= head_size)
        return true;
    return err_set(err, ERR_NOT_FOUND, "the published head is of size %" PRIu64, head_size);
}

static bool open_all(struct asker *asker, struct err *err)
{
    const char *url = args_value(asker->args, "--url");

    if (!fetch_open(&asker->fetcher, url, err))
        return false;
    if (!asker->fetcher->is_remote)
        return err_set(err, ERR_INVALID, "%s: a copy of a log has no index of what its entries "
                                         "mention: the URL of a log is needed",
                       url);
    asker->records->fetcher = asker->fetcher;
    return open_checker(asker, err);
}

/* ---- what is printed ---- */

static void append_beginning(struct asker *asker)
{
    const struct records *records = asker->records;
    struct buf *out = &asker->out;

    if (asker->args->json) {
        object_begin(out, NULL);
        object_text(out, "kind", records->query.kind);
        object_text(out, "value", records->query.value);
        object_number(out, "size", records->size);
        object_begin_list(out, "entries");
        return;
    }
    buf_append_format(out, "%s ", records->query.kind);
    plain_text_append(out, bytes_of_text(records->query.value));
    for (size_t i = 0; i < records->query.term_count; i++) {
        buf_append_text(out, " and ");
        plain_text_append(out, bytes_of_text(records->query.terms[i]));
    }
    buf_append_format(out, ", in the tree of %" PRIu64 " entries\n\n", records->size);
    row_append_title(out);
}

static bool append_row(struct asker *asker, const struct row *row, bool is_first, struct err *err)
{
    struct buf json = {0};
    bool ok;

    flag_legend_take(&asker->legend, row->flags);
    if (!asker->args->json) {
        row_append_line(&asker->out, row);
        return true;
    }
    ok = view_append_json(&json, row->encoded, false, err);
    if (ok && !is_first)
        buf_append_text(&asker->out, ",");
    if (ok)
        buf_append_bytes(&asker->out, bytes_of_buf(&json));
    buf_cleanup(&json);
    return ok;
}

static void append_end_json(const struct asker *asker, struct buf *out)
{
    const struct records *records = asker->records;

    object_number(out, "entry_count", records->found_count);
    object_bool(out, "is_all", records->is_last);
    if (!records->is_last)
        object_number(out, "next_from", records->begin);
    flag_legend_append_json(out, &asker->legend);
    if (asker->checker.is_open) {
        const struct checkpoint *head = &asker->checker.view.head.checkpoint;

        object_begin(out, "checked");
        object_text(out, "origin", head->origin);
        object_number(out, "head_size", head->size);
        object_base64(out, "root", hash_bytes(&head->root));
        object_number(out, "entry_count", asker->checker.checked_count);
        object_end(out);
    }
}

static void append_checked(const struct asker *asker, struct buf *out)
{
    const struct checkpoint *head = &asker->checker.view.head.checkpoint;

    if (asker->records->found_count == 0) {
        buf_append_text(out, "not proven    that there is none");
    } else if (!asker->checker.is_open) {
        buf_append_text(out, "not checked   all of this is the log's word; with --vkey KEY each "
                             "entry is checked\nnot proven    that no entry is left out");
    } else {
        buf_append_format(out, "checked       each of them is in the tree of size %" PRIu64
                               " under the signed head of\n              ",
                          head->size);
        plain_text_append(out, bytes_of_text(head->origin));
        buf_append_text(out, ", by this issuer and with records of these types\n"
                             "not proven    when it was received, its flags, and what it mentions\n"
                             "not proven    that no entry is left out");
    }
    buf_append_text(out, ": vouch audit goes through the whole log\n");
}

static void append_end_text(const struct asker *asker, struct buf *out)
{
    const struct records *records = asker->records;

    buf_append_format(out, "\n%" PRIu64 " %s", records->found_count,
                      records->found_count == 1 ? "entry" : "entries");
    if (records->is_last)
        buf_append_text(out, records->query.begin > 0 ? " from there on\n" : "\n");
    else
        buf_append_format(out, "; there may be more: --from %" PRIu64 " --size %" PRIu64 "\n",
                          records->begin, records->size);
    flag_legend_append(out, &asker->legend);
    append_checked(asker, out);
}

/* ---- one page after the other ---- */

static int print_out(struct asker *asker)
{
    int code = command_print(&asker->out);

    asker->has_begun = true;
    buf_clear(&asker->out);
    return code;
}

static bool take_page(struct asker *asker, struct err *err)
{
    const struct records *records = asker->records;
    uint64_t before = records->found_count;

    if (!records_read(asker->records, err))
        return false;
    if (!asker->has_begun)
        append_beginning(asker);
    for (size_t i = 0; i < records->row_count; i++) {
        const struct row *row = &records->rows[i];

        if ((asker->checker.is_open && !row_checker_check(&asker->checker, row, err)) ||
            !append_row(asker, row, before + i == 0, err))
            return false;
    }
    return true;
}

/* What was printed of the answer is ended, so that it is one JSON object in any case. */
static int fail(struct asker *asker, const struct err *err)
{
    int code;

    if (!asker->has_begun || !asker->args->json)
        return command_fail(asker->command, asker->args, err);
    object_end_list(&asker->out);
    code = command_fail_within(asker->command, &asker->out, err);
    object_end(&asker->out);
    buf_append_text(&asker->out, "\n");
    print_out(asker);
    return code;
}

static int finish(struct asker *asker)
{
    if (asker->args->json) {
        object_end_list(&asker->out);
        append_end_json(asker, &asker->out);
        object_end(&asker->out);
        buf_append_text(&asker->out, "\n");
    } else {
        append_end_text(asker, &asker->out);
    }
    return print_out(asker);
}

static int ask(struct asker *asker)
{
    struct err err = {0};
    int code = EXIT_DONE;

    if (!open_all(asker, &err))
        return command_fail(asker->command, asker->args, &err);
    while (code == EXIT_DONE && !records_at_end(asker->records)) {
        size_t kept = asker->out.len;

        if (!take_page(asker, &err)) {
            asker->out.len = kept;
            return fail(asker, &err);
        }
        code = print_out(asker);
    }
    return code == EXIT_DONE ? finish(asker) : code;
}

static int run(const struct command *command, const struct args *args)
{
    struct asker asker = {.command = command, .args = args};
    struct records_query query;
    struct err err = {0};
    int code;

    asker.records = mem_alloc(sizeof(*asker.records));
    if (read_query(&query, args, &err) && records_init(asker.records, &query, &err))
        code = ask(&asker);
    else
        code = command_usage(command, &err);
    row_checker_close(&asker.checker);
    flag_legend_cleanup(&asker.legend);
    records_cleanup(asker.records);
    fetch_close(asker.fetcher);
    buf_cleanup(&asker.out);
    free(asker.records);
    return code;
}

const struct command CMD_QUERY = {
    .name = "query",
    .operands = "KIND VALUE",
    .summary = "find the entries that mention a run, a person, a model, ...",
    .help =
        "Asks the log which entries mention something, and lists them in its order with the flags\n"
        "that the log's rules gave them. What each flag means stands below the list. KIND is\n"
        "\n"
        "  run        a run, as a UUID with hyphens in lower case\n"
        "  workflow   ID or ID@VERSION; policy: the same\n"
        "  model      PROVIDER/NAME or PROVIDER/NAME@VERSION, asked for or answering\n"
        "  actor      whoever did, asked for, triggered or wrote something, or is its object\n"
        "  approver   whoever decided on a request for approval\n"
        "  artifact   the digest of an artifact, in lower-case hex\n"
        "  subject    the alias of a data subject, in lower-case hex\n"
        "  issuer     who signed the statement\n"
        "  flag       the code of a rule that a record broke, such as silent-fallback\n"
        "  type       a type of record, such as approval\n"
        "\n"
        "All pages are fetched, all of one tree, whose size the answer names: what the log takes\n"
        "meanwhile does not change it. With --vkey or --policy the tree is that of the published\n"
        "head; each entry is then fetched, shown to be in that tree, and held against what the\n"
        "log says of it. That no entry is left out, no such list can show: vouch audit can.\n"
        "\n"
        "  vouch query run 01a1fe1e-4e6a-7dfb-ad3e-a4a36d259cac --url http://127.0.0.1:8080\n"
        "  vouch query actor usr_41c --and type=approval --url http://127.0.0.1:8080 \\\n"
        "      --vkey checkpoint.vkey\n"
        "  vouch query flag silent-fallback --url http://127.0.0.1:8080 --limit 20 --json\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 2,
    .operand_count_max = 2,
    .run = run,
};
