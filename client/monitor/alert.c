#include "client/monitor/alert.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "schemas/view.h"

static const struct {
    const char *name;
    bool is_finding;
    bool is_lasting;
    enum verdict verdict;
} KINDS[ALERT_KIND_COUNT] = {
    [ALERT_UNREACHABLE] = {"log-unreachable", true, false, VERDICT_INCOMPLETE},
    [ALERT_STALE_HEAD] = {"stale-head", true, false, VERDICT_INCOMPLETE},
    [ALERT_SHRINKING_HEAD] = {"shrinking-head", true, false, VERDICT_INCOMPLETE},
    [ALERT_INCONSISTENT_HEAD] = {"inconsistent-head", true, true, VERDICT_DIVERGES},
    [ALERT_BAD_HEAD] = {"bad-head", true, false, VERDICT_INVALID},
    [ALERT_QUORUM_LOST] = {"quorum-lost", true, false, VERDICT_LOG_WORD},
    [ALERT_MISSING_ENTRIES] = {"missing-entries", true, false, VERDICT_INCOMPLETE},
    [ALERT_CHANGED_ENTRY] = {"changed-entry", true, false, VERDICT_INVALID},
    [ALERT_CHANGED_TILE] = {"changed-tile", true, false, VERDICT_INVALID},
    [ALERT_BAD_SIGNATURE] = {"bad-signature", true, false, VERDICT_INVALID},
    [ALERT_BAD_RECORD] = {"bad-record", true, false, VERDICT_INVALID},
    [ALERT_FALSE_SEAL] = {"false-seal", true, false, VERDICT_INVALID},
    [ALERT_FALSE_FLAG] = {"false-flag", true, false, VERDICT_INVALID},
    [ALERT_FALSE_ADMISSION] = {"false-admission", true, false, VERDICT_INVALID},
    [ALERT_WATCH_APPROVER] = {"watch-approver", false, false, VERDICT_VERIFIED},
    [ALERT_WATCH_WORKFLOW] = {"watch-workflow", false, false, VERDICT_VERIFIED},
    [ALERT_WATCH_OVERRIDE] = {"watch-override", false, false, VERDICT_VERIFIED},
    [ALERT_WATCH_FLAG] = {"watch-flag", false, false, VERDICT_VERIFIED},
};

const char *alert_kind_name(enum alert_kind kind)
{
    CHECK(kind < ALERT_KIND_COUNT);
    return KINDS[kind].name;
}

bool alert_kind_is_finding(enum alert_kind kind)
{
    CHECK(kind < ALERT_KIND_COUNT);
    return KINDS[kind].is_finding;
}

bool alert_kind_is_lasting(enum alert_kind kind)
{
    CHECK(kind < ALERT_KIND_COUNT);
    return KINDS[kind].is_lasting;
}

enum verdict alert_kind_verdict(enum alert_kind kind)
{
    CHECK(kind < ALERT_KIND_COUNT);
    return KINDS[kind].verdict;
}

/* What strangers wrote may be cut inside a character, or be none. */
static void append_text(struct buf *out, const char *text)
{
    struct bytes bytes = bytes_of_text(text);
    struct buf plain = {0};

    if (!text_is_utf8(bytes)) {
        for (size_t i = 0; i < bytes.len; i++)
            buf_append_byte(&plain, bytes.data[i] < 0x80 ? bytes.data[i] : '?');
        bytes = bytes_of_buf(&plain);
    }
    view_append_json_string(out, bytes);
    buf_cleanup(&plain);
}

void alert_append_json(struct buf *out, const struct alert *alert, const char *origin)
{
    static const char *const STATES[] = {
        [ALERT_BEGINS] = "begins", [ALERT_IS_OVER] = "over", [ALERT_SEEN] = "seen"};

    buf_append_format(out,
                      "{\"event\":\"monitor-alert\",\"number\":%" PRIu64 ",\"finding\":%" PRIu64
                      ",\"kind\":\"%s\",\"state\":\"%s\",\"origin\":",
                      alert->number, alert->finding, alert_kind_name(alert->kind),
                      STATES[alert->state]);
    append_text(out, origin);
    buf_append_format(out, ",\"at_ms\":%" PRIu64, alert->at_ms);
    if (alert->has_index)
        buf_append_format(out, ",\"index\":%" PRIu64, alert->index);
    if (alert->has_entry_id) {
        buf_append_text(out, ",\"entry_id\":\"");
        text_append_hex(out, hash_bytes(&alert->entry_id));
        buf_append_text(out, "\"");
    }
    buf_append_text(out, ",\"text\":");
    append_text(out, alert->text);
    buf_append_text(out, "}");
}
