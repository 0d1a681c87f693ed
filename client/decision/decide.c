#include "client/decision/decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "client/decision/card.h"
#include "client/decision/delivery.h"
#include "client/decision/draft.h"
#include "client/decision/payload_file.h"
#include "client/decision/request_card.h"
#include "client/decision/run_search.h"
#include "client/decision/sign_in.h"
#include "client/object.h"

enum { PAYLOAD_ROWS_MAX = 400 };

const struct option DECISION_OPTIONS[DECISION_OPTION_COUNT] = {
    DELIVERY_OPTIONS,
    {"--policy", "FILE", "logs, witnesses and quorum you trust (C2SP tlog-policy)", false, false},
    {"--vkey", "KEY", "the log's verifier key, or a file with it, instead of a policy", false,
     false},
    {"--issuer-key", "FILE", "check the requesting issuer's signature with this public key", false,
     true},
    {"--run", "UUID", "the open request of this run, instead of INDEX or ID", false, false},
    {"--search", "N", "look through at most N entries (default: 65536)", false, false},
    {"--show", NULL, "show the request and the nonce to sign in with; decide nothing", false,
     false},
    {"--id-token-file", "FILE", "your ID token, issued for this decision", false, false},
    {"--actor-claim", "NAME", "the token's claim that is your id (default: sub)", false, false},
    {"--keep-token", NULL, "do not send the token: the log has no identity providers", false,
     false},
    {"--role", "ROLE", "in which role you decide", false, false},
    {"--reason", "CODE", "why, as a word of your vocabulary", false, false},
    {"--description", "TEXT", "why, in a sentence free of personal data", false, false},
    {"--shown", "FILE", "the payload that the request shows: compare and show it", false, false},
    {"--arguments", "FILE", "the action's arguments: compare and show them", false, false},
    {"--opening-keys", "FILE", "keys of the commitments to these payloads", false, false},
    {"--yes", NULL, "ask nothing; needs --action-digest", false, false},
    {"--action-digest", "HEX", "decide on this action only", false, false},
};

/* One run. */
struct decision {
    const struct args *args;
    const struct decision_kind *kind;
    struct log_view view;
    struct open_request request;
    struct opening_keys keys;
    bool shown_is_same; /* --shown is what the request names */
    struct sign_in sign_in;
    struct delivery delivery;
    uint64_t decided_at_ms;
    struct buf card;
};

static uint64_t now_ms(void)
{
    return clock_unix_ms(clock_system());
}

/* ---- what is decided on ---- */

static bool find_request(struct decision *decision, struct err *err)
{
    const char *run = args_value(decision->args, "--run");
    struct record_place place;
    uint64_t search_max;

    if (!args_number(decision->args, "--search", 65536, 1, UINT32_MAX, &search_max, err))
        return false;
    if (run != NULL ? !run_search_request(&decision->view, &place, run, search_max, now_ms(), err)
                    : !record_place_parse(&place, decision->args->operands[0], err))
        return false;
    return open_request_read(&decision->view, &decision->request, &place, search_max, err);
}

static void append_payload(struct buf *out, const char *title, struct bytes payload)
{
    buf_append_format(out, "\n%s, %zu bytes\n", title, payload.len);
    if (text_is_utf8(payload))
        card_payload(out, payload, PAYLOAD_ROWS_MAX);
    else
        card_text(out, "", "(not text, so it is not shown here)");
}

/* Compares a file with what the request names, and shows it. No option: nothing. */
static bool take_payload(struct decision *decision, const char *option, const char *title,
                         const struct field *digest, struct err *err)
{
    const char *path = args_value(decision->args, option);
    struct buf payload = {0};
    bool ok;

    if (path == NULL)
        return true;
    ok = file_read(&payload, path, PAYLOAD_LEN_MAX, err) &&
         payload_check(bytes_of_buf(&payload), digest, &decision->keys, err);
    if (ok)
        append_payload(&decision->card, title, bytes_of_buf(&payload));
    buf_cleanup(&payload);
    return ok || err_wrap(err, "%s %s", option, path);
}

static bool take_payloads(struct decision *decision, struct err *err)
{
    const struct field *record = decision->request.record.fields.fields;
    const char *keys = args_value(decision->args, "--opening-keys");

    if ((keys != NULL && !opening_keys_read(&decision->keys, keys, err)) ||
        !take_payload(decision, "--arguments", "The action's arguments, as the request names them",
                      field_at(record, "action.arguments"), err) ||
        !take_payload(decision, "--shown", "What the request shows you, as it names it",
                      field_get(record, "shown"), err))
        return false;
    decision->shown_is_same = args_has(decision->args, "--shown");
    if (!decision->shown_is_same)
        card_text(&decision->card, "", "What is shown was not compared: no --shown FILE was given, "
                                       "and the record will not say that you saw it.");
    return true;
}

/* Everything there is to see; nothing is decided here. */
static bool look(struct decision *decision, struct err *err)
{
    if (!log_view_open(&decision->view, decision->args, err) || !find_request(decision, err))
        return false;
    request_card_append(&decision->card, &decision->request, &decision->view, now_ms());
    card_text(&decision->card, "sign-in nonce", decision->request.sign_in_nonce);
    return take_payloads(decision, err);
}

static bool check_pinned_digest(const struct decision *decision, struct err *err)
{
    const char *pinned = args_value(decision->args, "--action-digest");
    struct hash digest;

    if (pinned == NULL)
        return true;
    if (!text_parse_hex(digest.bytes, HASH_LEN, bytes_of_text(pinned)))
        return err_set(err, ERR_INVALID, "--action-digest: 64 lower-case hex digits are needed");
    return hash_equal(&digest, &decision->request.action_digest) ||
           err_set(err, ERR_INVALID, "the request is for another action than --action-digest");
}

/* ---- who decides ---- */

static bool check_voter(const struct decision *decision, struct err *err)
{
    const struct votes *votes = &decision->request.votes;

    for (size_t i = 0; i < votes->count; i++) {
        if (strcmp(votes->items[i].actor, decision->sign_in.actor_id) == 0)
            return err_set(err, ERR_INVALID, "%s has decided already, in entry %" PRIu64,
                           votes->items[i].actor, votes->items[i].index);
    }
    return true;
}

static bool read_sign_in(struct decision *decision, struct err *err)
{
    const struct field *record = decision->request.record.fields.fields;
    const char *claim = args_value(decision->args, "--actor-claim");

    return sign_in_read(&decision->sign_in, args_value(decision->args, "--id-token-file"),
                        claim != NULL ? claim : "sub", err) &&
           sign_in_check_nonce(&decision->sign_in, &decision->request.action_digest,
                               field_bytes(field_get(record, "nonce")), err) &&
           check_voter(decision, err);
}

/* Twice: reading a card takes its time. */
static bool check_times(const struct decision *decision, struct err *err)
{
    uint64_t at_ms = now_ms();

    return open_request_check(&decision->request, at_ms, err) &&
           sign_in_check_time(&decision->sign_in, at_ms, err);
}

/* ---- deciding ---- */

static bool ask(struct decision *decision, struct err *err)
{
    if (!check_times(decision, err))
        return false;
    if (!args_has(decision->args, "--yes") &&
        !question_ask(decision->kind->question, decision->request.code, err))
        return false;
    decision->decided_at_ms = now_ms();
    return check_times(decision, err);
}

static void put_reference(struct record_maker *maker, const struct proven_record *request)
{
    struct buf reference = {0};

    proven_record_append_reference(&reference, request);
    record_maker_put_encoded(maker, "approval_request", bytes_of_buf(&reference));
    buf_cleanup(&reference);
}

static void put_person(struct record_maker *maker, const struct decision *decision)
{
    struct buf actor = {0};
    struct buf token = {0};

    sign_in_append_actor(&actor, &decision->sign_in, args_value(decision->args, "--role"));
    sign_in_append_token(&token, &decision->sign_in);
    record_maker_put_encoded(maker, "actor", bytes_of_buf(&actor));
    record_maker_put_encoded(maker, "token", bytes_of_buf(&token));
    buf_cleanup(&actor);
    buf_cleanup(&token);
}

static bool make_record(const struct decision *decision, struct buf *out, struct err *err)
{
    static const char *const FROM_REQUEST[] = {"tenant", "run_id", "workflow", "environment",
                                               "action_digest", "nonce"};
    const struct field *request = decision->request.record.fields.fields;
    struct record_maker maker = {0};
    struct buf reason = {0};

    if (!draft_begin(&maker, "approval", decision->decided_at_ms, err))
        return false;
    for (size_t i = 0; i < sizeof(FROM_REQUEST) / sizeof(FROM_REQUEST[0]); i++)
        record_maker_put_field(&maker, FROM_REQUEST[i], field_get(request, FROM_REQUEST[i]));
    if (decision->shown_is_same)
        record_maker_put_field(&maker, "shown", field_get(request, "shown"));
    put_reference(&maker, &decision->request.record);
    put_person(&maker, decision);
    draft_append_reason(&reason, args_value(decision->args, "--reason"),
                        args_value(decision->args, "--description"));
    record_maker_put_encoded(&maker, "reason", bytes_of_buf(&reason));
    record_maker_put_literal(&maker, "outcome", decision->kind->outcome);
    record_maker_put_uint(&maker, "decided_at_ms", decision->decided_at_ms);
    record_maker_finish(&maker, out);
    buf_cleanup(&reason);
    return true;
}

static bool send(struct decision *decision, struct err *err)
{
    struct buf record = {0};
    bool ok;

    decision->delivery.audience = decision->view.head.checkpoint.origin;
    if (!args_has(decision->args, "--keep-token"))
        decision->delivery.id_token = buf_text(&decision->sign_in.compact);
    ok = make_record(decision, &record, err) &&
         delivery_send(&decision->delivery, bytes_of_buf(&record), "approval", err);
    buf_cleanup(&record);
    return ok;
}

static bool decide(struct decision *decision, struct err *err)
{
    return check_pinned_digest(decision, err) && read_sign_in(decision, err) &&
           delivery_open(&decision->delivery, decision->args, decision->view.fetcher, err) &&
           ask(decision, err) && send(decision, err);
}

/* ---- answers ---- */

static void append_request_json(struct buf *out, const struct open_request *request)
{
    const struct field *record = request->record.fields.fields;

    object_number(out, "request_index", request->record.index);
    object_hex(out, "request_record_id", field_bytes(field_get(record, "record_id")));
    object_hex(out, "request_digest", hash_bytes(&request->record.digest));
    object_text(out, "code", request->code);
    object_hex(out, "action_digest", hash_bytes(&request->action_digest));
    object_text(out, "sign_in_nonce", request->sign_in_nonce);
    object_number(out, "expires_at_ms", request->expires_at_ms);
}

static int print_shown(const struct decision *decision)
{
    struct buf out = {0};
    struct err err = {0};
    int code;

    if (!decision->args->json)
        return command_print(&decision->card);
    object_begin(&out, NULL);
    append_request_json(&out, &decision->request);
    object_bool(&out, "is_open", open_request_check(&decision->request, now_ms(), &err));
    object_end(&out);
    buf_append_text(&out, "\n");
    code = command_print(&out);
    buf_cleanup(&out);
    return code;
}

static int print_decided(const struct decision *decision)
{
    struct buf out = {0};
    int code;

    if (decision->args->json) {
        object_begin(&out, NULL);
        object_text(&out, "outcome", decision->kind->outcome);
        append_request_json(&out, &decision->request);
        delivery_append_json(&out, &decision->delivery);
        object_end(&out);
        buf_append_text(&out, "\n");
    } else {
        buf_append_format(&out, "%s %s: ", decision->kind->done, decision->request.code);
        delivery_append_text(&out, &decision->delivery);
    }
    code = command_print(&out);
    buf_cleanup(&out);
    return code;
}

static bool check_usage(const struct args *args, const struct decision_kind *kind,
                        struct err *err)
{
    if (args->operand_count + args_has(args, "--run") != 1)
        return err_set(err, ERR_INVALID, "one of INDEX, ID and --run UUID is needed");
    if (args_has(args, "--show"))
        return true;
    if (!delivery_check_usage(args, err))
        return false;
    if (!args_has(args, "--id-token-file"))
        return err_set(err, ERR_INVALID,
                       "--id-token-file FILE is needed; --show tells the nonce to sign in with");
    if (!args_has(args, "--reason") ||
        (kind->needs_description && !args_has(args, "--description")))
        return err_set(err, ERR_INVALID, "--reason CODE%s needed",
                       kind->needs_description ? " and --description TEXT are" : " is");
    return !args_has(args, "--yes") || args_has(args, "--action-digest") ||
           err_set(err, ERR_INVALID, "--yes needs --action-digest: what is decided on");
}

/* The card comes before any failure that follows it: it may tell why. */
static int work(struct decision *decision, const struct command *command)
{
    struct err err = {0};
    bool is_seen = look(decision, &err);

    if (is_seen && args_has(decision->args, "--show"))
        return print_shown(decision);
    fputs(buf_text(&decision->card), stderr);
    if (is_seen && decide(decision, &err))
        return print_decided(decision);
    return delivery_fail(&decision->delivery, command, decision->args, &err);
}

int decision_run(const struct command *command, const struct args *args,
                 const struct decision_kind *kind)
{
    struct decision *decision = mem_alloc(sizeof(*decision));
    struct err err = {0};
    int code;

    decision->args = args;
    decision->kind = kind;
    code = check_usage(args, kind, &err) ? work(decision, command) : command_usage(command, &err);
    delivery_close(&decision->delivery);
    sign_in_cleanup(&decision->sign_in);
    opening_keys_cleanup(&decision->keys);
    open_request_cleanup(&decision->request);
    log_view_close(&decision->view);
    buf_cleanup(&decision->card);
    free(decision);
    return code;
}
