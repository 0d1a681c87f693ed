#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    err->code = code;
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return false;
}

/* Appends ": text", cutting what does not fit. */
static void append_text(struct err *err, const char *text)
{
    size_t len = strlen(err->text);

    snprintf(err->text + len, sizeof(err->text) - len, ": %s", text);
}

bool err_set_errno(struct err *err, enum err_code code, int errno_value, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    err->code = code;
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    append_text(err, strerror(errno_value));
    return false;
}

bool err_wrap(struct err *err, const char *format, ...)
{
    char inner[sizeof(err->text)];
    va_list args;

    memcpy(inner, err->text, sizeof(inner));
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    append_text(err, inner);
    return false;
}

const char *err_code_name(enum err_code code)
{
    switch (code) {
    case ERR_NONE:
        return "none";
    case ERR_INVALID:
        return "invalid";
    case ERR_REFUSED:
        return "refused";
    case ERR_NOT_FOUND:
        return "not found";
    case ERR_BUSY:
        return "busy";
    case ERR_IO:
        return "io";
    case ERR_CORRUPT:
        return "corrupt";
    }
    return "unknown";
}
