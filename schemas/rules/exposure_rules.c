/* The rules for sensitive data in a run, M7 and M17: checked before it is used, and before it
 * leaves. A run is a fact, so they flag. */
#include "schemas/rules/families.h"

#include "schemas/rules/data_tags.h"
#include "schemas/rules/manifest_view.h"
#include "schemas/rules/run_decisions.h"

enum { MANIFEST = TYPE_BIT(RECORD_RUN_MANIFEST) };

static bool is_sensitive_input(const struct manifest_view *view, const struct field *port)
{
    uint32_t number =
        name_table_find(&view->artifact_names, field_text(field_get(port, "artifact_id")));
    const struct field *artifact = number == NAME_NONE ? NULL : view->artifacts[number].map;

    return tags_are_sensitive(field_get(port, "tags"), CLASSIFICATION_CONFIDENTIAL) ||
           tags_are_sensitive(field_get(artifact, "tags"), CLASSIFICATION_CONFIDENTIAL);
}

static bool takes_sensitive(const struct manifest_view *view, const struct view_node *node)
{
    const struct field *inputs = field_get(node->map, "inputs");

    for (const struct field *port = field_first(inputs); port != NULL;
         port = field_next(inputs, port)) {
        if (is_sensitive_input(view, port))
            return true;
    }
    return false;
}

static bool check_sensitive(const struct rule_context *context)
{
    struct manifest_view *view = rule_manifest(context);

    if (view == NULL)
        return true;
    rule_mark_decided(context, view, NODE_CHECKED);
    run_graph_spread(&view->graph, RUN_EDGES_FORWARD, view->marks);
    for (uint32_t i = 0; i < view->node_names.count; i++) {
        if (view->marks[i] == 0 && takes_sensitive(view, &view->nodes[i]))
            return manifest_view_broken(context, &view->nodes[i], "/inputs",
                                  "a content, redaction or residency policy evaluated here or "
                                  "before");
    }
    return true;
}

static bool check_egress(const struct rule_context *context)
{
    const struct manifest_view *view = rule_manifest(context);

    for (size_t i = 0; view != NULL && i < view->artifact_names.count; i++) {
        const struct field *artifact = view->artifacts[i].map;
        const struct field *destination = field_get(artifact, "destination");

        if (destination != NULL &&
            tags_are_sensitive(field_get(artifact, "tags"), CLASSIFICATION_RESTRICTED) &&
            name_table_find(&rule_run_decisions(context)->allowed, field_text(destination)) ==
                NAME_NONE)
            return rule_broken_at(context, "/artifacts", destination,
                                  "a destination that an egress policy allowed in this run");
    }
    return true;
}

const struct rule rules_exposure[] = {
    {"M7", "sensitive-unchecked", RULE_FLAGS, MANIFEST, check_sensitive,
     "What takes sensitive data evaluated a content, redaction or residency policy, or a node "
     "before it did."},
    {"M17", "egress-unchecked", RULE_FLAGS, MANIFEST, check_egress,
     "What is restricted or personal leaves only to where an egress policy allowed it."},
};
const size_t rules_exposure_count = sizeof(rules_exposure) / sizeof(rules_exposure[0]);
