#include "server/transport/route.h"

#include <stdio.h>
#include <string.h>

#include "server/transport/reply.h"
#include "server/transport/transport.h"
#include "server/transport/worker.h"

size_t endpoint_number(const struct role *role, const struct endpoint *endpoint)
{
    return endpoint == NULL ? role->endpoint_count : (size_t)(endpoint - role->endpoints);
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
    const struct role *role = request->worker->transport->role;
    char allowed[32] = "";
    const struct endpoint *other = NULL;

    for (size_t i = 0; i < role->endpoint_count; i++) {
        const struct endpoint *endpoint = &role->endpoints[i];

        if ((endpoint->variants & role->variant) == 0 ||
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
        return problem_set(problem, PROBLEM_NOT_FOUND, "This %s has nothing at this path.",
                           role->noun);
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
