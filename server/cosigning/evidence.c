#include "server/cosigning/evidence.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "client/verify/fork_proof.h"
#include "server/cosigning/log_list.h"

static bool append_proof(struct buf *out, const struct evidence_found *found, struct bytes note,
                         struct err *err)
{
    struct fork_side held = {.note = note};
    struct fork_side shown = {.note = found->shown,
                              .observer = found->observer,
                              .seen_s = clock_unix_ms(clock_system()) / 1000};
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

static bool write_proof(const char *path, const struct evidence_found *found,
                        const struct hash *log_id, struct err *err)
{
    struct buf note = {0};
    struct buf text = {0};
    bool has_note = false;
    bool ok = ledger_read_note(found->ledger, log_id, &note, &has_note, err) &&
              (has_note || err_set(err, ERR_CORRUPT, "the ledger lacks the other checkpoint")) &&
              append_proof(&text, found, bytes_of_buf(&note), err) &&
              make_directory(found->directory, err) &&
              file_write_durable(path, bytes_of_buf(&text), 0644, err);

    buf_cleanup(&note);
    buf_cleanup(&text);
    return ok;
}

static bool is_fork(const struct evidence_found *found)
{
    return found->held->time_s != 0 && found->held->size == found->checkpoint->size &&
           !hash_equal(&found->held->root, &found->checkpoint->root);
}

void evidence_keep(const struct evidence_found *found, bool may_say)
{
    const struct checkpoint *checkpoint = found->checkpoint;
    struct buf path = {0};
    struct err err = {0};
    struct hash log_id;

    if (!is_fork(found))
        return;
    log_list_id(&log_id, checkpoint->origin);
    buf_append_format(&path, "%s/", found->directory);
    text_append_hex(&path, hash_bytes(&log_id));
    buf_append_format(&path, "-%" PRIu64 ".fork-proof", checkpoint->size);
    if (!file_exists(buf_text(&path)) &&
        !write_proof(buf_text(&path), found, &log_id, &err)) {
        if (may_say)
            diag_error("evidence-not-kept", "%s", err.text);
    } else if (may_say) {
        diag_error("fork", "origin=%s size=%" PRIu64 " proof=%s", checkpoint->origin,
                   checkpoint->size, buf_text(&path));
    }
    buf_cleanup(&path);
}
