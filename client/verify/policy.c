/* Reading is policy_parse.c's; this file decides what a checkpoint is worth. */
#include "client/verify/policy.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/mldsa.h"

void policy_cleanup(struct policy *policy)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        note_verifier_cleanup(&policy->logs[i].verifier);
        free(policy->logs[i].url);
    }
    for (size_t i = 0; i < policy->name_count; i++) {
        if (!policy->names[i].is_group)
            note_verifier_cleanup(&policy->names[i].verifier);
        free(policy->names[i].text);
        free(policy->names[i].url);
    }
    *policy = (struct policy){0};
}

bool policy_from_vkey(struct policy *out, struct bytes vkey, struct err *err)
{
    *out = (struct policy){0};
    if (!note_verifier_parse(&out->logs[0].verifier, vkey, err))
        return false;
    if (out->logs[0].verifier.type != NOTE_TYPE_ED25519) {
        note_verifier_cleanup(&out->logs[0].verifier);
        return err_set(err, ERR_INVALID, "this verifier key has type 0x%02x; a log's has 0x01",
                       out->logs[0].verifier.type);
    }
    out->log_count = 1;
    out->is_bare_key = true;
    return true;
}

static void evaluate_log(struct policy_result *out, const struct policy *policy,
                         const struct note *note, const char *origin)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        const struct policy_log *log = &policy->logs[i];
        bool bad = false;

        if (strcmp(log->verifier.name, origin) != 0)
            continue;
        if (note_verify(note, &log->verifier, NULL, &bad))
            out->log = log;
        else if (bad)
            out->is_bad = true;
    }
}

static bool evaluate_witness(struct policy_result *out, const struct policy_name *witness,
                             const struct note *note)
{
    uint64_t time_s = 0;
    bool bad = false;
    size_t ignored;

    if (!note_verifier_is_usable(&witness->verifier)) {
        out->unverifiable_count += note_find_signature(note, &witness->verifier, &ignored);
        return false;
    }
    if (!note_verify(note, &witness->verifier, &time_s, &bad)) {
        out->is_bad = out->is_bad || bad;
        return false;
    }
    if (out->cosigner_count == 0 || time_s < out->oldest_time_s)
        out->oldest_time_s = time_s;
    if (time_s > out->newest_time_s)
        out->newest_time_s = time_s;
    out->cosigner_count++;
    return true;
}

/* satisfied: of each witness whether it counts. A group comes after its members, so one pass in
 * file order counts every vote. */
static bool is_quorum(const struct policy *policy, bool satisfied[POLICY_NAMES_MAX])
{
    size_t votes[POLICY_NAMES_MAX] = {0};

    for (size_t i = 0; i < policy->name_count; i++) {
        const struct policy_name *name = &policy->names[i];

        if (name->is_group)
            satisfied[i] = votes[i] >= name->threshold;
        if (satisfied[i] && name->is_member)
            votes[name->parent]++;
    }
    return !policy->has_quorum || satisfied[policy->quorum];
}

void policy_evaluate(struct policy_result *out, const struct policy *policy,
                     const struct note *note, const char *origin)
{
    bool satisfied[POLICY_NAMES_MAX] = {false};

    *out = (struct policy_result){0};
    evaluate_log(out, policy, note, origin);
    for (size_t i = 0; i < policy->name_count; i++) {
        if (!policy->names[i].is_group)
            satisfied[i] = evaluate_witness(out, &policy->names[i], note);
    }
    out->quorum_met = is_quorum(policy, satisfied) && !out->is_bad;
}

bool policy_check_quorum(const struct policy *policy, struct err *err)
{
    bool satisfied[POLICY_NAMES_MAX] = {false};

    for (size_t i = 0; i < policy->name_count; i++) {
        const struct policy_name *name = &policy->names[i];

        satisfied[i] = !name->is_group && note_verifier_is_usable(&name->verifier);
    }
    /* No other reason makes a key unusable. */
    return is_quorum(policy, satisfied) || mldsa_check_available(err) ||
           err_wrap(err, "the quorum cannot be met");
}
