#include "server/cosigning/log_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/cmocka_all.h"

/* The key of C2SP signed-note's example. */
static const char VKEY[] =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

/* A verifier key of this name: the same key under another name. */
static void append_vkey(struct buf *out, const char *name)
{
    struct note_verifier example;
    struct note_verifier verifier;
    struct err err = {0};

    assert_true(note_verifier_parse(&example, bytes_of_text(VKEY), &err));
    assert_true(note_verifier_init(&verifier, name, NOTE_TYPE_ED25519, example.key, &err));
    note_verifier_append(out, &verifier);
    note_verifier_cleanup(&verifier);
    note_verifier_cleanup(&example);
}

static struct log_list *parse(const char *text)
{
    struct log_list *list = NULL;
    struct err err = {0};

    if (!log_list_parse(&list, bytes_of_text(text), &err))
        fail_msg("%s", err.text);
    return list;
}

static void refuse(const char *text, const char *want)
{
    struct log_list *list = NULL;
    struct err err = {0};

    assert_false(log_list_parse(&list, bytes_of_text(text), &err));
    assert_int_equal(err.code, ERR_INVALID);
    if (strstr(err.text, want) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", want, err.text);
}

static struct listed_log *find(const struct log_list *list, const char *origin)
{
    struct hash id;

    log_list_id(&id, origin);
    return log_list_find(list, &id);
}

/* A policy is a list of its logs, whatever else it says. */
static void log_list_parse_policy(void **state)
{
    struct buf text = {0};
    struct log_list *list;

    (void)state;
    buf_append_format(&text, "# logs\n\n \tlog  %s \t https://log.example\nwitness w x\n", VKEY);
    buf_append_text(&text, "group g any w\nquorum g");
    list = parse(buf_text(&text));
    assert_int_equal(list->count, 1);
    assert_string_equal(find(list, "example.com/foo")->vkeys[0], VKEY);
    assert_null(find(list, "example.com/fo"));
    snapshot_release(&list->snapshot);
    buf_cleanup(&text);
}

/* A list of the witness network may name another origin and a rate. */
static void log_list_parse_network_list(void **state)
{
    struct buf text = {0};
    struct log_list *list;
    const struct listed_log *log;

    (void)state;
    buf_append_format(&text,
                      "# c\nlogs/v0\nvkey %s\norigin a tree of old\nqpd 24\ncontact x y\n"
                      "bastion none\n",
                      VKEY);
    list = parse(buf_text(&text));
    log = find(list, "a tree of old");
    assert_non_null(log);
    assert_int_equal(log->requests_per_day, 24);
    assert_null(find(list, "example.com/foo"));
    snapshot_release(&list->snapshot);
    buf_cleanup(&text);
}

/* No log at all is a list too. */
static void log_list_parse_nothing(void **state)
{
    struct log_list *list = parse("");

    (void)state;
    assert_int_equal(list->count, 0);
    assert_null(find(list, "example.com/foo"));
    snapshot_release(&list->snapshot);
}

/* What cannot be used is named with its line. */
static void log_list_parse_refused(void **state)
{
    struct buf text = {0};

    (void)state;
    refuse("log", "line 1: ");
    refuse("\nlog x", "line 2: ");
    refuse("lug x", "line 1: \"lug\" begins no line");
    refuse("logs/v0\norigin x\n", "line 2: a log begins with its vkey");
    buf_append_format(&text, "logs/v0\nvkey %s\nqpd x\n", VKEY);
    refuse(buf_text(&text), "line 3: qpd");
    buf_clear(&text);
    buf_append_format(&text, "logs/v0\nvkey %s\ncolour x\n", VKEY);
    refuse(buf_text(&text), "line 3: a log has no \"colour\"");
    buf_clear(&text);
    buf_append_format(&text, "log %s\nlog %s\n", VKEY, VKEY);
    refuse(buf_text(&text), "line 2: example.com/foo is listed twice");
    refuse("log log.example+00000000+AkFB\n", "line 1: key type 0x02 is not known");
    buf_cleanup(&text);
}

/* Ten thousand logs are each found by their origin. */
static void log_list_find_among_many(void **state)
{
    struct buf text = {0};
    struct log_list *list;
    char name[64];

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof(name), "log.example/%u", i);
        buf_append_text(&text, "log ");
        append_vkey(&text, name);
        buf_append_byte(&text, '\n');
    }
    list = parse(buf_text(&text));
    assert_int_equal(list->count, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof(name), "log.example/%u", i);
        assert_string_equal(find(list, name)->origin, name);
    }
    snapshot_release(&list->snapshot);
    buf_cleanup(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_list_parse_policy),  cmocka_unit_test(log_list_parse_network_list),
        cmocka_unit_test(log_list_parse_nothing), cmocka_unit_test(log_list_parse_refused),
        cmocka_unit_test(log_list_find_among_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
