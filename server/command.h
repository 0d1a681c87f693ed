/* What the commands of vouchd share: options, messages, exit statuses. */
#ifndef VOUCH_SERVER_COMMAND_H
#define VOUCH_SERVER_COMMAND_H

#include "base/bytes.h"
#include "base/err.h"
#include "server/issuer_argument.h"

enum { EXIT_USAGE = 2, EXIT_DIFFERS = 3 };

enum option_id {
    OPTION_CHECK = 1,
    OPTION_CONFIG,
    OPTION_DIR,
    OPTION_FROM,
    OPTION_HEAD,
    OPTION_HELP,
    OPTION_ISSUER,
    OPTION_LISTEN,
    OPTION_LOGS,
    OPTION_NAME,
    OPTION_OPAQUE,
    OPTION_ORIGIN,
    OPTION_PROFILE,
    OPTION_ROLE,
    OPTION_VERSION
};

/* Each says it on standard error, and is the exit status. */
int command_fail(const struct err *err);
int command_usage_error(const char *message);

/* To standard output; frees the text. The exit status. */
int command_print(struct buf *text);
int command_print_help(void);

/* Takes a NAME=FILE[:ROLE,...] to the end of a list of INIT_ISSUERS_MAX; what is wrong with it has
 * been said when it is false. */
bool command_add_issuer(struct issuer_argument *issuers, size_t *count, const char *text);
void command_cleanup_issuers(struct issuer_argument *issuers, size_t count);

/* vouchd init, vouchd restore. */
int command_init(int argc, char **argv);
int command_restore(int argc, char **argv);

#endif
