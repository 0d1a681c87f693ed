#include "schemas/rules/hold_facts.h"

#include "schemas/rules/fact_value.h"
#include "schemas/rules/families.h"
#include "schemas/rules/item_set.h"
#include "schemas/rules/record_facts.h"

/* No id is written like this. */
static const char TOO_MANY[] = "*";

struct hold {
    bool is_active;
    bool is_general;
    bool is_classified;
    enum classification classification;
};

static struct fact_key hold_key(const struct rule_context *context, struct bytes hold_id)
{
    return fact_key_two(FACT_HOLD, rule_tenant(context), hold_id);
}

static struct bytes active_holds(const struct rule_context *context)
{
    struct fact_key key = fact_key_one(FACT_HOLDS, rule_tenant(context));
    struct bytes ids = item_set_empty();

    facts_get(context->facts, &key, &ids);
    return ids;
}

static struct bytes holds_on(const struct rule_context *context, struct bytes item)
{
    struct fact_key key = fact_key_two(FACT_HOLD_ON, rule_tenant(context), item);
    struct bytes ids = item_set_empty();

    facts_get(context->facts, &key, &ids);
    return ids;
}

static struct hold get_hold(const struct rule_context *context, struct bytes hold_id)
{
    struct fact_key key = hold_key(context, hold_id);
    struct hold hold = {0};
    struct fact_value value;
    struct bytes encoded;

    if (!facts_get(context->facts, &key, &encoded))
        return hold;
    value = fact_value_open(encoded, 4);
    hold.is_active = fact_value_uint(&value, 1) == 1;
    hold.is_general = fact_value_uint(&value, 1) == 1;
    hold.is_classified = fact_value_uint(&value, 1) == 1;
    hold.classification =
        (enum classification)fact_value_uint(&value, CLASSIFICATION_COUNT - 1);
    if (!fact_value_is_whole(&value))
        facts_fail(context->facts, "hold");
    return hold;
}

/* ---- whether something is held ---- */

static bool excludes(const struct hold *hold, const struct field *selection)
{
    const struct field *classification = field_get(selection, "data_classification");

    return hold->is_classified && classification != NULL &&
           hold->classification != classification_of(classification);
}

/* Any of these holds that is active and matters; only general ones unless all may count. */
static bool find_in(const struct rule_context *context, const struct field *selection,
                    struct bytes ids, bool only_general, struct bytes *out_hold_id)
{
    uint64_t position = 0;
    struct bytes id;

    while (item_set_next(ids, &position, &id)) {
        struct hold hold = get_hold(context, id);

        if (!hold.is_active || (only_general && !hold.is_general) || excludes(&hold, selection))
            continue;
        *out_hold_id = id;
        return true;
    }
    return false;
}

static bool find_on(const struct rule_context *context, const struct field *selection,
                    const struct field *items, struct bytes *out_hold_id)
{
    for (const struct field *item = field_first(items); item != NULL;
         item = field_next(items, item)) {
        struct bytes ids = holds_on(context, field_bytes(item));

        if (item_set_count(ids) >= HOLDS_ON_ONE_MAX ||
            find_in(context, selection, ids, false, out_hold_id))
            return true;
    }
    return false;
}

bool hold_find(const struct rule_context *context, const struct field *selection,
               struct bytes *out_hold_id)
{
    const struct field *persons = field_get(selection, "data_subject_keys");
    const struct field *runs = field_get(selection, "run_ids");
    struct bytes active = active_holds(context);
    bool is_general = persons == NULL && runs == NULL;

    *out_hold_id = (struct bytes){0};
    return item_set_has(active, bytes_of_text(TOO_MANY)) ||
           find_in(context, selection, active, !is_general, out_hold_id) ||
           find_on(context, selection, persons, out_hold_id) ||
           find_on(context, selection, runs, out_hold_id);
}

/* ---- placing and releasing ---- */

static void add_id(const struct rule_context *context, const struct fact_key *key,
                   struct bytes before, struct bytes id)
{
    struct buf joined = {0};
    struct buf one = {0};

    dcbor_put_array(&one, 1);
    dcbor_put_text(&one, id);
    facts_put(context->facts, key, item_set_join(&joined, before, bytes_of_buf(&one)));
    buf_cleanup(&one);
    buf_cleanup(&joined);
}

static void put_hold(const struct rule_context *context, struct bytes id, const struct hold *hold)
{
    struct fact_key key = hold_key(context, id);
    struct buf value = {0};

    dcbor_put_array(&value, 4);
    dcbor_put_uint(&value, hold->is_active);
    dcbor_put_uint(&value, hold->is_general);
    dcbor_put_uint(&value, hold->is_classified);
    dcbor_put_uint(&value, hold->classification);
    facts_put(context->facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

static void place_on(const struct rule_context *context, const struct field *items,
                     struct bytes id)
{
    for (const struct field *item = field_first(items); item != NULL;
         item = field_next(items, item)) {
        struct fact_key key = fact_key_two(FACT_HOLD_ON, rule_tenant(context), field_bytes(item));
        struct bytes before = holds_on(context, field_bytes(item));

        if (item_set_count(before) < HOLDS_ON_ONE_MAX)
            add_id(context, &key, before, id);
    }
}

/* A second record with the same id adds to the hold. */
static void place(const struct rule_context *context, const struct field *selection)
{
    struct fact_key list = fact_key_one(FACT_HOLDS, rule_tenant(context));
    const struct field *classification = field_get(selection, "data_classification");
    const struct field *persons = field_get(selection, "data_subject_keys");
    const struct field *runs = field_get(selection, "run_ids");
    struct bytes id = field_text(field_get(selection, "hold_id"));
    struct hold before = get_hold(context, id);
    struct hold hold = {
        .is_active = true,
        .is_general = (before.is_active && before.is_general) || (persons == NULL && runs == NULL),
        .is_classified = classification != NULL && (!before.is_active || before.is_classified),
        .classification = classification_of(classification),
    };

    if (before.is_active && before.classification != hold.classification)
        hold.is_classified = false; /* both, so no selection is excluded */
    put_hold(context, id, &hold);
    add_id(context, &list, active_holds(context),
           item_set_count(active_holds(context)) < HOLDS_MAX ? id : bytes_of_text(TOO_MANY));
    place_on(context, persons, id);
    place_on(context, runs, id);
}

static void release(const struct rule_context *context, struct bytes id)
{
    struct fact_key list = fact_key_one(FACT_HOLDS, rule_tenant(context));
    struct hold hold = get_hold(context, id);
    struct buf rest = {0};
    struct buf one = {0};

    if (hold.is_active) {
        hold.is_active = false;
        put_hold(context, id, &hold);
        dcbor_put_array(&one, 1);
        dcbor_put_text(&one, id);
        facts_put(context->facts, &list,
                  item_set_without(&rest, active_holds(context), bytes_of_buf(&one)));
    }
    buf_cleanup(&one);
    buf_cleanup(&rest);
}

/* ---- erasures ---- */

static struct fact_key erasure_key(const struct rule_context *context, struct bytes record_id)
{
    return fact_key_two(FACT_ERASURE, rule_tenant(context), record_id);
}

bool erasure_due(const struct rule_context *context, const struct field *reference,
                 uint64_t *out_due_at_ms)
{
    struct bytes id = field_bytes(field_get(reference, "record_id"));
    struct fact_key key = erasure_key(context, id);
    struct record_fact found;
    struct bytes value;

    if (!record_fact_resolve(context, reference, TYPE_BIT(RECORD_LIFECYCLE), &found) ||
        !facts_get(context->facts, &key, &value))
        return false;
    if (value.len != 8)
        return facts_fail(context->facts, "erasure");
    *out_due_at_ms = read_be64(value.data);
    return true;
}

/* Without a day of its own it is due when the settings say. */
static void request_erasure(const struct rule_context *context)
{
    const struct field *record = context->record;
    struct fact_key key = erasure_key(context, field_bytes(field_get(record, "record_id")));
    uint64_t latest = field_uint(field_get(record, "occurred_at_ms"), 0) +
                      context->settings->thresholds[THRESHOLD_ERASURE_MS];
    struct buf value = {0};

    buf_append_be64(&value, field_uint(field_get(record, "due_at_ms"), latest));
    facts_put(context->facts, &key, bytes_of_buf(&value));
    buf_cleanup(&value);
}

static void apply_lifecycle(const struct rule_context *context)
{
    const struct field *operation = field_get(context->record, "operation");
    const struct field *selection = field_get(context->record, "selection");

    if (field_is_text(operation, "hold-place"))
        place(context, selection);
    else if (field_is_text(operation, "hold-release"))
        release(context, field_text(field_get(selection, "hold_id")));
    else if (field_is_text(operation, "erase-request"))
        request_erasure(context);
}

const struct effect effects_hold[] = {
    {TYPE_BIT(RECORD_LIFECYCLE), apply_lifecycle},
};
const size_t effects_hold_count = sizeof(effects_hold) / sizeof(effects_hold[0]);
