#include "client/verify/entry.h"

#include <inttypes.h>

#include "client/verify/when.h"
#include "schemas/record.h"
#include "schemas/seal.h"

static void check_issuer(struct report *report, const struct statement *statement,
                         const struct trust *trust)
{
    bool is_log = bytes_equal_text(statement->content_type, STATEMENT_TYPE_LOG);
    const struct key_set *keys = is_log ? trust->log_keys : trust->issuer_keys;
    const struct public_key *key = keys == NULL ? NULL : key_set_find(keys, statement->kid);
    struct problem problem = {0};

    if (key == NULL)
        report_add(report, "issuer-signature", FINDING_UNDECIDABLE, VERDICT_LOG_WORD,
                   "no key with the statement's kid was given: that the %s signed is the log's "
                   "word",
                   is_log ? "log itself" : "issuer");
    else if (!statement_verify(statement, key, &problem))
        report_add(report, "issuer-signature", FINDING_FAILED, VERDICT_INVALID, "%s",
                   problem.detail);
    else
        report_add(report, "issuer-signature", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "signed with the key given for %.*s", (int)statement->issuer.len,
                   (const char *)statement->issuer.data);
}

/*
 * The records' form only. Validation of each type against the schema has its place here, next to
 * the same call in the daemon (record_check.h).
 */
static void check_records(struct report *report, const struct statement *statement)
{
    struct problem problem = {0};
    size_t count = 0;

    if (record_check_payload(statement->cose.payload, &count, &problem))
        report_add(report, "records", FINDING_RECOMPUTED, VERDICT_VERIFIED,
                   "%zu well-formed record%s", count, count == 1 ? "" : "s");
    else
        report_add(report, "records", FINDING_FAILED, VERDICT_INVALID, "%s %s", problem.path,
                   problem.detail);
}

static void check_statement(struct entry_facts *facts, struct report *report,
                            const struct trust *trust)
{
    const struct statement *statement = &facts->statement;
    struct buf entry = {0};
    struct err err = {0};
    char when[WHEN_LEN];

    report_add(report, "statement", FINDING_RECOMPUTED, VERDICT_VERIFIED,
               "by %.*s%s%.*s, issued at %s by its own clock", (int)statement->issuer.len,
               (const char *)statement->issuer.data, statement->subject.len > 0 ? " about " : "",
               (int)statement->subject.len,
               statement->subject.len > 0 ? (const char *)statement->subject.data : "",
               when_seconds(when, statement->issued_at_s));
    if (!transparent_receipts(facts->receipts, &facts->receipt_count,
                              statement->cose.unprotected_header, &err))
        report_add(report, "receipt-form", FINDING_FAILED, VERDICT_INVALID, "%s", err.text);
    statement_append_entry(&entry, statement);
    hash_leaf(&facts->leaf_hash, bytes_of_buf(&entry));
    buf_cleanup(&entry);
    check_records(report, statement);
    check_issuer(report, statement, trust);
}

void entry_check(struct entry_facts *out, struct report *report, struct bytes entry,
                 const struct trust *trust)
{
    struct problem problem = {0};

    *out = (struct entry_facts){0};
    out->is_statement = statement_decode(&out->statement, entry, &problem);
    if (out->is_statement) {
        check_statement(out, report, trust);
        return;
    }
    hash_leaf(&out->leaf_hash, entry);
    report_add(report, "statement", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
               "taken as %zu opaque bytes, since it is no statement: %s", entry.len,
               problem.detail);
}

void entry_report_outside(struct report *report, const struct entry_facts *facts)
{
    if (!facts->is_statement)
        return;
    report_add(report, "received-at", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
               "the receive time stands in the seal that follows the entry");
    report_add(report, "admission", FINDING_UNDECIDABLE, VERDICT_VERIFIED,
               "the rules look at earlier entries, which are not here");
}
