/* Commands as tables: name, options and help in one constant each, listed once in main.c. */
#ifndef VOUCH_CLIENT_COMMAND_H
#define VOUCH_CLIENT_COMMAND_H

#include "base/bytes.h"
#include "base/err.h"

/* Exit codes of every command; `verify` and `audit` add those of verdicts (report.h). */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_REFUSED = 3,       /* by the log */
    EXIT_NOT_AVAILABLE = 4, /* not reachable, or it has no such thing */
};

enum { OPTION_VALUES_MAX = 64, OPTIONS_MAX = 32 };

struct option {
    const char *name;  /* with its two dashes */
    const char *value; /* what it takes, in capitals; NULL: it is a switch */
    const char *help;  /* one line */
    bool is_required;
    bool is_repeatable;
};

/* The options that were given; texts are borrowed from argv. */
struct args {
    const struct option *options;
    size_t option_count;
    const char *values[OPTIONS_MAX][OPTION_VALUES_MAX];
    size_t value_counts[OPTIONS_MAX];
    const char *const *operands; /* what is no option, in order */
    size_t operand_count;
    bool json;
};

struct command {
    const char *name;     /* one word, or two with a blank: "run show" */
    const char *operands; /* "FILE...", as shown in the usage line */
    const char *summary;  /* one line for the list of commands */
    const char *help;     /* what it does and examples, ending with a newline */
    const struct option *options;
    size_t option_count;
    size_t operand_count_min;
    size_t operand_count_max; /* SIZE_MAX: any number */
    int (*run)(const struct command *command, const struct args *args);
};

/*
 * Reads argv[0..argc), the words after the command's name, and sorts operands to its front.
 * ERR_INVALID with the nearest option when one is unknown. *out_help: --help was given.
 */
MUST_USE bool args_parse(struct args *out, const struct command *command, int argc, char **argv,
                         bool *out_help, struct err *err);

/* The option's last value; NULL when it was not given. The name must be in the table. */
const char *args_value(const struct args *args, const char *name);
bool args_has(const struct args *args, const char *name);

/* All values of a repeatable option. */
const char *const *args_values(const struct args *args, const char *name, size_t *out_count);

/* A number within [min, max], or fallback when the option was not given. */
MUST_USE bool args_number(const struct args *args, const char *name, uint64_t fallback,
                          uint64_t min, uint64_t max, uint64_t *out, struct err *err);

/* Appends usage line, help and the option table. */
void command_append_help(struct buf *out, const struct command *command);

/*
 * Reports a failure of a command: on standard error, and with --json as {"error": …} on standard
 * output too. Returns the exit code for err->code.
 */
int command_fail(const struct command *command, const struct args *args, const struct err *err);

/*
 * The same where the answer has been printed in part: appends the error as a member of the JSON
 * object that out ends with; the caller ends the object and prints it.
 */
int command_fail_within(const struct command *command, struct buf *out, const struct err *err);

/* Reports wrong usage, with a pointer to --help. Returns EXIT_USAGE. */
int command_usage(const struct command *command, const struct err *err);

/* Writes to standard output; the answer is EXIT_DONE, or EXIT_FAILED when it cannot. */
int command_print(const struct buf *text);

#endif
