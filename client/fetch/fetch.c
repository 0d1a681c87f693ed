#include "client/fetch/fetch.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "client/fetch/backoff.h"
#include "schemas/key.h"
#include "schemas/problem.h"

bool fetch_open(struct fetcher **out, const char *url_or_directory, struct err *err)
{
    struct bytes text = bytes_of_text(url_or_directory);

    if (bytes_start_with(text, bytes_of_text("http://")) ||
        bytes_start_with(text, bytes_of_text("https://")))
        return fetch_open_http(out, url_or_directory, err);
    if (strstr(url_or_directory, "://") != NULL)
        return err_set(err, ERR_INVALID, "%s: only http://, https:// and directories are known",
                       url_or_directory);
    return fetch_open_directory(out, url_or_directory, err);
}

void fetch_close(struct fetcher *fetcher)
{
    if (fetcher != NULL)
        fetcher->ops->close(fetcher);
}

bool fetch_start(struct fetcher *fetcher, const struct fetch_request *request, struct err *err)
{
    CHECK(request->done != NULL && strlen(request->path) < FETCH_PATH_LEN_MAX);
    return fetcher->ops->start(fetcher, request, err);
}

bool fetch_run(struct fetcher *fetcher, int wake_fd, unsigned timeout_ms, struct err *err)
{
    return fetcher->ops->run(fetcher, wake_fd, timeout_ms, err);
}

bool fetch_may_pass(const struct fetch_reply *reply)
{
    if (reply->status == 0)
        return reply->err.code != ERR_INVALID; /* too long once is too long again */
    return reply->status == 408 || reply->status == 429 || reply->status >= 500;
}

static enum err_code code_of(const struct fetch_reply *reply)
{
    if (fetch_may_pass(reply))
        return ERR_BUSY;
    return reply->status == 404 ? ERR_NOT_FOUND : ERR_REFUSED;
}

bool fetch_explain(const struct fetch_reply *reply, const char *path, struct err *err)
{
    struct problem problem = {0};
    struct err ignored = {0};
    struct buf text = {0};

    if (reply->status == 0) {
        err_set(err, reply->err.code == ERR_NONE ? ERR_BUSY : reply->err.code, "%s",
                reply->err.text);
        return err_wrap(err, "%s", path);
    }
    buf_append_format(&text, "%s: status %u", path, reply->status);
    if (problem_decode(&problem, bytes_of_buf(&reply->body), &ignored)) {
        if (problem.kind != PROBLEM_NONE)
            buf_append_format(&text, ", %s", problem_code_of(&problem));
        buf_append_format(&text, ": %s", problem.detail);
        if (problem.rule[0] != '\0')
            buf_append_format(&text, " (rule %s)", problem.rule);
        if (problem.path[0] != '\0')
            buf_append_format(&text, " (at %s)", problem.path);
        if (problem.have[0] != '\0')
            buf_append_format(&text, " (have %s)", problem.have);
        if (problem.want[0] != '\0')
            buf_append_format(&text, " (want %s)", problem.want);
    }
    err_set(err, code_of(reply), "%s", buf_text(&text));
    buf_cleanup(&text);
    return false;
}

/* A request that somebody waits for. */
struct waiting {
    struct fetch_reply *reply;
    bool is_done;
};

static void take_reply(void *context, struct fetch_reply *reply)
{
    struct waiting *waiting = context;

    *waiting->reply = *reply;
    reply->body = (struct buf){0};
    waiting->is_done = true;
}

static bool is_stopped(const struct fetcher *fetcher)
{
    return fetcher->stop != NULL && atomic_load(fetcher->stop);
}

static bool call_once(struct fetcher *fetcher, struct fetch_reply *out,
                      const struct fetch_request *request, struct err *err)
{
    struct fetch_request once = *request;
    struct waiting waiting = {.reply = out};

    buf_cleanup(&out->body);
    once.done = take_reply;
    once.context = &waiting;
    if (!fetch_start(fetcher, &once, err))
        return false;
    while (!waiting.is_done) {
        if (is_stopped(fetcher))
            return err_set(err, ERR_BUSY, "%s: stopped", request->path);
        if (!fetch_run(fetcher, -1, 1000, err))
            return false;
    }
    return true;
}

bool fetch_call(struct fetcher *fetcher, struct fetch_reply *out,
                const struct fetch_request *request, unsigned retry_ms, struct err *err)
{
    uint64_t give_up_ns = clock_monotonic_ns() + (uint64_t)retry_ms * 1000000;
    struct backoff backoff = {0};

    *out = (struct fetch_reply){0};
    for (;;) {
        uint32_t random = 0;
        uint64_t wait_ms;

        if (!call_once(fetcher, out, request, err))
            return false;
        if (out->status == 200 || out->status == 201)
            return true;
        if (!random_fill((uint8_t *)&random, sizeof(random), err))
            return false;
        wait_ms = backoff_next_ms(&backoff, out->retry_after_s, random);
        if (!fetcher->is_remote || !fetch_may_pass(out) || is_stopped(fetcher) ||
            clock_monotonic_ns() + wait_ms * 1000000 > give_up_ns)
            return fetch_explain(out, request->path, err);
        poll(NULL, 0, (int)wait_ms);
    }
}

bool fetch_get(struct fetcher *fetcher, struct fetch_reply *out, const char *path,
               const char *accept, size_t reply_len_max, struct err *err)
{
    struct fetch_request request = {.path = path, .accept = accept, .reply_len_max = reply_len_max};

    return fetch_call(fetcher, out, &request, FETCH_READ_RETRY_MS, err);
}
