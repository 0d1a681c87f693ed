#include "server/notify/notifier.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "client/fetch/outside_url.h"
#include "schemas/record.h"
#include "schemas/rules/mentions.h"
#include "schemas/statement.h"
#include "server/tlog/tlog_read.h"

enum {
    CURSOR_LEN_MAX = 32,
    CURSOR_EVERY = 4096, /* entries without a request after which the way is remembered */
};

/* One webhook and its thread. */
struct hook {
    struct notifier *notifier;
    const struct webhook_options *options;
    char *cursor_path;
    struct buf secret;
    pthread_t thread;
    bool is_running;
    /* its thread only */
    uint64_t next;  /* index of the next entry to look at */
    uint64_t saved; /* what the cursor file holds */
    struct buf entry;
    struct record_fields fields;
};

struct notifier {
    struct notifier_options options;
    struct hook hooks[WEBHOOKS_MAX];
    atomic_bool stop;
    _Atomic uint64_t delivered;
    _Atomic uint64_t dropped;
    /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    uint64_t size;
};

/* ---- the cursor ---- */

/* A file per URL and form, so that two webhooks never share one. */
static char *make_cursor_path(const struct notifier *notifier,
                              const struct webhook_options *webhook)
{
    struct buf name = {0};
    struct buf hex = {0};
    struct hash hash;
    char *path;

    buf_append_format(&name, "%s %s", notice_form_name(webhook->form), webhook->url);
    hash_sha256(&hash, bytes_of_buf(&name));
    text_append_hex(&hex, bytes_slice(hash_bytes(&hash), 0, 8));
    path = mem_format("%s/%s.next", notifier->options.directory, buf_text(&hex));
    buf_cleanup(&name);
    buf_cleanup(&hex);
    return path;
}

static bool read_cursor(struct hook *hook, uint64_t size, struct err *err)
{
    struct buf text = {0};
    bool ok = true;

    hook->next = size;
    if (file_exists(hook->cursor_path)) {
        ok = file_read(&text, hook->cursor_path, CURSOR_LEN_MAX, err) &&
             (text_parse_uint(&hook->next, bytes_of_buf(&text), TREE_SIZE_MAX) ||
              err_set(err, ERR_CORRUPT, "%s: not the number of an entry", hook->cursor_path));
        hook->saved = hook->next;
    }
    buf_cleanup(&text);
    return ok;
}

static void save_cursor(struct hook *hook)
{
    struct buf text = {0};
    struct err err = {0};

    buf_append_format(&text, "%" PRIu64, hook->next);
    if (file_write_durable(hook->cursor_path, bytes_of_buf(&text), 0600, &err))
        hook->saved = hook->next;
    else
        diag_error("webhook-cursor-failed", "%s", err.text); /* told again after a restart */
    buf_cleanup(&text);
}

/* ---- waiting ---- */

/* Until that time or the end of the notifier. */
static void wait_ms(struct notifier *notifier, uint64_t ms)
{
    struct timespec until = condition_deadline(ms);

    pthread_mutex_lock(&notifier->lock);
    while (!atomic_load(&notifier->stop) &&
           pthread_cond_timedwait(&notifier->wake, &notifier->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&notifier->lock);
}

/* The published size, once it is beyond what the hook has seen; false at the end. */
static bool wait_for_more(struct hook *hook, uint64_t *out_size)
{
    struct notifier *notifier = hook->notifier;

    pthread_mutex_lock(&notifier->lock);
    while (!atomic_load(&notifier->stop) && notifier->size <= hook->next)
        pthread_cond_wait(&notifier->wake, &notifier->lock);
    *out_size = notifier->size;
    pthread_mutex_unlock(&notifier->lock);
    return !atomic_load(&notifier->stop);
}

/* ---- one notice ---- */

/* Attempts until it is delivered or given up; false when the notifier ends before. */
static bool deliver(struct hook *hook, const struct notice *notice, struct bytes body)
{
    struct notifier *notifier = hook->notifier;
    const struct notifier_options *options = &notifier->options;
    uint64_t begin_ns = clock_monotonic_ns();
    uint64_t pause_ms = options->retry_first_ms;
    bool is_done = false;
    struct buf id = {0};
    struct post post = {.url = hook->options->url,
                        .secret = bytes_of_buf(&hook->secret),
                        .id_header = "Vouch-Entry",
                        .body = body,
                        .stop = &notifier->stop};

    text_append_hex(&id, hash_bytes(&notice->entry_id));
    post.id = buf_text(&id);
    while (!is_done && !atomic_load(&notifier->stop)) {
        struct err err = {0};

        post.now_s = clock_unix_ms(clock_system()) / 1000;
        if (options->poster->post(options->poster, &post, &err)) {
            atomic_fetch_add(&notifier->delivered, 1);
            is_done = true;
        } else if (err.code == ERR_REFUSED ||
                   clock_monotonic_ns() - begin_ns > options->give_up_ms * 1000000) {
            diag_error("webhook-dropped", "index=%" PRIu64 " url=%.200s: %s", notice->index,
                       hook->options->url, err.text);
            atomic_fetch_add(&notifier->dropped, 1);
            is_done = true;
        } else {
            diag_warn("webhook-retry", "index=%" PRIu64 " url=%.200s in_ms=%" PRIu64 ": %s",
                      notice->index, hook->options->url, pause_ms, err.text);
            wait_ms(notifier, pause_ms);
            pause_ms =
                pause_ms * 2 < options->retry_most_ms ? pause_ms * 2 : options->retry_most_ms;
        }
    }
    buf_cleanup(&id);
    return is_done;
}

static bool tell(struct hook *hook, const struct hash *entry_id, struct bytes record)
{
    struct notice notice = {.origin = hook->notifier->options.origin,
                            .index = hook->next,
                            .entry_id = *entry_id};
    struct buf body = {0};
    struct err err = {0};
    bool ok = true;

    if (record_fields_read(&hook->fields, record, &err)) {
        notice.record = hook->fields.fields;
        if (notice_append(&body, &notice, hook->options->form, &err))
            ok = deliver(hook, &notice, bytes_of_buf(&body));
    }
    if (err.code != ERR_NONE)
        diag_error("webhook-notice-failed", "index=%" PRIu64 ": %s", hook->next, err.text);
    buf_cleanup(&body);
    return ok;
}

/* Tells about every request in the entry at hook->next. */
static bool tell_entry(struct hook *hook, struct err *err)
{
    struct record_reader reader;
    struct statement statement;
    struct problem problem = {0};
    struct record record;
    struct hash entry_id;
    size_t count;
    bool ok = true;

    buf_clear(&hook->entry);
    if (!tlog_read_entry(hook->notifier->options.store, &hook->entry, &entry_id, hook->next, err))
        return false;
    if (!statement_decode_form(&statement, bytes_of_buf(&hook->entry), &problem) ||
        !record_check_payload(statement.cose.payload, &count, &problem))
        return err_set(err, ERR_CORRUPT, "entry %" PRIu64 ": %s", hook->next, problem.detail);
    reader = record_reader_of(statement.cose.payload);
    while (ok && record_next(&reader, &record)) {
        if (record_type_find(record.type) == RECORD_APPROVAL_REQUEST)
            ok = tell(hook, &entry_id, record.encoded);
    }
    return ok;
}

/* ---- the way through the log ---- */

/* Which of the entries [64 n, 64 n + 64) hold an approval-request. */
static bool read_requests(struct hook *hook, uint64_t block, uint64_t *out, struct err *err)
{
    struct fact_key list =
        mention_key(MENTION_TYPE, bytes_of_text(record_type_name(RECORD_APPROVAL_REQUEST)));
    struct fact_key key = fact_key_item(&list, block);
    struct buf value = {0};
    bool found = false;
    bool ok = store_get_fact(hook->notifier->options.store, bytes_of(key.bytes, key.len), &value,
                             &found, err);

    *out = 0;
    if (ok && found)
        ok = value.len == 8 || err_set(err, ERR_CORRUPT, "mentions of approval-requests");
    if (ok && found)
        *out = read_be64(value.data);
    buf_cleanup(&value);
    return ok;
}

/* From hook->next up to size or the end of its block; false at an error or the end. */
static bool walk_block(struct hook *hook, uint64_t size, struct err *err)
{
    uint64_t block = hook->next / MENTION_BLOCK;
    uint64_t end = size < (block + 1) * MENTION_BLOCK ? size : (block + 1) * MENTION_BLOCK;
    uint64_t requests;

    if (!read_requests(hook, block, &requests, err))
        return false;
    while (hook->next < end) {
        bool has_request = (requests >> (hook->next % MENTION_BLOCK) & 1) != 0;

        if (has_request && !tell_entry(hook, err))
            return false;
        hook->next++;
        if (has_request || hook->next - hook->saved >= CURSOR_EVERY)
            save_cursor(hook);
    }
    return true;
}

static void *run(void *argument)
{
    struct hook *hook = argument;
    struct err err = {0};
    uint64_t size;

    while (wait_for_more(hook, &size)) {
        while (hook->next < size && !atomic_load(&hook->notifier->stop) &&
               walk_block(hook, size, &err)) {
        }
        if (err.code != ERR_NONE) {
            diag_error("webhook-stopped", "url=%.200s: %s", hook->options->url, err.text);
            return NULL;
        }
    }
    return NULL;
}

/* ---- start and stop ---- */

static bool start_hook(struct hook *hook, uint64_t size, struct err *err)
{
    int error;

    hook->cursor_path = make_cursor_path(hook->notifier, hook->options);
    if (!outside_url_check(hook->options->url, err) || !post_read_secret(&hook->secret, hook->options->secret_file, err) ||
        !read_cursor(hook, size, err))
        return err_wrap(err, "webhook %.200s", hook->options->url);
    if (hook->saved != hook->next || !file_exists(hook->cursor_path))
        save_cursor(hook);
    error = pthread_create(&hook->thread, NULL, run, hook);
    if (error != 0)
        return err_set_errno(err, ERR_IO, error, "start the thread of a webhook");
    hook->is_running = true;
    return true;
}

bool notifier_start(struct notifier **out, const struct notifier_options *options, uint64_t size,
                    struct err *err)
{
    struct notifier *notifier = mem_alloc(sizeof(*notifier));
    bool ok = true;

    CHECK(options->webhook_count <= WEBHOOKS_MAX);
    notifier->options = *options;
    notifier->size = size;
    CHECK(pthread_mutex_init(&notifier->lock, NULL) == 0);
    condition_init(&notifier->wake);
    if (options->webhook_count > 0 && mkdir(options->directory, 0700) != 0 && errno != EEXIST)
        ok = err_set_errno(err, ERR_IO, errno, "%s", options->directory);
    for (size_t i = 0; ok && i < options->webhook_count; i++) {
        struct hook *hook = &notifier->hooks[i];

        hook->notifier = notifier;
        hook->options = &options->webhooks[i];
        ok = start_hook(hook, size, err);
    }
    if (!ok) {
        notifier_stop(notifier);
        return false;
    }
    *out = notifier;
    return true;
}

void notifier_advance(struct notifier *notifier, uint64_t size)
{
    if (notifier == NULL)
        return;
    pthread_mutex_lock(&notifier->lock);
    notifier->size = size;
    pthread_mutex_unlock(&notifier->lock);
    pthread_cond_broadcast(&notifier->wake);
}

static bool post_alert(const struct hook *hook, const struct alert *alert,
                       const atomic_bool *stop, struct err *err)
{
    const struct notifier_options *options = &hook->notifier->options;
    struct buf body = {0};
    bool ok = notice_append_alert(&body, alert, hook->options->form, err);

    ok = ok && options->poster->post(options->poster,
                                     &(struct post){
                                         .url = hook->options->url,
                                         .secret = bytes_of_buf(&hook->secret),
                                         .id_header = "Vouch-Alert",
                                         .id = alert->event,
                                         .now_s = clock_unix_ms(clock_system()) / 1000,
                                         .body = bytes_of_buf(&body),
                                         .stop = stop,
                                     },
                                     err);
    buf_cleanup(&body);
    return ok;
}

void notifier_alert(struct notifier *notifier, const char *event, const char *text,
                    const atomic_bool *stop)
{
    for (size_t i = 0; notifier != NULL && i < notifier->options.webhook_count; i++) {
        const struct alert alert = {event, notifier->options.origin, text};
        const struct hook *hook = &notifier->hooks[i];
        struct err err = {0};

        if (!post_alert(hook, &alert, stop, &err))
            diag_warn("webhook-alert-failed", "url=%.200s: %s", hook->options->url, err.text);
    }
}

uint64_t notifier_delivered(const struct notifier *notifier)
{
    return atomic_load(&notifier->delivered);
}

uint64_t notifier_dropped(const struct notifier *notifier)
{
    return atomic_load(&notifier->dropped);
}

static void hook_cleanup(struct hook *hook)
{
    if (hook->is_running)
        pthread_join(hook->thread, NULL);
    free(hook->cursor_path);
    if (hook->secret.len > 0)
        explicit_bzero(hook->secret.data, hook->secret.len);
    buf_cleanup(&hook->secret);
    buf_cleanup(&hook->entry);
    record_fields_cleanup(&hook->fields);
}

void notifier_stop(struct notifier *notifier)
{
    if (notifier == NULL)
        return;
    pthread_mutex_lock(&notifier->lock);
    atomic_store(&notifier->stop, true);
    pthread_mutex_unlock(&notifier->lock);
    pthread_cond_broadcast(&notifier->wake);
    for (size_t i = 0; i < WEBHOOKS_MAX; i++)
        hook_cleanup(&notifier->hooks[i]);
    pthread_cond_destroy(&notifier->wake);
    pthread_mutex_destroy(&notifier->lock);
    free(notifier);
}
