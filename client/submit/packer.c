#include "client/submit/packer.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "merkle/hash.h"
#include "schemas/dcbor.h"

/* The encoded value of a record's member; empty when it has none of that name. */
static struct bytes find_member(struct bytes record, const char *name)
{
    struct dcbor_reader reader = dcbor_reader_of(record);
    struct err ignored = {0};
    uint64_t pairs;

    if (!dcbor_read_map(&reader, &pairs, &ignored))
        return (struct bytes){0};
    for (uint64_t i = 0; i < pairs; i++) {
        struct bytes key;
        struct bytes value;

        if (!dcbor_read_text(&reader, &key, &ignored) || !dcbor_skip(&reader, &value, &ignored))
            break;
        if (bytes_equal_text(key, name))
            return value;
    }
    return (struct bytes){0};
}

unsigned packer_lane(const char *stream, struct bytes record)
{
    struct hash hash;

    hash_sha256(&hash, find_member(record, stream));
    return hash.bytes[0] % PACKER_LANES;
}

/* "run/<uuid>" for records of a run. */
static void make_subject(char *out, size_t out_len, struct bytes record)
{
    struct dcbor_reader reader = dcbor_reader_of(find_member(record, "run_id"));
    struct err ignored = {0};
    struct bytes id;
    struct buf text = {0};

    out[0] = '\0';
    if (!dcbor_read_bytes(&reader, &id, &ignored) || id.len != 16)
        return;
    buf_append_text(&text, "run/");
    text_append_uuid(&text, id);
    snprintf(out, out_len, "%s", buf_text(&text));
    buf_cleanup(&text);
}

static bool emit(struct packer *packer, unsigned lane, struct err *err)
{
    struct pack *pack = &packer->packs[lane];
    struct buf bytes = {0};
    struct payload payload = {
        .lane = lane, .record_count = pack->count, .subject = pack->subject, .stem = pack->stem};
    bool ok;

    if (pack->count > 1)
        dcbor_put_array(&bytes, pack->count);
    buf_append_bytes(&bytes, bytes_of_buf(&pack->records));
    payload.bytes = bytes_of_buf(&bytes);
    ok = packer->emit(packer->context, &payload, err);
    buf_cleanup(&bytes);
    buf_clear(&pack->records);
    pack->count = 0;
    return ok;
}

bool packer_add(struct packer *packer, struct bytes record, const char *stem, uint64_t now_ns,
                struct err *err)
{
    unsigned lane = packer_lane(packer->stream, record);
    struct pack *pack = &packer->packs[lane];

    CHECK(record.len <= PACKER_PAYLOAD_LEN_MAX);
    if (pack->count > 0 && pack->records.len + record.len > PACKER_PAYLOAD_LEN_MAX &&
        !emit(packer, lane, err))
        return false;
    if (pack->count == 0) {
        pack->due_ns = now_ns + packer->window_ns;
        make_subject(pack->subject, sizeof(pack->subject), record);
        snprintf(pack->stem, sizeof(pack->stem), "%s", stem);
    }
    buf_append_bytes(&pack->records, record);
    pack->count++;
    return pack->count < packer->records_max || emit(packer, lane, err);
}

bool packer_flush(struct packer *packer, uint64_t now_ns, struct err *err)
{
    for (unsigned lane = 0; lane < PACKER_LANES; lane++) {
        if (packer->packs[lane].count > 0 && packer->packs[lane].due_ns <= now_ns &&
            !emit(packer, lane, err))
            return false;
    }
    return true;
}

uint64_t packer_next_due_ns(const struct packer *packer)
{
    uint64_t due_ns = UINT64_MAX;

    for (unsigned lane = 0; lane < PACKER_LANES; lane++) {
        if (packer->packs[lane].count > 0 && packer->packs[lane].due_ns < due_ns)
            due_ns = packer->packs[lane].due_ns;
    }
    return due_ns;
}

void packer_cleanup(struct packer *packer)
{
    for (unsigned lane = 0; lane < PACKER_LANES; lane++)
        buf_cleanup(&packer->packs[lane].records);
}
