#include "tests/support/issued_log.h"

#include <stdio.h>
#include <string.h>

#include "schemas/checkpoint.h"
#include "schemas/receipt.h"
#include "schemas/seal.h"
#include "schemas/statement.h"
#include "schemas/tlog_proof.h"
#include "tests/support/reference_tree.h"
#include "tests/support/sample_records.h"

static const uint64_t FIRST_MS = 1795000000000;
static const char ISSUER[] = "engine.example";

static struct signer *new_signer(enum key_type type)
{
    struct signer *signer;
    struct buf pem = {0};
    struct err err = {0};

    CHECK(signer_generate(&signer, &pem, type, &err));
    buf_cleanup(&pem);
    return signer;
}

void issued_log_init(struct issued_log *log)
{
    *log = (struct issued_log){.now_ms = FIRST_MS};
    log->checkpoint_signer = new_signer(KEY_ED25519);
    log->receipt_signer = new_signer(KEY_P256);
    log->log_signer = new_signer(KEY_P256);
    log->issuer_signer = new_signer(KEY_P256);
    for (unsigned i = 0; i < ISSUED_LOG_WITNESSES; i++)
        log->witnesses[i] = new_signer(KEY_ED25519);
    log->log_keys.keys[0] = log->receipt_signer->public_key;
    log->log_keys.keys[1] = log->log_signer->public_key;
    log->log_keys.count = 2;
    log->issuer_keys.keys[0] = log->issuer_signer->public_key;
    log->issuer_keys.count = 1;
}

void issued_log_cleanup(struct issued_log *log)
{
    for (uint64_t i = 0; i < log->size; i++)
        buf_cleanup(&log->entries[i]);
    for (unsigned i = 0; i < ISSUED_LOG_WITNESSES; i++)
        signer_close(log->witnesses[i]);
    signer_close(log->checkpoint_signer);
    signer_close(log->receipt_signer);
    signer_close(log->log_signer);
    signer_close(log->issuer_signer);
}

void issued_log_add_bytes(struct issued_log *log, struct bytes entry)
{
    CHECK(log->size < ISSUED_LOG_ENTRIES_MAX);
    buf_append_bytes(&log->entries[log->size], entry);
    hash_leaf(&log->leaves[log->size], entry);
    log->size++;
}

static void add_signed(struct issued_log *log, struct signer *signer, const char *content_type,
                       const char *issuer, struct bytes payload)
{
    struct statement_claims claims = {
        .content_type = content_type, .issuer = issuer, .issued_at_s = log->now_ms / 1000};
    struct buf entry = {0};
    struct err err = {0};

    CHECK(statement_sign(&entry, signer, &claims, payload, &err));
    issued_log_add_bytes(log, bytes_of_buf(&entry));
    buf_cleanup(&entry);
}

void issued_log_add(struct issued_log *log, uint64_t number)
{
    struct buf record = {0};

    sample_record_append_lone(&record, ISSUER, number, log->now_ms, 0);
    add_signed(log, log->issuer_signer, STATEMENT_TYPE_RECORDS, ISSUER, bytes_of_buf(&record));
    buf_cleanup(&record);
}

void issued_log_seal(struct issued_log *log)
{
    struct seal seal = {
        .first_index = log->sealed_size,
        .entry_count = log->size - log->sealed_size,
        .received_at_ms = log->now_ms,
        .previous = log->seal,
        .rules_id = bytes_of_text("vouch"),
        .rules_version = bytes_of_text("1"),
        .witnessed = log->witnessed,
    };
    struct buf record = {0};

    issued_log_root(log, &seal.root, log->size);
    seal_encode(&record, &seal);
    add_signed(log, log->log_signer, STATEMENT_TYPE_LOG, ISSUED_LOG_ORIGIN, bytes_of_buf(&record));
    log->seal = log->leaves[log->size - 1];
    log->sealed_size = log->size;
    log->now_ms += 1000;
    buf_cleanup(&record);
}

void issued_log_grow(struct issued_log *log, unsigned commits, unsigned entries_each)
{
    for (unsigned i = 0; i < commits; i++) {
        for (unsigned k = 0; k < entries_each; k++)
            issued_log_add(log, log->size);
        issued_log_seal(log);
    }
}

void issued_log_root(const struct issued_log *log, struct hash *out, uint64_t size)
{
    reference_root(out, log->leaves, size);
}

static void add_cosignature(struct issued_log *log, struct buf *out, unsigned witness,
                            struct bytes text)
{
    struct signer *signer = log->witnesses[witness];
    uint64_t time_s = FIRST_MS / 1000 + witness + log->cosigned_later_s;
    struct buf message = {0};
    struct buf signature = {0};
    struct err err = {0};
    char name[32];

    snprintf(name, sizeof(name), "witness.example/w%u", witness);
    note_cosignature_message(&message, time_s, text);
    buf_append_be64(&signature, time_s);
    CHECK(signer_sign(signer, buf_extend(&signature, SIGNATURE_LEN), bytes_of_buf(&message), &err));
    note_append_signature(out, name, note_key_id(name, NOTE_TYPE_COSIGNATURE, signer->public_key),
                          bytes_of_buf(&signature));
    buf_cleanup(&message);
    buf_cleanup(&signature);
}

void issued_log_checkpoint(struct issued_log *log, struct buf *out, uint64_t size,
                           unsigned witnesses)
{
    struct checkpoint checkpoint = {.origin = ISSUED_LOG_ORIGIN, .size = size};
    struct buf text = {0};
    struct err err = {0};

    issued_log_root(log, &checkpoint.root, size);
    CHECK(checkpoint_sign(out, &checkpoint, log->checkpoint_signer, &err));
    checkpoint_append_text(&text, &checkpoint);
    for (unsigned i = 0; i < ISSUED_LOG_WITNESSES; i++) {
        if ((witnesses >> i & 1) != 0)
            add_cosignature(log, out, i, bytes_of_buf(&text));
    }
    buf_cleanup(&text);
}

static void sign_root(struct issued_log *log, struct buf *out_header,
                      uint8_t out_signature[SIGNATURE_LEN], uint64_t size)
{
    struct err err = {0};
    struct hash root;

    issued_log_root(log, &root, size);
    receipt_append_protected(out_header, log->receipt_signer, ISSUED_LOG_ORIGIN);
    CHECK(receipt_sign(out_signature, log->receipt_signer, bytes_of_buf(out_header), &root, &err));
}

void issued_log_receipt(struct issued_log *log, struct buf *out, uint64_t index, uint64_t size)
{
    uint8_t signature[SIGNATURE_LEN];
    struct buf header = {0};
    struct proof proof;

    sign_root(log, &header, signature, size);
    reference_inclusion(&proof, index, log->leaves, size);
    receipt_append_inclusion(out, bytes_of_buf(&header), signature, index, size, &proof);
    buf_cleanup(&header);
}

void issued_log_consistency_receipt(struct issued_log *log, struct buf *out, uint64_t old_size,
                                    uint64_t new_size)
{
    uint8_t signature[SIGNATURE_LEN];
    struct buf header = {0};
    struct proof proof;

    sign_root(log, &header, signature, new_size);
    reference_consistency(&proof, old_size, log->leaves, new_size);
    receipt_append_consistency(out, bytes_of_buf(&header), signature, old_size, new_size, &proof);
    buf_cleanup(&header);
}

void issued_log_tlog_proof(struct issued_log *log, struct buf *out, uint64_t index, uint64_t size,
                           unsigned witnesses)
{
    struct tlog_proof proof = {.index = index};
    struct buf checkpoint = {0};

    reference_inclusion(&proof.proof, index, log->leaves, size);
    issued_log_checkpoint(log, &checkpoint, size, witnesses);
    proof.checkpoint = bytes_of_buf(&checkpoint);
    tlog_proof_append(out, &proof);
    buf_cleanup(&checkpoint);
}

void issued_log_bundle(const struct issued_log *log, struct buf *out, uint64_t begin, uint64_t end)
{
    for (uint64_t i = begin; i < end; i++) {
        buf_append_be16(out, (uint16_t)log->entries[i].len);
        buf_append_bytes(out, bytes_of_buf(&log->entries[i]));
    }
}

static void append_vkey(struct buf *out, const char *name, uint8_t type,
                        const struct signer *signer)
{
    struct note_verifier verifier = {0};
    struct err err = {0};

    CHECK(note_verifier_init(&verifier, name, type, signer->public_key, &err));
    note_verifier_append(out, &verifier);
    note_verifier_cleanup(&verifier);
}

void issued_log_vkey(const struct issued_log *log, struct buf *out)
{
    append_vkey(out, ISSUED_LOG_ORIGIN, NOTE_TYPE_ED25519, log->checkpoint_signer);
}

void issued_log_witness_vkey(const struct issued_log *log, struct buf *out, unsigned witness)
{
    char name[32];

    snprintf(name, sizeof(name), "witness.example/w%u", witness);
    append_vkey(out, name, NOTE_TYPE_COSIGNATURE, log->witnesses[witness]);
}

void issued_log_policy(const struct issued_log *log, struct buf *out, const char *rest)
{
    buf_append_text(out, "log ");
    issued_log_vkey(log, out);
    buf_append_text(out, "\n");
    for (unsigned i = 0; i < ISSUED_LOG_WITNESSES; i++) {
        buf_append_format(out, "witness w%u ", i);
        issued_log_witness_vkey(log, out, i);
        buf_append_text(out, "\n");
    }
    buf_append_text(out, rest);
}
