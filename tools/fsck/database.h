/* The database as docs/STORAGE.md describes it, read with code of our own. */
#ifndef VOUCH_TOOLS_FSCK_DATABASE_H
#define VOUCH_TOOLS_FSCK_DATABASE_H

#include "tools/fsck/message.h"

enum { ORIGIN_TEXT_MAX = 200, BUNDLE_ENTRIES_MAX = 256, SIGNATURE_OCTETS = 64 };

struct card_row {
    char origin[ORIGIN_TEXT_MAX + 1];
    bool opaque;
};

struct state_row {
    uint64_t epoch;
    uint64_t size;
    uint32_t segment;
    uint64_t segment_len;
    uint64_t facts_size;
    uint64_t tiles_size;
};

struct head_row {
    uint64_t size;
    uint64_t epoch;
    struct digest root;
    uint64_t previous_size;
    uint64_t received_at_ms;
    struct digest seal;
    uint8_t checkpoint_signature[SIGNATURE_OCTETS];
};

struct bundle_row {
    uint32_t segment;
    uint64_t offset;
    unsigned count;
    uint16_t lens[BUNDLE_ENTRIES_MAX];
};

struct database;

/* NULL with the reason in text (256 bytes) and *out_unavailable set when it is locked or absent. */
struct database *database_open(const char *path, char *text, bool *out_unavailable);
void database_close(struct database *database);

/* False when the row is missing or malformed. */
bool database_read_card(struct database *database, struct card_row *out);
bool database_read_state(struct database *database, struct state_row *out);
bool database_read_head(struct database *database, struct head_row *out, uint64_t size);
bool database_read_bundle(struct database *database, struct bundle_row *out, uint64_t number);

/* Rows of one kind in key order. kind: 'h' heads, 'l' leaf hashes, 'i' statement identities,
 * 'f' facts. */
struct rows;
struct rows *rows_open(struct database *database, char kind);
/* False at the end. The spans are valid until the next call. */
bool rows_next(struct rows *rows, struct span *out_key, struct span *out_value);
/* Closes; false when reading had stopped because of damage, with the reason in text. */
bool rows_close(struct rows *rows, char *text);

bool head_row_decode(struct head_row *out, struct span key, struct span value);

/* An index keeps this many bytes of each hash: *out_begin points to them, within key. */
enum { INDEX_OCTETS = 24 };
bool index_row_decode(const uint8_t **out_begin, uint64_t *out_index, struct span key,
                      struct span value);

#endif
