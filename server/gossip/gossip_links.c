/* A thread for each peer, which exchanges heads with it whenever there is reason to. */
#include "server/gossip/gossip_parts.h"

#include <string.h>

enum { PEER_TIMEOUT_MS = 10000 };

static bool take_reply(struct gossip *gossip, size_t peer, struct bytes text, struct err *err)
{
    struct exchange_counts counts;
    bool ok;

    pthread_mutex_lock(&gossip->lock);
    ok = exchange_take(gossip->pool, peer, text, &counts, err);
    gossip_note_news(gossip, counts.results[POOL_HELD], counts.results[POOL_FORK]);
    pthread_mutex_unlock(&gossip->lock);
    gossip_count(gossip, peer, &counts);
    return ok;
}

static void exchange_with(struct gossip_link *link)
{
    struct gossip *gossip = link->gossip;
    struct fetch_request request = {.path = "gossip/v1/heads",
                                    .accept = "text/plain",
                                    .content_type = "text/plain",
                                    .reply_len_max = EXCHANGE_LEN_MAX,
                                    .timeout_ms = PEER_TIMEOUT_MS};
    struct fetch_reply reply = {0};
    struct buf body = {0};
    struct err err = {0};
    bool ok;

    pthread_mutex_lock(&gossip->lock);
    pool_append_heads(gossip->pool, &body, EXCHANGE_LEN_MAX);
    pthread_mutex_unlock(&gossip->lock);
    request.body = bytes_of_buf(&body);
    ok = fetch_call(link->fetcher, &reply, &request, 0, &err) &&
         take_reply(gossip, link->peer, bytes_of_buf(&reply.body), &err);
    if (!atomic_load(&gossip->stop))
        gossip_tell_failure(&link->has_failed, ok, "peer", gossip->options.peers[link->peer].name,
                            &err);
    buf_cleanup(&body);
    buf_cleanup(&reply.body);
}

static void *run(void *context)
{
    struct gossip_link *link = context;
    struct gossip *gossip = link->gossip;

    pthread_mutex_lock(&gossip->lock);
    while (!atomic_load(&gossip->stop)) {
        if (!link->is_due) {
            pthread_cond_wait(&gossip->wake, &gossip->lock);
            continue;
        }
        link->is_due = false;
        pthread_mutex_unlock(&gossip->lock);
        exchange_with(link);
        pthread_mutex_lock(&gossip->lock);
    }
    pthread_mutex_unlock(&gossip->lock);
    return NULL;
}

bool gossip_start_links(struct gossip *gossip, struct err *err)
{
    for (size_t i = 0; i < gossip->options.peer_count; i++) {
        const struct gossip_peer *peer = &gossip->options.peers[i];
        struct gossip_link *link = &gossip->links[i];
        int failure;

        link->gossip = gossip;
        link->peer = i;
        if (!fetch_open_http(&link->fetcher, peer->url, err))
            return err_wrap(err, "peer %.200s", peer->name);
        link->fetcher->stop = &gossip->stop;
        failure = pthread_create(&link->thread, NULL, run, link);
        if (failure != 0)
            return err_set_errno(err, ERR_IO, failure, "start a thread");
        link->is_running = true;
    }
    return true;
}

void gossip_join_links(struct gossip *gossip)
{
    for (size_t i = 0; i < gossip->options.peer_count; i++) {
        if (gossip->links[i].is_running)
            pthread_join(gossip->links[i].thread, NULL);
        fetch_close(gossip->links[i].fetcher);
    }
}

void gossip_meet_peers(struct gossip *gossip)
{
    pthread_mutex_lock(&gossip->lock);
    for (size_t i = 0; i < gossip->options.peer_count; i++)
        gossip->links[i].is_due = true;
    pthread_cond_broadcast(&gossip->wake);
    pthread_mutex_unlock(&gossip->lock);
}
