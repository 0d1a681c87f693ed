#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/decision/card.h"
#include "client/decision/delivery.h"
#include "client/decision/draft.h"
#include "client/decision/log_view.h"
#include "client/decision/overlay.h"
#include "client/decision/override_card.h"
#include "client/decision/question.h"
#include "client/decision/sign_in.h"
#include "client/object.h"
#include "schemas/view.h"

static const struct option OPTIONS[] = {
    DELIVERY_OPTIONS,
    {"--policy", "FILE", "logs, witnesses and quorum you trust (C2SP tlog-policy)", false, false},
    {"--vkey", "KEY", "the log's verifier key, or a file with it, instead of a policy", false,
     false},
    {"--issuer-key", "FILE", "check the overriding issuer's signature with this public key", false,
     true},
    {"--show", NULL, "show the override, decide nothing", false, false},
    {"--id-token-file", "FILE", "your ID token", false, false},
    {"--actor-claim", "NAME", "the token's claim that is your id (default: sub)", false, false},
    {"--role", "ROLE", "in which role you review", false, false},
    {"--verdict", "VERDICT", "justified, justified-with-actions or unjustified", false, false},
    {"--findings", "TEXT", "what you found, free of personal data", false, false},
    {"--actions", "FILE", "corrective actions, a JSON list (schemas/override.cddl)", false, false},
    {"--incident", "INDEX|ID", "the incident that this is, in the log", false, false},
    {"--yes", NULL, "ask nothing; needs --override-digest", false, false},
    {"--override-digest", "HEX", "review this override only: its record digest", false, false},
};

/* One run. */
struct reviewing {
    const struct args *args;
    struct log_view view;
    struct proven_record override;
    char code[SHORT_CODE_LEN + 1]; /* of the override's record digest */
    struct sign_in sign_in;
    struct delivery delivery;
    struct buf card;
};

static uint64_t now_ms(void)
{
    return clock_unix_ms(clock_system());
}

/* ---- what is reviewed ---- */

static void make_card(struct reviewing *reviewing)
{
    const struct checkpoint *head = &reviewing->view.head.checkpoint;
    const struct proven_record *override = &reviewing->override;
    struct buf *card = &reviewing->card;

    buf_append_format(card, "Override %s, entry %" PRIu64 "\n", reviewing->code, override->index);
    override_card_append(card, override->fields.fields, now_ms());
    card_line(card, "issuer", override->statement.issuer);
    card_hex(card, "record digest", hash_bytes(&override->digest));
    card_format(card, "proof", "in the tree of size %" PRIu64 " of %s, signed by the log",
                head->size, head->origin);
    card_text(card, "signature",
              override->signature_checked
                  ? "the issuer's, verified with the key given"
                  : "not checked here (--issuer-key): the issuer's, by the log's word");
}

static bool look(struct reviewing *reviewing, struct err *err)
{
    struct record_place place;

    if (!record_place_parse(&place, reviewing->args->operands[0], err) ||
        !log_view_open(&reviewing->view, reviewing->args, err) ||
        !proven_record_read(&reviewing->view, &reviewing->override, &place, "override", err))
        return false;
    short_code_make(reviewing->code, &reviewing->override.digest);
    make_card(reviewing);
    return true;
}

static bool check_pinned_digest(const struct reviewing *reviewing, struct err *err)
{
    const char *pinned = args_value(reviewing->args, "--override-digest");
    struct hash digest;

    if (pinned == NULL)
        return true;
    if (!text_parse_hex(digest.bytes, HASH_LEN, bytes_of_text(pinned)))
        return err_set(err, ERR_INVALID, "--override-digest: 64 lower-case hex digits are needed");
    return hash_equal(&digest, &reviewing->override.digest) ||
           err_set(err, ERR_INVALID, "this is another override than --override-digest");
}

/* ---- who reviews ---- */

/* The log refuses these too, but not before somebody has read everything. */
static bool check_reviewer(const struct reviewing *reviewing, struct err *err)
{
    static const char *const PEOPLE[] = {"actor.id", "second_actor.id"};
    const struct field *override = reviewing->override.fields.fields;
    const char *who = reviewing->sign_in.actor_id;

    for (size_t i = 0; i < sizeof(PEOPLE) / sizeof(PEOPLE[0]); i++) {
        if (bytes_equal_text(field_text(field_at(override, PEOPLE[i])), who))
            return err_set(err, ERR_INVALID, "%s overrode this: somebody else must review it", who);
    }
    return true;
}

static bool read_reviewer(struct reviewing *reviewing, struct err *err)
{
    const char *claim = args_value(reviewing->args, "--actor-claim");

    return sign_in_read(&reviewing->sign_in, args_value(reviewing->args, "--id-token-file"),
                        claim != NULL ? claim : "sub", err) &&
           sign_in_check_time(&reviewing->sign_in, now_ms(), err) &&
           check_reviewer(reviewing, err);
}

/* ---- the record ---- */

static bool put_actions(struct overlay *record, const char *path, struct err *err)
{
    struct buf text = {0};
    struct buf list = {0};
    bool ok = true;

    if (path != NULL) {
        ok = (file_read(&text, path, OVERLAY_FILE_LEN_MAX, err) &&
              view_parse_json(&list, bytes_of_buf(&text), err)) ||
             err_wrap(err, "--actions %s", path);
        if (ok)
            overlay_put_encoded(record, "corrective_actions", bytes_of_buf(&list));
    }
    buf_cleanup(&text);
    buf_cleanup(&list);
    return ok;
}

static bool put_incident(struct reviewing *reviewing, struct overlay *record, struct err *err)
{
    const char *incident = args_value(reviewing->args, "--incident");
    struct buf references = {0};
    bool ok = true;

    if (incident != NULL) {
        dcbor_put_array(&references, 1);
        ok = log_view_append_reference(&reviewing->view, &references, incident, "incident", err) ||
             err_wrap(err, "--incident");
        if (ok)
            overlay_put_encoded(record, "references", bytes_of_buf(&references));
    }
    buf_cleanup(&references);
    return ok;
}

static void put_people(struct reviewing *reviewing, struct overlay *record)
{
    struct buf encoded = {0};

    sign_in_append_actor(&encoded, &reviewing->sign_in, args_value(reviewing->args, "--role"));
    overlay_put_encoded(record, "actor", bytes_of_buf(&encoded));
    buf_clear(&encoded);
    proven_record_append_reference(&encoded, &reviewing->override);
    overlay_put_encoded(record, "override", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
}

static void put_place(struct overlay *record, const struct field *override)
{
    static const char *const NAMES[] = {"tenant", "run_id", "workflow", "environment"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        const struct field *field = field_get(override, NAMES[i]);

        if (field != NULL)
            overlay_put_encoded(record, NAMES[i], field->encoded);
    }
}

static bool make_record(struct reviewing *reviewing, struct buf *out, struct err *err)
{
    const struct args *args = reviewing->args;
    struct overlay record = {0};
    bool ok = overlay_begin_record(&record, "override-review", now_ms(), err) &&
              put_actions(&record, args_value(args, "--actions"), err) &&
              put_incident(reviewing, &record, err);

    put_place(&record, reviewing->override.fields.fields);
    put_people(reviewing, &record);
    overlay_put_text(&record, "verdict", args_value(args, "--verdict"));
    overlay_put_text(&record, "review_findings", args_value(args, "--findings"));
    overlay_finish(&record, out);
    return ok;
}

/* ---- reviewing ---- */

static bool ask(const struct reviewing *reviewing, struct err *err)
{
    char question[96];

    snprintf(question, sizeof(question), "Review it as %.32s?",
             args_value(reviewing->args, "--verdict"));
    return args_has(reviewing->args, "--yes") ||
           question_ask(question, reviewing->code, err);
}

static bool review(struct reviewing *reviewing, struct err *err)
{
    struct buf record = {0};
    bool ok = check_pinned_digest(reviewing, err) && read_reviewer(reviewing, err) &&
              make_record(reviewing, &record, err) &&
              delivery_open(&reviewing->delivery, reviewing->args, reviewing->view.fetcher, err) &&
              delivery_check(bytes_of_buf(&record), err) && ask(reviewing, err);

    reviewing->delivery.audience = reviewing->view.head.checkpoint.origin;
    ok = ok && delivery_send(&reviewing->delivery, bytes_of_buf(&record), "override-review", err);
    buf_cleanup(&record);
    return ok;
}

/* ---- answers ---- */

static void append_override_json(struct buf *out, const struct reviewing *reviewing)
{
    object_number(out, "override_index", reviewing->override.index);
    object_hex(out, "override_digest", hash_bytes(&reviewing->override.digest));
    object_text(out, "code", reviewing->code);
}

static int print_json(const struct reviewing *reviewing, bool is_reviewed)
{
    struct buf out = {0};
    int code;

    object_begin(&out, NULL);
    append_override_json(&out, reviewing);
    if (is_reviewed) {
        object_text(&out, "verdict", args_value(reviewing->args, "--verdict"));
        delivery_append_json(&out, &reviewing->delivery);
    }
    object_end(&out);
    buf_append_text(&out, "\n");
    code = command_print(&out);
    buf_cleanup(&out);
    return code;
}

static int print_reviewed(const struct reviewing *reviewing)
{
    struct buf out = {0};
    int code;

    if (reviewing->args->json)
        return print_json(reviewing, true);
    buf_append_format(&out, "reviewed %s as %s: ", reviewing->code,
                      args_value(reviewing->args, "--verdict"));
    delivery_append_text(&out, &reviewing->delivery);
    code = command_print(&out);
    buf_cleanup(&out);
    return code;
}

static bool check_usage(const struct args *args, struct err *err)
{
    static const char *const NEEDED[] = {"--id-token-file", "--verdict", "--findings"};

    if (args_has(args, "--show"))
        return true;
    for (size_t i = 0; i < sizeof(NEEDED) / sizeof(NEEDED[0]); i++) {
        if (!args_has(args, NEEDED[i]))
            return err_set(err, ERR_INVALID, "%s is needed", NEEDED[i]);
    }
    if (args_has(args, "--yes") && !args_has(args, "--override-digest"))
        return err_set(err, ERR_INVALID, "--yes needs --override-digest: what is reviewed");
    return delivery_check_usage(args, err);
}

static int work(struct reviewing *reviewing, const struct command *command)
{
    struct err err = {0};
    bool is_seen = look(reviewing, &err);

    if (is_seen && args_has(reviewing->args, "--show"))
        return reviewing->args->json ? print_json(reviewing, false)
                                     : command_print(&reviewing->card);
    fputs(buf_text(&reviewing->card), stderr);
    if (is_seen && review(reviewing, &err))
        return print_reviewed(reviewing);
    return delivery_fail(&reviewing->delivery, command, reviewing->args, &err);
}

static int run(const struct command *command, const struct args *args)
{
    struct reviewing *reviewing = mem_alloc(sizeof(*reviewing));
    struct err err = {0};
    int code;

    reviewing->args = args;
    code = check_usage(args, &err) ? work(reviewing, command) : command_usage(command, &err);
    delivery_close(&reviewing->delivery);
    sign_in_cleanup(&reviewing->sign_in);
    proven_record_cleanup(&reviewing->override);
    log_view_close(&reviewing->view);
    buf_cleanup(&reviewing->card);
    free(reviewing);
    return code;
}

const struct command CMD_REVIEW = {
    .name = "review",
    .operands = "INDEX|ID",
    .summary = "look at an override afterwards, and judge it",
    .help =
        "Fetches an override, proves that it is in the log, shows it and asks for its short\n"
        "code; then signs and submits the review. Nobody reviews what they overrode. An override\n"
        "that was not justified is an incident: log it first, and name it with --incident.\n"
        "\n"
        "  vouch review 23 --url http://127.0.0.1:8080 --vkey checkpoint.vkey --show\n"
        "  vouch review 23 --url http://127.0.0.1:8080 --vkey checkpoint.vkey \\\n"
        "      --key console.pem --issuer overrides.example --id-token-file token \\\n"
        "      --verdict justified --findings 'The approvers could not be reached.'\n"
        "\n"
        "INDEX/2 is the third record of a statement.\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 1,
    .operand_count_max = 1,
    .run = run,
};
