/* The words of CDDL text (RFC 8610, appendix B), one after the other, without comments. */
#ifndef VOUCH_SCHEMAS_CDDL_LEX_H
#define VOUCH_SCHEMAS_CDDL_LEX_H

#include "base/bytes.h"
#include "base/err.h"
#include "schemas/cddl/cddl.h"

/* Where something stands; line and column count from 1, columns in bytes. */
struct cddl_place {
    uint32_t source;
    uint32_t line;
    uint32_t column;
    uint32_t offset; /* in the text of the source, from 0 */
};

enum cddl_token_kind {
    CDDL_TOKEN_END,
    CDDL_TOKEN_NAME,
    CDDL_TOKEN_TEXT,       /* with its quotes, escapes not decoded */
    CDDL_TOKEN_NUMBER,     /* an integer */
    CDDL_TOKEN_CONTROL,    /* with its dot: ".size" */
    CDDL_TOKEN_OCCURRENCE, /* ? * + n*m */
    CDDL_TOKEN_MARK,       /* punctuation */
};

struct cddl_token {
    enum cddl_token_kind kind;
    struct bytes text; /* borrowed from the source */
    struct cddl_place place;
    bool negative;  /* NUMBER: value is its amount */
    uint64_t value; /* NUMBER */
    uint64_t min;   /* OCCURRENCE */
    uint64_t max;   /* OCCURRENCE; UINT64_MAX for no limit */
};

struct cddl_lexer {
    const struct cddl_source *source;
    struct cddl_place place; /* of the next byte */
};

struct cddl_lexer cddl_lexer_of(const struct cddl_source *sources, uint32_t index);

/* ERR_INVALID for what begins no token, and for CDDL that is not supported. */
MUST_USE bool cddl_lex(struct cddl_lexer *lexer, struct cddl_token *out, struct err *err);

/* Sets ERR_INVALID with "name:line:column: " in front; returns false. */
bool cddl_fail(const struct cddl_source *sources, struct cddl_place place, struct err *err,
               const char *format, ...) PRINTF_LIKE(4, 5);

#endif
