#include "server/witnessing/rounds.h"

#include <string.h>

void rounds_init(struct rounds *rounds, const struct policy *policy, uint64_t interval_ms)
{
    *rounds = (struct rounds){.policy = policy, .interval_ns = interval_ms * 1000000};
}

static void round_cleanup(struct round *round)
{
    buf_cleanup(&round->signed_checkpoint);
    buf_cleanup(&round->note);
    *round = (struct round){0};
}

void rounds_cleanup(struct rounds *rounds)
{
    round_cleanup(&rounds->newest);
    for (size_t i = 0; i < rounds->count; i++)
        round_cleanup(&rounds->rounds[i]);
    rounds->count = 0;
}

void rounds_publish(struct rounds *rounds, const struct store_head *head, struct bytes checkpoint,
                    uint64_t now_ns)
{
    rounds->newest.head = *head;
    rounds->newest.published_ns = now_ns;
    buf_clear(&rounds->newest.signed_checkpoint);
    buf_append_bytes(&rounds->newest.signed_checkpoint, checkpoint);
}

static void drop_rounds(struct rounds *rounds, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        round_cleanup(&rounds->rounds[i]);
    memmove(&rounds->rounds[begin], &rounds->rounds[end],
            (rounds->count - end) * sizeof(rounds->rounds[0]));
    rounds->count -= end - begin;
}

/* Sets what the policy makes of the cosignatures of a round; false: it has no quorum. */
static bool evaluate(const struct rounds *rounds, struct round *round)
{
    struct checkpoint checkpoint;
    struct policy_result result;
    struct err err = {0};
    struct note note;

    if (!note_parse(&note, bytes_of_buf(&round->note), &err) ||
        !checkpoint_parse_text(&checkpoint, note.text, &err))
        return false;
    policy_evaluate(&result, rounds->policy, &note, checkpoint.origin);
    round->cosigner_count = result.cosigner_count;
    if (!result.quorum_met || result.cosigner_count == 0)
        return false;
    if (round->witnessed_at_ms == 0)
        round->witnessed_at_ms = result.newest_time_s * 1000;
    return true;
}

/* Leaves what this policy's witnesses have signed; the note was parsed before. */
static void drop_strangers(const struct policy *policy, struct round *round)
{
    struct buf known = {0};
    struct err err = {0};
    struct note note;
    size_t number;

    CHECK(note_parse(&note, bytes_of_buf(&round->note), &err));
    buf_append_bytes(&known, bytes_of_buf(&round->signed_checkpoint));
    for (size_t i = 0; i < policy->name_count; i++) {
        const struct policy_name *name = &policy->names[i];

        if (!name->is_group && note_verifier_is_usable(&name->verifier) &&
            note_find_signature(&note, &name->verifier, &number))
            buf_append_bytes(&known, note_signature_line(&note, number));
    }
    buf_cleanup(&round->note);
    round->note = known;
}

void rounds_restore(struct rounds *rounds, const struct store_head *head, struct bytes checkpoint,
                    struct bytes note)
{
    struct round round = {.head = *head};

    CHECK(rounds->count == 0);
    buf_append_bytes(&round.signed_checkpoint, checkpoint);
    buf_append_bytes(&round.note, note);
    rounds->has_witnessed = evaluate(rounds, &round);
    if (!rounds->has_witnessed) {
        round_cleanup(&round);
        return;
    }
    drop_strangers(rounds->policy, &round);
    rounds->rounds[0] = round;
    rounds->count = 1;
}

/* The one that is being asked for. */
static struct round *last_round(struct rounds *rounds)
{
    return &rounds->rounds[rounds->count - 1];
}

static bool has_newer(const struct rounds *rounds)
{
    return rounds->newest.signed_checkpoint.len > 0 &&
           (rounds->count == 0 ||
            rounds->rounds[rounds->count - 1].head.size < rounds->newest.head.size);
}

/* Monotonic time from which the target may move on. */
static uint64_t move_ns(const struct rounds *rounds)
{
    const struct round *last = &rounds->rounds[rounds->count - 1];
    uint64_t wait_ns = rounds->interval_ns;

    if (rounds->policy->has_quorum && last->witnessed_at_ms == 0 &&
        wait_ns < (uint64_t)ROUND_WAIT_MS * 1000000)
        wait_ns = (uint64_t)ROUND_WAIT_MS * 1000000;
    return last->begin_ns + wait_ns;
}

static void begin_round(struct rounds *rounds, uint64_t now_ns)
{
    struct round *round;

    if (rounds->count == ROUNDS_MAX) /* the oldest is the least likely to get its quorum */
        drop_rounds(rounds, rounds->has_witnessed ? 1 : 0, rounds->has_witnessed ? 2 : 1);
    round = &rounds->rounds[rounds->count++];
    *round = (struct round){.head = rounds->newest.head,
                            .published_ns = rounds->newest.published_ns,
                            .begin_ns = now_ns};
    buf_append_bytes(&round->signed_checkpoint, bytes_of_buf(&rounds->newest.signed_checkpoint));
    buf_append_bytes(&round->note, bytes_of_buf(&round->signed_checkpoint));
}

const struct round *rounds_target(struct rounds *rounds, uint64_t now_ns, bool must_move)
{
    if (has_newer(rounds) && (rounds->count == 0 || must_move || now_ns >= move_ns(rounds)))
        begin_round(rounds, now_ns);
    return rounds->count == 0 ? NULL : last_round(rounds);
}

uint64_t rounds_wake_ns(const struct rounds *rounds)
{
    return rounds->count > 0 && has_newer(rounds) ? move_ns(rounds) : UINT64_MAX;
}

static size_t find_round(const struct rounds *rounds, uint64_t size)
{
    size_t i = 0;

    while (i < rounds->count && rounds->rounds[i].head.size != size)
        i++;
    return i;
}

/* When this witness cosigned a note, in Unix time; false: it did not. */
static bool cosigned_at(const struct buf *message, const struct note_verifier *witness,
                        uint64_t *out_time_s)
{
    struct err err = {0};
    struct note note;

    return note_parse(&note, bytes_of_buf(message), &err) &&
           note_verify(&note, witness, out_time_s, NULL);
}

static void drop_signatures(struct buf *message, const struct note_verifier *witness)
{
    struct err err = {0};
    struct note note;
    size_t i;

    while (note_parse(&note, bytes_of_buf(message), &err) &&
           note_find_signature(&note, witness, &i)) {
        struct bytes line = note_signature_line(&note, i);
        size_t begin = (size_t)(line.data - message->data);
        size_t end = begin + line.len;

        memmove(message->data + begin, message->data + end, message->len - end);
        message->len -= line.len;
    }
}

/*
 * Witnesses sign again what they had signed, after a restart or when their signature gets old. False
 * when the round has one that is as new.
 */
static bool put_signature(struct round *round, const struct note_verifier *witness,
                          struct bytes line)
{
    uint64_t old_s;
    uint64_t new_s;
    struct buf fresh = {0};
    bool is_newer = true;

    if (cosigned_at(&round->note, witness, &old_s)) {
        buf_append_bytes(&fresh, bytes_of_buf(&round->signed_checkpoint));
        buf_append_bytes(&fresh, line);
        is_newer = cosigned_at(&fresh, witness, &new_s) && new_s > old_s;
        buf_cleanup(&fresh);
    }
    if (is_newer) {
        drop_signatures(&round->note, witness);
        buf_append_bytes(&round->note, line);
    }
    return is_newer;
}

bool rounds_add(struct rounds *rounds, uint64_t size, const struct note_verifier *witness,
                struct bytes line)
{
    size_t number = find_round(rounds, size);
    struct round *round = &rounds->rounds[number];

    if (number == rounds->count || !put_signature(round, witness, line))
        return false; /* a newer head has the quorum, or there is nothing new */
    if (!evaluate(rounds, round))
        return false;
    rounds->has_witnessed = true;
    drop_rounds(rounds, 0, number);
    return true;
}

const struct round *rounds_witnessed(const struct rounds *rounds)
{
    return rounds->has_witnessed ? &rounds->rounds[0] : NULL;
}
