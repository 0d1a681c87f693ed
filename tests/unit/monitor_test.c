/* The monitor: every kind of lie is found, named, told once, and told to be over when it is. */
#include "client/monitor/monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "client/monitor/acknowledge.h"
#include "client/verify/fork_proof.h"
#include "schemas/seal.h"
#include "server/tlog/tlog_read.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_trust.h"
#include "tests/support/sample_records.h"
#include "tests/support/fetcher_failing.h"
#include "tests/support/served_log.h"

enum { HOUR_MS = 3600000, START_MS = 50 * HOUR_MS };

/* An evidence log, what is shown of it, and who looks. */
struct world {
    struct log_fixture *log;
    uint64_t taken; /* entries of the log that the served one has */
    struct served_log served;
    char directory[64];
    struct policy policy;
    struct record_schema *schema;
    struct watch_list watches;
    struct clock_fake clock;
    uint64_t now_ms; /* the clock that never goes back */
    struct keeper *keeper;
    struct fetcher *fetcher;
    struct fetcher_failing failing; /* above it */
    struct monitor *monitor;
    struct monitor_options options;
    uint64_t next_alert;
    struct buf told; /* since it was asked last: "begins stale-head\n"... */
    struct buf json; /* the last alert */
};

static void fail_on(struct err *err)
{
    fail_msg("%s", err->text);
}

static void append_vkey(struct buf *out, const char *name, uint8_t type,
                        const struct public_key *key)
{
    struct note_verifier verifier = {0};
    struct err err = {0};

    if (!note_verifier_init(&verifier, name, type, key, &err))
        fail_on(&err);
    note_verifier_append(out, &verifier);
    note_verifier_cleanup(&verifier);
}

static void make_policy(struct world *world, const char *rest)
{
    struct buf text = {0};
    struct buf vkey = {0};
    struct err err = {0};

    append_vkey(&vkey, world->served.origin, NOTE_TYPE_ED25519, world->served.signer->public_key);
    buf_append_format(&text, "log %s\n%s", buf_text(&vkey), rest);
    policy_cleanup(&world->policy);
    if (!policy_parse(&world->policy, bytes_of_buf(&text), &err))
        fail_on(&err);
    buf_cleanup(&vkey);
    buf_cleanup(&text);
}

static void open_monitor(struct world *world)
{
    struct err err = {0};

    world->options = (struct monitor_options){.url = world->served.directory,
                                              .policy = &world->policy,
                                              .schema = world->schema,
                                              .clock = &world->clock.clock,
                                              .watches = &world->watches,
                                              .stale_after_ms = 2 * HOUR_MS,
                                              .rechecked_per_poll = 1};
    if (!keeper_open(&world->keeper, world->directory, 1, &err) ||
        !fetch_open(&world->fetcher, world->served.directory, &err))
        fail_on(&err);
    world->options.keeper = world->keeper;
    fetcher_failing_init(&world->failing, world->fetcher);
    world->options.fetcher = &world->failing.fetcher;
    if (!monitor_open(&world->monitor, &world->options, &err))
        fail_on(&err);
}

static void close_monitor(struct world *world)
{
    monitor_close(world->monitor);
    world->monitor = NULL;
    fetch_close(world->fetcher);
    keeper_close(world->keeper);
}

static void restart(struct world *world)
{
    close_monitor(world);
    open_monitor(world);
}

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct err err = {0};
    void *log;

    log_fixture_set_up_evidence(&log);
    world->log = log;
    log_fixture_trust(world->log, PROFILE_OBSERVE);
    served_log_init(&world->served, LOG_FIXTURE_ORIGIN, world->log->keys.checkpoint);
    snprintf(world->directory, sizeof(world->directory), "%s.monitor", world->served.directory);
    clock_fake_init(&world->clock, START_MS);
    world->now_ms = START_MS;
    world->next_alert = 1;
    make_policy(world, "quorum none\n");
    assert_true(record_schema_load(&world->schema, NULL, 0, &err));
    open_monitor(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    void *log = world->log;
    char *command = mem_format("rm -rf %s", world->directory);

    close_monitor(world);
    assert_int_equal(system(command), 0);
    free(command);
    served_log_cleanup(&world->served);
    policy_cleanup(&world->policy);
    record_schema_free(world->schema);
    buf_cleanup(&world->told);
    buf_cleanup(&world->json);
    log_fixture_tear_down(&log);
    free(world);
    return 0;
}

/* ---- what the log does ---- */

static void commit(struct world *world, uint64_t number)
{
    static uint64_t seed;
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS, .issuer = LOG_ISSUER, .issued_at_s = 1700000};
    struct log_batch one = {.count = 1};
    struct log_batch batch = {0};
    struct tlog_submission submission;
    struct sample_records records;
    struct buf payload = {0};
    struct buf entry = {0};
    struct err err = {0};

    sample_records_init(&records, LOG_ISSUER, ++seed);
    records.at_ms = world->log->clock.now_ms;
    records.sequence_number = number;
    sample_record_append(&payload, &records, SAMPLE_NEUTRAL);
    assert_true(statement_sign(&entry, world->log->keys.issuer, &claims, bytes_of_buf(&payload),
                               &err));
    log_submission_init(&submission, LOG_EVIDENCE, bytes_of_buf(&entry));
    one.submissions = &submission;
    log_batch_add_copy(&batch, &one, 0);
    if (!log_batch_commit(&batch, world->log, &err))
        fail_on(&err);
    log_batch_cleanup(&batch);
    buf_cleanup(&entry);
    buf_cleanup(&payload);
}

/* Takes over what the log has; nothing is published. */
static void take(struct world *world)
{
    struct err err = {0};

    for (; world->taken < tlog_head(world->log->tlog)->size; world->taken++) {
        struct buf entry = {0};

        assert_true(tlog_read_entry(world->log->store, &entry, NULL, world->taken, &err));
        served_log_add(&world->served, bytes_of_buf(&entry));
        buf_cleanup(&entry);
    }
}

/* Commits statements with these numbers and publishes all. */
static void grow(struct world *world, uint64_t begin, uint64_t end)
{
    for (uint64_t number = begin; number < end; number++)
        commit(world, number);
    take(world);
    served_log_publish(&world->served, world->served.size);
}

/* The last seal says something else, signed with the log's own key. */
static void reseal(struct world *world, void (*change)(struct seal *seal))
{
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_LOG,
                                      .issuer = LOG_FIXTURE_ORIGIN,
                                      .subject = "seal",
                                      .issued_at_s = 1700000};
    struct buf *entry = &world->served.entries[world->served.size - 1];
    struct cose_sign1 statement;
    struct buf record = {0};
    struct seal seal;
    struct err err = {0};

    assert_true(cose_sign1_decode(&statement, bytes_of_buf(entry), &err));
    assert_true(seal_decode(&seal, statement.payload, &err));
    change(&seal);
    seal_encode(&record, &seal);
    buf_cleanup(entry);
    assert_true(statement_sign(entry, world->log->keys.log, &claims, bytes_of_buf(&record), &err));
    buf_cleanup(&record);
    served_log_publish(&world->served, world->served.size);
}

/* ---- what the monitor says ---- */

static void append_word(struct buf *out, const struct buf *json, const char *member)
{
    char *begin = mem_format("\"%s\":\"", member);
    char *text = mem_format("%.*s", (int)json->len, (const char *)json->data);
    const char *found = strstr(text, begin);

    assert_non_null(found);
    found += strlen(begin);
    buf_append(out, found, (size_t)(strchr(found, '"') - found));
    free(text);
    free(begin);
}

static void collect(struct world *world)
{
    struct buf json = {0};
    struct err err = {0};
    uint64_t number;

    while (keeper_next_alert(world->keeper, world->next_alert, &number, &json, &err)) {
        assert_int_equal(number, world->next_alert);
        world->next_alert++;
        append_word(&world->told, &json, "state");
        buf_append_byte(&world->told, ' ');
        append_word(&world->told, &json, "kind");
        buf_append_byte(&world->told, '\n');
        buf_clear(&world->json);
        buf_append_bytes(&world->json, bytes_of_buf(&json));
    }
    assert_int_equal(err.code, ERR_NOT_FOUND);
    buf_cleanup(&json);
}

static void poll_once(struct world *world)
{
    struct err err = {0};

    world->now_ms += 10000;
    world->clock.now_ms += 10000;
    if (!monitor_poll(world->monitor, world->now_ms, &err))
        fail_on(&err);
    collect(world);
}

/* Polls; exactly these alerts come, one a line. */
static void expect(struct world *world, const char *told)
{
    buf_clear(&world->told);
    poll_once(world);
    if (strcmp(buf_text(&world->told), told) != 0)
        fail_msg("expected:\n%stold:\n%s%s", told, buf_text(&world->told), buf_text(&world->json));
}

static void expect_in_last(struct world *world, const char *text)
{
    if (strstr(buf_text(&world->json), text) == NULL)
        fail_msg("no %s in %s", text, buf_text(&world->json));
}

static const struct monitor_figures *figures(const struct world *world)
{
    return monitor_figures(world->monitor);
}

/* ---- an honest log ---- */

/* A log that grows as it should is followed to its end, over restarts, without a word. */
static void monitor_poll_honest(void **state)
{
    struct world *world = *state;

    for (uint64_t i = 0; i < 12; i++) {
        grow(world, 10 * i, 10 * (i + 1));
        expect(world, "");
        assert_int_equal(figures(world)->verified_size, world->served.size);
        assert_int_equal(figures(world)->head_size, world->served.size);
        expect(world, "");
        assert_true(figures(world)->last_success_ms > 0);
        if (i % 3 == 2)
            restart(world);
    }
}

/* What was verified before is not read again: the next run takes in what is new alone. */
static void monitor_poll_after_restart(void **state)
{
    struct world *world = *state;

    grow(world, 0, 200);
    expect(world, "");
    restart(world);
    grow(world, 200, 203);
    expect(world, "");
    assert_int_equal(figures(world)->entries_verified, 6);
    assert_int_equal(figures(world)->records_replayed, 3);
}

/* ---- entries and tiles ---- */

/* An entry with one wrong bit is named; when it is right again that is said, once each. */
static void monitor_poll_changed_entry(void **state)
{
    struct world *world = *state;

    grow(world, 0, 140);
    served_log_flip(&world->served, "tile/entries/000", 5000);
    expect(world, "begins changed-entry\n");
    expect_in_last(world, "\"index\":");
    expect(world, "");
    assert_true(figures(world)->verified_size < 100);
    served_log_flip(&world->served, "tile/entries/000", 5000);
    expect(world, "over changed-entry\n");
    assert_int_equal(figures(world)->verified_size, world->served.size);
}

/* An entry that was right when it was new, and is not any more, is found when it is read again. */
static void monitor_poll_entry_changed_later(void **state)
{
    struct world *world = *state;

    grow(world, 0, 140);
    expect(world, "");
    served_log_flip(&world->served, "tile/entries/000", 9000);
    buf_clear(&world->told);
    for (int i = 0; i < 4; i++)
        poll_once(world);
    assert_string_equal(buf_text(&world->told), "begins changed-entry\n");
    restart(world);
    expect(world, "");
    served_log_flip(&world->served, "tile/entries/000", 9000);
    expect(world, "over changed-entry\n");
}

/* A tile with one wrong bit is found although nothing was needed from it. */
static void monitor_poll_changed_tile(void **state)
{
    static const char *const TILES[] = {"tile/0/000", "tile/1/000.p/2"};
    struct world *world = *state;

    for (size_t i = 0; i < 2; i++) {
        grow(world, 140 * i, 140 * (i + 1));
        served_log_flip(&world->served, TILES[i], 40);
        buf_clear(&world->told);
        for (int polls = 0; polls < 4; polls++)
            poll_once(world);
        assert_string_equal(buf_text(&world->told), "begins changed-tile\n");
        assert_int_equal(figures(world)->verified_size, world->served.size);
        served_log_flip(&world->served, TILES[i], 40);
        expect(world, "over changed-tile\n");
    }
}

/* A bundle that is not served is missing until it is. */
static void monitor_poll_missing_bundle(void **state)
{
    struct world *world = *state;

    grow(world, 0, 140);
    served_log_move(&world->served, "tile/entries/000", "hidden");
    expect(world, "begins missing-entries\n");
    expect(world, "");
    served_log_move(&world->served, "hidden", "tile/entries/000");
    expect(world, "over missing-entries\n");
}

/* ---- heads ---- */

/* A log that went back a day, and comes again. */
static void monitor_poll_rolled_back(void **state)
{
    struct world *world = *state;
    uint64_t old_size;

    grow(world, 0, 20);
    old_size = world->served.size;
    grow(world, 20, 40);
    expect(world, "");
    served_log_publish(&world->served, old_size);
    expect(world, "begins shrinking-head\n");
    restart(world);
    expect(world, "");
    served_log_publish(&world->served, world->served.size);
    expect(world, "over shrinking-head\n");
}

/* The proof between the heads of these sizes is kept, and convicts. */
static void expect_fork_proof(const struct world *world, uint64_t accepted, uint64_t shown)
{
    char *path = mem_format("%s/%" PRIu64 "-%" PRIu64 ".fork-proof", world->directory, accepted,
                            shown);
    struct fork_proof proof;
    struct buf text = {0};
    struct hash prefix;
    struct err err = {0};

    if (!file_read(&text, path, FORK_PROOF_LEN_MAX, &err) ||
        !fork_proof_parse(&proof, bytes_of_buf(&text), &err))
        fail_on(&err);
    assert_true(fork_proof_convicts(&proof, &prefix));
    assert_int_equal(proof.testimony_count, 2);
    buf_cleanup(&text);
    free(path);
}

/* Two signed roots of one size convict; the proof is kept, and it is never over. */
static void monitor_poll_two_roots(void **state)
{
    struct world *world = *state;
    struct hash other = {{1}};

    grow(world, 0, 20);
    expect(world, "");
    served_log_write_head(&world->served, world->served.size, &other);
    expect(world, "begins inconsistent-head\n");
    expect_fork_proof(world, world->served.size, world->served.size);
    served_log_publish(&world->served, world->served.size);
    expect(world, "");
    restart(world);
    expect(world, "");
    assert_true(figures(world)->is_open[ALERT_INCONSISTENT_HEAD]);
}

/* Two heads of 20 statements that do not fit, as others have seen them. */
static void make_fork(struct world *world, struct buf *out_text, const char *second_observer)
{
    struct fork_side sides[2] = {{.observer = "m.example/a", .seen_s = 1795000000},
                                 {.observer = second_observer, .seen_s = 1795000060}};
    struct buf notes[2] = {{0}};
    struct hash other = {{1}};
    struct fork_proof proof;
    struct err err = {0};
    char *path = mem_format("%s/checkpoint", world->served.directory);

    for (unsigned i = 0; i < 2; i++) {
        if (i == 1)
            served_log_write_head(&world->served, world->served.size, &other);
        assert_true(file_read(&notes[i], path, NOTE_LEN_MAX, &err));
        sides[i].note = bytes_of_buf(&notes[i]);
    }
    served_log_publish(&world->served, world->served.size);
    if (!fork_proof_make(&proof, &sides[0], &sides[1], NULL, &err))
        fail_on(&err);
    fork_proof_append(out_text, &proof);
    buf_cleanup(&notes[0]);
    buf_cleanup(&notes[1]);
    free(path);
}

static void take_fork(struct world *world, unsigned number, const struct buf *text)
{
    struct fork_proof proof;
    struct err err = {0};

    assert_true(fork_proof_parse(&proof, bytes_of_buf(text), &err));
    monitor_take_fork(world->monitor, number, &proof, "kept/it.fork-proof");
}

/* A fork that others have found is told of with who saw what when, and where the proof is. */
static void monitor_poll_fork_of_others(void **state)
{
    struct world *world = *state;
    struct buf text = {0};
    char *sight;

    grow(world, 0, 20);
    sight = mem_format("m.example/b saw one of size %" PRIu64 " at 2026-11-18T",
                       world->served.size);
    expect(world, "");
    make_fork(world, &text, "m.example/b");
    take_fork(world, 0, &text);
    expect(world, "begins fork\n");
    expect_in_last(world, "\"proof\":\"kept/it.fork-proof\"");
    expect_in_last(world, "\"observer\":\"m.example/a\",\"seen_at_ms\":1795000000000");
    expect_in_last(world, "\"observer\":\"m.example/b\",\"seen_at_ms\":1795000060000");
    expect_in_last(world, sight);
    assert_int_equal(figures(world)->alerts[ALERT_FORK], 1);
    free(sight);
    buf_cleanup(&text);
}

/* It is there for good and told once, whoever tells it again, in this run or the next. */
static void monitor_poll_fork_twice(void **state)
{
    struct world *world = *state;
    struct buf text = {0};

    grow(world, 0, 20);
    make_fork(world, &text, "m.example/b");
    take_fork(world, 0, &text);
    take_fork(world, 0, &text);
    expect(world, "begins fork\n");
    take_fork(world, 0, &text);
    expect(world, "");
    restart(world);
    take_fork(world, 0, &text);
    expect(world, "");
    assert_true(figures(world)->is_open[ALERT_FORK]);
    assert_int_equal(figures(world)->last_success_ms, 0);
    buf_cleanup(&text);
}

/* Another proof is told of besides. */
static void monitor_poll_second_fork(void **state)
{
    struct world *world = *state;
    struct buf text = {0};

    grow(world, 0, 20);
    make_fork(world, &text, NULL);
    take_fork(world, 0, &text);
    expect(world, "begins fork\n");
    take_fork(world, 1, &text);
    expect(world, "begins fork\n");
    restart(world);
    take_fork(world, 0, &text);
    take_fork(world, 1, &text);
    expect(world, "");
    buf_cleanup(&text);
}

/* A log that does not answer is no reason to keep quiet about its fork. */
static void monitor_poll_fork_unreachable(void **state)
{
    struct world *world = *state;
    struct buf text = {0};
    char *path = mem_format("%s/checkpoint", world->served.directory);

    grow(world, 0, 20);
    expect(world, "");
    make_fork(world, &text, "m.example/b");
    assert_int_equal(unlink(path), 0);
    take_fork(world, 0, &text);
    expect(world, "begins fork\nbegins log-unreachable\n");
    buf_cleanup(&text);
    free(path);
}

/* The log shows it another tree: larger, smaller, by few entries or by many. */
static void monitor_poll_other_tree(void **state)
{
    struct world *world = *state;
    uint64_t size;

    grow(world, 0, 20);
    size = world->served.size;
    expect(world, "");
    /* what was signed is rewritten: an old statement is left out */
    buf_clear(&world->served.entries[5]);
    buf_append_text(&world->served.entries[5], "another one");
    grow(world, 20, 24);
    assert_true(world->served.size > size);
    expect(world, "begins inconsistent-head\n");
    expect_fork_proof(world, size, world->served.size);
    assert_int_equal(figures(world)->head_size, size);
    assert_int_equal(figures(world)->verified_size, size);
}

/* A head that is signed by somebody else, or by nobody, or damaged, is none. */
static void monitor_poll_bad_head(void **state)
{
    struct world *world = *state;

    grow(world, 0, 4);
    expect(world, "");
    world->served.origin = "other.example/log";
    served_log_publish(&world->served, world->served.size);
    expect(world, "begins bad-head\n");
    world->served.origin = LOG_FIXTURE_ORIGIN;
    served_log_publish(&world->served, world->served.size);
    expect(world, "over bad-head\n");
    served_log_flip(&world->served, "checkpoint", 3);
    expect(world, "begins bad-head\n");
}

/* A log that cannot be reached is told of once, and when it is back. */
static void monitor_poll_unreachable(void **state)
{
    struct world *world = *state;

    grow(world, 0, 4);
    served_log_move(&world->served, "checkpoint", "hidden");
    expect(world, "begins log-unreachable\n");
    expect(world, "");
    served_log_move(&world->served, "hidden", "checkpoint");
    expect(world, "over log-unreachable\n");
}

/* Whatever a log that stops answering was asked last, it is unreachable and accused of nothing. */
static void monitor_poll_unreachable_in_between(void **state)
{
    struct world *world = *state;
    bool answered_all = false;

    grow(world, 0, 300);
    poll_once(world);
    for (uint64_t answers = 1; !answered_all; answers++) {
        grow(world, 290 + 10 * answers, 300 + 10 * answers);
        world->failing.answers_left = answers;
        buf_clear(&world->told);
        poll_once(world);
        answered_all = world->failing.answers_left > 0;
        assert_string_equal(buf_text(&world->told),
                            answered_all ? "" : "begins log-unreachable\n");
        world->failing.answers_left = SIZE_MAX;
        expect(world, answered_all ? "" : "over log-unreachable\n");
        assert_int_equal(figures(world)->verified_size, world->served.size);
        assert_in_range(answers, 1, 100);
    }
}

/* A head without the cosignatures that the policy asks for is followed, and told of. */
static void monitor_poll_quorum_lost(void **state)
{
    struct world *world = *state;
    struct signer *witness = NULL;
    struct buf vkey = {0};
    struct buf rest = {0};
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&witness, &pem, KEY_ED25519, &err));
    append_vkey(&vkey, "w.example", NOTE_TYPE_COSIGNATURE, witness->public_key);
    buf_append_format(&rest, "witness w %s\nquorum w\n", buf_text(&vkey));
    make_policy(world, buf_text(&rest));
    restart(world);
    grow(world, 0, 4);
    expect(world, "begins quorum-lost\n");
    assert_int_equal(figures(world)->verified_size, world->served.size);
    expect(world, "");
    signer_close(witness);
    buf_cleanup(&vkey);
    buf_cleanup(&rest);
    buf_cleanup(&pem);
}

/* ---- time ---- */

/* Nothing new for too long; what the wall clock does meanwhile is no matter. */
static void monitor_poll_stale(void **state)
{
    struct world *world = *state;

    grow(world, 0, 4);
    expect(world, "");
    world->clock.now_ms += 100 * (uint64_t)HOUR_MS;
    expect(world, "");
    world->clock.now_ms -= 140 * (uint64_t)HOUR_MS;
    expect(world, "");
    world->now_ms += 3 * HOUR_MS;
    expect(world, "begins stale-head\n");
    expect(world, "");
    grow(world, 4, 5);
    expect(world, "over stale-head\n");
}

/* Time that passed while no monitor ran counts, and a clock that was set back does no harm. */
static void monitor_poll_stale_over_restart(void **state)
{
    struct world *world = *state;

    grow(world, 0, 4);
    expect(world, "");
    world->clock.now_ms -= HOUR_MS;
    restart(world);
    expect(world, "");
    world->clock.now_ms += 5 * HOUR_MS;
    restart(world);
    expect(world, "begins stale-head\n");
}

/* ---- a log that lies in what it signs ---- */

static void drop_flags(struct seal *seal)
{
    seal->flags = (struct bytes){0};
}

static void miscount(struct seal *seal)
{
    seal->entry_count++;
}

/* A flag that the log hid. What comes before it stays verified; nothing after it is. */
static void monitor_poll_hidden_flag(void **state)
{
    struct world *world = *state;
    uint64_t good_size;

    grow(world, 0, 30);
    good_size = world->served.size;
    commit(world, 77); /* a gap */
    take(world);
    reseal(world, drop_flags);
    expect(world, "begins false-flag\n");
    assert_int_equal(figures(world)->verified_size, good_size);
    grow(world, 78, 79);
    expect(world, "");
    assert_int_equal(figures(world)->head_size, world->served.size);
    assert_int_equal(figures(world)->verified_size, good_size);
    restart(world);
    expect(world, "");
}

/* A seal that is wrong about the entries before it. */
static void monitor_poll_false_seal(void **state)
{
    struct world *world = *state;

    grow(world, 0, 3);
    reseal(world, miscount);
    expect(world, "begins false-seal\n");
    expect(world, "");
}

/* A head that ends inside a commit. */
static void monitor_poll_no_seal(void **state)
{
    struct world *world = *state;

    grow(world, 0, 3);
    served_log_publish(&world->served, world->served.size - 1);
    expect(world, "begins false-seal\n");
    served_log_publish(&world->served, world->served.size);
    expect(world, "over false-seal\n");
}

/* What the rules refuse is in the log all the same. */
static void monitor_poll_false_admission(void **state)
{
    struct world *world = *state;

    grow(world, 0, 1);
    world->log->options.admits_by_rules = false;
    log_fixture_reopen(world->log);
    grow(world, 0, 1); /* a number used once more */
    expect(world, "begins false-admission\n");
    expect_in_last(world, "refuses");
}

/* A signature with one wrong bit, over which the tree was made. */
static void monitor_poll_bad_signature(void **state)
{
    struct world *world = *state;
    struct buf *entry;

    grow(world, 0, 3);
    entry = &world->served.entries[world->served.size - 1];
    entry->data[entry->len - 1] ^= 1;
    served_log_publish(&world->served, world->served.size);
    expect(world, "begins bad-signature\n");
}

/* What is no statement stands in the tree of an evidence log. */
static void monitor_poll_bad_record(void **state)
{
    struct world *world = *state;

    grow(world, 0, 3);
    served_log_add(&world->served, bytes_of_text("no statement"));
    served_log_publish(&world->served, world->served.size);
    expect(world, "begins bad-record\n");
}

/* ---- acknowledged ---- */

static void acknowledge(struct world *world, uint64_t number)
{
    struct err err = {0};

    if (!acknowledge_ask(world->directory, number, "ticket 12", &err))
        fail_on(&err);
}

/* A seal that hid a flag is acknowledged: what comes after it is verified, now and in every run. */
static void monitor_poll_acknowledged_flag(void **state)
{
    struct world *world = *state;

    grow(world, 0, 30);
    commit(world, 77); /* a gap */
    take(world);
    reseal(world, drop_flags);
    expect(world, "begins false-flag\n");
    acknowledge(world, 1);
    expect(world, "acknowledged false-flag\n");
    expect_in_last(world, "ticket 12");
    expect_in_last(world, "\"finding\":1");
    assert_int_equal(figures(world)->verified_size, world->served.size);
    assert_int_equal(figures(world)->acknowledged, 1);
    assert_false(figures(world)->is_open[ALERT_FALSE_FLAG]);
    restart(world);
    assert_int_equal(figures(world)->acknowledged, 1);
    expect(world, "");
}

/* A number that is not there yet was meant for another one: nobody has seen this finding. */
static void monitor_poll_acknowledged_before(void **state)
{
    struct world *world = *state;

    grow(world, 0, 3);
    expect(world, "");
    acknowledge(world, 1);
    expect(world, "");
    commit(world, 77);
    take(world);
    reseal(world, drop_flags);
    expect(world, "begins false-flag\n");
    expect(world, "");
    assert_int_equal(figures(world)->acknowledged, 0);
    acknowledge(world, 1);
    expect(world, "acknowledged false-flag\n");
}

/* It is kept over a restart that comes before the monitor could go on. */
static void monitor_poll_acknowledged_unreachable(void **state)
{
    struct world *world = *state;

    grow(world, 0, 3);
    commit(world, 77);
    take(world);
    reseal(world, drop_flags);
    expect(world, "begins false-flag\n");
    acknowledge(world, 1);
    world->failing.answers_left = 0;
    expect(world, "acknowledged false-flag\nbegins log-unreachable\n");
    restart(world);
    expect(world, "over log-unreachable\n");
    assert_int_equal(figures(world)->verified_size, world->served.size);
}

/* One lie is acknowledged, the next ones are found all the same, each by itself. */
static void monitor_poll_acknowledged_once(void **state)
{
    struct world *world = *state;

    grow(world, 0, 3);
    commit(world, 77);
    take(world);
    reseal(world, drop_flags);
    expect(world, "begins false-flag\n");
    acknowledge(world, 1);
    expect(world, "acknowledged false-flag\n");
    commit(world, 177);
    take(world);
    reseal(world, drop_flags); /* and it names the seal that the log had made before the lie */
    expect(world, "begins false-seal\n");
    acknowledge(world, 1); /* this one was acknowledged already */
    expect(world, "");
    acknowledge(world, 3);
    expect(world, "acknowledged false-seal\nbegins false-flag\n");
    acknowledge(world, 5);
    expect(world, "acknowledged false-flag\n");
    assert_int_equal(figures(world)->verified_size, world->served.size);
}

/* A seal that is wrong about its commit: the next one names it, as it must. */
static void monitor_poll_acknowledged_seal(void **state)
{
    struct world *world = *state;

    grow(world, 0, 3);
    reseal(world, miscount);
    expect(world, "begins false-seal\n");
    acknowledge(world, 1);
    expect(world, "acknowledged false-seal\n");
    assert_int_equal(figures(world)->verified_size, world->served.size);
}

/* What the rules refuse leaves no facts: the log goes on, and so does the monitor. */
static void monitor_poll_acknowledged_admission(void **state)
{
    struct world *world = *state;

    grow(world, 0, 1);
    world->log->options.admits_by_rules = false;
    log_fixture_reopen(world->log);
    grow(world, 0, 1); /* a number used once more */
    expect(world, "begins false-admission\n");
    acknowledge(world, 1);
    expect(world, "acknowledged false-admission\n");
    assert_int_equal(figures(world)->verified_size, world->served.size);
}

/* What is no statement is passed over. Its commit has no seal yet: that is another finding. */
static void monitor_poll_acknowledged_record(void **state)
{
    struct world *world = *state;

    grow(world, 0, 3);
    served_log_add(&world->served, bytes_of_text("no statement"));
    served_log_publish(&world->served, world->served.size);
    expect(world, "begins bad-record\n");
    acknowledge(world, 1);
    expect(world, "acknowledged bad-record\nbegins false-seal\n");
    acknowledge(world, 3); /* there is no entry to go on behind */
    expect(world, "");
    assert_true(figures(world)->is_open[ALERT_FALSE_SEAL]);
}

/* A fork, or a head that shrank, is nothing that somebody could have the monitor pass over. */
static void monitor_poll_acknowledged_in_vain(void **state)
{
    struct world *world = *state;
    struct hash other = {{1}};
    uint64_t old_size;

    grow(world, 0, 20);
    old_size = world->served.size;
    grow(world, 20, 22);
    expect(world, "");
    served_log_publish(&world->served, old_size);
    expect(world, "begins shrinking-head\n");
    acknowledge(world, 1);
    expect(world, "");
    assert_true(figures(world)->is_open[ALERT_SHRINKING_HEAD]);
    served_log_write_head(&world->served, world->served.size, &other);
    expect(world, "over shrinking-head\nbegins inconsistent-head\n");
    acknowledge(world, 3);
    expect(world, "");
    assert_true(figures(world)->is_open[ALERT_INCONSISTENT_HEAD]);
    assert_int_equal(figures(world)->acknowledged, 0);
}

/* Who names no monitor's directory, or gives a novel for a reason, is told so. */
static void acknowledge_ask_refused(void **state)
{
    struct world *world = *state;
    char reason[ACKNOWLEDGE_REASON_LEN_MAX + 2];
    struct err err = {0};

    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    assert_false(acknowledge_ask(world->directory, 1, reason, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(acknowledge_ask("/nonexistent", 1, "", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

/* ---- watch lists ---- */

/* Every flag is told of with its entry, once, whatever happens in between. */
static void monitor_poll_watch_flag(void **state)
{
    struct world *world = *state;
    struct err err = {0};

    assert_true(watch_list_add(&world->watches, "flag=seq-gap", &err));
    restart(world);
    grow(world, 0, 3);
    expect(world, "");
    grow(world, 10, 11);
    expect(world, "seen watch-flag\n");
    expect_in_last(world, "\"entry_id\":\"");
    expect_in_last(world, "G4");
    restart(world);
    expect(world, "");
}

/* What is seen before an entry that is wrong is told, though the poll ends there. */
static void monitor_poll_watch_before_fault(void **state)
{
    struct world *world = *state;
    struct err err = {0};

    assert_true(watch_list_add(&world->watches, "flag=*", &err));
    restart(world);
    grow(world, 5, 6); /* flagged */
    commit(world, 6);
    take(world);
    reseal(world, miscount);
    expect(world, "seen watch-flag\nbegins false-seal\n");
    expect(world, "");
}

/* Words that are none of the list's are refused. */
static void watch_list_add_refused(void **state)
{
    static const char *const WORDS[] = {"",         "approver", "approver=", "override=x",
                                        "workflow", "flag",     "Flag=*",    "owner=me"};
    struct watch_list list = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        struct err err = {0};

        assert_false(watch_list_add(&list, WORDS[i], &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    assert_int_equal(list.count, 0);
}

/* ---- a log of other making ---- */

/* Bytes of any kind in tiles: consistency and roots are all there is, and they are checked. */
static void monitor_poll_opaque(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 700; i++) {
        char text[32];

        snprintf(text, sizeof(text), "entry %d", i);
        served_log_add(&world->served, bytes_of_text(text));
    }
    for (uint64_t size = 1; size <= 700; size += 233) {
        served_log_publish(&world->served, size);
        expect(world, "");
        assert_int_equal(figures(world)->verified_size, size);
        restart(world);
    }
    served_log_flip(&world->served, "tile/entries/001", 9);
    buf_clear(&world->told);
    for (int i = 0; i < 8; i++)
        poll_once(world);
    assert_string_equal(buf_text(&world->told), "begins changed-entry\n");
}

/* A log that is new to it and long is taken in steps, and to its end. */
static void monitor_poll_long(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 18000; i++) {
        char text[32];

        snprintf(text, sizeof(text), "entry %d", i);
        served_log_add(&world->served, bytes_of_text(text));
    }
    served_log_publish(&world->served, 18000);
    expect(world, "");
    assert_int_equal(figures(world)->verified_size, 18000);
    assert_int_equal(figures(world)->entries_verified, 18000);
    restart(world);
    expect(world, "");
    assert_int_equal(figures(world)->verified_size, 18000);
    assert_int_equal(figures(world)->entries_verified, 0);
}

/* Where a long log is wrong in its middle, the steps before that are kept. */
static void monitor_poll_long_and_wrong(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 18000; i++) {
        char text[32];

        snprintf(text, sizeof(text), "entry %d", i);
        served_log_add(&world->served, bytes_of_text(text));
    }
    served_log_publish(&world->served, 18000);
    served_log_move(&world->served, "tile/entries/069", "hidden");
    expect(world, "begins missing-entries\n");
    assert_true(figures(world)->verified_size >= 16384);
    served_log_move(&world->served, "hidden", "tile/entries/069");
    expect(world, "over missing-entries\n");
    assert_int_equal(figures(world)->verified_size, 18000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(monitor_poll_honest),
        TEST(monitor_poll_after_restart),
        TEST(monitor_poll_changed_entry),
        TEST(monitor_poll_entry_changed_later),
        TEST(monitor_poll_changed_tile),
        TEST(monitor_poll_missing_bundle),
        TEST(monitor_poll_rolled_back),
        TEST(monitor_poll_two_roots),
        TEST(monitor_poll_fork_of_others),
        TEST(monitor_poll_fork_twice),
        TEST(monitor_poll_second_fork),
        TEST(monitor_poll_fork_unreachable),
        TEST(monitor_poll_other_tree),
        TEST(monitor_poll_bad_head),
        TEST(monitor_poll_unreachable),
        TEST(monitor_poll_unreachable_in_between),
        TEST(monitor_poll_quorum_lost),
        TEST(monitor_poll_stale),
        TEST(monitor_poll_stale_over_restart),
        TEST(monitor_poll_hidden_flag),
        TEST(monitor_poll_false_seal),
        TEST(monitor_poll_no_seal),
        TEST(monitor_poll_false_admission),
        TEST(monitor_poll_bad_signature),
        TEST(monitor_poll_bad_record),
        TEST(monitor_poll_acknowledged_flag),
        TEST(monitor_poll_acknowledged_before),
        TEST(monitor_poll_acknowledged_unreachable),
        TEST(monitor_poll_acknowledged_once),
        TEST(monitor_poll_acknowledged_seal),
        TEST(monitor_poll_acknowledged_admission),
        TEST(monitor_poll_acknowledged_record),
        TEST(monitor_poll_acknowledged_in_vain),
        TEST(acknowledge_ask_refused),
        TEST(monitor_poll_watch_flag),
        TEST(monitor_poll_watch_before_fault),
        TEST(monitor_poll_opaque),
        TEST(monitor_poll_long),
        TEST(monitor_poll_long_and_wrong),
        cmocka_unit_test(watch_list_add_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
