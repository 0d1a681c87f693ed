#include "client/command.h"

#include <stdlib.h>
#include <string.h>

#include "client/commands.h"
#include "tests/support/cmocka_all.h"

static const struct option OPTIONS[] = {
    {"--url", "URL", "where", true, false},
    {"--keys", "FILE", "which", false, true},
    {"--fast", NULL, "how", false, false},
    {"--count", "N", "how many", false, false},
};

static const struct command COMMAND = {
    .name = "sample",
    .operands = "FILE...",
    .help = "",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .operand_count_min = 1,
    .operand_count_max = 2,
};

enum { WORDS_MAX = 16 };

/* Parses words separated by blanks; storage must live as long as args. */
static bool parse(struct args *out, char *storage, const char *words, bool *out_help,
                  struct err *err)
{
    static char *argv[WORDS_MAX];
    int argc = 0;

    strcpy(storage, words);
    for (char *word = strtok(storage, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    return args_parse(out, &COMMAND, argc, argv, out_help, err);
}

/* Options and operands may be mixed; values come after a blank or an equals sign. */
static void args_parse_mixed(void **state)
{
    struct args *args = mem_alloc(sizeof(*args));
    struct err err = {0};
    char storage[200];
    const char *const *keys;
    size_t key_count;
    uint64_t number;
    bool help;

    (void)state;
    assert_true(parse(args, storage, "a --url=u --keys x --fast - --keys=y --json", &help, &err));
    assert_string_equal(args_value(args, "--url"), "u");
    keys = args_values(args, "--keys", &key_count);
    assert_int_equal(key_count, 2);
    assert_string_equal(keys[1], "y");
    assert_true(args_has(args, "--fast"));
    assert_null(args_value(args, "--count"));
    assert_true(args->json);
    assert_int_equal(args->operand_count, 2);
    assert_string_equal(args->operands[0], "a");
    assert_string_equal(args->operands[1], "-");
    assert_true(args_number(args, "--count", 5, 1, 9, &number, &err));
    assert_int_equal(number, 5);
    assert_true(parse(args, storage, "--url u -- --fast", &help, &err));
    assert_string_equal(args->operands[0], "--fast");
    free(args);
}

/* Wrong usage is refused with what to do about it. */
static void args_parse_refused(void **state)
{
    static const struct {
        const char *words;
        const char *what;
    } CASES[] = {
        {"a --urk u", "unknown option --urk: did you mean --url?"},
        {"a --zzzzzz", "unknown option --zzzzzz"},
        {"a", "--url URL is needed"},
        {"--url u", "FILE... is needed"},
        {"a b c --url u", "'c' is one word too many"},
        {"a --url", "--url needs a value"},
        {"a --url u --url v", "--url is given too often"},
        {"a --url u --fast=1", "--fast takes no value"},
    };
    struct args *args = mem_alloc(sizeof(*args));

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct err err = {0};
        char storage[200];
        bool help;

        assert_false(parse(args, storage, CASES[i].words, &help, &err));
        if (strstr(err.text, CASES[i].what) == NULL)
            fail_msg("'%s' does not say '%s'", err.text, CASES[i].what);
    }
    free(args);
}

/* Numbers outside their range are refused. */
static void args_number_range(void **state)
{
    static const char *const WORDS[] = {"0", "10", "x", "-1", "01", "99999999999999999999"};
    struct args *args = mem_alloc(sizeof(*args));

    (void)state;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        char *words = mem_format("a --url u --count %s", WORDS[i]);
        struct err err = {0};
        char storage[200];
        uint64_t number;
        bool help;

        assert_true(parse(args, storage, words, &help, &err));
        assert_false(args_number(args, "--count", 5, 1, 9, &number, &err));
        free(words);
    }
    free(args);
}

/* Help is given whatever else is missing. */
static void args_parse_help(void **state)
{
    struct args *args = mem_alloc(sizeof(*args));
    struct err err = {0};
    char storage[200];
    bool help = false;

    (void)state;
    assert_true(parse(args, storage, "--help", &help, &err));
    assert_true(help);
    free(args);
}

/* Every command explains itself with a summary, an example, and a line for each option. */
static void commands_explain_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct command *command = COMMANDS[i];
        char *example = mem_format("vouch %s ", command->name);
        struct buf text = {0};

        command_append_help(&text, command);
        assert_true(strlen(command->summary) > 5);
        if (strstr(command->help, example) == NULL && strcmp(command->name, "cbor") != 0)
            fail_msg("%s has no example", command->name);
        for (size_t k = 0; k < command->option_count; k++)
            assert_non_null(strstr(buf_text(&text), command->options[k].name));
        buf_cleanup(&text);
        free(example);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(args_parse_mixed),
        cmocka_unit_test(args_parse_refused),
        cmocka_unit_test(args_number_range),
        cmocka_unit_test(args_parse_help),
        cmocka_unit_test(commands_explain_themselves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
