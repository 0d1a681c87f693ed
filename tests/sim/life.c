#include "tests/sim/life.h"

/* What happens to one call of a process. */
enum turn {
    TURN_WELL,
    TURN_LOST, /* it never takes place */
    TURN_LAST, /* it takes place, and the process dies of it */
};

static enum turn next_turn(struct life *life)
{
    if (life->dead)
        return TURN_LOST;
    if (!life->is_doomed || life->calls_left-- > 0)
        return TURN_WELL;
    life->dead = true;
    return life->dies_after ? TURN_LAST : TURN_LOST;
}

static bool finish(enum turn turn, bool ok, struct err *err)
{
    if (turn == TURN_WELL)
        return ok;
    return err_set(err, ERR_IO, "the process is dead");
}

static struct mortal_store *mortal_of(struct store *store)
{
    return (struct mortal_store *)store;
}

static bool read_card(struct store *store, struct store_identity_card *out, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(turn, turn != TURN_LOST && store_read_card(mortal_of(store)->inner, out, err),
                  err);
}

static bool read_head(struct store *store, struct store_head *out, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(turn, turn != TURN_LOST && store_read_head(mortal_of(store)->inner, out, err),
                  err);
}

static bool seek_head(struct store *store, struct store_head *out, uint64_t size, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(
        turn, turn != TURN_LOST && store_seek_head(mortal_of(store)->inner, out, size, err), err);
}

static bool read_nodes(struct store *store, struct hash *out, const struct node_id *ids,
                       size_t count, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(
        turn, turn != TURN_LOST && store_read_nodes(mortal_of(store)->inner, out, ids, count, err),
        err);
}

static bool locate_entries(struct store *store, struct store_extent *out, uint64_t begin,
                           uint64_t end, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(turn,
                  turn != TURN_LOST &&
                      store_locate_entries(mortal_of(store)->inner, out, begin, end, err),
                  err);
}

static bool find(struct store *store, struct store_key *keys, size_t count, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(turn, turn != TURN_LOST && store_find(mortal_of(store)->inner, keys, count, err),
                  err);
}

/* Nobody dies here: facts are read so often that there would be few other deaths, and before
 * anything is written. */
static bool get_fact(struct store *store, struct bytes key, struct buf *out, bool *out_found,
                     struct err *err)
{
    enum turn turn = mortal_of(store)->life->dead ? TURN_LOST : TURN_WELL;

    return finish(turn,
                  turn != TURN_LOST &&
                      store_get_fact(mortal_of(store)->inner, key, out, out_found, err),
                  err);
}

static bool scan_facts(struct store *store, const struct store_fact_range *range,
                       store_fact_fn visit, void *context, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(turn,
                  turn != TURN_LOST &&
                      store_scan_facts(mortal_of(store)->inner, range, visit, context, err),
                  err);
}

static bool read_facts_size(struct store *store, uint64_t *out, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(
        turn, turn != TURN_LOST && store_read_facts_size(mortal_of(store)->inner, out, err), err);
}

static bool commit(struct store *store, const struct store_commit *commit, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(turn, turn != TURN_LOST && store_commit(mortal_of(store)->inner, commit, err),
                  err);
}

static bool stats(struct store *store, struct store_stats *out, struct err *err)
{
    enum turn turn = next_turn(mortal_of(store)->life);

    return finish(turn, turn != TURN_LOST && store_stats(mortal_of(store)->inner, out, err), err);
}

static void close_store(struct store *store)
{
    (void)store;
}

static const struct store_ops mortal_ops = {
    .read_card = read_card,
    .read_head = read_head,
    .seek_head = seek_head,
    .read_nodes = read_nodes,
    .locate_entries = locate_entries,
    .find = find,
    .get_fact = get_fact,
    .scan_facts = scan_facts,
    .read_facts_size = read_facts_size,
    .commit = commit,
    .stats = stats,
    .close = close_store,
};

void mortal_store_init(struct mortal_store *mortal, struct store *inner, struct life *life)
{
    *mortal = (struct mortal_store){.store = {.ops = &mortal_ops}, .inner = inner, .life = life};
}

static bool read_mark(struct head_cell *cell, struct head_mark *out, struct err *err)
{
    struct mortal_cell *mortal = (struct mortal_cell *)cell;
    enum turn turn = next_turn(mortal->life);

    return finish(turn, turn != TURN_LOST && mortal->inner->read(mortal->inner, out, err), err);
}

static bool write_mark(struct head_cell *cell, const struct head_mark *mark, struct err *err)
{
    struct mortal_cell *mortal = (struct mortal_cell *)cell;
    enum turn turn = next_turn(mortal->life);

    return finish(turn, turn != TURN_LOST && mortal->inner->write(mortal->inner, mark, err), err);
}

static void close_cell(struct head_cell *cell)
{
    (void)cell;
}

void mortal_cell_init(struct mortal_cell *mortal, struct head_cell *inner, struct life *life)
{
    *mortal = (struct mortal_cell){
        .cell = {.read = read_mark, .write = write_mark, .close = close_cell},
        .inner = inner,
        .life = life,
    };
}

static bool sign(struct signer *signer, uint8_t out[SIGNATURE_LEN], struct bytes message,
                 struct err *err)
{
    struct mortal_signer *mortal = (struct mortal_signer *)signer;
    enum turn turn = next_turn(mortal->life);

    return finish(turn, turn != TURN_LOST && signer_sign(mortal->inner, out, message, err), err);
}

static void close_signer(struct signer *signer)
{
    (void)signer;
}

void mortal_signer_init(struct mortal_signer *mortal, struct signer *inner, struct life *life)
{
    *mortal = (struct mortal_signer){
        .signer = {.sign = sign, .close = close_signer, .public_key = inner->public_key},
        .inner = inner,
        .life = life,
    };
}
