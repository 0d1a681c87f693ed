#include "server/init_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

bool init_make_directory(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0)
        return true;
    if (errno == EEXIST)
        return err_set(err, ERR_REFUSED, "%s exists already; a new directory is needed", path);
    return err_set_errno(err, ERR_IO, errno, "create %s", path);
}

bool init_write_file(const char *directory, const char *name, struct bytes content, unsigned mode,
                     struct err *err)
{
    char *path = mem_format("%s/%s", directory, name);
    bool ok = file_create_durable(path, content, mode, err);

    free(path);
    return ok;
}

bool init_make_key(struct signer **out, const char *directory, const char *name,
                   enum key_type type, struct err *err)
{
    char *private_name = mem_format("keys/%s.pem", name);
    char *public_name = mem_format("keys/%s.pub.pem", name);
    struct buf private_pem = {0};
    struct buf public_pem = {0};
    bool ok = signer_generate(out, &private_pem, type, err);

    if (ok) {
        public_key_append_pem(&public_pem, (*out)->public_key);
        ok = init_write_file(directory, private_name, bytes_of_buf(&private_pem), 0600, err) &&
             init_write_file(directory, public_name, bytes_of_buf(&public_pem), 0644, err);
    }
    if (private_pem.len > 0)
        explicit_bzero(private_pem.data, private_pem.len);
    buf_cleanup(&private_pem);
    buf_cleanup(&public_pem);
    free(private_name);
    free(public_name);
    return ok;
}

bool init_finish(const char *directory, struct err *err)
{
    char *creating = mem_format("%s/%s", directory, INIT_CREATING_NAME);
    char *config = mem_format("%s/vouchd.json", directory);
    bool ok = rename(creating, config) == 0 ||
              err_set_errno(err, ERR_IO, errno, "rename %s", creating);

    free(creating);
    free(config);
    return ok && file_sync_parent(directory, err);
}
