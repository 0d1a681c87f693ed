/*
 * Writes the first inputs of every fuzz target: vectors, the shipped examples, and what our own
 * encoders write.
 *
 * usage: make_corpus DIRECTORY   (makes DIRECTORY/X for the target fuzz_X)
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "schemas/add_checkpoint.h"
#include "schemas/add_entries.h"
#include "schemas/dcbor.h"
#include "schemas/key_set.h"
#include "schemas/problem.h"
#include "schemas/receipt.h"
#include "schemas/run/run_document.h"
#include "schemas/run/run_random.h"
#include "schemas/seal.h"
#include "schemas/sign_subtree.h"
#include "schemas/statement.h"
#include "schemas/tlog_proof.h"
#include "schemas/view.h"
#include "tests/support/rng.h"
#include "tests/support/sample_cbor.h"
#include "tests/support/sample_records.h"
#include "tests/support/vectors.h"

enum { SEED = 1, EXAMPLE_LEN_MAX = 1 << 20, SAMPLES = 40 };

/* Where the inputs of one target go, numbered. */
struct sink {
    const char *directory;
    unsigned count;
};

static void require(bool ok, const struct err *err)
{
    if (!ok) {
        fprintf(stderr, "make_corpus: %s\n", err->text);
        abort();
    }
}

/* Writes content as the next input and empties it. */
static void put(struct sink *sink, struct buf *content)
{
    char *path = mem_format("%s/%03u", sink->directory, sink->count++);
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(content->data, 1, content->len, file) != content->len ||
        fclose(file) != 0) {
        perror(path);
        abort();
    }
    buf_clear(content);
    free(path);
}

static void put_texts(struct sink *sink, const char *const *texts, size_t count)
{
    struct buf content = {0};

    for (size_t i = 0; i < count; i++) {
        buf_append_text(&content, texts[i]);
        put(sink, &content);
    }
    buf_cleanup(&content);
}

/* Calls use with each record of an example run, as JSON. */
static void with_examples(struct sink *sink, void (*use)(struct sink *, struct buf *))
{
    glob_t found;

    if (glob(FILLED_EXAMPLES_DIR "/*/*.json", 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct buf json = {0};
        struct err err = {0};

        require(file_read(&json, found.gl_pathv[i], EXAMPLE_LEN_MAX, &err), &err);
        use(sink, &json);
        buf_cleanup(&json);
    }
    globfree(&found);
}

static void put_as_cbor(struct sink *sink, struct buf *json)
{
    struct buf cbor = {0};
    struct err err = {0};

    require(view_parse_json(&cbor, bytes_of_buf(json), &err), &err);
    put(sink, &cbor);
    buf_cleanup(&cbor);
}

static void make_dcbor_check(struct sink *sink, struct rng *rng)
{
    json_t *rows = vectors_load(VECTORS_DIR "/cbor/appendix_a.json");
    struct buf out = {0};

    for (size_t i = 0; i < json_array_size(rows); i++) {
        vectors_hex(&out, json_array_get(rows, i), "hex");
        put(sink, &out);
    }
    json_decref(rows);
    for (unsigned i = 0; i < SAMPLES; i++) {
        sample_append_item(&out, rng);
        put(sink, &out);
    }
    buf_cleanup(&out);
    with_examples(sink, put_as_cbor);
}

/* One of every type. */
static void put_every_type(struct sink *sink)
{
    struct sample_records *records = mem_alloc(sizeof(*records));
    char type[SAMPLE_TYPE_LEN_MAX];
    struct buf out = {0};

    sample_records_init(records, "engine.example", SEED);
    for (size_t i = 0; sample_record_type(type, i); i++) {
        sample_record_append(&out, records, type);
        put(sink, &out);
    }
    buf_cleanup(&out);
    free(records);
}

static void make_record(struct sink *sink, struct rng *rng)
{
    struct buf out = {0};

    put_every_type(sink);
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t count = 1 + rng_below(rng, 4);

        if (count > 1)
            dcbor_put_array(&out, count);
        for (uint64_t j = 0; j < count; j++)
            sample_append_record(&out, rng);
        put(sink, &out);
    }
    buf_cleanup(&out);
    with_examples(sink, put_as_cbor);
}

static void make_view_json(struct sink *sink, struct rng *rng)
{
    struct buf item = {0};
    struct buf out = {0};
    struct err err = {0};

    with_examples(sink, put);
    for (unsigned i = 0; i < SAMPLES; i++) {
        sample_append_record(&item, rng);
        require(view_append_json(&out, bytes_of_buf(&item), i % 2 == 0, &err), &err);
        put(sink, &out);
        buf_clear(&item);
    }
    buf_append_text(&out,
                    "{\"root\":\"AAEC\",\"run_ids\":[\"AA\",\"_-8\"],\"a\":\"\\ud800\\udd51\"}");
    put(sink, &out);
    buf_append_text(&out, "[-0,1.5,1e9,null,true,9223372036854775808]");
    put(sink, &out);
    buf_cleanup(&out);
    buf_cleanup(&item);
}

static void put_statement(struct sink *sink, enum key_type type, struct rng *rng)
{
    struct statement_claims claims = {STATEMENT_TYPE_RECORDS, "engine", "run/1", "log", 1700000000};
    struct signer *signer = NULL;
    struct buf payload = {0};
    struct buf out = {0};
    struct err err = {0};

    require(signer_generate(&signer, &out, type, &err), &err);
    buf_clear(&out);
    sample_append_record(&payload, rng);
    require(statement_sign(&out, signer, &claims, bytes_of_buf(&payload), &err), &err);
    put(sink, &out);
    claims = (struct statement_claims){STATEMENT_TYPE_LOG, "log", NULL, NULL, 1};
    require(statement_sign(&out, signer, &claims, bytes_of_buf(&payload), &err), &err);
    put(sink, &out);
    signer_close(signer);
    buf_cleanup(&out);
    buf_cleanup(&payload);
}

static void make_statement(struct sink *sink, struct rng *rng)
{
    glob_t found;
    struct buf out = {0};

    put_statement(sink, KEY_ED25519, rng);
    put_statement(sink, KEY_P256, rng);
    if (glob(VECTORS_DIR "/cose/*.json", 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            json_t *example = vectors_load(found.gl_pathv[i]);

            sample_append_hex(&out, vectors_text(vectors_get(example, "output"), "cbor"));
            put(sink, &out);
            json_decref(example);
        }
        globfree(&found);
    }
    buf_cleanup(&out);
}

static void make_problem(struct sink *sink, struct rng *rng)
{
    struct buf out = {0};

    (void)rng;
    for (size_t i = 1; i < problem_kind_count(); i++) {
        struct problem problem;

        problem_set(&problem, (enum problem_kind)i, "Something \"is\" wrong: %zu.", i);
        if (i % 2 == 0)
            problem_add(&problem, "/1/type", "5", "text");
        problem_encode(&out, &problem);
        put(sink, &out);
        problem_append_json(&out, &problem);
        put(sink, &out);
    }
    buf_cleanup(&out);
}

static void make_seal(struct sink *sink, struct rng *rng)
{
    struct buf out = {0};
    struct buf map = {0};

    for (unsigned i = 0; i < 4; i++) {
        struct seal_flag flags[] = {{bytes_of_text("G7"), bytes_of_text("late"), i, 1},
                                    {bytes_of_text("G7"), bytes_of_text("late"), i, 0},
                                    {bytes_of_text("M9"), bytes_of_text("degraded"), 0, i}};
        struct seal seal = {.first_index = rng_next(rng),
                            .entry_count = i,
                            .received_at_ms = i,
                            .rules_id = bytes_of_text("vouch"),
                            .rules_version = bytes_of_text("1")};

        buf_clear(&map);
        seal_flags_encode(&map, flags, i);
        if (i > 0)
            seal.flags = bytes_of_buf(&map);
        if (i % 2 == 0)
            rng_fill(rng, seal.previous.bytes, HASH_LEN);
        seal.witnessed.size = i;
        seal_encode(&out, &seal);
        put(sink, &out);
    }
    buf_cleanup(&map);
    buf_cleanup(&out);
}

/* One member of each row of a JSON file of vectors: base64 when is_base64, else as it stands. */
static void put_members(struct sink *sink, const char *path, const char *list, const char *key,
                        bool is_base64)
{
    json_t *json = vectors_load(path);
    const json_t *rows = list == NULL ? json : vectors_get(json, list);
    struct buf out = {0};

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (is_base64)
            vectors_base64(&out, row, key);
        else
            buf_append_text(&out, vectors_text(row, key));
        put(sink, &out);
    }
    buf_cleanup(&out);
    json_decref(json);
}

/* Every file that a pattern finds. */
static void put_files(struct sink *sink, const char *pattern)
{
    struct buf out = {0};
    glob_t found;

    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        vectors_read(&out, found.gl_pathv[i]);
        put(sink, &out);
    }
    globfree(&found);
    buf_cleanup(&out);
}

static void make_note(struct sink *sink, struct rng *rng)
{
    (void)rng;
    put_members(sink, VECTORS_DIR "/tlog/notes.json", NULL, "note_base64", true);
    put_files(sink, VECTORS_DIR "/tlog/log/checkpoint*");
}

static void make_vkey(struct sink *sink, struct rng *rng)
{
    (void)rng;
    put_members(sink, VECTORS_DIR "/tlog/vkeys.json", NULL, "vkey", false);
}

static void make_checkpoint(struct sink *sink, struct rng *rng)
{
    struct checkpoint checkpoint = {.origin = "log.example/evidence"};
    struct buf out = {0};

    for (unsigned i = 0; i < 4; i++) {
        checkpoint.size = rng_next(rng) >> (1 + 16 * i);
        rng_fill(rng, checkpoint.root.bytes, HASH_LEN);
        checkpoint_append_text(&out, &checkpoint);
        if (i % 2 == 0)
            buf_append_text(&out, "an extension line\n");
        put(sink, &out);
    }
    buf_cleanup(&out);
}

static void make_tlog_proof(struct sink *sink, struct rng *rng)
{
    (void)rng;
    put_members(sink, VECTORS_DIR "/tlog/proofs.json", "cases", "proof", false);
}

static void make_fork_proof(struct sink *sink, struct rng *rng)
{
    (void)rng;
    put_members(sink, VECTORS_DIR "/fork/proofs.json", "cases", "proof", false);
}

static void make_add_checkpoint(struct sink *sink, struct rng *rng)
{
    static const size_t counts[] = {0, 1, 4, ADD_CHECKPOINT_HASHES_MAX};
    struct buf out = {0};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct add_checkpoint request = {.old_size = i == 0 ? 0 : rng_next(rng) >> (i * 13 + 1)};

        request.proof.count = counts[i];
        rng_fill(rng, request.proof.hashes[0].bytes, counts[i] * HASH_LEN);
        request.checkpoint = bytes_of_text("log.example\n5\nroot\n\n\xe2\x80\x94 log.example AAAA\n");
        buf_clear(&out);
        add_checkpoint_append(&out, &request);
        put(sink, &out);
    }
    buf_cleanup(&out);
}

/* Bodies of entries that are their own numbers; each once more without its end. */
static void make_add_entries(struct sink *sink, struct rng *rng)
{
    static const struct entry_range uploads[] = {{0, 0}, {0, 1}, {5, 9}, {250, 260}, {0, 300}};
    struct buf out = {0};

    for (size_t i = 0; i < 2 * sizeof(uploads) / sizeof(uploads[0]); i++) {
        struct add_entries_head head = {.origin = "log.example", .upload = uploads[i / 2]};
        uint64_t next = head.upload.begin;

        head.ticket = bytes_of_text(i == 2 ? "ticket" : "");
        add_entries_append_head(&out, &head);
        while (next < head.upload.end) {
            struct add_entries_place place = add_entries_place_of(head.upload, next);
            struct add_entries_package package = {.proof = {.count = i}};
            struct buf entries = {0};

            for (; next < place.end; next++) {
                buf_append_be16(&entries, 1);
                buf_append_byte(&entries, (uint8_t)next);
            }
            package.entries = bytes_of_buf(&entries);
            rng_fill(rng, package.proof.hashes[0].bytes, i * HASH_LEN);
            add_entries_append_package(&out, &package);
            buf_cleanup(&entries);
        }
        out.len -= i % 2;
        put(sink, &out);
    }
    buf_cleanup(&out);
}

static void make_sign_subtree(struct sink *sink, struct rng *rng)
{
    static const size_t counts[] = {0, 1, 4, SIGN_SUBTREE_HASHES_MAX};
    struct buf out = {0};

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct sign_subtree request = {.range = {.begin = i * 8, .end = i * 8 + 5}};

        request.proof.count = counts[i];
        rng_fill(rng, request.hash.bytes, HASH_LEN);
        rng_fill(rng, request.proof.hashes[0].bytes, counts[i] * HASH_LEN);
        request.checkpoint = bytes_of_text("log.example\n50\nroot\n\n\xe2\x80\x94 w.example AAAA\n");
        buf_clear(&out);
        sign_subtree_append(&out, &request);
        put(sink, &out);
    }
    buf_cleanup(&out);
}

static void make_tile_path(struct sink *sink, struct rng *rng)
{
    (void)rng;
    put_members(sink, VECTORS_DIR "/tlog/tile-paths.json", "good", "path", false);
}

static void make_receipt(struct sink *sink, struct rng *rng)
{
    uint8_t signature[SIGNATURE_LEN] = {0};
    struct signer *signer = NULL;
    struct proof proof = {.count = 3};
    struct buf header = {0};
    struct buf out = {0};
    struct err err = {0};

    (void)rng;
    put_files(sink, VECTORS_DIR "/receipts/*/*/receipt*.cose");
    require(signer_generate(&signer, &out, KEY_P256, &err), &err);
    buf_clear(&out);
    receipt_append_protected(&header, signer, "log.example/evidence");
    receipt_append_inclusion(&out, bytes_of_buf(&header), signature, 5, 8, &proof);
    put(sink, &out);
    receipt_append_consistency(&out, bytes_of_buf(&header), signature, 5, 8, &proof);
    put(sink, &out);
    signer_close(signer);
    buf_cleanup(&header);
    buf_cleanup(&out);
}

static void make_cose_key(struct sink *sink, struct rng *rng)
{
    json_t *json = vectors_load(VECTORS_DIR "/thumbprint/rfc9679.json");
    struct signer *signers[2] = {NULL, NULL};
    struct public_key *keys[2];
    struct buf out = {0};
    struct err err = {0};

    (void)rng;
    vectors_hex(&out, vectors_get(json, "key"), "cose_key_hex");
    put(sink, &out);
    for (unsigned type = 0; type < 2; type++) {
        require(signer_generate(&signers[type], &out, (enum key_type)type, &err), &err);
        buf_clear(&out);
        keys[type] = signers[type]->public_key;
        public_key_append_cose(&out, keys[type]);
        put(sink, &out);
    }
    key_set_append(&out, keys, 2);
    put(sink, &out);
    for (unsigned type = 0; type < 2; type++)
        signer_close(signers[type]);
    buf_cleanup(&out);
    json_decref(json);
}

static void make_pem(struct sink *sink, struct rng *rng)
{
    struct buf out = {0};
    struct err err = {0};

    (void)rng;
    put_files(sink, VECTORS_DIR "/receipts/*/*/log-key.pub");
    for (unsigned type = 0; type < 2; type++) {
        struct signer *signer = NULL;

        require(signer_generate(&signer, &out, (enum key_type)type, &err), &err);
        put(sink, &out);
        signer_close(signer);
    }
    buf_cleanup(&out);
}

/* The first byte says what follows: see fuzz_id_token.c. */
static void make_id_token(struct sink *sink, struct rng *rng)
{
    static const char *const TEXTS[] = {
        "p{\"iss\":\"https://login.example\",\"aud\":\"vouch\",\"sub\":\"usr_77\","
        "\"iat\":1795166396,\"exp\":1795166996,\"auth_time\":1795166395,\"jti\":\"id-1\","
        "\"amr\":[\"pwd\",\"hwk\"],\"acr\":\"high\",\"nonce\":\"n\"}",
        "p{\"iss\":\"https://login.example\",\"aud\":[\"vouch\"],\"azp\":\"vouch\",\"sub\":\"a\","
        "\"iat\":1795166396.5,\"nbf\":1e9,\"exp\":1795166996,\"auth_time\":0,\"jti\":\"1\","
        "\"amr\":[\"mfa\"]}",
        "h{\"alg\":\"ES256\",\"kid\":\"a\",\"typ\":\"JWT\"}\n{\"iss\":\"https://login.example\"}",
        "h{\"alg\":\"none\"}\n{}",
        "teyJhbGciOiJFUzI1NiJ9.e30.AAAA",
        "teyJhbGciOiJub25lIn0.e30.",
        "k{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"1\","
        "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
        "{\"kty\":\"RSA\",\"key_ops\":[\"verify\"],\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
    };

    (void)rng;
    put_texts(sink, TEXTS, sizeof(TEXTS) / sizeof(TEXTS[0]));
}

static void make_record_schema(struct sink *sink, struct rng *rng)
{
    static const char *const texts[] = {
        "record /= a  a = { type: \"a\", header, n: natural, ? hashes: [1* bytes .size 2] }",
        "record /= a  a = { type: \"a\", header, ( x: id // y: bool ), counts: { + code => id } }",
        "record /= b  b = { type: \"b\", header, ? d: c }  c = natural / [* c]",
        "a = { digest: bytes .size 2, list: [id, bool], inner: { size: natural } }",
    };

    (void)rng;
    put_texts(sink, texts, sizeof(texts) / sizeof(texts[0]));
}

/* Each file of the schema: most of them refuse what others define, so there are whole texts too. */
static void make_cddl_compile(struct sink *sink, struct rng *rng)
{
    static const char *const texts[] = {
        "a = { kind: \"b\" / \"c\", ? n: uint .le 10, + d => [1*4 a] } d = tstr .size (1..8)",
        "a = b / c  b = { x: -5..5, g }  c = { y: bytes .size 2 }  g = ( ? z: bool // w: true )",
        "a = tstr .regexp \"[A-Z]{2}-[0-9]+\\\\.[a-f]?\"  a /= \"x\" ; more\nb = [a, * int]",
    };

    (void)rng;
    put_texts(sink, texts, sizeof(texts) / sizeof(texts[0]));
    put_files(sink, SCHEMAS_DIR "/*.cddl");
}

/* Records of every type, and those of a whole run: start, events, evaluations, manifest. */
static void make_admission(struct sink *sink, struct rng *rng)
{
    static const uint8_t seed[RUN_SEED_LEN] = {7};
    struct run_document_options options = {
        .issuer = "engine.example", .tenant = "test", .now_ms = SAMPLE_AT_MS, .seed = seed};
    struct run_document document;
    struct problem problem = {0};
    struct buf json = {0};
    struct err err = {0};

    make_record(sink, rng);
    require(file_read(&json, EXAMPLES_DIR "/run-document.json", EXAMPLE_LEN_MAX, &err), &err);
    if (!run_document_read(&document, bytes_of_buf(&json), &options, &problem))
        abort();
    for (size_t i = 0; i < document.payload_count; i++)
        put(sink, &document.payloads[i]);
    run_document_cleanup(&document);
    buf_cleanup(&json);
}

static const struct {
    const char *subject; /* X of fuzz_X */
    void (*make)(struct sink *sink, struct rng *rng);
} SUBJECTS[] = {
    {"dcbor_check", make_dcbor_check},
    {"record", make_record},
    {"admission", make_admission},
    {"cddl_check", make_record},
    {"cddl_compile", make_cddl_compile},
    {"record_schema", make_record_schema},
    {"view_json", make_view_json},
    {"statement", make_statement},
    {"problem", make_problem},
    {"seal", make_seal},
    {"note", make_note},
    {"vkey", make_vkey},
    {"checkpoint", make_checkpoint},
    {"tlog_proof", make_tlog_proof},
    {"fork_proof", make_fork_proof},
    {"add_checkpoint", make_add_checkpoint},
    {"add_entries", make_add_entries},
    {"sign_subtree", make_sign_subtree},
    {"receipt", make_receipt},
    {"tile_path", make_tile_path},
    {"cose_key", make_cose_key},
    {"pem", make_pem},
    {"id_token", make_id_token},
};

int main(int argc, char **argv)
{
    struct rng rng = rng_of(SEED);

    if (argc != 2) {
        fprintf(stderr, "usage: make_corpus DIRECTORY\n");
        return EXIT_FAILURE;
    }
    mkdir(argv[1], 0755);
    for (size_t i = 0; i < sizeof(SUBJECTS) / sizeof(SUBJECTS[0]); i++) {
        char *directory = mem_format("%s/%s", argv[1], SUBJECTS[i].subject);
        struct sink sink = {.directory = directory};

        mkdir(directory, 0755);
        SUBJECTS[i].make(&sink, &rng);
        free(directory);
    }
    return EXIT_SUCCESS;
}
