/*
 * A run document that is accepted becomes payloads whose records are what the schema says, the same
 * ones for the same seed; of one that is refused nothing is left but a problem.
 */
#include "base/text.h"
#include "schemas/record.h"
#include "schemas/run/run_document.h"
#include "schemas/statement.h"
#include "tests/fuzz/fuzz.h"

static struct record_schema *schema; /* of this process; loaded with the first input */

static bool read(struct run_document *out, struct bytes json, struct problem *problem)
{
    static const uint8_t seed[RUN_SEED_LEN] = {1};
    struct run_document_options options = {.issuer = "engine.example",
                                           .tenant = json.len % 2 == 0 ? "acme" : NULL,
                                           .now_ms = 1795000000000,
                                           .seed = seed,
                                           .schema = schema};

    return run_document_read(out, json, &options, problem);
}

static void check_accepted(const struct run_document *document)
{
    struct problem problem = {0};
    size_t total = 0;
    size_t count = 0;

    CHECK(document->payload_count > 0);
    for (size_t i = 0; i < document->payload_count; i++) {
        struct bytes payload = bytes_of_buf(&document->payloads[i]);

        CHECK(payload.len <= RUN_PAYLOAD_LEN_MAX + 8);
        CHECK(record_validate_payload(schema, payload, &count, &problem));
        CHECK(count <= STATEMENT_RECORDS_MAX);
        total += count;
    }
    CHECK(total == document->record_count && total >= 3);
    for (size_t i = 0; i < document->openings.count; i++)
        CHECK(document->openings.items[i].path[0] == '/');
}

static void check_again(const struct run_document *first, struct bytes json)
{
    struct run_document again;
    struct problem problem = {0};

    CHECK(read(&again, json, &problem));
    CHECK(again.payload_count == first->payload_count);
    for (size_t i = 0; i < again.payload_count; i++)
        CHECK(bytes_equal(bytes_of_buf(&again.payloads[i]), bytes_of_buf(&first->payloads[i])));
    run_document_cleanup(&again);
}

static void check_refused(const struct run_document *document, const struct problem *problem)
{
    CHECK(document->payloads == NULL && document->openings.items == NULL);
    CHECK(problem->kind == PROBLEM_RECORD || problem->kind == PROBLEM_SCHEMA ||
          problem->kind == PROBLEM_CBOR || problem->kind == PROBLEM_TOO_LARGE);
    CHECK(problem->detail[0] != 0);
    CHECK(text_is_utf8(bytes_of_text(problem->detail)));
    CHECK(text_is_utf8(bytes_of_text(problem->path)));
    CHECK(text_is_utf8(bytes_of_text(problem->have)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes json = bytes_of(data, size);
    struct run_document document;
    struct problem problem = {0};
    struct err err = {0};

    if (schema == NULL)
        CHECK(record_schema_load(&schema, NULL, 0, &err));
    if (read(&document, json, &problem)) {
        check_accepted(&document);
        check_again(&document, json);
        run_document_cleanup(&document);
    } else {
        check_refused(&document, &problem);
    }
    return 0;
}
