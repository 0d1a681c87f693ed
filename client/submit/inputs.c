#include "client/submit/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "client/submit/record_source.h"

/* Whoever gets the files. */
struct visitor {
    input_file_fn take;
    void *context;
};

static bool visit_file(const struct visitor *visitor, const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char *stem = mem_copy_text(slash != NULL ? slash + 1 : path);
    char *dot = strrchr(stem, '.');
    struct buf content = {0};
    bool ok = file_read(&content, path, RECORD_FILE_LEN_MAX, err);

    if (!ok && err->code == ERR_NOT_FOUND)
        err->code = ERR_INVALID; /* a wrong name, not an answer of a log */
    if (dot != NULL && dot != stem)
        *dot = '\0';
    ok = ok && visitor->take(visitor->context, path, stem, bytes_of_buf(&content), err);
    buf_cleanup(&content);
    free(stem);
    return ok;
}

static int is_record_file(const struct dirent *entry)
{
    static const char *const ENDINGS[] = {".json", ".ndjson", ".jsonl", ".cbor"};
    const char *dot = strrchr(entry->d_name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof(ENDINGS) / sizeof(ENDINGS[0]); i++) {
        if (strcmp(dot, ENDINGS[i]) == 0)
            return 1;
    }
    return 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool visit_directory(const struct visitor *visitor, const char *path, struct err *err)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, is_record_file, compare_names);
    bool ok = count >= 0 || err_set_errno(err, ERR_IO, errno, "read %s", path);

    if (count == 0)
        ok = err_set(err, ERR_INVALID, "%s holds no .json, .ndjson, .jsonl or .cbor file", path);
    for (int i = 0; i < count; i++) {
        char *file = mem_format("%s/%s", path, names[i]->d_name);

        ok = ok && visit_file(visitor, file, err);
        free(file);
        free(names[i]);
    }
    free(names);
    return ok;
}

bool inputs_walk(const char *const *inputs, size_t count, input_file_fn take, void *context,
                 struct err *err)
{
    struct visitor visitor = {.take = take, .context = context};

    for (size_t i = 0; i < count; i++) {
        struct stat status;
        bool is_directory = stat(inputs[i], &status) == 0 && S_ISDIR(status.st_mode);

        if (strcmp(inputs[i], "-") == 0)
            continue;
        if (is_directory ? !visit_directory(&visitor, inputs[i], err)
                         : !visit_file(&visitor, inputs[i], err))
            return false;
    }
    return true;
}

bool inputs_have_stream(const char *const *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(inputs[i], "-") == 0)
            return true;
    }
    return false;
}
