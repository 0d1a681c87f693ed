/*
 * What the store on disk costs: bench_store DIRECTORY [ENTRIES [BATCH [ENTRY_LEN [BUFFER_MIB]]]].
 * Prints commits, then finds and reads at random, then the size before and after compaction.
 * Preparing the entries (hashing) is not counted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/database/database.h"
#include "merkle/inclusion.h"
#include "server/store/store_leveldb.h"
#include "tests/store/growing_log.h"

enum { READS = 100000 };

struct settings {
    const char *directory;
    uint64_t entries;
    size_t batch;
    size_t entry_len;
    size_t buffer_bytes;
};

/* Wall and processor time since some moment, the process's threads together. */
struct watch {
    uint64_t wall_ns;
    uint64_t cpu_ns;
};

static uint64_t cpu_ns(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return ((uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec) * 1000000000u +
           ((uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec) * 1000u;
}

static struct watch watch_now(void)
{
    return (struct watch){.wall_ns = clock_monotonic_ns(), .cpu_ns = cpu_ns()};
}

static void watch_add(struct watch *total, struct watch since)
{
    struct watch now = watch_now();

    total->wall_ns += now.wall_ns - since.wall_ns;
    total->cpu_ns += now.cpu_ns - since.cpu_ns;
}

static void print_each(const char *what, struct watch total, uint64_t count)
{
    printf("%-28s %10.0f /s %8.2f us each %8.2f us CPU each\n", what,
           (double)count * 1e9 / (double)total.wall_ns, (double)total.wall_ns / 1e3 / (double)count,
           (double)total.cpu_ns / 1e3 / (double)count);
    fflush(stdout);
}

static void stop(const struct err *err)
{
    fprintf(stderr, "bench_store: %s\n", err->text);
    exit(1);
}

static uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 24;
}

static void bench_commits(struct growing_log *log, struct store *store,
                          const struct settings *settings)
{
    struct err err = {0};
    struct watch total = {0};
    uint64_t first = log->head.size;

    while (log->head.size - first < settings->entries) {
        struct growing_commit growing;
        struct watch since;

        growing_log_prepare(log, &growing, settings->batch);
        since = watch_now();
        if (!growing_log_apply(log, store, &growing, &err))
            stop(&err);
        watch_add(&total, since);
        growing_commit_cleanup(&growing);
    }
    print_each("commit", total, log->head.size - first);
}

static void bench_find(struct growing_log *log, struct store *store, bool present)
{
    struct store_key *keys = mem_alloc_array(READS, sizeof(*keys));
    struct watch total = {0};
    struct watch since;
    struct err err = {0};
    uint64_t random = 1;

    for (size_t i = 0; i < READS; i++) {
        uint64_t index = random_next(&random) % log->head.size;
        struct hash sid;

        growing_log_keys(log, &keys[i].hash, &sid, index);
        if (!present)
            keys[i].hash = sid;
    }
    since = watch_now();
    if (!store_find(store, keys, READS, &err))
        stop(&err);
    watch_add(&total, since);
    print_each(present ? "find, present" : "find, absent", total, READS);
    for (size_t i = 0; i < READS; i++)
        CHECK((keys[i].entry_index != STORE_NO_INDEX) == present);
    free(keys);
}

static void bench_proofs(struct growing_log *log, struct store *store)
{
    struct node_id ids[PLAN_NODES_MAX];
    struct hash hashes[PLAN_NODES_MAX];
    struct err err = {0};
    struct watch total = {0};
    struct watch since = watch_now();
    uint64_t random = 1;

    for (size_t i = 0; i < READS; i++) {
        size_t count = inclusion_plan(ids, random_next(&random) % log->head.size, log->head.size);

        if (!store_read_nodes(store, hashes, ids, count, &err))
            stop(&err);
    }
    watch_add(&total, since);
    print_each("read_nodes, random proof", total, READS);
}

static void bench_entries(struct growing_log *log, struct store *store)
{
    struct buf out = {0};
    struct err err = {0};
    struct watch total = {0};
    struct watch since = watch_now();
    uint64_t random = 1;

    for (size_t i = 0; i < READS; i++) {
        uint64_t index = random_next(&random) % log->head.size;

        buf_clear(&out);
        if (!store_read_entries(store, &out, index, index + 1, &err))
            stop(&err);
    }
    watch_add(&total, since);
    print_each("read one entry", total, READS);
    buf_cleanup(&out);
}

static void bench_seek(struct growing_log *log, struct store *store)
{
    struct store_head head;
    struct err err = {0};
    struct watch total = {0};
    struct watch since = watch_now();
    uint64_t random = 1;

    for (size_t i = 0; i < READS; i++) {
        if (!store_seek_head(store, &head, random_next(&random) % log->head.size, &err))
            stop(&err);
    }
    watch_add(&total, since);
    print_each("seek_head", total, READS);
}

static void print_disk(const struct settings *settings, uint64_t entries, const char *when)
{
    char command[512];

    snprintf(command, sizeof(command), "du -sb --apparent-size '%s' | cut -f1",
             settings->directory);
    FILE *pipe = popen(command, "r");
    uint64_t bytes = 0;

    if (pipe == NULL || fscanf(pipe, "%" SCNu64, &bytes) != 1)
        exit(1);
    pclose(pipe);
    printf("disk %-23s %10.1f MiB  %8.2f B beyond each entry\n", when, (double)bytes / (1 << 20),
           (double)bytes / (double)entries - (double)settings->entry_len);
}

/* Memory that is not backed by files, which is what a limit on the process is about. */
static void print_memory(const char *when)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];

    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        uint64_t kib;

        if (sscanf(line, "RssAnon: %" SCNu64, &kib) == 1)
            printf("anonymous memory %-11s %10.1f MiB\n", when, (double)kib / 1024);
    }
    if (status != NULL)
        fclose(status);
}

static void compact(const struct settings *settings)
{
    struct database_options options = {.cache_bytes = 8 << 20,
                                       .write_buffer_bytes = settings->buffer_bytes};
    char *path = mem_format("%s/db", settings->directory);
    struct database *database = NULL;
    struct watch total = {0};
    struct watch since = watch_now();
    struct err err = {0};

    if (!database_open(&database, path, &options, &err))
        stop(&err);
    database_compact(database);
    database_close(database);
    watch_add(&total, since);
    print_each("compact", total, 1);
    free(path);
}

static struct store *open_store(const struct settings *settings)
{
    struct store_leveldb_options options = {.directory = settings->directory,
                                            .cache_bytes = 64 << 20,
                                            .write_buffer_bytes = settings->buffer_bytes};
    struct store *store = NULL;
    struct watch total = {0};
    struct watch since = watch_now();
    struct err err = {0};

    if (!store_leveldb_open(&store, &options, &err))
        stop(&err);
    watch_add(&total, since);
    print_each("open", total, 1);
    return store;
}

static void bench_reads(struct growing_log *log, struct store *store)
{
    bench_find(log, store, false);
    bench_find(log, store, true);
    bench_proofs(log, store);
    bench_proofs(log, store);
    bench_entries(log, store);
    bench_seek(log, store);
}

static uint64_t number_at(int argc, char **argv, int at, uint64_t fallback)
{
    return argc > at ? strtoull(argv[at], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
    struct settings settings = {
        .directory = argc > 1 ? argv[1] : "bench-store",
        .entries = number_at(argc, argv, 2, 1000000),
        .batch = number_at(argc, argv, 3, 256),
        .entry_len = number_at(argc, argv, 4, 1024),
        .buffer_bytes = number_at(argc, argv, 5, 16) << 20,
    };
    struct growing_log log = {.seed = 1, .entry_len = settings.entry_len};
    struct store_identity_card card = growing_log_card();
    struct store_head first = growing_log_first_head();
    struct store *store;
    struct err err = {0};

    if (access(settings.directory, F_OK) != 0 &&
        !store_leveldb_create(settings.directory, &card, &first, &err))
        stop(&err);
    store = open_store(&settings);
    if (!growing_log_resume(&log, store, &err))
        stop(&err);
    bench_commits(&log, store, &settings);
    print_memory("written");
    bench_reads(&log, store);
    store_close(store);
    store = open_store(&settings);
    store_close(store);
    print_disk(&settings, log.head.size, "before compaction");
    compact(&settings);
    print_disk(&settings, log.head.size, "after compaction");
    store = open_store(&settings);
    print_memory("opened");
    bench_reads(&log, store);
    print_memory("after reads");
    store_close(store);
    return 0;
}
