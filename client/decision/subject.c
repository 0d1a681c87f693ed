#include "client/decision/subject.h"

#include "client/decision/draft.h"
#include "schemas/rules/mentions.h"

static bool put_run(struct overlay *map, const char *run, struct err *err)
{
    struct buf id = {0};
    bool ok = true;

    if (run != NULL) {
        ok = mention_value_parse(&id, MENTION_RUN, bytes_of_text(run)) ||
             err_set(err, ERR_INVALID, "--run %s: a UUID in lower case is needed", run);
        if (ok)
            overlay_put_bytes(map, "run_id", bytes_of_buf(&id));
    }
    buf_cleanup(&id);
    return ok;
}

static bool put_workflow(struct overlay *record, const struct args *args, struct err *err)
{
    const char *workflow = args_value(args, "--workflow");
    struct buf encoded = {0};
    bool ok = workflow == NULL || draft_append_versioned(&encoded, "--workflow", workflow, err);

    if (ok && workflow != NULL)
        overlay_put_encoded(record, "workflow", bytes_of_buf(&encoded));
    buf_cleanup(&encoded);
    return ok;
}

bool subject_put_place(struct overlay *record, const struct args *args, struct err *err)
{
    overlay_put_text(record, "tenant", args_value(args, "--tenant"));
    overlay_put_text(record, "environment", args_value(args, "--environment"));
    return put_run(record, args_value(args, "--run"), err) && put_workflow(record, args, err);
}

bool subject_append(struct buf *out, const struct overlay *record, const struct args *args,
                    struct err *err)
{
    struct overlay subject = {.base = field_get(record->base, "subject")};
    bool ok = put_run(&subject, args_value(args, "--run"), err);

    overlay_put_text(&subject, "node_id", args_value(args, "--node"));
    overlay_default_text(&subject, "kind", "action");
    overlay_finish(&subject, out);
    return ok;
}
