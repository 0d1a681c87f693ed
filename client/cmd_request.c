#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/decision/delivery.h"
#include "client/decision/draft.h"
#include "client/decision/payload_file.h"
#include "client/decision/question.h"
#include "client/decision/subject.h"
#include "client/object.h"
#include "client/verify/when.h"
#include "schemas/approval_nonce.h"
#include "schemas/key.h"
#include "schemas/rules/approval_facts.h"

static const struct option OPTIONS[] = {
    DELIVERY_OPTIONS,
    SUBJECT_OPTIONS,
    {"--actor", "ID", "who sends the request", false, false},
    {"--actor-kind", "KIND", "human (default), agent, service or system", false, false},
    {"--on-behalf-of", "ID", "the human that the actor acts for", false, false},
    {"--requester", "ID", "who asks (default: for whom the actor acts, or the actor)", false,
     false},
    {"--operation", "ID", "the action: what is to be done", false, false},
    {"--resource", "ID", "to what", false, false},
    {"--arguments", "FILE", "with which arguments: the payload", false, false},
    {"--extent", "TEXT", "how far it reaches", false, false},
    {"--reversibility", "CLASS", "read-only, reversible, externally-reversible or irreversible",
     false, false},
    {"--risk", "LEVEL", "low, medium, high or critical", false, false},
    {"--matrix", "ID@VERSION", "the approval matrix in force", false, false},
    {"--quorum", "N", "how many must approve (default: 1)", false, false},
    {"--role", "ROLE=N", "how many of them must hold this role", false, true},
    {"--expires-in", "SECONDS", "until when (default: 3600)", false, false},
    {"--shown", "FILE", "exactly what the approver is to see: the payload", false, false},
    {"--opening-keys", "FILE", "commit to the payloads; their keys are added here", false, false},
    {"--plain", NULL, "name the payloads by SHA-256: nothing personal could be guessed", false,
     false},
};

enum { EXPIRES_DEFAULT_S = 3600, EXPIRES_MAX_S = 366 * 86400, QUORUM_MAX = 16, NONCE_LEN = 32 };

/* One run. */
struct asking {
    const struct args *args;
    struct overlay_file file;
    struct fetcher *fetcher;
    struct delivery delivery;
    struct buf record;
    uint64_t now_ms;
    uint64_t expires_at_ms;
    struct hash action_digest;
    uint8_t nonce[NONCE_LEN];
};

/* ---- parts of the record ---- */

static void put_actor(struct overlay *record, const struct args *args)
{
    struct overlay actor = {.base = field_get(record->base, "actor")};
    const char *id = args_value(args, "--actor");
    const char *for_whom = args_value(args, "--on-behalf-of");
    const char *requester = args_value(args, "--requester");
    struct buf encoded = {0};

    overlay_put_text(&actor, "id", id);
    overlay_put_text(&actor, "kind", args_value(args, "--actor-kind"));
    overlay_default_text(&actor, "kind", "human");
    overlay_put_text(&actor, "on_behalf_of", for_whom);
    overlay_finish(&actor, &encoded);
    overlay_put_encoded(record, "actor", bytes_of_buf(&encoded));
    overlay_put_text(record, "requester", requester);
    overlay_default_text(record, "requester", for_whom != NULL ? for_whom : id);
    buf_cleanup(&encoded);
}

/* Nothing when the option was not given. */
static bool put_payload(struct overlay *map, const char *name, const struct args *args,
                        const char *option, struct err *err)
{
    const char *path = args_value(args, option);
    struct buf digest = {0};
    bool ok;

    if (path == NULL)
        return true;
    ok = payload_digest_make(&digest, path, args_value(args, "--opening-keys"), err) ||
         err_wrap(err, "%s", option);
    if (ok)
        overlay_put_encoded(map, name, bytes_of_buf(&digest));
    buf_cleanup(&digest);
    return ok;
}

static bool append_action(struct buf *out, const struct overlay *record, const struct args *args,
                          struct err *err)
{
    static const char *const NAMES[] = {"operation", "resource", "extent", "reversibility",
                                        "environment"};
    struct overlay action = {.base = field_get(record->base, "action")};
    bool ok = put_payload(&action, "arguments", args, "--arguments", err);

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        char option[32];

        snprintf(option, sizeof(option), "--%s", NAMES[i]);
        overlay_put_text(&action, NAMES[i], args_value(args, option));
    }
    overlay_finish(&action, out);
    return ok;
}

/* "ROLE=N" */
static bool put_role(struct record_maker *roles, const char *value, struct err *err)
{
    const char *equals = strrchr(value, '=');
    uint64_t need;
    char *role;

    if (equals == NULL || equals == value ||
        !text_parse_uint(&need, bytes_of_text(equals + 1), QUORUM_MAX))
        return err_set(err, ERR_INVALID, "--role %s: ROLE=N is needed, N at most %d", value,
                       QUORUM_MAX);
    role = mem_format("%.*s", (int)(equals - value), value);
    record_maker_put_uint(roles, role, need);
    free(role);
    return true;
}

static bool has_role_twice(const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(values[i], "=");

        for (size_t k = 0; k < i; k++) {
            if (strcspn(values[k], "=") == len && strncmp(values[i], values[k], len) == 0)
                return true;
        }
    }
    return false;
}

static bool put_quorum(struct overlay *record, const struct args *args, struct err *err)
{
    struct record_maker roles = {0};
    struct buf encoded = {0};
    uint64_t quorum;
    size_t count;
    const char *const *values = args_values(args, "--role", &count);
    bool ok = args_number(args, "--quorum", 1, 1, QUORUM_MAX, &quorum, err);

    if (ok && has_role_twice(values, count))
        ok = err_set(err, ERR_INVALID, "--role: a role is given twice");
    for (size_t i = 0; ok && i < count; i++)
        ok = put_role(&roles, values[i], err);
    record_maker_finish(&roles, &encoded);
    if (args_has(args, "--quorum"))
        overlay_put_uint(record, "quorum", quorum);
    overlay_default_uint(record, "quorum", quorum);
    if (count > 0 || !overlay_has(record, "role_quorum"))
        overlay_put_encoded(record, "role_quorum", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
    return ok;
}

static bool put_matrix(struct overlay *record, const struct args *args, struct err *err)
{
    const char *matrix = args_value(args, "--matrix");
    struct buf encoded = {0};
    bool ok = matrix == NULL || draft_append_versioned(&encoded, "--matrix", matrix, err);

    if (ok && matrix != NULL)
        overlay_put_encoded(record, "approval_matrix", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
    return ok;
}

/* A time in the file stays what it is. */
static bool put_expiry(struct asking *asking, struct overlay *record, struct err *err)
{
    const struct field *given = field_get(record->base, "expires_at_ms");
    uint64_t seconds;

    if (!args_number(asking->args, "--expires-in", EXPIRES_DEFAULT_S, 1, EXPIRES_MAX_S, &seconds,
                     err))
        return false;
    asking->expires_at_ms = asking->now_ms + seconds * 1000;
    if (given != NULL && !args_has(asking->args, "--expires-in"))
        asking->expires_at_ms = field_uint(given, 0);
    overlay_put_uint(record, "expires_at_ms", asking->expires_at_ms);
    return true;
}

/* ---- the record ---- */

/* What makes it one request and no other: made here, whatever a file says. */
static bool put_binding(struct asking *asking, struct overlay *record, struct err *err)
{
    struct buf subject = {0};
    struct buf action = {0};
    bool ok = random_fill(asking->nonce, NONCE_LEN, err) &&
              append_action(&action, record, asking->args, err) &&
              subject_append(&subject, record, asking->args, err);

    if (ok) {
        approval_action_digest(&asking->action_digest, bytes_of_buf(&action),
                               bytes_of_buf(&subject));
        overlay_put_encoded(record, "subject", bytes_of_buf(&subject));
        overlay_put_encoded(record, "action", bytes_of_buf(&action));
        overlay_put_bytes(record, "action_digest", hash_bytes(&asking->action_digest));
        overlay_put_bytes(record, "nonce", bytes_of(asking->nonce, NONCE_LEN));
    }
    buf_cleanup(&subject);
    buf_cleanup(&action);
    return ok;
}

static bool make_record(struct asking *asking, struct err *err)
{
    struct overlay record = {.base = asking->file.fields.fields};
    bool ok = overlay_begin_record(&record, "approval-request", asking->now_ms, err) &&
              subject_put_place(&record, asking->args, err) && put_binding(asking, &record, err) &&
              put_matrix(&record, asking->args, err) && put_quorum(&record, asking->args, err) &&
              put_expiry(asking, &record, err) &&
              put_payload(&record, "shown", asking->args, "--shown", err);

    put_actor(&record, asking->args);
    overlay_put_text(&record, "risk", args_value(asking->args, "--risk"));
    overlay_default_text(&record, "on_timeout", "deny");
    overlay_default_text(&record, "channel", "cli");
    overlay_finish(&record, &asking->record);
    return ok;
}

static bool check_usage(const struct args *args, struct err *err)
{
    bool has_payload = args_has(args, "--shown") || args_has(args, "--arguments");

    if (!delivery_check_usage(args, err))
        return false;
    return !has_payload || args_has(args, "--opening-keys") != args_has(args, "--plain") ||
           err_set(err, ERR_INVALID, "payloads need one of --opening-keys FILE and --plain");
}

static bool request_approval(struct asking *asking, struct err *err)
{
    const struct args *args = asking->args;
    const char *path = args->operand_count > 0 ? args->operands[0] : NULL;

    asking->now_ms = clock_unix_ms(clock_system());
    return overlay_file_read(&asking->file, path, err) && make_record(asking, err) &&
           fetch_open(&asking->fetcher, args_value(args, "--url"), err) &&
           delivery_open(&asking->delivery, args, asking->fetcher, err) &&
           delivery_send(&asking->delivery, bytes_of_buf(&asking->record), "approval-request", err);
}

/* ---- the answer ---- */

static int print_result(const struct asking *asking)
{
    char nonce[APPROVAL_NONCE_LEN + 1];
    char code[SHORT_CODE_LEN + 1];
    char when[WHEN_LEN];
    struct buf out = {0};
    int exit_code;

    short_code_make(code, &asking->delivery.record_digest);
    approval_nonce_derive(nonce, &asking->action_digest, bytes_of(asking->nonce, NONCE_LEN));
    if (asking->args->json) {
        object_begin(&out, NULL);
        object_text(&out, "code", code);
        object_hex(&out, "action_digest", hash_bytes(&asking->action_digest));
        object_text(&out, "sign_in_nonce", nonce);
        object_number(&out, "expires_at_ms", asking->expires_at_ms);
        delivery_append_json(&out, &asking->delivery);
        object_end(&out);
        buf_append_text(&out, "\n");
    } else {
        buf_append_format(&out, "asked for approval %s, until %s: ", code,
                          when_ms(when, asking->expires_at_ms));
        delivery_append_text(&out, &asking->delivery);
    }
    exit_code = command_print(&out);
    buf_cleanup(&out);
    return exit_code;
}

static int run(const struct command *command, const struct args *args)
{
    struct asking asking = {.args = args};
    struct err err = {0};
    int code;

    if (!check_usage(args, &err))
        code = command_usage(command, &err);
    else if (request_approval(&asking, &err))
        code = print_result(&asking);
    else
        code = delivery_fail(&asking.delivery, command, args, &err);
    delivery_close(&asking.delivery);
    fetch_close(asking.fetcher);
    overlay_file_cleanup(&asking.file);
    buf_cleanup(&asking.record);
    return code;
}

const struct command CMD_REQUEST = {
    .name = "request",
    .operands = "[FILE]",
    .summary = "ask for the approval of one action",
    .help =
        "Makes an approval-request, signs it and submits it. What it asks for comes from options,\n"
        "or from FILE, a JSON object with members of the record (schemas/approval.cddl); an\n"
        "option wins over the file. Ids, times, the nonce and the action digest are made here.\n"
        "\n"
        "  vouch request --url http://127.0.0.1:8080 --key engine.pem --issuer engine.example \\\n"
        "      --tenant acme --actor usr_41c --operation contract.sign \\\n"
        "      --resource contract/8841 --arguments arguments.json --risk high \\\n"
        "      --matrix contract-approvals@3 --role legal-approver=1 \\\n"
        "      --shown draft.txt --opening-keys keys\n"
        "\n"
        "Payloads stay here. The request commits to them, and the keys of the commitments are\n"
        "added to the file of --opening-keys: give both to the approver, who compares them with\n"
        "vouch approve --shown, --arguments and --opening-keys.\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_max = 1,
    .run = run,
};
