#include "server/transport/media.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"

static const char *const names[] = {
    [MEDIA_CBOR] = "application/cbor",
    [MEDIA_CBOR_SEQUENCE] = "application/cbor-seq",
    [MEDIA_JSON] = "application/json",
    [MEDIA_COSE] = "application/cose",
    [MEDIA_STATEMENT] = "application/scitt-statement+cose",
    [MEDIA_RECEIPT] = "application/scitt-receipt+cose",
    [MEDIA_TLOG_PROOF] = "text/x.tlog.proof",
    [MEDIA_TLOG_SIZE] = "text/x.tlog.size",
    [MEDIA_TLOG_MIRROR_INFO] = "text/x.tlog.mirror-info",
    [MEDIA_TEXT] = "text/plain; charset=utf-8",
    [MEDIA_OCTETS] = "application/octet-stream",
    [MEDIA_METRICS] = "text/plain; version=0.0.4; charset=utf-8",
    [MEDIA_EVENT_STREAM] = "text/event-stream",
    [MEDIA_PROBLEM_CBOR] = "application/concise-problem-details+cbor",
    [MEDIA_PROBLEM_JSON] = "application/problem+json",
};

const char *media_name(enum media media)
{
    return names[media];
}

/* Length of "type/subtype" at the start of text. */
static size_t type_len(const char *text)
{
    return strcspn(text, ";, \t");
}

static bool same_type(const char *text, enum media media)
{
    size_t len = type_len(names[media]);

    return type_len(text) == len && strncasecmp(text, names[media], len) == 0;
}

bool media_is(const char *content_type, enum media media)
{
    return content_type != NULL && same_type(content_type + strspn(content_type, " \t"), media);
}

/* Whether the parameters of a media range end it with q=0, "not acceptable" (RFC 9110, 12.4.2). */
static bool is_excluded(const char *range, size_t len)
{
    size_t i = type_len(range);

    while (i < len) {
        i += strspn(range + i, "; \t");
        if (i + 3 <= len && strncasecmp(range + i, "q=0", 3) == 0 &&
            strspn(range + i + 3, ".0") == strcspn(range + i + 3, ";, \t"))
            return true;
        i += strcspn(range + i, ";,");
        if (range[i] != ';')
            break;
    }
    return false;
}

enum media media_accepted(const char *accept, const enum media *offered, size_t count)
{
    CHECK(count > 0);
    while (accept != NULL && *accept != 0) {
        size_t len;

        accept += strspn(accept, ", \t");
        len = strcspn(accept, ",");
        for (size_t i = 0; i < count; i++) {
            if (same_type(accept, offered[i]) && !is_excluded(accept, len))
                return offered[i];
        }
        accept += len;
    }
    return offered[0];
}
