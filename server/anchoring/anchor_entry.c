#include "server/anchoring/anchor_entry.h"

#include "base/text.h"
#include "schemas/rules/record_facts.h"
#include "server/tlog/own_record.h"

static void append_key(struct buf *out, const struct hash *digest)
{
    buf_append_text(out, "anchor ");
    text_append_hex(out, hash_bytes(digest));
}

static bool is_said(const struct anchor_entry *entry, const struct tlog_moment *moment,
                    struct bytes key)
{
    struct bytes digest;

    return idempotency_get(moment->facts, bytes_of_text(LOG_TENANT),
                           bytes_of_text(entry->origin), key, &digest);
}

static bool make(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct anchor_entry *entry = (const struct anchor_entry *)own;
    const struct anchor_file *file = &entry->anchor->file;
    struct log_record_header header = own_record_header(moment, entry->origin, 0);
    struct log_anchor anchor = {.kind = anchor_kind_name(file->kind),
                                .size = file->head.size,
                                .root = file->head.root,
                                .location = file->location,
                                .proof_len = entry->anchor->text.len,
                                .proof_type = ANCHOR_FILE_TYPE};
    struct buf key = {0};
    bool is_news;

    hash_sha256(&anchor.proof_digest, bytes_of_buf(&entry->anchor->text));
    append_key(&key, &anchor.proof_digest);
    anchor.idempotency_key = bytes_of_buf(&key);
    is_news = !is_said(entry, moment, anchor.idempotency_key);
    if (is_news)
        log_metadata_append_anchor(out, &header, &anchor);
    buf_cleanup(&key);
    return is_news;
}

void anchor_entry_init(struct anchor_entry *out, const char *origin,
                       const struct kept_anchor *anchor)
{
    *out = (struct anchor_entry){
        .own = {.subject = "log-metadata", .make = make}, .origin = origin, .anchor = anchor};
}
