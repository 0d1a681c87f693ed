/*
 * Any bytes as whatever they look like: nothing that nobody signed is ever verified, and a
 * consistency proof in either form is read or refused.
 */
#include "client/verify/proof_view.h"
#include "client/verify/verify.h"
#include "tests/fuzz/fuzz.h"

static void check_view(struct bytes content)
{
    struct consistency_view view;
    struct consistency_view again;
    struct buf json = {0};
    struct err err = {0};

    if (!consistency_view_parse(&view, content, &err))
        return;
    CHECK(view.proof.count <= PROOF_HASHES_MAX);
    consistency_view_append_json(&json, &view);
    CHECK(consistency_view_parse(&again, bytes_of_buf(&json), &err));
    CHECK(again.old_size == view.old_size && again.new_size == view.new_size);
    CHECK(again.proof.count == view.proof.count);
    buf_cleanup(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct trust NOBODY = {0};
    static struct report report;
    struct bytes content = bytes_of(data, len);
    struct evidence evidence = {0};
    struct buf text = {0};
    struct err err = {0};

    check_view(content);
    CHECK(evidence_add(&evidence, evidence_kind_of("", content), content, &err));
    CHECK(evidence_add_held_head(&evidence, content, &err));
    if (!evidence.has_entry)
        CHECK(evidence_add(&evidence, EVIDENCE_ENTRY, content, &err));
    verify_evidence(&report, &evidence, &NOBODY);
    CHECK(report.verdict >= VERDICT_INCOMPLETE);
    report_append_text(&text, &report);
    report_append_json(&text, &report);
    buf_cleanup(&text);
    return 0;
}
