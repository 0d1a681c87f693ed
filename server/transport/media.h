/* Media types: the ones Vouch speaks, and which of them a client asks for. */
#ifndef VOUCH_SERVER_TRANSPORT_MEDIA_H
#define VOUCH_SERVER_TRANSPORT_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

enum media {
    MEDIA_CBOR,
    MEDIA_CBOR_SEQUENCE,
    MEDIA_JSON,
    MEDIA_COSE,
    MEDIA_STATEMENT,
    MEDIA_RECEIPT,
    MEDIA_TLOG_PROOF,
    MEDIA_TLOG_SIZE,
    MEDIA_TLOG_MIRROR_INFO,
    MEDIA_TEXT,
    MEDIA_OCTETS,
    MEDIA_METRICS,
    MEDIA_EVENT_STREAM,
    MEDIA_PROBLEM_CBOR,
    MEDIA_PROBLEM_JSON,
};

/* As written in a Content-Type header. */
const char *media_name(enum media media);

/* Whether a Content-Type header (may be NULL) names this type, parameters aside. */
bool media_is(const char *content_type, enum media media);

/*
 * The first type in an Accept header (may be NULL) that is among offered; offered[0] when there
 * is none, so a client that asks for nothing we have gets the default rather than an error.
 * Quality values only matter when they are 0.
 */
enum media media_accepted(const char *accept, const enum media *offered, size_t count);

#endif
