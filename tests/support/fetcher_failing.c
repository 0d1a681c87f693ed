#include "tests/support/fetcher_failing.h"

#include "base/check.h"

static bool start(struct fetcher *fetcher, const struct fetch_request *request, struct err *err)
{
    struct fetcher_failing *failing = (struct fetcher_failing *)fetcher;

    if (failing->answers_left > 0) {
        failing->answers_left--;
        return fetch_start(failing->below, request, err);
    }
    CHECK(failing->waiting_count < FETCHER_FAILING_WAITING_MAX);
    failing->waiting[failing->waiting_count++] = *request;
    return true;
}

static bool run(struct fetcher *fetcher, int wake_fd, unsigned timeout_ms, struct err *err)
{
    struct fetcher_failing *failing = (struct fetcher_failing *)fetcher;

    if (failing->waiting_count == 0)
        return fetch_run(failing->below, wake_fd, timeout_ms, err);
    while (failing->waiting_count > 0) {
        struct fetch_request request = failing->waiting[--failing->waiting_count];
        struct fetch_reply reply = {.status = 503};

        request.done(request.context, &reply);
        buf_cleanup(&reply.body);
    }
    return true;
}

static void close_nothing(struct fetcher *fetcher)
{
    (void)fetcher;
}

static const struct fetcher_ops ops = {.start = start, .run = run, .close = close_nothing};

void fetcher_failing_init(struct fetcher_failing *out, struct fetcher *below)
{
    *out = (struct fetcher_failing){
        .fetcher = {.ops = &ops}, .below = below, .answers_left = SIZE_MAX};
}
