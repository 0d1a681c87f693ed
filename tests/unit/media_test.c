#include "server/transport/media.h"

#include "tests/support/cmocka_all.h"

/* A Content-Type is compared without case, spaces and parameters, and as a whole. */
static void media_is_ignores_parameters(void **state)
{
    (void)state;
    assert_true(media_is("application/cose", MEDIA_COSE));
    assert_true(media_is("  Application/COSE ; cose-type=x", MEDIA_COSE));
    assert_true(media_is("text/plain", MEDIA_TEXT));
    assert_false(media_is(NULL, MEDIA_COSE));
    assert_false(media_is("", MEDIA_COSE));
    assert_false(media_is("application/cos", MEDIA_COSE));
    assert_false(media_is("application/cose2", MEDIA_COSE));
    assert_false(media_is("application/cbor", MEDIA_CBOR_SEQUENCE));
    assert_false(media_is("application/cbor-seq", MEDIA_CBOR));
}

static enum media accepted(const char *accept)
{
    static const enum media offered[] = {MEDIA_CBOR, MEDIA_JSON, MEDIA_TLOG_PROOF};

    return media_accepted(accept, offered, 3);
}

/* The first type that is offered wins; whoever asks for nothing on offer gets the default. */
static void media_accepted_first_offered(void **state)
{
    (void)state;
    assert_int_equal(accepted(NULL), MEDIA_CBOR);
    assert_int_equal(accepted(""), MEDIA_CBOR);
    assert_int_equal(accepted("*/*"), MEDIA_CBOR);
    assert_int_equal(accepted("text/html"), MEDIA_CBOR);
    assert_int_equal(accepted("application/json"), MEDIA_JSON);
    assert_int_equal(accepted("Application/JSON;charset=utf-8"), MEDIA_JSON);
    assert_int_equal(accepted("text/html, application/json;q=0.9, */*;q=0.8"), MEDIA_JSON);
    assert_int_equal(accepted("text/x.tlog.proof,application/json"), MEDIA_TLOG_PROOF);
    assert_int_equal(accepted("application/scitt-receipt+cose,,, application/cbor"), MEDIA_CBOR);
    assert_int_equal(accepted(",;,;;q=,"), MEDIA_CBOR);
}

/* A type with quality 0 is not acceptable; any other quality is. */
static void media_accepted_quality_zero(void **state)
{
    (void)state;
    assert_int_equal(accepted("application/json;q=0"), MEDIA_CBOR);
    assert_int_equal(accepted("application/json;q=0.000, text/x.tlog.proof"), MEDIA_TLOG_PROOF);
    assert_int_equal(accepted("application/json; v=1; q=0"), MEDIA_CBOR);
    assert_int_equal(accepted("application/json;q=0.001"), MEDIA_JSON);
    assert_int_equal(accepted("application/json;q=0.5, text/x.tlog.proof;q=1"), MEDIA_JSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_is_ignores_parameters),
        cmocka_unit_test(media_accepted_first_offered),
        cmocka_unit_test(media_accepted_quality_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
