#include "tests/support/log_trust.h"

#include "schemas/dcbor.h"
#include "server/tlog/own_record.h"

static void append_log_key(struct buf *out, const struct log_trust *trust,
                           const struct log_record_header *header)
{
    struct log_key_binding binding = {.purpose = "log", .origin = trust->origin};
    struct buf key = {0};

    public_key_append_cose(&key, trust->log_key);
    binding.cose_key = bytes_of_buf(&key);
    log_metadata_append_key(out, header, &binding);
    buf_cleanup(&key);
}

static bool make(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct log_trust *trust = (const struct log_trust *)own;
    struct log_record_header headers[] = {own_record_header(moment, trust->origin, 0),
                                          own_record_header(moment, trust->origin, 1),
                                          own_record_header(moment, trust->origin, 2)};
    struct log_rules rules = {.id = bytes_of_text("vouch"),
                              .version = bytes_of_text("1"),
                              .profile = profile_name(trust->profile)};
    struct bytes role = bytes_of_text(trust->role);
    struct log_trusted_issuer issuer = {
        .iss = bytes_of_text(trust->issuer), .roles = &role, .role_count = 1};
    struct buf key = {0};

    public_key_append_cose(&key, trust->key);
    issuer.cose_key = bytes_of_buf(&key);
    dcbor_put_array(out, trust->log_key == NULL ? 2 : 3);
    log_metadata_append_rules(out, &headers[0], &rules);
    log_metadata_append_issuer(out, &headers[1], &issuer);
    buf_cleanup(&key);
    if (trust->log_key != NULL)
        append_log_key(out, trust, &headers[2]);
    return true;
}

void log_trust_init(struct log_trust *out, const char *origin, enum profile profile,
                    const struct public_key *issuer_key)
{
    *out = (struct log_trust){
        .own = {.subject = "log-metadata", .make = make},
        .origin = origin,
        .profile = profile,
        .issuer = LOG_ISSUER,
        .role = "engine",
        .key = issuer_key,
    };
}

void log_fixture_trust(struct log_fixture *fixture, enum profile profile)
{
    struct log_trust trust;
    struct tlog_submission submission = {.own = &trust.own};
    struct tlog_submission *pointer = &submission;
    struct err err = {0};

    fixture->options.admits_by_rules = true;
    log_fixture_reopen(fixture);
    log_trust_init(&trust, LOG_FIXTURE_ORIGIN, profile, fixture->keys.issuer->public_key);
    trust.log_key = fixture->keys.log->public_key;
    CHECK(tlog_commit(fixture->tlog, &pointer, 1, &err) && submission.outcome == TLOG_ADDED);
}

int log_fixture_set_up_trusting(void **state)
{
    struct log_fixture *fixture;

    log_fixture_set_up_evidence(state);
    fixture = *state;
    fixture->options.admits_by_rules = true;
    log_fixture_reopen(fixture);
    return 0;
}
