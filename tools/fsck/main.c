/*
 * vouch-fsck: reads a stopped log's whole directory and recomputes everything in it, with code of
 * its own. It changes nothing but what opening a LevelDB database changes.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/fsck/checkpoint.h"
#include "tools/fsck/walk.h"

enum { EXIT_SOUND = 0, EXIT_DAMAGED = 1, EXIT_USAGE = 2, EXIT_UNAVAILABLE = 4 };

static const char USAGE[] =
    "usage: vouch-fsck [options] LOG\n"
    "\n"
    "Recomputes a stopped log from its entries and compares: every leaf hash, every tile, every\n"
    "head's root and seal, both indexes, and the signature of the newest head. LOG is the\n"
    "directory that vouchd init made.\n"
    "\n"
    "  --data DIRECTORY   the store, when it is not LOG/data\n"
    "  --vkey FILE        the checkpoint key, when it is not LOG/keys/checkpoint.vkey\n"
    "  --head-file FILE   what was published last, when it is not LOG/head\n"
    "  --all-signatures   verify the signature of every head, not only of the newest\n"
    "  --json             print the summary as one JSON object\n"
    "  --help             this text\n"
    "  --version          the version\n"
    "\n"
    "exit status: 0 sound, 1 damaged, 2 usage, 4 not available (absent, or a daemon has it open)\n";

struct settings {
    char data[4000];
    char vkey[4000];
    char head[4000];
    bool all_signatures;
    bool json;
};

enum option_id {
    OPTION_DATA = 1,
    OPTION_VKEY,
    OPTION_HEAD,
    OPTION_ALL,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option OPTIONS[] = {
    {"data", required_argument, NULL, OPTION_DATA},
    {"vkey", required_argument, NULL, OPTION_VKEY},
    {"head-file", required_argument, NULL, OPTION_HEAD},
    {"all-signatures", no_argument, NULL, OPTION_ALL},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

static bool read_key(uint8_t out[32], const char *path)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    bool ok;

    if (file == NULL)
        return false;
    ok = fgets(line, sizeof(line), file) != NULL && checkpoint_read_vkey(out, line);
    fclose(file);
    return ok;
}

static int check_log(const struct settings *settings)
{
    char path[4096];
    char segments[4096];
    char tiles[4096];
    char text[256];
    uint8_t key[32];
    struct published_mark mark;
    struct walk_options options = {.segments_directory = segments, .tiles_directory = tiles,
                                   .checkpoint_key = key,
                                   .mark = &mark,
                                   .all_signatures = settings->all_signatures};
    struct card_row card = {.origin = "unknown"};
    struct report report = {0};
    struct timespec begin;
    struct timespec end;
    struct database *database;
    bool unavailable = false;

    snprintf(path, sizeof(path), "%s/db", settings->data);
    snprintf(segments, sizeof(segments), "%s/segments", settings->data);
    snprintf(tiles, sizeof(tiles), "%s/tiles", settings->data);
    if (!read_key(key, settings->vkey)) {
        fprintf(stderr, "vouch-fsck: %s is not there or holds no Ed25519 verifier key\n", settings->vkey);
        return EXIT_UNAVAILABLE;
    }
    if (!mark_read(&mark, settings->head)) {
        fprintf(stderr, "vouch-fsck: %s is missing or has no intact slot\n", settings->head);
        return EXIT_DAMAGED;
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    database = database_open(path, text, &unavailable);
    if (database == NULL) {
        fprintf(stderr, "vouch-fsck: %s: %s\n", path, text);
        return unavailable ? EXIT_UNAVAILABLE : EXIT_DAMAGED;
    }
    walk_log(database, &options, &card, &report);
    database_close(database);
    clock_gettime(CLOCK_MONOTONIC, &end);
    report_print(&report, card.origin,
                 (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
                 settings->json);
    return report.problems == 0 ? EXIT_SOUND : EXIT_DAMAGED;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == OPTION_HELP) {
            fputs(USAGE, stdout);
            return EXIT_SOUND;
        } else if (option == OPTION_VERSION) {
            puts("vouch-fsck " VOUCH_VERSION);
            return EXIT_SOUND;
        } else if (option == OPTION_DATA) {
            snprintf(settings.data, sizeof(settings.data), "%s", optarg);
        } else if (option == OPTION_VKEY) {
            snprintf(settings.vkey, sizeof(settings.vkey), "%s", optarg);
        } else if (option == OPTION_HEAD) {
            snprintf(settings.head, sizeof(settings.head), "%s", optarg);
        } else if (option == OPTION_ALL) {
            settings.all_signatures = true;
        } else if (option == OPTION_JSON) {
            settings.json = true;
        } else {
            return EXIT_USAGE;
        }
    }
    if (optind != argc - 1) {
        fputs("vouch-fsck: one LOG directory is needed (try --help)\n", stderr);
        return EXIT_USAGE;
    }
    if (settings.data[0] == 0)
        snprintf(settings.data, sizeof(settings.data), "%s/data", argv[optind]);
    if (settings.vkey[0] == 0)
        snprintf(settings.vkey, sizeof(settings.vkey), "%s/keys/checkpoint.vkey", argv[optind]);
    if (settings.head[0] == 0)
        snprintf(settings.head, sizeof(settings.head), "%s/head", argv[optind]);
    return check_log(&settings);
}
