#include <getopt.h>
#include <stdlib.h>

#include "base/diag.h"
#include "server/command.h"
#include "server/restore.h"

static const struct option restore_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"from", required_argument, NULL, OPTION_FROM},
    {"head", required_argument, NULL, OPTION_HEAD},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

/* EXIT_SUCCESS, or why the command line is not one. */
static int parse(struct restore_options *out, const char **out_path, int argc, char **argv)
{
    int id;

    while ((id = getopt_long(argc, argv, "", restore_options, NULL)) != -1) {
        switch (id) {
        case OPTION_CONFIG:
            *out_path = optarg;
            break;
        case OPTION_FROM:
            out->from = optarg;
            break;
        case OPTION_HEAD:
            if (out->head_count == RESTORE_HEADS_MAX)
                return command_usage_error("too many --head");
            out->heads[out->head_count++] = optarg;
            break;
        case OPTION_HELP:
            exit(command_print_help());
        default:
            return EXIT_USAGE;
        }
    }
    if (*out_path == NULL && optind < argc)
        *out_path = argv[optind++];
    if (*out_path == NULL || optind < argc || out->from == NULL)
        return command_usage_error("restore needs --from and one configuration file or directory");
    return EXIT_SUCCESS;
}

static int restore(struct restore_options *options, const char *path)
{
    struct config config;
    struct buf done = {0};
    struct err err = {0};
    int status;

    if (!config_load(&config, path, &err))
        return command_fail(&err);
    diag_set_level((enum diag_level)config.diag_level);
    options->config = &config;
    status = restore_run(&done, options, &err) ? command_print(&done) : command_fail(&err);
    config_cleanup(&config);
    return status;
}

int command_restore(int argc, char **argv)
{
    struct restore_options options = {0};
    const char *path = NULL;
    int status = parse(&options, &path, argc, argv);

    return status == EXIT_SUCCESS ? restore(&options, path) : status;
}
