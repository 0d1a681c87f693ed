/* Any bytes as CDDL: refused with a place and a reason, or compiled into tables that can be used.
 */
#include <string.h>

#include "base/text.h"
#include "schemas/cddl/table.h"
#include "tests/fuzz/fuzz.h"

enum { ITEMS = 5 };

/* Some item or other: whatever the answer, it is an answer. */
static void use(const struct cddl *cddl, const struct cddl_type *type)
{
    static const char *const items[ITEMS] = {"\x05", "\x61x", "\x41x", "\x81\x82\x01\x80",
                                             "\xA2\x61x\x05\x64type\xA0"};
    static const size_t lens[ITEMS] = {1, 2, 2, 4, 11};

    for (size_t i = 0; i < ITEMS; i++) {
        struct cddl_mismatch mismatch;

        if (cddl_check(cddl, type, bytes_of(items[i], lens[i]), &mismatch))
            continue;
        CHECK(text_is_utf8(bytes_of_text(mismatch.path)));
        CHECK(text_is_utf8(bytes_of_text(mismatch.have)) && mismatch.have[0] != 0);
        CHECK(text_is_utf8(bytes_of_text(mismatch.want)) && mismatch.want[0] != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cddl_source source = {.name = "t", .text = bytes_of(data, size)};
    struct cddl *cddl = NULL;
    struct err err = {0};

    if (cddl_compile(&cddl, &source, 1, &err)) {
        for (uint32_t i = 0; i < cddl->type_count; i++)
            use(cddl, &cddl->types[i]);
        cddl_free(cddl);
    } else {
        CHECK(err.code == ERR_INVALID && strncmp(err.text, "t:", 2) == 0);
        CHECK(cddl == NULL);
    }
    return 0;
}
