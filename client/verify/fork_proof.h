/*
 * Fork proofs: two heads that one log signed and that cannot both be true. The text convicts by
 * itself. Two roots of one size need nothing else; for different sizes a path leads to the larger
 * head's root and shows what that tree's own first entries add up to: not to the smaller head.
 *
 *   vouch/fork-proof/v1
 *   testimony first 1795000000 monitor.example/a
 *   testimony second 1795000060 monitor.example/b
 *   <hash of the path, base64>
 *   …
 *   <empty line>
 *   <the first head: a signed checkpoint>
 *   <empty line>
 *   <the second head>
 */
#ifndef VOUCH_CLIENT_VERIFY_FORK_PROOF_H
#define VOUCH_CLIENT_VERIFY_FORK_PROOF_H

#include "merkle/node.h"
#include "schemas/checkpoint.h"

enum { FORK_TESTIMONIES_MAX = 16, FORK_PROOF_LEN_MAX = 2 * NOTE_LEN_MAX + 16384 };

/* Who says to have seen which head, and when. Nothing in the text proves it. */
struct fork_testimony {
    unsigned head; /* 0: the first, 1: the second */
    uint64_t time_s;
    struct bytes observer; /* usable as a key name; borrowed */
};

struct fork_proof {
    struct bytes notes[2];      /* signed, borrowed; the smaller head is the first one */
    struct checkpoint heads[2]; /* what they say: one origin, size of 0 <= size of 1 */
    struct proof path;          /* as merkle/prefix.h has it; empty for equal sizes and size 0 */
    struct fork_testimony testimonies[FORK_TESTIMONIES_MAX];
    size_t testimony_count;
};

/* Whether the text begins as fork proofs do. */
bool fork_proof_begins(struct bytes text);

void fork_proof_append(struct buf *out, const struct fork_proof *proof);

/* The form alone; ERR_INVALID says what is wrong. Accepts only what fork_proof_append writes. */
MUST_USE bool fork_proof_parse(struct fork_proof *out, struct bytes text, struct err *err);

/* One of two heads that a proof is made of. */
struct fork_side {
    struct bytes note;    /* borrowed by the proof */
    const char *observer; /* who saw it, borrowed by the proof; NULL: nobody testifies */
    uint64_t seen_s;
};

/*
 * Makes a proof of two heads in either order; path is from the smaller to the larger one, NULL
 * for none. ERR_INVALID when they are of two logs or do not contradict each other. Signatures are
 * the caller's to check.
 */
MUST_USE bool fork_proof_make(struct fork_proof *out, const struct fork_side *one,
                              const struct fork_side *other, const struct proof *path,
                              struct err *err);

/*
 * Whether the two heads contradict each other, signed by one key as they are supposed to be.
 * out_prefix gets the root that the second head's tree has at the first head's size.
 */
MUST_USE bool fork_proof_convicts(const struct fork_proof *proof, struct hash *out_prefix);

#endif
