#include "server/tlog/head.h"

#include <inttypes.h>
#include <string.h>

#include "schemas/checkpoint.h"
#include "schemas/receipt.h"

_Static_assert((int)STORE_SIGNATURE_LEN == (int)SIGNATURE_LEN, "stored as it is made");

void head_append_text(struct buf *out, const char *origin, const struct store_head *head)
{
    struct checkpoint checkpoint = {.size = head->size, .root = head->root};
    size_t len = strlen(origin);

    CHECK(len < sizeof(checkpoint.origin));
    memcpy(checkpoint.origin, origin, len + 1);
    checkpoint_append_text(out, &checkpoint);
}

/* The empty tree has nothing to give a receipt for. */
static bool has_receipt_signature(const struct store_head *head, enum log_kind kind)
{
    return kind == LOG_EVIDENCE && head->size > 0;
}

bool head_sign(struct store_head *head, const struct tlog_options *options, struct err *err)
{
    struct buf text = {0};
    struct buf protected_header = {0};
    bool ok;

    head_append_text(&text, options->origin, head);
    ok = signer_sign(options->checkpoint_signer, head->checkpoint_signature, bytes_of_buf(&text),
                     err) ||
         err_wrap(err, "sign the checkpoint");
    if (ok && has_receipt_signature(head, options->kind)) {
        receipt_append_protected(&protected_header, options->receipt_signer, options->origin);
        ok = receipt_sign(head->receipt_signature, options->receipt_signer,
                          bytes_of_buf(&protected_header), &head->root, err) ||
             err_wrap(err, "sign the receipts");
    }
    buf_cleanup(&text);
    buf_cleanup(&protected_header);
    return ok;
}

static bool checkpoint_signature_holds(const struct store_head *head,
                                       const struct tlog_options *options)
{
    struct buf text = {0};
    bool ok;

    head_append_text(&text, options->origin, head);
    ok = public_key_verify(options->checkpoint_signer->public_key, bytes_of_buf(&text),
                           bytes_of(head->checkpoint_signature, SIGNATURE_LEN));
    buf_cleanup(&text);
    return ok;
}

static bool receipt_signature_holds(const struct store_head *head,
                                    const struct tlog_options *options)
{
    struct buf protected_header = {0};
    struct buf message = {0};
    bool ok;

    receipt_append_protected(&protected_header, options->receipt_signer, options->origin);
    cose_sig_structure(&message, bytes_of_buf(&protected_header), hash_bytes(&head->root));
    ok = public_key_verify(options->receipt_signer->public_key, bytes_of_buf(&message),
                           bytes_of(head->receipt_signature, SIGNATURE_LEN));
    buf_cleanup(&protected_header);
    buf_cleanup(&message);
    return ok;
}

bool head_verify(const struct store_head *head, const struct tlog_options *options, struct err *err)
{
    if (!checkpoint_signature_holds(head, options))
        return err_set(err, ERR_CORRUPT, "the signature of the head of size %" PRIu64 " is wrong",
                       head->size);
    if (has_receipt_signature(head, options->kind) && !receipt_signature_holds(head, options))
        return err_set(err, ERR_REFUSED,
                       "the receipt key did not sign the head of size %" PRIu64
                       ": another key did, or the head is damaged",
                       head->size);
    return true;
}
