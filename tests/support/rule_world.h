/*
 * A small world for tests of admission rules: a log of statements by named issuers, decided by the
 * real admission over facts in memory. Records are written as JSON: a template for each type
 * (tests/support/rule_records/TYPE.json) merged with what the test is about.
 *
 * In the JSON given to rule_world_say:
 *   null                 the member is left out
 *   "@name"              a record-reference to the record that rule_world_name gave this name
 *   "@name/id", "@name/digest"   its record_id, its record digest (as byte strings)
 *   "@name.member"       the value of a member of that record
 *   "@now", "@now+N", "@now-N"   the world's time, N in milliseconds
 *   "@now_s", "@now_s+N", ...    the same in seconds
 *   "@unique"            32 bytes that no other record has
 *   "@action-digest"     SHA-256 of deterministic CBOR {"action", "subject"} of this record
 * Header members that are absent are filled in: record_id, tenant "acme", sequence_number (the next
 * of the issuer's stream), occurred_at_ms (now), actor (a service with the issuer's id).
 */
#ifndef VOUCH_TESTS_SUPPORT_RULE_WORLD_H
#define VOUCH_TESTS_SUPPORT_RULE_WORLD_H

#include "schemas/key.h"
#include "schemas/rules/admission.h"

struct rule_world;

/* The log's first entry sets the profile; time begins at 1,800,000,000,000 ms. */
struct rule_world *rule_world_new(enum profile profile);
struct rule_world *rule_world_new_empty(void); /* without an entry */
void rule_world_free(struct rule_world *world);

void rule_world_advance(struct rule_world *world, uint64_t ms);
struct facts *rule_world_facts(struct rule_world *world);
struct admission *rule_world_admission(struct rule_world *world);
struct bytes rule_world_tenant(const struct rule_world *world); /* of records that name none */

/* From now on this rule is not asked; there must be one. */
void rule_world_leave_out(struct rule_world *world, const char *rule, const char *code);
uint64_t rule_world_size(const struct rule_world *world); /* index of the next entry */

/* Registers an issuer by a trust anchor of the log; roles are separated by commas. */
void rule_world_issuer(struct rule_world *world, const char *id, const char *roles);
/* For one tenant; NULL: for all. */
void rule_world_issuer_of(struct rule_world *world, const char *id, const char *roles,
                          const char *tenant);

/* As the log itself ("log-metadata", "gate-grant") when issuer is NULL. True when admitted. */
bool rule_world_say(struct rule_world *world, const char *issuer, const char *type,
                    const char *json);

/* As rule_world_say; the test fails when it is refused. */
void rule_world_must(struct rule_world *world, const char *issuer, const char *type,
                     const char *json);

/* Several records in one statement: add each, then submit. True when admitted. */
void rule_world_add(struct rule_world *world, const char *issuer, const char *type,
                    const char *json);
bool rule_world_submit(struct rule_world *world, const char *issuer);

/* Records that are encoded already: one, or an array of them. True when admitted. */
bool rule_world_submit_payload(struct rule_world *world, const char *issuer, struct bytes payload);

/* Gives the last record added a name for "@name"; of several with one name the newest counts. */
void rule_world_name(struct rule_world *world, const char *name);
struct bytes rule_world_named_id(const struct rule_world *world, const char *name);

/* Told of every statement before it is decided; signer NULL: nobody has a key, or the log says it. */
typedef void (*rule_listener_fn)(void *context, const struct admission_entry *entry,
                                 struct signer *signer);
void rule_world_listen(struct rule_world *world, rule_listener_fn listener, void *context);

/* The last verdict; a path of NULL is any path. */
void rule_world_assert_refused(const struct rule_world *world, const char *rule, const char *code,
                               const char *path);
bool rule_world_is_refused_by(const struct rule_world *world, const char *rule, const char *code);
bool rule_world_is_flagged(const struct rule_world *world, const char *rule, const char *code);
/* "" or "RULE code path: have HAVE, want WANT" or "flags: RULE code, …", for messages. */
const char *rule_world_verdict(const struct rule_world *world);

#endif
