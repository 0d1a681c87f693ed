#include "schemas/run/run_problem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* room for an escaped name behind the longest path that is shown */
enum { PATH_LEN = 2 * sizeof(((struct problem *)0)->path) };

void run_problem_path(char *out, size_t out_len, struct bytes document, const struct field *field)
{
    dcbor_path(out, out_len, document, (size_t)(field->encoded.data - document.data));
}

static void describe(char *out, size_t out_len, const struct field *field)
{
    switch (field->type) {
    case DCBOR_TEXT:
        snprintf(out, out_len, "\"%.*s\"", (int)field->string.len,
                 (const char *)field->string.data);
        break;
    case DCBOR_UINT:
        snprintf(out, out_len, "%" PRIu64, field->value);
        break;
    case DCBOR_ARRAY:
        snprintf(out, out_len, "an array of %" PRIu64, field->value);
        break;
    case DCBOR_MAP:
        snprintf(out, out_len, "an object of %" PRIu64 " members", field->value);
        break;
    default:
        out[0] = 0;
    }
}

bool run_problem_set(struct problem *problem, struct bytes document, const struct field *field,
                     const char *missing, const char *want)
{
    char have[sizeof(problem->have)];
    char path[PATH_LEN];
    char full[PATH_LEN + 64];

    run_problem_path(path, sizeof(path), document, field);
    describe(have, sizeof(have), field);
    snprintf(full, sizeof(full), "%s%s%s", path, missing != NULL ? "/" : "",
             missing != NULL ? missing : "");
    problem_set(problem, PROBLEM_RECORD,
                missing != NULL ? "The run document lacks something."
                                : "Something in the run document is not what it must be.");
    return problem_add(problem, full[0] == 0 ? "/" : full, missing != NULL ? "nothing" : have,
                       want);
}

void run_problem_move(struct problem *problem, const char *place)
{
    const char *inside = strcmp(problem->path, "/") == 0 ? "" : problem->path;
    char path[4 * sizeof(problem->path)];

    snprintf(path, sizeof(path), "%s%s", place, inside);
    problem_add(problem, path[0] == 0 ? "/" : path, NULL, NULL);
}
