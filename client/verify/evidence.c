#include "client/verify/evidence.h"

#include <string.h>

#include "client/verify/fork_proof.h"
#include "schemas/anchor_file.h"
#include "schemas/dcbor.h"
#include "schemas/note.h"
#include "schemas/receipt.h"

static const char TLOG_PROOF_FIRST_LINE[] = "c2sp.org/tlog-proof@v1\n";

static bool kind_of_name(enum evidence_kind *out, const char *name)
{
    static const struct {
        const char *ending;
        enum evidence_kind kind;
    } ROWS[] = {
        {".cose", EVIDENCE_ENTRY},
        {".receipt", EVIDENCE_RECEIPT},
        {".consistency", EVIDENCE_CONSISTENCY},
        {".tlog-proof", EVIDENCE_TLOG_PROOF},
        {".checkpoint", EVIDENCE_CHECKPOINT},
        {".fork-proof", EVIDENCE_FORK_PROOF},
        {".anchor", EVIDENCE_ANCHOR},
    };
    const char *ending = strrchr(name, '.');

    if (ending == NULL)
        return false;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        if (strcmp(ending, ROWS[i].ending) == 0) {
            *out = ROWS[i].kind;
            return true;
        }
    }
    return false;
}

/* Whether an encoded header map has the label for verifiable data structures. */
static bool has_vds(struct bytes protected_header)
{
    struct dcbor_reader reader = dcbor_reader_of(protected_header);
    struct err ignored = {0};
    uint64_t pairs;

    if (!dcbor_read_map(&reader, &pairs, &ignored))
        return false;
    for (uint64_t i = 0; i < pairs; i++) {
        struct bytes key;

        if (!dcbor_skip(&reader, &key, &ignored) || !dcbor_skip(&reader, NULL, &ignored))
            return false;
        if (bytes_equal(key, bytes_of("\x19\x01\x8b", 3))) /* 395 */
            return true;
    }
    return false;
}

static enum evidence_kind kind_of_cose(struct bytes content)
{
    struct err ignored = {0};
    struct cose_sign1 message;
    struct receipt receipt;

    if (!cose_sign1_decode_foreign(&message, content, &ignored) ||
        !has_vds(message.protected_header))
        return EVIDENCE_ENTRY;
    if (receipt_decode(&receipt, content, &ignored) && receipt.is_consistency)
        return EVIDENCE_CONSISTENCY;
    return EVIDENCE_RECEIPT;
}

enum evidence_kind evidence_kind_of(const char *name, struct bytes content)
{
    enum evidence_kind kind;
    struct err ignored = {0};
    struct note note;

    if (kind_of_name(&kind, name))
        return kind;
    if (bytes_start_with(content, bytes_of_text(TLOG_PROOF_FIRST_LINE)))
        return EVIDENCE_TLOG_PROOF;
    if (fork_proof_begins(content))
        return EVIDENCE_FORK_PROOF;
    if (anchor_file_begins(content))
        return EVIDENCE_ANCHOR;
    if (content.len > 0 && content.data[0] == '{')
        return EVIDENCE_CONSISTENCY;
    if (note_parse(&note, content, &ignored))
        return EVIDENCE_CHECKPOINT;
    return kind_of_cose(content);
}

const char *evidence_kind_name(enum evidence_kind kind)
{
    static const char *const NAMES[] = {
        [EVIDENCE_ENTRY] = "entry",
        [EVIDENCE_RECEIPT] = "receipt",
        [EVIDENCE_CONSISTENCY] = "consistency proof",
        [EVIDENCE_TLOG_PROOF] = "tlog-proof",
        [EVIDENCE_CHECKPOINT] = "checkpoint",
        [EVIDENCE_FORK_PROOF] = "fork proof",
        [EVIDENCE_ANCHOR] = "anchor",
    };

    return NAMES[kind];
}

static bool add_to(struct bytes *list, size_t *count, size_t count_max, struct bytes content,
                   const char *what, struct err *err)
{
    if (*count == count_max)
        return err_set(err, ERR_INVALID, "more than %zu files of kind %s", count_max, what);
    list[(*count)++] = content;
    return true;
}

static bool set_only(struct bytes *out, bool *has, struct bytes content, const char *what,
                     struct err *err)
{
    if (*has)
        return err_set(err, ERR_INVALID, "two files of kind %s: verify them one by one", what);
    *has = true;
    *out = content;
    return true;
}

bool evidence_add(struct evidence *evidence, enum evidence_kind kind, struct bytes content,
                  struct err *err)
{
    const char *what = evidence_kind_name(kind);

    switch (kind) {
    case EVIDENCE_ENTRY:
        return set_only(&evidence->entry, &evidence->has_entry, content, what, err);
    case EVIDENCE_TLOG_PROOF:
        return set_only(&evidence->tlog_proof, &evidence->has_tlog_proof, content, what, err);
    case EVIDENCE_FORK_PROOF:
        return set_only(&evidence->fork_proof, &evidence->has_fork_proof, content, what, err);
    case EVIDENCE_RECEIPT:
        return add_to(evidence->receipts, &evidence->receipt_count, EVIDENCE_RECEIPTS_MAX, content,
                      what, err);
    case EVIDENCE_CONSISTENCY:
        return add_to(evidence->consistency, &evidence->consistency_count, EVIDENCE_CONSISTENCY_MAX,
                      content, what, err);
    case EVIDENCE_CHECKPOINT:
        return add_to(evidence->checkpoints, &evidence->checkpoint_count, EVIDENCE_CHECKPOINTS_MAX,
                      content, what, err);
    case EVIDENCE_ANCHOR:
        return add_to(evidence->anchors, &evidence->anchor_count, EVIDENCE_ANCHORS_MAX, content,
                      what, err);
    }
    CHECK(false && "a kind of evidence without a place");
    return false;
}

bool evidence_add_held_head(struct evidence *evidence, struct bytes note, struct err *err)
{
    if (anchor_file_begins(note))
        return evidence_add(evidence, EVIDENCE_ANCHOR, note, err);
    return add_to(evidence->held_heads, &evidence->held_head_count, EVIDENCE_CHECKPOINTS_MAX, note,
                  "held head", err);
}
