#include "schemas/run/run_short_values.h"

#include <string.h>

#include "base/text.h"
#include "merkle/hash.h"
#include "schemas/record_maker.h"

enum { UUID_LEN = 16, UUID_TEXT_LEN = 36 };

/* Cuts at the last separator; neither side is empty. */
static bool cut_at_last(struct bytes text, char separator, struct bytes *out_head,
                        struct bytes *out_tail)
{
    size_t at = text.len;

    while (at > 0 && text.data[at - 1] != (uint8_t)separator)
        at--;
    if (at < 2 || at == text.len)
        return false;
    *out_head = bytes_slice(text, 0, at - 1);
    *out_tail = bytes_slice(text, at, text.len);
    return true;
}

bool run_short_versioned(struct buf *out, struct bytes text)
{
    struct record_maker maker = {0};
    struct bytes version;
    struct bytes id;

    if (!cut_at_last(text, '@', &id, &version))
        return false;
    record_maker_put_text(&maker, "id", id);
    record_maker_put_text(&maker, "version", version);
    record_maker_finish(&maker, out);
    return true;
}

/* The provider ends at the first slash: names may have more of them. */
bool run_short_model(struct buf *out, struct bytes text)
{
    struct record_maker maker = {0};
    struct bytes provider;
    struct bytes version;
    struct bytes name;

    if (!cut_at_last(text, '@', &name, &version) || !text_split(&name, &provider, '/') ||
        provider.len == 0 || name.len == 0)
        return false;
    record_maker_put_text(&maker, "provider", provider);
    record_maker_put_text(&maker, "name", name);
    record_maker_put_text(&maker, "version", version);
    record_maker_finish(&maker, out);
    return true;
}

/* RFC 9562, 4: 8-4-4-4-12 digits. */
static bool parse_uuid(uint8_t out[UUID_LEN], struct bytes text)
{
    char digits[2 * UUID_LEN];
    size_t len = 0;

    if (text.len != UUID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text.data[i] != '-')
                return false;
            continue;
        }
        digits[len++] = (char)text.data[i];
    }
    return text_parse_hex(out, UUID_LEN, bytes_of(digits, sizeof(digits)));
}

bool run_short_reference(struct buf *out, struct bytes text)
{
    struct record_maker maker = {0};
    uint8_t record_id[UUID_LEN];
    struct bytes issuer;
    struct bytes uuid;

    if (!cut_at_last(text, '/', &issuer, &uuid) || !parse_uuid(record_id, uuid))
        return false;
    record_maker_put_bytes(&maker, "record_id", bytes_of(record_id, sizeof(record_id)));
    record_maker_put_text(&maker, "iss", issuer);
    record_maker_finish(&maker, out);
    return true;
}

bool run_short_uuid(struct buf *out, struct bytes misread)
{
    uint8_t uuid[UUID_LEN];
    struct buf text = {0};
    bool ok;

    if (misread.len != UUID_TEXT_LEN / 4 * 3)
        return false;
    text_append_base64url(&text, misread);
    ok = parse_uuid(uuid, bytes_of_buf(&text));
    if (ok)
        dcbor_put_bytes(out, bytes_of(uuid, sizeof(uuid)));
    buf_cleanup(&text);
    return ok;
}

bool run_short_port(struct buf *out, struct bytes text)
{
    struct record_maker maker = {0};

    record_maker_put_text(&maker, "artifact_id", text);
    record_maker_finish(&maker, out);
    return true;
}

bool run_short_digest(struct buf *out, struct bytes text)
{
    static const char prefix[] = "sha256:";
    struct record_maker maker = {0};
    struct hash hash;

    if (!bytes_start_with(text, bytes_of_text(prefix)) ||
        !text_parse_hex(hash.bytes, HASH_LEN, bytes_slice(text, strlen(prefix), text.len)))
        return false;
    record_maker_put_literal(&maker, "algorithm", "sha-256");
    record_maker_put_bytes(&maker, "digest", hash_bytes(&hash));
    record_maker_finish(&maker, out);
    return true;
}
