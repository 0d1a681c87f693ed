/* Problem details that are accepted are the same problem after writing and reading them again. */
#include <string.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/problem.h"
#include "tests/fuzz/fuzz.h"

static void check_equal(const struct problem *a, const struct problem *b)
{
    CHECK(a->kind == b->kind);
    CHECK(strcmp(a->detail, b->detail) == 0);
    CHECK(strcmp(a->path, b->path) == 0);
    CHECK(strcmp(a->have, b->have) == 0);
    CHECK(strcmp(a->want, b->want) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem problem;
    struct problem again;
    struct buf out = {0};
    struct err err = {0};

    if (!problem_decode(&problem, bytes_of(data, size), &err)) {
        CHECK(err.code == ERR_INVALID && err.text[0] != 0);
        return 0;
    }
    CHECK(text_is_utf8(bytes_of_text(problem.detail)));
    problem_encode(&out, &problem);
    CHECK(dcbor_check_any(bytes_of_buf(&out), &err));
    CHECK(problem_decode(&again, bytes_of_buf(&out), &err));
    check_equal(&problem, &again);
    buf_clear(&out);
    problem_append_json(&out, &problem);
    CHECK(problem_decode(&again, bytes_of_buf(&out), &err));
    check_equal(&problem, &again);
    buf_cleanup(&out);
    return 0;
}
