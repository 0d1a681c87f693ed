#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "client/cell.h"
#include "client/commands.h"
#include "client/entry_view.h"
#include "client/object.h"
#include "client/query/flag_legend.h"
#include "client/reader/log_reader.h"
#include "client/trust_files.h"
#include "client/verify/when.h"
#include "schemas/receipt.h"
#include "schemas/record_fields.h"
#include "schemas/statement.h"
#include "schemas/view.h"

static const struct option OPTIONS[] = {
    {"--url", "URL", "the log, or a directory with a copy of it", true, false},
    {"--out", "FILE", "write the entry's bytes (name it .cose)", false, false},
    {"--receipt", "FILE", "fetch a receipt too, verify it and write it", false, false},
    {"--keys", "FILE", "the log's receipt keys (default: ask the log)", false, true},
};

enum { ENTRY_REPLY_LEN_MAX = 4 * STATEMENT_LEN_MAX, FLAG_COLUMNS = 80 };

/* What is being looked at. */
struct getter {
    const struct args *args;
    struct fetcher *fetcher;
    struct entry_name name;
    struct buf entry;
    struct hash leaf_hash;
    bool has_received_at;
    uint64_t received_at_ms; /* the log's word, like the flags */
    struct buf flags;        /* map from "RULE/code" to record numbers; empty: there are none */
    struct buf receipt;
};

/* The members of GET /v1/entries/{index} that are used here. */
static bool read_view(struct getter *getter, struct bytes body, struct err *err)
{
    struct record_fields view = {0};
    const struct field *received_at;
    const struct field *flags;
    bool ok = record_fields_read(&view, body, err) || err_wrap(err, "the log's answer");

    if (ok) {
        buf_append_bytes(&getter->entry, field_bytes(field_get(view.fields, "entry")));
        received_at = field_get(view.fields, "received_at_ms");
        getter->has_received_at = received_at != NULL;
        getter->received_at_ms = field_uint(received_at, 0);
        flags = field_get(view.fields, "flags");
        if (flags != NULL && flags->type == DCBOR_MAP)
            buf_append_bytes(&getter->flags, flags->encoded);
    }
    record_fields_cleanup(&view);
    return ok;
}

static bool get_by_index(struct getter *getter, struct err *err)
{
    struct fetch_reply reply;
    struct buf path = {0};
    bool ok;

    buf_append_format(&path, "v1/entries/%" PRIu64, getter->name.index);
    ok = fetch_get(getter->fetcher, &reply, buf_text(&path), "application/cbor",
                   ENTRY_REPLY_LEN_MAX, err) &&
         read_view(getter, bytes_of_buf(&reply.body), err);
    buf_cleanup(&reply.body);
    buf_cleanup(&path);
    return ok;
}

/* A static copy has no routes, but bundles, and tiles that show what they should hold. */
static bool get_from_bundle(struct getter *getter, struct err *err)
{
    struct buf note = {0};
    struct head head;
    bool ok = log_read_head(getter->fetcher, &head, &note, "checkpoint", NULL, err) &&
              log_read_entry(getter->fetcher, &getter->entry, &head.checkpoint,
                             getter->name.index, err);

    buf_cleanup(&note);
    return ok;
}

static bool check_receipt(struct getter *getter, struct bytes message, struct err *err)
{
    const struct public_key *key;
    struct key_set keys = {0};
    struct receipt receipt;
    const char *const *files;
    size_t file_count;
    bool ok = true;

    files = args_values(getter->args, "--keys", &file_count);
    for (size_t i = 0; ok && i < file_count; i++)
        ok = key_file_load(&keys, files[i], err);
    if (file_count == 0)
        ok = log_read_keys(getter->fetcher, &keys, NULL, FETCH_READ_RETRY_MS, err);
    ok = ok && receipt_decode(&receipt, message, err);
    key = ok ? key_set_find(&keys, receipt.kid) : NULL;
    if (ok && (receipt.is_consistency || key == NULL ||
               !receipt_verify_inclusion(&receipt, &getter->leaf_hash, key, NULL)))
        ok = err_set(err, ERR_CORRUPT, "the receipt that the log sent does not verify");
    key_set_cleanup(&keys);
    return ok;
}

static bool get_receipt(struct getter *getter, struct err *err)
{
    struct fetch_reply reply;
    struct buf path = {0};
    bool ok;

    if (!args_has(getter->args, "--receipt"))
        return true;
    buf_append_text(&path, "entries/");
    text_append_hex(&path, hash_bytes(&getter->leaf_hash));
    ok = fetch_get(getter->fetcher, &reply, buf_text(&path), "application/scitt-receipt+cose",
                   RECEIPT_LEN_MAX, err) &&
         check_receipt(getter, bytes_of_buf(&reply.body), err);
    if (ok)
        buf_append_bytes(&getter->receipt, bytes_of_buf(&reply.body));
    buf_cleanup(&reply.body);
    buf_cleanup(&path);
    return ok;
}

static bool get_all(struct getter *getter, struct err *err)
{
    const char *out = args_value(getter->args, "--out");
    const char *receipt = args_value(getter->args, "--receipt");
    bool ok = entry_name_parse(&getter->name, getter->args->operands[0], err) &&
              fetch_open(&getter->fetcher, args_value(getter->args, "--url"), err);

    if (ok && getter->name.is_id)
        ok = log_read_statement(getter->fetcher, &getter->entry, &getter->name.id, err);
    else if (ok)
        ok = getter->fetcher->is_remote ? get_by_index(getter, err) : get_from_bundle(getter, err);
    if (!ok)
        return false;
    hash_leaf(&getter->leaf_hash, bytes_of_buf(&getter->entry));
    return get_receipt(getter, err) &&
           (out == NULL || file_write_durable(out, bytes_of_buf(&getter->entry), 0644, err)) &&
           (receipt == NULL ||
            file_write_durable(receipt, bytes_of_buf(&getter->receipt), 0644, err));
}

/* "RU6/trigger-not-granted  record 0, 3", and what it means */
static void append_flag(struct buf *out, const struct field *flag)
{
    const struct rule *rule = flag_rule(flag->key);
    const char *between = "  record ";

    buf_append_text(out, "flag       ! ");
    cell_append(out, flag->key, FLAG_COLUMNS);
    for (const struct field *number = field_first(flag); number != NULL;
         number = field_next(flag, number)) {
        buf_append_format(out, "%s%" PRIu64, between, field_uint(number, 0));
        between = ", ";
    }
    buf_append_format(out, "\n             %s\n",
                      rule == NULL ? "This program does not know this flag." : rule->says);
}

static bool show_flags(const struct getter *getter, struct buf *out, bool json, struct err *err)
{
    struct record_fields flags = {0};
    struct buf text = {0};
    bool ok = record_fields_read(&flags, bytes_of_buf(&getter->flags), err);

    if (ok && json) {
        ok = view_append_json(&text, bytes_of_buf(&getter->flags), false, err);
        object_raw(out, "flags", bytes_of_buf(&text));
    } else if (ok) {
        for (const struct field *flag = field_first(flags.fields); flag != NULL;
             flag = field_next(flags.fields, flag))
            append_flag(out, flag);
    }
    buf_cleanup(&text);
    record_fields_cleanup(&flags);
    return ok;
}

static bool show(const struct getter *getter, struct buf *out, struct err *err)
{
    bool json = getter->args->json;
    char when[WHEN_LEN];

    if (json)
        object_begin(out, NULL);
    if (json && !getter->name.is_id)
        object_number(out, "index", getter->name.index);
    if (!json && !getter->name.is_id)
        buf_append_format(out, "index      %" PRIu64 "\n", getter->name.index);
    if (json && getter->has_received_at)
        object_number(out, "received_at_ms", getter->received_at_ms);
    if (!json && getter->has_received_at)
        buf_append_format(out, "received   %s (the log's word)\n",
                          when_ms(when, getter->received_at_ms));
    if (getter->flags.len > 0 && !show_flags(getter, out, json, err))
        return false;
    if (getter->receipt.len > 0 && json)
        object_bool(out, "receipt_verified", true);
    else if (getter->receipt.len > 0)
        buf_append_format(out, "receipt    verified, in %s\n",
                          args_value(getter->args, "--receipt"));
    if (!entry_view_append(out, bytes_of_buf(&getter->entry), json, err))
        return false;
    if (json) {
        object_end(out);
        buf_append_text(out, "\n");
    }
    return true;
}

static int run(const struct command *command, const struct args *args)
{
    struct getter getter = {.args = args};
    struct buf out = {0};
    struct err err = {0};
    int code;

    if (get_all(&getter, &err) && show(&getter, &out, &err))
        code = command_print(&out);
    else
        code = command_fail(command, args, &err);
    fetch_close(getter.fetcher);
    buf_cleanup(&getter.entry);
    buf_cleanup(&getter.flags);
    buf_cleanup(&getter.receipt);
    buf_cleanup(&out);
    return code;
}

const struct command CMD_GET = {
    .name = "get",
    .operands = "INDEX|ID",
    .summary = "fetch and show one entry",
    .help =
        "Fetches an entry by its index or its id (the hex of its leaf hash) and shows who says\n"
        "what in it. By index it also shows when the log received it and which rules flagged it,\n"
        "by the log's word. With an id the bytes are checked to be that entry's; with --receipt\n"
        "they are shown to be in the log.\n"
        "\n"
        "  vouch get 0 --url http://127.0.0.1:8080\n"
        "  vouch get 17 --url http://127.0.0.1:8080 --out 17.cose --receipt 17.receipt\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 1,
    .operand_count_max = 1,
    .run = run,
};
