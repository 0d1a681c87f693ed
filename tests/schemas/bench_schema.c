/*
 * How fast records are checked, by one core: their form, the schema, both as a log does it.
 *
 *   bench_schema [SECONDS]
 *
 * Processor time, so that other programs do not count. Built, not run by ctest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "tests/support/sample_records.h"

enum { BATCH = 512, NS_PER_S = 1000000000 };

/* Records to check again and again; for one type, or one of each type in turn. */
struct batch {
    const char *what;
    struct buf records[BATCH];
    const struct record_schema_type *types[BATCH];
    size_t len;
};

typedef void (*check_fn)(const struct record_schema *schema, const struct batch *batch, size_t i);

static void check_form(const struct record_schema *schema, const struct batch *batch, size_t i)
{
    struct err err = {0};

    (void)schema;
    CHECK(dcbor_check(bytes_of_buf(&batch->records[i]), &err));
}

static void check_schema(const struct record_schema *schema, const struct batch *batch, size_t i)
{
    struct cddl_mismatch mismatch;

    CHECK(
        record_schema_check(schema, batch->types[i], bytes_of_buf(&batch->records[i]), &mismatch));
}

static void check_payload(const struct record_schema *schema, const struct batch *batch, size_t i)
{
    struct problem problem;
    size_t count;

    CHECK(record_validate_payload(schema, bytes_of_buf(&batch->records[i]), &count, &problem));
}

static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void run(const struct record_schema *schema, const struct batch *batch, check_fn check,
                const char *name, double seconds)
{
    uint64_t begin = cpu_ns();
    uint64_t end = begin + (uint64_t)(seconds * NS_PER_S);
    uint64_t now = begin;
    uint64_t count = 0;

    while (now < end) {
        for (size_t i = 0; i < BATCH; i++)
            check(schema, batch, i);
        count += BATCH;
        now = cpu_ns();
    }
    printf("%-16s %-8s %5zu bytes  %9.0f records/s  %6.0f ns/record  %5.2f ns/byte\n", batch->what,
           name, batch->len / BATCH, (double)count * NS_PER_S / (double)(now - begin),
           (double)(now - begin) / (double)count,
           (double)(now - begin) * BATCH / (double)count / (double)batch->len);
}

/* Makes a record of the type, or of each in turn when it is NULL; false for one of the log's own.
 */
static bool make(struct batch *batch, size_t i, struct sample_records *records, const char *type,
                 const struct record_schema *schema)
{
    batch->types[i] = record_schema_find(schema, bytes_of_text(type));
    buf_clear(&batch->records[i]);
    sample_record_append(&batch->records[i], records, type);
    return !record_schema_type_is_of_log(batch->types[i]);
}

/* Records of one type, or of each type in turn when it is NULL. */
static void fill(struct batch *batch, const struct record_schema *schema, const char *type,
                 size_t padding_len)
{
    struct sample_records records;
    size_t number = 0;

    sample_records_init(&records, "engine.example", 1);
    records.padding_len = padding_len;
    for (size_t i = 0; i < BATCH;) {
        char name[SAMPLE_TYPE_LEN_MAX];

        if (!sample_record_type(name, number++)) {
            number = 0;
        } else if (make(batch, i, &records, name, schema) &&
                   (type == NULL || bytes_equal_text(bytes_of_text(name), type))) {
            batch->len += batch->records[i].len;
            i++;
        }
    }
}

static void bench(const struct record_schema *schema, const char *type, size_t padding_len,
                  double seconds)
{
    struct batch *batch = mem_alloc(sizeof(*batch));

    batch->what = type == NULL ? "every type" : type;
    fill(batch, schema, type, padding_len);
    run(schema, batch, check_form, "form", seconds);
    run(schema, batch, check_schema, "schema", seconds);
    run(schema, batch, check_payload, "both", seconds);
    for (size_t i = 0; i < BATCH; i++)
        buf_cleanup(&batch->records[i]);
    free(batch);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 1.0;
    struct record_schema *schema = NULL;
    struct err err = {0};

    if (!record_schema_load(&schema, NULL, 0, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    bench(schema, "test-result", 0, seconds);
    bench(schema, "execution-event", 0, seconds);
    bench(schema, "policy-version", 0, seconds);
    bench(schema, "run-manifest", 0, seconds);
    bench(schema, NULL, 0, seconds);
    record_schema_free(schema);
    return 0;
}
