#include "client/verify/fork_proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "merkle/prefix.h"
#include "schemas/checkpoint_list.h"
#include "schemas/hash_lines.h"

static const char FIRST_LINE[] = "vouch/fork-proof/v1\n";
static const char *const HEAD_WORDS[2] = {"first", "second"};
static const char TESTIMONY_WORD[] = "testimony ";

bool fork_proof_begins(struct bytes text)
{
    return bytes_start_with(text, bytes_of_text(FIRST_LINE));
}

void fork_proof_append(struct buf *out, const struct fork_proof *proof)
{
    buf_append_text(out, FIRST_LINE);
    for (size_t i = 0; i < proof->testimony_count; i++) {
        const struct fork_testimony *testimony = &proof->testimonies[i];

        buf_append_format(out, "%s%s %" PRIu64 " ", TESTIMONY_WORD, HEAD_WORDS[testimony->head],
                          testimony->time_s);
        buf_append_bytes(out, testimony->observer);
        buf_append_byte(out, '\n');
    }
    hash_lines_append(out, &proof->path);
    buf_append_bytes(out, proof->notes[0]);
    buf_append_byte(out, '\n');
    buf_append_bytes(out, proof->notes[1]);
}

/* What follows "testimony " in a line. */
static bool parse_testimony(struct fork_testimony *out, struct bytes line, struct err *err)
{
    struct bytes rest = line;
    struct bytes head;
    struct bytes time;

    if (!text_split(&rest, &head, ' ') || !text_split(&rest, &time, ' '))
        return err_set(err, ERR_INVALID, "a testimony is a head, a time and an observer");
    out->head = bytes_equal_text(head, HEAD_WORDS[1]) ? 1 : 0;
    if (!bytes_equal_text(head, HEAD_WORDS[out->head]))
        return err_set(err, ERR_INVALID, "a testimony is of the first or of the second head");
    if (!text_parse_uint(&out->time_s, time, INT64_MAX))
        return err_set(err, ERR_INVALID, "the time of a testimony is not a canonical decimal");
    if (!note_name_is_valid(rest))
        return err_set(err, ERR_INVALID, "the observer of a testimony has a bad name");
    out->observer = rest;
    return true;
}

static bool parse_testimonies(struct fork_proof *out, struct bytes *rest, struct err *err)
{
    struct bytes word = bytes_of_text(TESTIMONY_WORD);

    out->testimony_count = 0;
    while (bytes_start_with(*rest, word)) {
        struct bytes line;

        if (out->testimony_count == FORK_TESTIMONIES_MAX)
            return err_set(err, ERR_INVALID, "more than %d testimonies", FORK_TESTIMONIES_MAX);
        text_split(rest, &line, '\n');
        if (!parse_testimony(&out->testimonies[out->testimony_count],
                             bytes_slice(line, word.len, line.len), err))
            return false;
        out->testimony_count++;
    }
    return true;
}

static bool parse_head(struct checkpoint *out, struct bytes message, struct err *err)
{
    struct note note;

    return note_parse(&note, message, err) && checkpoint_parse_text(out, note.text, err);
}

/* What can be said of the heads before anything is computed. */
static bool check_heads(const struct fork_proof *proof, struct err *err)
{
    if (strcmp(proof->heads[0].origin, proof->heads[1].origin) != 0)
        return err_set(err, ERR_INVALID, "the heads are of two logs: %s and %s",
                       proof->heads[0].origin, proof->heads[1].origin);
    if (proof->heads[0].size > proof->heads[1].size)
        return err_set(err, ERR_INVALID, "the first head is larger than the second");
    return true;
}

bool fork_proof_parse(struct fork_proof *out, struct bytes text, struct err *err)
{
    struct bytes rest = text;

    if (text.len > FORK_PROOF_LEN_MAX)
        return err_set(err, ERR_INVALID, "a fork proof of more than %d bytes", FORK_PROOF_LEN_MAX);
    if (!fork_proof_begins(text))
        return err_set(err, ERR_INVALID, "the first line is not that of a fork proof");
    rest = bytes_slice(rest, strlen(FIRST_LINE), rest.len);
    if (!parse_testimonies(out, &rest, err) || !hash_lines_parse(&out->path, &rest, err))
        return false;
    if (!checkpoint_list_next(&rest, &out->notes[0], err) ||
        !parse_head(&out->heads[0], out->notes[0], err))
        return err_wrap(err, "the first head");
    out->notes[1] = rest;
    if (!parse_head(&out->heads[1], out->notes[1], err))
        return err_wrap(err, "the second head");
    return check_heads(out, err);
}

static bool add_side(struct fork_proof *proof, unsigned head, const struct fork_side *side,
                     struct err *err)
{
    proof->notes[head] = side->note;
    if (!parse_head(&proof->heads[head], side->note, err))
        return false;
    if (side->observer != NULL)
        proof->testimonies[proof->testimony_count++] =
            (struct fork_testimony){.head = head,
                                    .time_s = side->seen_s,
                                    .observer = bytes_of_text(side->observer)};
    return true;
}

/* The order of the heads in a proof: by size, then by root, so that it does not depend on luck. */
static bool is_in_order(const struct checkpoint *first, const struct checkpoint *second)
{
    if (first->size != second->size)
        return first->size < second->size;
    return bytes_compare(hash_bytes(&first->root), hash_bytes(&second->root)) <= 0;
}

bool fork_proof_make(struct fork_proof *out, const struct fork_side *one,
                     const struct fork_side *other, const struct proof *path, struct err *err)
{
    struct hash prefix;

    *out = (struct fork_proof){0};
    if (!add_side(out, 0, one, err) || !add_side(out, 1, other, err))
        return false;
    if (!is_in_order(&out->heads[0], &out->heads[1])) {
        *out = (struct fork_proof){0};
        if (!add_side(out, 0, other, err) || !add_side(out, 1, one, err))
            return false;
    }
    if (path != NULL)
        out->path = *path;
    if (!check_heads(out, err))
        return false;
    if (!fork_proof_convicts(out, &prefix))
        return err_set(err, ERR_INVALID, "these heads are not shown to contradict each other");
    return true;
}

/* The root that the second head's tree has at the first head's size, as the proof shows it. */
static bool prefix_of_second(const struct fork_proof *proof, struct hash *out)
{
    const struct checkpoint *first = &proof->heads[0];
    const struct checkpoint *second = &proof->heads[1];
    struct hash root;

    if (first->size == second->size)
        *out = second->root;
    else if (first->size == 0)
        hash_empty_root(out);
    else
        return prefix_roots(out, &root, first->size, second->size, &proof->path) &&
               hash_equal(&root, &second->root);
    return proof->path.count == 0;
}

bool fork_proof_convicts(const struct fork_proof *proof, struct hash *out_prefix)
{
    return prefix_of_second(proof, out_prefix) &&
           !hash_equal(out_prefix, &proof->heads[0].root);
}
