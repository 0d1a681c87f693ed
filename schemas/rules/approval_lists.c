#include "schemas/rules/approval_lists.h"

#include "schemas/rules/fact_value.h"
#include "schemas/rules/version_facts.h"

enum { HOUR_MS = 3600 * 1000, RECORD_ID_LEN = 16 };

/* ---- lists: record ids one after the other, newest first ---- */

static struct approvals open_list(struct facts *facts, struct bytes tenant,
                                  const struct fact_key *key)
{
    struct approvals list = {.facts = facts, .tenant = tenant};

    facts_get(facts, key, &list.record_ids);
    if (list.record_ids.len % RECORD_ID_LEN != 0) {
        facts_fail(facts, "list of approvals");
        list.record_ids = (struct bytes){0};
    }
    return list;
}

bool approvals_next(struct approvals *list, struct approval_request *out)
{
    struct bytes record_id;

    if (list->record_ids.len == 0)
        return false;
    record_id = bytes_slice(list->record_ids, 0, RECORD_ID_LEN);
    list->record_ids = bytes_slice(list->record_ids, RECORD_ID_LEN, list->record_ids.len);
    return approval_request_get(list->facts, list->tenant, record_id, out) ||
           facts_fail(list->facts, "a request in a list");
}

static void add(struct facts *facts, const struct fact_key *key, struct bytes record_id)
{
    size_t kept_max = (APPROVAL_LIST_MAX - 1) * RECORD_ID_LEN;
    struct bytes before = {0};
    struct buf value = {0};

    facts_get(facts, key, &before);
    buf_append_bytes(&value, record_id);
    buf_append_bytes(&value,
                     bytes_slice(before, 0, before.len < kept_max ? before.len : kept_max));
    facts_put(facts, key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

static struct fact_key object_key(struct bytes tenant, struct bytes subject_kind,
                                  const struct field *versioned)
{
    return fact_key_of(FACT_APPROVAL_OBJECT,
                       (const struct bytes[]){tenant, subject_kind,
                                              field_text(field_get(versioned, "id")),
                                              field_text(field_get(versioned, "version"))},
                       4);
}

struct approvals approvals_for_action(struct facts *facts, struct bytes tenant,
                                      struct bytes action_digest)
{
    struct fact_key key = fact_key_two(FACT_APPROVAL_ACTION, tenant, action_digest);

    return open_list(facts, tenant, &key);
}

struct approvals approvals_for_object(struct facts *facts, struct bytes tenant,
                                      struct bytes subject_kind, const struct field *versioned)
{
    struct fact_key key = object_key(tenant, subject_kind, versioned);

    return open_list(facts, tenant, &key);
}

struct approvals approvals_for_run(struct facts *facts, struct bytes tenant, struct bytes run_id,
                                   struct bytes node_id)
{
    struct fact_key key = fact_key_three(FACT_APPROVAL_RUN, tenant, run_id, node_id);

    return open_list(facts, tenant, &key);
}

void approvals_add_for_action(struct facts *facts, struct bytes tenant, struct bytes action_digest,
                              struct bytes record_id)
{
    struct fact_key key = fact_key_two(FACT_APPROVAL_ACTION, tenant, action_digest);

    add(facts, &key, record_id);
}

static void add_for_run(struct facts *facts, struct bytes tenant,
                        const struct approval_request *request, struct bytes node_id)
{
    struct fact_key key =
        fact_key_three(FACT_APPROVAL_RUN, tenant, request->run_id, node_id);

    add(facts, &key, request->record_id);
}

static void add_for_object(struct facts *facts, struct bytes tenant,
                           const struct approval_request *request)
{
    struct record_fields memory = {0};
    const struct field *object = field_get(fact_map(&memory, request->subject), "object");
    struct fact_key key = object_key(tenant, approval_subject_kind(request), object);

    if (object != NULL)
        add(facts, &key, request->record_id);
    record_fields_cleanup(&memory);
}

/* An export or an access grant that has to do with a run does not approve what the run does. */
static bool is_about_run(const struct approval_request *request)
{
    static const char *const kinds[] = {"run", "node", "action", "degraded-run"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (bytes_equal_text(approval_subject_kind(request), kinds[i]))
            return request->run_id.len > 0;
    }
    return false;
}

void approvals_add_approved(struct facts *facts, struct bytes tenant,
                            const struct approval_request *request)
{
    struct bytes node_id = approval_subject_node(request);

    add_for_object(facts, tenant, request);
    if (!is_about_run(request))
        return;
    add_for_run(facts, tenant, request, (struct bytes){0});
    if (node_id.len > 0)
        add_for_run(facts, tenant, request, node_id);
}

/* ---- once for ever ---- */

bool approval_nonce_is_used(struct facts *facts, struct bytes nonce)
{
    struct fact_key key = fact_key_one(FACT_APPROVAL_NONCE, nonce);

    return facts_has(facts, &key);
}

void approval_nonce_put(struct facts *facts, struct bytes nonce, struct bytes record_id)
{
    struct fact_key key = fact_key_one(FACT_APPROVAL_NONCE, nonce);

    facts_put(facts, &key, record_id);
}

bool approval_token_is_used(struct facts *facts, struct bytes jti_hash)
{
    struct fact_key key = fact_key_one(FACT_TOKEN, jti_hash);

    return facts_has(facts, &key);
}

void approval_token_put(struct facts *facts, struct bytes jti_hash, struct bytes record_id)
{
    struct fact_key key = fact_key_one(FACT_TOKEN, jti_hash);

    facts_put(facts, &key, record_id);
}

bool approval_token_is_of(struct facts *facts, struct bytes jti_hash, struct bytes record_id)
{
    struct fact_key key = fact_key_one(FACT_TOKEN, jti_hash);
    struct bytes used_for;

    return facts_get(facts, &key, &used_for) && bytes_equal(used_for, record_id);
}

bool approval_token_check_get(struct facts *facts, struct bytes tenant, struct bytes record_id,
                              uint64_t *out_index)
{
    struct fact_key key = fact_key_two(FACT_TOKEN_CHECK, tenant, record_id);
    struct bytes value;

    if (!facts_get(facts, &key, &value))
        return false;
    if (value.len != 8)
        return facts_fail(facts, "check of a token");
    *out_index = read_be64(value.data);
    return true;
}

void approval_token_check_put(struct facts *facts, struct bytes tenant, struct bytes record_id,
                              uint64_t index)
{
    struct fact_key key = fact_key_two(FACT_TOKEN_CHECK, tenant, record_id);
    struct buf value = {0};

    buf_append_be64(&value, index);
    facts_put(facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

/* ---- how many in an hour ---- */

uint64_t approval_count_in_hour(struct facts *facts, struct bytes tenant, struct bytes approver,
                                uint64_t at_ms)
{
    struct fact_key key = fact_key_two(FACT_APPROVER, tenant, approver);
    struct fact_value value;
    struct bytes encoded;
    uint64_t count;
    uint64_t hour;

    if (!facts_get(facts, &key, &encoded))
        return 0;
    value = fact_value_open(encoded, 2);
    hour = fact_value_uint(&value, UINT64_MAX);
    count = fact_value_uint(&value, UINT64_MAX);
    if (!fact_value_is_whole(&value))
        return facts_fail(facts, "approvals in an hour");
    return hour == at_ms / HOUR_MS ? count : 0;
}

void approval_count_put(struct facts *facts, struct bytes tenant, struct bytes approver,
                        uint64_t at_ms)
{
    uint64_t count = approval_count_in_hour(facts, tenant, approver, at_ms);
    struct fact_key key = fact_key_two(FACT_APPROVER, tenant, approver);
    struct buf value = {0};

    dcbor_put_array(&value, 2);
    dcbor_put_uint(&value, at_ms / HOUR_MS);
    dcbor_put_uint(&value, count + 1);
    facts_put(facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}
