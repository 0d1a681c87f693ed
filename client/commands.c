#include "client/commands.h"

const struct command *const COMMANDS[COMMAND_COUNT] = {
    &CMD_KEYGEN,  &CMD_SUBMIT, &CMD_RUN_IMPORT, &CMD_RUN_SHOW, &CMD_GET,     &CMD_QUERY,
    &CMD_TAIL,    &CMD_HEAD,   &CMD_PROVE,      &CMD_VERIFY,   &CMD_AUDIT,   &CMD_REQUEST,
    &CMD_APPROVE, &CMD_REJECT, &CMD_OVERRIDE,   &CMD_REVIEW,   &CMD_CBOR,
};
