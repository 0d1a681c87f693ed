#include "server/notify/notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "schemas/record_maker.h"
#include "schemas/view.h"

static const char *const form_names[NOTICE_FORM_COUNT] = {
    [NOTICE_JSON] = "json",
    [NOTICE_SLACK] = "slack",
    [NOTICE_TEAMS] = "teams",
};

bool notice_form_find(enum notice_form *out, const char *name)
{
    for (enum notice_form form = NOTICE_JSON; form < NOTICE_FORM_COUNT; form++) {
        if (strcmp(name, form_names[form]) == 0) {
            *out = form;
            return true;
        }
    }
    return false;
}

const char *notice_form_name(enum notice_form form)
{
    CHECK(form < NOTICE_FORM_COUNT);
    return form_names[form];
}

/* ---- what is said ---- */

/* One line a person reads: its name and a value. */
struct fact_line {
    const char *name;
    struct buf value;
};

enum { LINES_MAX = 10 };

struct lines {
    struct fact_line items[LINES_MAX];
    size_t count;
};

static void lines_cleanup(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        buf_cleanup(&lines->items[i].value);
}

static struct buf *add_line(struct lines *lines, const char *name)
{
    CHECK(lines->count < LINES_MAX);
    lines->items[lines->count] = (struct fact_line){.name = name};
    return &lines->items[lines->count++].value;
}

static void add_text(struct lines *lines, const char *name, const struct field *field)
{
    if (field_text(field).len > 0)
        buf_append_bytes(add_line(lines, name), field_text(field));
}

static void add_time(struct lines *lines, const char *name, const struct field *field)
{
    time_t seconds = (time_t)(field_uint(field, 0) / 1000);
    char text[32] = "";
    struct tm parts;

    if (field == NULL || gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        return;
    buf_append_text(add_line(lines, name), text);
}

/* The lines of a request, the most important first. */
static void fill_lines(struct lines *out, const struct notice *notice)
{
    const struct field *record = notice->record;
    const struct field *run = field_get(record, "run_id");
    const struct field *workflow = field_get(record, "workflow");

    add_text(out, "Requested by", field_get(record, "requester"));
    add_text(out, "Action", field_at(record, "action.operation"));
    add_text(out, "On", field_at(record, "action.resource"));
    add_text(out, "Extent", field_at(record, "action.extent"));
    add_text(out, "Risk", field_get(record, "risk"));
    if (workflow != NULL)
        buf_append_format(add_line(out, "Workflow"), "%.*s version %.*s",
                          (int)field_text(field_get(workflow, "id")).len,
                          (const char *)field_text(field_get(workflow, "id")).data,
                          (int)field_text(field_get(workflow, "version")).len,
                          (const char *)field_text(field_get(workflow, "version")).data);
    if (run != NULL)
        text_append_hex(add_line(out, "Run"), field_bytes(run));
    buf_append_format(add_line(out, "Approvals needed"), "%" PRIu64,
                      field_uint(field_get(record, "quorum"), 0));
    add_time(out, "Until", field_get(record, "expires_at_ms"));
    text_append_hex(add_line(out, "Entry"), hash_bytes(&notice->entry_id));
}

static void append_title(struct buf *out, const struct notice *notice)
{
    struct bytes operation = field_text(field_at(notice->record, "action.operation"));

    buf_append_format(out, "Approval needed: %.*s", (int)operation.len,
                      (const char *)operation.data);
}

static void append_answer(struct buf *out, const struct notice *notice)
{
    buf_append_text(out, "vouch approve --entry ");
    text_append_hex(out, hash_bytes(&notice->entry_id));
}

/* ---- the texts of others ---- */

/*
 * Slack takes & < > for its own marks, an Adaptive Card takes Markdown. Control characters are
 * nobody's business. What a request says can then not look like a link or a mention.
 */
static void append_safe(struct buf *out, struct bytes text, enum notice_form form)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];

        if (byte < 0x20 || byte == 0x7f)
            buf_append_byte(out, ' ');
        else if (form == NOTICE_SLACK && byte == '&')
            buf_append_text(out, "&amp;");
        else if (form == NOTICE_SLACK && byte == '<')
            buf_append_text(out, "&lt;");
        else if (form == NOTICE_SLACK && byte == '>')
            buf_append_text(out, "&gt;");
        else if (form == NOTICE_TEAMS && strchr("[]*_`~#<>\\", byte) != NULL)
            buf_append_format(out, "\\%c", byte);
        else
            buf_append_byte(out, byte);
    }
}

static void put_safe(struct record_maker *maker, const char *name, const struct buf *text,
                     enum notice_form form)
{
    struct buf safe = {0};

    append_safe(&safe, bytes_of_buf(text), form);
    record_maker_put_text(maker, name, bytes_of_buf(&safe));
    buf_cleanup(&safe);
}

/* ---- Slack ---- */

static void append_slack_section(struct buf *out, struct bytes text)
{
    struct record_maker inner = {0};
    struct record_maker section = {0};
    struct buf encoded = {0};

    record_maker_put_literal(&inner, "type", "mrkdwn");
    record_maker_put_text(&inner, "text", text);
    record_maker_finish(&inner, &encoded);
    record_maker_put_literal(&section, "type", "section");
    record_maker_put_encoded(&section, "text", bytes_of_buf(&encoded));
    record_maker_finish(&section, out);
    buf_cleanup(&encoded);
}

static void append_slack_lines(struct buf *out, const struct lines *lines)
{
    struct buf text = {0};

    for (size_t i = 0; i < lines->count; i++) {
        buf_append_format(&text, "%s*%s:* ", i == 0 ? "" : "\n", lines->items[i].name);
        append_safe(&text, bytes_of_buf(&lines->items[i].value), NOTICE_SLACK);
    }
    append_slack_section(out, bytes_of_buf(&text));
    buf_cleanup(&text);
}

static void append_slack(struct buf *out, const struct lines *lines, const struct buf *title,
                         const struct buf *answer)
{
    struct record_maker maker = {0};
    struct buf blocks = {0};
    struct buf text = {0};

    dcbor_put_array(&blocks, 2);
    append_slack_lines(&blocks, lines);
    buf_append_text(&text, "Answer with `");
    append_safe(&text, bytes_of_buf(answer), NOTICE_SLACK);
    buf_append_byte(&text, '`');
    append_slack_section(&blocks, bytes_of_buf(&text));
    put_safe(&maker, "text", title, NOTICE_SLACK);
    record_maker_put_encoded(&maker, "blocks", bytes_of_buf(&blocks));
    record_maker_finish(&maker, out);
    buf_cleanup(&blocks);
    buf_cleanup(&text);
}

/* ---- Teams ---- */

static void append_card_text(struct buf *out, const struct buf *text, const char *weight)
{
    struct record_maker maker = {0};

    record_maker_put_literal(&maker, "type", "TextBlock");
    put_safe(&maker, "text", text, NOTICE_TEAMS);
    record_maker_put_literal(&maker, "weight", weight);
    record_maker_put_bool(&maker, "wrap", true);
    record_maker_finish(&maker, out);
}

static void append_card_facts(struct buf *out, const struct lines *lines)
{
    struct record_maker maker = {0};
    struct buf facts = {0};

    dcbor_put_array(&facts, lines->count);
    for (size_t i = 0; i < lines->count; i++) {
        struct record_maker fact = {0};

        record_maker_put_literal(&fact, "title", lines->items[i].name);
        put_safe(&fact, "value", &lines->items[i].value, NOTICE_TEAMS);
        record_maker_finish(&fact, &facts);
    }
    record_maker_put_literal(&maker, "type", "FactSet");
    record_maker_put_encoded(&maker, "facts", bytes_of_buf(&facts));
    record_maker_finish(&maker, out);
    buf_cleanup(&facts);
}

/* body: an array of elements. */
static void append_card(struct buf *out, struct bytes body)
{
    struct record_maker maker = {0};

    record_maker_put_literal(&maker, "$schema",
                             "http://adaptivecards.io/schemas/adaptive-card.json");
    record_maker_put_literal(&maker, "type", "AdaptiveCard");
    record_maker_put_literal(&maker, "version", "1.4");
    record_maker_put_encoded(&maker, "body", body);
    record_maker_finish(&maker, out);
}

static void append_message(struct buf *out, struct bytes card)
{
    struct record_maker attachment = {0};
    struct record_maker message = {0};
    struct buf attachments = {0};

    record_maker_put_literal(&attachment, "contentType",
                             "application/vnd.microsoft.card.adaptive");
    record_maker_put_encoded(&attachment, "content", card);
    dcbor_put_array(&attachments, 1);
    record_maker_finish(&attachment, &attachments);
    record_maker_put_literal(&message, "type", "message");
    record_maker_put_encoded(&message, "attachments", bytes_of_buf(&attachments));
    record_maker_finish(&message, out);
    buf_cleanup(&attachments);
}

static void append_teams(struct buf *out, const struct lines *lines, const struct buf *title,
                         const struct buf *answer)
{
    struct buf body = {0};
    struct buf card = {0};

    dcbor_put_array(&body, 3);
    append_card_text(&body, title, "Bolder");
    append_card_facts(&body, lines);
    append_card_text(&body, answer, "Default");
    append_card(&card, bytes_of_buf(&body));
    append_message(out, bytes_of_buf(&card));
    buf_cleanup(&body);
    buf_cleanup(&card);
}

/* ---- ours ---- */

static void append_own(struct buf *out, const struct notice *notice, const struct buf *title,
                       const struct buf *answer)
{
    struct record_maker maker = {0};
    struct buf id = {0};

    text_append_hex(&id, hash_bytes(&notice->entry_id));
    record_maker_put_literal(&maker, "event", "approval-request");
    record_maker_put_literal(&maker, "origin", notice->origin);
    record_maker_put_uint(&maker, "index", notice->index);
    record_maker_put_text(&maker, "entry_id", bytes_of_buf(&id));
    record_maker_put_text(&maker, "text", bytes_of_buf(title));
    record_maker_put_text(&maker, "answer_with", bytes_of_buf(answer));
    record_maker_put_encoded(&maker, "record", notice->record->encoded);
    record_maker_finish(&maker, out);
    buf_cleanup(&id);
}

bool notice_append(struct buf *out, const struct notice *notice, enum notice_form form,
                   struct err *err)
{
    struct lines lines = {0};
    struct buf cbor = {0};
    struct buf title = {0};
    struct buf answer = {0};
    bool ok;

    fill_lines(&lines, notice);
    append_title(&title, notice);
    append_answer(&answer, notice);
    if (form == NOTICE_SLACK)
        append_slack(&cbor, &lines, &title, &answer);
    else if (form == NOTICE_TEAMS)
        append_teams(&cbor, &lines, &title, &answer);
    else
        append_own(&cbor, notice, &title, &answer);
    ok = view_append_json(out, bytes_of_buf(&cbor), false, err);
    lines_cleanup(&lines);
    buf_cleanup(&cbor);
    buf_cleanup(&title);
    buf_cleanup(&answer);
    return ok;
}

/* ---- alerts ---- */

static void append_alert_card(struct buf *out, const struct buf *text)
{
    struct buf body = {0};
    struct buf card = {0};

    dcbor_put_array(&body, 1);
    append_card_text(&body, text, "Bolder");
    append_card(&card, bytes_of_buf(&body));
    append_message(out, bytes_of_buf(&card));
    buf_cleanup(&body);
    buf_cleanup(&card);
}

bool notice_append_alert(struct buf *out, const struct alert *alert, enum notice_form form,
                         struct err *err)
{
    struct record_maker maker = {0};
    struct buf text = {0};
    struct buf cbor = {0};
    bool ok;

    buf_append_format(&text, "%s: %s", alert->origin, alert->text);
    if (form == NOTICE_TEAMS) {
        append_alert_card(&cbor, &text);
    } else {
        if (form == NOTICE_JSON) {
            record_maker_put_literal(&maker, "event", alert->event);
            record_maker_put_literal(&maker, "origin", alert->origin);
        }
        put_safe(&maker, "text", &text, form);
        record_maker_finish(&maker, &cbor);
    }
    ok = view_append_json(out, bytes_of_buf(&cbor), false, err);
    buf_cleanup(&text);
    buf_cleanup(&cbor);
    return ok;
}
