/* cmocka and the headers it needs before it, in the order it needs them. */
#ifndef VOUCH_TESTS_SUPPORT_CMOCKA_ALL_H
#define VOUCH_TESTS_SUPPORT_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
