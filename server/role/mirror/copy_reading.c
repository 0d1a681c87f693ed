#include "server/role/mirror/copy_reading.h"

#include <stdlib.h>

#include "base/diag.h"
#include "base/file.h"
#include "client/reader/log_reader.h"

bool copy_reading_open(struct copy_reading *out, const struct request *request,
                       struct problem *problem)
{
    struct err err = {0};

    out->log = service_log(request, problem);
    if (out->log == NULL)
        return false;
    if (fetch_open_directory(&out->fetcher, out->log->directory, &err) &&
        log_read_head(out->fetcher, &out->head, &out->note, "checkpoint", NULL, &err))
        return true;
    if (err.code == ERR_NOT_FOUND)
        return problem_set(problem, PROBLEM_NOT_FOUND, "The mirror has no tree of this log yet.");
    diag_error("copy-not-read", "log=%s: %s", out->log->id, err.text);
    return problem_from_err(problem, &err);
}

void copy_reading_close(struct copy_reading *copy)
{
    fetch_close(copy->fetcher);
    buf_cleanup(&copy->note);
}

bool copy_reading_check_index(const struct copy_reading *copy, uint64_t index,
                              struct problem *problem)
{
    return index < copy->head.checkpoint.size ||
           problem_set(problem, PROBLEM_NOT_FOUND, "The mirror has no such entry.");
}

bool copy_reading_is_evidence(const struct copy_reading *copy)
{
    char *path = mem_format("%s/.well-known/scitt-keys", copy->log->directory);
    bool has = file_exists(path);

    free(path);
    return has;
}
