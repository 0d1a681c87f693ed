#include "schemas/run/run_random.h"

#include <string.h>

#include "schemas/commitment.h"
#include "schemas/key.h"

_Static_assert((int)RUN_SEED_LEN == (int)OPENING_KEY_LEN, "a seed is a key of the HMAC");

/* HMAC-SHA-256 under the seed, of a number that comes once. */
static void fill_from_seed(struct run_random *random, uint8_t *out, size_t len)
{
    struct buf message = {0};
    struct hash block;

    buf_append_text(&message, "vouch/run-seed/v1");
    buf_append_be64(&message, random->next++);
    commitment_make(&block, random->seed, bytes_of_buf(&message));
    memcpy(out, block.bytes, len);
    explicit_bzero(&block, sizeof(block));
    buf_cleanup(&message);
}

bool run_random_fill(struct run_random *random, uint8_t *out, size_t len, struct err *err)
{
    CHECK(len <= RUN_RANDOM_LEN_MAX);
    if (random->seed == NULL)
        return random_fill(out, len, err) || err_wrap(err, "make random bytes");
    fill_from_seed(random, out, len);
    return true;
}
