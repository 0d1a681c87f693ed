#include "server/tlog/head_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"

/*
 * A slot, all integers big-endian: magic (8 bytes), sequence (8), epoch (8), size (8), root (32),
 * SHA-256 of all that (32). The two slots lie in different pages, so that a write that a power
 * cut tears apart damages one of them only. The valid slot with the larger sequence counts.
 */
enum {
    SLOT_COUNT = 2,
    SLOT_SPACING = 4096,
    SLOT_BODY_LEN = 8 + 3 * 8 + HASH_LEN,
    SLOT_LEN = SLOT_BODY_LEN + HASH_LEN,
};

_Static_assert((int)HEAD_FILE_LEN == (int)SLOT_COUNT * (int)SLOT_SPACING, "all slots");

static const char slot_magic[] = "vouchhd1";

struct slot {
    bool valid;
    uint64_t sequence;
    struct head_mark mark;
};

struct head_file {
    struct head_cell cell;
    char *path;
    int fd;
};

static void slot_encode(struct buf *out, uint64_t sequence, const struct head_mark *mark)
{
    struct hash checksum;
    size_t begin = out->len;

    buf_append(out, slot_magic, 8);
    buf_append_be64(out, sequence);
    buf_append_be64(out, mark->epoch);
    buf_append_be64(out, mark->size);
    buf_append_bytes(out, hash_bytes(&mark->root));
    hash_sha256(&checksum, bytes_slice(bytes_of_buf(out), begin, out->len));
    buf_append_bytes(out, hash_bytes(&checksum));
}

static struct slot slot_decode(const uint8_t data[SLOT_LEN])
{
    struct slot slot = {.valid = false};
    struct hash checksum;

    hash_sha256(&checksum, bytes_of(data, SLOT_BODY_LEN));
    if (memcmp(data, slot_magic, 8) != 0 ||
        memcmp(data + SLOT_BODY_LEN, checksum.bytes, HASH_LEN) != 0)
        return slot;
    slot.valid = true;
    slot.sequence = read_be64(data + 8);
    slot.mark.epoch = read_be64(data + 16);
    slot.mark.size = read_be64(data + 24);
    memcpy(slot.mark.root.bytes, data + 32, HASH_LEN);
    return slot;
}

/* A file that is cut short has lost the slots behind its end, which is damage like any other. */
static bool read_slots(const struct head_file *file, struct slot out[SLOT_COUNT], struct err *err)
{
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        uint8_t data[SLOT_LEN];

        if (file_pread_all(file->fd, data, SLOT_LEN, i * SLOT_SPACING, err)) {
            out[i] = slot_decode(data);
            continue;
        }
        if (err->code != ERR_CORRUPT)
            return err_wrap(err, "head file %s", file->path);
        out[i] = (struct slot){.valid = false};
    }
    return true;
}

/* The slot that counts, or NULL. */
static const struct slot *newest_slot(const struct slot slots[SLOT_COUNT])
{
    const struct slot *newest = NULL;

    for (size_t i = 0; i < SLOT_COUNT; i++) {
        if (slots[i].valid && (newest == NULL || slots[i].sequence > newest->sequence))
            newest = &slots[i];
    }
    return newest;
}

static bool head_file_read(struct head_cell *cell, struct head_mark *out, struct err *err)
{
    const struct head_file *file = (const struct head_file *)cell;
    struct slot slots[SLOT_COUNT];
    const struct slot *newest;

    if (!read_slots(file, slots, err))
        return false;
    newest = newest_slot(slots);
    if (newest == NULL)
        return err_set(err, ERR_CORRUPT, "head file %s: neither of its two slots is intact",
                       file->path);
    *out = newest->mark;
    return true;
}

static bool pwrite_all(int fd, struct bytes content, uint64_t offset, struct err *err)
{
    size_t done = 0;

    while (done < content.len) {
        ssize_t written =
            pwrite(fd, content.data + done, content.len - done, (off_t)(offset + done));

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set_errno(err, ERR_IO, errno, "write");
        done += (size_t)written;
    }
    return true;
}

/*
 * Overwrites the slot that does not count. Until it is whole and on disk the other one stands, so
 * a crash anywhere in here leaves the mark before.
 */
static bool head_file_write(struct head_cell *cell, const struct head_mark *mark, struct err *err)
{
    const struct head_file *file = (const struct head_file *)cell;
    struct slot slots[SLOT_COUNT];
    const struct slot *newest;
    struct buf encoded = {0};
    size_t target;
    bool ok;

    if (!read_slots(file, slots, err))
        return false;
    newest = newest_slot(slots);
    target = newest == &slots[0] ? 1 : 0;
    slot_encode(&encoded, newest == NULL ? 1 : newest->sequence + 1, mark);
    ok = pwrite_all(file->fd, bytes_of_buf(&encoded), target * SLOT_SPACING, err);
    if (ok && fdatasync(file->fd) != 0)
        ok = err_set_errno(err, ERR_IO, errno, "sync");
    buf_cleanup(&encoded);
    return ok || err_wrap(err, "head file %s", file->path);
}

static void head_file_close(struct head_cell *cell)
{
    struct head_file *file = (struct head_file *)cell;

    close(file->fd); /* gives up the lock */
    free(file->path);
    free(file);
}

bool head_file_create(const char *path, const struct head_mark *mark, struct err *err)
{
    struct buf content = {0};
    bool ok;

    /* Both slots, so that damage to one is survived from the beginning. */
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        slot_encode(&content, i + 1, mark);
        memset(buf_extend(&content, SLOT_SPACING - SLOT_LEN), 0, SLOT_SPACING - SLOT_LEN);
    }
    CHECK(content.len == HEAD_FILE_LEN);
    ok = file_create_durable(path, bytes_of_buf(&content), 0600, err);
    buf_cleanup(&content);
    return ok;
}

bool head_file_open(struct head_cell **out, const char *path, struct err *err)
{
    struct head_file *file;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno,
                             "open head file %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            err_set(err, ERR_BUSY, "head file %s is in use by another process", path);
        else
            err_set_errno(err, ERR_IO, errno, "lock head file %s", path);
        close(fd);
        return false;
    }
    file = mem_alloc(sizeof(*file));
    file->cell = (struct head_cell){
        .read = head_file_read,
        .write = head_file_write,
        .close = head_file_close,
    };
    file->path = mem_copy_text(path);
    file->fd = fd;
    *out = &file->cell;
    return true;
}
