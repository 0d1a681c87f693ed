#include "client/decision/delivery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/decision/card.h"
#include "client/decision/draft.h"
#include "client/decision/sequence.h"
#include "client/object.h"
#include "schemas/receipt.h"
#include "schemas/record.h"

enum { ATTEMPTS_MAX = 4 }; /* others may send records of the same stream at the same time */

bool delivery_check_usage(const struct args *args, struct err *err)
{
    return (args_has(args, "--key") && args_has(args, "--issuer")) ||
           err_set(err, ERR_INVALID, "--key FILE and --issuer NAME are needed to sign");
}

bool delivery_open(struct delivery *out, const struct args *args, struct fetcher *fetcher,
                   struct err *err)
{
    struct key_files files = {0};
    const char *directory = args_value(args, "--receipts");

    out->fetcher = fetcher;
    out->issuer = args_value(args, "--issuer");
    out->stream = args_value(args, "--stream");
    files.paths = args_values(args, "--keys", &files.count);
    if (!signer_open_file(&out->signer, args_value(args, "--key"), err))
        return false;
    out->has_outbox = true;
    return outbox_open(&out->outbox, directory != NULL ? directory : "vouch-receipts", "stream",
                       err) &&
           receipt_keys_load(&out->keys, &out->outbox, fetcher, &files, FETCH_READ_RETRY_MS, err);
}

void delivery_close(struct delivery *delivery)
{
    if (delivery->has_outbox)
        outbox_close(&delivery->outbox);
    key_set_cleanup(&delivery->keys);
    signer_close(delivery->signer);
    free(delivery->name);
    *delivery = (struct delivery){0};
}

/* ---- the statement ---- */

bool delivery_check(struct bytes record, struct err *err)
{
    struct record_schema *schema = NULL;
    struct problem problem = {0};
    size_t count;
    bool ok = record_schema_load(&schema, NULL, 0, err);

    if (ok && !record_validate_payload(schema, record, &count, &problem))
        ok = err_set(err, ERR_INVALID, "%s: %s%s%s%s%s", problem.path, problem.detail,
                     problem.have[0] != '\0' ? " have " : "", problem.have,
                     problem.want[0] != '\0' ? " want " : "", problem.want);
    record_schema_free(schema);
    return ok;
}

/* "run/<uuid>" as vouch submit names what a record of a run is about; empty for others. */
static void append_subject(struct buf *out, const struct field *record)
{
    struct bytes run_id = field_bytes(field_get(record, "run_id"));

    if (run_id.len != RECORD_ID_LEN)
        return;
    buf_append_text(out, "run/");
    text_append_uuid(out, run_id);
}

static bool sign(struct delivery *delivery, struct buf *out, struct bytes record, struct err *err)
{
    struct record_fields fields = {0};
    struct buf subject = {0};
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS,
        .issuer = delivery->issuer,
        .audience = delivery->audience,
        .issued_at_s = clock_unix_ms(clock_system()) / 1000,
    };
    bool ok = record_fields_read(&fields, record, err);

    if (ok)
        append_subject(&subject, fields.fields);
    if (subject.len > 0)
        claims.subject = buf_text(&subject);
    ok = ok && statement_sign(out, delivery->signer, &claims, record, err);
    buf_cleanup(&subject);
    record_fields_cleanup(&fields);
    return ok;
}

/* On disk, also after a power cut. */
static bool keep(struct delivery *delivery, struct outbox_item **out, struct bytes statement,
                 struct bytes record, const char *stem, struct err *err)
{
    struct payload payload = {.bytes = record, .record_count = 1, .subject = "", .stem = stem};

    return outbox_add(&delivery->outbox, out, statement, &payload, err) &&
           outbox_sync(&delivery->outbox, false, err);
}

/* ---- the answer ---- */

static bool take_receipt(struct delivery *delivery, const struct outbox_item *item,
                         struct bytes body, struct err *err)
{
    const struct public_key *key;
    struct receipt receipt;

    if (!receipt_decode(&receipt, body, err))
        return err_wrap(err, "the log's receipt");
    key = key_set_find(&delivery->keys, receipt.kid);
    if (key == NULL || receipt.is_consistency ||
        !receipt_verify_inclusion(&receipt, &item->leaf_hash, key, NULL))
        return err_set(err, ERR_CORRUPT, "the receipt that the log sent does not verify");
    delivery->index = receipt.leaf_index;
    delivery->entry_id = item->leaf_hash;
    delivery->name = mem_copy_text(item->name);
    return outbox_accept(&delivery->outbox, item, body, err) &&
           outbox_sync(&delivery->outbox, true, err);
}

/* What is no final answer stays in the directory, where vouch submit finds it. */
static bool take_failure(struct delivery *delivery, const struct outbox_item *item,
                         const struct fetch_reply *reply, struct err *err)
{
    struct err ignored = {0};

    if (err->code != ERR_REFUSED ||
        !problem_decode(&delivery->problem, bytes_of_buf(&reply->body), &ignored))
        return err_wrap(err, "%s is kept, vouch submit --receipts %s sends it", item->name,
                        delivery->outbox.directory);
    if (!outbox_refuse(&delivery->outbox, item, &delivery->problem, err) ||
        !outbox_sync(&delivery->outbox, true, err))
        return false;
    return err_set(err, ERR_REFUSED, "the log refuses it: %s", delivery->problem.detail);
}

static bool post(struct delivery *delivery, const struct outbox_item *item,
                 struct bytes statement, struct err *err)
{
    struct fetch_request request = {
        .path = "entries",
        .accept = "application/scitt-receipt+cose, application/concise-problem-details+cbor",
        .content_type = "application/cose",
        .body = statement,
        .id_token = delivery->id_token,
        .reply_len_max = RECEIPT_LEN_MAX,
    };
    struct fetch_reply reply;
    bool ok = fetch_call(delivery->fetcher, &reply, &request, DELIVERY_RETRY_MS, err);

    if (ok)
        ok = take_receipt(delivery, item, bytes_of_buf(&reply.body), err);
    else
        ok = take_failure(delivery, item, &reply, err);
    buf_cleanup(&reply.body);
    return ok;
}

static bool attempt(struct delivery *delivery, struct bytes record, const char *stem,
                    struct err *err)
{
    struct outbox_item *item = NULL;
    struct buf statement = {0};
    bool ok = sign(delivery, &statement, record, err) &&
              keep(delivery, &item, bytes_of_buf(&statement), record, stem, err) &&
              post(delivery, item, bytes_of_buf(&statement), err);

    record_digest(&delivery->record_digest, bytes_of_text(delivery->issuer), record);
    if (item != NULL)
        outbox_item_free(item);
    buf_cleanup(&statement);
    return ok;
}

/* Rule G4 names the number it wants; false when that is no other one. */
static bool take_wanted_number(struct delivery *delivery)
{
    const struct problem *problem = &delivery->problem;
    uint64_t wanted;

    if (strcmp(problem->rule, "G4") != 0 ||
        !text_parse_uint(&wanted, bytes_of_text(problem->want), INT64_MAX) ||
        wanted == delivery->sequence_number)
        return false;
    delivery->sequence_number = wanted;
    return true;
}

static bool first_number(struct delivery *delivery, struct bytes record, struct err *err)
{
    struct record_fields fields = {0};
    struct sequence sequence = {.issuer = bytes_of_text(delivery->issuer),
                                .stream = delivery->stream};
    bool ok = record_fields_read(&fields, record, err);

    sequence.tenant = ok ? field_text(field_get(fields.fields, "tenant")) : (struct bytes){0};
    ok = ok && sequence_next(&delivery->sequence_number, &sequence, delivery->outbox.directory,
                             err);
    record_fields_cleanup(&fields);
    return ok;
}

bool delivery_send(struct delivery *delivery, struct bytes record, const char *stem,
                   struct err *err)
{
    bool ok = first_number(delivery, record, err);
    bool again = ok;

    for (unsigned i = 0; again && i < ATTEMPTS_MAX; i++) {
        struct buf numbered = {0};

        delivery->problem = (struct problem){0};
        *err = (struct err){0};
        ok = draft_append_numbered(&numbered, record, delivery->sequence_number, delivery->stream,
                                   err) &&
             delivery_check(bytes_of_buf(&numbered), err) &&
             attempt(delivery, bytes_of_buf(&numbered), stem, err);
        again = !ok && take_wanted_number(delivery);
        buf_cleanup(&numbered);
    }
    return ok;
}

/* ---- telling ---- */

void delivery_append_json(struct buf *out, const struct delivery *delivery)
{
    char *statement = outbox_path(&delivery->outbox, delivery->name, ".cose");
    char *receipt = outbox_path(&delivery->outbox, delivery->name, ".receipt");

    object_number(out, "index", delivery->index);
    object_hex(out, "entry_id", hash_bytes(&delivery->entry_id));
    object_hex(out, "record_digest", hash_bytes(&delivery->record_digest));
    object_number(out, "sequence_number", delivery->sequence_number);
    object_text(out, "statement", statement);
    object_text(out, "receipt", receipt);
    free(statement);
    free(receipt);
}

void delivery_append_text(struct buf *out, const struct delivery *delivery)
{
    buf_append_format(out, "entry %" PRIu64 ", id ", delivery->index);
    text_append_hex(out, hash_bytes(&delivery->entry_id));
    buf_append_format(out, "\nreceipt verified: %s/%s.cose and .receipt\n",
                      delivery->outbox.directory, delivery->name);
}

static void append_refusal_line(struct buf *out, const char *label, const char *text)
{
    if (text[0] != '\0')
        card_text(out, label, text);
}

static void append_refusal_text(struct buf *out, const struct problem *problem)
{
    append_refusal_line(out, "because", problem->detail);
    append_refusal_line(out, "code", problem_code_of(problem));
    append_refusal_line(out, "rule", problem->rule);
    append_refusal_line(out, "at", problem->path);
    append_refusal_line(out, "have", problem->have);
    append_refusal_line(out, "want", problem->want);
}

static void append_refusal_json(struct buf *out, const struct problem *problem)
{
    struct buf json = {0};

    problem_append_json(&json, problem);
    object_begin(out, NULL);
    object_begin(out, "error");
    object_text(out, "code", err_code_name(ERR_REFUSED));
    object_text(out, "text", problem->detail);
    object_raw(out, "problem", bytes_of_buf(&json));
    object_end(out);
    object_end(out);
    buf_append_text(out, "\n");
    buf_cleanup(&json);
}

int delivery_fail(const struct delivery *delivery, const struct command *command,
                  const struct args *args, const struct err *err)
{
    const struct problem *problem = &delivery->problem;
    struct buf text = {0};
    struct buf json = {0};

    if (problem->detail[0] == '\0' && problem->kind == PROBLEM_NONE)
        return command_fail(command, args, err);
    append_refusal_text(&text, problem);
    fprintf(stderr, "vouch %s: the log refuses it\n%s", command->name, buf_text(&text));
    if (args->json) {
        append_refusal_json(&json, problem);
        (void)command_print(&json);
    }
    buf_cleanup(&text);
    buf_cleanup(&json);
    return EXIT_REFUSED;
}
