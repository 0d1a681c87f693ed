/* vouchd init, of each role. */
#include "server/command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "server/init.h"
#include "server/mirror_init.h"
#include "server/witness_init.h"

static const struct option init_options[] = {
    {"dir", required_argument, NULL, OPTION_DIR},
    {"origin", required_argument, NULL, OPTION_ORIGIN},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"issuer", required_argument, NULL, OPTION_ISSUER},
    {"opaque", no_argument, NULL, OPTION_OPAQUE},
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"role", required_argument, NULL, OPTION_ROLE},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static const struct option cosigner_init_options[] = {
    {"dir", required_argument, NULL, OPTION_DIR},
    {"name", required_argument, NULL, OPTION_NAME},
    {"logs", required_argument, NULL, OPTION_LOGS},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"role", required_argument, NULL, OPTION_ROLE},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static bool parse_profile(enum profile *out, const char *text)
{
    for (*out = PROFILE_OBSERVE; *out <= PROFILE_STRICT; (*out)++) {
        if (strcmp(text, profile_name(*out)) == 0)
            return true;
    }
    return false;
}

/* EXIT_SUCCESS, or why the command line is not one. */
static int parse_init(struct init_options *out, int argc, char **argv)
{
    int id;

    while ((id = getopt_long(argc, argv, "", init_options, NULL)) != -1) {
        switch (id) {
        case OPTION_DIR:
            out->directory = optarg;
            break;
        case OPTION_ORIGIN:
            out->origin = optarg;
            break;
        case OPTION_LISTEN:
            out->listen = optarg;
            break;
        case OPTION_ISSUER:
            if (!command_add_issuer(out->issuers, &out->issuer_count, optarg))
                return EXIT_USAGE;
            break;
        case OPTION_OPAQUE:
            out->kind = LOG_OPAQUE;
            break;
        case OPTION_ROLE:
            break; /* command_init has looked at it */
        case OPTION_PROFILE:
            if (!parse_profile(&out->profile, optarg))
                return command_usage_error("--profile is strict or observe");
            break;
        case OPTION_HELP:
            exit(command_print_help());
        default:
            return EXIT_USAGE;
        }
    }
    if (out->directory == NULL || out->origin == NULL || optind < argc)
        return command_usage_error("init needs --dir and --origin");
    return EXIT_SUCCESS;
}

static int init_log(int argc, char **argv)
{
    struct init_options options = {
        .listen = "127.0.0.1:8080", .kind = LOG_EVIDENCE, .profile = PROFILE_STRICT};
    struct buf next_steps = {0};
    struct err err = {0};
    int status = parse_init(&options, argc, argv);

    diag_set_level(DIAG_WARN);
    if (status == EXIT_SUCCESS)
        status = init_run(&next_steps, &options, &err) ? command_print(&next_steps)
                                                       : command_fail(&err);
    command_cleanup_issuers(options.issuers, options.issuer_count);
    return status;
}

/* EXIT_SUCCESS, or why the command line is not one. */
static int parse_cosigner_init(struct init_cosigner_options *out, int argc, char **argv)
{
    int id;

    while ((id = getopt_long(argc, argv, "", cosigner_init_options, NULL)) != -1) {
        switch (id) {
        case OPTION_DIR:
            out->directory = optarg;
            break;
        case OPTION_NAME:
            out->name = optarg;
            break;
        case OPTION_LOGS:
            out->logs_file = optarg;
            break;
        case OPTION_LISTEN:
            out->listen = optarg;
            break;
        case OPTION_ROLE:
            break;
        case OPTION_HELP:
            exit(command_print_help());
        default:
            return EXIT_USAGE;
        }
    }
    if (out->directory == NULL || out->name == NULL || optind < argc)
        return command_usage_error("init --role witness or mirror needs --dir and --name");
    return EXIT_SUCCESS;
}

static int init_cosigner(const struct init_cosigner_role *role, int argc, char **argv)
{
    struct init_cosigner_options options = {.listen = "127.0.0.1:8080"};
    struct buf next_steps = {0};
    struct err err = {0};
    int status = parse_cosigner_init(&options, argc, argv);

    diag_set_level(DIAG_WARN);
    if (status != EXIT_SUCCESS)
        return status;
    return init_cosigner_run(&next_steps, role, &options, &err) ? command_print(&next_steps)
                                                                : command_fail(&err);
}

/* What follows --role, wherever it stands; NULL without. */
static const char *role_argument(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--role=", 7) == 0)
            return argv[i] + 7;
        if (strcmp(argv[i], "--role") == 0 && i + 1 < argc)
            return argv[i + 1];
    }
    return NULL;
}

int command_init(int argc, char **argv)
{
    const char *role = role_argument(argc, argv);

    if (role == NULL || strcmp(role, "log") == 0)
        return init_log(argc, argv);
    if (strcmp(role, "witness") == 0)
        return init_cosigner(&witness_init_role, argc, argv);
    if (strcmp(role, "mirror") == 0)
        return init_cosigner(&mirror_init_role, argc, argv);
    return command_usage_error("--role is log, witness or mirror");
}
