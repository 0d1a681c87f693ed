#include "client/submit/refusal.h"

#include <stdio.h>

#include "client/plain_text.h"

static void append_field(struct buf *out, const char *name, const char *text)
{
    if (text[0] != '\0')
        buf_append_format(out, ", %s %s", name, text);
}

void refusal_print(const char *what, const struct problem *problem)
{
    struct buf shown = {0};
    struct buf line = {0};

    buf_append_format(&line, "refused %s: %s", what,
                      problem->kind != PROBLEM_NONE ? problem_code_of(problem) : "problem");
    append_field(&line, "rule", problem->rule);
    append_field(&line, "at", problem->path);
    append_field(&line, "have", problem->have);
    append_field(&line, "want", problem->want);
    if (problem->detail[0] != '\0')
        buf_append_format(&line, ": %s", problem->detail);
    plain_text_append(&shown, bytes_of_buf(&line));
    fprintf(stderr, "%s\n", buf_text(&shown));
    buf_cleanup(&shown);
    buf_cleanup(&line);
}
