/*
 * Any bytes as a file of types that somebody adds: refused with a place and a reason, or every type
 * has its name once.
 */
#include <string.h>

#include "schemas/record_schema.h"
#include "tests/fuzz/fuzz.h"

/* A small schema of the same form as the built-in one, which takes too long to be read so often. */
static const char BASE[] = "record = note-record\n"
                           "log-record = seal\n"
                           "natural = uint .le 9223372036854775807\n"
                           "id = tstr .regexp \"[a-z]{1,20}\"\n"
                           "code = tstr .size (1..64)\n"
                           "header = ( tenant: id, ? labels: { * code => natural } )\n"
                           "note-record = { type: \"note\", header, digest: bytes .size 2 }\n"
                           "seal = { type: \"seal\", size: natural }\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cddl_source sources[] = {
        {.name = "base", .text = bytes_of_text(BASE)},
        {.name = "added", .text = bytes_of(data, size)},
    };
    struct record_schema *schema = NULL;
    struct err err = {0};

    if (!record_schema_of(&schema, sources, 2, 1, &err)) {
        CHECK(err.code == ERR_INVALID && schema == NULL);
        CHECK(strncmp(err.text, "added:", 6) == 0 || strncmp(err.text, "base:", 5) == 0);
        return 0;
    }
    for (size_t i = 0; i < record_schema_type_count(schema); i++) {
        const struct record_schema_type *type = record_schema_type_at(schema, i);

        CHECK(record_schema_find(schema, record_schema_type_name(type)) == type);
    }
    record_schema_free(schema);
    return 0;
}
