#include "server/transport/query.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

static bool decode(struct query *query, struct bytes *span, struct problem *problem)
{
    size_t begin = query->text.len;

    if (!text_parse_percent(&query->text, *span))
        return problem_set(problem, PROBLEM_PARAMETER, "The query has a broken %%-escape.");
    *span = bytes_of(query->text.data + begin, query->text.len - begin);
    return true;
}

static bool add(struct query *query, struct bytes part, struct problem *problem)
{
    struct query_parameter parameter = {.value = part};

    text_split(&parameter.value, &parameter.name, '=');
    if (!decode(query, &parameter.name, problem) || !decode(query, &parameter.value, problem))
        return false;
    for (size_t i = 0; i < query->count; i++) {
        if (bytes_equal(query->parameters[i].name, parameter.name))
            return problem_set(problem, PROBLEM_PARAMETER, "The query says %.*s twice.",
                               (int)parameter.name.len, (const char *)parameter.name.data);
    }
    if (query->count == QUERY_PARAMETERS_MAX)
        return problem_set(problem, PROBLEM_PARAMETER, "The query has more than %d parameters.",
                           QUERY_PARAMETERS_MAX);
    query->parameters[query->count++] = parameter;
    return true;
}

bool query_init(struct query *out, struct bytes text, struct problem *problem)
{
    bool more = text.len > 0;

    *out = (struct query){0};
    buf_reserve(&out->text, text.len); /* decoded it is no longer: spans into it stay valid */
    while (more) {
        struct bytes part;

        more = text_split(&text, &part, '&');
        if (!add(out, part, problem))
            return false;
    }
    return true;
}

void query_cleanup(struct query *query)
{
    buf_cleanup(&query->text);
    *query = (struct query){0};
}

bool query_take(struct query *query, const char *name, struct bytes *out)
{
    for (size_t i = 0; i < query->count; i++) {
        if (bytes_equal_text(query->parameters[i].name, name)) {
            query->parameters[i].is_taken = true;
            *out = query->parameters[i].value;
            return true;
        }
    }
    return false;
}

bool query_take_uint(struct query *query, const char *name, uint64_t *out, uint64_t min,
                     uint64_t max, struct problem *problem)
{
    struct bytes text;
    uint64_t value;
    char want[64];

    if (!query_take(query, name, &text))
        return true;
    if (text_parse_uint(&value, text, max) && value >= min) {
        *out = value;
        return true;
    }
    snprintf(want, sizeof(want), "a number from %" PRIu64 " to %" PRIu64, min, max);
    problem_set(problem, PROBLEM_PARAMETER, "The parameter %s is not such a number.", name);
    return problem_add(problem, NULL, NULL, want);
}

bool query_check_taken(const struct query *query, struct problem *problem)
{
    for (size_t i = 0; i < query->count; i++) {
        const struct query_parameter *parameter = &query->parameters[i];

        if (!parameter->is_taken)
            return problem_set(problem, PROBLEM_PARAMETER, "There is no parameter \"%.*s\" here.",
                               (int)parameter->name.len, (const char *)parameter->name.data);
    }
    return true;
}
