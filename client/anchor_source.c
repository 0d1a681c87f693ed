#include "client/anchor_source.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "merkle/node.h"
#include "schemas/record_fields.h"

enum { LIST_LEN_MAX = 1 << 20 };

static int compare(const void *a, const void *b)
{
    const struct anchor_file_name *one = a;
    const struct anchor_file_name *other = b;

    if (one->size != other->size)
        return one->size < other->size ? -1 : 1;
    return strcmp(one->target, other->target);
}

/* Keeps the newest. */
static void trim(struct anchor_source *source)
{
    size_t surplus = source->count > ANCHOR_SOURCE_MAX ? source->count - ANCHOR_SOURCE_MAX : 0;

    qsort(source->names, source->count, sizeof(source->names[0]), compare);
    memmove(source->names, source->names + surplus,
            (source->count - surplus) * sizeof(source->names[0]));
    source->count -= surplus;
    source->left_out += surplus;
}

static void take_name(struct anchor_source *source, const struct anchor_file_name *name)
{
    if (source->count == sizeof(source->names) / sizeof(source->names[0]))
        trim(source);
    source->names[source->count++] = *name;
}

static bool list_directory(struct anchor_source *source, struct err *err)
{
    DIR *open = opendir(source->directory);
    struct anchor_file_name name;
    const struct dirent *entry;

    if (open == NULL)
        return err_set_errno(err, ERR_INVALID, errno, "%s", source->directory);
    while ((entry = readdir(open)) != NULL) {
        if (anchor_file_name_parse(&name, entry->d_name))
            take_name(source, &name);
    }
    closedir(open);
    return true;
}

/* ---- a log's ---- */

/* A page goes on where the one before ended: *begin is the least size that may come. */
static bool take_item(struct anchor_source *source, const struct field *item, uint64_t *begin,
                      struct err *err)
{
    struct anchor_file_name name = {.size = field_uint(field_get(item, "size"), UINT64_MAX)};
    struct bytes target = field_text(field_get(item, "target"));

    if (name.size < *begin || name.size >= TREE_SIZE_MAX || !anchor_target_is_valid(target))
        return err_set(err, ERR_CORRUPT, "the log's list of anchors makes no sense");
    memcpy(name.target, target.data, target.len);
    take_name(source, &name);
    *begin = name.size;
    return true;
}

static bool take_page(struct anchor_source *source, struct bytes page, uint64_t *begin,
                      bool *out_goes_on, struct err *err)
{
    struct record_fields fields = {0};
    const struct field *list;
    bool ok = record_fields_read(&fields, page, err);

    list = ok ? field_get(fields.fields, "anchors") : NULL;
    for (const struct field *item = field_first(list); ok && item != NULL;
         item = field_next(list, item))
        ok = take_item(source, item, begin, err);
    *out_goes_on = ok && field_get(fields.fields, "next") != NULL && field_count(list) > 0;
    record_fields_cleanup(&fields);
    return ok;
}

static bool read_page(struct anchor_source *source, uint64_t *begin, bool *out_goes_on,
                      struct err *err)
{
    struct fetch_reply reply = {0};
    char *path = mem_format("v1/anchors?begin=%" PRIu64 "&limit=%d", *begin, ANCHOR_SOURCE_MAX);
    bool ok = fetch_get(source->fetcher, &reply, path, "application/cbor", LIST_LEN_MAX, err) &&
              take_page(source, bytes_of_buf(&reply.body), begin, out_goes_on, err);

    free(path);
    buf_cleanup(&reply.body);
    return ok;
}

static bool list_log(struct anchor_source *source, struct err *err)
{
    uint64_t begin = 0;
    bool goes_on = true;

    for (unsigned page = 0; goes_on; page++) {
        if (page == ANCHOR_SOURCE_PAGES)
            return err_set(err, ERR_CORRUPT, "the log's list of anchors does not end");
        if (!read_page(source, &begin, &goes_on, err))
            return false;
        begin++; /* all of one size are on one page */
    }
    return true;
}

/* ---- both ---- */

static bool is_url(const char *text)
{
    return strstr(text, "://") != NULL;
}

bool anchor_source_open(struct anchor_source *out, const char *url_or_directory, struct err *err)
{
    bool ok;

    if (is_url(url_or_directory)) {
        ok = fetch_open(&out->fetcher, url_or_directory, err) && list_log(out, err);
    } else {
        out->directory = url_or_directory;
        ok = list_directory(out, err);
    }
    trim(out);
    return ok;
}

void anchor_source_close(struct anchor_source *source)
{
    fetch_close(source->fetcher);
    source->fetcher = NULL;
}

static bool read_file(const struct anchor_source *source, const struct anchor_file_name *name,
                      struct buf *out, struct err *err)
{
    char *path =
        mem_format("%s/%s-%" PRIu64 ".anchor", source->directory, name->target, name->size);
    bool ok = file_read(out, path, ANCHOR_FILE_LEN_MAX, err);

    free(path);
    return ok;
}

static bool read_reply(const struct anchor_source *source, const struct anchor_file_name *name,
                       struct buf *out, struct err *err)
{
    struct fetch_reply reply = {0};
    char *path = mem_format("v1/anchors/%" PRIu64 "/%s", name->size, name->target);
    bool ok = fetch_get(source->fetcher, &reply, path, NULL, ANCHOR_FILE_LEN_MAX, err);

    if (ok)
        buf_append_bytes(out, bytes_of_buf(&reply.body));
    free(path);
    buf_cleanup(&reply.body);
    return ok;
}

bool anchor_source_read(struct anchor_source *source, size_t number, struct buf *out,
                        struct err *err)
{
    const struct anchor_file_name *name = &source->names[number];

    buf_clear(out);
    return source->directory != NULL ? read_file(source, name, out, err)
                                     : read_reply(source, name, out, err);
}
