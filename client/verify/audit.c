#include "client/verify/audit.h"

#include <inttypes.h>
#include <string.h>

#include "client/verify/replay.h"
#include "schemas/record.h"
#include "schemas/seal.h"

const char *audit_kind_name(enum audit_kind kind)
{
    static const char *const NAMES[] = {
        [AUDIT_UNKNOWN] = "empty",
        [AUDIT_EVIDENCE] = "evidence",
        [AUDIT_OPAQUE] = "opaque",
    };

    return NAMES[kind];
}

bool bundle_next(struct bytes *rest, struct bytes *out, struct err *err)
{
    size_t len;

    if (rest->len == 0)
        return false;
    if (rest->len < 2) {
        err_set(err, ERR_CORRUPT, "the bundle ends inside a length");
        return false;
    }
    len = read_be16(rest->data);
    if (rest->len - 2 < len) {
        err_set(err, ERR_CORRUPT, "the bundle ends inside an entry");
        return false;
    }
    *out = bytes_slice(*rest, 2, 2 + len);
    *rest = bytes_slice(*rest, 2 + len, rest->len);
    return true;
}

/* Witnesses cosign what is published, and never an older tree than before. */
static bool check_witnessed(const struct audit *audit, const struct seal *seal, struct err *err)
{
    if (seal->witnessed.size > seal->first_index)
        return err_set(err, ERR_CORRUPT,
                       "the seal names a witnessed head of size %" PRIu64 ", which is its future",
                       seal->witnessed.size);
    return seal->witnessed.size == 0 || seal->witnessed.size >= audit->witnessed_size ||
           err_set(err, ERR_CORRUPT,
                   "the seal names a witnessed head of size %" PRIu64 ", an earlier one %" PRIu64,
                   seal->witnessed.size, audit->witnessed_size);
}

/* What the log signs about itself must hold: a seal is recomputed from the entries before it. */
static bool check_seal(struct audit *audit, const struct seal *seal, struct err *err)
{
    static const struct hash NONE;
    uint64_t index = audit->frontier.size;
    const struct hash *previous = audit->sealed_size == 0 ? &NONE : &audit->seal;
    struct hash root;

    if (seal->first_index != audit->sealed_size)
        return err_set(err, ERR_CORRUPT,
                       "the seal begins at index %" PRIu64 ", its commit at %" PRIu64,
                       seal->first_index, audit->sealed_size);
    if (seal->entry_count != index - audit->sealed_size)
        return err_set(err, ERR_CORRUPT, "the seal counts %" PRIu64 " entries, there are %" PRIu64,
                       seal->entry_count, index - audit->sealed_size);
    if (!hash_equal(&seal->previous, previous))
        return err_set(err, ERR_CORRUPT, "the seal does not name the seal before it");
    if (seal->received_at_ms < audit->received_at_ms)
        return err_set(err, ERR_CORRUPT, "the seal's receive time is before that of the last one");
    frontier_root(&audit->frontier, &root);
    if (!hash_equal(&seal->root, &root))
        return err_set(err, ERR_CORRUPT, "the seal names another root of the tree before it");
    return check_witnessed(audit, seal, err);
}

static bool check_signature(struct audit *audit, struct statement *statement, bool by_log,
                            struct err *err)
{
    const struct key_set *keys = by_log ? audit->log_keys : audit->issuer_keys;
    const struct public_key *key = keys == NULL ? NULL : key_set_find(keys, statement->kid);
    struct problem problem = {0};

    if (key == NULL)
        return true;
    statement_identify(statement);
    if (!statement_verify(statement, key, &problem))
        return err_set(err, ERR_CORRUPT, "%s", problem.detail);
    audit->signatures_checked++;
    return true;
}

/* Notes what kind of wrong the text is about. Returns false. */
static bool found(struct audit *audit, enum audit_fault fault)
{
    audit->fault = fault;
    return false;
}

static bool replay_seal(struct audit *audit, const struct seal *seal, struct bytes entry,
                        struct err *err)
{
    if (audit->replay == NULL || replay_commit(audit->replay, seal, entry, err))
        return true;
    return found(audit, replay_fault(audit->replay));
}

static void take_for_replay(struct audit *audit, struct bytes entry)
{
    if (audit->replay != NULL)
        replay_take(audit->replay, entry);
}

/* What a seal that was excused should have said of the entries before it. */
static void correct_seal(const struct audit *audit, struct seal *seal)
{
    seal->first_index = audit->sealed_size;
    seal->entry_count = audit->frontier.size - audit->sealed_size;
    if (seal->received_at_ms < audit->received_at_ms)
        seal->received_at_ms = audit->received_at_ms;
    if (seal->witnessed.size > seal->first_index || seal->witnessed.size < audit->witnessed_size)
        seal->witnessed.size = 0;
}

/* The log's own statement: what is no seal is replayed like anybody's. */
static bool check_log_statement(struct audit *audit, const struct statement *statement,
                                struct bytes entry, const struct hash *leaf, struct err *err)
{
    struct record_reader reader = record_reader_of(statement->cose.payload);
    struct record record;
    struct seal seal;
    struct err wrong = {0};

    if (!record_next(&reader, &record) || !bytes_equal_text(record.type, "seal")) {
        take_for_replay(audit, entry);
        return true;
    }
    if (!seal_decode(&seal, record.encoded, err))
        return found(audit, AUDIT_BAD_SEAL);
    if (!check_seal(audit, &seal, &wrong)) {
        if (!excuses_has(audit->excuses, audit->frontier.size, AUDIT_BAD_SEAL)) {
            *err = wrong;
            return found(audit, AUDIT_BAD_SEAL);
        }
        correct_seal(audit, &seal);
    }
    if (!replay_seal(audit, &seal, entry, err))
        return false;
    audit->seal = *leaf;
    audit->sealed_size = audit->frontier.size + 1;
    audit->received_at_ms = seal.received_at_ms;
    audit->seal_count++;
    if (seal.witnessed.size > 0)
        audit->witnessed_size = seal.witnessed.size;
    return true;
}

static bool check_statement(struct audit *audit, struct bytes entry, const struct hash *leaf,
                            struct err *err)
{
    struct problem problem = {0};
    struct statement statement;
    size_t record_count;
    bool by_log;

    audit->fault = AUDIT_BAD_FORM;
    if (!statement_decode_form(&statement, entry, &problem))
        return err_set(err, ERR_CORRUPT, "it is no statement: %s", problem.detail);
    if (!bytes_equal(statement.cose.unprotected_header, bytes_of("\xa0", 1)))
        return err_set(err, ERR_CORRUPT, "its unprotected header is not empty");
    by_log = bytes_equal_text(statement.content_type, STATEMENT_TYPE_LOG);
    audit->fault = AUDIT_BAD_SCHEMA;
    /* A replay checks form and schema together, once. */
    if ((audit->replay == NULL || by_log) &&
        !record_check_payload(statement.cose.payload, &record_count, &problem))
        return err_set(err, ERR_CORRUPT, "record %s: %s", problem.path, problem.detail);
    audit->statement_count++;
    audit->fault = AUDIT_BAD_SIGNATURE;
    if (!check_signature(audit, &statement, by_log, err))
        return false;
    audit->fault = AUDIT_NO_FAULT;
    if (by_log)
        return check_log_statement(audit, &statement, entry, leaf, err);
    take_for_replay(audit, entry);
    return true;
}

static enum audit_kind kind_of_first(struct bytes entry)
{
    struct problem problem = {0};
    struct statement statement;

    return statement_decode(&statement, entry, &problem) ? AUDIT_EVIDENCE : AUDIT_OPAQUE;
}

/* Whether the fault of this entry is excused: it stays in the tree, and says nothing. */
static bool pass_over(struct audit *audit)
{
    if (!excuses_has(audit->excuses, audit->frontier.size, audit->fault))
        return false;
    if (audit->replay != NULL)
        replay_skip(audit->replay);
    audit->fault = AUDIT_NO_FAULT;
    return true;
}

bool audit_append(struct audit *audit, struct bytes entry, struct err *err)
{
    struct node nodes[64];
    struct hash leaf;
    struct err wrong = {0};

    hash_leaf(&leaf, entry);
    if (audit->kind == AUDIT_UNKNOWN)
        audit->kind = kind_of_first(entry);
    if (audit->kind == AUDIT_EVIDENCE && !check_statement(audit, entry, &leaf, &wrong) &&
        !pass_over(audit)) {
        *err = wrong;
        if (audit->fault != AUDIT_NO_FAULT)
            err->code = ERR_CORRUPT; /* whatever is malformed, it stands in the log */
        return err_wrap(err, "entry %" PRIu64, audit->frontier.size);
    }
    frontier_append(&audit->frontier, nodes, &leaf);
    return true;
}

bool audit_append_bundle(struct audit *audit, struct bytes bundle, size_t skip, size_t count,
                         struct err *err)
{
    struct bytes rest = bundle;

    for (size_t i = 0; i < count; i++) {
        struct err cut = {0};
        struct bytes entry;

        if (!bundle_next(&rest, &entry, &cut)) {
            audit->fault = AUDIT_BAD_FORM;
            return err_set(err, ERR_CORRUPT, "entry %" PRIu64 ": %s",
                           audit->frontier.size + (i < skip ? skip - i : 0),
                           cut.code != ERR_NONE ? cut.text : "the bundle ends before it");
        }
        if (i >= skip && !audit_append(audit, entry, err))
            return false;
    }
    return true;
}

bool audit_check_head(const struct audit *audit, struct err *err)
{
    if (audit->kind != AUDIT_EVIDENCE || audit->sealed_size == audit->frontier.size)
        return true;
    return err_set(err, ERR_CORRUPT, "the last entry of the tree of size %" PRIu64 " is not a seal",
                   audit->frontier.size);
}
