#include "client/audit_cosign.h"

#include "base/clock.h"
#include "base/file.h"

static bool check_options(const struct args *args, struct err *err)
{
    bool has_all = args_has(args, "--cosign") && args_has(args, "--cosigner") &&
                   args_has(args, "--out");
    bool has_any = args_has(args, "--cosign") || args_has(args, "--cosigner") ||
                   args_has(args, "--out");

    if (!has_any)
        return true;
    if (!has_all)
        return err_set(err, ERR_INVALID, "--cosign, --cosigner and --out go together");
    return args_has(args, "--replay") ||
           err_set(err, ERR_INVALID, "--cosign says that the rules were replayed: give --replay");
}

bool audit_cosign_open(struct audit_cosign *out, const struct args *args,
                       struct audit_held *held, const struct trust *trust, struct report *report,
                       struct err *err)
{
    const char *key = args_value(args, "--cosign");

    if (!check_options(args, err))
        return false;
    if (key == NULL)
        return true;
    out->path = args_value(args, "--out");
    if (!signer_open_file(&out->signer, key, err) ||
        !cosigner_init(&out->cosigner, args_value(args, "--cosigner"), out->signer, NULL, err))
        return err_wrap(err, "--cosign");
    return !file_exists(out->path) || audit_held_add(held, out->path, trust, report, err) ||
           err_wrap(err, "--out");
}

void audit_cosign_close(struct audit_cosign *cosign)
{
    signer_close(cosign->signer);
    *cosign = (struct audit_cosign){0};
}

static void report_key(const struct audit_cosign *cosign, struct report *report)
{
    struct buf vkey = {0};
    struct err ignored = {0};

    if (cosigner_append_vkey(&vkey, &cosign->cosigner, NOTE_TYPE_COSIGNATURE, &ignored)) {
        vkey.len--; /* its end of line */
        report_add(report, "cosignature", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "that all of this came out the same, %s says", buf_text(&vkey));
    }
    buf_cleanup(&vkey);
}

bool audit_cosign_write(const struct audit_cosign *cosign, struct bytes note,
                        const struct checkpoint *head, struct report *report, struct err *err)
{
    struct buf out = {0};
    struct note parsed;
    bool ok;

    if (cosign->signer == NULL)
        return true;
    buf_append_bytes(&out, note);
    ok = note_parse(&parsed, note, err) &&
         cosignature_append(&out, &cosign->cosigner, clock_unix_ms(clock_system()) / 1000, head,
                            parsed.text, err) &&
         file_write_durable(cosign->path, bytes_of_buf(&out), 0644, err);
    if (ok)
        report_key(cosign, report);
    buf_cleanup(&out);
    return ok;
}
