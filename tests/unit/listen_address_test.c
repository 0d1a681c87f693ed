#include "server/transport/listen_address.h"

#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"

/* Numbers only, the port always there, brackets around IPv6 and nothing else. */
static void listen_address_parse_numeric_only(void **state)
{
    static const char *const good[] = {"127.0.0.1:0", "0.0.0.0:65535",  "[::1]:80",
                                       "[::]:0",      "192.0.2.7:8080", "[2001:db8::1]:443"};
    static const char *const bad[] = {
        "",         "127.0.0.1",      "127.0.0.1:", "127.0.0.1:65536", ":80",     "localhost:80",
        "::1:80",   "[127.0.0.1]:80", "[::1]",      "[::1]80",         "[]:80",   "127.0.0.1:080",
        "1.2.3:80", "127.0.0.1:80 ",  "[::1:80",    "127.0.0.1:-1",    "[::g]:80"};
    struct listen_address address;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(listen_address_parse(&address, good[i], &err));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err = (struct err){0};
        assert_false(listen_address_parse(&address, bad[i], &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.text, bad[i]));
    }
}

/* What only this machine can reach is 127.0.0.0/8 and ::1. */
static void listen_address_is_loopback_exact(void **state)
{
    static const struct {
        const char *text;
        bool is_loopback;
    } cases[] = {
        {"127.0.0.1:1", true},  {"127.255.0.9:1", true}, {"[::1]:1", true},
        {"126.0.0.1:1", false}, {"128.0.0.1:1", false},  {"0.0.0.0:1", false},
        {"[::]:1", false},      {"[::2]:1", false},      {"[::ffff:127.0.0.1]:1", false},
    };
    struct listen_address address;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(listen_address_parse(&address, cases[i].text, &err));
        assert_int_equal(listen_address_is_loopback(&address), cases[i].is_loopback);
    }
}

/* Port 0 becomes a real one, which is then taken for everybody else. */
static void listen_address_open_port_taken(void **state)
{
    struct listen_address address;
    struct buf name = {0};
    struct err err = {0};
    int first;
    int second;

    (void)state;
    assert_true(listen_address_parse(&address, "127.0.0.1:0", &err));
    assert_true(listen_address_open(&address, &first, &err));
    listen_address_append(&name, first);
    assert_true(bytes_start_with(bytes_of_buf(&name), bytes_of_text("127.0.0.1:")));
    assert_true(listen_address_parse(&address, buf_text(&name), &err));
    assert_false(listen_address_open(&address, &second, &err));
    assert_int_equal(err.code, ERR_BUSY);
    close(first);
    buf_cleanup(&name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listen_address_parse_numeric_only),
        cmocka_unit_test(listen_address_is_loopback_exact),
        cmocka_unit_test(listen_address_open_port_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
