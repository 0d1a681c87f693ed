#include "schemas/rules/settings.h"

static const struct {
    const char *name;
    uint64_t value;
    const char *is;
} defaults[THRESHOLD_COUNT] = {
    [THRESHOLD_FUTURE_MS] = {"future_ms", 5 * 60 * 1000,
                             "G7, PO3: by how much the clocks of issuer and log may differ"},
    [THRESHOLD_LATE_MS] = {"late_ms", 24 * 3600 * UINT64_C(1000),
                           "G7: how old a record is before it is late"},
    [THRESHOLD_IMPORTED_MS] = {"imported_ms", 30 * 24 * 3600 * UINT64_C(1000),
                               "G7: how old before only importers may bring it"},
    [THRESHOLD_LATE_APPROVAL_MS] = {"late_approval_ms", 10 * 60 * 1000,
                                    "AP18: how long after the decision its record may come"},
    [THRESHOLD_RAPID_APPROVAL_MS] = {"rapid_approval_ms", 5 * 1000,
                                     "AP27: how soon after the request a decision is rapid"},
    [THRESHOLD_APPROVALS_PER_HOUR] = {"approvals_per_hour", 60,
                                      "AP27: how many approvals of one person are not rapid"},
    [THRESHOLD_PUBLISH_QUORUM] = {"publish_quorum", 1,
                                  "W2, PO4: how many people approve a publication"},
    [THRESHOLD_OVERRIDE_LIFETIME_MS] = {"override_lifetime_ms", 24 * 3600 * UINT64_C(1000),
                                        "O2: how long an override may be good"},
    [THRESHOLD_OVERRIDE_REVIEW_MS] = {"override_review_ms", 72 * 3600 * UINT64_C(1000),
                                      "O2: how soon after it an override is to be reviewed"},
    [THRESHOLD_ERASURE_MS] = {"erasure_ms", 30 * 24 * 3600 * UINT64_C(1000),
                              "DL6: how soon a request for erasure is answered"},
    [THRESHOLD_RETENTION_FLOOR_S] = {"retention_floor_s", 183 * 24 * 3600 * UINT64_C(1),
                                     "PO8: how long evidence labelled high-risk is kept"},
    [THRESHOLD_CANARY_RISK] = {"canary_risk", 0,
                               "W10: 1 low to 4 critical: from this risk on a promotion needs a "
                               "canary; 0: none does"},
    [THRESHOLD_RESTORATION_MS] = {"restoration_ms", 24 * 3600 * UINT64_C(1000),
                                  "DL2: how long restored data may be looked at"},
    [THRESHOLD_RESTORE_APPROVAL] = {"restore_approval", 1,
                                    "DL1: 1: a restoration needs an approval; 0: it does not"},
    [THRESHOLD_GRANT_LIFETIME_MS] = {"grant_lifetime_ms", 5 * 60 * 1000,
                                     "GG1: how long a grant of the gate is good"},
};

static const char *const profile_names[] = {
    [PROFILE_OBSERVE] = "observe",
    [PROFILE_STRICT] = "strict",
};

const char *profile_name(enum profile profile)
{
    return profile_names[profile];
}

const char *threshold_name(enum threshold threshold)
{
    CHECK(threshold < THRESHOLD_COUNT);
    return defaults[threshold].name;
}

const char *threshold_is(enum threshold threshold)
{
    CHECK(threshold < THRESHOLD_COUNT);
    return defaults[threshold].is;
}

uint64_t threshold_default(enum threshold threshold)
{
    CHECK(threshold < THRESHOLD_COUNT);
    return defaults[threshold].value;
}

void settings_default(struct settings *out)
{
    *out = (struct settings){
        .profile = PROFILE_STRICT,
        .rules_id = bytes_of_text("vouch"),
        .rules_version = bytes_of_text("0"),
    };
    for (size_t i = 0; i < THRESHOLD_COUNT; i++)
        out->thresholds[i] = defaults[i].value;
}

/* The value is [profile, rules id, rules version, archive digest, schema digest, threshold, …],
 * thresholds in enum's order. */
enum { BEFORE_THRESHOLDS = 5 };

static bool decode(struct settings *out, struct bytes value)
{
    struct dcbor_reader reader = dcbor_reader_of(value);
    struct err ignored = {0};
    uint64_t count;
    uint64_t profile;

    if (!dcbor_read_array(&reader, &count, &ignored) || count < BEFORE_THRESHOLDS ||
        count > BEFORE_THRESHOLDS + THRESHOLD_COUNT || !dcbor_read_uint(&reader, &profile, &ignored) ||
        profile > PROFILE_STRICT || !dcbor_read_text(&reader, &out->rules_id, &ignored) ||
        !dcbor_read_text(&reader, &out->rules_version, &ignored) ||
        !dcbor_read_bytes(&reader, &out->archive_digest, &ignored) ||
        !dcbor_read_bytes(&reader, &out->schema_digest, &ignored))
        return false;
    out->profile = (enum profile)profile;
    for (uint64_t i = BEFORE_THRESHOLDS; i < count; i++) {
        if (!dcbor_read_uint(&reader, &out->thresholds[i - BEFORE_THRESHOLDS], &ignored))
            return false;
    }
    return dcbor_at_end(&reader);
}

void settings_get(struct settings *out, struct facts *facts)
{
    struct fact_key key = fact_key_none(FACT_SETTINGS);
    struct bytes value;

    settings_default(out);
    if (facts_get(facts, &key, &value) && !decode(out, value))
        facts_fail(facts, "settings");
}

void settings_put(struct facts *facts, const struct field *record)
{
    const struct field *rules = field_get(record, "admission_rules");
    const struct field *thresholds = field_get(record, "thresholds");
    struct fact_key key = fact_key_none(FACT_SETTINGS);
    struct buf value = {0};

    dcbor_put_array(&value, BEFORE_THRESHOLDS + THRESHOLD_COUNT);
    dcbor_put_uint(&value, field_is_text(field_get(record, "profile"), "observe")
                               ? PROFILE_OBSERVE
                               : PROFILE_STRICT);
    dcbor_put_text(&value, field_text(field_get(rules, "id")));
    dcbor_put_text(&value, field_text(field_get(rules, "version")));
    dcbor_put_bytes(&value, field_bytes(field_at(record, "rules_archive.digest")));
    dcbor_put_bytes(&value, field_bytes(field_at(rules, "content.digest")));
    for (size_t i = 0; i < THRESHOLD_COUNT; i++)
        dcbor_put_uint(&value,
                       field_uint(field_get(thresholds, defaults[i].name), defaults[i].value));
    facts_put(facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}
