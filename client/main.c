/* vouch: everybody's side of a Vouch log. Finds the command and lets it work. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/commands.h"

static void append_overview(struct buf *out)
{
    buf_append_text(out, "usage: vouch COMMAND [options]\n\n"
                         "Submits statements to a Vouch log, and verifies what it answers.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        buf_append_format(out, "  %-9s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
    buf_append_text(out,
                    "\nvouch COMMAND --help explains each one, with examples; vouch --version says "
                    "which this is.\n"
                    "exit codes: 0 done, 1 failed, 2 usage, 3 refused by the log, "
                    "4 not available;\n"
                    "verify and audit: 0 verified, 10 log-word, 20 incomplete, 30 diverges, "
                    "40 invalid.\n");
}

static int print_overview(FILE *file)
{
    struct buf text = {0};

    append_overview(&text);
    fputs(buf_text(&text), file);
    buf_cleanup(&text);
    return file == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    const char *nearest;

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = COMMANDS[i]->name;
    nearest = text_nearest(name, names, COMMAND_COUNT);
    fprintf(stderr, "vouch: unknown command %s%s%s%s\ntry: vouch --help\n", name,
            nearest != NULL ? ": did you mean " : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "?" : "");
    return EXIT_USAGE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct args *args = mem_alloc(sizeof(*args));
    struct err err = {0};
    bool help = false;
    int code;

    if (!args_parse(args, command, argc, argv, &help, &err)) {
        code = command_usage(command, &err);
    } else if (help) {
        struct buf text = {0};

        command_append_help(&text, command);
        code = command_print(&text);
        buf_cleanup(&text);
    } else {
        code = command->run(command, args);
    }
    free(args);
    return code;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return print_overview(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return print_overview(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        puts("vouch " VOUCH_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], COMMANDS[i]->name) == 0)
            return run_command(COMMANDS[i], argc - 2, argv + 2);
    }
    return unknown_command(argv[1]);
}
