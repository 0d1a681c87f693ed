/*
 * Writes the first inputs of the fuzz targets for what a client reads: from a small log that is
 * made here with all its keys.
 *
 * usage: make_client_corpus DIRECTORY   (makes DIRECTORY/X for the target fuzz_X)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "client/verify/audit_state.h"
#include "client/verify/fork_proof.h"
#include "client/verify/proof_view.h"
#include "schemas/anchor_file.h"
#include "schemas/checkpoint_list.h"
#include "schemas/dcbor.h"
#include "schemas/problem.h"
#include "schemas/run/run_document.h"
#include "schemas/timestamp.h"
#include "tests/support/authority.h"
#include "tests/support/issued_log.h"
#include "tests/support/reference_tree.h"

/* Where the inputs of one target go, numbered. */
struct sink {
    char *directory;
    unsigned count;
};

static struct sink sink_of(const char *root, const char *subject)
{
    struct sink sink = {.directory = mem_format("%s/%s", root, subject)};

    mkdir(root, 0755);
    mkdir(sink.directory, 0755);
    return sink;
}

/* Writes content as the next input and empties it. */
static void put(struct sink *sink, struct buf *content)
{
    char *path = mem_format("%s/%03u", sink->directory, sink->count++);
    struct err err = {0};

    if (!file_write_durable(path, bytes_of_buf(content), 0644, &err)) {
        fprintf(stderr, "make_client_corpus: %s\n", err.text);
        abort();
    }
    buf_clear(content);
    free(path);
}

static void make_policy(struct sink *sink, struct issued_log *log)
{
    static const char *const RESTS[] = {
        "quorum none\n",
        "quorum w1\n",
        "group g 2 w0 w1 w2\nquorum g\n",
        "# nested\ngroup a any w0 w1\n\tgroup b all a w2 \nquorum b\n",
    };
    struct buf out = {0};

    for (size_t i = 0; i < sizeof(RESTS) / sizeof(RESTS[0]); i++) {
        issued_log_policy(log, &out, RESTS[i]);
        put(sink, &out);
    }
    buf_cleanup(&out);
}

static void make_log_list(struct sink *sink, struct issued_log *log)
{
    static const char vkey[] =
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    struct buf out = {0};

    issued_log_policy(log, &out, "quorum none\n");
    put(sink, &out);
    buf_append_format(&out, "# c\n\nlogs/v0\nvkey %s\norigin a b\nqpd 24\ncontact x\n", vkey);
    put(sink, &out);
    buf_append_format(&out, "logs/v0\nvkey %s\norigin none\nbastion none\nqpd 0\n", vkey);
    put(sink, &out);
    buf_cleanup(&out);
}

static void make_audit_state(struct sink *sink, struct issued_log *log)
{
    struct audit audit = {0};
    struct buf note = {0};
    struct buf out = {0};
    struct err err = {0};

    issued_log_checkpoint(log, &note, 4, 1);
    for (uint64_t i = 0; i <= log->size; i++) {
        audit_state_append(&out, &audit, i < 4 ? (struct bytes){0} : bytes_of_buf(&note));
        put(sink, &out);
        if (i < log->size && !audit_append(&audit, bytes_of_buf(&log->entries[i]), &err))
            abort();
    }
    buf_cleanup(&note);
    buf_cleanup(&out);
}

static void make_bundle(struct sink *sink, struct issued_log *log)
{
    struct buf out = {0};

    issued_log_bundle(log, &out, 0, 4);
    put(sink, &out);
    issued_log_bundle(log, &out, 0, log->size);
    put(sink, &out);
    issued_log_bundle(log, &out, 4, 8);
    put(sink, &out);
    buf_append_text(&out, (const char[]){0, 1, 'a', 0});
    put(sink, &out);
    buf_cleanup(&out);
}

static void append_result(struct buf *out, const char *outcome, bool is_entry)
{
    struct problem problem = {0};

    (void)problem_set(&problem, PROBLEM_SIGNATURE, "a reason");
    dcbor_put_map(out, is_entry ? 3 : 2);
    if (is_entry) {
        dcbor_put_literal(out, "index");
        dcbor_put_uint(out, 70000);
    }
    dcbor_put_literal(out, "outcome");
    dcbor_put_literal(out, outcome);
    dcbor_put_literal(out, is_entry ? "entry_id" : "problem");
    if (is_entry)
        dcbor_put_literal(out, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    else
        problem_encode(out, &problem);
}

/* Heads and a fork proof of the same log, as one member sends them to another. */
static void make_exchange(struct sink *sink, struct issued_log *log)
{
    struct checkpoint forged = {.origin = ISSUED_LOG_ORIGIN, .size = 4};
    struct fork_proof proof;
    struct buf notes[2] = {0};
    struct buf out = {0};
    struct err err = {0};

    issued_log_checkpoint(log, &notes[0], 4, 3);
    CHECK(checkpoint_sign(&notes[1], &forged, log->checkpoint_signer, &err));
    CHECK(fork_proof_make(&proof, &(struct fork_side){.note = bytes_of_buf(&notes[0])},
                          &(struct fork_side){.note = bytes_of_buf(&notes[1])}, NULL, &err));
    fork_proof_append(&out, &proof);
    checkpoint_list_append(&out, 0, bytes_of_buf(&notes[0]));
    checkpoint_list_append(&out, 0, bytes_of_buf(&notes[1]));
    put(sink, &out);
    buf_append_bytes(&out, bytes_of_buf(&notes[0]));
    put(sink, &out);
    buf_cleanup(&notes[0]);
    buf_cleanup(&notes[1]);
    buf_cleanup(&out);
}

static void make_witness_reply(struct sink *sink, struct issued_log *log)
{
    static const char line[] =
        "\xe2\x80\x94 witness.example/w "
        "tY1O7gAAAABlU/EA9NACwXw/kFy10BAO0IFzpfag1Zbi4I4xeSA+ucGGZ64aOP1lhgx7MQtUC758W/B3iADamf4F4aAr"
        "aacOa/j7BA==\n";
    static const char *const replies[] = {"20852014\n", "0\n", line, "\n"};
    struct buf out = {0};

    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        buf_append_text(&out, replies[i]);
        put(sink, &out);
    }
    issued_log_checkpoint(log, &out, 4, 7);
    buf_append_text(&out, line);
    put(sink, &out);
    buf_cleanup(&out);
}

/* A stream of each way to end a line. */
static void make_event_parser(struct sink *sink, struct issued_log *log)
{
    static const char *const streams[] = {
        "retry: 2000\n\nid: 0\nevent: entry\ndata: {\"index\":0}\n\n:\n\n",
        "\xef\xbb\xbfid: checkpoint-2\r\nevent: checkpoint\r\ndata: {}\r\ndata\r\n\r\n",
        "data:a\rdata: b\rid\r\revent\r\r",
    };

    (void)log;
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        struct buf content = {0};

        buf_append_text(&content, streams[i]);
        put(sink, &content);
        buf_cleanup(&content);
    }
}

static void make_batch_reply(struct sink *sink, struct issued_log *log)
{
    struct buf out = {0};

    (void)log;
    append_result(&out, "added", true);
    append_result(&out, "duplicate", true);
    put(sink, &out);
    append_result(&out, "refused", false);
    append_result(&out, "added", true);
    put(sink, &out);
    buf_cleanup(&out);
}

static void make_evidence(struct sink *sink, struct issued_log *log)
{
    struct consistency_view view = {.old_size = 4, .new_size = 8};
    struct buf out = {0};

    issued_log_receipt(log, &out, 1, 8);
    put(sink, &out);
    issued_log_consistency_receipt(log, &out, 4, 8);
    put(sink, &out);
    issued_log_tlog_proof(log, &out, 2, 8, 3);
    put(sink, &out);
    issued_log_checkpoint(log, &out, 8, 7);
    put(sink, &out);
    buf_append_bytes(&out, bytes_of_buf(&log->entries[0]));
    put(sink, &out);
    reference_consistency(&view.proof, 4, log->leaves, 8);
    consistency_view_append_json(&out, &view);
    put(sink, &out);
    buf_cleanup(&out);
}

/* Small ones, since a mutation of a small document is more often one. */
static void make_run_document(struct sink *sink, struct issued_log *log)
{
    static const char head[] = "{\"tenant\":\"t\",\"workflow\":\"w@1\",\"environment\":\"test\","
                               "\"risk\":\"low\",\"mode\":\"live\",\"trigger\":{\"kind\":\"user\","
                               "\"triggered_by\":\"u\"},";
    static const char *const rests[] = {
        "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"tool\"}]}",
        "\"run_id\":\"0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b\",\"started_at_ms\":5,\"nodes\":["
        "{\"node_id\":\"a\",\"kind\":\"tool\",\"status\":\"failed\",\"ended_at_ms\":9}]}",
        "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"policy\",\"inputs\":[{\"artifact_id\":\"x\","
        "\"content\":\"c\"}],\"evaluation\":{\"policy\":\"p@1\",\"decision\":\"deny\","
        "\"remedy\":\"stop\"},\"status\":\"blocked\"}]}",
        "\"nodes\":[{\"node_id\":\"a\",\"kind\":\"agent\",\"status\":\"fallback\",\"degradation\":"
        "{\"kind\":\"model-swap\",\"planned\":true,\"reason\":{\"code\":\"r\"}},\"action\":"
        "{\"operation\":\"o\",\"resource\":\"r\",\"arguments\":{\"text\":\"t\"}},\"approval\":"
        "\"i/0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b\",\"side_effect_key\":\"k\"}]}",
        "\"labels\":{\"a\":\"b\"},\"nodes\":[{\"node_id\":\"a\",\"kind\":\"model\",\"inputs\":[\"x\"],"
        "\"outputs\":[{\"artifact_id\":\"y\",\"content\":\"c\"}],\"model_call\":{\"request_model\":"
        "\"p/n@1\",\"input\":\"i\"}}],\"result\":{\"kind\":\"summary\",\"artifact_id\":\"y\"}}",
    };
    struct buf content = {0};
    struct err err = {0};

    (void)log;
    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
        buf_append_format(&content, "%s%s", head, rests[i]);
        put(sink, &content);
    }
    if (!file_read(&content, EXAMPLES_DIR "/run-document.json", RUN_DOCUMENT_LEN_MAX, &err))
        abort();
    put(sink, &content);
    buf_cleanup(&content);
}

/* The certificate of a CA, a zero byte, and what an authority under it answers, or its token. */
static void make_timestamp(struct sink *sink, struct issued_log *log)
{
    const struct authority_options options = {
        .at_s = 1795000000, .begins_at_s = 1794000000, .ends_at_s = 1796000000, .accuracy_s = 1};
    struct authority *authority = authority_new(&options);
    struct timestamp_query query = {0};
    struct buf question = {0};
    struct buf reply = {0};
    struct buf out = {0};
    struct err err = {0};

    (void)log;
    hash_sha256(&query.imprint, bytes_of_text("what is stamped"));
    if (!timestamp_query_append(&question, &query, &err))
        abort();
    authority_answer(&reply, authority, bytes_of_buf(&question));
    for (int is_token = 0; is_token < 2; is_token++) {
        authority_append_ca(&out, authority);
        buf_append_byte(&out, 0);
        if (!is_token)
            buf_append_bytes(&out, bytes_of_buf(&reply));
        else if (!timestamp_reply_token(&out, bytes_of_buf(&reply), &err))
            abort();
        put(sink, &out);
    }
    authority_free(authority);
    buf_cleanup(&question);
    buf_cleanup(&reply);
    buf_cleanup(&out);
}

static void make_anchor_file(struct sink *sink, struct issued_log *log)
{
    struct anchor_file anchor = {.target = bytes_of_text("a.b"),
                                 .location = bytes_of_text("https://a.example/b"),
                                 .time_ms = 5};
    struct buf note = {0};
    struct buf out = {0};

    issued_log_checkpoint(log, &note, 8, 1);
    anchor.note = bytes_of_buf(&note);
    anchor_file_append(&out, &anchor);
    put(sink, &out);
    anchor.kind = ANCHOR_RFC3161;
    buf_append_text(&anchor.proof, "0\x03\x02\x01\x01");
    anchor_file_append(&out, &anchor);
    put(sink, &out);
    anchor.kind = ANCHOR_OTHER_LOG;
    buf_clear(&anchor.proof);
    issued_log_tlog_proof(log, &anchor.proof, 2, 8, 3);
    anchor_file_append(&out, &anchor);
    put(sink, &out);
    buf_cleanup(&anchor.proof);
    buf_cleanup(&note);
    buf_cleanup(&out);
}

static const struct {
    const char *subject; /* X of fuzz_X */
    void (*make)(struct sink *sink, struct issued_log *log);
} SUBJECTS[] = {
    {"policy", make_policy},
    {"log_list", make_log_list},
    {"audit_state", make_audit_state},
    {"bundle", make_bundle},
    {"batch_reply", make_batch_reply},
    {"exchange", make_exchange},
    {"witness_reply", make_witness_reply},
    {"event_parser", make_event_parser},
    {"evidence", make_evidence},
    {"run_document", make_run_document},
    {"timestamp", make_timestamp},
    {"anchor_file", make_anchor_file},
};

int main(int argc, char **argv)
{
    struct issued_log *log = mem_alloc(sizeof(*log));

    if (argc != 2) {
        fprintf(stderr, "usage: make_client_corpus DIRECTORY\n");
        return EXIT_FAILURE;
    }
    issued_log_init(log);
    issued_log_grow(log, 3, 3);
    for (size_t i = 0; i < sizeof(SUBJECTS) / sizeof(SUBJECTS[0]); i++) {
        struct sink sink = sink_of(argv[1], SUBJECTS[i].subject);

        SUBJECTS[i].make(&sink, log);
        free(sink.directory);
    }
    issued_log_cleanup(log);
    free(log);
    return EXIT_SUCCESS;
}
