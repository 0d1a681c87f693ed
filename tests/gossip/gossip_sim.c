/*
 * The simulated gossip network, one run per seed.
 *
 *   gossip_sim [--seeds N] [--first S] [--must-fail]
 *
 * A broken invariant is printed with its seed; `gossip_sim --seeds 1 --first SEED` repeats it. With
 * --must-fail the exit status is 0 if and only if some seed fails: this is how a planted bug is run.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/gossip/network.h"

enum { EXIT_USAGE = 2 };

struct arguments {
    uint64_t seed_count;
    uint64_t first_seed;
    bool must_fail;
};

static bool parse_number(uint64_t *out, const char *text)
{
    return text != NULL && text_parse_uint(out, bytes_of_text(text), UINT64_MAX);
}

static bool parse_arguments(struct arguments *out, char **argv)
{
    *out = (struct arguments){.seed_count = 300, .first_seed = 1};
    for (argv++; *argv != NULL; argv++) {
        if (strcmp(*argv, "--must-fail") == 0)
            out->must_fail = true;
        else if (strcmp(*argv, "--seeds") == 0 && parse_number(&out->seed_count, argv[1]))
            argv++;
        else if (strcmp(*argv, "--first") == 0 && parse_number(&out->first_seed, argv[1]))
            argv++;
        else
            return false;
    }
    return true;
}

static int run(const struct arguments *arguments)
{
    struct network_tally tally = {0};

    for (uint64_t i = 0; i < arguments->seed_count; i++)
        network_run(&tally, arguments->first_seed + i);
    printf("gossip_sim: forks=%" PRIu64 " found_at_client=%" PRIu64 " found=%" PRIu64
           " returns=%" PRIu64 " lost=%" PRIu64 " busy=%" PRIu64 " honest=%" PRIu64 "\n",
           tally.forks, tally.found_at_client, tally.found, tally.returns, tally.lost, tally.busy,
           tally.honest);
    printf("gossip_sim: %" PRIu64 " seeds passed\n", arguments->seed_count);
    return EXIT_SUCCESS;
}

/* In a process of its own, since a broken invariant ends it. */
static int run_expecting_failure(const struct arguments *arguments)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        exit(run(arguments));
    if (child < 0 || waitpid(child, &status, 0) != child) {
        fprintf(stderr, "gossip_sim: %s\n", strerror(errno));
        return EXIT_USAGE;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
        printf("gossip_sim: no seed found the planted bug\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct arguments arguments;

    (void)argc;
    if (!parse_arguments(&arguments, argv)) {
        fprintf(stderr, "usage: gossip_sim [--seeds N] [--first S] [--must-fail]\n");
        return EXIT_USAGE;
    }
    return arguments.must_fail ? run_expecting_failure(&arguments) : run(&arguments);
}
