#include "schemas/problem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/view.h"

/* Standard entries of RFC 9290, 2. */
enum { ENTRY_TITLE = -1, ENTRY_DETAIL = -2 };

enum { RETRY_AFTER_S = 1, MEMBER_COUNT = 6 };

struct kind {
    int http_status;
    const char *code;
    const char *title;
};

static const struct kind KINDS[] = {
    [PROBLEM_NONE] = {200, "", ""},
    [PROBLEM_NOT_FOUND] = {404, "not-found", "Not Found"},
    [PROBLEM_METHOD] = {405, "method-not-allowed", "Method Not Allowed"},
    [PROBLEM_MEDIA_TYPE] = {415, "unsupported-media-type", "Unsupported Media Type"},
    [PROBLEM_TOO_LARGE] = {413, "too-large", "Too Large"},
    [PROBLEM_PARAMETER] = {400, "bad-parameter", "Bad Parameter"},
    [PROBLEM_LOCATOR] = {400, "bad-locator", "Invalid locator"},
    [PROBLEM_TIMEOUT] = {408, "timeout", "Request Timeout"},
    [PROBLEM_CBOR] = {400, "cbor", "Not Deterministic CBOR"},
    [PROBLEM_STATEMENT] = {400, "statement", "Not a Statement"},
    [PROBLEM_ALGORITHM] = {400, "algorithm", "Bad Signature Algorithm"},
    [PROBLEM_PAYLOAD_MISSING] = {400, "payload-missing", "Payload Missing"},
    [PROBLEM_UNKNOWN_ISSUER] = {403, "unknown-issuer", "Rejected"},
    [PROBLEM_SIGNATURE] = {403, "signature", "Rejected"},
    [PROBLEM_RECORD] = {422, "record", "Not a Record"},
    [PROBLEM_SCHEMA] = {422, "schema", "Not What the Schema Says"},
    [PROBLEM_CONFLICT] = {409, "conflict", "Conflict"},
    [PROBLEM_INCONSISTENT] = {422, "inconsistent", "Not Shown to Be Consistent"},
    [PROBLEM_RATE] = {429, "rate", "Too Many Requests"},
    [PROBLEM_TOKEN_INVALID] = {422, "token-invalid", "Not an ID Token"},
    [PROBLEM_TOKEN_ALGORITHM] = {422, "token-algorithm", "Rejected"},
    [PROBLEM_TOKEN_KEY_UNKNOWN] = {422, "token-key-unknown", "Rejected"},
    [PROBLEM_TOKEN_SIGNATURE] = {422, "token-signature", "Rejected"},
    [PROBLEM_TOKEN_ISSUER] = {422, "token-issuer", "Rejected"},
    [PROBLEM_TOKEN_AUDIENCE] = {422, "token-audience", "Rejected"},
    [PROBLEM_TOKEN_EXPIRED] = {422, "token-expired", "Rejected"},
    [PROBLEM_TOKEN_EARLY] = {422, "token-not-yet-valid", "Rejected"},
    [PROBLEM_TOKEN_NONCE] = {422, "token-nonce", "Rejected"},
    [PROBLEM_TOKEN_ACR] = {422, "token-acr", "Rejected"},
    [PROBLEM_TOKEN_MISMATCH] = {422, "token-mismatch", "Rejected"},
    [PROBLEM_TOKEN_KEYS] = {503, "token-keys-unavailable", "Keys Unavailable"},
    [PROBLEM_RULE] = {422, "refused", "Rejected"},
    [PROBLEM_BUSY] = {503, "busy", "Busy"},
    [PROBLEM_READ_ONLY] = {503, "read-only", "Read Only"},
    [PROBLEM_NOT_WITNESSED] = {503, "not-witnessed", "Not Witnessed"},
    [PROBLEM_INTERNAL] = {500, "internal", "Internal Error"},
};

size_t problem_kind_count(void)
{
    return sizeof(KINDS) / sizeof(KINDS[0]);
}

static const struct kind *find_kind(enum problem_kind kind)
{
    CHECK((size_t)kind < problem_kind_count());
    return &KINDS[kind];
}

int problem_http_status(enum problem_kind kind)
{
    return find_kind(kind)->http_status;
}

const char *problem_code(enum problem_kind kind)
{
    return find_kind(kind)->code;
}

const char *problem_code_of(const struct problem *problem)
{
    return problem->code[0] != 0 ? problem->code : problem_code(problem->kind);
}

const char *problem_title(enum problem_kind kind)
{
    return find_kind(kind)->title;
}

/*
 * Copies text, cutting what does not fit in front of a character. Always UTF-8, and without the zero
 * bytes that would end it before its end.
 */
static void copy_text(char *out, size_t out_len, struct bytes text)
{
    size_t len = text.len < out_len ? text.len : out_len - 1;

    while (len < text.len && len > 0 && (text.data[len] & 0xC0) == 0x80)
        len--;
    if (len > 0)
        memcpy(out, text.data, len);
    out[len] = 0;
    for (size_t i = 0; i < len; i++) {
        if (out[i] == 0)
            out[i] = '?';
    }
    if (text_is_utf8(bytes_of(out, len)))
        return;
    /* A character was cut before the text came here. */
    for (size_t i = 0; i < len; i++) {
        if ((out[i] & 0x80) != 0)
            out[i] = '?';
    }
}

bool problem_set(struct problem *problem, enum problem_kind kind, const char *format, ...)
{
    char detail[2 * sizeof(problem->detail)];
    va_list args;

    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    *problem = (struct problem){.kind = kind};
    copy_text(problem->detail, sizeof(problem->detail), bytes_of_text(detail));
    if (kind == PROBLEM_BUSY || kind == PROBLEM_TOKEN_KEYS ||
        kind == PROBLEM_NOT_WITNESSED)
        problem->retry_after_s = RETRY_AFTER_S;
    return false;
}

bool problem_add(struct problem *problem, const char *path, const char *have, const char *want)
{
    if (path != NULL)
        copy_text(problem->path, sizeof(problem->path), bytes_of_text(path));
    if (have != NULL)
        copy_text(problem->have, sizeof(problem->have), bytes_of_text(have));
    if (want != NULL)
        copy_text(problem->want, sizeof(problem->want), bytes_of_text(want));
    return false;
}

bool problem_add_rule(struct problem *problem, const char *rule)
{
    copy_text(problem->rule, sizeof(problem->rule), bytes_of_text(rule));
    return false;
}

bool problem_from_err(struct problem *problem, const struct err *err)
{
    switch (err->code) {
    case ERR_INVALID:
        return problem_set(problem, PROBLEM_PARAMETER, "%s", err->text);
    case ERR_REFUSED:
        return problem_set(problem, PROBLEM_CONFLICT, "%s", err->text);
    case ERR_NOT_FOUND:
        return problem_set(problem, PROBLEM_NOT_FOUND, "%s", err->text);
    case ERR_BUSY:
        return problem_set(problem, PROBLEM_BUSY, "%s", err->text);
    case ERR_NONE:
    case ERR_IO:
    case ERR_CORRUPT:
        break;
    }
    return problem_set(problem, PROBLEM_INTERNAL,
                       "The log could not do it; its operator can see why.");
}

/* ---- encoding ---- */

/* Our own entries, in the order of their encoded names. Absent when empty. */
struct member {
    const char *name;
    const char *value;
};

static void list_members(struct member out[MEMBER_COUNT], const struct problem *problem)
{
    out[0] = (struct member){"doc", problem->doc};
    out[1] = (struct member){"code", problem_code_of(problem)};
    out[2] = (struct member){"have", problem->have};
    out[3] = (struct member){"path", problem->path};
    out[4] = (struct member){"rule", problem->rule};
    out[5] = (struct member){"want", problem->want};
}

static unsigned count_members(const struct member members[MEMBER_COUNT])
{
    unsigned count = 0;

    for (unsigned i = 0; i < MEMBER_COUNT; i++)
        count += members[i].value[0] != 0;
    return count;
}

void problem_encode(struct buf *out, const struct problem *problem)
{
    struct member members[MEMBER_COUNT];
    bool has_detail = problem->detail[0] != 0;
    unsigned count;

    list_members(members, problem);
    count = count_members(members) + (problem->refusal_len > 0);
    dcbor_put_map(out, 1u + has_detail + (count > 0));
    dcbor_put_int(out, ENTRY_TITLE);
    dcbor_put_literal(out, problem_title(problem->kind));
    if (has_detail) {
        dcbor_put_int(out, ENTRY_DETAIL);
        dcbor_put_literal(out, problem->detail);
    }
    if (count == 0)
        return;
    dcbor_put_literal(out, PROBLEM_EXTENSION_URI);
    dcbor_put_map(out, count);
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        if (members[i].value[0] != 0) {
            dcbor_put_literal(out, members[i].name);
            dcbor_put_literal(out, members[i].value);
        }
    }
    if (problem->refusal_len > 0) {
        dcbor_put_literal(out, "refusal");
        dcbor_put_bytes(out, bytes_of(problem->refusal, problem->refusal_len));
    }
}

static void append_json_member(struct buf *out, const char *name, const char *value)
{
    if (value[0] == 0)
        return;
    buf_append_format(out, ",\"%s\":", name);
    view_append_json_string(out, bytes_of_text(value));
}

void problem_append_json(struct buf *out, const struct problem *problem)
{
    struct member members[MEMBER_COUNT];

    list_members(members, problem);
    buf_append_text(out, "{\"title\":");
    view_append_json_string(out, bytes_of_text(problem_title(problem->kind)));
    buf_append_format(out, ",\"status\":%d", problem_http_status(problem->kind));
    append_json_member(out, "detail", problem->detail);
    for (unsigned i = 0; i < MEMBER_COUNT; i++)
        append_json_member(out, members[i].name, members[i].value);
    if (problem->refusal_len > 0) {
        buf_append_text(out, ",\"refusal\":\"");
        text_append_base64url(out, bytes_of(problem->refusal, problem->refusal_len));
        buf_append_byte(out, '"');
    }
    buf_append_text(out, "}\n");
}

/* ---- decoding ---- */

static enum problem_kind find_code(struct bytes code)
{
    for (size_t i = 1; i < problem_kind_count(); i++) {
        if (bytes_equal_text(code, KINDS[i].code))
            return (enum problem_kind)i;
    }
    return PROBLEM_NONE;
}

/* What is read; the title stands in for a detail that is missing. */
struct draft {
    struct problem problem;
    struct bytes title; /* borrowed */
};

static void take_code(struct problem *problem, struct bytes value)
{
    problem->kind = find_code(value);
    if (problem->kind == PROBLEM_NONE)
        copy_text(problem->code, sizeof(problem->code), value);
}

/* One that is too long, or no base64url, is passed over: the rest of the problem is readable. */
static void take_refusal(struct problem *problem, struct bytes value)
{
    if (value.len == 0 || value.len > sizeof(problem->refusal))
        return;
    memcpy(problem->refusal, value.data, value.len);
    problem->refusal_len = value.len;
}

static void take_refusal_text(struct problem *problem, struct bytes text)
{
    struct buf refusal = {0};

    if (text_parse_base64url(&refusal, text))
        take_refusal(problem, bytes_of_buf(&refusal));
    buf_cleanup(&refusal);
}

/* A text entry that we know by name; others are passed over (RFC 9290, 3). */
static void take_named(struct draft *draft, struct bytes name, struct bytes value)
{
    struct problem *problem = &draft->problem;

    if (bytes_equal_text(name, "code"))
        take_code(problem, value);
    else if (bytes_equal_text(name, "title"))
        draft->title = value;
    else if (bytes_equal_text(name, "detail"))
        copy_text(problem->detail, sizeof(problem->detail), value);
    else if (bytes_equal_text(name, "path"))
        copy_text(problem->path, sizeof(problem->path), value);
    else if (bytes_equal_text(name, "have"))
        copy_text(problem->have, sizeof(problem->have), value);
    else if (bytes_equal_text(name, "rule"))
        copy_text(problem->rule, sizeof(problem->rule), value);
    else if (bytes_equal_text(name, "want"))
        copy_text(problem->want, sizeof(problem->want), value);
    else if (bytes_equal_text(name, "doc"))
        copy_text(problem->doc, sizeof(problem->doc), value);
    else if (bytes_equal_text(name, "refusal"))
        take_refusal_text(problem, value);
}

/* Reads one pair. Of a value that holds others only its head is in out_value. */
static bool read_pair(struct dcbor_reader *reader, struct dcbor_item *out_key,
                      struct dcbor_item *out_value, struct err *err)
{
    struct dcbor_reader value;

    if (!dcbor_read(reader, out_key, err))
        return false;
    value = *reader;
    return dcbor_read(&value, out_value, err) && dcbor_skip(reader, NULL, err);
}

/* A map with names as keys: our extension, or the whole JSON form. */
static bool read_named_members(struct draft *draft, struct dcbor_reader *reader, struct err *err)
{
    uint64_t count;

    if (!dcbor_read_map(reader, &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        struct dcbor_item key;
        struct dcbor_item value;

        if (!read_pair(reader, &key, &value, err))
            return false;
        if (key.type == DCBOR_TEXT && value.type == DCBOR_TEXT)
            take_named(draft, key.string, value.string);
        else if (key.type == DCBOR_TEXT && value.type == DCBOR_BYTES &&
                 bytes_equal_text(key.string, "refusal"))
            take_refusal(&draft->problem, value.string);
    }
    return true;
}

static bool read_entry(struct draft *draft, struct dcbor_reader *reader, struct err *err)
{
    struct dcbor_reader value_reader = *reader;
    struct dcbor_item key;
    struct dcbor_item value;

    if (!read_pair(reader, &key, &value, err) || !dcbor_skip(&value_reader, NULL, err))
        return false;
    if (key.type == DCBOR_TEXT && bytes_equal_text(key.string, PROBLEM_EXTENSION_URI))
        return read_named_members(draft, &value_reader, err);
    if (key.type == DCBOR_NINT && value.type == DCBOR_TEXT) {
        if (key.value == -1 - ENTRY_TITLE)
            draft->title = value.string;
        else if (key.value == -1 - ENTRY_DETAIL)
            copy_text(draft->problem.detail, sizeof(draft->problem.detail), value.string);
    }
    return true;
}

static bool read_entries(struct draft *draft, struct dcbor_reader *reader, struct err *err)
{
    uint64_t count;

    if (!dcbor_read_map(reader, &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!read_entry(draft, reader, err))
            return false;
    }
    return true;
}

/* No CBOR map begins with white space or a brace. */
static bool is_json(struct bytes body)
{
    size_t i = 0;

    while (i < body.len && (body.data[i] == ' ' || body.data[i] == '\n' || body.data[i] == '\r' ||
                            body.data[i] == '\t'))
        i++;
    return i < body.len && body.data[i] == '{';
}

bool problem_decode(struct problem *out, struct bytes body, struct err *err)
{
    struct draft draft = {0};
    struct buf cbor = {0};
    struct dcbor_reader reader;
    bool ok;

    if (is_json(body)) {
        ok = view_parse_json(&cbor, body, err);
        reader = dcbor_reader_of(bytes_of_buf(&cbor));
        ok = ok && read_named_members(&draft, &reader, err);
    } else {
        reader = dcbor_reader_of(body);
        ok = dcbor_check_any(body, err) && read_entries(&draft, &reader, err);
    }
    if (!ok) {
        err_wrap(err, "problem details");
        goto out;
    }
    if (draft.problem.kind == PROBLEM_NONE && draft.problem.rule[0] != 0)
        draft.problem.kind = PROBLEM_RULE;
    if (draft.problem.kind == PROBLEM_NONE && draft.problem.detail[0] == 0)
        copy_text(draft.problem.detail, sizeof(draft.problem.detail), draft.title);
    *out = draft.problem;
out:
    buf_cleanup(&cbor);
    return ok;
}
