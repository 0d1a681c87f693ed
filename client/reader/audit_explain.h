/* Why an audit's root is not the signed one: which entry is damaged, or whether history changed. */
#ifndef VOUCH_CLIENT_READER_AUDIT_EXPLAIN_H
#define VOUCH_CLIENT_READER_AUDIT_EXPLAIN_H

#include "client/fetch/fetch.h"
#include "client/verify/head.h"
#include "merkle/node.h"

/* What the tiles of a head say about the tree of an older one. */
enum history {
    HISTORY_EXTENDS,     /* that the head extends it */
    HISTORY_OTHER,       /* that the first entries are others: both signed heads convict */
    HISTORY_UNPROVEN,    /* nothing: they do not lead to the head */
    HISTORY_UNSERVED,    /* nothing: they are not served */
    HISTORY_UNREACHABLE, /* nothing yet: the log does not answer */
};

/*
 * old_head->size <= new_head->size. out_path (may be NULL) is that of a fork proof between the two,
 * when the answer is HISTORY_OTHER.
 */
enum history history_compare(struct fetcher *fetcher, const struct checkpoint *old_head,
                             const struct checkpoint *new_head, struct proof *out_path);

/*
 * Reports under "history" whether the log's tiles show that head extends the remembered one: they
 * do; they show that it does not (diverges); or they do not tell.
 */
void audit_explain_history(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *remembered, const struct checkpoint *head);

/* What a bundle of entries and its tile, as they are served now, say of each other. */
enum bundle_truth {
    BUNDLE_FITS,          /* the entries are the ones that the signed head covers */
    BUNDLE_ENTRY_CHANGED, /* one is not, and its tile shows which one should be there */
    BUNDLE_UNLIKE_TILE,   /* one is not the one in its tile, which does not fit the head either */
    BUNDLE_TILE_CHANGED,  /* they are those of their tile, but the tiles do not lead to the head */
    BUNDLE_UNSERVED,      /* one of the two is not served */
    BUNDLE_UNREACHABLE,   /* the log does not answer */
};

/* bundle * TILE_WIDTH < head->size. *out_index: the entry it is about. */
enum bundle_truth bundle_compare(struct fetcher *fetcher, const struct checkpoint *head,
                                 uint64_t bundle, uint64_t *out_index);

/*
 * Reports under "entries" the first entry in [begin, head->size) that is not the one its leaf
 * hash in the log's tiles says, where the tile in turn fits the signed root.
 */
void audit_explain_entries(struct report *report, struct fetcher *fetcher,
                           const struct checkpoint *head, uint64_t begin);

#endif
