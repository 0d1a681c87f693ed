#include "server/tlog/own_statement.h"

#include "schemas/statement.h"

bool own_statement_append(struct buf *out, struct hash *out_sid,
                          const struct own_statement *statement,
                          const struct tlog_options *options, struct err *err)
{
    struct statement_claims claims = {
        .content_type = STATEMENT_TYPE_LOG,
        .issuer = options->origin,
        .subject = statement->subject,
        .issued_at_s = statement->received_at_ms / 1000,
    };
    size_t begin = out->len;
    struct cose_sign1 cose;

    if (!statement_sign(out, options->log_signer, &claims, statement->payload, err) ||
        !cose_sign1_decode(&cose, bytes_slice(bytes_of_buf(out), begin, out->len), err))
        return false;
    cose_sig_structure_hash(out_sid, cose.protected_header, cose.payload);
    return true;
}
