#include "server/role/mirror/log_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/file.h"

static void free_set(struct snapshot *snapshot)
{
    struct log_set *set = (struct log_set *)snapshot;

    for (size_t i = 0; i < set->count; i++)
        followed_log_release(set->logs[i]);
    if (set->list != NULL)
        snapshot_release(&set->list->snapshot);
    free(set);
}

struct followed_log *log_set_find(const struct log_set *set, struct bytes id)
{
    for (size_t i = 0; i < set->count; i++) {
        if (bytes_equal_text(id, set->logs[i]->id))
            return set->logs[i];
    }
    return NULL;
}

struct followed_log *log_set_find_origin(const struct log_set *set, const char *origin)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(followed_log_origin(set->logs[i]), origin) == 0)
            return set->logs[i];
    }
    return NULL;
}

static bool is_same(const struct mirror_log *a, const struct mirror_log *b)
{
    return bytes_equal(bytes_of_buf(&a->text), bytes_of_buf(&b->text));
}

/* The running log that is listed as `log` is; NULL: none. */
static struct followed_log *find_same(const struct log_set *before, const struct mirror_log *log)
{
    struct followed_log *found =
        before == NULL ? NULL : log_set_find_origin(before, log->policy.logs[0].verifier.name);

    return found != NULL && is_same(&found->log, log) ? found : NULL;
}

/* Before others are started: what is listed otherwise now has its copy still. */
static void stop_others(const struct log_set *before, const struct mirror_logs *logs)
{
    for (size_t i = 0; before != NULL && i < before->count; i++) {
        bool is_kept = false;

        for (size_t k = 0; k < logs->count; k++)
            is_kept = is_kept || find_same(before, &logs->logs[k]) == before->logs[i];
        if (!is_kept)
            followed_log_stop(before->logs[i]);
    }
}

static bool add(struct log_set *set, const struct log_set *before, struct mirror_log *log,
                const struct followed_log_options *options, struct err *err)
{
    struct followed_log *same = find_same(before, log);

    if (same != NULL)
        set->logs[set->count] = followed_log_hold(same);
    else if (!followed_log_start(&set->logs[set->count], log, options, err))
        return false;
    set->count++;
    return true;
}

static bool fill(struct log_set *set, const struct log_set *before, struct mirror_logs *logs,
                 const struct followed_log_options *options, struct err *err)
{
    for (size_t i = 0; i < logs->count; i++) {
        struct err why = {0};

        if (add(set, before, &logs->logs[i], options, &why))
            continue;
        if (before == NULL) {
            *err = why;
            return false;
        }
        diag_error("log-not-mirrored", "%s", why.text);
    }
    return true;
}

bool log_set_load(struct log_set **out, const char *path, const struct log_set *before,
                  const struct followed_log_options *options, struct err *err)
{
    struct log_set *set = mem_alloc(sizeof(*set));
    struct mirror_logs logs = {0};
    struct buf text = {0};
    bool ok = file_read(&text, path, POLICY_LEN_MAX, err) &&
              mirror_logs_parse(&logs, bytes_of_buf(&text), err) &&
              log_list_parse(&set->list, bytes_of_buf(&text), err);

    snapshot_init(&set->snapshot, free_set);
    if (ok) {
        stop_others(before, &logs);
        ok = fill(set, before, &logs, options, err);
    } else {
        err_wrap(err, "%s", path);
    }
    if (!ok) {
        log_set_stop(set);
        snapshot_release(&set->snapshot);
    } else {
        *out = set;
    }
    mirror_logs_cleanup(&logs);
    buf_cleanup(&text);
    return ok;
}

void log_set_stop(const struct log_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        followed_log_stop(set->logs[i]);
}
