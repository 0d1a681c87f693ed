#include "server/cosigning/evidence.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "client/verify/fork_proof.h"

static bool append_proof(struct buf *out, const struct evidence_found *found, struct err *err)
{
    struct fork_side held = {.note = found->held};
    struct fork_side shown = {
        .note = found->shown, .observer = found->observer, .seen_s = found->now_s};
    struct fork_proof *proof = mem_alloc(sizeof(*proof));
    bool ok = fork_proof_make(proof, &held, &shown, NULL, err);

    if (ok)
        fork_proof_append(out, proof);
    free(proof);
    return ok;
}

static bool make_directory(const char *path, struct err *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ||
           err_set_errno(err, ERR_IO, errno, "create %s", path);
}

bool evidence_keep(struct buf *out_path, const char *directory,
                   const struct evidence_found *found, struct err *err)
{
    struct buf text = {0};
    bool ok;

    buf_append_format(out_path, "%s/", directory);
    text_append_hex(out_path, hash_bytes(found->log_id));
    buf_append_format(out_path, "-%" PRIu64 ".fork-proof", found->size);
    if (file_exists(buf_text(out_path)))
        return true;
    ok = append_proof(&text, found, err) && make_directory(directory, err) &&
         file_write_durable(buf_text(out_path), bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}
