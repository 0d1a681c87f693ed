#include <inttypes.h>
#include <stdlib.h>

#include "client/commands.h"
#include "client/object.h"
#include "client/run/import.h"

static const struct option OPTIONS[] = {
    {"--issuer", "NAME", "who issues the statements, as the log knows the key's owner", true,
     false},
    {"--url", "URL", "the log", false, false},
    {"--key", "FILE", "the issuer's private key (vouch keygen)", false, false},
    {"--tenant", "NAME", "the tenant, where the document names none", false, false},
    {"--receipts", "DIR", "statements, receipts and openings go here (default: vouch-receipts)",
     false, false},
    {"--audience", "ORIGIN", "the log that the statements are meant for", false, false},
    {"--keys", "FILE", "the log's receipt keys (default: ask the log)", false, true},
    {"--retry", "SECONDS", "give up after so long without an answer (default: 60)", false, false},
    {"--wait", "witnessed", "done only when the log's witness quorum covers it", false, false},
    {"--dry-run", NULL, "print the records, one a line, and do nothing else", false, false},
};

enum { RETRY_DEFAULT_S = 60, RETRY_MAX_S = 86400 };

static bool read_options(struct submit_options *out, struct import *import,
                         const struct args *args, struct err *err)
{
    import->issuer = args_value(args, "--issuer");
    import->tenant = args_value(args, "--tenant");
    import->inputs = args->operands;
    import->input_count = args->operand_count;
    out->url = args_value(args, "--url");
    out->key_path = args_value(args, "--key");
    out->issuer = import->issuer;
    out->audience = args_value(args, "--audience");
    out->receipts = args_value(args, "--receipts");
    if (out->receipts == NULL)
        out->receipts = "vouch-receipts";
    out->stream = "stream";
    out->records_max = STATEMENT_RECORDS_MAX;
    out->key_files = args_values(args, "--keys", &out->key_file_count);
    out->sign = import_sign;
    out->sign_context = import;
    if (!args_has(args, "--dry-run") && (out->url == NULL || out->key_path == NULL))
        return err_set(err, ERR_INVALID, "--url URL and --key FILE are needed");
    return submit_options_wait(out, args_value(args, "--wait"), err) &&
           args_number(args, "--retry", RETRY_DEFAULT_S, 1, RETRY_MAX_S, &out->retry_s, err);
}

/* ---- what is printed ---- */

static void append_run(struct buf *out, const struct imported_run *run)
{
    object_begin(out, NULL);
    object_text(out, "file", run->file);
    object_text(out, "run_id", run->run_id);
    object_number(out, "records", run->record_count);
    object_number(out, "statements", run->statement_count);
    object_bool(out, "signed_before", run->was_known);
    object_text(out, "openings", run->openings_path);
    object_end(out);
}

static void append_json(struct buf *out, const struct import *import,
                        const struct submitter *submitter)
{
    const struct pipeline_counts *counts = &submitter->pipeline.counts;
    size_t refused_before;
    size_t left = submitter_left(submitter, &refused_before);

    object_begin(out, NULL);
    object_begin_list(out, "runs");
    for (size_t i = 0; i < import->run_count; i++)
        append_run(out, &import->runs[i]);
    object_end_list(out);
    object_number(out, "accepted", counts->accepted);
    object_number(out, "duplicates", counts->duplicates);
    object_number(out, "refused", counts->refused);
    object_number(out, "left", left);
    object_text(out, "receipts", submitter->options.receipts);
    object_end(out);
    buf_append_text(out, "\n");
}

static void append_summary(struct buf *out, const struct import *import,
                           const struct submitter *submitter)
{
    const struct pipeline_counts *counts = &submitter->pipeline.counts;
    size_t refused_before;
    size_t left = submitter_left(submitter, &refused_before);

    for (size_t i = 0; i < import->run_count; i++) {
        const struct imported_run *run = &import->runs[i];

        buf_append_format(out, "run %s: %zu records in %zu statements%s; openings in %s\n",
                          run->run_id, run->record_count, run->statement_count,
                          run->was_known ? ", signed before" : "", run->openings_path);
    }
    buf_append_format(out,
                      "%" PRIu64 " statements accepted, %" PRIu64 " refused, %zu left; receipts "
                      "in %s\n",
                      counts->accepted, counts->refused, left, submitter->options.receipts);
}

/* The summary comes in any case: what was accepted before a failure counts. */
static int finish(const struct command *command, const struct args *args,
                  const struct submitter *submitter, const struct err *err)
{
    const struct import *import = submitter->options.sign_context;
    struct buf out = {0};
    int code;

    if (args->json && err->code == ERR_NONE)
        append_json(&out, import, submitter);
    else if (!args->json && (err->code == ERR_NONE || import->run_count > 0))
        append_summary(&out, import, submitter);
    code = command_print(&out);
    buf_cleanup(&out);
    if (err->code != ERR_NONE)
        return command_fail(command, args, err);
    return code == EXIT_DONE && submitter->pipeline.counts.refused > 0 ? EXIT_REFUSED : code;
}

static int show(const struct command *command, const struct args *args, struct import *import)
{
    struct buf out = {0};
    struct err err = {0};
    int code = import_append_records(import, &out, &err) ? command_print(&out)
                                                         : command_fail(command, args, &err);

    buf_cleanup(&out);
    return code;
}

static int submit(const struct command *command, const struct args *args,
                  struct submitter *submitter)
{
    struct err err = {0};
    int code;

    (void)!submitter_run(submitter, &err);
    code = finish(command, args, submitter, &err);
    submitter_cleanup(submitter);
    return code;
}

static int run(const struct command *command, const struct args *args)
{
    struct submitter *submitter = mem_alloc(sizeof(*submitter));
    struct import import = {0};
    struct err err = {0};
    int code;

    if (!read_options(&submitter->options, &import, args, &err))
        code = command_usage(command, &err);
    else if (!import_open(&import, &err))
        code = command_fail(command, args, &err);
    else if (args_has(args, "--dry-run"))
        code = show(command, args, &import);
    else
        code = submit(command, args, submitter);
    import_close(&import);
    free(submitter);
    return code;
}

const struct command CMD_RUN_IMPORT = {
    .name = "run import",
    .operands = "FILE|DIRECTORY|-...",
    .summary = "submit whole runs, each written as one JSON document",
    .help =
        "Reads a JSON document that describes a whole run, splits it into the records that an\n"
        "engine would have sent one by one, signs them as the issuer and submits them: a run of up\n"
        "to a few hundred records is one statement, a larger one a few that are committed\n"
        "together. docs/RUN-DOCUMENT.md describes the document.\n"
        "\n"
        "Texts in the document, such as prompts and answers, are committed to with random keys and\n"
        "never sent. The keys are in DIR/NAME-HASH.openings, which only its owner can read: keep\n"
        "it beside the document for as long as somebody shall be able to check the texts.\n"
        "\n"
        "A document is one run: the same document again signs nothing and sends what is left.\n"
        "\n"
        "  vouch run import --issuer engine.example --dry-run run.json\n"
        "  vouch run import --url http://127.0.0.1:8080 --issuer engine.example \\\n"
        "      --key engine.pem run.json\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 1,
    .operand_count_max = SIZE_MAX,
    .run = run,
};
