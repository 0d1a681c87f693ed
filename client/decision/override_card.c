#include "client/decision/override_card.h"

#include "client/decision/card.h"

/* "usr_41c as on-call, signed in at https://login.example by pwd otp" */
static void append_person(struct buf *out, const char *label, const struct field *actor)
{
    const struct field *authentication = field_get(actor, "authentication");
    const struct field *amr = field_get(authentication, "amr");
    struct buf text = {0};

    if (actor == NULL)
        return;
    buf_append_bytes(&text, field_text(field_get(actor, "id")));
    if (field_get(actor, "role") != NULL) {
        buf_append_text(&text, " as ");
        buf_append_bytes(&text, field_text(field_get(actor, "role")));
    }
    if (authentication != NULL) {
        buf_append_text(&text, ", signed in at ");
        buf_append_bytes(&text, field_text(field_get(authentication, "iss")));
        buf_append_text(&text, " by");
    }
    for (const struct field *value = field_first(amr); value != NULL;
         value = field_next(amr, value)) {
        buf_append_text(&text, " ");
        buf_append_bytes(&text, field_text(value));
    }
    card_line(out, label, bytes_of_buf(&text));
    buf_cleanup(&text);
}

static void append_bypassed(struct buf *out, const struct field *list)
{
    for (const struct field *item = field_first(list); item != NULL;
         item = field_next(list, item)) {
        card_versioned(out, "around policy", field_get(item, "policy"));
        card_reference(out, "around request", field_get(item, "approval_request"));
        card_field(out, "around node", field_get(item, "node_id"));
    }
}

static void append_edit(struct buf *out, const struct field *edit)
{
    card_digest(out, "before", field_get(edit, "before"));
    card_digest(out, "after", field_get(edit, "after"));
}

void override_card_append(struct buf *out, const struct field *record, uint64_t now_ms)
{
    card_field(out, "kind", field_get(record, "kind"));
    append_person(out, "who", field_get(record, "actor"));
    append_person(out, "together with", field_get(record, "second_actor"));
    card_field(out, "tenant", field_get(record, "tenant"));
    card_run(out, "run", field_get(record, "run_id"));
    card_versioned(out, "workflow", field_get(record, "workflow"));
    card_field(out, "run in", field_get(record, "environment"));
    card_subject(out, field_get(record, "subject"));
    append_bypassed(out, field_get(record, "bypassed"));
    card_field(out, "reason", field_at(record, "reason.code"));
    card_field(out, "", field_at(record, "reason.description"));
    card_digest(out, "", field_at(record, "reason.attachment"));
    card_field(out, "extent", field_get(record, "extent"));
    append_edit(out, field_get(record, "edit"));
    card_reference(out, "incident", field_get(record, "incident"));
    card_time(out, "made at", field_uint(field_get(record, "occurred_at_ms"), 0), now_ms);
    card_time(out, "ends", field_uint(field_get(record, "expires_at_ms"), 0), now_ms);
    card_time(out, "review due", field_uint(field_get(record, "review_due_at_ms"), 0), now_ms);
    card_field(out, "reviewer", field_get(record, "reviewer"));
}
