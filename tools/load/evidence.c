#include "tools/load/evidence.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "schemas/dcbor.h"
#include "tools/load/random.h"

static const char TENANT[] = "bench";

/* A UUIDv7. */
static void make_id(uint8_t out[EVIDENCE_ID_LEN], uint64_t *random_state, uint64_t now_ms)
{
    uint64_t high = random_next(random_state);
    uint64_t low = random_next(random_state);

    for (unsigned i = 0; i < 6; i++)
        out[i] = (uint8_t)(now_ms >> (40 - 8 * i));
    out[6] = (uint8_t)(0x70 | (high >> 8 & 0x0F));
    out[7] = (uint8_t)high;
    for (unsigned i = 0; i < 8; i++)
        out[8 + i] = (uint8_t)(low >> (56 - 8 * i));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3F));
}

void evidence_init(struct evidence *out, uint64_t seed, uint64_t number)
{
    *out = (struct evidence){.random_state = random_state_of(seed, number + 1)};
    snprintf(out->stream, sizeof(out->stream), "load-%" PRIx64 "-%" PRIu64, seed, number);
    make_id(out->run_id, &out->random_state, clock_unix_ms(clock_system()));
}

static void put_text(struct buf *out, const char *key, const char *value)
{
    dcbor_put_literal(out, key);
    dcbor_put_literal(out, value);
}

static void put_id(struct buf *out, const char *key, const uint8_t id[EVIDENCE_ID_LEN])
{
    dcbor_put_literal(out, key);
    dcbor_put_bytes(out, bytes_of(id, EVIDENCE_ID_LEN));
}

static void put_number(struct buf *out, const char *key, uint64_t value)
{
    dcbor_put_literal(out, key);
    dcbor_put_uint(out, value);
}

static void put_actor(struct buf *out)
{
    dcbor_put_literal(out, "actor");
    dcbor_put_map(out, 3);
    put_text(out, "id", "svc_load");
    put_text(out, "kind", "service");
    put_text(out, "on_behalf_of", "usr_load");
}

static void put_place(struct buf *out, const struct evidence *evidence)
{
    put_id(out, "run_id", evidence->run_id);
    put_text(out, "stream", evidence->stream);
    put_text(out, "tenant", TENANT);
}

/* Members up to tenant, workflow and so on: all whose keys have at most 8 bytes. */
static void put_start(struct buf *out, const struct evidence *evidence)
{
    dcbor_put_map(out, 15);
    put_text(out, "mode", "live");
    put_text(out, "risk", "low");
    put_text(out, "type", "run-start");
    put_actor(out);
    put_place(out, evidence);
    dcbor_put_literal(out, "trigger");
    dcbor_put_map(out, 2);
    put_text(out, "kind", "api");
    put_text(out, "triggered_by", "usr_load");
    dcbor_put_literal(out, "workflow");
    dcbor_put_map(out, 2);
    put_text(out, "id", "load");
    put_text(out, "version", "1");
}

/* The same of an event; record 1 and 2 are the first step's start and end. */
static void put_event(struct buf *out, const struct evidence *evidence)
{
    char node[32];

    snprintf(node, sizeof(node), "step-%" PRIu64, (evidence->record_count - 1) / 2);
    dcbor_put_map(out, 13);
    put_text(out, "type", "execution-event");
    put_actor(out);
    put_text(out, "event", evidence->record_count % 2 == 1 ? "start" : "end");
    put_place(out, evidence);
    put_number(out, "attempt", 1);
    put_text(out, "node_id", node);
}

/*
 * A text that does not compress well, so long that the extensions have len bytes. It has no digits:
 * among millions of random ones there is a telephone number, which the log would refuse.
 */
static void put_extensions(struct buf *out, struct evidence *evidence, size_t len)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,;:'!?()*-_";
    struct buf text = {0};
    size_t begin = out->len;
    size_t used;
    size_t text_len;

    dcbor_put_literal(out, "extensions");
    dcbor_put_map(out, 1);
    dcbor_put_literal(out, "filling");
    used = out->len - begin + 1;
    text_len = len > used ? len - used : 0;
    text_len -= text_len > 256 ? 2 : text_len > 24 ? 1 : 0; /* for the longer head */
    while (text.len < text_len) {
        uint64_t random = random_next(&evidence->random_state);

        for (unsigned i = 0; i < 10 && text.len < text_len; i++)
            buf_append_byte(&text, (uint8_t)LETTERS[random >> (6 * i) & 63]);
    }
    dcbor_put_text(out, bytes_of_buf(&text));
    buf_cleanup(&text);
}

void evidence_append(struct buf *out, struct evidence *evidence, size_t len)
{
    uint64_t now_ms = clock_unix_ms(clock_system());
    bool is_start = evidence->record_count == 0;
    uint8_t record_id[EVIDENCE_ID_LEN];
    struct buf rest = {0};
    size_t begin = out->len;
    size_t used;

    make_id(record_id, &evidence->random_state, now_ms);
    if (is_start)
        put_text(&rest, "environment", "test");
    put_number(&rest, "occurred_at_ms", now_ms);
    put_number(&rest, "schema_version", 1);
    put_number(&rest, "sequence_number", evidence->record_count);

    if (is_start)
        put_start(out, evidence);
    else
        put_event(out, evidence);
    put_id(out, "record_id", record_id);
    used = out->len - begin + rest.len;
    put_extensions(out, evidence, len > used ? len - used : 0);
    buf_append_bytes(out, bytes_of_buf(&rest));
    buf_cleanup(&rest);
    evidence->record_count++;
}
