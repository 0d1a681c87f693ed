#include "schemas/rules/policy_facts.h"

#include "schemas/rules/families.h"
#include "schemas/rules/item_set.h"

enum { POLICY_VALUES = 13 };

static struct fact_key policy_key(const struct policy_place *place, struct bytes id,
                                  struct bytes version)
{
    return fact_key_of(FACT_POLICY,
                       (const struct bytes[]){place->tenant,
                                              bytes_of_text(environment_name(place->environment)),
                                              id, version},
                       4);
}

static struct fact_key newest_key(const struct policy_place *place, struct bytes id)
{
    return fact_key_three(FACT_POLICY_NEWEST, place->tenant,
                          bytes_of_text(environment_name(place->environment)), id);
}

struct policy_place policy_place_of(const struct rule_context *context)
{
    return (struct policy_place){
        .facts = context->facts,
        .tenant = rule_tenant(context),
        .environment = environment_of(field_get(context->record, "environment")),
    };
}

static bool decode(struct policy_fact *out, struct bytes value)
{
    struct dcbor_reader reader = dcbor_reader_of(value);
    struct err ignored = {0};
    uint64_t tier;
    uint64_t count;

    if (!dcbor_read_array(&reader, &count, &ignored) || count != POLICY_VALUES ||
        !dcbor_read_uint(&reader, &out->index, &ignored) ||
        !dcbor_read_bytes(&reader, &out->digest, &ignored) ||
        !dcbor_read_text(&reader, &out->kind, &ignored) ||
        !dcbor_read_uint(&reader, &tier, &ignored) || tier >= GATE_COUNT ||
        !dcbor_read_uint(&reader, &out->effective_at_ms, &ignored) ||
        !dcbor_read_uint(&reader, &out->ends_at_ms, &ignored) ||
        !dcbor_read_uint(&reader, &out->replaced_at_ms, &ignored) ||
        !dcbor_read_text(&reader, &out->replaced_by, &ignored) ||
        !dcbor_read_text(&reader, &out->before, &ignored) ||
        !dcbor_read_text(&reader, &out->issuer, &ignored) ||
        !dcbor_skip(&reader, &out->authors, &ignored) ||
        !dcbor_read_bytes(&reader, &out->owners, &ignored) ||
        !dcbor_read_bytes(&reader, &out->parameters, &ignored))
        return false;
    out->tier = (enum gate_tier)tier;
    return true;
}

/* Of exactly this environment. */
static bool get(const struct policy_place *place, struct bytes id, struct bytes version,
                struct policy_fact *out)
{
    struct fact_key key = policy_key(place, id, version);
    struct bytes value;

    *out = (struct policy_fact){
        .id = id, .version = version, .environment = place->environment};
    if (!facts_get(place->facts, &key, &value))
        return false;
    return decode(out, value) || facts_fail(place->facts, "policy");
}

static struct policy_place production(const struct policy_place *place)
{
    struct policy_place other = *place;

    other.environment = ENVIRONMENT_PRODUCTION;
    return other;
}

bool policy_get_version(const struct policy_place *place, struct bytes id, struct bytes version,
                        struct policy_fact *out)
{
    struct policy_place other = production(place);

    return get(place, id, version, out) || get(&other, id, version, out);
}

bool policy_get(const struct policy_place *place, const struct field *versioned,
                struct policy_fact *out)
{
    return policy_get_version(place, field_text(field_get(versioned, "id")),
                              field_text(field_get(versioned, "version")), out);
}

/* The newest version of exactly this environment. */
static bool get_newest(const struct policy_place *place, struct bytes id, struct policy_fact *out)
{
    struct fact_key key = newest_key(place, id);
    struct bytes version;

    if (!facts_get(place->facts, &key, &version))
        return false;
    return get(place, id, version, out) || facts_fail(place->facts, "newest policy");
}

bool policy_newest(const struct policy_place *place, struct bytes id, struct policy_fact *out)
{
    struct policy_place other = production(place);

    return get_newest(place, id, out) || get_newest(&other, id, out);
}

bool policy_is_in_force(const struct policy_fact *policy, uint64_t at_ms)
{
    return policy->effective_at_ms <= at_ms && at_ms < policy->ends_at_ms &&
           at_ms < policy->replaced_at_ms;
}

static bool walk_back(const struct policy_place *place, struct bytes id, uint64_t at_ms,
                      struct policy_fact *out)
{
    unsigned walked = 0;

    while (out->effective_at_ms > at_ms) {
        if (out->before.len == 0 || ++walked == POLICY_WALK_MAX ||
            !get(place, id, out->before, out))
            return false;
    }
    return policy_is_in_force(out, at_ms);
}

bool policy_in_force(const struct policy_place *place, struct bytes id, uint64_t at_ms,
                     struct policy_fact *out)
{
    struct policy_place other = production(place);

    if (get_newest(place, id, out))
        return walk_back(place, id, at_ms, out);
    return get_newest(&other, id, out) && walk_back(&other, id, at_ms, out);
}

bool policy_has_matrix(struct facts *facts, struct bytes tenant)
{
    struct fact_key key = fact_key_one(FACT_MATRIX, tenant);

    return facts_has(facts, &key);
}

bool policy_is_kind(const struct policy_fact *policy, const char *kind)
{
    return bytes_equal_text(policy->kind, kind);
}

/* The encoding of one member of the parameters; empty when it is not there. */
static struct bytes find_parameter(const struct policy_fact *policy, const char *name)
{
    struct dcbor_reader reader = dcbor_reader_of(policy->parameters);
    struct err ignored = {0};
    struct bytes value = {0};
    struct bytes key;
    uint64_t count;

    if (!dcbor_read_map(&reader, &count, &ignored))
        return (struct bytes){0};
    for (uint64_t i = 0; i < count; i++) {
        if (!dcbor_read_text(&reader, &key, &ignored) || !dcbor_skip(&reader, &value, &ignored))
            break;
        if (bytes_equal_text(key, name))
            return value;
    }
    return (struct bytes){0};
}

uint64_t policy_uint(const struct policy_fact *policy, const char *parameter, uint64_t otherwise)
{
    struct dcbor_reader reader = dcbor_reader_of(find_parameter(policy, parameter));
    struct err ignored = {0};
    uint64_t value;

    return dcbor_read_uint(&reader, &value, &ignored) ? value : otherwise;
}

bool policy_is_true(const struct policy_fact *policy, const char *parameter)
{
    struct dcbor_reader reader = dcbor_reader_of(find_parameter(policy, parameter));
    struct err ignored = {0};
    struct dcbor_item item;

    return dcbor_read(&reader, &item, &ignored) && item.type == DCBOR_BOOL && item.value == 1;
}

/* ---- effects ---- */

static void put(const struct policy_place *place, const struct policy_fact *policy)
{
    struct fact_key key = policy_key(place, policy->id, policy->version);
    struct buf value = {0};

    dcbor_put_array(&value, POLICY_VALUES);
    dcbor_put_uint(&value, policy->index);
    dcbor_put_bytes(&value, policy->digest);
    dcbor_put_text(&value, policy->kind);
    dcbor_put_uint(&value, policy->tier);
    dcbor_put_uint(&value, policy->effective_at_ms);
    dcbor_put_uint(&value, policy->ends_at_ms);
    dcbor_put_uint(&value, policy->replaced_at_ms);
    dcbor_put_text(&value, policy->replaced_by);
    dcbor_put_text(&value, policy->before);
    dcbor_put_text(&value, policy->issuer);
    buf_append_bytes(&value, policy->authors);
    dcbor_put_bytes(&value, policy->owners);
    dcbor_put_bytes(&value, policy->parameters);
    facts_put(place->facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

/* The actor, and whom it acts for. */
static void list_authors(struct buf *out, const struct field *actor)
{
    const struct field *on_behalf_of = field_get(actor, "on_behalf_of");

    dcbor_put_array(out, on_behalf_of == NULL ? 1 : 2);
    dcbor_put_text(out, field_text(field_get(actor, "id")));
    if (on_behalf_of != NULL)
        dcbor_put_text(out, field_text(on_behalf_of));
}

static struct bytes digest_of(const struct field *record)
{
    const struct field *content = field_at(record, "policy.content.digest");

    return field_bytes(content != NULL ? content : field_at(record, "executable_form.digest"));
}

/* Ends those before it: one, unless it takes effect before versions that were logged earlier. */
static void replace_before(const struct policy_place *place, const struct policy_fact *policy)
{
    struct policy_fact old = *policy;

    for (unsigned walked = 0; walked < POLICY_WALK_MAX && old.before.len > 0; walked++) {
        if (!get(place, policy->id, old.before, &old))
            return;
        if (policy->effective_at_ms < old.replaced_at_ms) {
            old.replaced_at_ms = policy->effective_at_ms;
            old.replaced_by = policy->version;
            put(place, &old);
        }
        if (old.effective_at_ms <= policy->effective_at_ms)
            return;
    }
}

static void put_matrix(const struct policy_place *place, const struct policy_fact *policy)
{
    struct fact_key key = fact_key_one(FACT_MATRIX, place->tenant);

    if (policy_is_kind(policy, "approval-matrix") &&
        place->environment == ENVIRONMENT_PRODUCTION && !facts_has(place->facts, &key))
        facts_put(place->facts, &key, (struct bytes){0});
}

static void apply_policy(const struct rule_context *context)
{
    const struct field *record = context->record;
    const struct field *parameters = field_get(record, "parameters");
    const struct field *owners = field_get(record, "owners");
    struct policy_place place = policy_place_of(context);
    struct bytes version = field_text(field_at(record, "policy.version"));
    struct bytes id = field_text(field_at(record, "policy.id"));
    struct fact_key newest = newest_key(&place, id);
    struct policy_fact policy;
    struct buf authors = {0};

    if (get(&place, id, version, &policy))
        return; /* a version never changes, even where the profile only observes */
    policy.index = context->statement->index;
    policy.digest = digest_of(record);
    policy.kind = field_text(field_get(record, "kind"));
    policy.tier = gate_tier_of(field_get(record, "tier"));
    policy.effective_at_ms = field_uint(field_get(record, "effective_at_ms"), 0);
    policy.ends_at_ms = field_uint(field_get(record, "ends_at_ms"), UINT64_MAX);
    policy.replaced_at_ms = UINT64_MAX;
    facts_get(context->facts, &newest, &policy.before);
    policy.issuer = context->statement->issuer;
    list_authors(&authors, field_get(record, "actor"));
    policy.authors = bytes_of_buf(&authors);
    policy.owners = owners == NULL ? (struct bytes){0} : owners->encoded;
    policy.parameters = parameters == NULL ? (struct bytes){0} : parameters->encoded;
    put(&place, &policy);
    facts_put(context->facts, &newest, version);
    replace_before(&place, &policy);
    put_matrix(&place, &policy);
    buf_cleanup(&authors);
}

const struct effect effects_policy[] = {
    {TYPE_BIT(RECORD_POLICY_VERSION), apply_policy},
};
const size_t effects_policy_count = sizeof(effects_policy) / sizeof(effects_policy[0]);
