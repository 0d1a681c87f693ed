#include "schemas/rules/principals.h"

#include "schemas/key.h"
#include "schemas/rules/item_set.h"

/* ---- keys ---- */

bool issuer_key_decode(struct issuer_key *out, struct bytes value)
{
    struct dcbor_reader reader = dcbor_reader_of(value);
    struct err ignored = {0};
    uint64_t count;

    return dcbor_read_array(&reader, &count, &ignored) && count == 4 &&
           dcbor_read_text(&reader, &out->issuer, &ignored) &&
           dcbor_read_bytes(&reader, &out->cose_key, &ignored) &&
           dcbor_read_uint(&reader, &out->begin_index, &ignored) &&
           dcbor_read_uint(&reader, &out->end_index, &ignored);
}

bool issuer_key_get(struct facts *facts, struct bytes kid, struct issuer_key *out)
{
    struct fact_key key = fact_key_one(FACT_KEY, kid);
    struct bytes value;

    if (!facts_get(facts, &key, &value))
        return false;
    return issuer_key_decode(out, value) || facts_fail(facts, "issuer key");
}

static void issuer_key_put(struct facts *facts, struct bytes kid, const struct issuer_key *row)
{
    struct fact_key key = fact_key_one(FACT_KEY, kid);
    struct buf value = {0};

    dcbor_put_array(&value, 4);
    dcbor_put_text(&value, row->issuer);
    dcbor_put_bytes(&value, row->cose_key);
    dcbor_put_uint(&value, row->begin_index);
    dcbor_put_uint(&value, row->end_index);
    facts_put(facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

static void end_keys(struct facts *facts, struct bytes kids, uint64_t end_index)
{
    struct dcbor_reader reader = dcbor_reader_of(kids);
    struct err ignored = {0};
    struct issuer_key row;
    struct bytes kid;
    uint64_t count = 0;

    if (!dcbor_read_array(&reader, &count, &ignored))
        count = 0;
    for (uint64_t i = 0; i < count && dcbor_read_bytes(&reader, &kid, &ignored); i++) {
        if (issuer_key_get(facts, kid, &row) && row.end_index == UINT64_MAX) {
            row.end_index = end_index;
            issuer_key_put(facts, kid, &row);
        }
    }
}

/* ---- principals ---- */

static bool decode(struct facts *facts, struct principal *out, struct bytes value)
{
    struct dcbor_reader reader = dcbor_reader_of(value);
    struct dcbor_item suspended;
    struct err ignored = {0};
    uint64_t count;

    if (!dcbor_read_array(&reader, &count, &ignored) || count != 9 ||
        !dcbor_read_uint(&reader, &out->version, &ignored) ||
        !dcbor_read_uint(&reader, &out->begin_index, &ignored) ||
        !dcbor_read_text(&reader, &out->kind, &ignored) ||
        !dcbor_read_text(&reader, &out->owner, &ignored) ||
        !dcbor_read(&reader, &suspended, &ignored) || suspended.type != DCBOR_BOOL ||
        !dcbor_skip(&reader, &out->roles, &ignored) ||
        !dcbor_skip(&reader, &out->scopes, &ignored) ||
        !dcbor_skip(&reader, &out->tenants, &ignored) ||
        !dcbor_skip(&reader, &out->kids, &ignored))
        return facts_fail(facts, "principal");
    out->is_suspended = suspended.value == 1;
    return true;
}

bool principal_get(struct facts *facts, struct bytes id, struct principal *out)
{
    struct fact_key key = fact_key_one(FACT_PRINCIPAL, id);
    struct bytes value;

    *out = (struct principal){.id = id};
    return facts_get(facts, &key, &value) && decode(facts, out, value);
}

static bool get_version(struct facts *facts, struct bytes id, uint64_t version,
                        struct principal *out)
{
    struct fact_key list = fact_key_one(FACT_PRINCIPAL_VERSION, id);
    struct fact_key key = fact_key_item(&list, version);
    struct bytes value;

    *out = (struct principal){.id = id};
    if (!facts_get(facts, &key, &value))
        return facts_fail(facts, "a version of a principal is missing");
    return decode(facts, out, value);
}

/* Bisects the versions, which begin at rising indexes. */
bool principal_get_at(struct facts *facts, struct bytes id, uint64_t index, struct principal *out)
{
    uint64_t low = 0; /* a version before low begins at or before index */
    uint64_t high;

    if (!principal_get(facts, id, out))
        return false;
    if (out->begin_index <= index)
        return true;
    high = out->version;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (!get_version(facts, id, middle, out))
            return false;
        if (out->begin_index <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && get_version(facts, id, low - 1, out);
}

static void encode(struct buf *out, const struct principal *principal)
{
    dcbor_put_array(out, 9);
    dcbor_put_uint(out, principal->version);
    dcbor_put_uint(out, principal->begin_index);
    dcbor_put_text(out, principal->kind);
    dcbor_put_text(out, principal->owner);
    dcbor_put_bool(out, principal->is_suspended);
    buf_append_bytes(out, principal->roles);
    buf_append_bytes(out, principal->scopes);
    buf_append_bytes(out, principal->tenants);
    buf_append_bytes(out, principal->kids);
}

static void put_as(struct facts *facts, const struct fact_key *key,
                   const struct principal *principal)
{
    struct buf value = {0};

    encode(&value, principal);
    facts_put(facts, key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

uint64_t principal_count(struct facts *facts)
{
    struct fact_key key = fact_key_none(FACT_PRINCIPAL_LIST);
    struct bytes value;

    if (!facts_get(facts, &key, &value))
        return 0;
    if (value.len != 8)
        return facts_fail(facts, "number of principals");
    return read_be64(value.data);
}

bool principal_id_at(struct facts *facts, uint64_t n, struct bytes *out)
{
    struct fact_key list = fact_key_none(FACT_PRINCIPAL_LIST);
    struct fact_key key = fact_key_item(&list, n);

    return facts_get(facts, &key, out);
}

static void list_new(struct facts *facts, struct bytes id)
{
    struct fact_key list = fact_key_none(FACT_PRINCIPAL_LIST);
    uint64_t count = principal_count(facts);
    struct fact_key item = fact_key_item(&list, count);
    struct buf value = {0};

    facts_put(facts, &item, id);
    buf_append_be64(&value, count + 1);
    facts_put(facts, &list, bytes_of_buf(&value));
    buf_cleanup(&value);
}

/* Keeps what was in force before, then puts the new version. */
static void put(struct facts *facts, struct principal *next, const struct principal *old,
                uint64_t index)
{
    struct fact_key key = fact_key_one(FACT_PRINCIPAL, next->id);

    next->begin_index = index + 1;
    next->version = 0;
    if (old == NULL) {
        list_new(facts, next->id);
    } else if (old->begin_index == next->begin_index) {
        next->version = old->version; /* a second change in the same entry */
    } else {
        struct fact_key list = fact_key_one(FACT_PRINCIPAL_VERSION, next->id);
        struct fact_key before = fact_key_item(&list, old->version);

        put_as(facts, &before, old);
        next->version = old->version + 1;
    }
    put_as(facts, &key, next);
}

/* ---- questions ---- */

bool principal_has_role_bytes(const struct principal *principal, struct bytes role)
{
    return !principal->is_suspended && item_set_has(principal->roles, role);
}

bool principal_has_role(const struct principal *principal, const char *role)
{
    return principal_has_role_bytes(principal, bytes_of_text(role));
}

bool principal_has_scope(const struct principal *principal, struct bytes scope)
{
    return !principal->is_suspended && item_set_has(principal->scopes, scope);
}

bool principal_serves_tenant(const struct principal *principal, struct bytes tenant)
{
    return principal->tenants.len <= 1 || item_set_has(principal->tenants, tenant);
}

/* ---- effects ---- */

static struct bytes array_of(const struct field *field)
{
    return field == NULL ? item_set_empty() : field->encoded;
}

/* Memory of one change: the sets it makes. */
struct change {
    struct buf roles;
    struct buf scopes;
    struct buf kids;
    struct buf kid_array;
};

static void change_cleanup(struct change *change)
{
    buf_cleanup(&change->roles);
    buf_cleanup(&change->scopes);
    buf_cleanup(&change->kids);
    buf_cleanup(&change->kid_array);
}

/* Registers a key from the next entry on and adds it to next->kids. A key that is known stays
 * with its issuer: rules refuse such a record before it gets here. */
static void add_key(struct facts *facts, struct principal *next, struct change *change,
                    struct bytes cose_key, uint64_t index)
{
    struct issuer_key row = {next->id, cose_key, index + 1, UINT64_MAX};
    struct public_key *key = NULL;
    struct issuer_key known;
    struct err ignored = {0};
    struct bytes kid;

    if (!public_key_from_cose(&key, cose_key, &ignored))
        return;
    kid = hash_bytes(public_key_thumbprint(key));
    if (!issuer_key_get(facts, kid, &known)) {
        issuer_key_put(facts, kid, &row);
        dcbor_put_array(&change->kid_array, 1);
        dcbor_put_bytes(&change->kid_array, kid);
        next->kids =
            item_set_join(&change->kids, next->kids, bytes_of_buf(&change->kid_array));
    }
    public_key_free(key);
}

static const struct principal *begin(struct facts *facts, struct principal *old,
                                     struct principal *next, struct bytes id)
{
    bool is_known = principal_get(facts, id, old);

    *next = *old;
    if (is_known)
        return old;
    *next = (struct principal){.id = id,
                               .kind = bytes_of_text("service"),
                               .roles = item_set_empty(),
                               .scopes = item_set_empty(),
                               .tenants = item_set_empty(),
                               .kids = item_set_empty()};
    return NULL;
}

void principals_anchor(struct facts *facts, const struct field *trusted_issuer, uint64_t index)
{
    struct change change = {0};
    struct principal old;
    struct principal next;
    const struct principal *before =
        begin(facts, &old, &next, field_text(field_get(trusted_issuer, "iss")));

    next.roles = item_set_join(&change.roles, next.roles,
                               array_of(field_get(trusted_issuer, "roles")));
    if (field_get(trusted_issuer, "tenants") != NULL)
        next.tenants = array_of(field_get(trusted_issuer, "tenants"));
    add_key(facts, &next, &change, field_bytes(field_get(trusted_issuer, "cose_key")), index);
    put(facts, &next, before, index);
    change_cleanup(&change);
}

static void change_set(struct buf *memory, struct bytes *set, const struct field *items,
                       bool revoking)
{
    *set = revoking ? item_set_without(memory, *set, array_of(items))
                    : item_set_join(memory, *set, array_of(items));
}

static void apply(struct facts *facts, struct principal *next, struct change *change,
                  const struct field *identity, uint64_t index)
{
    const struct field *operation = field_get(identity, "operation");
    const struct field *key = field_get(identity, "cose_key");
    bool revoking = field_is_text(operation, "revoke");
    bool has_sets =
        field_get(identity, "roles") != NULL || field_get(identity, "scopes") != NULL;

    if (field_is_text(operation, "suspend") || (revoking && !has_sets && key == NULL)) {
        next->is_suspended = true;
        end_keys(facts, next->kids, index + 1);
        next->kids = item_set_empty();
        return;
    }
    if (field_is_text(operation, "train") || field_is_text(operation, "certify"))
        return;
    if (field_is_text(operation, "register"))
        next->is_suspended = false;
    change_set(&change->roles, &next->roles, field_get(identity, "roles"), revoking);
    change_set(&change->scopes, &next->scopes, field_get(identity, "scopes"), revoking);
    if (key == NULL)
        return;
    if (field_is_text(operation, "rotate-key") || revoking) {
        end_keys(facts, next->kids, index + 1);
        next->kids = item_set_empty();
    }
    if (!revoking)
        add_key(facts, next, change, field_bytes(key), index);
}

void principals_change(struct facts *facts, const struct field *identity, uint64_t index)
{
    const struct field *who = field_get(identity, "principal");
    struct change change = {0};
    struct principal old;
    struct principal next;
    const struct principal *before =
        begin(facts, &old, &next, field_text(field_get(who, "id")));

    next.kind = field_text(field_get(who, "kind"));
    if (field_get(who, "on_behalf_of") != NULL)
        next.owner = field_text(field_get(who, "on_behalf_of"));
    apply(facts, &next, &change, identity, index);
    put(facts, &next, before, index);
    change_cleanup(&change);
}
