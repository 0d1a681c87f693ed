#include "schemas/note.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "schemas/cosignature.h"

enum { KEY_ID_LEN = 4, COSIGNATURE_TIME_LEN = 8, VKEY_LEN_MAX = NOTE_NAME_LEN_MAX + 2048 };

/* An em dash and a space. */
static const char SIGNATURE_MARK[] = "\xe2\x80\x94 ";

/* Code points with the Unicode property White_Space, beyond ASCII. */
static bool is_unicode_space(uint32_t point)
{
    return point == 0x85 || point == 0xA0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 ||
           point == 0x202F || point == 0x205F || point == 0x3000;
}

/* The code point at *i in well-formed UTF-8; moves *i behind it. */
static uint32_t next_point(struct bytes text, size_t *i)
{
    uint8_t lead = text.data[(*i)++];
    unsigned more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    uint32_t point = more == 0 ? lead : lead & (0x3Fu >> more);

    for (; more > 0; more--)
        point = point << 6 | (text.data[(*i)++] & 0x3Fu);
    return point;
}

bool note_name_is_valid(struct bytes name)
{
    size_t i = 0;

    if (name.len == 0 || name.len > NOTE_NAME_LEN_MAX || !text_is_utf8(name))
        return false;
    while (i < name.len) {
        uint32_t point = next_point(name, &i);

        if (point <= ' ' || point == '+' || is_unicode_space(point))
            return false;
    }
    return true;
}

/* Valid UTF-8 without ASCII control characters other than newline. */
static bool check_characters(struct bytes message, struct err *err)
{
    for (size_t i = 0; i < message.len; i++) {
        if (message.data[i] < ' ' && message.data[i] != '\n')
            return err_set(err, ERR_INVALID, "control character 0x%02x at byte %zu",
                           message.data[i], i);
    }
    if (!text_is_utf8(message))
        return err_set(err, ERR_INVALID, "not UTF-8");
    return true;
}

/* One signature line without its newline. scratch is for decoding. */
static bool parse_signature(struct note_signature *out, struct bytes line, struct buf *scratch,
                            struct err *err)
{
    struct bytes mark = bytes_of_text(SIGNATURE_MARK);
    struct bytes rest;

    if (!bytes_start_with(line, mark))
        return err_set(err, ERR_INVALID, "a signature line does not begin with a dash");
    rest = bytes_slice(line, mark.len, line.len);
    if (!text_split(&rest, &out->name, ' '))
        return err_set(err, ERR_INVALID, "a signature line has no signature");
    if (!note_name_is_valid(out->name))
        return err_set(err, ERR_INVALID, "a signature line has a bad key name");
    buf_clear(scratch);
    if (!text_parse_base64(scratch, rest))
        return err_set(err, ERR_INVALID, "a signature is not canonical base64");
    if (scratch->len <= KEY_ID_LEN)
        return err_set(err, ERR_INVALID, "a signature is too short");
    out->key_id = read_be32(scratch->data);
    out->signature_len = scratch->len - KEY_ID_LEN;
    if (out->signature_len > sizeof(out->signature))
        out->signature_len = 0;
    memcpy(out->signature, scratch->data + KEY_ID_LEN, out->signature_len);
    return true;
}

static bool parse_signatures(struct note *out, struct bytes lines, struct err *err)
{
    struct buf scratch = {0};
    struct bytes line;
    bool ok = true;

    while (ok && lines.len > 0) {
        if (out->signature_count == NOTE_SIGNATURES_MAX) {
            ok = err_set(err, ERR_INVALID, "more than %d signatures", NOTE_SIGNATURES_MAX);
        } else if (!text_split(&lines, &line, '\n')) {
            ok = err_set(err, ERR_INVALID, "the last line does not end in a newline");
        } else {
            ok = parse_signature(&out->signatures[out->signature_count], line, &scratch, err);
            out->signature_count++;
        }
    }
    buf_cleanup(&scratch);
    return ok;
}

bool note_parse(struct note *out, struct bytes message, struct err *err)
{
    size_t text_len = message.len;

    out->signature_count = 0;
    if (message.len > NOTE_LEN_MAX)
        return err_set(err, ERR_INVALID, "a note of more than %d bytes", NOTE_LEN_MAX);
    if (!check_characters(message, err))
        return false;
    /* The last empty line parts text from signatures. */
    while (text_len >= 2 &&
           !(message.data[text_len - 1] == '\n' && message.data[text_len - 2] == '\n'))
        text_len--;
    if (text_len < 2)
        return err_set(err, ERR_INVALID, "no empty line between text and signatures");
    if (text_len == message.len)
        return err_set(err, ERR_INVALID, "no signatures");
    out->text = bytes_slice(message, 0, text_len - 1);
    out->lines = bytes_slice(message, text_len, message.len);
    return parse_signatures(out, out->lines, err);
}

struct bytes note_signature_line(const struct note *note, size_t i)
{
    struct bytes rest = note->lines;
    struct bytes line;
    size_t begin = 0;

    CHECK(i < note->signature_count);
    for (; i > 0; i--)
        text_split(&rest, &line, '\n');
    begin = note->lines.len - rest.len;
    text_split(&rest, &line, '\n');
    return bytes_slice(note->lines, begin, note->lines.len - rest.len);
}

static uint32_t key_id_of(const char *name, uint8_t type, struct bytes raw)
{
    const uint8_t separator[] = {'\n', type};
    struct hasher hasher;
    struct hash hash;

    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of_text(name));
    hasher_update(&hasher, bytes_of(separator, sizeof(separator)));
    hasher_update(&hasher, raw);
    hasher_final(&hasher, &hash);
    return read_be32(hash.bytes);
}

uint32_t note_key_id(const char *name, uint8_t type, const struct public_key *key)
{
    return key_id_of(name, type, public_key_raw(key));
}

static bool take_key(struct note_verifier *out, struct bytes raw, struct err *err)
{
    if (out->type == NOTE_TYPE_ED25519 || out->type == NOTE_TYPE_COSIGNATURE)
        return public_key_from_raw(&out->key, KEY_ED25519, raw, err);
    if (out->type == NOTE_TYPE_MLDSA_COSIGNATURE)
        return mldsa_key_from_raw(&out->mldsa, raw, err);
    return err_set(err, ERR_INVALID, "key type 0x%02x is not known", out->type);
}

/* As note_verifier_init, from the bytes of a key of this type. */
static bool verifier_init_raw(struct note_verifier *out, struct bytes name, uint8_t type,
                              struct bytes raw, struct err *err)
{
    *out = (struct note_verifier){.type = type};
    if (!note_name_is_valid(name))
        return err_set(err, ERR_INVALID, "not usable as a key name");
    memcpy(out->name, name.data, name.len);
    if (!take_key(out, raw, err))
        return false;
    out->key_id = key_id_of(out->name, type, raw);
    return true;
}

bool note_verifier_init(struct note_verifier *out, const char *name, uint8_t type,
                        const struct public_key *key, struct err *err)
{
    *out = (struct note_verifier){0};
    if (public_key_type(key) != KEY_ED25519)
        return err_set(err, ERR_INVALID, "notes are signed with Ed25519 keys only");
    return verifier_init_raw(out, bytes_of_text(name), type, public_key_raw(key), err);
}

bool note_verifier_parse_any(struct note_verifier *out, struct bytes vkey, struct err *err)
{
    struct bytes rest = vkey;
    struct bytes name;
    struct bytes id_hex;
    struct buf material = {0};
    uint8_t id[KEY_ID_LEN];
    bool ok;

    *out = (struct note_verifier){0};
    if (vkey.len > VKEY_LEN_MAX)
        return err_set(err, ERR_INVALID, "a verifier key of more than %d bytes", VKEY_LEN_MAX);
    if (!text_split(&rest, &name, '+') || !text_split(&rest, &id_hex, '+'))
        return err_set(err, ERR_INVALID, "a verifier key is <name>+<key id>+<key>");
    if (!text_parse_hex(id, sizeof(id), id_hex))
        return err_set(err, ERR_INVALID, "a key id has 8 lower-case hex digits");
    if (!text_parse_base64(&material, rest) || material.len == 0)
        ok = err_set(err, ERR_INVALID, "the key is not canonical base64");
    else
        ok = verifier_init_raw(out, name, material.data[0],
                               bytes_of(material.data + 1, material.len - 1), err);
    buf_cleanup(&material);
    if (ok && out->key_id != read_be32(id)) {
        note_verifier_cleanup(out);
        return err_set(err, ERR_INVALID, "the key id does not belong to the name and key");
    }
    return ok;
}

bool note_verifier_parse(struct note_verifier *out, struct bytes vkey, struct err *err)
{
    if (!note_verifier_parse_any(out, vkey, err))
        return false;
    if (note_verifier_is_usable(out) || mldsa_check_available(err))
        return true;
    note_verifier_cleanup(out);
    return false;
}

static bool is_mldsa(const struct note_verifier *verifier)
{
    return verifier->type == NOTE_TYPE_MLDSA_COSIGNATURE;
}

bool note_verifier_is_usable(const struct note_verifier *verifier)
{
    return !is_mldsa(verifier) || mldsa_key_is_usable(verifier->mldsa);
}

static struct bytes raw_key(const struct note_verifier *verifier)
{
    return is_mldsa(verifier) ? mldsa_key_raw(verifier->mldsa) : public_key_raw(verifier->key);
}

bool note_verifier_same_key(const struct note_verifier *a, const struct note_verifier *b)
{
    return is_mldsa(a) == is_mldsa(b) && bytes_equal(raw_key(a), raw_key(b));
}

void note_verifier_append(struct buf *out, const struct note_verifier *verifier)
{
    struct bytes raw = raw_key(verifier);
    struct buf material = {0};

    buf_append_byte(&material, verifier->type);
    buf_append_bytes(&material, raw);
    buf_append_format(out, "%s+%08" PRIx32 "+", verifier->name, verifier->key_id);
    text_append_base64(out, bytes_of_buf(&material));
    buf_cleanup(&material);
}

void note_verifier_cleanup(struct note_verifier *verifier)
{
    public_key_free(verifier->key);
    mldsa_key_free(verifier->mldsa);
    *verifier = (struct note_verifier){0};
}

void note_append_signature(struct buf *out, const char *name, uint32_t key_id,
                           struct bytes signature)
{
    struct buf blob = {0};

    buf_append_be32(&blob, key_id);
    buf_append_bytes(&blob, signature);
    buf_append_text(out, SIGNATURE_MARK);
    buf_append_text(out, name);
    buf_append_byte(out, ' ');
    text_append_base64(out, bytes_of_buf(&blob));
    buf_append_byte(out, '\n');
    buf_cleanup(&blob);
}

void note_cosignature_message(struct buf *out, uint64_t time_s, struct bytes text)
{
    buf_append_format(out, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
    buf_append_bytes(out, text);
}

static bool verify_cosignature(const struct note_signature *signature, struct bytes text,
                               const struct public_key *key, uint64_t *out_time_s)
{
    struct bytes all = bytes_of(signature->signature, signature->signature_len);
    struct buf message = {0};
    uint64_t time_s;
    bool ok;

    if (all.len != COSIGNATURE_TIME_LEN + SIGNATURE_LEN)
        return false;
    time_s = read_be64(all.data);
    if (time_s > INT64_MAX)
        return false;
    note_cosignature_message(&message, time_s, text);
    ok = public_key_verify(key, bytes_of_buf(&message),
                           bytes_slice(all, COSIGNATURE_TIME_LEN, all.len));
    buf_cleanup(&message);
    if (ok)
        *out_time_s = time_s;
    return ok;
}

/* Such signatures are long and rare: they are decoded only here. */
static bool verify_mldsa(const struct note *note, size_t i, const struct note_verifier *verifier,
                         uint64_t *out_time_s)
{
    struct bytes line = note_signature_line(note, i);
    struct bytes rest = bytes_slice(line, strlen(SIGNATURE_MARK), line.len - 1);
    struct bytes name;
    struct buf blob = {0};
    bool ok = text_split(&rest, &name, ' ') && text_parse_base64(&blob, rest) &&
              blob.len > KEY_ID_LEN &&
              cosignature_verify_mldsa(verifier, bytes_of(blob.data + KEY_ID_LEN,
                                                          blob.len - KEY_ID_LEN),
                                       note->text, out_time_s);

    buf_cleanup(&blob);
    return ok;
}

static bool verify_one(const struct note *note, size_t i, const struct note_verifier *verifier,
                       uint64_t *out_time_s)
{
    const struct note_signature *signature = &note->signatures[i];

    if (verifier->type == NOTE_TYPE_MLDSA_COSIGNATURE)
        return verify_mldsa(note, i, verifier, out_time_s);
    if (verifier->type == NOTE_TYPE_COSIGNATURE)
        return verify_cosignature(signature, note->text, verifier->key, out_time_s);
    return public_key_verify(verifier->key, note->text,
                             bytes_of(signature->signature, signature->signature_len));
}

static bool is_by(const struct note_signature *signature, const struct note_verifier *verifier)
{
    return signature->key_id == verifier->key_id &&
           bytes_equal_text(signature->name, verifier->name);
}

bool note_find_signature(const struct note *note, const struct note_verifier *verifier,
                         size_t *out_i)
{
    size_t i = 0;

    while (i < note->signature_count && !is_by(&note->signatures[i], verifier))
        i++;
    *out_i = i;
    return i < note->signature_count;
}

bool note_verify(const struct note *note, const struct note_verifier *verifier,
                 uint64_t *out_time_s, bool *out_bad)
{
    size_t count = note_verifier_is_usable(verifier) ? note->signature_count : 0;
    size_t valid_count = 0;
    bool bad = false;
    uint64_t time_s = 0;

    for (size_t i = 0; i < count && !bad; i++) {
        if (!is_by(&note->signatures[i], verifier))
            continue;
        bad = !verify_one(note, i, verifier, &time_s);
        valid_count++;
    }
    if (out_bad != NULL)
        *out_bad = bad;
    if (bad || valid_count == 0)
        return false;
    if (out_time_s != NULL)
        *out_time_s = time_s;
    return true;
}
