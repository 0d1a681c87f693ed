/* The sequence numbers of the streams in a rule_world. */
#ifndef VOUCH_TESTS_SUPPORT_RULE_STREAMS_H
#define VOUCH_TESTS_SUPPORT_RULE_STREAMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { RULE_STREAMS_MAX = 64 };

/* Zeroed there are none. */
struct rule_streams {
    struct rule_stream {
        char name[128];
        uint64_t next; /* after what was admitted */
        uint64_t used; /* after the statement being made */
    } items[RULE_STREAMS_MAX];
    size_t count;
};

/* The next number of the record's stream. */
uint64_t rule_streams_take(struct rule_streams *streams, const char *issuer, json_t *record);

/* The statement is decided: its numbers are used, or given back. */
void rule_streams_settle(struct rule_streams *streams, bool admitted);

#endif
