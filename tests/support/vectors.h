/* Files under tests/vectors. Whatever is wrong with one ends the test program with a message. */
#ifndef VOUCH_TESTS_SUPPORT_VECTORS_H
#define VOUCH_TESTS_SUPPORT_VECTORS_H

#include <jansson.h>

#include "base/bytes.h"

/* The whole JSON file; json_decref it. */
json_t *vectors_load(const char *path);

/* Appends the whole file. */
void vectors_read(struct buf *out, const char *path);

/* A member that must be there. Borrowed. */
const json_t *vectors_get(const json_t *object, const char *key);
const char *vectors_text(const json_t *object, const char *key);
uint64_t vectors_uint(const json_t *object, const char *key);
bool vectors_bool(const json_t *object, const char *key);

/* Appends the bytes that a member encodes. */
void vectors_hex(struct buf *out, const json_t *object, const char *key);
void vectors_base64(struct buf *out, const json_t *object, const char *key);

/* As vectors_hex, for a hex string itself. */
void vectors_hex_value(struct buf *out, const json_t *value);

#endif
