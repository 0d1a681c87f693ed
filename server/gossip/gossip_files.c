/*
 * Two files and the fork proofs: `followed` has the heads that the logs themselves showed last, and
 * `heads` what would be sent to a peer. After a crash one may be newer than the other; both are
 * true.
 */
#include "server/gossip/gossip_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

static char *path_of(const struct gossip *gossip, const char *name)
{
    return mem_format("%s/%s", gossip->options.directory, name);
}

/*
 * Named after the log, of whose name any character may be in the way of a file name; no plus sign
 * is in it, which comes before the number of a further proof.
 */
static char *fork_path(const struct gossip *gossip, size_t log, unsigned number)
{
    struct buf name = {0};
    char *path;

    text_append_percent(&name, bytes_of_text(pool_origin(gossip->pool, log)), "");
    if (number > 0)
        buf_append_format(&name, "+%u", number + 1);
    path = mem_format("%s/%s.fork-proof", gossip->options.directory, buf_text(&name));
    buf_cleanup(&name);
    return path;
}

/* ERR_NOT_FOUND is a file that nobody wrote yet. */
static bool read_file(struct buf *out, char *path_take, size_t len_max, struct err *err)
{
    struct err why = {0};
    bool ok = file_read(out, path_take, len_max, &why) || why.code == ERR_NOT_FOUND;

    free(path_take);
    if (!ok)
        *err = why;
    return ok;
}

static bool load_items(struct gossip *gossip, const char *name,
                       enum pool_result (*give)(struct pool *pool, struct bytes note),
                       struct err *err)
{
    struct buf text = {0};
    struct bytes rest;
    struct bytes item;
    bool is_fork;
    bool ok = read_file(&text, path_of(gossip, name), EXCHANGE_LEN_MAX, err);

    /* What the policy no longer has, or was damaged, is of no use: it comes again. */
    for (rest = bytes_of_buf(&text); ok && rest.len > 0;) {
        struct err ignored = {0};

        if (!exchange_next(&rest, &item, &is_fork, &ignored))
            break;
        if (!is_fork)
            (void)give(gossip->pool, item);
    }
    buf_cleanup(&text);
    return ok;
}

/* Where one before it could not be kept it has another number now, and is told of under that. */
static bool load_fork(struct gossip *gossip, size_t log, unsigned number, struct err *err)
{
    struct buf text = {0};
    bool ok = read_file(&text, fork_path(gossip, log, number), POOL_FORK_LEN_MAX, err);

    if (ok && text.len > 0 && pool_keep_fork(gossip->pool, bytes_of_buf(&text)) == POOL_HELD &&
        pool_fork_numbered(gossip->pool, log, number).len > 0)
        gossip->logs[log].told_forks |= 1u << number;
    buf_cleanup(&text);
    return ok;
}

bool gossip_load(struct gossip *gossip, struct err *err)
{
    if (mkdir(gossip->options.directory, 0755) != 0 && errno != EEXIST)
        return err_set(err, ERR_IO, "%s: %s", gossip->options.directory, strerror(errno));
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++) {
        for (unsigned number = 0; number < POOL_FORKS_MAX; number++) {
            if (!load_fork(gossip, i, number, err))
                return false;
        }
    }
    return load_items(gossip, "followed", pool_follow, err) &&
           load_items(gossip, "heads", pool_keep, err);
}

static bool write_file(const struct gossip *gossip, const char *name, struct bytes content,
                       struct err *err)
{
    char *path = path_of(gossip, name);
    bool ok = file_write_durable(path, content, 0644, err);

    free(path);
    return ok;
}

void gossip_save(struct gossip *gossip)
{
    struct buf text = {0};
    struct err err = {0};
    size_t followed_len;

    pthread_mutex_lock(&gossip->lock);
    pool_append_bases(gossip->pool, &text);
    followed_len = text.len;
    pool_append_heads(gossip->pool, &text, EXCHANGE_LEN_MAX);
    pthread_mutex_unlock(&gossip->lock);
    if (!bytes_equal(bytes_of_buf(&text), bytes_of_buf(&gossip->saved))) {
        if (write_file(gossip, "followed", bytes_slice(bytes_of_buf(&text), 0, followed_len),
                       &err) &&
            write_file(gossip, "heads", bytes_slice(bytes_of_buf(&text), followed_len, text.len),
                       &err)) {
            buf_clear(&gossip->saved);
            buf_append_bytes(&gossip->saved, bytes_of_buf(&text));
        } else {
            diag_error("gossip-not-kept", "error=%s", err.text);
        }
    }
    buf_cleanup(&text);
}

/* path NULL: it is not kept. A proof that is there never changes: no lock is needed. */
static void pass_on(const struct gossip *gossip, size_t log, unsigned number, const char *path)
{
    struct gossip_fork fork = {.origin = pool_origin(gossip->pool, log),
                               .number = number,
                               .text = pool_fork_numbered(gossip->pool, log, number),
                               .path = path};

    if (gossip->options.convicted != NULL)
        gossip->options.convicted(gossip->options.context, &fork);
}

static bool is_told(const struct gossip *gossip, size_t log, unsigned number)
{
    return (gossip->logs[log].told_forks & 1u << number) != 0;
}

void gossip_tell_old_forks(struct gossip *gossip)
{
    for (size_t i = 0; i < pool_log_count(gossip->pool); i++) {
        for (unsigned number = 0; number < POOL_FORKS_MAX; number++) {
            char *path = fork_path(gossip, i, number);

            if (is_told(gossip, i, number))
                pass_on(gossip, i, number, path);
            free(path);
        }
    }
}

static void tell_fork(struct gossip *gossip, size_t log, unsigned number)
{
    struct bytes text = pool_fork_numbered(gossip->pool, log, number);
    char *path = fork_path(gossip, log, number);
    struct err err = {0};
    bool is_kept = file_write_durable(path, text, 0644, &err);

    if (is_kept)
        diag_error("fork", "log=%s proof=%s", pool_origin(gossip->pool, log), path);
    else
        diag_error("fork", "log=%s proof=not-kept error=%s", pool_origin(gossip->pool, log),
                   err.text);
    pass_on(gossip, log, number, is_kept ? path : NULL);
    gossip->logs[log].told_forks |= 1u << number;
    free(path);
}

bool gossip_tell_forks(struct gossip *gossip)
{
    bool found = false;

    for (size_t i = 0; i < pool_log_count(gossip->pool); i++) {
        for (unsigned number = 0; number < POOL_FORKS_MAX; number++) {
            bool is_new;

            pthread_mutex_lock(&gossip->lock);
            is_new = !is_told(gossip, i, number) &&
                     pool_fork_numbered(gossip->pool, i, number).len > 0;
            pthread_mutex_unlock(&gossip->lock);
            if (is_new)
                tell_fork(gossip, i, number);
            found = found || is_new;
        }
    }
    return found;
}
