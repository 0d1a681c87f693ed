#include "server/transport/metrics.h"

#include <string.h>

#include "tests/support/cmocka_all.h"

static void assert_has_line(struct buf *text, const char *line)
{
    if (strstr(buf_text(text), line) == NULL)
        fail_msg("%s is not in:\n%s", line, buf_text(text));
}

/* A value on a bound belongs to its bucket; buckets are cumulative, the last one has them all. */
static void histogram_add_bounds(void **state)
{
    struct histogram histogram = {0};
    struct buf text = {0};

    (void)state;
    histogram_add(&histogram, &histogram_entries, 1);
    histogram_add(&histogram, &histogram_entries, 2);
    histogram_add(&histogram, &histogram_entries, 3);
    histogram_add(&histogram, &histogram_entries, 4096);
    histogram_add(&histogram, &histogram_entries, 5000);
    metrics_append_histogram(&text, "x", "", &histogram_entries, &histogram);
    assert_has_line(&text, "x_bucket{le=\"1\"} 1\n");
    assert_has_line(&text, "x_bucket{le=\"2\"} 2\n");
    assert_has_line(&text, "x_bucket{le=\"4\"} 3\n");
    assert_has_line(&text, "x_bucket{le=\"3072\"} 3\n");
    assert_has_line(&text, "x_bucket{le=\"4096\"} 4\n");
    assert_has_line(&text, "x_bucket{le=\"+Inf\"} 5\n");
    assert_has_line(&text, "x_sum 9102\n");
    assert_has_line(&text, "x_count 5\n");
    buf_cleanup(&text);
}

/* Durations are kept in nanoseconds and shown in seconds. */
static void metrics_append_histogram_scaled(void **state)
{
    struct histogram histogram = {0};
    struct histogram total = {0};
    struct buf text = {0};

    (void)state;
    histogram_add(&histogram, &histogram_durations, 1500000);
    histogram_merge(&total, &histogram);
    histogram_merge(&total, &histogram);
    metrics_append_histogram(&text, "x", "route=\"/a\"", &histogram_durations, &total);
    assert_has_line(&text, "x_bucket{route=\"/a\",le=\"0.001\"} 0\n");
    assert_has_line(&text, "x_bucket{route=\"/a\",le=\"0.0025\"} 2\n");
    assert_has_line(&text, "x_sum{route=\"/a\"} 0.003\n");
    assert_has_line(&text, "x_count{route=\"/a\"} 2\n");
    buf_cleanup(&text);
}

/* The lines are those of the Prometheus text format. */
static void metrics_append_text_format(void **state)
{
    struct buf text = {0};

    (void)state;
    metrics_append_head(&text, "vouch_tree_size", "gauge", "Entries.");
    metrics_append_uint(&text, "vouch_tree_size", "", UINT64_MAX);
    metrics_append_uint(&text, "x", "code=\"200\"", 1);
    metrics_append_double(&text, "time", "", 1795240031.962);
    assert_string_equal(buf_text(&text), "# HELP vouch_tree_size Entries.\n"
                                         "# TYPE vouch_tree_size gauge\n"
                                         "vouch_tree_size 18446744073709551615\n"
                                         "x{code=\"200\"} 1\n"
                                         "time 1795240031.962\n");
    buf_cleanup(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_add_bounds),
        cmocka_unit_test(metrics_append_histogram_scaled),
        cmocka_unit_test(metrics_append_text_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
