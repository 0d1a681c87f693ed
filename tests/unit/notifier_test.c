#include "server/notify/notifier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "schemas/rules/mentions.h"
#include "schemas/statement.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/log_fixture.h"
#include "tests/support/sample_records.h"

enum { ATTEMPTS_MAX = 16 };

/* Records every attempt and answers the first ones as it is told. */
struct recorder {
    struct poster poster;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum err_code answers[ATTEMPTS_MAX]; /* ERR_NONE: taken */
    size_t attempts;
    char entry_ids[ATTEMPTS_MAX][65];
};

static bool record_post(struct poster *poster, const struct post *post, struct err *err)
{
    struct recorder *recorder = (struct recorder *)poster;
    enum err_code answer;

    pthread_mutex_lock(&recorder->lock);
    assert_true(recorder->attempts < ATTEMPTS_MAX);
    memcpy(recorder->entry_ids[recorder->attempts], post->id, 65);
    answer = recorder->answers[recorder->attempts++];
    pthread_cond_broadcast(&recorder->changed);
    pthread_mutex_unlock(&recorder->lock);
    return answer == ERR_NONE || err_set(err, answer, "as told");
}

static void wait_for_attempts(struct recorder *recorder, size_t count)
{
    pthread_mutex_lock(&recorder->lock);
    while (recorder->attempts < count)
        pthread_cond_wait(&recorder->changed, &recorder->lock);
    pthread_mutex_unlock(&recorder->lock);
}

/* A log in memory, a webhook, and where it remembers. */
struct world {
    struct log_fixture log;
    struct recorder recorder;
    char directory[64];
    char *secret_file;
    struct webhook_options webhook;
    struct notifier_options options;
    struct sample_records records;
};

/* What a sample of a request refers to is made, though not logged: nobody looks at it here. */
static void make_what_requests_refer_to(struct sample_records *records)
{
    char type[SAMPLE_TYPE_LEN_MAX];
    struct buf unused = {0};

    for (size_t i = 0; sample_record_type(type, i) && strcmp(type, "approval-request") != 0; i++)
        sample_record_append(&unused, records, type);
    buf_cleanup(&unused);
}

static int set_up(void **state)
{
    struct world *world = mem_alloc(sizeof(*world));
    struct err err = {0};

    log_fixture_init(&world->log, LOG_EVIDENCE);
    pthread_mutex_init(&world->recorder.lock, NULL);
    pthread_cond_init(&world->recorder.changed, NULL);
    world->recorder.poster.post = record_post;
    strcpy(world->directory, "/tmp/vouch-notifier-XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    world->secret_file = mem_format("%s/secret", world->directory);
    assert_true(file_write_durable(world->secret_file, bytes_of_text("0123456789abcdef\n"), 0600,
                                   &err));
    world->webhook = (struct webhook_options){.url = "https://hooks.example/a",
                                              .form = NOTICE_JSON,
                                              .secret_file = world->secret_file};
    world->options = (struct notifier_options){.store = world->log.store,
                                               .origin = LOG_FIXTURE_ORIGIN,
                                               .webhooks = &world->webhook,
                                               .webhook_count = 1,
                                               .directory = world->directory,
                                               .poster = &world->recorder.poster,
                                               .retry_first_ms = 1,
                                               .retry_most_ms = 4,
                                               .give_up_ms = 60000};
    sample_records_init(&world->records, LOG_ISSUER, 1);
    make_what_requests_refer_to(&world->records);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    char *command = mem_format("rm -r %s", world->directory);

    assert_int_equal(system(command), 0);
    free(command);
    free(world->secret_file);
    log_fixture_cleanup(&world->log);
    free(world);
    return 0;
}

/* Leaves the fact by which the notifier finds the request, as admission does. */
struct mention {
    struct tlog_own own;
    uint64_t index;
};

static bool put_mention(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    uint64_t index = ((struct mention *)own)->index;
    struct fact_key list = mention_key(MENTION_TYPE, bytes_of_text("approval-request"));
    struct fact_key key = fact_key_item(&list, index / MENTION_BLOCK);
    struct buf bitmap = {0};
    struct bytes old;
    uint64_t bits = facts_get(moment->facts, &key, &old) ? read_be64(old.data) : 0;
    struct sample_records records;

    buf_append_be64(&bitmap, bits | UINT64_C(1) << (index % MENTION_BLOCK));
    facts_put(moment->facts, &key, bytes_of_buf(&bitmap));
    buf_cleanup(&bitmap);
    sample_records_init(&records, LOG_FIXTURE_ORIGIN, index);
    sample_record_append(out, &records, SAMPLE_NEUTRAL);
    return true;
}

/* Commits a statement with an approval-request; returns its index. */
static uint64_t commit_request(struct world *world)
{
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_RECORDS, .issuer = LOG_ISSUER, .issued_at_s = 1700000};
    struct tlog_submission submissions[2] = {0};
    struct tlog_submission *pointers[2] = {&submissions[0], &submissions[1]};
    struct mention mention = {.own = {.subject = "log-metadata", .make = put_mention},
                              .index = tlog_head(world->log.tlog)->size};
    struct buf payload = {0};
    struct buf entry = {0};
    struct err err = {0};

    sample_record_append(&payload, &world->records, "approval-request");
    assert_true(statement_sign(&entry, world->log.keys.issuer, &claims, bytes_of_buf(&payload),
                               &err));
    log_submission_init(&submissions[0], LOG_EVIDENCE, bytes_of_buf(&entry));
    submissions[1].own = &mention.own;
    if (!tlog_commit(world->log.tlog, pointers, 2, &err))
        fail_msg("%s", err.text);
    buf_cleanup(&payload);
    buf_cleanup(&entry);
    return submissions[0].index;
}

static uint64_t size_of(const struct world *world)
{
    return tlog_head(world->log.tlog)->size;
}

static struct notifier *start(struct world *world)
{
    struct notifier *notifier = NULL;
    struct err err = {0};

    if (!notifier_start(&notifier, &world->options, size_of(world), &err))
        fail_msg("%s", err.text);
    return notifier;
}

/* A request that is published after the start is told once; those before it are not. */
static void notifier_advance_tells_new_requests(void **state)
{
    struct world *world = *state;
    struct notifier *notifier;

    commit_request(world);
    notifier = start(world);
    commit_request(world);
    notifier_advance(notifier, size_of(world));
    wait_for_attempts(&world->recorder, 1);
    notifier_stop(notifier);
    assert_int_equal(world->recorder.attempts, 1);
}

/* A receiver that is busy is asked again, with the same entry id, until it takes the notice. */
static void notifier_retries_when_busy(void **state)
{
    struct world *world = *state;
    struct notifier *notifier = start(world);

    world->recorder.answers[0] = ERR_BUSY;
    world->recorder.answers[1] = ERR_BUSY;
    commit_request(world);
    notifier_advance(notifier, size_of(world));
    wait_for_attempts(&world->recorder, 3);
    notifier_stop(notifier);
    assert_int_equal(world->recorder.attempts, 3);
    assert_string_equal(world->recorder.entry_ids[0], world->recorder.entry_ids[2]);
}

/* A notice that the receiver refuses is dropped, and the next one is told. */
static void notifier_goes_on_after_refusal(void **state)
{
    struct world *world = *state;
    struct notifier *notifier = start(world);

    world->recorder.answers[0] = ERR_REFUSED;
    commit_request(world);
    commit_request(world);
    notifier_advance(notifier, size_of(world));
    wait_for_attempts(&world->recorder, 2);
    assert_int_equal(notifier_dropped(notifier), 1);
    notifier_stop(notifier);
    assert_string_not_equal(world->recorder.entry_ids[0], world->recorder.entry_ids[1]);
}

/* What was not delivered when the daemon ended is told after the next start; what was is not. */
static void notifier_resumes_after_restart(void **state)
{
    struct world *world = *state;
    struct notifier *notifier;

    notifier = start(world);
    commit_request(world);
    notifier_advance(notifier, size_of(world));
    wait_for_attempts(&world->recorder, 1);
    notifier_stop(notifier);
    commit_request(world);
    notifier = start(world);
    wait_for_attempts(&world->recorder, 2);
    notifier_stop(notifier);
    notifier = start(world);
    notifier_stop(notifier);
    assert_int_equal(world->recorder.attempts, 2);
    assert_string_not_equal(world->recorder.entry_ids[0], world->recorder.entry_ids[1]);
}

/* A secret that others can read, or that is too short, or a URL that is open to all: no start. */
static void notifier_start_refused(void **state)
{
    struct world *world = *state;
    struct notifier *notifier = NULL;
    struct err err = {0};

    assert_true(file_write_durable(world->secret_file, bytes_of_text("short"), 0600, &err));
    assert_false(notifier_start(&notifier, &world->options, 0, &err));
    err = (struct err){0};
    assert_true(file_write_durable(world->secret_file, bytes_of_text("0123456789abcdef"), 0644,
                                   &err));
    assert_false(notifier_start(&notifier, &world->options, 0, &err));
    err = (struct err){0};
    assert_true(file_write_durable(world->secret_file, bytes_of_text("0123456789abcdef"), 0600,
                                   &err));
    world->webhook.url = "http://hooks.example/a";
    assert_false(notifier_start(&notifier, &world->options, 0, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(notifier_advance_tells_new_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notifier_retries_when_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notifier_goes_on_after_refusal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notifier_resumes_after_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notifier_start_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
