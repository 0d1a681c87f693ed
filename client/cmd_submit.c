#include <inttypes.h>
#include <stdlib.h>

#include "client/commands.h"
#include "client/object.h"
#include "client/submit/submitter.h"

static const struct option OPTIONS[] = {
    {"--url", "URL", "the log", true, false},
    {"--key", "FILE", "the issuer's private key (vouch keygen)", false, false},
    {"--issuer", "NAME", "who issues the statements, as the log knows the key's owner", false,
     false},
    {"--receipts", "DIR", "statements and receipts go here (default: vouch-receipts)", false,
     false},
    {"--subject", "TEXT", "what the statements are about (default: run/<run_id>)", false, false},
    {"--audience", "ORIGIN", "the log they are meant for; approvals need it", false, false},
    {"--issued-at", "SECONDS", "Unix time of issue (default: now)", false, false},
    {"--stream", "MEMBER", "records with the same value of it stay in order (default: stream)",
     false, false},
    {"--records", "N", "at most N records in one statement (default: 64)", false, false},
    {"--window", "MS", "pack what arrives on standard input for so long (default: 100)", false,
     false},
    {"--keys", "FILE", "the log's receipt keys (default: ask the log)", false, true},
    {"--schema", "DIR", "check records first, with the log's own types (.cddl files) there", false,
     true},
    {"--retry", "SECONDS", "give up after so long without an answer (default: 60)", false, false},
    {"--wait", "witnessed", "done only when the log's witness quorum covers it", false, false},
};

enum {
    RECORDS_DEFAULT = 64,
    WINDOW_DEFAULT_MS = 100,
    WINDOW_MAX_MS = 60000,
    RETRY_DEFAULT_S = 60,
    RETRY_MAX_S = 86400,
};

static bool read_options(struct submit_options *out, const struct args *args, struct err *err)
{
    out->url = args_value(args, "--url");
    out->key_path = args_value(args, "--key");
    out->issuer = args_value(args, "--issuer");
    out->subject = args_value(args, "--subject");
    out->audience = args_value(args, "--audience");
    out->receipts = args_value(args, "--receipts");
    if (out->receipts == NULL)
        out->receipts = "vouch-receipts";
    out->stream = args_value(args, "--stream");
    if (out->stream == NULL)
        out->stream = "stream";
    out->key_files = args_values(args, "--keys", &out->key_file_count);
    out->inputs = args->operands;
    out->input_count = args->operand_count;
    if (out->input_count > 0 && (out->key_path == NULL || out->issuer == NULL))
        return err_set(err, ERR_INVALID, "--key FILE and --issuer NAME are needed to sign records");
    return submit_options_wait(out, args_value(args, "--wait"), err) &&
           args_number(args, "--issued-at", 0, 1, INT64_MAX, &out->issued_at_s, err) &&
           args_number(args, "--records", RECORDS_DEFAULT, 1, STATEMENT_RECORDS_MAX,
                       &out->records_max, err) &&
           args_number(args, "--window", WINDOW_DEFAULT_MS, 0, WINDOW_MAX_MS, &out->window_ms,
                       err) &&
           args_number(args, "--retry", RETRY_DEFAULT_S, 1, RETRY_MAX_S, &out->retry_s, err);
}

static void append_summary(struct buf *out, const struct submitter *submitter)
{
    const struct pipeline_counts *counts = &submitter->pipeline.counts;
    size_t refused_before;
    size_t left = submitter_left(submitter, &refused_before);

    buf_append_format(out, "%" PRIu64 " records read, %" PRIu64 " signed before; ",
                      submitter->record_count, submitter->known_count);
    buf_append_format(out,
                      "%" PRIu64 " new statements, %" PRIu64 " from earlier runs: %" PRIu64
                      " accepted (%" PRIu64 " were there), %" PRIu64 " refused, %zu left",
                      submitter->statement_count, submitter->resumed_count, counts->accepted,
                      counts->duplicates, counts->refused, left);
    if (refused_before > 0)
        buf_append_format(out, ", %zu refused earlier", refused_before);
    buf_append_format(out, "; receipts in %s\n", submitter->options.receipts);
}

static void append_json(struct buf *out, const struct submitter *submitter)
{
    const struct pipeline_counts *counts = &submitter->pipeline.counts;
    size_t refused_before;
    size_t left = submitter_left(submitter, &refused_before);

    object_begin(out, NULL);
    object_number(out, "records", submitter->record_count);
    object_number(out, "records_signed_before", submitter->known_count);
    object_number(out, "statements_signed", submitter->statement_count);
    object_number(out, "statements_resumed", submitter->resumed_count);
    object_number(out, "accepted", counts->accepted);
    object_number(out, "duplicates", counts->duplicates);
    object_number(out, "refused", counts->refused);
    object_number(out, "refused_earlier", refused_before);
    object_number(out, "left", left);
    object_text(out, "receipts", submitter->options.receipts);
    object_end(out);
    buf_append_text(out, "\n");
}

/* The summary comes in any case: what was accepted before a failure counts. */
static int finish(const struct command *command, const struct args *args,
                  const struct submitter *submitter, const struct err *err)
{
    struct buf out = {0};
    int code = EXIT_DONE;

    if (args->json && err->code == ERR_NONE)
        append_json(&out, submitter);
    else if (!args->json)
        append_summary(&out, submitter);
    code = command_print(&out);
    buf_cleanup(&out);
    if (err->code != ERR_NONE)
        return command_fail(command, args, err);
    return code == EXIT_DONE && submitter->pipeline.counts.refused > 0 ? EXIT_REFUSED : code;
}

static bool load_schema(struct record_schema **out, const struct args *args, struct err *err)
{
    size_t count;
    const char *const *directories = args_values(args, "--schema", &count);

    return count == 0 || record_schema_load(out, directories, count, err);
}

static int run(const struct command *command, const struct args *args)
{
    struct submitter *submitter = mem_alloc(sizeof(*submitter));
    struct record_schema *schema = NULL;
    struct err err = {0};
    int code;

    if (!read_options(&submitter->options, args, &err)) {
        code = command_usage(command, &err);
        free(submitter);
        return code;
    }
    if (!load_schema(&schema, args, &err)) {
        code = command_fail(command, args, &err);
    } else {
        submitter->options.schema = schema;
        (void)!submitter_run(submitter, &err);
        code = finish(command, args, submitter, &err);
    }
    submitter_cleanup(submitter);
    record_schema_free(schema);
    free(submitter);
    return code;
}

const struct command CMD_SUBMIT = {
    .name = "submit",
    .operands = "[FILE|DIRECTORY|-]...",
    .summary = "sign records and submit them",
    .help =
        "Signs records and submits them until the log has answered each with a receipt, and each\n"
        "receipt has been verified. A file holds one record or several, as JSON or CBOR, and "
        "begins\n"
        "a statement of its own; standard input (-) holds one JSON record a line, or a sequence "
        "of\n"
        "CBOR records, and what arrives within the window is signed as one statement.\n"
        "\n"
        "Every statement is on disk before it is sent. A run that was killed is repeated as it "
        "was:\n"
        "it sends the same bytes, and records that are signed already are left out. Without any\n"
        "FILE it only sends what is left in the receipts directory.\n"
        "\n"
        "  vouch submit --url http://127.0.0.1:8080 --issuer engine.example --key engine.pem run/\n"
        "  engine | vouch submit --url http://127.0.0.1:8080 --issuer engine.example \\\n"
        "      --key engine.pem --receipts /var/lib/engine/receipts -\n"
        "\n"
        "With --wait witnessed, receipts are of heads that the log's witness quorum has cosigned, "
        "and\n"
        "the command goes on until all are there.\n"
        "\n"
        "DIR then holds NNNNNNNN-name.cose and .receipt for each statement, .refused with the "
        "log's\n"
        "reason, and scitt-keys, the log's keys:\n"
        "  vouch verify DIR/00000001-x.cose DIR/00000001-x.receipt --keys DIR/scitt-keys\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_max = SIZE_MAX,
    .run = run,
};
