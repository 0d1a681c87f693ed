/* A payload that is accepted can be walked to its end; one that is refused has a UTF-8 problem. */
#include "base/text.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "tests/fuzz/fuzz.h"

static void check_accepted(struct bytes payload, size_t count)
{
    struct record_reader reader = record_reader_of(payload);
    struct record record;
    struct err err = {0};

    CHECK(reader.count == count);
    while (record_next(&reader, &record)) {
        CHECK(dcbor_check(record.encoded, &err));
        CHECK(record.type.len > 0 && record.type.len <= RECORD_TYPE_LEN_MAX);
        count--;
    }
    CHECK(count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes payload = bytes_of(data, size);
    struct problem problem = {0};
    size_t count = 0;

    if (record_check_payload(payload, &count, &problem)) {
        check_accepted(payload, count);
    } else {
        CHECK(problem.kind == PROBLEM_CBOR || problem.kind == PROBLEM_RECORD);
        CHECK(problem.path[0] == '/' && problem.detail[0] != 0);
        CHECK(text_is_utf8(bytes_of_text(problem.path)));
        CHECK(text_is_utf8(bytes_of_text(problem.detail)));
    }
    return 0;
}
