#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/command.h"

/* Every command has these, after its own. */
static const struct option COMMON_OPTIONS[] = {
    {"--json", NULL, "answer in JSON on standard output", false, false},
    {"--help", NULL, "show this", false, false},
};

enum { COMMON_COUNT = sizeof(COMMON_OPTIONS) / sizeof(COMMON_OPTIONS[0]) };

static const struct option *option_at(const struct command *command, size_t i)
{
    return i < command->option_count ? &command->options[i]
                                     : &COMMON_OPTIONS[i - command->option_count];
}

static size_t option_total(const struct command *command)
{
    return command->option_count + COMMON_COUNT;
}

/* Index of the option that word names, up to its '=' if it has one. */
static bool find_option(const struct command *command, struct bytes name, size_t *out)
{
    for (size_t i = 0; i < option_total(command); i++) {
        if (bytes_equal_text(name, option_at(command, i)->name)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool unknown_option(const struct command *command, const char *word, struct err *err)
{
    const char *names[OPTIONS_MAX];
    const char *nearest;

    for (size_t i = 0; i < option_total(command); i++)
        names[i] = option_at(command, i)->name;
    nearest = text_nearest(word, names, option_total(command));
    if (nearest == NULL)
        return err_set(err, ERR_INVALID, "unknown option %s", word);
    return err_set(err, ERR_INVALID, "unknown option %s: did you mean %s?", word, nearest);
}

/* One option word; *position moves on when the next word is its value. */
static bool read_option(struct args *out, const struct command *command, int argc, char **argv,
                        int *position, struct err *err)
{
    const char *word = argv[*position];
    struct bytes rest = bytes_of_text(word);
    const struct option *option;
    const char *value = NULL;
    struct bytes name;
    size_t index;

    if (text_split(&rest, &name, '='))
        value = (const char *)rest.data;
    if (!find_option(command, name, &index))
        return unknown_option(command, word, err);
    option = option_at(command, index);
    if (option->value == NULL && value != NULL)
        return err_set(err, ERR_INVALID, "%s takes no value", option->name);
    if (option->value != NULL && value == NULL) {
        if (*position + 1 >= argc)
            return err_set(err, ERR_INVALID, "%s needs a value: %s", option->name, option->value);
        value = argv[++*position];
    }
    if (out->value_counts[index] == (option->is_repeatable ? OPTION_VALUES_MAX : 1))
        return err_set(err, ERR_INVALID, "%s is given too often", option->name);
    out->values[index][out->value_counts[index]++] = value;
    return true;
}

static bool check_args(const struct args *args, const struct command *command, struct err *err)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (command->options[i].is_required && args->value_counts[i] == 0)
            return err_set(err, ERR_INVALID, "%s %s is needed", command->options[i].name,
                           command->options[i].value);
    }
    if (args->operand_count < command->operand_count_min)
        return err_set(err, ERR_INVALID, "%s is needed", command->operands);
    if (args->operand_count > command->operand_count_max)
        return err_set(err, ERR_INVALID, "'%s' is one word too many",
                       args->operands[command->operand_count_max]);
    return true;
}

bool args_parse(struct args *out, const struct command *command, int argc, char **argv,
                bool *out_help, struct err *err)
{
    size_t operand_count = 0;
    bool only_operands = false;

    CHECK(option_total(command) <= OPTIONS_MAX);
    *out = (struct args){.options = command->options, .option_count = command->option_count};
    for (int i = 0; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[operand_count++] = argv[i]; /* never ahead of i */
        } else if (!read_option(out, command, argc, argv, &i, err)) {
            return false;
        }
    }
    out->operands = (const char *const *)argv;
    out->operand_count = operand_count;
    out->json = out->value_counts[command->option_count] > 0;
    *out_help = out->value_counts[command->option_count + 1] > 0;
    return *out_help || check_args(out, command, err);
}

static size_t index_of(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->option_count; i++) {
        if (strcmp(args->options[i].name, name) == 0)
            return i;
    }
    CHECK(false && "an option that is not in the command's table");
    return 0;
}

const char *args_value(const struct args *args, const char *name)
{
    size_t i = index_of(args, name);

    return args->value_counts[i] == 0 ? NULL : args->values[i][args->value_counts[i] - 1];
}

bool args_has(const struct args *args, const char *name)
{
    return args->value_counts[index_of(args, name)] > 0;
}

const char *const *args_values(const struct args *args, const char *name, size_t *out_count)
{
    size_t i = index_of(args, name);

    *out_count = args->value_counts[i];
    return args->values[i];
}

bool args_number(const struct args *args, const char *name, uint64_t fallback, uint64_t min,
                 uint64_t max, uint64_t *out, struct err *err)
{
    const char *value = args_value(args, name);

    if (value == NULL) {
        *out = fallback;
        return true;
    }
    if (text_parse_uint(out, bytes_of_text(value), max) && *out >= min)
        return true;
    return err_set(err, ERR_INVALID, "%s %s: a number from %llu to %llu is needed", name, value,
                   (unsigned long long)min, (unsigned long long)max);
}

void command_append_help(struct buf *out, const struct command *command)
{
    buf_append_format(out, "usage: vouch %s%s%s [options]\n\n%s\noptions:\n", command->name,
                      command->operands[0] != '\0' ? " " : "", command->operands, command->help);
    for (size_t i = 0; i < option_total(command); i++) {
        const struct option *option = option_at(command, i);
        char *left = mem_format("%s%s%s", option->name, option->value != NULL ? " " : "",
                                option->value != NULL ? option->value : "");

        buf_append_format(out, "  %-24s %s%s%s\n", left, option->help,
                          option->is_required ? " (needed)" : "",
                          option->is_repeatable ? " (repeatable)" : "");
        free(left);
    }
}
