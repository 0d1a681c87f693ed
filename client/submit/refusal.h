/* How a user is told what a log refused. */
#ifndef VOUCH_CLIENT_SUBMIT_REFUSAL_H
#define VOUCH_CLIENT_SUBMIT_REFUSAL_H

#include "schemas/problem.h"

/* One line on standard error: what was refused, and the problem's code, rule, detail, path, have, want. */
void refusal_print(const char *what, const struct problem *problem);

#endif
