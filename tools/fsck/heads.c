#include "tools/fsck/heads.h"

#include <inttypes.h>
#include <string.h>

#include "tools/fsck/checkpoint.h"

static void read_next(struct heads *heads)
{
    struct span key;
    struct span value;

    heads->have_next = rows_next(heads->rows, &key, &value);
    if (heads->have_next && !head_row_decode(&heads->next, key, value)) {
        report_problem(heads->report, "a head is malformed");
        heads->have_next = false;
    }
}

void heads_init(struct heads *heads, struct database *database, const struct card_row *card,
                struct report *report, const struct walk_options *options)
{
    *heads = (struct heads){.report = report, .options = options, .card = card};
    heads->rows = rows_open(database, 'h');
    read_next(heads);
}

void heads_cleanup(struct heads *heads)
{
    char text[256];

    if (!rows_close(heads->rows, text))
        report_problem(heads->report, "the heads cannot be read: %s", text);
}

static void check_signature(struct heads *heads, const struct head_row *head)
{
    if (heads->options->checkpoint_key == NULL)
        return;
    heads->report->signatures++;
    if (!checkpoint_signature_is_valid(heads->card->origin, head->size, &head->root,
                                       head->checkpoint_signature, heads->options->checkpoint_key))
        report_problem(heads->report, "the head of size %" PRIu64 " is not signed by the log's key",
                       head->size);
}

/* Every head of an evidence log but the first ends with a seal that tells the truth. */
static void check_seal(struct heads *heads, const struct head_row *head)
{
    const struct seal_fields *seal = &heads->last_seal;
    bool chained = seal->has_previous == heads->have_seal &&
                   (!heads->have_seal || digest_same(&seal->previous, &heads->previous_seal));

    if (!heads->last_is_seal || !digest_same(&head->seal, &heads->last_leaf)) {
        report_problem(heads->report, "the head of size %" PRIu64 " does not end with its seal",
                       head->size);
        return;
    }
    if (seal->first_index != head->previous_size ||
        seal->first_index + seal->entry_count + 1 != head->size)
        report_problem(heads->report, "the seal at %" PRIu64 " seals other entries than its commit's",
                       head->size - 1);
    if (!digest_same(&seal->root, &heads->root_before))
        report_problem(heads->report, "the seal at %" PRIu64 " has another root", head->size - 1);
    if (!chained)
        report_problem(heads->report, "the seal at %" PRIu64 " does not name the one before it",
                       head->size - 1);
    if (seal->received_at_ms != head->received_at_ms)
        report_problem(heads->report, "the seal at %" PRIu64 " has another receive time",
                       head->size - 1);
    if (seal->witnessed_size > seal->first_index)
        report_problem(heads->report, "the seal at %" PRIu64 " names a witnessed head of its future",
                       head->size - 1);
    heads->have_seal = true;
    heads->previous_seal = heads->last_leaf;
}

static void check_chain(struct heads *heads, const struct head_row *head)
{
    if (!heads->have_previous)
        return;
    if (head->previous_size != heads->previous.size)
        report_problem(heads->report, "the head of size %" PRIu64 " does not follow the one before it",
                       head->size);
    if (head->epoch < heads->previous.epoch || head->received_at_ms < heads->previous.received_at_ms)
        report_problem(heads->report, "the head of size %" PRIu64 " goes back in time", head->size);
}

/* The published head must be among the stored ones, the newest or the one before it. */
static void check_mark(struct heads *heads)
{
    const struct published_mark *mark = heads->options->mark;

    if (heads->have_previous && mark->size > heads->previous.size)
        report_problem(heads->report,
                       "size %" PRIu64 " was published, the store ends at %" PRIu64
                       ": it went back in time", mark->size, heads->previous.size);
    else if (!heads->saw_mark)
        report_problem(heads->report, "the published head of size %" PRIu64 " is not in the store",
                       mark->size);
    else if (heads->have_previous && mark->size < heads->previous.previous_size)
        report_problem(heads->report, "more than one commit was never published");
}

static void check_head(struct heads *heads, const struct tiles *tiles)
{
    struct head_row head = heads->next;
    struct digest root;

    heads->report->heads++;
    tiles_root(tiles, &root);
    if (!digest_same(&root, &head.root))
        report_problem(heads->report, "the head of size %" PRIu64 " has another root than its entries",
                       head.size);
    check_chain(heads, &head);
    if (head.size == heads->options->mark->size && digest_same(&head.root, &heads->options->mark->root))
        heads->saw_mark = true;
    if (!heads->card->opaque && head.size > 0)
        check_seal(heads, &head);
    if (heads->options->all_signatures)
        check_signature(heads, &head);
    heads->previous = head;
    heads->have_previous = true;
    read_next(heads);
}

void heads_before_entry(struct heads *heads, const struct tiles *tiles)
{
    while (heads->have_next && heads->next.size == tiles->size)
        check_head(heads, tiles);
    /* The root that a seal at this place would have to name. */
    if (!heads->card->opaque && heads->have_next && heads->next.size == tiles->size + 1)
        tiles_root(tiles, &heads->root_before);
}

void heads_entry(struct heads *heads, uint64_t index, const struct digest *leaf,
                 const struct message *message)
{
    heads->last_leaf = *leaf;
    heads->last_is_seal = heads->have_next && heads->next.size == index + 1 && message != NULL &&
                          message_parse_seal(&heads->last_seal, message->payload);
}

void heads_finish(struct heads *heads, uint64_t size)
{
    if (!heads->have_previous || heads->previous.size != size)
        report_problem(heads->report, "there is no head of the size %" PRIu64 " of the log", size);
    if (heads->have_next)
        report_problem(heads->report, "there is a head of size %" PRIu64 ", larger than the log",
                       heads->next.size);
    check_mark(heads);
    if (heads->have_previous && !heads->options->all_signatures)
        check_signature(heads, &heads->previous);
}
