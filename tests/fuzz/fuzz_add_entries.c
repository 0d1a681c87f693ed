/*
 * Any bytes as the body of add-entries: no crash, what is taken is written as it was, and a
 * message that was cut is never taken for another one.
 */
#include "schemas/add_entries.h"
#include "tests/fuzz/fuzz.h"

enum { PACKAGES_MAX = 4 };

static void check_head(struct bytes body)
{
    struct bytes rest = body;
    struct add_entries_head head;
    struct add_entries_package package;
    struct buf again = {0};
    struct err err = {0};
    enum add_entries_taken taken = add_entries_take_head(&head, &rest, &err);
    uint64_t next;

    CHECK((taken == ADD_ENTRIES_BROKEN) == (err.code == ERR_INVALID));
    if (taken != ADD_ENTRIES_TAKEN)
        return;
    add_entries_append_head(&again, &head);
    next = head.upload.begin;
    for (unsigned i = 0; i < PACKAGES_MAX && next < head.upload.end; i++) {
        struct add_entries_place place = add_entries_place_of(head.upload, next);

        CHECK(place.aligned <= place.begin && place.begin < place.end);
        CHECK(place.end <= place.aligned + TILE_WIDTH && place.end <= head.upload.end);
        if (add_entries_take_package(&package, &rest, &place, &err) != ADD_ENTRIES_TAKEN)
            break;
        add_entries_append_package(&again, &package);
        next = place.end;
    }
    CHECK(bytes_equal(bytes_of_buf(&again), bytes_slice(body, 0, body.len - rest.len)));
    buf_cleanup(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_head(bytes_of(data, len));
    return 0;
}
