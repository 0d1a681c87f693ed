/*
 * The one question: type the short code of what was shown. A code cannot be typed without reading
 * it, and there is no answer that is a yes by habit.
 */
#ifndef VOUCH_CLIENT_DECISION_QUESTION_H
#define VOUCH_CLIENT_DECISION_QUESTION_H

#include "base/err.h"
#include "merkle/hash.h"

enum { SHORT_CODE_LEN = 9 };

/* "3fa9-17c2": the first four bytes of a digest over everything that was shown. */
void short_code_make(char out[SHORT_CODE_LEN + 1], const struct hash *digest);

/* Whether an answer is that code: case, blanks and dashes do not count. */
bool short_code_is(const char *code, const char *answer);

/*
 * Asks on standard error and reads one line from standard input, which must be a terminal.
 * ERR_INVALID when the answer is anything but the code: then nothing was decided.
 */
MUST_USE bool question_ask(const char *question, const char *code, struct err *err);

#endif
