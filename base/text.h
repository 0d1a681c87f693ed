/* Text encodings: hex, base64, decimal, UTF-8. Every parser accepts only the canonical form. */
#ifndef VOUCH_BASE_TEXT_H
#define VOUCH_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* Lower-case hex. out is not zero-terminated by the buf form. */
void text_append_hex(struct buf *out, struct bytes data);

/* Exactly out_len bytes from 2 * out_len lower-case hex digits; false otherwise. */
MUST_USE bool text_parse_hex(uint8_t *out, size_t out_len, struct bytes text);

/* A UUID of 16 bytes as RFC 9562, 4 writes it. */
void text_append_uuid(struct buf *out, struct bytes id);

/* RFC 4648: section 4 with padding, section 5 (URL alphabet) without padding. */
void text_append_base64(struct buf *out, struct bytes data);
void text_append_base64url(struct buf *out, struct bytes data);

/* Appends what text encodes; false, with out as it was, unless text is the canonical form. */
MUST_USE bool text_parse_base64(struct buf *out, struct bytes text);
MUST_USE bool text_parse_base64url(struct buf *out, struct bytes text);

/* RFC 3986, 2.1: every byte but letters, digits and -._~ and those of `keep` as %XX. */
void text_append_percent(struct buf *out, struct bytes data, const char *keep);

/* Appends what text stands for; false, with out as it was, when a % has no two hex digits. */
MUST_USE bool text_parse_percent(struct buf *out, struct bytes text);

/* Decimal digits without sign or leading zeros, at most max. */
MUST_USE bool text_parse_uint(uint64_t *out, struct bytes text, uint64_t max);

/* Well-formed UTF-8 (RFC 3629): no surrogates, no overlong forms. */
bool text_is_utf8(struct bytes text);

/*
 * Splits at the first separator: out_head is what precedes it, rest becomes what follows.
 * Without a separator out_head is everything, rest becomes empty and the answer is false.
 */
bool text_split(struct bytes *rest, struct bytes *out_head, char separator);

/* The candidate nearest in spelling to text, or NULL when none is near. For error messages. */
const char *text_nearest(const char *text, const char *const *candidates, size_t candidate_count);

#endif
