/*
 * A map made of two: what options say, laid over what a file has. Files hold a record or a part of
 * one as JSON (view.h).
 */
#ifndef VOUCH_CLIENT_DECISION_OVERLAY_H
#define VOUCH_CLIENT_DECISION_OVERLAY_H

#include "schemas/record_maker.h"

enum { OVERLAY_MEMBERS_MAX = 32, OVERLAY_FILE_LEN_MAX = 65536 };

/* Set base, zero the rest. Names are borrowed. */
struct overlay {
    const struct field *base; /* a map, or NULL */
    const char *names[OVERLAY_MEMBERS_MAX];
    size_t count;
    struct record_maker maker;
};

/* Begins a record: draft_begin (draft.h), whatever the base says of these members. */
MUST_USE bool overlay_begin_record(struct overlay *overlay, const char *type, uint64_t now_ms,
                                   struct err *err);

/* Each puts a member, which must not have been put before. NULL texts put nothing. */
void overlay_put_text(struct overlay *overlay, const char *name, const char *value);
void overlay_put_uint(struct overlay *overlay, const char *name, uint64_t value);
void overlay_put_bytes(struct overlay *overlay, const char *name, struct bytes value);
void overlay_put_encoded(struct overlay *overlay, const char *name, struct bytes encoded);

/* Whether the member was put or is in the base. */
bool overlay_has(const struct overlay *overlay, const char *name);

/* Each puts a member only if there is none yet. */
void overlay_default_text(struct overlay *overlay, const char *name, const char *value);
void overlay_default_uint(struct overlay *overlay, const char *name, uint64_t value);

/* Appends the map and leaves the overlay empty. */
void overlay_finish(struct overlay *overlay, struct buf *out);

/* A JSON object in a file. memory and fields own what the base borrows. */
struct overlay_file {
    struct buf encoded;
    struct record_fields fields;
};

/* path NULL: no file, and an empty map. */
MUST_USE bool overlay_file_read(struct overlay_file *out, const char *path, struct err *err);
void overlay_file_cleanup(struct overlay_file *file);

#endif
