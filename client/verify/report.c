#include "client/verify/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schemas/view.h"

struct verdict_row {
    enum verdict verdict;
    const char *word;
    const char *sentence;
};

static const struct verdict_row VERDICTS[] = {
    {VERDICT_VERIFIED, "verified", "everything checks out, under a head as the policy asks for"},
    {VERDICT_LOG_WORD, "log-word", "everything checks out, but on the log's word alone"},
    {VERDICT_INCOMPLETE, "incomplete", "something that is needed to decide is missing"},
    {VERDICT_DIVERGES, "diverges", "two heads of one log contradict each other"},
    {VERDICT_INVALID, "invalid", "it is damaged, forged or not what it says it is"},
};

static const struct verdict_row *verdict_find(enum verdict verdict)
{
    for (size_t i = 0; i < sizeof(VERDICTS) / sizeof(VERDICTS[0]); i++) {
        if (VERDICTS[i].verdict == verdict)
            return &VERDICTS[i];
    }
    CHECK(false && "a verdict without a row");
    return NULL;
}

const char *verdict_word(enum verdict verdict)
{
    return verdict_find(verdict)->word;
}

const char *verdict_sentence(enum verdict verdict)
{
    return verdict_find(verdict)->sentence;
}

const char *finding_source_text(enum finding_source source)
{
    static const char *const TEXTS[] = {
        [FINDING_RECOMPUTED] = "recomputed",
        [FINDING_TAKEN] = "taken",
        [FINDING_UNDECIDABLE] = "not-decidable",
        [FINDING_FAILED] = "failed",
    };

    return TEXTS[source];
}

/* Details quote what strangers wrote: it must not steer the reader's terminal. */
static void remove_controls(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

void report_raise(struct report *report, enum verdict verdict)
{
    if (verdict > report->verdict)
        report->verdict = verdict;
}

void report_add(struct report *report, const char *rule, enum finding_source source,
                enum verdict verdict, const char *format, ...)
{
    struct finding *finding;
    va_list arguments;

    report_raise(report, verdict);
    if (report->count == REPORT_FINDINGS_MAX)
        return;
    finding = &report->findings[report->count++];
    finding->rule = rule;
    finding->source = source;
    va_start(arguments, format);
    vsnprintf(finding->detail, sizeof(finding->detail), format, arguments);
    va_end(arguments);
    remove_controls(finding->detail);
}

const struct finding *report_find(const struct report *report, const char *rule)
{
    for (size_t i = report->count; i > 0; i--) {
        if (strcmp(report->findings[i - 1].rule, rule) == 0)
            return &report->findings[i - 1];
    }
    return NULL;
}

void report_append_findings(struct buf *out, const struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct finding *finding = &report->findings[i];

        buf_append_format(out, "  %-18s %-14s %s\n", finding->rule,
                          finding_source_text(finding->source), finding->detail);
    }
}

void report_append_text(struct buf *out, const struct report *report)
{
    buf_append_format(out, "%s: %s\n", verdict_word(report->verdict),
                      verdict_sentence(report->verdict));
    report_append_findings(out, report);
}

/* A detail may have been cut inside a character: JSON needs whole ones. */
static struct bytes whole_characters(const char *text)
{
    size_t len = strlen(text);

    if (len + 1 < FINDING_DETAIL_MAX)
        return bytes_of(text, len);
    while (len > 0 && ((unsigned char)text[len - 1] & 0x80) != 0)
        len--;
    return bytes_of(text, len);
}

void report_append_json(struct buf *out, const struct report *report)
{
    buf_append_format(out, "{\"verdict\":\"%s\",\"exit_code\":%d,\"findings\":[",
                      verdict_word(report->verdict), (int)report->verdict);
    for (size_t i = 0; i < report->count; i++) {
        const struct finding *finding = &report->findings[i];

        buf_append_format(out,
                          "%s{\"rule\":\"%s\",\"source\":\"%s\",\"detail\":", i == 0 ? "" : ",",
                          finding->rule, finding_source_text(finding->source));
        view_append_json_string(out, whole_characters(finding->detail));
        buf_append_text(out, "}");
    }
    buf_append_text(out, "]}");
}
