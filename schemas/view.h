/*
 * Other views of deterministic CBOR: JSON (both ways) and diagnostic notation. JSON is a view:
 * text stays text, integers stay integers, byte strings become base64url without padding. Coming
 * back, the members named in byte_fields.h are byte strings (one field name, one type).
 */
#ifndef VOUCH_SCHEMAS_VIEW_H
#define VOUCH_SCHEMAS_VIEW_H

#include "base/bytes.h"
#include "base/err.h"
#include "schemas/byte_fields.h"

/*
 * Appends the JSON of one CBOR item; map keys may be text or integers (written as text).
 * ERR_INVALID, with out as it was, for what JSON cannot say: tags, other keys; and for bad CBOR.
 */
MUST_USE bool view_append_json(struct buf *out, struct bytes item, bool pretty, struct err *err);

/*
 * Appends the deterministic CBOR of one JSON value. ERR_INVALID with line and column, or with the
 * path of the member: not JSON, duplicate keys, a real number, null, a byte field that is not
 * base64url, an integer outside 64 bits, nested deeper than DCBOR_DEPTH_MAX.
 */
MUST_USE bool view_parse_json(struct buf *out, struct bytes json, struct err *err);

/* As view_parse_json, where types with byte fields of their own are known. */
MUST_USE bool view_parse_json_of(struct buf *out, struct bytes json,
                                 const struct byte_fields *byte_fields, struct err *err);

/*
 * Appends diagnostic notation (RFC 8949, 8), indented, without a final end of line; accepts tags
 * and everything COSE uses. What a COSE_Sign1 holds in byte strings is shown opened, as << >>
 * (RFC 8610, G.3): headers, payload, receipts, proofs. On failure out is as it was.
 */
MUST_USE bool view_append_diagnostic(struct buf *out, struct bytes item, struct err *err);

/* Appends text as a JSON string with quotes, escaping as needed; text is UTF-8. */
void view_append_json_string(struct buf *out, struct bytes text);

#endif
