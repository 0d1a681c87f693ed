#include "schemas/record_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "schemas/record_texts.h"

static const char ENDING[] = ".cddl";

/* The name of a file without its folders. */
static const char *name_of(const struct cddl_source *source)
{
    const char *slash = strrchr(source->name, '/');

    return slash == NULL ? source->name : slash + 1;
}

static void add_built_in(struct record_files *files)
{
    files->built_in_count = record_texts_count;
    CHECK(record_texts_count + RECORD_SCHEMA_FILES_MAX <= CDDL_SOURCES_MAX);
    for (size_t i = 0; i < record_texts_count; i++)
        files->sources[files->count++] = (struct cddl_source){
            .name = mem_copy_text(record_texts[i].name),
            .text = bytes_of(record_texts[i].data, record_texts[i].len),
        };
}

/* The digest knows files by name, so a name says which file is meant. */
static bool check_name_is_new(const struct record_files *files, const char *name, const char *path,
                              struct err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(name_of(&files->sources[i]), name) == 0)
            return err_set(err, ERR_INVALID, "%s: there is another schema file of this name%s%s",
                           path, i < record_texts_count ? ", built in" : ": ",
                           i < record_texts_count ? "" : files->sources[i].name);
    }
    return true;
}

static bool read_file(struct record_files *files, const char *directory, const char *name,
                      struct err *err)
{
    struct cddl_source *source = &files->sources[files->count];
    struct buf *text = &files->texts[files->count];
    char *path = mem_format("%s/%s", directory, name);

    if (files->count == record_texts_count + RECORD_SCHEMA_FILES_MAX) {
        free(path);
        return err_set(err, ERR_INVALID, "%s: more than %d schema files", directory,
                       RECORD_SCHEMA_FILES_MAX);
    }
    if (!check_name_is_new(files, name, path, err) ||
        !file_read(text, path, CDDL_TEXT_LEN_MAX, err)) {
        free(path);
        return false;
    }
    *source = (struct cddl_source){.name = path, .text = bytes_of_buf(text)};
    files->count++;
    return true;
}

static int is_schema(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    size_t ending_len = sizeof(ENDING) - 1;

    return entry->d_name[0] != '.' && len > ending_len &&
           strcmp(entry->d_name + len - ending_len, ENDING) == 0;
}

static int compare_bytewise(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool read_directory(struct record_files *files, const char *directory, struct err *err)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_schema, compare_bytewise);
    bool ok = true;

    if (count < 0)
        return err_set_errno(err, errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO,
                             errno, "read the schema directory %s", directory);
    if (count == 0)
        ok = err_set(err, ERR_INVALID, "%s: there is no schema file (*.cddl) here", directory);
    for (int i = 0; i < count; i++) {
        ok = ok && read_file(files, directory, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool record_files_read(struct record_files *out, const char *const *directories, size_t count,
                       struct err *err)
{
    add_built_in(out);
    for (size_t i = 0; i < count; i++) {
        if (!read_directory(out, directories[i], err))
            return false;
    }
    return true;
}

void record_files_cleanup(struct record_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free((char *)files->sources[i].name);
    for (size_t i = 0; i < CDDL_SOURCES_MAX; i++)
        buf_cleanup(&files->texts[i]);
    *files = (struct record_files){0};
}
