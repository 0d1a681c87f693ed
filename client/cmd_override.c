#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/commands.h"
#include "client/decision/delivery.h"
#include "client/decision/draft.h"
#include "client/decision/log_view.h"
#include "client/decision/override_card.h"
#include "client/decision/question.h"
#include "client/decision/sign_in.h"
#include "client/decision/subject.h"
#include "client/object.h"
#include "client/verify/when.h"
#include "schemas/record.h"

static const struct option OPTIONS[] = {
    DELIVERY_OPTIONS,
    SUBJECT_OPTIONS,
    {"--kind", "KIND",
     "break-glass, skip-step, policy-bypass, edit-output, kill-switch or force-deploy", false,
     false},
    {"--id-token-file", "FILE", "your ID token", true, false},
    {"--actor-claim", "NAME", "the token's claim that is your id (default: sub)", false, false},
    {"--role", "ROLE", "in which role you act", false, false},
    {"--second-id-token-file", "FILE", "of a second person: two people break the glass", false,
     false},
    {"--reason", "CODE", "why, as a word of your vocabulary", false, false},
    {"--description", "TEXT", "why, in a sentence free of personal data", false, false},
    {"--bypass-policy", "ID@VERSION", "a policy that is gone around", false, true},
    {"--bypass-request", "INDEX|ID", "a request that nobody approved in time", false, true},
    {"--bypass-node", "ID", "a node that is skipped", false, true},
    {"--extent", "TEXT", "how far it reaches", false, false},
    {"--expires-in", "SECONDS", "how long it lasts (default: 3600)", false, false},
    {"--review-in", "SECONDS", "somebody looks at it by then (default: 86400)", false, false},
    {"--reviewer", "ID", "who that is: nobody who acts here", false, false},
    {"--policy", "FILE", "logs, witnesses and quorum you trust, for --bypass-request", false,
     false},
    {"--vkey", "KEY", "the log's verifier key, or a file with it, instead of a policy", false,
     false},
    {"--yes", NULL, "ask nothing", false, false},
};

enum { TIME_MAX_S = 366 * 86400 };

/* One run. */
struct overriding {
    const struct args *args;
    struct overlay_file file;
    struct log_view view;    /* open when a policy or verifier key is given */
    struct fetcher *fetcher; /* when it is not */
    struct sign_in sign_in;
    struct sign_in second;
    struct delivery delivery;
    struct buf record;
    uint64_t now_ms;
};

/* ---- what is bypassed ---- */

/* Appends {name: encoded}. */
static void append_item(struct buf *out, const char *name, const struct buf *encoded)
{
    struct record_maker maker = {0};

    record_maker_put_encoded(&maker, name, bytes_of_buf(encoded));
    record_maker_finish(&maker, out);
}

static bool append_value(struct overriding *overriding, struct buf *out, const char *option,
                         const char *value, struct err *err)
{
    if (strcmp(option, "--bypass-policy") == 0)
        return draft_append_versioned(out, option, value, err);
    if (strcmp(option, "--bypass-request") == 0)
        return log_view_append_reference(&overriding->view, out, value, "approval-request", err);
    dcbor_put_literal(out, value);
    return true;
}

static bool put_bypassed(struct overriding *overriding, struct overlay *record, struct err *err)
{
    static const char *const MEMBERS[][2] = {{"--bypass-policy", "policy"},
                                             {"--bypass-request", "approval_request"},
                                             {"--bypass-node", "node_id"}};
    struct buf items = {0};
    struct buf list = {0};
    size_t total = 0;
    bool ok = true;

    for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(MEMBERS[0]); i++) {
        size_t count;
        const char *const *values = args_values(overriding->args, MEMBERS[i][0], &count);

        for (size_t k = 0; ok && k < count; k++, total++) {
            struct buf value = {0};

            ok = append_value(overriding, &value, MEMBERS[i][0], values[k], err);
            if (ok)
                append_item(&items, MEMBERS[i][1], &value);
            buf_cleanup(&value);
        }
    }
    dcbor_put_array(&list, total);
    buf_append_bytes(&list, bytes_of_buf(&items));
    if (total > 0)
        overlay_put_encoded(record, "bypassed", bytes_of_buf(&list));
    buf_cleanup(&items);
    buf_cleanup(&list);
    return ok;
}

/* ---- the record ---- */

static void put_people(struct overriding *overriding, struct overlay *record)
{
    struct buf actor = {0};

    sign_in_append_actor(&actor, &overriding->sign_in, args_value(overriding->args, "--role"));
    overlay_put_encoded(record, "actor", bytes_of_buf(&actor));
    buf_clear(&actor);
    if (overriding->second.claims != NULL) {
        sign_in_append_actor(&actor, &overriding->second, NULL);
        overlay_put_encoded(record, "second_actor", bytes_of_buf(&actor));
    }
    buf_cleanup(&actor);
}

static void put_reason(struct overlay *record, const struct args *args)
{
    struct overlay reason = {.base = field_get(record->base, "reason")};
    struct buf encoded = {0};

    overlay_put_text(&reason, "code", args_value(args, "--reason"));
    overlay_put_text(&reason, "description", args_value(args, "--description"));
    overlay_finish(&reason, &encoded);
    overlay_put_encoded(record, "reason", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

/* A time in the file stays, unless the option is given. */
static bool put_time(struct overriding *overriding, struct overlay *record, const char *name,
                     const char *option, uint64_t default_s, struct err *err)
{
    uint64_t seconds;

    if (!args_number(overriding->args, option, default_s, 1, TIME_MAX_S, &seconds, err))
        return false;
    if (args_has(overriding->args, option) || !overlay_has(record, name))
        overlay_put_uint(record, name, overriding->now_ms + seconds * 1000);
    return true;
}

static bool put_subject(struct overlay *record, const struct args *args, struct err *err)
{
    struct buf subject = {0};
    bool ok = subject_put_place(record, args, err) && subject_append(&subject, record, args, err);

    if (ok)
        overlay_put_encoded(record, "subject", bytes_of_buf(&subject));
    buf_cleanup(&subject);
    return ok;
}

static bool make_record(struct overriding *overriding, struct err *err)
{
    const struct args *args = overriding->args;
    struct overlay record = {.base = overriding->file.fields.fields};
    bool ok;

    overriding->now_ms = clock_unix_ms(clock_system());
    ok = overlay_begin_record(&record, "override", overriding->now_ms, err) &&
         put_subject(&record, args, err) && put_bypassed(overriding, &record, err) &&
         put_time(overriding, &record, "expires_at_ms", "--expires-in", 3600, err) &&
         put_time(overriding, &record, "review_due_at_ms", "--review-in", 86400, err);
    put_people(overriding, &record);
    put_reason(&record, args);
    overlay_put_text(&record, "kind", args_value(args, "--kind"));
    overlay_put_text(&record, "extent", args_value(args, "--extent"));
    overlay_put_text(&record, "reviewer", args_value(args, "--reviewer"));
    overlay_finish(&record, &overriding->record);
    return ok;
}

/* ---- making it ---- */

static bool open_log(struct overriding *overriding, struct err *err)
{
    const struct args *args = overriding->args;

    if (!args_has(args, "--policy") && !args_has(args, "--vkey"))
        return fetch_open(&overriding->fetcher, args_value(args, "--url"), err);
    if (!log_view_open(&overriding->view, args, err))
        return false;
    overriding->delivery.audience = overriding->view.head.checkpoint.origin;
    return true;
}

static bool read_person(struct sign_in *out, const struct args *args, const char *option,
                        struct err *err)
{
    const char *claim = args_value(args, "--actor-claim");
    const char *path = args_value(args, option);

    if (path == NULL)
        return true;
    return sign_in_read(out, path, claim != NULL ? claim : "sub", err) &&
           sign_in_check_time(out, clock_unix_ms(clock_system()), err);
}

/* Shows what will be in the log, and asks for its code. */
static bool ask(const struct overriding *overriding, struct err *err)
{
    struct record_fields fields = {0};
    char code[SHORT_CODE_LEN + 1];
    struct hash digest;
    struct buf card = {0};
    bool ok = record_fields_read(&fields, bytes_of_buf(&overriding->record), err);

    record_digest(&digest, bytes_of_text(overriding->delivery.issuer),
                  bytes_of_buf(&overriding->record));
    short_code_make(code, &digest);
    buf_append_format(&card, "Override %s, as the log will have it\n", code);
    if (ok)
        override_card_append(&card, fields.fields, overriding->now_ms);
    fputs(buf_text(&card), stderr);
    ok = ok && (args_has(overriding->args, "--yes") || question_ask("Override?", code, err));
    record_fields_cleanup(&fields);
    buf_cleanup(&card);
    return ok;
}

static bool make_override(struct overriding *overriding, struct err *err)
{
    const struct args *args = overriding->args;
    const char *path = args->operand_count > 0 ? args->operands[0] : NULL;
    struct delivery *delivery = &overriding->delivery;

    return overlay_file_read(&overriding->file, path, err) &&
           read_person(&overriding->sign_in, args, "--id-token-file", err) &&
           read_person(&overriding->second, args, "--second-id-token-file", err) &&
           open_log(overriding, err) && make_record(overriding, err) &&
           delivery_open(delivery, args,
                         overriding->fetcher != NULL ? overriding->fetcher
                                                     : overriding->view.fetcher,
                         err) &&
           delivery_check(bytes_of_buf(&overriding->record), err) && ask(overriding, err) &&
           delivery_send(delivery, bytes_of_buf(&overriding->record), "override", err);
}

/* ---- the answer ---- */

static int print_result(const struct overriding *overriding)
{
    struct buf out = {0};
    int code;

    if (overriding->args->json) {
        object_begin(&out, NULL);
        delivery_append_json(&out, &overriding->delivery);
        object_end(&out);
        buf_append_text(&out, "\n");
    } else {
        buf_append_text(&out, "overridden: ");
        delivery_append_text(&out, &overriding->delivery);
    }
    code = command_print(&out);
    buf_cleanup(&out);
    return code;
}

static bool check_usage(const struct args *args, struct err *err)
{
    if (!delivery_check_usage(args, err))
        return false;
    return !args_has(args, "--bypass-request") || args_has(args, "--policy") ||
           args_has(args, "--vkey") ||
           err_set(err, ERR_INVALID, "--bypass-request needs --policy FILE or --vkey KEY");
}

static void cleanup(struct overriding *overriding)
{
    delivery_close(&overriding->delivery);
    sign_in_cleanup(&overriding->sign_in);
    sign_in_cleanup(&overriding->second);
    fetch_close(overriding->fetcher);
    log_view_close(&overriding->view);
    overlay_file_cleanup(&overriding->file);
    buf_cleanup(&overriding->record);
    free(overriding);
}

static int run(const struct command *command, const struct args *args)
{
    struct overriding *overriding = mem_alloc(sizeof(*overriding));
    struct err err = {0};
    int code;

    overriding->args = args;
    if (!check_usage(args, &err))
        code = command_usage(command, &err);
    else if (make_override(overriding, &err))
        code = print_result(overriding);
    else
        code = delivery_fail(&overriding->delivery, command, args, &err);
    cleanup(overriding);
    return code;
}

const struct command CMD_OVERRIDE = {
    .name = "override",
    .operands = "[FILE]",
    .summary = "go around a control, openly",
    .help =
        "Makes an override, the break-glass record: who goes around which control, why, how far\n"
        "and until when, and who looks at it afterwards (vouch review). Shows what the log will\n"
        "have, asks for its short code, signs it and submits it. What it says comes from options,\n"
        "or from FILE, a JSON object with members of the record (schemas/override.cddl); an\n"
        "option wins over the file. Who acts is taken from the ID token, which is not sent.\n"
        "\n"
        "  vouch override --url http://127.0.0.1:8080 --key console.pem \\\n"
        "      --issuer overrides.example --id-token-file token --tenant acme \\\n"
        "      --kind break-glass --reason outage --description 'The approvers are cut off.' \\\n"
        "      --run 0192f000-0000-7000-8000-000000000001 --node sign \\\n"
        "      --bypass-policy contract-approvals@3 --extent 'one contract' --reviewer usr_12\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_max = 1,
    .run = run,
};
