/*
 * What was said in a rule_world, written down to be said again to a real log: one JSON object a line,
 * appended to the file that VOUCH_RULE_TRANSCRIPT names; without it nothing is written.
 *
 * {"world", "at_ms", "says", "verdict"}  a record of the log itself, CBOR in base64url
 * {"world", "at_ms", "statement", "verdict"}
 *      a signed statement in base64url, absent where nobody has the key; the verdict is
 *      {"rule", "code", "path", "have", "want"} or {"flags": [["RULE/code", record number], …]}
 * {"world", "left_out"}                  "RULE/code" is not asked from here on
 *
 * So that many worlds can be told to one log, people, issuers and the tenant of each get a name of
 * their own.
 */
#ifndef VOUCH_TESTS_SUPPORT_RULE_TRANSCRIPT_H
#define VOUCH_TESTS_SUPPORT_RULE_TRANSCRIPT_H

#include <jansson.h>

#include "schemas/key.h"
#include "schemas/rules/admission.h"

struct rule_transcript;

struct rule_transcript *rule_transcript_new(void); /* NULL: nobody asks for one */
void rule_transcript_free(struct rule_transcript *transcript);

/* All accept NULL, which writes nothing and renames nobody. */

/* The name that an issuer or tenant has in this world; in out where it is another one. */
enum { RULE_NAME_MAX = 64 };
const char *rule_transcript_name(const struct rule_transcript *transcript, const char *name,
                                 char out[RULE_NAME_MAX]);

/* A text of a record, under this key or in a list there. issuers, separated by commas, are those
 * registered so far, by the names that tests use. Returns a new value. */
json_t *rule_transcript_text(const struct rule_transcript *transcript, const char *key,
                             json_t *text, const char *issuers);

/* The same for all "@unique" of a world, another in each. */
uint64_t rule_transcript_salt(const struct rule_transcript *transcript);

void rule_transcript_left_out(struct rule_transcript *transcript, const char *rule,
                              const char *code);

/* signer NULL: nobody has a key. */
void rule_transcript_statement(struct rule_transcript *transcript,
                               const struct admission_entry *entry, struct signer *signer,
                               const struct admission_verdict *verdict);

#endif
