#include "schemas/rules/version_facts.h"

#include <string.h>

#include "schemas/rules/families.h"
#include "schemas/rules/item_set.h"

enum { VERSION_VALUES = 6 + ENVIRONMENT_COUNT };

static struct fact_key key_of(enum fact_kind kind, struct bytes tenant, struct bytes target_kind,
                              const struct field *versioned)
{
    return fact_key_of(kind,
                       (const struct bytes[]){tenant, target_kind,
                                              field_text(field_get(versioned, "id")),
                                              field_text(field_get(versioned, "version"))},
                       4);
}

/* ---- versions ---- */

static bool decode(struct version_fact *out, struct bytes value)
{
    struct dcbor_reader reader = dcbor_reader_of(value);
    struct err ignored = {0};
    uint64_t count;

    if (!dcbor_read_array(&reader, &count, &ignored) || count != VERSION_VALUES ||
        !dcbor_read_uint(&reader, &out->index, &ignored) ||
        !dcbor_read_bytes(&reader, &out->digest, &ignored) ||
        !dcbor_read_text(&reader, &out->base_version, &ignored) ||
        !dcbor_skip(&reader, &out->authors, &ignored) ||
        !dcbor_skip(&reader, &out->chain_authors, &ignored) ||
        !dcbor_read_bytes(&reader, &out->owners, &ignored))
        return false;
    for (size_t i = 0; i < ENVIRONMENT_COUNT; i++) {
        if (!dcbor_read_uint(&reader, &out->operations[i], &ignored))
            return false;
    }
    return true;
}

static bool get_version(struct facts *facts, const struct fact_key *key, struct version_fact *out)
{
    struct bytes value;

    if (!facts_get(facts, key, &value))
        return false;
    return decode(out, value) || facts_fail(facts, "version");
}

bool version_get(struct facts *facts, struct bytes tenant, struct bytes target_kind,
                 const struct field *versioned, struct version_fact *out)
{
    struct fact_key key = key_of(FACT_VERSION, tenant, target_kind, versioned);

    return get_version(facts, &key, out);
}

bool version_get_of_run(struct facts *facts, struct bytes tenant, struct bytes workflow_id,
                        struct bytes workflow_version, struct version_fact *out)
{
    struct fact_key key =
        fact_key_of(FACT_VERSION,
                    (const struct bytes[]){tenant, bytes_of_text("workflow"), workflow_id,
                                           workflow_version},
                    4);

    return get_version(facts, &key, out);
}

bool version_get_workflow(const struct rule_context *context, const struct field *versioned,
                          struct version_fact *out)
{
    return version_get(context->facts, rule_tenant(context), bytes_of_text("workflow"), versioned,
                       out);
}

bool version_had(const struct version_fact *version, enum environment environment,
                 enum change_operation operation)
{
    return (version->operations[environment] & (UINT64_C(1) << operation)) != 0;
}

bool version_is_published(const struct version_fact *version)
{
    return version_had(version, ENVIRONMENT_PRODUCTION, CHANGE_PUBLISH) ||
           version_had(version, ENVIRONMENT_PRODUCTION, CHANGE_PROMOTE);
}

static bool has_author(struct bytes authors, struct bytes who)
{
    return item_set_count(authors) > VERSION_AUTHORS_MAX || item_set_has(authors, who);
}

bool version_is_author(const struct version_fact *version, struct bytes who)
{
    return has_author(version->authors, who);
}

bool version_is_chain_author(const struct version_fact *version, struct bytes who)
{
    return has_author(version->chain_authors, who);
}

/* ---- the current version ---- */

static struct fact_key current_key(struct bytes tenant, struct bytes target_kind, struct bytes id,
                                   enum environment environment)
{
    return fact_key_of(FACT_VERSION_CURRENT,
                       (const struct bytes[]){tenant, target_kind, id,
                                              bytes_of_text(environment_name(environment))},
                       4);
}

bool version_current(struct facts *facts, struct bytes tenant, struct bytes target_kind,
                     struct bytes id, enum environment environment, struct bytes *out_version)
{
    struct fact_key key = current_key(tenant, target_kind, id, environment);

    return facts_get(facts, &key, out_version);
}

/* ---- contracts and graphs ---- */

struct fact_key contract_key(struct bytes tenant, struct bytes target_kind, struct bytes id,
                             struct bytes version)
{
    return fact_key_of(FACT_CONTRACT, (const struct bytes[]){tenant, target_kind, id, version}, 4);
}

bool contract_get_at(struct facts *facts, const struct fact_key *key, struct contract_fact *out)
{
    struct dcbor_reader reader;
    struct err ignored = {0};
    struct bytes value;
    uint64_t count;

    if (!facts_get(facts, key, &value))
        return false;
    reader = dcbor_reader_of(value);
    return (dcbor_read_array(&reader, &count, &ignored) && count == 3 &&
            dcbor_read_bytes(&reader, &out->contract, &ignored) &&
            dcbor_read_bytes(&reader, &out->graph, &ignored) &&
            dcbor_read_bytes(&reader, &out->node_ids, &ignored)) ||
           facts_fail(facts, "contract");
}

bool contract_get(struct facts *facts, struct bytes tenant, struct bytes target_kind,
                  const struct field *versioned, struct contract_fact *out)
{
    struct fact_key key =
        contract_key(tenant, target_kind, field_text(field_get(versioned, "id")),
                     field_text(field_get(versioned, "version")));

    return contract_get_at(facts, &key, out);
}

bool contract_get_workflow(const struct rule_context *context, const struct field *versioned,
                           struct contract_fact *out)
{
    return contract_get(context->facts, rule_tenant(context), bytes_of_text("workflow"), versioned,
                        out);
}

bool contract_has_node(const struct contract_fact *contract, struct bytes node_id)
{
    const uint8_t *at = contract->node_ids.data;
    const uint8_t *end = at + contract->node_ids.len;

    while (at < end && node_id.len > 0) {
        if (at[0] == node_id.len && memcmp(at + 1, node_id.data, node_id.len) == 0)
            return true;
        at += 1 + at[0];
    }
    return false;
}

const struct field *fact_map(struct record_fields *memory, struct bytes encoded)
{
    struct err ignored = {0};

    if (encoded.len == 0 || !record_fields_read(memory, encoded, &ignored))
        return NULL;
    return memory->fields;
}

/* ---- effects ---- */

static struct bytes encoded_of(const struct field *field)
{
    return field == NULL ? (struct bytes){0} : field->encoded;
}

/* One record about a version, and the memory of what it makes of the version's fact. */
struct change {
    const struct rule_context *context;
    struct bytes kind;
    const struct field *to;
    struct buf authors;
    struct buf chain_authors;
    struct buf added;
    struct buf graph_ids;
    struct buf value;
};

static void change_cleanup(struct change *change)
{
    buf_cleanup(&change->authors);
    buf_cleanup(&change->chain_authors);
    buf_cleanup(&change->added);
    buf_cleanup(&change->graph_ids);
    buf_cleanup(&change->value);
}

static void put_version(struct change *change, const struct version_fact *version)
{
    struct fact_key key = key_of(FACT_VERSION, rule_tenant(change->context), change->kind,
                                 change->to);
    struct buf *value = &change->value;

    buf_clear(value);
    dcbor_put_array(value, VERSION_VALUES);
    dcbor_put_uint(value, version->index);
    dcbor_put_bytes(value, version->digest);
    dcbor_put_text(value, version->base_version);
    buf_append_bytes(value, version->authors);
    buf_append_bytes(value, version->chain_authors);
    dcbor_put_bytes(value, version->owners);
    for (size_t i = 0; i < ENVIRONMENT_COUNT; i++)
        dcbor_put_uint(value, version->operations[i]);
    facts_put(change->context->facts, &key, bytes_of_buf(value));
}

/* A list that is longer than VERSION_AUTHORS_MAX stays as it is: everybody is in it by now. */
static void add_authors(struct bytes *authors, struct buf *memory, struct bytes more)
{
    if (item_set_count(*authors) <= VERSION_AUTHORS_MAX)
        *authors = item_set_join(memory, *authors, more);
}

/* The version it was made from: named by the record, and its authors while it is unpublished. */
static void add_base(struct change *change, struct version_fact *version)
{
    const struct field *from = field_at(change->context->record, "target.from_version");
    struct version_fact base;

    if (from == NULL)
        return;
    version->base_version = field_text(field_get(from, "version"));
    if (version_get(change->context->facts, rule_tenant(change->context), change->kind, from,
                    &base) &&
        !version_is_published(&base))
        add_authors(&version->chain_authors, &change->added, base.chain_authors);
}

static struct bytes list_node_ids(struct buf *out, const struct field *graph)
{
    const struct field *nodes = field_get(graph, "planned_nodes");

    for (const struct field *node = field_first(nodes); node != NULL;
         node = field_next(nodes, node)) {
        struct bytes id = field_text(field_get(node, "node_id"));

        if (id.len > UINT8_MAX)
            continue; /* longer than an id can be */
        buf_append_byte(out, (uint8_t)id.len);
        buf_append_bytes(out, id);
    }
    return bytes_of_buf(out);
}

/* The first contract and the first graph of a version stay, as its digest does. */
static void put_contract(struct change *change)
{
    const struct field *record = change->context->record;
    struct facts *facts = change->context->facts;
    struct bytes tenant = rule_tenant(change->context);
    struct fact_key key = key_of(FACT_CONTRACT, tenant, change->kind, change->to);
    const struct field *contract = field_get(record, "contract");
    const struct field *graph = field_get(record, "graph");
    struct contract_fact fact = {0};

    if (contract == NULL && graph == NULL)
        return;
    contract_get(facts, tenant, change->kind, change->to, &fact);
    if (contract != NULL && fact.contract.len == 0)
        fact.contract = contract->encoded;
    if (graph != NULL && fact.graph.len == 0) {
        fact.graph = graph->encoded;
        fact.node_ids = list_node_ids(&change->graph_ids, graph);
    }
    buf_clear(&change->value);
    dcbor_put_array(&change->value, 3);
    dcbor_put_bytes(&change->value, fact.contract);
    dcbor_put_bytes(&change->value, fact.graph);
    dcbor_put_bytes(&change->value, fact.node_ids);
    facts_put(facts, &key, bytes_of_buf(&change->value));
}

static void put_current(const struct change *change, enum environment environment,
                        enum change_operation operation)
{
    struct bytes version = field_text(field_get(change->to, "version"));
    struct bytes id = field_text(field_get(change->to, "id"));
    struct facts *facts = change->context->facts;
    struct bytes tenant = rule_tenant(change->context);
    struct fact_key key = current_key(tenant, change->kind, id, environment);
    struct bytes current;

    if (operation == CHANGE_PUBLISH || operation == CHANGE_PROMOTE ||
        operation == CHANGE_DEPLOY || operation == CHANGE_ROLLBACK)
        facts_put(facts, &key, version);
    else if (operation == CHANGE_RETIRE &&
             version_current(facts, tenant, change->kind, id, environment, &current) &&
             bytes_equal(current, version))
        facts_put(facts, &key, (struct bytes){0});
}

static void apply_change(const struct rule_context *context)
{
    const struct field *record = context->record;
    const struct field *target = field_get(record, "target");
    const struct field *authors = field_get(record, "authors");
    const struct field *owners = field_get(record, "owners");
    enum environment environment = environment_of(field_get(record, "environment"));
    enum change_operation operation = change_operation_of(field_get(record, "operation"));
    struct change change = {.context = context,
                            .kind = field_text(field_get(target, "kind")),
                            .to = field_get(target, "to_version")};
    struct version_fact version = {.index = context->statement->index,
                                   .authors = item_set_empty(),
                                   .chain_authors = item_set_empty()};

    version_get(context->facts, rule_tenant(context), change.kind, change.to, &version);
    if (version.digest.len == 0)
        version.digest = field_bytes(field_at(change.to, "content.digest"));
    if (owners != NULL)
        version.owners = owners->encoded;
    add_authors(&version.authors, &change.authors, encoded_of(authors));
    add_authors(&version.chain_authors, &change.chain_authors, encoded_of(authors));
    add_base(&change, &version);
    if (operation < CHANGE_COUNT)
        version.operations[environment] |= UINT64_C(1) << operation;
    put_version(&change, &version);
    put_contract(&change);
    put_current(&change, environment, operation);
    change_cleanup(&change);
}

const struct effect effects_version[] = {
    {TYPE_BIT(RECORD_WORKFLOW_CHANGE), apply_change},
};
const size_t effects_version_count = sizeof(effects_version) / sizeof(effects_version[0]);
