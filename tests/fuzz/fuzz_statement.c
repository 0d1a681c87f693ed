/* A statement that is accepted has an entry that is accepted, the same each time. */
#include "base/text.h"
#include "schemas/statement.h"
#include "schemas/view.h"
#include "tests/fuzz/fuzz.h"

static void check_accepted(const struct statement *statement, struct bytes message)
{
    struct statement logged;
    struct problem problem = {0};
    struct buf entry = {0};
    struct buf out = {0};
    struct err err = {0};

    statement_append_entry(&entry, statement);
    CHECK(entry.len <= message.len);
    CHECK(statement_decode(&logged, bytes_of_buf(&entry), &problem));
    CHECK(hash_equal(&logged.sid, &statement->sid));
    statement_append_entry(&out, &logged);
    CHECK(bytes_equal(bytes_of_buf(&out), bytes_of_buf(&entry)));
    buf_clear(&out);
    CHECK(view_append_diagnostic(&out, bytes_of_buf(&entry), &err));
    buf_cleanup(&out);
    buf_cleanup(&entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes message = bytes_of(data, size);
    struct statement statement;
    struct problem problem = {0};

    if (statement_decode(&statement, message, &problem)) {
        check_accepted(&statement, message);
    } else {
        CHECK(problem.kind != PROBLEM_NONE && problem.detail[0] != 0);
        CHECK(text_is_utf8(bytes_of_text(problem.detail)));
        CHECK(text_is_utf8(bytes_of_text(problem.have)));
    }
    return 0;
}
