/* The files that the operands of a submission name. */
#ifndef VOUCH_CLIENT_SUBMIT_INPUTS_H
#define VOUCH_CLIENT_SUBMIT_INPUTS_H

#include "base/bytes.h"
#include "base/err.h"

/* stem: the file's name without folder and ending. */
typedef bool (*input_file_fn)(void *context, const char *path, const char *stem,
                              struct bytes content, struct err *err);

/*
 * Calls take for every file: operands in their order, and for a directory the files in it that end
 * in .json, .ndjson, .jsonl or .cbor, in the order of their names. "-" is left out.
 */
MUST_USE bool inputs_walk(const char *const *inputs, size_t count, input_file_fn take,
                          void *context, struct err *err);

/* Whether "-", standard input, is among them. */
bool inputs_have_stream(const char *const *inputs, size_t count);

#endif
