#include "schemas/seal.h"

#include <string.h>

#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/view.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

/* A seal as JSON, with the admission rules and further members given. */
#define SEAL_JSON(rules, more)                                                                     \
    "{\"type\":\"seal\",\"schema_version\":1,\"first_index\":7,\"entry_count\":2,"                 \
    "\"received_at_ms\":1000,\"root\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","            \
    "\"admission_rules\":" rules more "}"
#define RULES "{\"id\":\"a\",\"version\":\"b\"}"

static struct seal random_seal(struct rng *rng)
{
    struct seal seal = {
        .first_index = rng_next(rng) >> rng_below(rng, 64),
        .entry_count = rng_below(rng, 100000),
        .received_at_ms = rng_next(rng) >> 20,
        .rules_id = bytes_of_text("vouch"),
        .rules_version = bytes_of_text("17"),
    };

    rng_fill(rng, seal.root.bytes, HASH_LEN);
    if (rng_below(rng, 4) != 0)
        rng_fill(rng, seal.previous.bytes, HASH_LEN);
    if (rng_below(rng, 2) != 0) {
        seal.witnessed.size = 1 + (rng_next(rng) >> 1 >> rng_below(rng, 60));
        seal.witnessed.witnessed_at_ms = rng_next(rng) >> 20;
        rng_fill(rng, seal.witnessed.checkpoint_hash.bytes, HASH_LEN);
    }
    return seal;
}

/* Appends a map of some flags, in no order given to the encoder. */
static void append_random_flags(struct buf *out, struct rng *rng)
{
    static const char *const rules[] = {"G7", "G8", "M9", "AP27"};
    static const char *const codes[] = {"late", "ref-missing", "x"};
    struct seal_flag flags[100];
    size_t count = 0;

    for (size_t i = 0; i < 100; i++) {
        flags[count] = (struct seal_flag){
            .rule = bytes_of_text(rules[rng_below(rng, 4)]),
            .code = bytes_of_text(codes[rng_below(rng, 3)]),
            .entry_offset = i * 50,
            .record_number = rng_below(rng, 1024),
        };
        if (rng_below(rng, 2) == 0 || i == 99)
            count++;
    }
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = rng_below(rng, i + 1);
        struct seal_flag flag = flags[i];

        flags[i] = flags[other];
        flags[other] = flag;
    }
    seal_flags_encode(out, flags, count);
}

static void assert_seal_equal(const struct seal *a, const struct seal *b)
{
    assert_int_equal(a->first_index, b->first_index);
    assert_int_equal(a->entry_count, b->entry_count);
    assert_int_equal(a->received_at_ms, b->received_at_ms);
    assert_true(hash_equal(&a->root, &b->root));
    assert_true(hash_equal(&a->previous, &b->previous));
    assert_true(bytes_equal(a->rules_id, b->rules_id));
    assert_true(bytes_equal(a->rules_version, b->rules_version));
    assert_true(bytes_equal(a->flags, b->flags));
    assert_int_equal(a->witnessed.size, b->witnessed.size);
    assert_int_equal(a->witnessed.witnessed_at_ms, b->witnessed.witnessed_at_ms);
    assert_true(hash_equal(&a->witnessed.checkpoint_hash, &b->witnessed.checkpoint_hash));
}

/* The record has the members that log.cddl names, in deterministic order. */
static void seal_encode_has_the_members_of_the_schema(void **state)
{
    struct seal_flag flags[] = {{bytes_of_text("M9"), bytes_of_text("degraded"), 1, 0},
                                {bytes_of_text("G7"), bytes_of_text("late"), 1, 2},
                                {bytes_of_text("G7"), bytes_of_text("late"), 0, 3}};
    struct seal seal = {.first_index = 7,
                        .entry_count = 2,
                        .received_at_ms = 1000,
                        .rules_id = bytes_of_text("vouch"),
                        .rules_version = bytes_of_text("1"),
                        .witnessed = {.size = 5, .witnessed_at_ms = 900}};
    struct buf map = {0};
    struct buf record = {0};
    struct buf text = {0};
    struct problem problem;
    struct err err = {0};
    size_t count;

    (void)state;
    memset(seal.previous.bytes, 1, HASH_LEN);
    seal_flags_encode(&map, flags, 3);
    seal.flags = bytes_of_buf(&map);
    seal_encode(&record, &seal);
    assert_true(record_check_payload(bytes_of_buf(&record), &count, &problem));
    assert_int_equal(count, 1);
    assert_true(view_append_json(&text, bytes_of_buf(&record), true, &err));
    assert_string_equal(
        buf_text(&text),
        "{\n"
        "  \"root\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\n"
        "  \"type\": \"seal\",\n"
        "  \"flags\": {\n"
        "    \"G7/late\": [\n"
        "      [\n        0,\n        3\n      ],\n"
        "      [\n        1,\n        2\n      ]\n"
        "    ],\n"
        "    \"M9/degraded\": [\n"
        "      [\n        1,\n        0\n      ]\n"
        "    ]\n"
        "  },\n"
        "  \"entry_count\": 2,\n"
        "  \"first_index\": 7,\n"
        "  \"received_at_ms\": 1000,\n"
        "  \"schema_version\": 1,\n"
        "  \"witnessed_head\": {\n"
        "    \"size\": 5,\n"
        "    \"checkpoint_hash\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\n"
        "    \"witnessed_at_ms\": 900\n"
        "  },\n"
        "  \"admission_rules\": {\n"
        "    \"id\": \"vouch\",\n"
        "    \"version\": \"1\"\n"
        "  },\n"
        "  \"previous_seal_leaf_hash\": \"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"\n"
        "}");
    buf_cleanup(&map);
    buf_cleanup(&text);
    buf_cleanup(&record);
}

/* Decoding gives what was encoded, with and without a previous seal; prefixes are refused. */
static void seal_decode_what_was_encoded(void **state)
{
    struct rng rng = rng_seeded("seal_decode_what_was_encoded");

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        struct seal seal = random_seal(&rng);
        struct seal decoded;
        struct buf record = {0};
        struct buf map = {0};
        struct err err = {0};

        if (i % 3 != 0)
            append_random_flags(&map, &rng);
        seal.flags = bytes_of_buf(&map);
        seal_encode(&record, &seal);
        assert_true(dcbor_check(bytes_of_buf(&record), &err));
        assert_true(seal_decode(&decoded, bytes_of_buf(&record), &err));
        assert_seal_equal(&decoded, &seal);
        for (size_t len = 0; len < record.len; len++)
            assert_false(seal_decode(&decoded, bytes_of(record.data, len), &err));
        buf_cleanup(&map);
        buf_cleanup(&record);
    }
}

/* A changed byte is refused, or changes a value and is again what encoding would write. */
static void seal_decode_every_changed_byte(void **state)
{
    struct rng rng = rng_seeded("seal_decode_every_changed_byte");
    struct seal seal = random_seal(&rng);
    struct buf record = {0};
    struct buf again = {0};
    struct buf map = {0};
    struct err err = {0};

    (void)state;
    memset(seal.previous.bytes, 1, HASH_LEN);
    seal.witnessed = (struct seal_witnessed){.size = 300, .witnessed_at_ms = 70000};
    append_random_flags(&map, &rng);
    seal.flags = bytes_of_buf(&map);
    seal_encode(&record, &seal);
    for (size_t at = 0; at < record.len; at++) {
        for (unsigned change = 1; change < 256; change++) {
            struct seal decoded;

            record.data[at] ^= (uint8_t)change;
            if (seal_decode(&decoded, bytes_of_buf(&record), &err)) {
                buf_clear(&again);
                seal_encode(&again, &decoded);
                assert_true(bytes_equal(bytes_of_buf(&again), bytes_of_buf(&record)));
            }
            record.data[at] ^= (uint8_t)change;
        }
    }
    buf_cleanup(&map);
    buf_cleanup(&again);
    buf_cleanup(&record);
}

static bool decode_json(const char *json, struct err *err)
{
    struct buf record = {0};
    struct seal seal;
    bool ok;

    assert_true(view_parse_json(&record, bytes_of_text(json), err));
    ok = seal_decode(&seal, bytes_of_buf(&record), err);
    buf_cleanup(&record);
    return ok;
}

/* What the schema leaves open is accepted, though struct seal does not hold it. */
static void seal_decode_optional_members(void **state)
{
    struct err err = {0};

    (void)state;
    assert_true(decode_json(SEAL_JSON(RULES, ""), &err));
    assert_true(decode_json(SEAL_JSON(RULES, ",\"flags\":{\"G7/late\":[[0,1]]}"), &err));
    assert_true(decode_json(SEAL_JSON(RULES, ",\"verifiable_index\":{\"size\":1}"), &err));
    assert_true(decode_json(
        SEAL_JSON("{\"id\":\"a\",\"version\":\"b\",\"content\":{\"digest\":\"AA\"}}", ""), &err));
}

/* A seal with a member missing, of another type, or unknown, is refused with the member's name. */
static void seal_decode_refused(void **state)
{
    static const struct {
        const char *json;
        const char *reason;
    } rows[] = {
        {"[]", "seal: byte 0: array where map is expected"},
        {"{}", "seal: a required member is missing"},
        {"{\"type\":\"seal\",\"schema_version\":1,\"first_index\":7,\"entry_count\":2,"
         "\"received_at_ms\":1000,\"admission_rules\":" RULES "}",
         "seal: a required member is missing"},
        {"{\"type\":\"seals\"}", "seal: type: not a seal"},
        {"{\"schema_version\":2}", "seal: schema_version: unknown schema version"},
        {"{\"first_index\":-1}",
         "seal: first_index: byte 13: negative integer where unsigned integer is expected"},
        {"{\"root\":\"AAAA\"}", "seal: root: hash of 3 bytes"},
        {"{\"flags\":[]}", "seal: flags: byte 0: array where map is expected"},
        {"{\"flags\":{}}", "seal: flags: an empty map"},
        {"{\"flags\":{\"late\":[[0,1]]}}", "seal: flags: a flag is not RULE/code"},
        {"{\"flags\":{\"G7/late\":[]}}", "seal: flags: a flag that nothing has"},
        {"{\"flags\":{\"G7/late\":[[0,1,2]]}}", "seal: flags: the place of a flag has two numbers"},
        {"{\"flags\":{\"G7/late\":[[1,1],[0,1]]}}",
         "seal: flags: the places of a flag do not ascend"},
        {SEAL_JSON("{\"id\":\"a\"}", ""), "seal: admission_rules: id or version is missing"},
        {SEAL_JSON("{\"id\":\"a\",\"verzion\":\"b\"}", ""),
         "seal: admission_rules: rules have no such member"},
        {SEAL_JSON(RULES, ",\"witnessed_head\":{\"size\":1}"),
         "seal: witnessed_head: a witnessed head has three members"},
        {SEAL_JSON(RULES, ",\"witnessed_head\":{\"size\":1,\"at\":1,\"witnessed_at_ms\":1}"),
         "seal: witnessed_head: a witnessed head has no such member"},
        {SEAL_JSON(RULES, ",\"flag\":{}"), "seal: flag: a seal has no such member"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};

        assert_false(decode_json(rows[i].json, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.text, rows[i].reason);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_encode_has_the_members_of_the_schema),
        cmocka_unit_test(seal_decode_what_was_encoded),
        cmocka_unit_test(seal_decode_every_changed_byte),
        cmocka_unit_test(seal_decode_optional_members),
        cmocka_unit_test(seal_decode_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
