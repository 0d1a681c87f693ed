#include "tools/fsck/mark.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Two slots at 0 and 4096: magic, sequence, epoch, size, root, then SHA-256 of these 64 bytes. */
enum { SLOT_LEN = 96, SLOT_SIGNED_LEN = 64, SLOT_SPACING = 4096, SLOT_COUNT = 2 };

static bool slot_is_intact(const uint8_t slot[SLOT_LEN])
{
    const struct digest_part part = {slot, SLOT_SIGNED_LEN};
    struct digest sum;

    digest_of_parts(&sum, &part, 1);
    return memcmp(slot, "vouchhd1", 8) == 0 && memcmp(slot + SLOT_SIGNED_LEN, sum.octets, 32) == 0;
}

bool mark_read(struct published_mark *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t newest = 0;
    bool found = false;

    for (int i = 0; fd >= 0 && i < SLOT_COUNT; i++) {
        uint8_t slot[SLOT_LEN];

        if (pread(fd, slot, SLOT_LEN, (off_t)i * SLOT_SPACING) != SLOT_LEN || !slot_is_intact(slot))
            continue;
        if (found && number_of(slot + 8, 8) <= newest)
            continue;
        found = true;
        newest = number_of(slot + 8, 8);
        out->epoch = number_of(slot + 16, 8);
        out->size = number_of(slot + 24, 8);
        memcpy(out->root.octets, slot + 32, 32);
    }
    if (fd >= 0)
        close(fd);
    return found;
}
