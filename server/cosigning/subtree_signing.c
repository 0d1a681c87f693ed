#include "server/cosigning/subtree_signing.h"

#include "base/diag.h"
#include "merkle/subtree.h"
#include "schemas/sign_subtree.h"

static bool add_verifier(struct subtree_signer *signer, uint8_t type, struct err *err)
{
    struct buf vkey = {0};
    struct note_verifier *verifier = &signer->verifiers[signer->verifier_count];
    bool ok = cosigner_append_vkey(&vkey, signer->cosigner, type, err) &&
              note_verifier_parse(verifier, bytes_of(vkey.data, vkey.len - 1), err);

    signer->verifier_count += ok;
    buf_cleanup(&vkey);
    return ok;
}

bool subtree_signer_init(struct subtree_signer *out, const struct cosigner *cosigner,
                         struct err *err)
{
    out->cosigner = cosigner;
    return add_verifier(out, NOTE_TYPE_COSIGNATURE, err) &&
           (cosigner->mldsa == NULL || add_verifier(out, NOTE_TYPE_MLDSA_COSIGNATURE, err));
}

void subtree_signer_cleanup(struct subtree_signer *signer)
{
    for (size_t i = 0; i < signer->verifier_count; i++)
        note_verifier_cleanup(&signer->verifiers[i]);
}

/* Borrows from the body. */
struct question {
    struct sign_subtree request;
    struct note note;
    struct checkpoint checkpoint;
};

static bool read_question(struct question *out, struct bytes body, struct problem *problem)
{
    struct err err = {0};

    if (!sign_subtree_parse(&out->request, body, &err) ||
        !note_parse(&out->note, out->request.checkpoint, &err) ||
        !checkpoint_parse_text(&out->checkpoint, out->note.text, &err))
        return problem_set(problem, PROBLEM_PARAMETER, "Not signed: %s.", err.text);
    if (!subtree_is_valid(out->request.range) ||
        out->request.range.end > out->checkpoint.size)
        return problem_set(problem, PROBLEM_PARAMETER, "This is not a subtree of that tree.");
    return true;
}

static bool is_listed(const struct log_list *list, const struct question *question)
{
    struct hash log_id;

    log_list_id(&log_id, question->checkpoint.origin);
    return log_list_find(list, &log_id) != NULL;
}

/* By any of its keys; one that is broken spoils the note. */
static bool is_cosigned(const struct subtree_signer *signer, const struct note *note)
{
    size_t count = 0;

    for (size_t i = 0; i < signer->verifier_count; i++) {
        bool bad = false;

        count += note_verify(note, &signer->verifiers[i], NULL, &bad);
        if (bad)
            return false;
    }
    return count > 0;
}

static bool check_question(const struct subtree_signer *signer, const struct log_list *list,
                           const struct question *question, struct problem *problem)
{
    const struct sign_subtree *asked = &question->request;

    if (!is_listed(list, question))
        return problem_set(problem, PROBLEM_NOT_FOUND, "No log of this origin is cosigned here.");
    if (!is_cosigned(signer, &question->note))
        return problem_set(problem, PROBLEM_SIGNATURE, "%s has not cosigned that.",
                           signer->cosigner->name);
    if (!subtree_check(asked->range, &asked->hash, question->checkpoint.size,
                       &question->checkpoint.root, &asked->proof))
        return problem_set(problem, PROBLEM_INCONSISTENT,
                           "The proof does not show that the tree has this subtree.");
    return true;
}

bool subtree_sign(struct buf *out, const struct subtree_signer *signer,
                  const struct log_list *list, struct bytes body, struct problem *problem)
{
    struct question question;
    struct err err = {0};

    if (!read_question(&question, body, problem) ||
        !check_question(signer, list, &question, problem))
        return false;
    if (cosignature_append_subtree(out, signer->cosigner, question.checkpoint.origin,
                                   question.request.range, &question.request.hash, &err))
        return true;
    diag_error("cosigning-failed", "%s", err.text);
    return problem_from_err(problem, &err);
}
