#include "schemas/run/run_nodes.h"

#include "schemas/run/run_members.h"

/* How a node ended, and the events that say so: none, one or two of them. */
static const struct {
    const char *status;
    const char *first;
    const char *last;
} endings[] = {
    {"ok", "start", "end"},
    {"failed", "start", "fail"},
    {"skipped", NULL, "skip"},
    {"blocked", "start", "action-blocked"},
    {"fallback", "start", "fallback"},
};

static size_t ending_of(const struct field *node)
{
    const struct field *status = field_get(node, "status");

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (field_is_text(status, endings[i].status))
            return i;
    }
    return 0; /* a word that is none of these stays in the manifest, where the schema refuses it */
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

static const struct field *or_else(const struct field *given, const struct field *otherwise)
{
    return given != NULL ? given : otherwise;
}

/* A call with what it leaves out filled in: who asked for a model got that one, with the node's
 * first input, for its first output. */
static void complete_call(struct buf *out, const struct field *node, const char *name,
                          run_names copied, const struct run_artifacts *artifacts)
{
    const struct field *call = field_get(node, name);
    const struct field *model = field_get(call, "request_model");
    struct record_maker maker = {0};

    if (call == NULL)
        return;
    record_maker_put_field(&maker, "request_model", model);
    record_maker_put_field(&maker, "response_model",
                           or_else(field_get(call, "response_model"), model));
    if (field_get(call, "operation_name") != NULL)
        record_maker_put_field(&maker, "operation_name", field_get(call, "operation_name"));
    else if (model != NULL)
        record_maker_put_literal(&maker, "operation_name", "chat");
    record_maker_put_field(
        &maker, "input",
        or_else(field_get(call, "input"),
                run_artifacts_first_content(artifacts, field_get(node, "inputs"))));
    record_maker_put_field(
        &maker, "output",
        or_else(field_get(call, "output"),
                run_artifacts_first_content(artifacts, field_get(node, "outputs"))));
    run_names_put(&maker, call, copied);
    record_maker_finish(&maker, out);
}

static bool add_event(struct run_records *records, const struct run_node *node,
                      const struct run_artifacts *artifacts, const char *event, bool is_last,
                      struct err *err)
{
    struct record_maker maker;

    if (!run_records_begin(records, &maker, "execution-event",
                           is_last ? node->ended_at_ms : node->started_at_ms, err))
        return false;
    record_maker_put_field(&maker, "node_id", field_get(node->node, "node_id"));
    record_maker_put_uint(&maker, "attempt", field_uint(field_get(node->node, "attempt_count"), 1));
    record_maker_put_literal(&maker, "event", event);
    if (is_last) {
        if (node->model_call.len > 0)
            record_maker_put_encoded(&maker, "model_call", bytes_of_buf(&node->model_call));
        if (node->tool_call.len > 0)
            record_maker_put_encoded(&maker, "tool_call", bytes_of_buf(&node->tool_call));
        put_ports(&maker, "inputs", artifacts, field_get(node->node, "inputs"), false);
        put_ports(&maker, "outputs", artifacts, field_get(node->node, "outputs"), false);
        run_names_put(&maker, node->node, run_names_last_event);
    }
    run_records_end(records, &maker);
    return true;
}

static bool add_evaluation(struct run_records *records, struct run_node *node,
                           const struct run_artifacts *artifacts,
                           const struct field *evaluation, struct err *err)
{
    const struct field *inputs = field_get(node->node, "inputs");
    const struct field *outputs = field_get(node->node, "outputs");
    struct record_maker maker;

    if (!run_records_begin(records, &maker, "policy-evaluation", node->ended_at_ms, err))
        return false;
    record_maker_put_field(&maker, "node_id", field_get(node->node, "node_id"));
    record_maker_put_field(&maker, "input",
                           or_else(field_get(evaluation, "input"),
                                   run_artifacts_first_content(artifacts, inputs)));
    record_maker_put_field(&maker, "output",
                           or_else(field_get(evaluation, "output"),
                                   run_artifacts_first_content(artifacts, outputs)));
    run_names_put(&maker, evaluation, run_names_evaluation);
    run_records_put_reference(&node->evaluations, run_records_end(records, &maker));
    node->evaluation_count++;
    return true;
}

/* A node has one evaluation, or several in an array. */
static bool add_evaluations(struct run_records *records, struct run_node *node,
                            const struct run_artifacts *artifacts, struct err *err)
{
    const struct field *one = field_get(node->node, "evaluation");
    const struct field *several = field_get(node->node, "evaluations");

    if (one != NULL && !add_evaluation(records, node, artifacts, one, err))
        return false;
    for (const struct field *item = field_first(several); item != NULL;
         item = field_next(several, item)) {
        if (!add_evaluation(records, node, artifacts, item, err))
            return false;
    }
    return true;
}

bool run_node_split(struct run_node *out, struct run_records *records,
                    const struct run_artifacts *artifacts, const struct field *node,
                    struct problem *problem)
{
    size_t ending = ending_of(node);
    struct err err = {0};

    *out = (struct run_node){.node = node};
    out->started_at_ms = field_uint(field_get(node, "started_at_ms"), records->started_at_ms);
    out->ended_at_ms = field_uint(field_get(node, "ended_at_ms"), records->ended_at_ms);
    complete_call(&out->model_call, node, "model_call", run_names_model_call, artifacts);
    complete_call(&out->tool_call, node, "tool_call", run_names_tool_call, artifacts);
    if ((endings[ending].first != NULL &&
         !add_event(records, out, artifacts, endings[ending].first, false, &err)) ||
        !add_evaluations(records, out, artifacts, &err) ||
        !add_event(records, out, artifacts, endings[ending].last, true, &err))
        return problem_from_err(problem, &err);
    return true;
}

void run_node_cleanup(struct run_node *node)
{
    buf_cleanup(&node->model_call);
    buf_cleanup(&node->tool_call);
    buf_cleanup(&node->evaluations);
}

void run_node_put(struct buf *out, const struct run_node *node,
                  const struct run_artifacts *artifacts)
{
    const struct field *status = field_get(node->node, "status");
    struct record_maker maker = {0};
    struct buf references = {0};

    run_names_put(&maker, node->node, run_names_node);
    if (status != NULL)
        record_maker_put_field(&maker, "status", status);
    else
        record_maker_put_literal(&maker, "status", "ok");
    record_maker_put_uint(&maker, "started_at_ms", node->started_at_ms);
    record_maker_put_uint(&maker, "ended_at_ms", node->ended_at_ms);
    put_ports(&maker, "inputs", artifacts, field_get(node->node, "inputs"), true);
    put_ports(&maker, "outputs", artifacts, field_get(node->node, "outputs"), true);
    if (node->model_call.len > 0)
        record_maker_put_encoded(&maker, "model_call", bytes_of_buf(&node->model_call));
    if (node->tool_call.len > 0)
        record_maker_put_encoded(&maker, "tool_call", bytes_of_buf(&node->tool_call));
    if (node->evaluation_count > 0) {
        dcbor_put_array(&references, node->evaluation_count);
        buf_append_bytes(&references, bytes_of_buf(&node->evaluations));
        record_maker_put_encoded(&maker, "policy_evaluations", bytes_of_buf(&references));
    }
    record_maker_finish(&maker, out);
    buf_cleanup(&references);
}
