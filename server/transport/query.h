/* The query of a request target: names with values, each name at most once, percent-decoded. */
#ifndef VOUCH_SERVER_TRANSPORT_QUERY_H
#define VOUCH_SERVER_TRANSPORT_QUERY_H

#include "base/bytes.h"
#include "schemas/problem.h"

enum { QUERY_PARAMETERS_MAX = 16 };

struct query_parameter {
    struct bytes name; /* of the struct's own text, like value */
    struct bytes value;
    bool is_taken;
};

struct query {
    struct query_parameter parameters[QUERY_PARAMETERS_MAX];
    size_t count;
    struct buf text;
};

/* "a=1&b=%2F"; a plus sign is a plus sign. A problem for broken escapes, repeated names and more
 * parameters than QUERY_PARAMETERS_MAX; cleanup in any case. */
MUST_USE bool query_init(struct query *out, struct bytes text, struct problem *problem);
void query_cleanup(struct query *query);

/* The value of a parameter, which counts as taken; false when it is not there. */
bool query_take(struct query *query, const char *name, struct bytes *out);

/* A decimal number within [min, max]; *out stays as it is when the parameter is not there. */
MUST_USE bool query_take_uint(struct query *query, const char *name, uint64_t *out, uint64_t min,
                              uint64_t max, struct problem *problem);

/* A problem naming the first parameter that nobody took: a misspelt filter must not be ignored. */
MUST_USE bool query_check_taken(const struct query *query, struct problem *problem);

#endif
