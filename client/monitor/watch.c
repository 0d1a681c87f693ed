#include "client/monitor/watch.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "schemas/rules/rule.h"

enum { WHO_LEN_MAX = 200 };

static const struct {
    const char *name;
    enum alert_kind kind;
    bool takes_value;
} KINDS[] = {
    {"approver", ALERT_WATCH_APPROVER, true},
    {"workflow", ALERT_WATCH_WORKFLOW, true},
    {"override", ALERT_WATCH_OVERRIDE, false},
    {"flag", ALERT_WATCH_FLAG, true},
};

static bool take_value(struct watch *out, struct bytes value, const char *text, struct err *err)
{
    if (value.len == 0 || value.len > WATCH_VALUE_LEN_MAX || !text_is_utf8(value))
        return err_set(err, ERR_INVALID, "watch %.100s: a value of 1 to %d bytes is needed", text,
                       WATCH_VALUE_LEN_MAX);
    if (!(out->kind == ALERT_WATCH_FLAG && bytes_equal_text(value, "*")))
        memcpy(out->value, value.data, value.len);
    return true;
}

bool watch_list_add(struct watch_list *list, const char *text, struct err *err)
{
    struct bytes rest = bytes_of_text(text);
    struct watch watch = {0};
    struct bytes name;
    bool has_value = text_split(&rest, &name, '=');

    if (list->count == WATCHES_MAX)
        return err_set(err, ERR_INVALID, "more than %d watches", WATCHES_MAX);
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (!bytes_equal_text(name, KINDS[i].name) || has_value != KINDS[i].takes_value)
            continue;
        watch.kind = KINDS[i].kind;
        if (has_value && !take_value(&watch, rest, text, err))
            return false;
        list->items[list->count++] = watch;
        return true;
    }
    return err_set(err, ERR_INVALID,
                   "watch %.100s: approver=ID, workflow=ID[@VERSION], override, flag=RULE, "
                   "flag=CODE or flag=* is needed",
                   text);
}

/* "id" or "id@version" */
static bool is_version_of(const struct watch *watch, const struct field *versioned)
{
    struct bytes wanted = bytes_of_text(watch->value);
    struct bytes id = field_text(field_get(versioned, "id"));
    struct bytes version = field_text(field_get(versioned, "version"));

    if (id.len == 0 || !bytes_start_with(wanted, id))
        return false;
    if (wanted.len == id.len)
        return true;
    return wanted.data[id.len] == '@' &&
           bytes_equal(bytes_slice(wanted, id.len + 1, wanted.len), version);
}

static bool is_workflow(const struct watch *watch, const struct field *record)
{
    return is_version_of(watch, field_get(record, "workflow")) ||
           is_version_of(watch, field_at(record, "target.to_version")) ||
           is_version_of(watch, field_at(record, "target.from_version"));
}

static void say(struct buf *out, const char *what, struct bytes who, struct bytes type)
{
    buf_append_format(out, "%s ", what);
    buf_append_bytes(out, bytes_slice(who, 0, who.len < WHO_LEN_MAX ? who.len : WHO_LEN_MAX));
    buf_append_text(out, ": a record of type ");
    buf_append_bytes(out, type);
}

bool watch_matches_record(const struct watch *watch, const struct field *record,
                          struct buf *out_why)
{
    struct bytes type = field_text(field_get(record, "type"));
    struct bytes actor = field_text(field_at(record, "actor.id"));

    switch (watch->kind) {
    case ALERT_WATCH_APPROVER:
        if (!bytes_equal_text(type, "approval") || !bytes_equal_text(actor, watch->value))
            return false;
        say(out_why, "a decision by", actor, type);
        return true;
    case ALERT_WATCH_WORKFLOW:
        if (!is_workflow(watch, record))
            return false;
        say(out_why, "of the workflow", bytes_of_text(watch->value), type);
        return true;
    case ALERT_WATCH_OVERRIDE:
        if (!bytes_equal_text(type, "override"))
            return false;
        say(out_why, "an override by", actor, type);
        return true;
    default:
        return false;
    }
}

static bool is_rule(const struct watch *watch, const struct rule *rule)
{
    size_t name_len = strlen(rule->name);

    if (watch->value[0] == '\0' || strcmp(watch->value, rule->name) == 0 ||
        strcmp(watch->value, rule->code) == 0)
        return true;
    return strncmp(watch->value, rule->name, name_len) == 0 && watch->value[name_len] == '/' &&
           strcmp(watch->value + name_len + 1, rule->code) == 0;
}

bool watch_matches_flag(const struct watch *watch, const struct admission_flag *flag,
                        struct buf *out_why)
{
    if (watch->kind != ALERT_WATCH_FLAG || !is_rule(watch, flag->rule))
        return false;
    buf_append_format(out_why, "record %" PRIu32 " is flagged by rule %s (%s): %s",
                      flag->record_number, flag->rule->name, flag->rule->code, flag->rule->says);
    return true;
}
