#include "server/cosigning/finding_reply.h"

#include <inttypes.h>
#include <stdio.h>

#include "server/transport/reply.h"

bool finding_refuse(struct problem *problem, enum examine_finding finding, const char *what,
                    const struct err *err)
{
    static const enum problem_kind kinds[FINDINGS] = {
        [FINDING_MALFORMED] = PROBLEM_PARAMETER,
        [FINDING_UNKNOWN_LOG] = PROBLEM_NOT_FOUND,
        [FINDING_UNSIGNED] = PROBLEM_SIGNATURE,
        [FINDING_CONFLICT] = PROBLEM_CONFLICT,
        [FINDING_INCONSISTENT] = PROBLEM_INCONSISTENT,
    };

    return problem_set(problem, kinds[finding], "Not %s: %s.", what, err->text);
}

void finding_send_size(struct request *request, uint64_t size)
{
    struct reply reply = {.status = 409, .media = MEDIA_TLOG_SIZE, .cache_control = CACHE_NONE};
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", size);

    reply.body = bytes_of(text, (size_t)len);
    reply_send(request, &reply);
}
