/* The rules for windows, corrections and numbers given up, each holding and broken. */
#include "schemas/rules/families.h"

#include "tests/support/cmocka_all.h"
#include "tests/support/rule_rows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct rule_world *new_world(enum profile profile)
{
    struct rule_world *world = rule_world_new(profile);

    rule_world_issuer(world, "ci", "tester");
    rule_world_issuer(world, "lab", "tester");
    rule_world_issuer(world, "engine", "engine");
    rule_world_issuer(world, "root", "admin");
    return world;
}

/* Three records, numbers 0 to 2. */
static void say_three(struct rule_world *world)
{
    for (int i = 0; i < 3; i++)
        rule_world_must(world, "ci", "test-result", "{}");
    rule_world_name(world, "corrected");
}

static void start_run(struct rule_world *world)
{
    rule_world_must(world, "engine", "run-start", "{}");
}

static void say_of_another(struct rule_world *world)
{
    rule_world_must(world, "lab", "test-result", "{}");
    rule_world_name(world, "other");
    say_three(world);
}

#define TESTS(count) ", \"record_counts\": {\"test-result\": " count "}"
#define NUMBERS(begin, end)                                                                        \
    "\"begin_sequence_number\": " begin ", \"end_sequence_number\": " end
#define RUNS(count)                                                                                \
    ", \"record_counts\": {\"run-start\": 1}, \"source\": {\"system\": \"engine\", \"run_count\": "  \
    count ", \"query\": {\"algorithm\": \"sha-256\","                                              \
    " \"digest\": \"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\"}}"

static const struct rule_row rows[] = {
    {"CW1", "window-gap", "ci", "window", "{" NUMBERS("0", "3") TESTS("3") "}",
     "{" NUMBERS("1", "3") TESTS("3") "}", NULL, say_three},
    {"CW2", "window-mismatch", "ci", "window", "{" NUMBERS("0", "3") TESTS("3") "}",
     "{" NUMBERS("0", "3") TESTS("2") "}", NULL, say_three},
    {"CW3", "run-count-mismatch", "engine", "window", "{" NUMBERS("0", "1") RUNS("1") "}",
     "{" NUMBERS("0", "1") RUNS("2") "}", NULL, start_run},
    {"X1", "correction", "ci", "correction", "{}", "{\"corrected_record\": \"@other\"}",
     "/corrected_record", say_of_another},
    {"X1", "correction-fields", "ci", "correction", "{}", "{\"corrected_fields\": [\"case_count\"]}",
     "/corrected_fields", say_three},
};

/* Every rule lets the good record pass and objects to the bad one. */
static void rules_window_rows(void **state)
{
    (void)state;
    rule_rows_check(rows, COUNT(rows), new_world);
    rule_rows_check_complete(rows, COUNT(rows), rules_window, rules_window_count);
}

static void assert_flags(struct rule_world *world, const char *json, const char *flags)
{
    rule_world_must(world, "ci", "window", json);
    assert_string_equal(rule_world_verdict(world), flags);
}

/* CW1, CW2: the next window begins where the last ended; windows themselves are not counted. */
static void window_after_window(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    say_three(world);
    assert_flags(world, "{" NUMBERS("0", "3") TESTS("3") "}", "");
    assert_flags(world,
                 "{\"begins_at_ms\": 1800000000000, \"ends_at_ms\": 1800000000001, "
                 NUMBERS("3", "3") "}", "");
    rule_world_must(world, "ci", "test-result", "{}");
    assert_flags(world,
                 "{\"begins_at_ms\": 1800000000001, \"ends_at_ms\": 1800000000002, "
                 NUMBERS("3", "6") TESTS("1") "}", "");
    assert_flags(world,
                 "{\"begins_at_ms\": 1800000000003, \"ends_at_ms\": 1800000000004, "
                 NUMBERS("6", "6") "}", "flags: CW1 window-gap");
    rule_world_free(world);
}

/* CW2: a window that ends before the last record, or behind itself, covers something else. */
static void window_covers_all(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    say_three(world);
    assert_flags(world, "{" NUMBERS("0", "2") TESTS("3") "}", "flags: CW2 window-mismatch");
    rule_world_free(world);
    world = new_world(PROFILE_STRICT);
    say_three(world);
    assert_flags(world, "{" NUMBERS("0", "4") TESTS("3") "}", "flags: CW2 window-mismatch");
    rule_world_free(world);
}

/* CW2: users' own types are counted together, whatever they are called. */
static void window_counts_own_types(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    say_three(world);
    assert_flags(world,
                 "{" NUMBERS("0", "3") ", \"record_counts\": {\"test-result\": 3, \"tick\": 1}}",
                 "flags: CW2 window-mismatch");
    rule_world_free(world);
}

/* Each stream has its own windows. */
static void window_by_stream(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    say_three(world);
    rule_world_must(world, "ci", "test-result", "{\"stream\": \"b\"}");
    assert_flags(world, "{\"stream\": \"b\", " NUMBERS("0", "1") TESTS("1") "}", "");
    rule_world_free(world);
}

/* X1: an admin corrects what others wrote; nobody corrects the log. */
static void correction_by_whom(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    say_three(world);
    rule_world_must(world, "root", "correction", "{}");
    rule_world_must(world, NULL, "log-metadata", "{\"operation\": \"retention\","
                                                 " \"admission_rules\": null}");
    rule_world_name(world, "corrected");
    assert_false(rule_world_say(world, "root", "correction", "{\"tenant\": \"acme\"}"));
    rule_world_assert_refused(world, "X1", "correction", "/corrected_record");
    rule_world_free(world);
}

/* G4: a sequence-void fills a gap in the numbers, and gives up nothing that was used. */
static void sequence_void_fills_gap(void **state)
{
    struct rule_world *world = new_world(PROFILE_STRICT);

    (void)state;
    say_three(world);
    assert_false(rule_world_say(world, "ci", "sequence-void",
                                "{\"sequence_number\": 5, " NUMBERS("2", "5") "}"));
    rule_world_assert_refused(world, "G4", "seq-gap", NULL);
    assert_false(rule_world_say(world, "ci", "sequence-void",
                                "{\"sequence_number\": 3, " NUMBERS("2", "3") "}"));
    rule_world_assert_refused(world, "G4", "seq-void", "/begin_sequence_number");
    rule_world_leave_out(world, "G4", "seq-void");
    rule_world_must(world, "ci", "sequence-void",
                    "{\"sequence_number\": 3, " NUMBERS("2", "3") "}");
    rule_world_must(world, "ci", "sequence-void",
                    "{\"sequence_number\": 9, " NUMBERS("4", "9") "}");
    rule_world_must(world, "ci", "test-result", "{\"sequence_number\": 10}");
    rule_world_free(world);
    world = new_world(PROFILE_OBSERVE);
    say_three(world);
    rule_world_must(world, "ci", "sequence-void",
                    "{\"sequence_number\": 3, " NUMBERS("2", "3") "}");
    assert_true(rule_world_is_flagged(world, "G4", "seq-void"));
    rule_world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_window_rows),       cmocka_unit_test(window_after_window),
        cmocka_unit_test(window_covers_all),       cmocka_unit_test(window_counts_own_types),
        cmocka_unit_test(window_by_stream),        cmocka_unit_test(correction_by_whom),
        cmocka_unit_test(sequence_void_fills_gap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
