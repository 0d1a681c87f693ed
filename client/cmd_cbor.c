#include <string.h>

#include "base/file.h"
#include "client/commands.h"
#include "client/object.h"
#include "schemas/dcbor.h"
#include "schemas/view.h"

enum { INPUT_LEN_MAX = 64 << 20 };

/* One item after the other: a file may hold a CBOR sequence (RFC 8742). */
static bool append_items(struct buf *out, struct bytes input, bool json, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(input);

    if (input.len == 0)
        return err_set(err, ERR_INVALID, "the file is empty");
    while (!dcbor_at_end(&reader)) {
        struct buf text = {0};
        struct bytes item;
        bool ok = dcbor_skip(&reader, &item, err) && view_append_diagnostic(&text, item, err);

        if (ok && json)
            object_bytes_text(out, NULL, bytes_of_buf(&text));
        else if (ok)
            buf_append_format(out, "%s\n", buf_text(&text));
        buf_cleanup(&text);
        if (!ok)
            return false;
    }
    return true;
}

static int run(const struct command *command, const struct args *args)
{
    const char *path = strcmp(args->operands[0], "-") == 0 ? "/dev/stdin" : args->operands[0];
    struct buf input = {0};
    struct buf out = {0};
    struct err err = {0};
    int code;

    if (args->json) {
        object_begin(&out, NULL);
        object_begin_list(&out, "diagnostic");
    }
    if (!file_read(&input, path, INPUT_LEN_MAX, &err) ||
        !append_items(&out, bytes_of_buf(&input), args->json, &err)) {
        err_wrap(&err, "%s", args->operands[0]);
        code = command_fail(command, args, &err);
    } else {
        if (args->json) {
            object_end_list(&out);
            object_end(&out);
            buf_append_text(&out, "\n");
        }
        code = command_print(&out);
    }
    buf_cleanup(&input);
    buf_cleanup(&out);
    return code;
}

const struct command CMD_CBOR = {
    .name = "cbor",
    .operands = "FILE",
    .summary = "show CBOR in diagnostic notation",
    .help =
        "Shows what is in a statement, a receipt, a key set or any other deterministic CBOR, in\n"
        "the diagnostic notation of RFC 8949. FILE may hold several items; - is standard input.\n"
        "\n"
        "  vouch cbor receipts/02-run-start.cose\n"
        "  curl -s http://127.0.0.1:8080/.well-known/scitt-keys | vouch cbor -\n",
    .operand_count_min = 1,
    .operand_count_max = 1,
    .run = run,
};
