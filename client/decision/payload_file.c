#include "client/decision/payload_file.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "schemas/key.h"
#include "schemas/record_maker.h"

static void wipe(struct buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    buf_cleanup(buf);
}

/* ---- keys ---- */

/* A word that is 32 bytes of base64url is a key, every other one a name. */
static bool take_word(struct opening_keys *out, struct bytes word, struct err *err)
{
    struct buf key = {0};
    bool ok = true;

    if (text_parse_base64url(&key, word) && key.len == OPENING_KEY_LEN) {
        if (out->count == OPENING_KEYS_MAX)
            ok = err_set(err, ERR_INVALID, "more than %d keys", OPENING_KEYS_MAX);
        else
            memcpy(out->keys[out->count++], key.data, OPENING_KEY_LEN);
    }
    wipe(&key);
    return ok;
}

bool opening_keys_read(struct opening_keys *out, const char *path, struct err *err)
{
    struct buf content = {0};
    struct bytes rest;
    bool ok = file_read(&content, path, OPENING_KEYS_FILE_LEN_MAX, err);

    rest = bytes_of_buf(&content);
    while (ok && rest.len > 0) {
        struct bytes line;

        text_split(&rest, &line, '\n');
        while (ok && line.len > 0) {
            struct bytes word;

            text_split(&line, &word, ' ');
            ok = take_word(out, word, err);
        }
    }
    wipe(&content);
    return ok || err_wrap(err, "%s", path);
}

void opening_keys_cleanup(struct opening_keys *keys)
{
    explicit_bzero(keys, sizeof(*keys));
}

/* ---- comparing ---- */

static bool opens(const struct opening_keys *keys, struct bytes payload, struct bytes digest)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct hash commitment;

        commitment_make(&commitment, keys->keys[i], payload);
        if (bytes_equal(hash_bytes(&commitment), digest))
            return true;
    }
    return false;
}

bool payload_check(struct bytes payload, const struct field *digest,
                   const struct opening_keys *keys, struct err *err)
{
    const struct field *algorithm = field_get(digest, "algorithm");
    struct bytes want = field_bytes(field_get(digest, "digest"));
    struct hash hash;

    if (field_is_text(algorithm, "hmac-sha-256")) {
        if (keys->count == 0)
            return err_set(err, ERR_INVALID, "it is a commitment: --opening-keys FILE is needed");
        return opens(keys, payload, want) ||
               err_set(err, ERR_INVALID,
                       "it is another payload than the one committed to, or the key is missing");
    }
    if (!field_is_text(algorithm, "sha-256"))
        return err_set(err, ERR_INVALID, "its digest is %.*s, which is not computed here",
                       (int)field_text(algorithm).len, (const char *)field_text(algorithm).data);
    hash_sha256(&hash, payload);
    return bytes_equal(hash_bytes(&hash), want) ||
           err_set(err, ERR_INVALID, "it is another payload than the one the request names");
}

/* ---- making ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* NULL when the name does not tell. */
static const char *media_type_of(const char *path)
{
    static const char *const TYPES[][2] = {
        {".json", "application/json"}, {".txt", "text/plain"},      {".md", "text/markdown"},
        {".html", "text/html"},        {".csv", "text/csv"},        {".pdf", "application/pdf"},
        {".yaml", "application/yaml"}, {".yml", "application/yaml"}, {".xml", "application/xml"},
    };
    const char *dot = strrchr(base_name(path), '.');

    for (size_t i = 0; dot != NULL && i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        if (strcmp(dot, TYPES[i][0]) == 0)
            return TYPES[i][1];
    }
    return NULL;
}

/* The file as it was and one more line. It is replaced as a whole, never cut. */
static bool keep_key(const char *keys_path, const char *name, const uint8_t key[OPENING_KEY_LEN],
                     struct err *err)
{
    struct buf content = {0};
    bool ok = !file_exists(keys_path) ||
              file_read_private(&content, keys_path, OPENING_KEYS_FILE_LEN_MAX, err);

    if (ok && content.len > 0 && content.data[content.len - 1] != '\n')
        buf_append_byte(&content, '\n');
    for (const char *c = name; *c != '\0'; c++)
        buf_append_byte(&content, *c > ' ' ? (uint8_t)*c : '_');
    buf_append_byte(&content, ' ');
    text_append_base64url(&content, bytes_of(key, OPENING_KEY_LEN));
    buf_append_byte(&content, '\n');
    ok = ok && file_write_durable(keys_path, bytes_of_buf(&content), 0600, err);
    wipe(&content);
    return ok;
}

static bool commit(struct buf *out, const char *path, struct bytes payload, const char *keys_path,
                   struct err *err)
{
    const char *media_type = media_type_of(path);
    uint8_t key[OPENING_KEY_LEN];
    struct hash commitment;
    bool ok = random_fill(key, sizeof(key), err);

    if (ok) {
        commitment_make(&commitment, key, payload);
        commitment_append(out, &commitment, bytes_of_text(media_type != NULL ? media_type : ""));
        ok = keep_key(keys_path, base_name(path), key, err);
    }
    explicit_bzero(key, sizeof(key));
    return ok;
}

static void append_plain(struct buf *out, const char *path, struct bytes payload)
{
    const char *media_type = media_type_of(path);
    struct record_maker maker = {0};
    struct hash hash;

    hash_sha256(&hash, payload);
    record_maker_put_literal(&maker, "algorithm", "sha-256");
    record_maker_put_bytes(&maker, "digest", hash_bytes(&hash));
    record_maker_put_uint(&maker, "length_bytes", payload.len);
    if (media_type != NULL)
        record_maker_put_literal(&maker, "media_type", media_type);
    record_maker_finish(&maker, out);
}

bool payload_digest_make(struct buf *out, const char *path, const char *keys_path, struct err *err)
{
    struct buf payload = {0};
    bool ok = file_read(&payload, path, PAYLOAD_LEN_MAX, err);

    if (ok && keys_path != NULL)
        ok = commit(out, path, bytes_of_buf(&payload), keys_path, err);
    else if (ok)
        append_plain(out, path, bytes_of_buf(&payload));
    buf_cleanup(&payload);
    return ok;
}
