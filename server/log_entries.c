#include "server/log_entries.h"

#include "schemas/dcbor.h"
#include "schemas/rules/version.h"
#include "server/tlog/own_record.h"

/* ---- rules ---- */

static void append_rules(struct buf *out, const struct log_record_header *header,
                         const struct settings *settings, const struct hash *schema_digest)
{
    struct log_threshold thresholds[THRESHOLD_COUNT];
    struct log_rules rules = {
        .id = bytes_of_text(RULES_ID),
        .version = bytes_of_text(RULES_VERSION),
        .schema_digest = *schema_digest,
        .profile = profile_name(settings->profile),
        .thresholds = thresholds,
    };

    rules_archive_digest(&rules.archive_digest);
    for (enum threshold i = 0; i < THRESHOLD_COUNT; i++) {
        if (settings->thresholds[i] != threshold_default(i))
            thresholds[rules.threshold_count++] =
                (struct log_threshold){threshold_name(i), settings->thresholds[i]};
    }
    log_metadata_append_rules(out, header, &rules);
}

static bool are_ours(const struct settings *settings, const struct hash *schema_digest)
{
    struct hash archive_digest;

    rules_archive_digest(&archive_digest);
    return bytes_equal_text(settings->rules_id, RULES_ID) &&
           bytes_equal_text(settings->rules_version, RULES_VERSION) &&
           bytes_equal(settings->archive_digest, hash_bytes(&archive_digest)) &&
           bytes_equal(settings->schema_digest, hash_bytes(schema_digest));
}

static bool make_rules(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct rules_entry *entry = (const struct rules_entry *)own;
    struct log_record_header header = own_record_header(moment, entry->origin, 0);
    struct settings settings;

    settings_get(&settings, moment->facts);
    if (are_ours(&settings, entry->schema_digest))
        return false;
    append_rules(out, &header, &settings, entry->schema_digest);
    return true;
}

void rules_entry_init(struct rules_entry *out, const char *origin,
                      const struct hash *schema_digest)
{
    *out = (struct rules_entry){
        .own = {.subject = "log-metadata", .make = make_rules},
        .origin = origin,
        .schema_digest = schema_digest,
    };
}

/* ---- issuers ---- */

static bool make_trust(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct trust_entry *entry = (const struct trust_entry *)own;

    if (entry->issuer_count > 1)
        dcbor_put_array(out, entry->issuer_count);
    for (size_t i = 0; i < entry->issuer_count; i++) {
        struct log_record_header header = own_record_header(moment, entry->origin, i);

        log_metadata_append_issuer(out, &header, &entry->issuers[i]);
    }
    return true;
}

void trust_entry_init(struct trust_entry *out, const char *origin)
{
    *out = (struct trust_entry){
        .own = {.subject = "log-metadata", .make = make_trust},
        .origin = origin,
    };
}

/* ---- the first entry ---- */

struct purpose {
    const char *name;
    const struct signer *signer;
};

/* The records of the first entry, one after the other. */
struct first_records {
    const struct first_entry *entry;
    const struct tlog_moment *moment;
    struct buf *out;
    uint64_t count;
};

static struct log_record_header next_header(struct first_records *records)
{
    return own_record_header(records->moment, records->entry->origin, records->count++);
}

static void add_rules(struct first_records *records)
{
    struct log_record_header header = next_header(records);
    struct settings settings;

    settings_default(&settings);
    settings.profile = records->entry->profile;
    append_rules(records->out, &header, &settings, records->entry->schema_digest);
}

static void add_key(struct first_records *records, const struct purpose *purpose)
{
    struct log_record_header header = next_header(records);
    struct log_key_binding binding = {.purpose = purpose->name, .origin = records->entry->origin};
    struct buf cose_key = {0};

    public_key_append_cose(&cose_key, purpose->signer->public_key);
    binding.cose_key = bytes_of_buf(&cose_key);
    log_metadata_append_key(records->out, &header, &binding);
    buf_cleanup(&cose_key);
}

static void add_intake(struct first_records *records)
{
    struct log_record_header header = next_header(records);
    struct bytes role = bytes_of_text("intake");
    struct log_trusted_issuer issuer = {
        .iss = bytes_of_text(INTAKE_ISSUER), .roles = &role, .role_count = 1};
    struct buf cose_key = {0};

    public_key_append_cose(&cose_key, records->entry->keys->intake->public_key);
    issuer.cose_key = bytes_of_buf(&cose_key);
    log_metadata_append_issuer(records->out, &header, &issuer);
    buf_cleanup(&cose_key);
}

static bool make_first(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct first_entry *entry = (const struct first_entry *)own;
    const struct purpose purposes[] = {
        {"checkpoint", entry->keys->checkpoint},
        {"receipt", entry->keys->receipt},
        {"log", entry->keys->log},
        {"intake", entry->keys->intake},
    };
    enum { PURPOSES = sizeof(purposes) / sizeof(purposes[0]) };
    struct first_records records = {.entry = entry, .moment = moment, .out = out};

    dcbor_put_array(out, 1 + PURPOSES + 1 + entry->issuer_count);
    add_rules(&records);
    for (size_t i = 0; i < PURPOSES; i++)
        add_key(&records, &purposes[i]);
    add_intake(&records);
    for (size_t i = 0; i < entry->issuer_count; i++) {
        struct log_record_header header = next_header(&records);

        log_metadata_append_issuer(out, &header, &entry->issuers[i]);
    }
    return true;
}

void first_entry_init(struct first_entry *out, const char *origin,
                      const struct hash *schema_digest)
{
    *out = (struct first_entry){
        .own = {.subject = "log-metadata", .make = make_first},
        .origin = origin,
        .schema_digest = schema_digest,
    };
}

bool log_entries_say(struct tlog *tlog, struct tlog_own *own, bool *out_said, struct err *err)
{
    struct tlog_submission submission = {.own = own};
    struct tlog_submission *batch[] = {&submission};

    if (!tlog_commit(tlog, batch, 1, err))
        return false;
    *out_said = submission.outcome == TLOG_ADDED;
    if (submission.outcome != TLOG_REFUSED)
        return true;
    return err_set(err, ERR_REFUSED, "rule %s %s: %s: have %s, want %s",
                   submission.refusal.rule->name, submission.refusal.rule->code,
                   submission.refusal.finding.path, submission.refusal.finding.have,
                   submission.refusal.finding.want);
}
