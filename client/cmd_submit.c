#include "client/commands.h"

static int run(const struct command *command, const struct args *args)
{
    struct err err = {0};

    err_set(&err, ERR_INVALID, "not there yet");
    return command_fail(command, args, &err);
}

const struct command CMD_SUBMIT = {
    .name = "submit", .operands = "", .summary = "", .help = "", .run = run};
