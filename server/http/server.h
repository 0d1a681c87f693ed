/* The HTTP side of a log as a whole: the writer and the HTTP threads. */
#ifndef VOUCH_SERVER_HTTP_SERVER_H
#define VOUCH_SERVER_HTTP_SERVER_H

#include "schemas/key.h"
#include "schemas/record_schema.h"
#include "server/oidc/providers.h"
#include "server/tlog/tlog.h"
#include "server/transport/transport.h"
#include "server/witnessing/witnessing.h"

struct http_server_options {
    struct transport_options transport;
    const char *origin; /* everything is borrowed */
    enum log_kind kind;
    struct store *store;
    struct tlog *tlog;
    struct signer *checkpoint_signer;
    struct signer *receipt_signer;             /* evidence logs */
    struct signer *log_signer;                 /* evidence logs */
    struct signer *intake_signer;              /* evidence logs */
    bool takes_run_documents;
    const struct record_schema *record_schema; /* evidence logs */
    struct providers *providers;               /* whose ID tokens are taken */
    struct witnessing *witnessing;
    struct anchoring *anchoring;
    size_t streams_max;
    uint32_t stream_heartbeat_ms;
    size_t queue_entries_max;
    size_t queue_bytes_max;
    uint64_t low_space_bytes;
    uint64_t heartbeat_interval_ms;
    /* Called after each publication, on the writer's thread, and must not block; may be NULL. */
    void (*published)(void *context, const struct store_head *head);
    void *published_context;
};

struct http_server;

/* Listens and serves when it returns true. */
MUST_USE bool http_server_start(struct http_server **out, const struct http_server_options *options,
                                struct err *err);

/*
 * Has the log say something, and waits for it (server/http/own_say.h). Any thread but those of the
 * server; not after http_server_stop has begun.
 */
MUST_USE bool http_server_say(struct http_server *server, struct tlog_own *own, bool *out_said,
                              struct err *err);

/* Stops accepting, answers what was accepted, ends all threads and frees; accepts NULL. */
void http_server_stop(struct http_server *server);

#endif
