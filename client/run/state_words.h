/* What the words in the state of a run mean. */
#ifndef VOUCH_CLIENT_RUN_STATE_WORDS_H
#define VOUCH_CLIENT_RUN_STATE_WORDS_H

#include "base/bytes.h"

/* Each is a sentence, or "" for a word that is not known. */
const char *status_meaning(struct bytes status);   /* "open" */
const char *grade_meaning(struct bytes grade);     /* "B" */
const char *question_meaning(struct bytes name);   /* "start-and-manifest" */
const char *approval_meaning(struct bytes state);  /* "used" */

/* The states of a question in the order in which a reader wants them: what is lacking first. */
enum { ITEM_STATE_COUNT = 5 };
extern const char *const ITEM_STATES[ITEM_STATE_COUNT];

#endif
