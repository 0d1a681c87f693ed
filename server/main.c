/* vouchd: the transparency log daemon. docs/man/vouchd.8 describes its use. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "server/config.h"
#include "server/daemon.h"
#include "server/init.h"
#include "server/offline.h"
#include "server/serving.h"

enum { EXIT_USAGE = 2, EXIT_DIFFERS = 3 };

static const char usage_text[] =
    "usage: vouchd init --dir DIR --origin ORIGIN [--issuer NAME=FILE[:ROLE,...]]... [--opaque]\n"
    "                   [--profile strict|observe] [--listen ADDRESS:PORT]\n"
    "       vouchd [run] [-n] [--config] FILE|DIR\n"
    "       vouchd trust [--config] FILE|DIR NAME=FILE[:ROLE,...]...\n"
    "       vouchd compact [--config] FILE|DIR\n"
    "       vouchd reindex [--check] [--config] FILE|DIR\n"
    "       vouchd --help | --version\n"
    "\n"
    "init creates a log: keys, empty store and vouchd.json in the new directory DIR. ORIGIN names\n"
    "the log for ever, for example log.example.org/2026. An evidence log takes signed statements;\n"
    "an opaque one (--opaque) any bytes. --issuer trusts the public key in FILE to sign statements\n"
    "as NAME, in the roles named or else as an engine. With --profile observe only form and false\n"
    "authority refuse a statement, and all else that is wrong flags it. All of this is in the log's\n"
    "first entry.\n"
    "\n"
    "run, the default, serves the log whose vouchd.json is given, or lies in DIR. SIGTERM\n"
    "finishes what was accepted and exits; SIGHUP reads diag_level and identity keys again.\n"
    "-n checks the configuration, prints the one in effect, and exits.\n"
    "\n"
    "trust writes into a log that is not being served that it trusts these issuers too. Whoever has\n"
    "the role admin or identity-provider can do that, and take it back, with identity records.\n"
    "\n"
    "compact rewrites the database of a log that is not being served, so that nothing outdated\n"
    "takes space in it. It changes nothing else.\n"
    "\n"
    "reindex makes the indexes and facts of a log that is not being served again from its entries.\n"
    "With --check it only compares them with those that are there; exit status 3: they differ.\n"
    "\n"
    "Members of vouchd.json (default):\n";

static int fail(const struct err *err)
{
    fprintf(stderr, "vouchd: %s\n", err->text);
    return EXIT_FAILURE;
}

static int usage_error(const char *message)
{
    fprintf(stderr, "vouchd: %s (try vouchd --help)\n", message);
    return EXIT_USAGE;
}

static int print(struct buf *text)
{
    bool ok = fwrite(text->data, 1, text->len, stdout) == text->len && fflush(stdout) == 0;

    buf_cleanup(text);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_help(void)
{
    struct buf text = {0};

    buf_append_text(&text, usage_text);
    config_append_help(&text);
    return print(&text);
}

static int check(const struct config *config)
{
    struct buf text = {0};
    struct err err = {0};

    if (!daemon_check(config, &err))
        return fail(&err);
    config_append_json(&text, config);
    return print(&text);
}

static int serve(const struct config *config)
{
    struct err err = {0};

    return daemon_run(config, &err) ? EXIT_SUCCESS : fail(&err);
}

static int compact(const struct config *config)
{
    struct err err = {0};

    return offline_compact(config, &err) ? EXIT_SUCCESS : fail(&err);
}

static int reindex(const struct config *config)
{
    struct err err = {0};

    return offline_reindex(config, &err) ? EXIT_SUCCESS : fail(&err);
}

static int check_index(const struct config *config)
{
    struct store_reindex_differences found;
    struct err err = {0};

    if (!offline_check_index(config, &found, &err))
        return fail(&err);
    printf("missing %" PRIu64 ", changed %" PRIu64 ", foreign %" PRIu64 "\n", found.missing,
           found.changed, found.foreign);
    return found.missing + found.changed + found.foreign == 0 ? EXIT_SUCCESS : EXIT_DIFFERS;
}

typedef int (*act_fn)(const struct config *config);

/* Reads the configuration and does one thing with it. */
static int with_config(const char *path, act_fn act)
{
    struct config config;
    struct err err = {0};
    int status;

    if (!config_load(&config, path, &err))
        return fail(&err);
    diag_set_level((enum diag_level)config.diag_level);
    status = act(&config);
    config_cleanup(&config);
    return status;
}

enum option_id {
    OPTION_CHECK = 1,
    OPTION_CONFIG,
    OPTION_DIR,
    OPTION_HELP,
    OPTION_ISSUER,
    OPTION_LISTEN,
    OPTION_OPAQUE,
    OPTION_ORIGIN,
    OPTION_PROFILE,
    OPTION_VERSION
};

static const struct option run_options[] = {
    {"check", no_argument, NULL, OPTION_CHECK},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

static const struct option trust_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static const struct option init_options[] = {
    {"dir", required_argument, NULL, OPTION_DIR},
    {"origin", required_argument, NULL, OPTION_ORIGIN},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"issuer", required_argument, NULL, OPTION_ISSUER},
    {"opaque", no_argument, NULL, OPTION_OPAQUE},
    {"profile", required_argument, NULL, OPTION_PROFILE},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

/* A command that works on an existing log. With -n it checks the configuration instead. */
struct deed {
    act_fn act;
    act_fn check; /* with --check; NULL: it has no such option */
};

static int main_existing(int argc, char **argv, const struct deed *deed)
{
    act_fn act = deed->act;
    const char *path = NULL;
    int id;

    while ((id = getopt_long(argc, argv, "n", run_options, NULL)) != -1) {
        switch (id) {
        case 'n':
            act = check;
            break;
        case OPTION_CHECK:
            if (deed->check == NULL)
                return usage_error("only reindex has --check");
            act = deed->check;
            break;
        case OPTION_CONFIG:
            path = optarg;
            break;
        case OPTION_HELP:
            return print_help();
        case OPTION_VERSION:
            printf("vouchd %s\n", VOUCH_VERSION);
            return EXIT_SUCCESS;
        default:
            return EXIT_USAGE;
        }
    }
    if (path == NULL && optind < argc)
        path = argv[optind++];
    if (path == NULL || optind < argc)
        return usage_error("exactly one configuration file or directory is needed");
    return with_config(path, act);
}

static int main_run(int argc, char **argv)
{
    return main_existing(argc, argv, &(struct deed){.act = serve});
}

static int main_compact(int argc, char **argv)
{
    return main_existing(argc, argv, &(struct deed){.act = compact});
}

static int main_reindex(int argc, char **argv)
{
    return main_existing(argc, argv, &(struct deed){.act = reindex, .check = check_index});
}

/* Issuers on the command line; what is wrong with one has been said when it is false. */
static bool add_issuer(struct issuer_argument *issuers, size_t *count, const char *text)
{
    struct err err = {0};

    if (*count == INIT_ISSUERS_MAX) {
        err_set(&err, ERR_INVALID, "more than %d issuers", INIT_ISSUERS_MAX);
    } else if (issuer_argument_parse(&issuers[*count], text, &err)) {
        (*count)++;
        return true;
    }
    usage_error(err.text);
    return false;
}

static void cleanup_issuers(struct issuer_argument *issuers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        issuer_argument_cleanup(&issuers[i]);
}

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
            if (!add_issuer(out->issuers, &out->issuer_count, optarg))
                return EXIT_USAGE;
            break;
        case OPTION_OPAQUE:
            out->kind = LOG_OPAQUE;
            break;
        case OPTION_PROFILE:
            if (!parse_profile(&out->profile, optarg))
                return usage_error("--profile is strict or observe");
            break;
        case OPTION_HELP:
            exit(print_help());
        default:
            return EXIT_USAGE;
        }
    }
    if (out->directory == NULL || out->origin == NULL || optind < argc)
        return usage_error("init needs --dir and --origin");
    return EXIT_SUCCESS;
}

static int main_init(int argc, char **argv)
{
    struct init_options options = {
        .listen = "127.0.0.1:8080", .kind = LOG_EVIDENCE, .profile = PROFILE_STRICT};
    struct buf next_steps = {0};
    struct err err = {0};
    int status = parse_init(&options, argc, argv);

    diag_set_level(DIAG_WARN);
    if (status == EXIT_SUCCESS)
        status = init_run(&next_steps, &options, &err) ? print(&next_steps) : fail(&err);
    cleanup_issuers(options.issuers, options.issuer_count);
    return status;
}

static int trust(const char *path, struct issuer_argument *issuers, size_t count)
{
    struct config config;
    struct err err = {0};
    int status = EXIT_SUCCESS;

    if (!config_load(&config, path, &err))
        return fail(&err);
    diag_set_level(DIAG_WARN);
    if (!offline_trust(&config, issuers, count, &err))
        status = fail(&err);
    config_cleanup(&config);
    return status;
}

static int main_trust(int argc, char **argv)
{
    struct issuer_argument issuers[INIT_ISSUERS_MAX] = {0};
    size_t count = 0;
    const char *path = NULL;
    int status = EXIT_SUCCESS;
    int id;

    while ((id = getopt_long(argc, argv, "", trust_options, NULL)) != -1) {
        if (id == OPTION_HELP)
            return print_help();
        if (id != OPTION_CONFIG)
            return EXIT_USAGE;
        path = optarg;
    }
    if (path == NULL && optind < argc)
        path = argv[optind++];
    if (path == NULL || optind == argc)
        return usage_error("trust needs a configuration file or directory, and issuers");
    for (; optind < argc && status == EXIT_SUCCESS; optind++)
        status = add_issuer(issuers, &count, argv[optind]) ? EXIT_SUCCESS : EXIT_USAGE;
    if (status == EXIT_SUCCESS)
        status = trust(path, issuers, count);
    cleanup_issuers(issuers, count);
    return status;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} COMMANDS[] = {
    {"compact", main_compact},
    {"init", main_init},
    {"reindex", main_reindex},
    {"run", main_run},
    {"trust", main_trust},
};

int main(int argc, char **argv)
{
    serving_block_signals();
    for (size_t i = 0; argc > 1 && i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0)
            return COMMANDS[i].run(argc - 1, argv + 1);
    }
    return main_run(argc, argv);
}
