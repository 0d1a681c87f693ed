#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "client/command.h"
#include "client/object.h"
#include "client/plain_text.h"

static int exit_code_of(enum err_code code)
{
    switch (code) {
    case ERR_REFUSED:
        return EXIT_REFUSED;
    case ERR_BUSY:
    case ERR_NOT_FOUND:
        return EXIT_NOT_AVAILABLE;
    case ERR_NONE:
    case ERR_INVALID:
    case ERR_IO:
    case ERR_CORRUPT:
        break;
    }
    return EXIT_FAILED;
}

int command_print(const struct buf *text)
{
    struct err err = {0};

    fflush(stdout);
    if (file_write_all(STDOUT_FILENO, bytes_of_buf(text), &err))
        return EXIT_DONE;
    fprintf(stderr, "vouch: standard output: %s\n", err.text);
    return EXIT_FAILED;
}

/* Error texts may quote what a log sent: it must not steer the reader's terminal. */
static void print_error(const char *command, const char *text)
{
    struct buf line = {0};

    plain_text_append(&line, bytes_of_text(text));
    fprintf(stderr, "vouch %s: %s\n", command, buf_text(&line));
    buf_cleanup(&line);
}

static void append_error(struct buf *out, const struct err *err)
{
    object_begin(out, "error");
    object_text(out, "code", err_code_name(err->code));
    object_text(out, "text", err->text);
    object_end(out);
}

int command_fail(const struct command *command, const struct args *args, const struct err *err)
{
    print_error(command->name, err->text);
    if (args->json) {
        struct buf out = {0};

        object_begin(&out, NULL);
        append_error(&out, err);
        object_end(&out);
        buf_append_text(&out, "\n");
        (void)command_print(&out);
        buf_cleanup(&out);
    }
    return exit_code_of(err->code);
}

int command_fail_within(const struct command *command, struct buf *out, const struct err *err)
{
    print_error(command->name, err->text);
    append_error(out, err);
    return exit_code_of(err->code);
}

int command_usage(const struct command *command, const struct err *err)
{
    print_error(command->name, err->text);
    fprintf(stderr, "try: vouch %s --help\n", command->name);
    return EXIT_USAGE;
}
