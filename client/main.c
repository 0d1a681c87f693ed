/* vouch: everybody's side of a Vouch log. Finds the command and lets it work. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/commands.h"

/* The command's name is this word, or begins with it. */
static bool is_of_family(const struct command *command, const char *word)
{
    struct bytes rest = bytes_of_text(command->name);
    struct bytes first;

    text_split(&rest, &first, ' ');
    return bytes_equal_text(first, word);
}

/* The commands of a family; NULL: all. */
static void append_rows(struct buf *out, const char *family)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (family == NULL || is_of_family(COMMANDS[i], family))
            buf_append_format(out, "  %-10s  %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
    }
}

static void append_overview(struct buf *out)
{
    buf_append_text(out, "usage: vouch COMMAND [options]\n\n"
                         "Submits statements to a Vouch log, and verifies what it answers.\n\n");
    append_rows(out, NULL);
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

/* Of a command with two words only the first was given, or another second one. */
static int print_family(const char *word, FILE *file)
{
    struct buf text = {0};

    buf_append_format(&text, "vouch %s: one of these is needed:\n", word);
    append_rows(&text, word);
    fputs(buf_text(&text), file);
    buf_cleanup(&text);
    return file == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int unknown_command(int argc, char **argv)
{
    bool wants_help = argc > 2 && strcmp(argv[2], "--help") == 0;
    const char *names[COMMAND_COUNT];
    const char *nearest;

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (is_of_family(COMMANDS[i], argv[1]))
            return print_family(argv[1], wants_help ? stdout : stderr);
        names[i] = COMMANDS[i]->name;
    }
    nearest = text_nearest(argv[1], names, COMMAND_COUNT);
    fprintf(stderr, "vouch: unknown command %s%s%s%s\ntry: vouch --help\n", argv[1],
            nearest != NULL ? ": did you mean " : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "?" : "");
    return EXIT_USAGE;
}

/* How many of the words are the command's name; 0: it is another's. */
static int words_of(const struct command *command, int argc, char **argv)
{
    struct bytes rest = bytes_of_text(command->name);
    int count = 0;

    while (rest.len > 0) {
        struct bytes word;

        text_split(&rest, &word, ' ');
        if (count == argc || !bytes_equal_text(word, argv[count]))
            return 0;
        count++;
    }
    return count;
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
        int count = words_of(COMMANDS[i], argc - 1, argv + 1);

        if (count > 0)
            return run_command(COMMANDS[i], argc - 1 - count, argv + 1 + count);
    }
    return unknown_command(argc, argv);
}
