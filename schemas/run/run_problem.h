/* What is wrong with a run document, and where in it. */
#ifndef VOUCH_SCHEMAS_RUN_RUN_PROBLEM_H
#define VOUCH_SCHEMAS_RUN_RUN_PROBLEM_H

#include "schemas/problem.h"
#include "schemas/record_fields.h"

/* The JSON pointer of a field of the document, "" for the document itself. */
void run_problem_path(char *out, size_t out_len, struct bytes document, const struct field *field);

/*
 * The problem "record" at a field of the document. missing: the member that is not there, else
 * NULL. have: NULL where it makes no sense. Returns false.
 */
bool run_problem_set(struct problem *problem, struct bytes document, const struct field *field,
                     const char *missing, const char *want);

/*
 * Moves the path of a problem with a record to the place in the document that the record was made
 * of. Members have the same names in both, so the rest of the path agrees.
 */
void run_problem_move(struct problem *problem, const char *place);

#endif
