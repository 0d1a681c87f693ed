/* The rules for who may become whom: keys, roles, admins. And how a log begins. */
#include "schemas/rules/families.h"

#include "schemas/key.h"
#include "schemas/rules/issuer_roles.h"
#include "schemas/rules/item_set.h"
#include "schemas/rules/oversight_facts.h"

/* The principal's map: of an identity record, or of a trust anchor. */
static const struct field *key_field(const struct rule_context *context)
{
    return context->type == RECORD_IDENTITY ? field_get(context->record, "cose_key")
                                            : field_at(context->record, "trusted_issuer.cose_key");
}

static struct bytes principal_id(const struct rule_context *context)
{
    return field_text(context->type == RECORD_IDENTITY
                          ? field_at(context->record, "principal.id")
                          : field_at(context->record, "trusted_issuer.iss"));
}

static bool is_operation(const struct rule_context *context, const char *operation)
{
    return field_is_text(field_get(context->record, "operation"), operation);
}

static bool is_by_admin(const struct rule_context *context)
{
    return principal_has_role(&context->statement->signer, "admin");
}

/* ---- ID1: keys ---- */

/* The key's kid; false when there is no key, or it is none. */
static bool read_kid(struct hash *out, const struct field *field)
{
    struct public_key *key = NULL;
    struct err ignored = {0};

    if (field == NULL || !public_key_from_cose(&key, field_bytes(field), &ignored))
        return false;
    *out = *public_key_thumbprint(key);
    public_key_free(key);
    return true;
}

static bool check_key(const struct rule_context *context)
{
    const struct field *field = key_field(context);
    struct hash kid;

    return field == NULL || read_kid(&kid, field) ||
           rule_broken(context, "/cose_key", "bytes that are no key", "an encoded COSE_Key");
}

/* A key stays with whom it was first registered for, and does not come back once it has ended. */
static bool check_key_owner(const struct rule_context *context)
{
    struct issuer_key known;
    struct hash kid;

    if (!read_kid(&kid, key_field(context)) ||
        !issuer_key_get(context->facts, hash_bytes(&kid), &known))
        return true;
    if (bytes_equal(known.issuer, principal_id(context)) && known.end_index == UINT64_MAX)
        return is_operation(context, "rotate-key")
                   ? rule_broken(context, "/cose_key", "the key in use", "a new key")
                   : true;
    return rule_broken(context, "/cose_key", "a key that was registered before", "a new key");
}

/* ---- ID2: admins ---- */

static bool ends_admin(const struct rule_context *context)
{
    const struct field *roles = field_get(context->record, "roles");

    if (is_operation(context, "suspend"))
        return true;
    return is_operation(context, "revoke") &&
           (field_list_has(roles, bytes_of_text("admin")) ||
            field_get(context->record, "cose_key") != NULL ||
            (roles == NULL && field_get(context->record, "scopes") == NULL));
}

static bool check_last_admin(const struct rule_context *context)
{
    struct bytes admins = admins_get(context->facts);

    return !ends_admin(context) || item_set_count(admins) != 1 ||
           !item_set_has(admins, principal_id(context)) ||
           rule_broken_at(context, "/principal/id", field_at(context->record, "principal.id"),
                          "another admin first: this one is the last");
}

/* ---- ID3: authority ---- */

/* A role that lets an issuer write records; NULL when there is none among them. */
static const char *issuer_role_in(const struct field *roles)
{
    for (size_t i = 0; i < issuer_role_count; i++) {
        if (field_list_has(roles, bytes_of_text(issuer_roles[i].name)))
            return issuer_roles[i].name;
    }
    return NULL;
}

static bool is_issuer(const struct rule_context *context, struct bytes id)
{
    struct principal principal;

    if (!principal_get(context->facts, id, &principal))
        return false;
    for (size_t i = 0; i < issuer_role_count; i++) {
        if (item_set_has(principal.roles, bytes_of_text(issuer_roles[i].name)))
            return true;
    }
    return false;
}

/* What gives somebody a key or a life, or takes it. */
static bool touches_key(const struct rule_context *context)
{
    return field_get(context->record, "cose_key") != NULL || is_operation(context, "register") ||
           is_operation(context, "revoke") || is_operation(context, "suspend") ||
           is_operation(context, "rotate-key");
}

static bool check_role_authority(const struct rule_context *context)
{
    const char *role = issuer_role_in(field_get(context->record, "roles"));

    return role == NULL || is_by_admin(context) || is_operation(context, "revoke") ||
           rule_broken(context, "/roles", role, "an issuer with the role admin, to grant it");
}

static bool check_key_authority(const struct rule_context *context)
{
    bool is_own_rotation = is_operation(context, "rotate-key") &&
                           bytes_equal(principal_id(context), context->statement->issuer);

    return is_by_admin(context) || is_own_rotation || !touches_key(context) ||
           !is_issuer(context, principal_id(context)) ||
           rule_broken_at(context, "/principal/id", field_at(context->record, "principal.id"),
                          "an issuer with the role admin, or its own rotate-key");
}

/* ---- ID4, ID5 ---- */

static bool check_self_grant(const struct rule_context *context)
{
    const struct field *actor = field_at(context->record, "actor.id");
    bool grants = is_operation(context, "register") || is_operation(context, "grant");
    bool has_sets = field_get(context->record, "roles") != NULL ||
                    field_get(context->record, "scopes") != NULL;

    return !grants || !has_sets || !bytes_equal(field_text(actor), principal_id(context)) ||
           rule_broken_at(context, "/actor/id", actor, "somebody else than who is granted it");
}

/* Whether somebody is a human decides who may approve. */
static bool check_kind(const struct rule_context *context)
{
    const struct field *kind = field_at(context->record, "principal.kind");
    struct principal known;

    return !principal_get(context->facts, principal_id(context), &known) ||
           field_is_text(kind, "human") == bytes_equal_text(known.kind, "human") ||
           rule_broken_at(context, "/principal/kind", kind, "%.*s", (int)known.kind.len,
                          (const char *)known.kind.data);
}

/* ---- LM1 ---- */

static bool check_first_entry(const struct rule_context *context)
{
    return context->statement->index > 0 || context->record_number > 0 ||
           (context->type == RECORD_LOG_METADATA && is_operation(context, "admission-rules")) ||
           rule_broken_at(context, "/type", field_get(context->record, "type"),
                          "log-metadata with the operation admission-rules");
}

#define IDENTITY TYPE_BIT(RECORD_IDENTITY)
#define WITH_KEY (IDENTITY | TYPE_BIT(RECORD_LOG_METADATA))

const struct rule rules_identity[] = {
    {"LM1", "first-entry", RULE_REFUSES, TYPES_ALL, check_first_entry,
     "A log begins by saying which rules it admits by."},
    {"ID1", "key-invalid", RULE_REFUSES, WITH_KEY, check_key,
     "What is registered as a key is one."},
    {"ID1", "key-known", RULE_REFUSES, WITH_KEY, check_key_owner,
     "A key belongs to one issuer for ever, and an ended key does not come back."},
    {"ID2", "last-admin", RULE_REFUSES, IDENTITY, check_last_admin,
     "The last admin is neither suspended nor revoked."},
    {"ID3", "role-authority", RULE_REFUSES, IDENTITY, check_role_authority,
     "Only an admin grants roles that let an issuer write records."},
    {"ID3", "key-authority", RULE_REFUSES, IDENTITY, check_key_authority,
     "Only an admin registers, suspends or gives keys to an issuer; it may rotate its own."},
    {"ID4", "self-grant", RULE_REFUSES_IN_STRICT, IDENTITY, check_self_grant,
     "Nobody grants themselves roles or scopes."},
    {"ID5", "kind-changed", RULE_REFUSES, IDENTITY, check_kind,
     "Whether a principal is a human never changes."},
};
const size_t rules_identity_count = sizeof(rules_identity) / sizeof(rules_identity[0]);
