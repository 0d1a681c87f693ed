/* Just enough CBOR to see through a statement: its parts, and a seal's fields. */
#ifndef VOUCH_TOOLS_FSCK_MESSAGE_H
#define VOUCH_TOOLS_FSCK_MESSAGE_H

#include "tools/fsck/digest.h"

struct span {
    const uint8_t *data;
    size_t len;
};

struct message {
    struct span protected_header;
    struct span payload;
};

/* Takes 18([bstr, {}, bstr, bstr]) apart; false when entry is anything else. */
bool message_parse(struct message *out, const uint8_t *entry, size_t len);

/* SHA-256 of ["Signature1", protected, h'', payload]: the statement's identity. */
void message_identity(struct digest *out, const struct message *message);

struct seal_fields {
    uint64_t first_index;
    uint64_t entry_count;
    uint64_t received_at_ms;
    struct digest root;
    bool has_previous;
    struct digest previous;
    uint64_t witnessed_size; /* 0: it names no witnessed head */
};

/* What the log says of an anchor: the head that somebody outside was given. */
struct anchor_fields {
    uint64_t size;
    struct digest root;
};

/* Whether payload is one record "log-metadata" with the operation "anchor". */
bool message_parse_anchor(struct anchor_fields *out, struct span payload);

/* Whether payload is a map with "type": "seal" and the fields that can be recomputed. */
bool message_parse_seal(struct seal_fields *out, struct span payload);

#endif
