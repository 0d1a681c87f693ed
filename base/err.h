/* What went wrong: a code to act on and a sentence to read. */
#ifndef VOUCH_BASE_ERR_H
#define VOUCH_BASE_ERR_H

#include <stdbool.h>

#include "base/check.h"

/* A new code is added only when some caller must act differently on it. */
enum err_code {
    ERR_NONE = 0,
    ERR_INVALID,   /* malformed input, configuration or argument */
    ERR_REFUSED,   /* well-formed, but not allowed */
    ERR_NOT_FOUND, /* no such thing */
    ERR_BUSY,      /* try again later: queue full, low space, locked by another process */
    ERR_IO,        /* the operating system or a library could not do it */
    ERR_CORRUPT,   /* stored data is not what was written */
};

/* Zero-initialise before use. Success touches nothing. */
struct err {
    enum err_code code;
    char text[256];
};

/* Sets code and text; returns false so that callers can `return err_set(...)`. */
bool err_set(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* As err_set with ": " and the text of errno_value appended. */
bool err_set_errno(struct err *err, enum err_code code, int errno_value, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Puts "format: " in front of the text already there, keeps the code; returns false. */
bool err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* "invalid", "not found", ... for operators and tests. */
const char *err_code_name(enum err_code code);

#endif
