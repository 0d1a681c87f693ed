#include "schemas/rules/readmission.h"

#include <inttypes.h>

#include "schemas/rules/settings.h"

void readmission_init(struct readmission *out, struct facts_base *base)
{
    *out = (struct readmission){.facts = facts_new(base)};
    out->admission = admission_new(out->facts);
}

void readmission_cleanup(struct readmission *readmission)
{
    admission_free(readmission->admission);
    facts_free(readmission->facts);
    flag_list_cleanup(&readmission->flags);
    buf_cleanup(&readmission->encoded_flags);
}

static bool set_refused(struct err *err, const struct admission_verdict *verdict)
{
    return err_set(err, ERR_CORRUPT,
                   "rule %s (%s) refuses record %" PRIu32 ", but the log admitted it: at %s "
                   "there is \"%s\", wanted: %s",
                   verdict->refused_by->name, verdict->refused_by->code, verdict->record_number,
                   verdict->finding.path, verdict->finding.have, verdict->finding.want);
}

bool readmission_take(struct readmission *readmission, struct admission_verdict *out,
                      const struct seal *seal, uint64_t offset, const struct statement *statement,
                      struct err *err)
{
    struct admission_entry entry = {
        .issuer = statement->issuer,
        .audience = statement->audience,
        .kid = statement->kid,
        .payload = statement->cose.payload,
        .is_of_log = bytes_equal_text(statement->content_type, STATEMENT_TYPE_LOG),
        .index = seal->first_index + offset,
        .received_at_ms = seal->received_at_ms,
    };

    if (!admission_decide(readmission->admission, &entry, out, err))
        return false;
    if (out->refused_by != NULL)
        return set_refused(err, out);
    flag_list_add(&readmission->flags, offset, out);
    return true;
}

/* Says which flag is there on one side only: both lists are in the order of names and places. */
static bool explain_flags(const struct seal *seal, struct bytes recomputed, struct err *err)
{
    struct seal_flags_reader sealed = seal_flags_reader_of(seal->flags);
    struct seal_flags_reader ours = seal_flags_reader_of(recomputed);
    struct seal_flag in_seal = {0};
    struct seal_flag own = {0};
    bool more_sealed;
    bool more_own;

    do {
        more_sealed = seal_flags_next(&sealed, &in_seal);
        more_own = seal_flags_next(&ours, &own);
    } while (more_sealed && more_own && bytes_equal(in_seal.rule, own.rule) &&
             bytes_equal(in_seal.code, own.code) && in_seal.entry_offset == own.entry_offset &&
             in_seal.record_number == own.record_number);
    if (!more_own)
        own = in_seal;
    return err_set(err, ERR_CORRUPT,
                   "the seal's flags are not those the rules give: the first difference is %.*s/%.*s"
                   " at entry %" PRIu64 ", record %" PRIu64 "%s",
                   (int)own.rule.len, (const char *)own.rule.data, (int)own.code.len,
                   (const char *)own.code.data, seal->first_index + own.entry_offset,
                   own.record_number,
                   more_own ? ", which the rules give" : ", which only the seal has");
}

static bool check_flags(struct readmission *readmission, const struct seal *seal, struct err *err)
{
    buf_clear(&readmission->encoded_flags);
    flag_list_encode(&readmission->flags, &readmission->encoded_flags);
    if (bytes_equal(seal->flags, bytes_of_buf(&readmission->encoded_flags)))
        return true;
    return explain_flags(seal, bytes_of_buf(&readmission->encoded_flags), err);
}

static bool check_rules(struct readmission *readmission, const struct seal *seal, struct err *err)
{
    struct settings settings;

    settings_get(&settings, readmission->facts);
    if (!facts_check(readmission->facts, err))
        return false;
    if (bytes_equal(seal->rules_id, settings.rules_id) &&
        bytes_equal(seal->rules_version, settings.rules_version))
        return true;
    return err_set(err, ERR_CORRUPT, "the seal names the rules %.*s %.*s, in force are %.*s %.*s",
                   (int)seal->rules_id.len, (const char *)seal->rules_id.data,
                   (int)seal->rules_version.len, (const char *)seal->rules_version.data,
                   (int)settings.rules_id.len, (const char *)settings.rules_id.data,
                   (int)settings.rules_version.len, (const char *)settings.rules_version.data);
}

bool readmission_check(struct readmission *readmission, const struct seal *seal, struct err *err)
{
    return check_rules(readmission, seal, err) && check_flags(readmission, seal, err);
}

void readmission_go_on(struct readmission *readmission)
{
    readmission->flags.count = 0;
}

void readmission_next(struct readmission *readmission)
{
    facts_committed(readmission->facts);
    readmission_go_on(readmission);
}
