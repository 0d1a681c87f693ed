/* The list of commands. Adding one: a file cmd_X.c, a line here, a row in commands.c. */
#ifndef VOUCH_CLIENT_COMMANDS_H
#define VOUCH_CLIENT_COMMANDS_H

#include "client/command.h"

extern const struct command CMD_APPROVE;
extern const struct command CMD_AUDIT;
extern const struct command CMD_CBOR;
extern const struct command CMD_GET;
extern const struct command CMD_HEAD;
extern const struct command CMD_KEYGEN;
extern const struct command CMD_MONITOR;
extern const struct command CMD_OVERRIDE;
extern const struct command CMD_PROVE;
extern const struct command CMD_QUERY;
extern const struct command CMD_REJECT;
extern const struct command CMD_REQUEST;
extern const struct command CMD_REVIEW;
extern const struct command CMD_RUN_IMPORT;
extern const struct command CMD_RUN_SHOW;
extern const struct command CMD_SUBMIT;
extern const struct command CMD_TAIL;
extern const struct command CMD_VERIFY;

enum { COMMAND_COUNT = 18 };

/* In the order of a newcomer's first day. */
extern const struct command *const COMMANDS[COMMAND_COUNT];

#endif
