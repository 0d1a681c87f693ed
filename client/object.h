/* Small JSON objects for --json, member by member. */
#ifndef VOUCH_CLIENT_OBJECT_H
#define VOUCH_CLIENT_OBJECT_H

#include "base/bytes.h"

/* name is NULL for the outermost object and inside a list. */
void object_begin(struct buf *out, const char *name);
void object_end(struct buf *out);
void object_begin_list(struct buf *out, const char *name);
void object_end_list(struct buf *out);

/* Text that is not UTF-8 is shown with its foreign bytes replaced by '?'. */
void object_text(struct buf *out, const char *name, const char *text);
void object_bytes_text(struct buf *out, const char *name, struct bytes text);
void object_number(struct buf *out, const char *name, uint64_t number);
void object_bool(struct buf *out, const char *name, bool value);
void object_hex(struct buf *out, const char *name, struct bytes data);
void object_base64(struct buf *out, const char *name, struct bytes data);

/* JSON that is made already. */
void object_raw(struct buf *out, const char *name, struct bytes value);

#endif
