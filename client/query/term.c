#include "client/query/term.h"

#include "base/text.h"
#include "schemas/rules/mentions.h"

static bool unknown_kind(struct bytes kind, struct err *err)
{
    const char *names[MENTION_KIND_COUNT];
    struct buf text = {0};
    const char *nearest;
    size_t count = 0;

    for (enum mention_kind known = MENTION_RUN; known < MENTION_KIND_COUNT; known++)
        names[count++] = mention_kind_name(known);
    buf_append_bytes(&text, kind);
    nearest = text_nearest(buf_text(&text), names, count);
    if (nearest != NULL)
        err_set(err, ERR_INVALID, "unknown kind '%s': did you mean %s?", buf_text(&text), nearest);
    else
        err_set(err, ERR_INVALID, "unknown kind '%s': run, workflow, policy, model, actor, "
                                  "approver, artifact, subject, issuer, flag and type are known",
                buf_text(&text));
    buf_cleanup(&text);
    return false;
}

static const char *form_of(enum mention_kind kind)
{
    switch (kind) {
    case MENTION_RUN:
        return "a UUID with hyphens in lower case";
    case MENTION_ARTIFACT:
        return "a digest in lower-case hex";
    case MENTION_SUBJECT:
        return "an alias of 32 bytes in lower-case hex";
    default:
        return "a text that is neither empty nor very long";
    }
}

bool term_check(struct bytes kind, struct bytes value, struct err *err)
{
    enum mention_kind known;
    struct buf parsed = {0};
    bool ok;

    if (!mention_kind_find(&known, kind))
        return unknown_kind(kind, err);
    ok = mention_value_parse(&parsed, known, value);
    buf_cleanup(&parsed);
    return ok || err_set(err, ERR_INVALID, "'%.*s' is no %s: %s is needed", (int)value.len,
                         (const char *)value.data, mention_kind_name(known), form_of(known));
}

bool term_append_parameter(struct buf *out, const char *text, struct err *err)
{
    struct bytes value = bytes_of_text(text);
    struct bytes kind;

    if (!text_split(&value, &kind, '='))
        return err_set(err, ERR_INVALID, "'%s': KIND=VALUE is needed, such as type=approval", text);
    if (!term_check(kind, value, err))
        return false;
    buf_append_text(out, "&");
    buf_append_bytes(out, kind);
    buf_append_text(out, "=");
    text_append_percent(out, value, "/@:");
    return true;
}
