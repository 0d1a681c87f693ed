/* Questions to the gate in an approval_world, and its grants. */
#ifndef VOUCH_TESTS_SUPPORT_GATE_WORLD_H
#define VOUCH_TESTS_SUPPORT_GATE_WORLD_H

#include "schemas/rules/gate.h"
#include "tests/support/approval_world.h"

#define GATE_NOW_MS UINT64_C(1800000000000)

/* A question and the memory it borrows: by "engine", at node "step", at GATE_NOW_MS. */
struct gate_asked {
    struct gate_question question;
    struct record_fields fields;
    struct buf action;
    struct hash digest;
};
void gate_asked_cleanup(struct gate_asked *asked);

/* May the action of "request" be done in the run of the world? By its digest alone. */
void gate_world_ask_for_request(struct gate_asked *out, struct rule_world *world);

/* May this action, an action-map in JSON that the gate is shown, be done in this run, although
 * nobody requested it? */
void gate_world_ask_for_action(struct gate_asked *out, struct rule_world *world,
                               struct bytes run_id, const char *json);

struct gate_answer gate_world_evaluate(struct rule_world *world, const struct gate_asked *asked);

/* What the gate says about the action of "request". */
struct gate_answer gate_world_answer(struct rule_world *world);

/* Has the log say the grant of this answer, called "grant"; whether it is admitted. */
bool gate_world_grant(struct rule_world *world, const struct gate_asked *asked,
                      const struct gate_answer *answer, uint8_t number);

/* "request", approved by usr_approver. */
void gate_world_approve(struct rule_world *world);

/* The outcome, and what is missing first. */
void gate_assert_lack(const struct gate_answer *answer, enum gate_outcome outcome,
                      enum gate_lack_kind kind);
void gate_world_assert_lack(struct rule_world *world, enum gate_outcome outcome,
                            enum gate_lack_kind kind);

#endif
