#include "client/monitor/alert.h"

#include <inttypes.h>
#include <stdio.h>
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
    [ALERT_FORK] = {"fork", true, true, VERDICT_DIVERGES},
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

static void set_testimony(struct alert_head *head, const struct fork_proof *proof, unsigned which)
{
    for (size_t i = 0; i < proof->testimony_count; i++) {
        const struct fork_testimony *testimony = &proof->testimonies[i];

        if (testimony->head != which)
            continue;
        head->seen_s = testimony->time_s;
        snprintf(head->observer, sizeof(head->observer), "%.*s", (int)testimony->observer.len,
                 (const char *)testimony->observer.data);
        return;
    }
}

void alert_set_fork(struct alert *alert, const struct fork_proof *proof, const char *path)
{
    alert->has_heads = true;
    for (unsigned i = 0; i < 2; i++) {
        alert->heads[i] = (struct alert_head){.size = proof->heads[i].size,
                                              .root = proof->heads[i].root};
        set_testimony(&alert->heads[i], proof, i);
    }
    snprintf(alert->proof, sizeof(alert->proof), "%s", path == NULL ? "" : path);
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

static void append_head(struct buf *out, const struct alert_head *head)
{
    buf_append_format(out, "{\"size\":%" PRIu64 ",\"root\":\"", head->size);
    text_append_hex(out, hash_bytes(&head->root));
    buf_append_text(out, "\"");
    if (head->observer[0] != '\0') {
        buf_append_text(out, ",\"observer\":");
        append_text(out, head->observer);
        buf_append_format(out, ",\"seen_at_ms\":%" PRIu64, head->seen_s * 1000);
    }
    buf_append_text(out, "}");
}

static void append_fork(struct buf *out, const struct alert *alert)
{
    if (alert->proof[0] != '\0') {
        buf_append_text(out, ",\"proof\":");
        append_text(out, alert->proof);
    }
    buf_append_text(out, ",\"heads\":[");
    append_head(out, &alert->heads[0]);
    buf_append_text(out, ",");
    append_head(out, &alert->heads[1]);
    buf_append_text(out, "]");
}

void alert_append_json(struct buf *out, const struct alert *alert, const char *origin)
{
    static const char *const STATES[] = {
        [ALERT_BEGINS] = "begins", [ALERT_IS_OVER] = "over", [ALERT_SEEN] = "seen",
        [ALERT_ACKNOWLEDGED] = "acknowledged"};

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
    if (alert->has_heads)
        append_fork(out, alert);
    buf_append_text(out, ",\"text\":");
    append_text(out, alert->text);
    buf_append_text(out, "}");
}
