#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "client/commands.h"
#include "client/trust_files.h"
#include "client/verify/verify.h"

static const struct option OPTIONS[] = {
    {"--policy", "FILE", "logs, witnesses and quorum you trust (C2SP tlog-policy)", false, false},
    {"--vkey", "KEY", "the log's verifier key, or a file with it, instead of a policy", false,
     false},
    {"--keys", "FILE", "the log's receipt keys (/.well-known/scitt-keys)", false, true},
    {"--issuer-key", "FILE", "public key of a statement's issuer, PEM or COSE Key Set", false,
     true},
    {"--entry", "FILE", "the statement, or the opaque bytes, that were logged", false, false},
    {"--receipt", "FILE", "a receipt of inclusion for the entry", false, true},
    {"--proof", "FILE", "a consistency proof between two heads", false, true},
    {"--from", "FILE", "an older checkpoint that the newer one must extend", false, true},
    {"--head", "FILE", "a checkpoint you hold already and trust, or an anchor", false, true},
    {"--timestamp-ca", "FILE", "CAs of time-stamp authorities you trust, PEM", false, false},
};

enum { FILES_MAX = 256 };

/* The files' contents; evidence borrows from them. */
struct case_file {
    struct buf contents[FILES_MAX];
    size_t count;
    struct evidence evidence;
};

static bool load(struct case_file *files, const char *path, struct bytes *out, struct err *err)
{
    struct buf *content = &files->contents[files->count];

    if (files->count == FILES_MAX)
        return err_set(err, ERR_INVALID, "more than %d files", FILES_MAX);
    if (!file_read(content, path, EVIDENCE_FILE_LEN_MAX, err)) {
        if (err->code == ERR_NOT_FOUND)
            err->code = ERR_INVALID; /* a wrong name, not an answer of a log */
        return false;
    }
    files->count++;
    *out = bytes_of_buf(content);
    return true;
}

static bool add_operand(struct case_file *files, const char *path, struct err *err)
{
    struct bytes content;

    return load(files, path, &content, err) &&
           (evidence_add(&files->evidence, evidence_kind_of(path, content), content, err) ||
            err_wrap(err, "%s", path));
}

/* An option says what its files are; nothing is guessed then. */
static bool add_option(struct case_file *files, const struct args *args, const char *option,
                       enum evidence_kind kind, struct err *err)
{
    size_t count;
    const char *const *paths = args_values(args, option, &count);

    for (size_t i = 0; i < count; i++) {
        struct bytes content;

        if (!load(files, paths[i], &content, err) ||
            !evidence_add(&files->evidence, kind, content, err))
            return err_wrap(err, "%s", option);
    }
    return true;
}

static bool add_held_heads(struct case_file *files, const struct args *args, struct err *err)
{
    size_t count;
    const char *const *paths = args_values(args, "--head", &count);

    for (size_t i = 0; i < count; i++) {
        struct bytes content;

        if (!load(files, paths[i], &content, err) ||
            !evidence_add_held_head(&files->evidence, content, err))
            return err_wrap(err, "--head");
    }
    return true;
}

static bool gather(struct case_file *files, const struct args *args, struct err *err)
{
    for (size_t i = 0; i < args->operand_count; i++) {
        if (!add_operand(files, args->operands[i], err))
            return false;
    }
    return add_option(files, args, "--entry", EVIDENCE_ENTRY, err) &&
           add_option(files, args, "--receipt", EVIDENCE_RECEIPT, err) &&
           add_option(files, args, "--proof", EVIDENCE_CONSISTENCY, err) &&
           add_option(files, args, "--from", EVIDENCE_CHECKPOINT, err) &&
           add_held_heads(files, args, err);
}

static int print_report(const struct args *args, const struct report *report)
{
    struct buf out = {0};
    int code;

    if (args->json) {
        report_append_json(&out, report);
        buf_append_text(&out, "\n");
    } else {
        report_append_text(&out, report);
    }
    code = command_print(&out);
    buf_cleanup(&out);
    return code == EXIT_DONE ? (int)report->verdict : code;
}

static int run(const struct command *command, const struct args *args)
{
    struct case_file *files = mem_alloc(sizeof(*files));
    struct report *report = mem_alloc(sizeof(*report));
    struct trust_files trust = {0};
    struct err err = {0};
    int code;

    if (!trust_files_load(&trust, args, &err) || !gather(files, args, &err)) {
        code = command_fail(command, args, &err);
    } else {
        verify_evidence(report, &files->evidence, &trust.trust);
        code = print_report(args, report);
    }
    trust_files_cleanup(&trust);
    for (size_t i = 0; i < files->count; i++)
        buf_cleanup(&files->contents[i]);
    free(files);
    free(report);
    return code;
}

const struct command CMD_VERIFY = {
    .name = "verify",
    .operands = "FILE...",
    .summary = "verify statements, receipts, proofs and heads, offline",
    .help =
        "Verifies what the files show, without any network, and says what each rule rests on:\n"
        "recomputed here, taken from somebody, or not decidable from these files. Files are told\n"
        "apart by their ending (.cose .receipt .tlog-proof .checkpoint .consistency .fork-proof\n"
        ".anchor) or content.\n"
        "\n"
        "  a statement and its receipt\n"
        "      vouch verify x.cose x.receipt --keys scitt-keys --issuer-key engine.pub.pem\n"
        "  and against a head you trust\n"
        "      vouch verify x.cose x.receipt --policy policy --head checkpoint --proof "
        "consistency\n"
        "  a C2SP tlog-proof\n"
        "      vouch verify x.tlog-proof --entry x.cose --policy policy\n"
        "  two heads of one log\n"
        "      vouch verify new --from old --proof consistency --policy policy\n"
        "  a fork proof: two heads that the log should never have signed both\n"
        "      vouch verify x.fork-proof --policy policy\n"
        "  an anchor: a head that a time-stamp authority, or another log of the policy, knew\n"
        "      vouch verify x.anchor --policy policy --timestamp-ca ca.pem\n"
        "\n"
        "verdict and exit code:\n"
        "  verified 0     a head that is cosigned as the policy asks covers it\n"
        "  log-word 10    everything checks out, but on the log's word alone\n"
        "  incomplete 20  something that is needed to decide is missing\n"
        "  diverges 30    it contradicts a head you hold, or convicts a log of a fork\n"
        "  invalid 40     it is damaged, forged, or not what it says it is\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 1,
    .operand_count_max = SIZE_MAX,
    .run = run,
};
