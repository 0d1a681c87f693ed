#include "schemas/add_entries.h"

#include "tests/support/cmocka_all.h"

/* A body whose entries are single bytes, the last one of their numbers. */
static void append_body(struct buf *out, struct entry_range upload)
{
    struct add_entries_head head = {
        .origin = "log.example", .upload = upload, .ticket = bytes_of_text("t")};
    uint64_t next = upload.begin;

    add_entries_append_head(out, &head);
    while (next < upload.end) {
        struct add_entries_place place = add_entries_place_of(upload, next);
        struct add_entries_package package = {.proof = {.count = 2}};
        struct buf entries = {0};

        for (; next < place.end; next++) {
            buf_append_be16(&entries, 1);
            buf_append_byte(&entries, (uint8_t)next);
        }
        package.entries = bytes_of_buf(&entries);
        add_entries_append_package(out, &package);
        buf_cleanup(&entries);
    }
}

/* Every prefix of a body is cut, never broken and never taken for a whole one. */
static void add_entries_take_every_prefix(void **state)
{
    const struct entry_range upload = {.begin = 250, .end = 260};
    struct buf body = {0};
    struct err err = {0};

    (void)state;
    append_body(&body, upload);
    for (size_t len = 0; len <= body.len; len++) {
        struct bytes rest = bytes_of(body.data, len);
        struct add_entries_head head;
        struct add_entries_package package;
        enum add_entries_taken taken = add_entries_take_head(&head, &rest, &err);
        uint64_t next = upload.begin;

        while (taken == ADD_ENTRIES_TAKEN && next < upload.end) {
            struct add_entries_place place = add_entries_place_of(head.upload, next);

            taken = add_entries_take_package(&package, &rest, &place, &err);
            if (taken == ADD_ENTRIES_TAKEN) {
                assert_int_equal(package.entries.len, 3 * (place.end - place.begin));
                assert_int_equal(package.proof.count, 2);
                next = place.end;
            }
        }
        assert_int_equal(taken, len == body.len ? ADD_ENTRIES_TAKEN : ADD_ENTRIES_CUT);
        assert_int_equal(rest.len == 0 && next == upload.end, len == body.len);
    }
    assert_int_equal(err.code, ERR_NONE);
    buf_cleanup(&body);
}

/* The example of the specification's rule: the packages of [upload_start, upload_end). */
static void add_entries_place_of_each(void **state)
{
    const struct entry_range upload = {.begin = 100, .end = 700};
    static const struct add_entries_place wanted[] = {
        {0, 100, 256}, {256, 256, 512}, {512, 512, 700}};
    uint64_t next = upload.begin;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct add_entries_place place = add_entries_place_of(upload, next);

        assert_memory_equal(&place, &wanted[i], sizeof(place));
        next = place.end;
    }
    assert_int_equal(next, upload.end);
}

static void check_broken(struct buf *body)
{
    struct bytes rest = bytes_of_buf(body);
    struct add_entries_head head;
    struct err err = {0};

    assert_int_equal(add_entries_take_head(&head, &rest, &err), ADD_ENTRIES_BROKEN);
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(rest.len, body->len);
    buf_clear(body);
}

/* Heads that name no log, or no range of entries, are broken whatever follows. */
static void add_entries_take_head_refused(void **state)
{
    struct buf body = {0};

    (void)state;
    buf_append_be16(&body, ORIGIN_LEN_MAX + 1);
    check_broken(&body);
    buf_append_be16(&body, 0);
    check_broken(&body);
    buf_append_be16(&body, 3);
    buf_append(&body, "a b", 3);
    check_broken(&body);
    buf_append_be16(&body, 3);
    buf_append(&body, "a\0b", 3);
    check_broken(&body);
    append_body(&body, (struct entry_range){.begin = 5, .end = 5});
    body.data[2 + 11 + 7]++;
    check_broken(&body);
    append_body(&body, (struct entry_range){.begin = 5, .end = 5});
    body.data[2 + 11 + 8] = 0x81;
    check_broken(&body);
    append_body(&body, (struct entry_range){.begin = 5, .end = 5});
    body.data[2 + 11 + 16] = 0xff;
    check_broken(&body);
    buf_cleanup(&body);
}

/* A proof has at most 63 hashes. */
static void add_entries_take_package_with_many_hashes(void **state)
{
    const struct add_entries_place place = {0, 0, 1};
    struct add_entries_package package;
    struct buf body = {0};
    struct bytes rest;
    struct err err = {0};

    (void)state;
    buf_append_be16(&body, 0);
    buf_append_byte(&body, ADD_ENTRIES_HASHES_MAX + 1);
    rest = bytes_of_buf(&body);
    assert_int_equal(add_entries_take_package(&package, &rest, &place, &err), ADD_ENTRIES_BROKEN);
    body.data[2] = ADD_ENTRIES_HASHES_MAX;
    err = (struct err){0};
    assert_int_equal(add_entries_take_package(&package, &rest, &place, &err), ADD_ENTRIES_CUT);
    buf_cleanup(&body);
}

/* The answer's three lines: tree size, next entry, no ticket. */
static void add_entries_append_info_lines(void **state)
{
    struct buf out = {0};

    (void)state;
    add_entries_append_info(&out, 512, 256);
    assert_string_equal(buf_text(&out), "512\n256\n\n");
    buf_cleanup(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_entries_take_every_prefix),
        cmocka_unit_test(add_entries_place_of_each),
        cmocka_unit_test(add_entries_take_head_refused),
        cmocka_unit_test(add_entries_take_package_with_many_hashes),
        cmocka_unit_test(add_entries_append_info_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
