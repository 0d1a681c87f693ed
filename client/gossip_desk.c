#include "client/gossip_desk.h"

#include <string.h>

#include "client/gossip/exchange.h"
#include "client/reader/prefix_reader.h"

enum { WANTS_MAX = 64 };

static const char PATH[] = "gossip/v1/heads";

/* Sends what the client's own pool has, and gives it what comes back. */
static bool exchange(struct fetcher *member, struct pool *pool, struct err *err)
{
    struct fetch_request request = {.path = PATH,
                                    .accept = "text/plain",
                                    .content_type = "text/plain",
                                    .reply_len_max = EXCHANGE_LEN_MAX};
    struct exchange_counts counts;
    struct fetch_reply reply = {0};
    struct buf body = {0};
    bool ok;

    pool_append_heads(pool, &body, EXCHANGE_LEN_MAX);
    request.body = bytes_of_buf(&body);
    ok = fetch_call(member, &reply, &request, FETCH_READ_RETRY_MS, err) &&
         exchange_take(pool, 0, bytes_of_buf(&reply.body), &counts, err);
    buf_cleanup(&body);
    buf_cleanup(&reply.body);
    return ok;
}

/* What the member's heads should be, as the log's tiles tell the client. */
static void ask_log(struct fetcher *log, struct pool *pool)
{
    struct pool_want wants[WANTS_MAX];
    size_t count = pool_wanted(pool, wants, WANTS_MAX);

    for (size_t i = 0; i < count; i++) {
        struct err ignored = {0};
        struct proof path;

        if (!log_read_prefix(log, &path, wants[i].old_size, wants[i].new_size, &ignored))
            return; /* what cannot be read convicts nobody */
        (void)pool_answer(pool, &wants[i], &path);
    }
}

static struct bytes fork_of(const struct pool *pool)
{
    struct bytes fork = {0};

    for (size_t i = 0; i < pool_log_count(pool) && fork.len == 0; i++)
        fork = pool_fork(pool, i);
    return fork;
}

static bool visit_with(const struct gossip_visit *visit, struct fetcher *member,
                       struct pool *pool, struct buf *out_fork, struct err *err)
{
    enum pool_result result = pool_follow(pool, visit->note);

    if (result != POOL_HELD && result != POOL_KNOWN)
        return err_set(err, ERR_INVALID, "this head cannot be handed in: %s",
                       pool_result_name(result));
    if (!exchange(member, pool, err))
        return false;
    if (fork_of(pool).len == 0) {
        ask_log(visit->log, pool);
        if (fork_of(pool).len > 0 && !exchange(member, pool, err))
            return false;
    }
    buf_append_bytes(out_fork, fork_of(pool));
    return true;
}

bool gossip_visit(const struct gossip_visit *visit, struct buf *out_fork, struct err *err)
{
    static const char *const SOURCES[] = {"member"};
    struct pool_options options = {.policy = visit->policy,
                                   .name = "client",
                                   .source_names = SOURCES,
                                   .source_count = 1,
                                   .clock = clock_system()};
    struct fetcher *member = NULL;
    struct pool *pool;
    bool ok;

    if (!fetch_open_http(&member, visit->url, err))
        return err_wrap(err, "--gossip");
    pool = pool_new(&options);
    ok = visit_with(visit, member, pool, out_fork, err) || err_wrap(err, "--gossip %s", visit->url);
    pool_free(pool);
    fetch_close(member);
    return ok;
}
