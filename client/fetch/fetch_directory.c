/* A static copy of a log on disk: paths are file names below a directory. */
#include "client/fetch/fetch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

/* A request on its way, oldest first. */
struct pending {
    char path[FETCH_PATH_LEN_MAX];
    size_t reply_len_max;
    fetch_done_fn done;
    void *context;
    struct pending *next;
};

struct fetch_directory {
    struct fetcher fetcher;
    char *root;
    struct pending *first;
    struct pending **last;
};

static bool directory_start(struct fetcher *fetcher, const struct fetch_request *request,
                            struct err *err)
{
    struct fetch_directory *directory = (struct fetch_directory *)fetcher;
    struct pending *pending;

    if (request->content_type != NULL)
        return err_set(err, ERR_REFUSED, "%s is a directory: nothing can be sent to it",
                       directory->root);
    pending = mem_alloc(sizeof(*pending));
    memcpy(pending->path, request->path, strlen(request->path) + 1);
    pending->reply_len_max = request->reply_len_max;
    pending->done = request->done;
    pending->context = request->context;
    *directory->last = pending;
    directory->last = &pending->next;
    return true;
}

/* Paths are built by us, yet a log's answers may have gone into them: none leads outside. */
static bool is_inside(const char *path)
{
    return path[0] != '/' && strstr(path, "..") == NULL;
}

static void answer(struct fetch_directory *directory, const struct pending *pending)
{
    struct fetch_reply reply = {.status = 200};
    char *name = mem_format("%s/%s", directory->root, pending->path);

    if (!is_inside(pending->path))
        reply.status = 400;
    else if (!file_read(&reply.body, name, pending->reply_len_max, &reply.err))
        reply.status = reply.err.code == ERR_NOT_FOUND ? 404 : 0;
    pending->done(pending->context, &reply);
    buf_cleanup(&reply.body);
    free(name);
}

/* Reading a file does not wait for anybody, so wake_fd and the time have no part in it. */
static bool directory_run(struct fetcher *fetcher, int wake_fd, unsigned timeout_ms,
                          struct err *err)
{
    struct fetch_directory *directory = (struct fetch_directory *)fetcher;
    struct pending *batch = directory->first;

    (void)wake_fd;
    (void)timeout_ms;
    (void)err;
    directory->first = NULL;
    directory->last = &directory->first;
    while (batch != NULL) {
        struct pending *next = batch->next;

        answer(directory, batch);
        free(batch);
        batch = next;
    }
    return true;
}

static void directory_close(struct fetcher *fetcher)
{
    struct fetch_directory *directory = (struct fetch_directory *)fetcher;

    while (directory->first != NULL) {
        struct pending *next = directory->first->next;

        free(directory->first);
        directory->first = next;
    }
    free(directory->root);
    free(directory);
}

static const struct fetcher_ops DIRECTORY_OPS = {
    .start = directory_start,
    .run = directory_run,
    .close = directory_close,
};

bool fetch_open_directory(struct fetcher **out, const char *path, struct err *err)
{
    struct fetch_directory *directory;
    struct stat status;

    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return err_set(err, ERR_NOT_FOUND, "%s is neither a URL nor a directory", path);
    directory = mem_alloc(sizeof(*directory));
    directory->fetcher.ops = &DIRECTORY_OPS;
    directory->root = mem_copy_text(path);
    directory->last = &directory->first;
    *out = &directory->fetcher;
    return true;
}
