/* The keys a log binds to its own statements survive being written and read. */
#include "client/verify/log_key_list.h"

#include "tests/support/cmocka_all.h"

static void add_key(struct log_key_list *list, enum key_type type, uint64_t begin, uint64_t end)
{
    struct signer *signer = NULL;
    struct buf cose = {0};
    struct buf pem = {0};
    struct err err = {0};

    assert_true(signer_generate(&signer, &pem, type, &err));
    public_key_append_cose(&cose, signer->public_key);
    assert_true(public_key_from_cose(&list->keys[list->count].key, bytes_of_buf(&cose), &err));
    list->keys[list->count].begin_size = begin;
    list->keys[list->count++].end_size = end;
    signer_close(signer);
    buf_cleanup(&cose);
    buf_cleanup(&pem);
}

/* What was appended is read back, key by key, and found for the same entries. */
static void log_key_list_parse_appended(void **state)
{
    struct log_key_list list = {0};
    struct log_key_list again = {0};
    struct buf text = {0};
    struct err err = {0};

    (void)state;
    add_key(&list, KEY_P256, 0, 40);
    add_key(&list, KEY_ED25519, 40, UINT64_MAX);
    log_key_list_append(&text, &list);
    assert_true(log_key_list_parse(&again, bytes_of_buf(&text), &err));
    assert_int_equal(again.count, 2);
    for (size_t i = 0; i < 2; i++) {
        struct bytes kid = hash_bytes(public_key_thumbprint(list.keys[i].key));

        assert_true(public_key_equal(list.keys[i].key, again.keys[i].key));
        assert_non_null(log_key_list_find(&again, kid, i == 0 ? 39 : 40));
        assert_null(log_key_list_find(&again, kid, i == 0 ? 40 : 39));
    }
    log_key_list_cleanup(&again);
    log_key_list_cleanup(&list);
    buf_cleanup(&text);
}

/* A text that is cut anywhere but between two keys is refused. */
static void log_key_list_parse_cut(void **state)
{
    struct log_key_list list = {0};
    struct buf text = {0};

    (void)state;
    add_key(&list, KEY_ED25519, 0, UINT64_MAX);
    log_key_list_append(&text, &list);
    for (size_t len = 1; len < text.len; len++) {
        struct log_key_list cut = {0};
        struct err err = {0};

        assert_false(log_key_list_parse(&cut, bytes_of(text.data, len), &err));
        log_key_list_cleanup(&cut);
    }
    log_key_list_cleanup(&list);
    buf_cleanup(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_key_list_parse_appended),
        cmocka_unit_test(log_key_list_parse_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
