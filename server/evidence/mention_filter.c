#include "server/evidence/mention_filter.h"

static const char *want_of(enum mention_kind kind)
{
    switch (kind) {
    case MENTION_RUN:
        return "a UUID with hyphens, in lower case";
    case MENTION_ARTIFACT:
        return "a digest of 32 to 64 bytes, in lower-case hex";
    case MENTION_SUBJECT:
        return "an alias of 32 bytes, in lower-case hex";
    default:
        return "text of 1 to 700 bytes";
    }
}

static bool refuse_kind(struct problem *problem)
{
    struct buf names = {0};

    for (enum mention_kind kind = MENTION_RUN; kind < MENTION_KIND_COUNT; kind++)
        buf_append_format(&names, "%s%s", kind == MENTION_RUN ? "" : ", ",
                          mention_kind_name(kind));
    problem_set(problem, PROBLEM_PARAMETER, "Entries cannot be found by that.");
    problem_add(problem, NULL, NULL, buf_text(&names));
    buf_cleanup(&names);
    return false;
}

bool mention_filter_add(struct mention_search *search, struct bytes kind_name, struct bytes text,
                        struct problem *problem)
{
    enum mention_kind kind;
    struct buf value = {0};

    if (!mention_kind_find(&kind, kind_name))
        return refuse_kind(problem);
    if (search->term_count == MENTION_TERMS_MAX)
        return problem_set(problem, PROBLEM_PARAMETER, "A search has at most %d terms.",
                           MENTION_TERMS_MAX);
    if (!mention_value_parse(&value, kind, text)) {
        problem_set(problem, PROBLEM_PARAMETER, "This can be no %s.", mention_kind_name(kind));
        return problem_add(problem, NULL, NULL, want_of(kind));
    }
    search->terms[search->term_count++] = mention_key(kind, bytes_of_buf(&value));
    buf_cleanup(&value);
    return true;
}

bool mention_filter_take(struct mention_search *search, struct query *query,
                         struct problem *problem)
{
    for (enum mention_kind kind = MENTION_RUN; kind < MENTION_KIND_COUNT; kind++) {
        const char *name = mention_kind_name(kind);
        struct bytes value;

        if (query_take(query, name, &value) &&
            !mention_filter_add(search, bytes_of_text(name), value, problem))
            return false;
    }
    return true;
}
