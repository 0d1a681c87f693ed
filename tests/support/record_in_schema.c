#include "tests/support/record_in_schema.h"

#include "schemas/dcbor.h"
#include "schemas/record_schema.h"
#include "tests/support/cmocka_all.h"

void assert_record_in_schema(const struct buf *record, const char *type_name)
{
    struct record_schema *schema = NULL;
    const struct record_schema_type *type;
    struct cddl_mismatch mismatch = {0};
    struct err err = {0};

    assert_true(dcbor_check(bytes_of_buf(record), &err));
    assert_true(record_schema_load(&schema, NULL, 0, &err));
    type = record_schema_find(schema, bytes_of_text(type_name));
    assert_non_null(type);
    if (!record_schema_check(schema, type, bytes_of_buf(record), &mismatch))
        fail_msg("%s: %s, not %s", mismatch.path, mismatch.have, mismatch.want);
    record_schema_free(schema);
}
