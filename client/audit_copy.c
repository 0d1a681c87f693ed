#include "client/audit_copy.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "client/mirror/copy_judge.h"
#include "client/reader/log_reader.h"

bool audit_copy_open(struct copy **out, const struct args *args, const struct policy *policy,
                     struct err *err)
{
    const char *directory = args_value(args, "--mirror");

    if (directory == NULL)
        return true;
    if (args_has(args, "--state"))
        return err_set(err, ERR_INVALID, "--mirror keeps its own state: it takes no --state");
    *out = mem_alloc(sizeof(**out));
    return copy_open(*out, directory, policy, err);
}

void audit_copy_close(struct copy *copy)
{
    if (copy != NULL)
        copy_close(copy);
    free(copy);
}

bool audit_copy_begin(struct copy *copy, struct fetcher *fetcher, const struct head *head,
                      struct bytes note, struct report *report, bool *out_goes_on, struct err *err)
{
    struct err found = {0};

    *out_goes_on = copy_judge_head(copy, fetcher, head, report);
    if (!*out_goes_on || copy_begin(copy, fetcher, head, note, &found))
        return true;
    *out_goes_on = false;
    if (found.code == ERR_CORRUPT)
        report_add(report, "tiles", FINDING_FAILED, VERDICT_INVALID, "%s", found.text);
    else if (found.code == ERR_NOT_FOUND)
        report_add(report, "tiles", FINDING_UNDECIDABLE, VERDICT_INCOMPLETE,
                   "the log does not serve what its head covers: %s", found.text);
    else
        *err = found;
    return found.code == ERR_CORRUPT || found.code == ERR_NOT_FOUND;
}

/* The policy as it was given, so that the copy can be verified as it was made. */
static bool put_policy(struct copy *copy, const struct args *args, struct err *err)
{
    const char *path = args_value(args, "--policy");
    struct buf text = {0};
    bool ok = true;

    if (path != NULL) {
        ok = file_read(&text, path, POLICY_LEN_MAX, err);
    } else {
        buf_append_text(&text, "log ");
        note_verifier_append(&text, &copy->policy->logs[0].verifier);
        buf_append_text(&text, "\nquorum none\n");
    }
    ok = ok && copy_put_policy(copy, bytes_of_buf(&text), err);
    buf_cleanup(&text);
    return ok;
}

/* Logs of others have no such keys. */
static bool put_keys(struct copy *copy, struct fetcher *fetcher, struct report *report,
                     struct err *err)
{
    struct key_set keys = {0};
    struct buf body = {0};
    struct err found = {0};
    bool has = log_read_keys(fetcher, &keys, &body, FETCH_READ_RETRY_MS, &found);
    bool ok = has ? copy_put_keys(copy, bytes_of_buf(&body), &found)
                  : found.code == ERR_NOT_FOUND || found.code == ERR_REFUSED;

    if (has && !ok && found.code == ERR_REFUSED) {
        report_add(report, "keys", FINDING_FAILED, VERDICT_LOG_WORD, "%s", found.text);
        ok = true;
    }
    if (!ok)
        *err = found;
    key_set_cleanup(&keys);
    buf_cleanup(&body);
    return ok;
}

bool audit_copy_finish(struct copy *copy, const struct args *args, struct fetcher *fetcher,
                       struct report *report, struct err *err)
{
    if (!put_policy(copy, args, err) || !put_keys(copy, fetcher, report, err) ||
        !copy_finish(copy, err))
        return false;
    report_add(report, "copy", FINDING_RECOMPUTED, VERDICT_VERIFIED,
               "every tile and bundle up to size %" PRIu64 " is in %s", copy->full_size,
               copy->files.directory);
    return true;
}
