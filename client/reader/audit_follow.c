#include "client/reader/audit_follow.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/fetch/backoff.h"
#include "client/fetch/tile_reader.h"
#include "merkle/tile.h"
#include "schemas/key.h"
#include "schemas/tile_path.h"

struct follow;

/* One bundle on its way. */
struct slot {
    struct follow *follow;
    uint64_t bundle;
    bool wants_full; /* the partial bundle is gone: ask for the full one */
    bool is_done;    /* body holds the bundle */
    bool is_waiting; /* to be asked for again at retry_at_ns */
    uint64_t retry_at_ns;
    uint64_t give_up_ns;
    struct backoff backoff;
    struct buf body;
};

struct follow {
    const struct follow_options *options;
    struct fetcher *fetcher;
    struct slot slots[FOLLOW_WINDOW]; /* bundle b is in slot b % FOLLOW_WINDOW */
    uint64_t next_started;
    uint64_t next_taken;
    uint64_t end;
    struct err failure; /* of a request, met in its callback */
};

/* How many entries bundle b has in the tree of this size. */
static unsigned bundle_width(uint64_t bundle, uint64_t size)
{
    return tile_width((struct tile_id){.level = 0, .index = bundle}, size);
}

static void bundle_arrived(void *context, struct fetch_reply *reply);

static bool start_slot(struct slot *slot, struct err *err)
{
    struct follow *follow = slot->follow;
    uint64_t size = follow->options->size;
    unsigned width = slot->wants_full ? TILE_WIDTH : bundle_width(slot->bundle, size);
    struct tile_path path = {
        .is_entries = true, .tile = {.level = 0, .index = slot->bundle}, .width = width};
    struct buf text = {0};
    struct fetch_request request = {
        .reply_len_max = tile_len_max(true, width),
        .timeout_ms = FOLLOW_TIMEOUT_MS,
        .done = bundle_arrived,
        .context = slot,
    };
    bool ok;

    slot->is_waiting = false;
    tile_path_append(&text, &path);
    request.path = buf_text(&text);
    ok = fetch_start(follow->fetcher, &request, err);
    buf_cleanup(&text);
    return ok;
}

static void plan_retry(struct slot *slot, const struct fetch_reply *reply)
{
    struct err *failure = &slot->follow->failure;
    uint32_t random = 0;

    if (!slot->follow->fetcher->is_remote || !fetch_may_pass(reply) ||
        clock_monotonic_ns() > slot->give_up_ns) {
        fetch_explain(reply, "entry bundle", failure);
        err_wrap(failure, "bundle %" PRIu64, slot->bundle);
        return;
    }
    if (!random_fill((uint8_t *)&random, sizeof(random), failure))
        return;
    slot->is_waiting = true;
    slot->retry_at_ns = clock_monotonic_ns() +
                        backoff_next_ms(&slot->backoff, reply->retry_after_s, random) * 1000000;
}

static void bundle_arrived(void *context, struct fetch_reply *reply)
{
    struct slot *slot = context;

    if (reply->status == 200) {
        slot->body = reply->body;
        reply->body = (struct buf){0};
        slot->is_done = true;
    } else if (reply->status == 404 && !slot->wants_full &&
               bundle_width(slot->bundle, slot->follow->options->size) < TILE_WIDTH) {
        slot->wants_full = true;
        slot->is_waiting = true;
        slot->retry_at_ns = 0;
    } else {
        plan_retry(slot, reply);
    }
}

static bool start_more(struct follow *follow, struct err *err)
{
    uint64_t now_ns = clock_monotonic_ns();
    unsigned window =
        follow->options->window == 0 ? FOLLOW_WINDOW : follow->options->window;

    for (uint64_t bundle = follow->next_taken; bundle < follow->next_started; bundle++) {
        struct slot *slot = &follow->slots[bundle % FOLLOW_WINDOW];

        if (slot->is_waiting && slot->retry_at_ns <= now_ns && !start_slot(slot, err))
            return false;
    }
    while (follow->next_started < follow->end &&
           follow->next_started - follow->next_taken < window) {
        struct slot *slot = &follow->slots[follow->next_started % FOLLOW_WINDOW];

        *slot = (struct slot){.follow = follow,
                              .bundle = follow->next_started,
                              .give_up_ns = now_ns + (uint64_t)follow->options->retry_ms * 1000000};
        if (!start_slot(slot, err))
            return false;
        follow->next_started++;
    }
    return true;
}

static bool take_slot(const struct follow *follow, const struct slot *slot, struct err *err)
{
    const struct follow_options *options = follow->options;
    uint64_t first = slot->bundle * TILE_WIDTH;
    struct followed_bundle bundle = {
        .content = bytes_of_buf(&slot->body),
        .begin_index = first < options->begin ? options->begin : first,
        .count = bundle_width(slot->bundle, options->size),
    };

    bundle.skip = (size_t)(bundle.begin_index - first);
    return options->take(options->context, &bundle, err);
}

/* Takes the bundles that are here and next in order. */
static bool take_ready(struct follow *follow, struct err *err)
{
    while (follow->next_taken < follow->next_started) {
        struct slot *slot = &follow->slots[follow->next_taken % FOLLOW_WINDOW];
        bool ok;

        if (!slot->is_done)
            return true;
        ok = take_slot(follow, slot, err);
        buf_cleanup(&slot->body);
        slot->is_done = false;
        follow->next_taken++;
        if (!ok)
            return false;
    }
    return true;
}

static bool run(struct follow *follow, struct err *err)
{
    const atomic_bool *stop = follow->options->stop;

    while (follow->next_taken < follow->end) {
        if (stop != NULL && atomic_load(stop))
            return err_set(err, ERR_BUSY, "told to stop");
        if (!start_more(follow, err) || !fetch_run(follow->fetcher, -1, 100, err))
            return false;
        if (follow->failure.code != ERR_NONE) {
            *err = follow->failure;
            return false;
        }
        if (!take_ready(follow, err))
            return false;
    }
    return true;
}

/* Its own fetcher: what is under way when a bundle turns out bad is dropped with it. */
bool bundles_follow(const struct follow_options *options, struct err *err)
{
    struct follow *follow = mem_alloc(sizeof(*follow));
    bool ok;

    CHECK(options->begin <= options->end && options->end <= options->size);
    CHECK(options->window <= FOLLOW_WINDOW);
    follow->options = options;
    follow->next_taken = options->begin / TILE_WIDTH;
    follow->next_started = follow->next_taken;
    follow->end = options->begin == options->end
                      ? follow->next_taken
                      : options->end / TILE_WIDTH + (options->end % TILE_WIDTH != 0);
    ok = fetch_open(&follow->fetcher, options->url, err) && run(follow, err);
    fetch_close(follow->fetcher);
    for (size_t i = 0; i < FOLLOW_WINDOW; i++)
        buf_cleanup(&follow->slots[i].body);
    free(follow);
    return ok;
}
