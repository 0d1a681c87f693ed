/* A log as the commands read it: its checkpoint, its keys and proofs made from its tiles. */
#ifndef VOUCH_CLIENT_READER_LOG_READER_H
#define VOUCH_CLIENT_READER_LOG_READER_H

#include "client/fetch/tile_reader.h"
#include "client/verify/head.h"
#include "merkle/node.h"
#include "schemas/key_set.h"

/* Fetches a checkpoint from path and judges it by policy (NULL: its form only). */
MUST_USE bool log_read_head(struct fetcher *fetcher, struct head *out, struct buf *out_note,
                            const char *path, const struct policy *policy, struct err *err);

/* Fetches the receipt keys, for retry_ms; out_body (may be NULL) gets the key set's bytes. */
MUST_USE bool log_read_keys(struct fetcher *fetcher, struct key_set *out, struct buf *out_body,
                            unsigned retry_ms, struct err *err);

/* Makes an inclusion proof from tiles, and checks that it leads from leaf to the head's root. */
MUST_USE bool log_prove_inclusion(struct fetcher *fetcher, struct proof *out,
                                  const struct checkpoint *head, uint64_t index,
                                  const struct hash *leaf, struct err *err);

/* The same with tiles that are kept for the next proof; they are of the head's size. */
MUST_USE bool log_prove_inclusion_from(struct tile_reader *tiles, struct proof *out,
                                       const struct checkpoint *head, uint64_t index,
                                       const struct hash *leaf, struct err *err);

/* As log_prove_inclusion, for the consistency of two heads of one log. */
MUST_USE bool log_prove_consistency(struct fetcher *fetcher, struct proof *out,
                                    const struct checkpoint *old_head,
                                    const struct checkpoint *new_head, struct err *err);

/* The leaf hash at index, from a tile of the tree of size; index < size. */
MUST_USE bool log_read_leaf(struct fetcher *fetcher, struct hash *out, uint64_t index,
                            uint64_t size, struct err *err);

/* The entry at index, from its bundle, shown by the tiles to be the head's; appended. */
MUST_USE bool log_read_entry(struct fetcher *fetcher, struct buf *out,
                             const struct checkpoint *head, uint64_t index, struct err *err);

/* The statement with this id, checked to have it; appended. */
MUST_USE bool log_read_statement(struct fetcher *fetcher, struct buf *out, const struct hash *id,
                                 struct err *err);

/*
 * Where the log says the entry with this id is, as its receipt tells, or a copy's leaf tiles; only
 * a proof shows it.
 */
MUST_USE bool log_find_index(struct fetcher *fetcher, uint64_t *out, const struct hash *id,
                             struct err *err);

/* An entry is named by its index or by its id. */
struct entry_name {
    bool is_id;
    struct hash id;
    uint64_t index;
};

MUST_USE bool entry_name_parse(struct entry_name *out, const char *text, struct err *err);

#endif
