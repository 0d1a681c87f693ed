#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/gossip_desk.h"
#include "client/object.h"
#include "client/reader/log_reader.h"
#include "client/trust_files.h"

static const struct option OPTIONS[] = {
    {"--url", "URL", "the log, or a directory with a copy of it", true, false},
    {"--latest", NULL, "the newest signed head, even if witnesses have not cosigned it", false,
     false},
    {"--policy", "FILE", "check the signatures by this policy (C2SP tlog-policy)", false, false},
    {"--vkey", "KEY", "check the log's signature with its verifier key, or a file with it", false,
     false},
    {"--out", "FILE", "write the checkpoint", false, false},
    {"--gossip", "URL", "hand the checkpoint in to a monitor, and compare it with what it has seen",
     false, true},
    {"--fork-proof", "FILE", "where a fork proof goes; the default is head.fork-proof", false,
     false},
};

static const char *worth_text(const struct head *head, const struct policy *policy)
{
    if (policy == NULL)
        return "not checked: give --vkey or --policy";
    if (head_worth(head, policy) == HEAD_TRUSTED)
        return "signed and cosigned as the policy asks";
    return head->is_signed ? "signed by the log" : "not signed by a log of the policy";
}

static int print_head(const struct args *args, const struct head *head, const struct policy *policy)
{
    const struct checkpoint *checkpoint = &head->checkpoint;
    struct bytes root = hash_bytes(&checkpoint->root);
    struct buf out = {0};
    int code;

    if (args->json) {
        object_begin(&out, NULL);
        object_text(&out, "origin", checkpoint->origin);
        object_number(&out, "size", checkpoint->size);
        object_base64(&out, "root", root);
        object_bool(&out, "signature_checked", head->is_signed);
        object_bool(&out, "quorum_met", head->quorum_met);
        object_number(&out, "cosignatures", head->cosigner_count);
        object_end(&out);
        buf_append_text(&out, "\n");
    } else {
        buf_append_format(&out, "origin     %s\nsize       %" PRIu64 "\nroot       ",
                          checkpoint->origin, checkpoint->size);
        text_append_base64(&out, root);
        buf_append_format(&out, "\nsignature  %s\n", worth_text(head, policy));
    }
    code = command_print(&out);
    buf_cleanup(&out);
    return code;
}

/* Brings the head to every member named; out_fork is the first fork proof that comes of it. */
static bool gossip(const struct args *args, struct fetcher *log, const struct policy *policy,
                   struct bytes note, struct buf *out_fork, struct err *err)
{
    size_t count;
    const char *const *urls = args_values(args, "--gossip", &count);

    for (size_t i = 0; i < count && out_fork->len == 0; i++) {
        struct gossip_visit visit = {
            .url = urls[i], .log = log, .policy = policy, .note = note};

        if (policy == NULL)
            return err_set(err, ERR_INVALID, "--gossip needs --policy or --vkey");
        if (!gossip_visit(&visit, out_fork, err))
            return false;
    }
    return true;
}

static const char *fork_path(const struct args *args)
{
    return args_has(args, "--fork-proof") ? args_value(args, "--fork-proof") : "head.fork-proof";
}

/* The proof is kept, and said; the verdict is that of `vouch verify`. */
static int report_fork(const struct command *command, const struct args *args,
                       const struct buf *fork)
{
    struct err err = {0};

    if (!file_write_durable(fork_path(args), bytes_of_buf(fork), 0644, &err))
        return command_fail(command, args, &err);
    fprintf(stderr, "vouch: the log has signed heads that contradict each other: %s\n",
            fork_path(args));
    return VERDICT_DIVERGES;
}

static bool read_head(const struct args *args, struct head *out, const struct policy *policy,
                      struct buf *out_fork, struct err *err)
{
    const char *path = args_has(args, "--latest") ? "v1/checkpoint/latest" : "checkpoint";
    const char *file = args_value(args, "--out");
    struct fetcher *fetcher = NULL;
    struct buf note = {0};
    bool ok = fetch_open(&fetcher, args_value(args, "--url"), err) &&
              log_read_head(fetcher, out, &note, path, policy, err);

    if (ok && policy != NULL && !out->is_signed)
        ok = err_set(err, ERR_INVALID, "the head of %s is not signed by a log you trust",
                     out->checkpoint.origin);
    if (ok && file != NULL)
        ok = file_write_durable(file, bytes_of_buf(&note), 0644, err);
    ok = ok && gossip(args, fetcher, policy, bytes_of_buf(&note), out_fork, err);
    buf_cleanup(&note);
    fetch_close(fetcher);
    return ok;
}

static int run(const struct command *command, const struct args *args)
{
    struct trust_files trust = {0};
    struct buf fork = {0};
    struct err err = {0};
    struct head head;
    int code;

    if (trust_files_load(&trust, args, &err) && read_head(args, &head, trust.policy, &fork, &err))
        code = print_head(args, &head, trust.policy);
    else
        code = command_fail(command, args, &err);
    if (code == EXIT_DONE && fork.len > 0)
        code = report_fork(command, args, &fork);
    buf_cleanup(&fork);
    trust_files_cleanup(&trust);
    return code;
}

const struct command CMD_HEAD = {
    .name = "head",
    .operands = "",
    .summary = "fetch the log's signed head",
    .help = "Fetches the log's checkpoint: how large its tree is, the tree's root, and who signed\n"
            "it. Keep one: it is what a later state of the log can be held against.\n"
            "\n"
            "  vouch head --url http://127.0.0.1:8080 --vkey checkpoint.vkey --out old-head\n"
            "  vouch head --url http://127.0.0.1:8080 --policy policy --json\n"
            "\n"
            "With --gossip the head is also shown to a monitor that others use too. When the log\n"
            "showed them another history, a fork proof is written, and the exit code is 30.\n"
            "\n"
            "  vouch head --url http://127.0.0.1:8080 --policy policy --gossip http://monitor:8090\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
