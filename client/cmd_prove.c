#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/object.h"
#include "client/reader/log_reader.h"
#include "client/trust_files.h"
#include "client/verify/proof_view.h"
#include "schemas/statement.h"
#include "schemas/tlog_proof.h"

static const struct option OPTIONS[] = {
    {"--url", "URL", "the log, or a directory with a copy of it", true, false},
    {"--statement", "FILE", "prove this entry, instead of INDEX or ID", false, false},
    {"--from", "HEAD", "older checkpoint: prove that the log still begins with it", false, false},
    {"--to", "HEAD", "newer checkpoint, with --from (default: fetch the log's)", false, false},
    {"--policy", "FILE", "check the log's checkpoint by this policy", false, false},
    {"--vkey", "KEY", "check the log's checkpoint with this verifier key", false, false},
    {"--out", "FILE", "write the proof here (default: standard output)", false, false},
};

/* What a proof is made with. */
struct prover {
    const struct args *args;
    struct fetcher *fetcher;
    struct trust_files trust;
    struct head head; /* the tree in which is proven */
    struct buf note;
    struct buf proof;
    uint64_t index;    /* inclusion */
    uint64_t old_size; /* consistency */
    bool is_consistency;
};

static bool require_signature(const struct prover *prover, struct err *err)
{
    if (prover->trust.policy == NULL || prover->head.is_signed)
        return true;
    return err_set(err, ERR_INVALID, "the head of %s is not signed by a log you trust",
                   prover->head.checkpoint.origin);
}

static bool read_head_file(struct head *out, const char *path, const struct policy *policy,
                           struct err *err)
{
    struct buf note = {0};
    bool ok = file_read(&note, path, NOTE_LEN_MAX, err) &&
              head_open(out, bytes_of_buf(&note), policy, err);

    buf_cleanup(&note);
    return ok || err_wrap(err, "%s", path);
}

/* The leaf hash of a file: as a statement where it is one, else of its bytes. */
static bool leaf_of_file(struct hash *out, const char *path, struct err *err)
{
    struct problem problem = {0};
    struct statement statement;
    struct buf content = {0};
    struct buf entry = {0};

    if (!file_read(&content, path, 1 << 20, err)) {
        buf_cleanup(&content);
        return err_wrap(err, "--statement");
    }
    if (statement_decode(&statement, bytes_of_buf(&content), &problem)) {
        statement_append_entry(&entry, &statement);
        hash_leaf(out, bytes_of_buf(&entry));
    } else {
        hash_leaf(out, bytes_of_buf(&content));
    }
    buf_cleanup(&entry);
    buf_cleanup(&content);
    return true;
}

static bool find_entry(struct prover *prover, struct hash *out_leaf, bool *out_has_leaf,
                       struct err *err)
{
    const char *file = args_value(prover->args, "--statement");
    struct entry_name name = {.is_id = true};

    if (file != NULL) {
        if (!leaf_of_file(&name.id, file, err))
            return false;
    } else if (!entry_name_parse(&name, prover->args->operands[0], err)) {
        return false;
    }
    *out_has_leaf = name.is_id;
    *out_leaf = name.id;
    prover->index = name.index;
    return !name.is_id || log_find_index(prover->fetcher, &prover->index, &name.id, err);
}

static bool prove_inclusion(struct prover *prover, struct err *err)
{
    const struct checkpoint *checkpoint = &prover->head.checkpoint;
    struct tlog_proof proof = {0};
    struct hash leaf;
    bool has_leaf = false;

    if (!find_entry(prover, &leaf, &has_leaf, err) ||
        !log_read_head(prover->fetcher, &prover->head, &prover->note, "checkpoint",
                       prover->trust.policy, err) ||
        !require_signature(prover, err))
        return false;
    proof.index = prover->index;
    if (proof.index >= checkpoint->size)
        return err_set(err, ERR_NOT_FOUND, "index %" PRIu64 " is not in the tree of size %" PRIu64,
                       proof.index, checkpoint->size);
    if (!has_leaf && !log_read_leaf(prover->fetcher, &leaf, proof.index, checkpoint->size, err))
        return false;
    if (!log_prove_inclusion(prover->fetcher, &proof.proof, checkpoint, proof.index, &leaf, err))
        return false;
    proof.checkpoint = bytes_of_buf(&prover->note);
    tlog_proof_append(&prover->proof, &proof);
    return true;
}

static bool prove_consistency(struct prover *prover, struct err *err)
{
    const char *to = args_value(prover->args, "--to");
    const struct policy *policy = prover->trust.policy;
    struct consistency_view view;
    struct head old_head;

    if (!read_head_file(&old_head, args_value(prover->args, "--from"), policy, err))
        return false;
    if (to != NULL ? !read_head_file(&prover->head, to, policy, err)
                   : !log_read_head(prover->fetcher, &prover->head, &prover->note, "checkpoint",
                                    policy, err))
        return false;
    if (!require_signature(prover, err) ||
        !log_prove_consistency(prover->fetcher, &view.proof, &old_head.checkpoint,
                               &prover->head.checkpoint, err))
        return false;
    view.old_size = old_head.checkpoint.size;
    view.new_size = prover->head.checkpoint.size;
    prover->old_size = view.old_size;
    consistency_view_append_json(&prover->proof, &view);
    return true;
}

/* What was proven, on standard error when the proof itself goes to standard output. */
static int print_result(const struct prover *prover, const char *file)
{
    const struct checkpoint *checkpoint = &prover->head.checkpoint;
    struct buf out = {0};
    int code = EXIT_DONE;

    if (prover->args->json) {
        object_begin(&out, NULL);
        object_text(&out, "origin", checkpoint->origin);
        object_number(&out, prover->is_consistency ? "old_size" : "index",
                      prover->is_consistency ? prover->old_size : prover->index);
        object_number(&out, "size", checkpoint->size);
        object_text(&out, "file", file);
        object_end(&out);
        buf_append_text(&out, "\n");
    } else if (prover->is_consistency) {
        buf_append_format(&out,
                          "the tree of size %" PRIu64 " begins with the tree of size %" PRIu64
                          "; proof in %s\n",
                          checkpoint->size, prover->old_size, file);
    } else {
        buf_append_format(&out,
                          "index %" PRIu64 " is in the tree of size %" PRIu64 "; proof in %s\n",
                          prover->index, checkpoint->size, file);
    }
    code = command_print(&out);
    buf_cleanup(&out);
    return code;
}

static int finish(const struct command *command, struct prover *prover)
{
    const char *file = args_value(prover->args, "--out");
    struct err err = {0};

    if (file == NULL)
        return command_print(&prover->proof);
    if (!file_write_durable(file, bytes_of_buf(&prover->proof), 0644, &err))
        return command_fail(command, prover->args, &err);
    return print_result(prover, file);
}

/* One thing is proven at a time. */
static bool check_usage(const struct args *args, struct err *err)
{
    size_t count = args->operand_count + args_has(args, "--statement") + args_has(args, "--from");

    if (args_has(args, "--to") && !args_has(args, "--from"))
        return err_set(err, ERR_INVALID, "--to needs --from");
    return count == 1 || err_set(err, ERR_INVALID,
                                 "one of INDEX, ID, --statement FILE and --from HEAD is needed");
}

static int run(const struct command *command, const struct args *args)
{
    struct prover prover = {.args = args, .is_consistency = args_has(args, "--from")};
    struct err err = {0};
    bool ok;
    int code;

    if (!check_usage(args, &err))
        return command_usage(command, &err);
    ok =
        trust_files_load(&prover.trust, args, &err) &&
        fetch_open(&prover.fetcher, args_value(args, "--url"), &err) &&
        (prover.is_consistency ? prove_consistency(&prover, &err) : prove_inclusion(&prover, &err));
    code = ok ? finish(command, &prover) : command_fail(command, args, &err);
    fetch_close(prover.fetcher);
    trust_files_cleanup(&prover.trust);
    buf_cleanup(&prover.note);
    buf_cleanup(&prover.proof);
    return code;
}

const struct command CMD_PROVE = {
    .name = "prove",
    .operands = "[INDEX|ID]",
    .summary = "make a proof to verify offline",
    .help = "Makes a proof from the log's tiles and checks it before it is written.\n"
            "\n"
            "  that an entry is in the log (C2SP tlog-proof: index, hashes and signed checkpoint)\n"
            "      vouch prove 17 --url http://127.0.0.1:8080 --out 17.tlog-proof\n"
            "      vouch prove --statement x.cose --url http://127.0.0.1:8080 --out x.tlog-proof\n"
            "  that the log still begins with a head you kept\n"
            "      vouch prove --from old-head --to head --url http://127.0.0.1:8080 --out proof\n"
            "\n"
            "Verify them with vouch verify.\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_max = 1,
    .run = run,
};
