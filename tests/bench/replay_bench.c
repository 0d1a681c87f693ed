/*
 * How much replaying a log costs beside checking its signatures: both over the same entries, read
 * once into memory, one core; the best of some rounds of each.
 *
 *   replay_bench URL|DIRECTORY
 *
 * Prints "statements=N records=N signatures_per_s=X replayed_per_s=X records_per_s=X share=X": how
 * many statements a second have their signature checked alone, how many are replayed, signature
 * included, and the second by the first.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/reader/audit_follow.h"
#include "client/reader/log_reader.h"
#include "client/verify/audit.h"
#include "client/verify/replay.h"
#include "schemas/rules/principals.h"

enum { ROUNDS = 5 };

/* The log in memory. */
struct entries {
    struct buf content; /* bundles, one after the other */
    uint64_t count;
};

static void must(bool ok, const struct err *err)
{
    if (ok)
        return;
    fprintf(stderr, "replay_bench: %s\n", err->text);
    exit(EXIT_FAILURE);
}

/* Seconds of CPU that this process has used: others may be using the machine too. */
static double cpu_now(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static bool take(void *context, const struct followed_bundle *bundle, struct err *err)
{
    struct entries *entries = context;

    (void)err;
    buf_append_bytes(&entries->content, bundle->content);
    entries->count += bundle->count;
    return true;
}

static void read_log(struct entries *out, const char *url)
{
    struct fetcher *fetcher = NULL;
    struct buf note = {0};
    struct err err = {0};
    struct head head;

    must(fetch_open(&fetcher, url, &err), &err);
    must(log_read_head(fetcher, &head, &note, "checkpoint", NULL, &err), &err);
    must(bundles_follow(&(struct follow_options){.url = url,
                                                 .end = head.checkpoint.size,
                                                 .size = head.checkpoint.size,
                                                 .retry_ms = FOLLOW_RETRY_MS,
                                                 .take = take,
                                                 .context = out},
                        &err),
         &err);
    fetch_close(fetcher);
    buf_cleanup(&note);
}

static double replay(const struct entries *entries, struct replay *replay)
{
    struct audit audit = {.kind = AUDIT_EVIDENCE, .replay = replay};
    struct bytes rest = bytes_of_buf(&entries->content);
    double begin = cpu_now();
    struct bytes entry;
    struct err err = {0};

    while (bundle_next(&rest, &entry, &err))
        must(audit_append(&audit, entry, &err), &err);
    must(audit_check_head(&audit, &err), &err);
    return cpu_now() - begin;
}

/* The key of an issuer, as the log registered it; kept from one statement to the next. */
static const struct public_key *find_key(struct facts *facts, struct public_key **kept,
                                         struct bytes kid)
{
    struct issuer_key row;
    struct err err = {0};

    if (*kept != NULL && bytes_equal(hash_bytes(public_key_thumbprint(*kept)), kid))
        return *kept;
    if (!issuer_key_get(facts, kid, &row))
        return NULL;
    public_key_free(*kept);
    must(public_key_from_cose(kept, row.cose_key, &err), &err);
    return *kept;
}

/* Seconds; *out_count: statements of issuers. The log's own are left out: they are few. */
static double verify_all(const struct entries *entries, struct facts *facts, uint64_t *out_count)
{
    struct bytes rest = bytes_of_buf(&entries->content);
    struct public_key *kept = NULL;
    double begin = cpu_now();
    struct bytes entry;
    struct err err = {0};
    double seconds;

    *out_count = 0;
    while (bundle_next(&rest, &entry, &err)) {
        struct problem problem = {0};
        struct statement statement;
        const struct public_key *key;

        if (!statement_decode_form(&statement, entry, &problem))
            continue;
        key = find_key(facts, &kept, statement.kid);
        if (key == NULL)
            continue;
        statement_identify(&statement);
        must(statement_verify(&statement, key, &problem), &err);
        (*out_count)++;
    }
    seconds = cpu_now() - begin;
    public_key_free(kept);
    return seconds;
}

int main(int argc, char **argv)
{
    struct record_schema *schema = NULL;
    struct entries entries = {0};
    struct replay *replayed = NULL;
    struct err err = {0};
    double replay_s = INFINITY;
    double verify_s = INFINITY;
    uint64_t count = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: replay_bench URL|DIRECTORY\n");
        return 2;
    }
    must(record_schema_load(&schema, NULL, 0, &err), &err);
    read_log(&entries, argv[1]);
    for (int round = 0; round < ROUNDS; round++) {
        replay_free(replayed);
        replayed = replay_new(schema);
        replay_s = fmin(replay_s, replay(&entries, replayed));
        verify_s = fmin(verify_s, verify_all(&entries, replay_facts(replayed), &count));
    }
    printf("statements=%" PRIu64 " records=%" PRIu64
           " signatures_per_s=%.0f replayed_per_s=%.0f records_per_s=%.0f share=%.3f\n",
           count, replay_counts(replayed)->records, (double)count / verify_s,
           (double)count / replay_s, (double)replay_counts(replayed)->records / replay_s,
           verify_s / replay_s);
    replay_free(replayed);
    record_schema_free(schema);
    buf_cleanup(&entries.content);
    return 0;
}
