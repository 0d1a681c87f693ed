#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "client/audit_copy.h"
#include "client/audit_cosign.h"
#include "client/audit_held.h"
#include "client/audit_seals.h"
#include "client/commands.h"
#include "client/object.h"
#include "client/progress.h"
#include "client/reader/audit_explain.h"
#include "client/reader/audit_follow.h"
#include "client/reader/log_reader.h"
#include "client/reader/tile_check.h"
#include "client/replay_view.h"
#include "client/trust_files.h"
#include "client/verify/audit_state.h"
#include "client/verify/replay.h"

static const struct option OPTIONS[] = {
    {"--policy", "FILE", "logs, witnesses and quorum you trust (C2SP tlog-policy)", false, false},
    {"--vkey", "KEY", "the log's verifier key, or a file with it, instead of a policy", false,
     false},
    {"--state", "FILE", "remember the last good head here, and go on from it", false, false},
    {"--mirror", "DIRECTORY", "keep a copy of all that was found good here, and go on with it",
     false, false},
    {"--kind", "KIND", "evidence or opaque: insist on this kind of log", false, false},
    {"--keys", "FILE", "the log's keys: check the signatures of its own statements", false, true},
    {"--issuer-key", "FILE", "an issuer's public key: check the signatures it made", false, true},
    {"--replay", NULL, "admit every statement again by the log's rules, from its first entry on",
     false, false},
    {"--head", "FILE", "a checkpoint you hold, or an anchor: the log must extend it", false, true},
    {"--anchors", "URL|DIRECTORY", "hold the log against all anchors there", false, false},
    {"--timestamp-ca", "FILE", "CAs of time-stamp authorities you trust, PEM", false, false},
    {"--cosign", "KEY", "with --replay: say that all was right, with this key (Ed25519, PEM)",
     false, false},
    {"--cosigner", "NAME", "the name to cosign under", false, false},
    {"--out", "FILE", "write the cosigned head here", false, false},
    {"--schema", "DIRECTORY", "the log's own record types (.cddl files), for --replay", false,
     true},
};

static const uint64_t SAVE_EVERY_NS = 5000000000;

/* One run. */
struct auditor {
    const struct args *args;
    const char *url;
    char *state_path;   /* NULL: nothing is remembered */
    struct audit_held held;
    struct audit_cosign cosign;
    struct copy *copy;  /* NULL: none is kept */
    bool copy_is_wrong; /* what the log serves is not what its head covers */
    struct fetcher *fetcher;
    struct trust_files trust;
    struct audit audit;
    struct record_schema *schema; /* with --replay, like the next */
    struct replay *replay;
    uint64_t begin_size; /* where this run began */
    bool remembers;      /* a good head from an earlier run */
    struct head remembered;
    struct buf remembered_note;
    struct head head;
    struct buf note;
    struct progress progress;
    uint64_t saved_ns;
    double rate;
    struct report report;
};

static bool save(struct auditor *auditor, const struct buf *note, struct err *err)
{
    struct buf text = {0};
    bool ok;

    if (auditor->state_path == NULL)
        return true;
    audit_state_append(&text, &auditor->audit, bytes_of_buf(note));
    ok = file_write_durable(auditor->state_path, bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}

/* Where the state ends with the remembered head, the two must agree. */
static bool check_frontier(const struct auditor *auditor, struct err *err)
{
    const struct checkpoint *remembered = &auditor->remembered.checkpoint;
    struct hash root;

    frontier_root(&auditor->audit.frontier, &root);
    if (auditor->audit.frontier.size < remembered->size ||
        (auditor->audit.frontier.size == remembered->size && !hash_equal(&root, &remembered->root)))
        return err_set(err, ERR_INVALID, "the state is damaged: remove it to begin again");
    return true;
}

/* After each bundle. */
static bool step(struct auditor *auditor, struct err *err)
{
    uint64_t now_ns = clock_monotonic_ns();

    progress_update(&auditor->progress, auditor->audit.frontier.size,
                    auditor->head.checkpoint.size);
    if (auditor->saved_ns == 0)
        auditor->saved_ns = now_ns;
    if (now_ns - auditor->saved_ns < SAVE_EVERY_NS)
        return true;
    auditor->saved_ns = now_ns;
    return save(auditor, &auditor->remembered_note, err);
}

static bool take(void *context, const struct followed_bundle *bundle, struct err *err)
{
    struct auditor *auditor = context;

    /* First, so that what convicts a log that seals wrongly is in the copy. */
    if (auditor->copy != NULL && !copy_take(auditor->copy, bundle, err)) {
        auditor->copy_is_wrong = err->code == ERR_CORRUPT;
        return false;
    }
    return audit_append_bundle(&auditor->audit, bundle->content, bundle->skip, bundle->count,
                               err) &&
           step(auditor, err);
}

/* The remembered head must still be as trusted as the new one: the state is only a file. */
static bool load(struct auditor *auditor, struct err *err)
{
    struct buf text = {0};
    struct bytes note = {0};
    bool ok = true;

    if (auditor->state_path == NULL || !file_exists(auditor->state_path))
        return true;
    ok = file_read(&text, auditor->state_path, AUDIT_STATE_LEN_MAX, err) &&
         audit_state_parse(&auditor->audit, &note, bytes_of_buf(&text), err);
    if (ok && note.len > 0) {
        auditor->remembers = true;
        buf_append_bytes(&auditor->remembered_note, note);
        ok = head_open(&auditor->remembered, note, auditor->trust.policy, err);
        if (ok && !auditor->remembered.is_signed)
            ok = err_set(err, ERR_INVALID, "the remembered head is not signed by a log you trust");
        ok = ok && check_frontier(auditor, err);
    }
    buf_cleanup(&text);
    return ok || err_wrap(err, "%s", auditor->state_path);
}

static bool set_kind(struct auditor *auditor, struct err *err)
{
    const char *kind = args_value(auditor->args, "--kind");
    enum audit_kind wanted = AUDIT_EVIDENCE;

    if (kind == NULL)
        return true;
    if (strcmp(kind, "opaque") == 0)
        wanted = AUDIT_OPAQUE;
    else if (strcmp(kind, "evidence") != 0)
        return err_set(err, ERR_INVALID, "--kind %s: evidence or opaque is needed", kind);
    if (auditor->audit.kind != AUDIT_UNKNOWN && auditor->audit.kind != wanted)
        return err_set(err, ERR_INVALID, "%s remembers an %s log", auditor->state_path,
                       audit_kind_name(auditor->audit.kind));
    auditor->audit.kind = wanted;
    return true;
}

/* A replay needs everything that was logged before, so it cannot go on from a state. */
static bool open_replay(struct auditor *auditor, struct err *err)
{
    size_t count;
    const char *const *directories = args_values(auditor->args, "--schema", &count);

    if (!args_has(auditor->args, "--replay"))
        return count == 0 || err_set(err, ERR_INVALID, "--schema is for --replay");
    if (auditor->state_path != NULL)
        return err_set(err, ERR_INVALID,
                       "--replay begins at the first entry: it takes no --state");
    if (!record_schema_load(&auditor->schema, directories, count, err))
        return false;
    auditor->replay = replay_new(auditor->schema);
    auditor->audit.replay = auditor->replay;
    return true;
}

/* A copy has the state of its audit in it; a replay needs all entries and remembers nothing. */
static void set_state_path(struct auditor *auditor)
{
    const char *path = args_value(auditor->args, "--state");

    if (path != NULL)
        auditor->state_path = mem_copy_text(path);
    else if (auditor->copy != NULL && !args_has(auditor->args, "--replay"))
        auditor->state_path = copy_files_path(&auditor->copy->files, "audit.state");
}

static bool open_all(struct auditor *auditor, struct err *err)
{
    const struct args *args = auditor->args;

    if (!trust_files_load(&auditor->trust, args, err) ||
        !audit_held_load(&auditor->held, args, &auditor->trust.trust, &auditor->report, err) ||
        !audit_cosign_open(&auditor->cosign, args, &auditor->held, &auditor->trust.trust,
                           &auditor->report, err) ||
        !audit_copy_open(&auditor->copy, args, auditor->trust.policy, err))
        return false;
    set_state_path(auditor);
    if (!load(auditor, err) || !set_kind(auditor, err) || !open_replay(auditor, err))
        return false;
    auditor->audit.log_keys = &auditor->trust.log_keys;
    auditor->audit.issuer_keys = &auditor->trust.issuer_keys;
    auditor->begin_size = auditor->audit.frontier.size;
    return fetch_open(&auditor->fetcher, auditor->url, err) &&
           log_read_head(auditor->fetcher, &auditor->head, &auditor->note, "checkpoint",
                         auditor->trust.policy, err);
}

/* The log went back, or this is an old copy of it. The tiles may tell which. */
static void judge_smaller_head(struct auditor *auditor)
{
    const struct checkpoint *head = &auditor->head.checkpoint;

    if (auditor->remembers && head->size < auditor->remembered.checkpoint.size)
        report_add(&auditor->report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the log shows a head of size %" PRIu64 ", but had signed one of size %" PRIu64
                   ": it went back, or this is an old copy",
                   head->size, auditor->remembered.checkpoint.size);
    else
        report_add(&auditor->report, "history", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the head of size %" PRIu64 " is behind the %" PRIu64 " entries read already",
                   head->size, auditor->audit.frontier.size);
}

/*
 * When entries do not fit, the log may have another past than it signed before: that comes first,
 * since then nothing that follows can fit. True when it is shown, and reported.
 */
static bool history_diverges(struct auditor *auditor)
{
    const struct checkpoint *remembered = &auditor->remembered.checkpoint;
    const struct checkpoint *head = &auditor->head.checkpoint;

    if (!auditor->remembers || remembered->size == 0)
        return false;
    if (remembered->size < head->size)
        audit_explain_history(&auditor->report, auditor->fetcher, remembered, head);
    else if (!hash_equal(&remembered->root, &head->root))
        report_add(&auditor->report, "history", FINDING_FAILED, VERDICT_DIVERGES,
                   "the log signed two roots for size %" PRIu64, head->size);
    return auditor->report.verdict == VERDICT_DIVERGES;
}

static void judge_root(struct auditor *auditor)
{
    const struct checkpoint *head = &auditor->head.checkpoint;
    struct report *report = &auditor->report;
    struct hash root;

    frontier_root(&auditor->audit.frontier, &root);
    if (hash_equal(&root, &head->root)) {
        report_add(report, "root", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "the entries lead to the signed root of size %" PRIu64, head->size);
        if (auditor->remembers)
            report_add(report, "history", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                       "the head extends the remembered one of size %" PRIu64,
                       auditor->remembered.checkpoint.size);
        return;
    }
    if (history_diverges(auditor))
        return;
    report_add(report, "root", FINDING_FAILED, VERDICT_INVALID,
               "the entries do not lead to the signed root of size %" PRIu64, head->size);
    if (auditor->begin_size < head->size)
        audit_explain_entries(report, auditor->fetcher, head, auditor->begin_size);
}

/* Returns false when there is no verdict: the log could not be read. */
static bool follow(struct auditor *auditor, struct err *err)
{
    struct err found = {0};
    bool ok;

    progress_begin(&auditor->progress, "entries", auditor->begin_size);
    ok = bundles_follow(&(struct follow_options){.url = auditor->url,
                                                 .begin = auditor->begin_size,
                                                 .end = auditor->head.checkpoint.size,
                                                 .size = auditor->head.checkpoint.size,
                                                 .retry_ms = FOLLOW_RETRY_MS,
                                                 .take = take,
                                                 .context = auditor},
                        &found);
    auditor->rate = progress_rate(&auditor->progress, auditor->audit.frontier.size);
    progress_end(&auditor->progress);
    if (ok) {
        judge_root(auditor);
        audit_seals_judge(&auditor->report, &auditor->audit);
        audit_held_judge(&auditor->held, &auditor->report, auditor->fetcher,
                         &auditor->head.checkpoint);
        return true;
    }
    if (auditor->copy_is_wrong && history_diverges(auditor))
        return true;
    if (auditor->copy_is_wrong)
        report_add(&auditor->report, "entries", FINDING_FAILED, VERDICT_INVALID, "%s", found.text);
    else if (found.code == ERR_CORRUPT)
        report_add(&auditor->report, "entries", FINDING_FAILED,
                   history_diverges(auditor) ? VERDICT_DIVERGES : VERDICT_INVALID, "%s",
                   found.text);
    else if (found.code == ERR_NOT_FOUND)
        report_add(&auditor->report, "entries", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the log does not serve what its head covers: %s", found.text);
    else
        *err = found;
    return found.code == ERR_CORRUPT || found.code == ERR_NOT_FOUND;
}

/* Of the log with its head, and of the head with what is known of the log. */
static bool compare(struct auditor *auditor, struct err *err)
{
    struct report *report = &auditor->report;
    bool goes_on = true;

    if (auditor->head.checkpoint.size < auditor->audit.frontier.size) {
        judge_smaller_head(auditor);
        return true;
    }
    if (auditor->copy != NULL &&
        !audit_copy_begin(auditor->copy, auditor->fetcher, &auditor->head,
                          bytes_of_buf(&auditor->note), report, &goes_on, err))
        return false;
    if (!goes_on)
        return true;
    if (!follow(auditor, err))
        return false;
    if (!auditor->fetcher->is_remote && auditor->copy == NULL)
        tile_check_all(report, auditor->fetcher, &auditor->head.checkpoint);
    return true;
}

/* A head that contradicts what is remembered is evidence: keep it beside the state. */
static bool keep_diverging(const struct auditor *auditor, struct err *err)
{
    char *path = mem_format("%s.diverging", auditor->state_path);
    bool ok = file_write_durable(path, bytes_of_buf(&auditor->note), 0644, err);

    free(path);
    return ok;
}

/* Whatever outlives a run that found nothing wrong. */
static bool keep_good(struct auditor *auditor, struct err *err)
{
    return (auditor->copy == NULL || audit_copy_finish(auditor->copy, auditor->args,
                                                       auditor->fetcher, &auditor->report, err)) &&
           save(auditor, &auditor->note, err) &&
           (auditor->cosign.signer == NULL || auditor->audit.kind == AUDIT_EVIDENCE ||
            err_set(err, ERR_INVALID, "--cosign: only an evidence log has rules to replay")) &&
           audit_cosign_write(&auditor->cosign, bytes_of_buf(&auditor->note),
                              &auditor->head.checkpoint, &auditor->report, err);
}

static bool audit_log(struct auditor *auditor, struct err *err)
{
    const struct policy *policy = auditor->trust.policy;
    struct report *report = &auditor->report;

    head_report(report, &auditor->head, policy);
    if (!auditor->head.is_signed)
        return true; /* reported as invalid */
    if (!auditor->head.quorum_met)
        report_raise(report, VERDICT_LOG_WORD);
    if (auditor->remembers &&
        strcmp(auditor->remembered.checkpoint.origin, auditor->head.checkpoint.origin) != 0)
        return err_set(err, ERR_INVALID, "%s remembers the log %s, this is %s", auditor->state_path,
                       auditor->remembered.checkpoint.origin, auditor->head.checkpoint.origin);
    if (!compare(auditor, err))
        return false;
    if (report->verdict == VERDICT_VERIFIED || report->verdict == VERDICT_LOG_WORD)
        return keep_good(auditor, err);
    if (report->verdict == VERDICT_DIVERGES && auditor->state_path != NULL)
        return keep_diverging(auditor, err);
    return true;
}

static int print_result(const struct auditor *auditor)
{
    uint64_t size = auditor->head.checkpoint.size;
    uint64_t read = auditor->audit.frontier.size - auditor->begin_size;
    struct buf out = {0};
    struct buf report = {0};
    int code;

    if (auditor->args->json) {
        object_begin(&out, NULL);
        object_text(&out, "origin", auditor->head.checkpoint.origin);
        object_text(&out, "kind", audit_kind_name(auditor->audit.kind));
        object_number(&out, "size", size);
        object_number(&out, "entries_read", read);
        object_number(&out, "entries_per_second", (uint64_t)auditor->rate);
        report_append_json(&report, &auditor->report);
        object_raw(&out, "report", bytes_of_buf(&report));
        if (auditor->replay != NULL)
            replay_view_append(&out, auditor->replay);
        object_end(&out);
        buf_append_text(&out, "\n");
    } else {
        buf_append_format(&out,
                          "%s: %s, %s log of size %" PRIu64 "; %" PRIu64 " entries read, %.0f/s\n",
                          verdict_word(auditor->report.verdict), auditor->head.checkpoint.origin,
                          audit_kind_name(auditor->audit.kind), size, read, auditor->rate);
        report_append_findings(&out, &auditor->report);
    }
    code = command_print(&out);
    buf_cleanup(&report);
    buf_cleanup(&out);
    return code == EXIT_DONE ? (int)auditor->report.verdict : code;
}

static int run(const struct command *command, const struct args *args)
{
    struct auditor *auditor;
    struct err err = {0};
    int code;

    if (!args_has(args, "--policy") && !args_has(args, "--vkey")) {
        err_set(&err, ERR_INVALID, "--policy or --vkey is needed: whose log is this?");
        return command_usage(command, &err);
    }
    auditor = mem_alloc(sizeof(*auditor));
    auditor->args = args;
    auditor->url = args->operands[0];
    if (open_all(auditor, &err) && audit_log(auditor, &err))
        code = print_result(auditor);
    else
        code = command_fail(command, args, &err);
    fetch_close(auditor->fetcher);
    audit_copy_close(auditor->copy);
    audit_held_cleanup(&auditor->held);
    audit_cosign_close(&auditor->cosign);
    free(auditor->state_path);
    replay_free(auditor->replay);
    record_schema_free(auditor->schema);
    trust_files_cleanup(&auditor->trust);
    buf_cleanup(&auditor->remembered_note);
    buf_cleanup(&auditor->note);
    free(auditor);
    return code;
}

const struct command CMD_AUDIT = {
    .name = "audit",
    .operands = "URL|DIRECTORY",
    .summary = "recompute a whole log from its entries",
    .help =
        "Reads every entry of a log through its static files (checkpoint, tiles and entry\n"
        "bundles), recomputes the root and compares it with the signed one. In an evidence log\n"
        "each entry must be a statement, and each seal must be right about the entries before it.\n"
        "With --state the last good head is remembered: the next run reads only what is new and\n"
        "checks that the log still begins with what it signed before.\n"
        "With --replay every statement is admitted again, by the rules, keys and roles that stand\n"
        "in the log: its signature, its schema, and each flag in the seals must come out the same.\n"
        "With --mirror a full static copy is kept in a directory, and the next run goes on with\n"
        "it: a file is written when it is shown to be what the signed head covers, the head last.\n"
        "With --cosign a good replay becomes a cosignature on the head, which a policy can demand.\n"
        "A web server can serve the directory, and of a directory the tiles are audited as well.\n"
        "\n"
        "  vouch audit http://127.0.0.1:8080 --vkey checkpoint.vkey --state log.state\n"
        "  vouch audit http://127.0.0.1:8080 --policy policy --mirror /srv/copy-of-the-log\n"
        "  vouch audit /mnt/copy-of-the-log --policy policy --replay\n"
        "  vouch audit /mnt/copy-of-the-log --policy policy --head old.anchor --timestamp-ca ca.pem\n"
        "  vouch audit http://127.0.0.1:8080 --policy policy --anchors http://127.0.0.1:8080\n"
        "  vouch audit http://127.0.0.1:8080 --policy policy --replay --cosign replay.pem \\\n"
        "      --cosigner replay.example.org --out checkpoint\n"
        "\n"
        "verdict and exit code:\n"
        "  verified 0     the entries lead to the signed head\n"
        "  log-word 10    they do, but the head is not cosigned as the policy asks\n"
        "  incomplete 20  the log does not serve everything, or shows an older head than before\n"
        "  diverges 30    the log rewrote what it had signed before\n"
        "  invalid 40     entries, seals or signatures are wrong\n"
        "1, 2 and 4 as for every command.\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 1,
    .operand_count_max = 1,
    .run = run,
};
