#include "server/http/route.h"

#include <stdio.h>
#include <string.h>

#include "schemas/statement.h"
#include "server/http/endpoints.h"
#include "server/http/reply.h"

/* A run document is read in one go, and becomes several times as long. */
enum { BATCH_LEN_MAX = 8 * 1024 * 1024, GATE_LEN_MAX = 16 * 1024, RUN_LEN_MAX = 1024 * 1024 };

/* Those that are asked for most come first. */
static const struct endpoint table[] = {
    {METHOD_POST, "/add", add_post, STORE_ENTRY_LEN_MAX, IN_OPAQUE_LOGS},
    {METHOD_POST, "/entries", statement_post, STATEMENT_LEN_MAX, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/checkpoint", checkpoint_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/tile/{path...}", tile_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/proof/inclusion/{index}/{size}", inclusion_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/proof/consistency/{old}/{new}", consistency_get, 0, IN_ALL_LOGS},
    {METHOD_POST, "/v1/batch", batch_post, BATCH_LEN_MAX, IN_EVIDENCE_LOGS},
    {METHOD_POST, "/v1/gate", gate_post, GATE_LEN_MAX, IN_EVIDENCE_LOGS},
    {METHOD_POST, "/v1/runs", runs_post, RUN_LEN_MAX, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/entries/{index}", entry_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/records/{kind}/{value...}", records_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/rules", rules_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/rules/{name}", rule_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/runs/{run}", run_state_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/v1/stream", stream_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/v1/checkpoint/latest", checkpoint_latest_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/entries/{id}", receipt_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/entries/{id}/statement", statement_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/.well-known/scitt-keys", keys_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/.well-known/scitt-keys/{kid}", key_get, 0, IN_EVIDENCE_LOGS},
    {METHOD_GET, "/metrics", metrics_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/healthz", health_get, 0, IN_ALL_LOGS},
    {METHOD_GET, "/readyz", ready_get, 0, IN_ALL_LOGS},
};

enum { TABLE_COUNT = sizeof(table) / sizeof(table[0]) };

_Static_assert((int)TABLE_COUNT < (int)ENDPOINTS_MAX,
               "metrics have a slot for each endpoint, and one for none");

const struct endpoint *endpoints(size_t *out_count)
{
    *out_count = TABLE_COUNT;
    return table;
}

size_t endpoint_number(const struct endpoint *endpoint)
{
    return endpoint == NULL ? TABLE_COUNT : (size_t)(endpoint - table);
}

/* Takes the segment at the start of path, up to the next slash. */
static struct bytes take_segment(struct bytes *path)
{
    size_t len = 0;
    struct bytes segment;

    while (len < path->len && path->data[len] != '/')
        len++;
    segment = bytes_slice(*path, 0, len);
    *path = bytes_slice(*path, len, path->len);
    return segment;
}

/* One "{name}" or "{name...}" of a pattern; returns what follows it, or NULL: does not match. */
static const char *match_parameter(const char *pattern, struct bytes *path, struct bytes *out)
{
    const char *end = strchr(pattern, '}');

    if (end[-1] == '.') {
        *out = *path;
        *path = bytes_slice(*path, path->len, path->len);
    } else {
        *out = take_segment(path);
    }
    return out->len == 0 ? NULL : end + 1;
}

static bool match(const char *pattern, struct bytes path, struct bytes *out_parameters)
{
    size_t count = 0;

    while (*pattern != 0) {
        if (*pattern == '{') {
            CHECK(count < REQUEST_PARAMETERS_MAX);
            pattern = match_parameter(pattern, &path, &out_parameters[count++]);
            if (pattern == NULL)
                return false;
            continue;
        }
        if (path.len == 0 || path.data[0] != (uint8_t)*pattern)
            return false;
        path = bytes_slice(path, 1, path.len);
        pattern++;
    }
    return path.len == 0;
}

static bool exists_in(const struct endpoint *endpoint, enum log_kind kind)
{
    unsigned bit = kind == LOG_EVIDENCE ? IN_EVIDENCE_LOGS : IN_OPAQUE_LOGS;

    return (endpoint->log_kinds & bit) != 0;
}

static bool serves(const struct endpoint *endpoint, enum http_method method)
{
    return endpoint->method == method || (endpoint->method == METHOD_GET && method == METHOD_HEAD);
}

static void allow(char *list, size_t list_len, const struct endpoint *endpoint)
{
    size_t len = strlen(list);

    snprintf(list + len, list_len - len, "%s%s", len == 0 ? "" : ", ",
             endpoint->method == METHOD_GET ? "GET, HEAD" : "POST");
}

bool route_find(struct request *request, struct problem *problem)
{
    char allowed[32] = "";
    const struct endpoint *other = NULL;

    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct endpoint *endpoint = &table[i];

        if (!exists_in(endpoint, request->service->kind) ||
            !match(endpoint->pattern, request->path, request->parameters))
            continue;
        if (serves(endpoint, request->method)) {
            request->endpoint = endpoint;
            return true;
        }
        other = endpoint;
        allow(allowed, sizeof(allowed), endpoint);
    }
    if (other == NULL)
        return problem_set(problem, PROBLEM_NOT_FOUND, "This log has nothing at this path.");
    problem_set(problem, PROBLEM_METHOD, "%s does not take this method.", other->pattern);
    return problem_add(problem, NULL, NULL, allowed);
}

static bool check_body(const struct request *request, struct problem *problem)
{
    size_t len_max = request->endpoint->body_len_max;

    if (request->body.len <= len_max)
        return true;
    if (len_max == 0)
        return problem_set(problem, PROBLEM_TOO_LARGE, "%s takes no body.",
                           request->endpoint->pattern);
    return problem_set(problem, PROBLEM_TOO_LARGE, "The body has %zu bytes, %s takes at most %zu.",
                       request->body.len, request->endpoint->pattern, len_max);
}

void route_dispatch(struct request *request)
{
    struct problem problem = {0};

    if (!route_find(request, &problem) || !check_body(request, &problem) ||
        !request->endpoint->handle(request, &problem))
        reply_send_problem(request, &problem);
}
