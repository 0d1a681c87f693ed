/* The paragraphs of sample_records.txt, and putting values where they have words with $. */
#ifndef VOUCH_TESTS_SUPPORT_SAMPLE_TEXT_H
#define VOUCH_TESTS_SUPPORT_SAMPLE_TEXT_H

#include "base/bytes.h"

/* Appends what a word stands for, name being the word without its $. False: nothing known. */
typedef bool (*sample_value_fn)(void *context, struct buf *out, struct bytes name);

/* Name and text of the paragraph with this number, from 0; false after the last one. */
bool sample_text_at(struct bytes *out_name, struct bytes *out_text, size_t number);

/* The text of the paragraph with this name, which must be there. */
struct bytes sample_text_named(const char *name);

/*
 * Appends text with each $word replaced: by the text of the paragraph of that name, or else by what
 * value appends. Ends the program for a word that neither knows.
 */
void sample_text_expand(struct buf *out, struct bytes text, sample_value_fn value, void *context);

#endif
