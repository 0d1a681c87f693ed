#include "schemas/run/run_nodes.h"

#include <stdio.h>

#include "schemas/run/run_members.h"

enum { PLACE_LEN = 96 };

/*
 * How a node ended, and the events that say so. What a node did is an event of its own, because
 * the rules for actions and side effects look at that event.
 */
static const struct ending {
    const char *status;
    const char *start;
    const char *action; /* NULL: none is made of an action; the last event has it then */
    bool action_is_certain; /* the event comes without an action too */
    bool has_side_effect;
    const char *last;
} endings[] = {
    {"ok", "start", "action-executed", false, true, "end"},
    {"failed", "start", "action-requested", false, false, "fail"},
    {"skipped", NULL, NULL, false, false, "skip"},
    {"blocked", "start", "action-blocked", true, false, "end"},
    {"fallback", "start", "action-executed", false, true, "end"},
};

/* A node on its way. */
struct splitting {
    struct run_node *out;
    const struct field *node;
    char place[PLACE_LEN]; /* JSON pointer of the node */
    const struct ending *ending;
    struct run_records *records;
    const struct run_artifacts *artifacts;
    struct problem *problem;
};

/* A word that is none of these stays in the manifest, where the schema refuses it. */
static const struct ending *ending_of(const struct field *node)
{
    const struct field *status = field_get(node, "status");

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (field_is_text(status, endings[i].status))
            return &endings[i];
    }
    return &endings[0];
}

static void put_ports(struct record_maker *maker, const char *name,
                      const struct run_artifacts *artifacts, const struct field *ports,
                      bool when_empty)
{
    struct buf encoded = {0};

    if (field_count(ports) > 0 || when_empty) {
        run_artifacts_put_ports(&encoded, artifacts, ports);
        record_maker_put_encoded(maker, name, bytes_of_buf(&encoded));
    }
    buf_cleanup(&encoded);
}

static void put_unless_empty(struct record_maker *maker, const char *name,
                             const struct buf *encoded)
{
    if (encoded->len > 0)
        record_maker_put_encoded(maker, name, bytes_of_buf(encoded));
}

/* ---- what a node leaves out ---- */

static const struct field *or_else(const struct field *given, const struct field *otherwise)
{
    return given != NULL ? given : otherwise;
}

/* What goes in is the content of the node's first input, what comes out of its first output. */
static void put_payloads(struct record_maker *maker, const struct splitting *splitting,
                         const struct field *call)
{
    const struct field *inputs = field_get(splitting->node, "inputs");
    const struct field *outputs = field_get(splitting->node, "outputs");

    record_maker_put_field(
        maker, "input",
        or_else(field_get(call, "input"),
                run_artifacts_first_content(splitting->artifacts, inputs)));
    record_maker_put_field(
        maker, "output",
        or_else(field_get(call, "output"),
                run_artifacts_first_content(splitting->artifacts, outputs)));
}

/* The model that was asked for is the one that answered, unless another is named. */
static void complete_model_call(const struct splitting *splitting)
{
    const struct field *call = field_get(splitting->node, "model_call");
    const struct field *model = field_get(call, "request_model");
    const struct field *operation = field_get(call, "operation_name");
    struct record_maker maker = {0};

    if (call == NULL)
        return;
    record_maker_put_field(&maker, "request_model", model);
    record_maker_put_field(&maker, "response_model",
                           or_else(field_get(call, "response_model"), model));
    if (operation != NULL)
        record_maker_put_field(&maker, "operation_name", operation);
    else
        record_maker_put_literal(&maker, "operation_name", "chat");
    put_payloads(&maker, splitting, call);
    run_names_put(&maker, call, run_names_model_call);
    record_maker_finish(&maker, &splitting->out->model_call);
}

static void complete_tool_call(const struct splitting *splitting)
{
    const struct field *call = field_get(splitting->node, "tool_call");
    struct record_maker maker = {0};

    if (call == NULL)
        return;
    put_payloads(&maker, splitting, call);
    run_names_put(&maker, call, run_names_tool_call);
    record_maker_finish(&maker, &splitting->out->tool_call);
}

void run_degradation_put(struct buf *out, const struct field *degradation,
                         const struct field *node_id)
{
    struct record_maker maker = {0};

    record_maker_put_field(&maker, "node_id",
                           or_else(field_get(degradation, "node_id"), node_id));
    run_names_put(&maker, degradation, run_names_degradation);
    record_maker_finish(&maker, out);
}

/* ---- events ---- */

static bool begin(const struct splitting *splitting, struct record_maker *maker,
                  struct run_record_head *head)
{
    head->actor = field_get(splitting->node, "actor");
    if (!run_records_begin(splitting->records, maker, head, splitting->problem))
        return false;
    record_maker_put_field(maker, "node_id", field_get(splitting->node, "node_id"));
    return true;
}

static bool begin_event(const struct splitting *splitting, struct record_maker *maker,
                        const char *event, uint64_t occurred_at_ms)
{
    struct run_record_head head = {.type = "execution-event",
                                   .place = splitting->place,
                                   .occurred_at_ms = occurred_at_ms};

    if (!begin(splitting, maker, &head))
        return false;
    record_maker_put_uint(maker, "attempt",
                          field_uint(field_get(splitting->node, "attempt_count"), 1));
    record_maker_put_literal(maker, "event", event);
    return true;
}

static bool end(const struct splitting *splitting, struct record_maker *maker)
{
    return run_records_end(splitting->records, maker, splitting->problem);
}

static bool add_start(const struct splitting *splitting)
{
    struct record_maker maker;

    return splitting->ending->start == NULL ||
           (begin_event(splitting, &maker, splitting->ending->start,
                        splitting->out->started_at_ms) &&
            end(splitting, &maker));
}

static bool add_fallback(const struct splitting *splitting)
{
    struct record_maker maker;

    if (!field_is_text(field_get(splitting->node, "status"), "fallback"))
        return true;
    if (!begin_event(splitting, &maker, "fallback", splitting->out->ended_at_ms))
        return false;
    put_unless_empty(&maker, "degradation", &splitting->out->degradation);
    return end(splitting, &maker);
}

static bool has_action_event(const struct splitting *splitting)
{
    return splitting->ending->action != NULL &&
           (splitting->ending->action_is_certain || field_get(splitting->node, "action") != NULL);
}

static bool add_action(const struct splitting *splitting)
{
    struct record_maker maker;

    if (!has_action_event(splitting))
        return true;
    if (!begin_event(splitting, &maker, splitting->ending->action, splitting->out->ended_at_ms))
        return false;
    run_names_put(&maker, splitting->node, run_names_action_event);
    return end(splitting, &maker);
}

static bool has_side_effect_event(const struct splitting *splitting)
{
    return splitting->ending->has_side_effect &&
           field_get(splitting->node, "side_effect_key") != NULL;
}

static bool add_side_effect(const struct splitting *splitting)
{
    struct record_maker maker;

    if (!has_side_effect_event(splitting))
        return true;
    if (!begin_event(splitting, &maker, "side-effect", splitting->out->ended_at_ms))
        return false;
    record_maker_put_field(&maker, "side_effect_key",
                           field_get(splitting->node, "side_effect_key"));
    return end(splitting, &maker);
}

/* Also has what no event of its own was made for. */
static bool add_last(const struct splitting *splitting)
{
    const struct field *node = splitting->node;
    struct record_maker maker;

    if (!begin_event(splitting, &maker, splitting->ending->last, splitting->out->ended_at_ms))
        return false;
    put_unless_empty(&maker, "model_call", &splitting->out->model_call);
    put_unless_empty(&maker, "tool_call", &splitting->out->tool_call);
    put_unless_empty(&maker, "degradation", &splitting->out->degradation);
    put_unless_empty(&maker, "policy_evaluation", &splitting->out->last_evaluation);
    put_ports(&maker, "inputs", splitting->artifacts, field_get(node, "inputs"), false);
    put_ports(&maker, "outputs", splitting->artifacts, field_get(node, "outputs"), false);
    run_names_put(&maker, node, run_names_last_event);
    if (!has_action_event(splitting))
        run_names_put(&maker, node, run_names_action_event);
    if (!has_side_effect_event(splitting))
        record_maker_put_field(&maker, "side_effect_key", field_get(node, "side_effect_key"));
    return end(splitting, &maker);
}

/* ---- policy evaluations ---- */

static bool add_evaluation(const struct splitting *splitting, const struct field *evaluation,
                           const char *place)
{
    struct run_node *out = splitting->out;
    struct run_record_head head = {
        .type = "policy-evaluation", .place = place, .occurred_at_ms = out->ended_at_ms};
    struct record_maker maker;

    if (!begin(splitting, &maker, &head))
        return false;
    put_payloads(&maker, splitting, evaluation);
    run_names_put(&maker, evaluation, run_names_evaluation);
    if (!end(splitting, &maker))
        return false;
    buf_clear(&out->last_evaluation);
    run_records_put_reference(&out->last_evaluation, run_records_last(splitting->records));
    buf_append_bytes(&out->evaluations, bytes_of_buf(&out->last_evaluation));
    out->evaluation_count++;
    return true;
}

/* A node has one evaluation, or several in an array. */
static bool add_evaluations(const struct splitting *splitting)
{
    const struct field *one = field_get(splitting->node, "evaluation");
    const struct field *several = field_get(splitting->node, "evaluations");
    char place[PLACE_LEN + 40];
    size_t number = 0;

    snprintf(place, sizeof(place), "%s/evaluation", splitting->place);
    if (one != NULL && !add_evaluation(splitting, one, place))
        return false;
    for (const struct field *item = field_first(several); item != NULL;
         item = field_next(several, item)) {
        snprintf(place, sizeof(place), "%s/evaluations/%zu", splitting->place, number++);
        if (!add_evaluation(splitting, item, place))
            return false;
    }
    return true;
}

/* ---- the node ---- */

bool run_node_split(struct run_node *out, struct run_records *records,
                    const struct run_artifacts *artifacts, struct problem *problem)
{
    const struct field *node = out->node;
    struct splitting splitting = {.out = out,
                                  .node = node,
                                  .ending = ending_of(node),
                                  .records = records,
                                  .artifacts = artifacts,
                                  .problem = problem};

    snprintf(splitting.place, sizeof(splitting.place), "/nodes/%zu", out->number);
    out->started_at_ms = field_uint(field_get(node, "started_at_ms"), records->started_at_ms);
    out->ended_at_ms = field_uint(field_get(node, "ended_at_ms"), records->ended_at_ms);
    complete_model_call(&splitting);
    complete_tool_call(&splitting);
    if (field_get(node, "degradation") != NULL)
        run_degradation_put(&out->degradation, field_get(node, "degradation"),
                            field_get(node, "node_id"));
    return add_start(&splitting) && add_evaluations(&splitting) && add_fallback(&splitting) &&
           add_action(&splitting) && add_side_effect(&splitting) && add_last(&splitting);
}

void run_node_cleanup(struct run_node *node)
{
    buf_cleanup(&node->model_call);
    buf_cleanup(&node->tool_call);
    buf_cleanup(&node->degradation);
    buf_cleanup(&node->evaluations);
    buf_cleanup(&node->last_evaluation);
}

static void put_status(struct record_maker *maker, const struct field *status)
{
    if (status != NULL)
        record_maker_put_field(maker, "status", status);
    else
        record_maker_put_literal(maker, "status", "ok");
}

/* "approvals", or "approval" as the only one. */
static void put_approvals(struct record_maker *maker, const struct field *node)
{
    const struct field *one = field_get(node, "approval");
    struct buf encoded = {0};

    if (field_count(field_get(node, "approvals")) > 0) {
        record_maker_put_field(maker, "approvals", field_get(node, "approvals"));
    } else if (one != NULL) {
        dcbor_put_array(&encoded, 1);
        buf_append_bytes(&encoded, one->encoded);
        record_maker_put_encoded(maker, "approvals", bytes_of_buf(&encoded));
    }
    buf_cleanup(&encoded);
}

static void put_evaluations(struct record_maker *maker, const struct run_node *node)
{
    struct buf encoded = {0};

    if (node->evaluation_count > 0) {
        dcbor_put_array(&encoded, node->evaluation_count);
        buf_append_bytes(&encoded, bytes_of_buf(&node->evaluations));
        record_maker_put_encoded(maker, "policy_evaluations", bytes_of_buf(&encoded));
    }
    buf_cleanup(&encoded);
}

void run_node_put(struct buf *out, const struct run_node *node,
                  const struct run_artifacts *artifacts)
{
    struct record_maker maker = {0};

    run_names_put(&maker, node->node, run_names_node);
    put_status(&maker, field_get(node->node, "status"));
    record_maker_put_uint(&maker, "started_at_ms", node->started_at_ms);
    record_maker_put_uint(&maker, "ended_at_ms", node->ended_at_ms);
    put_ports(&maker, "inputs", artifacts, field_get(node->node, "inputs"), true);
    put_ports(&maker, "outputs", artifacts, field_get(node->node, "outputs"), true);
    put_unless_empty(&maker, "model_call", &node->model_call);
    put_unless_empty(&maker, "tool_call", &node->tool_call);
    put_evaluations(&maker, node);
    put_approvals(&maker, node->node);
    record_maker_finish(&maker, out);
}
