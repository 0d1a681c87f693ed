#include "server/anchoring/anchor_index.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/anchor_file.h"

void anchor_index_init(struct anchor_index *index)
{
    *index = (struct anchor_index){0};
    CHECK(pthread_mutex_init(&index->lock, NULL) == 0);
}

void anchor_index_cleanup(struct anchor_index *index)
{
    for (size_t i = 0; i < index->target_count; i++)
        free(index->targets[i]);
    free(index->names);
    pthread_mutex_destroy(&index->lock);
}

/* ---- under lock ---- */

/* NULL: there are too many. */
static const char *intern(struct anchor_index *index, struct bytes target)
{
    for (size_t i = 0; i < index->target_count; i++) {
        if (bytes_equal_text(target, index->targets[i]))
            return index->targets[i];
    }
    if (index->target_count == ANCHOR_INDEX_TARGETS_MAX)
        return NULL;
    index->targets[index->target_count] =
        mem_format("%.*s", (int)target.len, (const char *)target.data);
    return index->targets[index->target_count++];
}

static int compare(const void *a, const void *b)
{
    const struct anchor_name *one = a;
    const struct anchor_name *other = b;

    if (one->size != other->size)
        return one->size < other->size ? -1 : 1;
    return strcmp(one->target, other->target);
}

/* The first that is not before name. */
static size_t place_of(const struct anchor_index *index, const struct anchor_name *name)
{
    size_t begin = 0;
    size_t end = index->count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;

        if (compare(&index->names[middle], name) < 0)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

static void make_room(struct anchor_index *index)
{
    if (index->count < index->capacity)
        return;
    index->capacity = index->capacity == 0 ? 64 : 2 * index->capacity;
    index->names = mem_realloc_array(index->names, index->capacity, sizeof(index->names[0]));
}

/* New ones are nearly always the last. */
static void insert(struct anchor_index *index, const struct anchor_name *name)
{
    size_t at = place_of(index, name);

    if (at < index->count && compare(&index->names[at], name) == 0)
        return;
    make_room(index);
    memmove(&index->names[at + 1], &index->names[at],
            (index->count - at) * sizeof(index->names[0]));
    index->names[at] = *name;
    index->count++;
}

void anchor_index_know(struct anchor_index *index, struct bytes target)
{
    pthread_mutex_lock(&index->lock);
    intern(index, target);
    pthread_mutex_unlock(&index->lock);
}

/* ---- the directory ---- */

/* In any order: sorted once, at the end. */
static void append(struct anchor_index *index, uint64_t size, struct bytes target)
{
    const char *interned = intern(index, target);

    if (interned == NULL)
        return;
    make_room(index);
    index->names[index->count++] = (struct anchor_name){.size = size, .target = interned};
}

bool anchor_index_load(struct anchor_index *index, const char *directory, struct err *err)
{
    DIR *open = opendir(directory);
    const struct dirent *entry;
    struct anchor_file_name name;

    if (open == NULL)
        return errno == ENOENT || err_set_errno(err, ERR_IO, errno, "%s", directory);
    while ((entry = readdir(open)) != NULL) {
        if (anchor_file_name_parse(&name, entry->d_name))
            append(index, name.size, bytes_of_text(name.target));
    }
    closedir(open);
    if (index->count > 0)
        qsort(index->names, index->count, sizeof(index->names[0]), compare);
    return true;
}

/* ---- what is there ---- */

void anchor_index_add(struct anchor_index *index, uint64_t size, struct bytes target)
{
    struct anchor_name name = {.size = size};

    pthread_mutex_lock(&index->lock);
    name.target = intern(index, target);
    if (name.target != NULL)
        insert(index, &name);
    pthread_mutex_unlock(&index->lock);
}

bool anchor_index_has(struct anchor_index *index, uint64_t size, struct bytes target)
{
    struct anchor_name first = {.size = size, .target = ""};
    bool has = false;

    pthread_mutex_lock(&index->lock);
    for (size_t i = place_of(index, &first);
         !has && i < index->count && index->names[i].size == size; i++)
        has = bytes_equal_text(target, index->names[i].target);
    pthread_mutex_unlock(&index->lock);
    return has;
}

size_t anchor_index_list(struct anchor_index *index, uint64_t begin, size_t most,
                         struct anchor_name *out, uint64_t *out_next)
{
    struct anchor_name first = {.size = begin, .target = ""};
    size_t count = 0;
    size_t at;

    pthread_mutex_lock(&index->lock);
    at = place_of(index, &first);
    while (at + count < index->count &&
           (count < most ||
            index->names[at + count].size == index->names[at + count - 1].size)) {
        out[count] = index->names[at + count];
        count++;
    }
    *out_next = at + count < index->count ? index->names[at + count].size : UINT64_MAX;
    pthread_mutex_unlock(&index->lock);
    return count;
}
