/*
 * The simulated world: runs the real log core on stores, clocks, signers and head cells that fail,
 * die and lie, one run per seed, and checks after every step what must never be broken.
 *
 *   sim [--rules] [--seeds N] [--first S] [--file F] [--must-fail]
 *
 * runs the seeds in F (one a line, '#' begins a comment), then S to S + N - 1. A broken invariant
 * is printed with its seed, which goes into tests/sim/seeds.txt; `sim --seeds 1 --first SEED`
 * repeats it. With --must-fail the exit status is 0 if and only if some seed fails: this is how a
 * log core with a planted bug is run. With --rules the admission rules decide what enters.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/sim/rules_world.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct arguments {
    uint64_t seed_count;
    uint64_t first_seed;
    const char *file;
    bool must_fail;
    void (*run)(struct tally *tally, const struct log_keys *keys, uint64_t seed);
};

static bool parse_number(uint64_t *out, const char *text)
{
    return text != NULL && text_parse_uint(out, bytes_of_text(text), UINT64_MAX);
}

static bool parse_arguments(struct arguments *out, char **argv)
{
    *out = (struct arguments){.seed_count = 300, .first_seed = 1, .run = world_run};
    for (argv++; *argv != NULL; argv++) {
        if (strcmp(*argv, "--must-fail") == 0)
            out->must_fail = true;
        else if (strcmp(*argv, "--rules") == 0)
            out->run = rules_world_run;
        else if (strcmp(*argv, "--file") == 0 && argv[1] != NULL)
            out->file = *++argv;
        else if (strcmp(*argv, "--seeds") == 0 && parse_number(&out->seed_count, argv[1]))
            argv++;
        else if (strcmp(*argv, "--first") == 0 && parse_number(&out->first_seed, argv[1]))
            argv++;
        else
            return false;
    }
    return true;
}

/* Seeds that once failed. */
static uint64_t run_file(struct tally *tally, const struct log_keys *keys,
                         const struct arguments *arguments)
{
    const char *path = arguments->file;
    FILE *file = fopen(path, "r");
    uint64_t count = 0;
    char line[256];

    if (file == NULL) {
        fprintf(stderr, "sim: %s: %s\n", path, strerror(errno));
        exit(EXIT_USAGE);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        uint64_t seed;

        line[strcspn(line, " \t\n#")] = 0;
        if (line[0] == 0)
            continue;
        if (!parse_number(&seed, line)) {
            fprintf(stderr, "sim: %s: not a seed: %s\n", path, line);
            exit(EXIT_USAGE);
        }
        arguments->run(tally, keys, seed);
        count++;
    }
    fclose(file);
    return count;
}

static void print_tally(const struct tally *tally)
{
    printf("sim: commits=%" PRIu64 " entries=%" PRIu64 " heads=%" PRIu64 " failed_commits=%" PRIu64
           " stops=%" PRIu64 " fenced_commits=%" PRIu64 " openings=%" PRIu64
           " failed_openings=%" PRIu64 " read_only=%" PRIu64 " refused=%" PRIu64
           " flagged=%" PRIu64 " granted=%" PRIu64 "\n",
           tally->commits, tally->entries, tally->heads, tally->failed_commits, tally->stops,
           tally->fenced_commits, tally->openings, tally->failed_openings, tally->read_only,
           tally->refused, tally->flagged, tally->granted);
}

static int run(const struct arguments *arguments)
{
    struct log_keys keys;
    struct tally tally = {0};
    uint64_t count = arguments->seed_count;

    log_keys_init(&keys);
    if (arguments->file != NULL)
        count += run_file(&tally, &keys, arguments);
    for (uint64_t i = 0; i < arguments->seed_count; i++)
        arguments->run(&tally, &keys, arguments->first_seed + i);
    log_keys_cleanup(&keys);
    print_tally(&tally);
    printf("sim: %" PRIu64 " seeds passed\n", count);
    return EXIT_SUCCESS;
}

/* In a process of its own, since a planted bug may also end it by a failed CHECK. */
static int run_expecting_failure(const struct arguments *arguments)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        exit(run(arguments));
    if (child < 0 || waitpid(child, &status, 0) != child) {
        fprintf(stderr, "sim: %s\n", strerror(errno));
        return EXIT_USAGE;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
        printf("sim: no seed found the planted bug\n");
        return EXIT_FAILED;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_USAGE ? EXIT_USAGE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct arguments arguments;

    (void)argc;
    if (!parse_arguments(&arguments, argv)) {
        fprintf(stderr, "usage: sim [--rules] [--seeds N] [--first S] [--file F] [--must-fail]\n");
        return EXIT_USAGE;
    }
    return arguments.must_fail ? run_expecting_failure(&arguments) : run(&arguments);
}
