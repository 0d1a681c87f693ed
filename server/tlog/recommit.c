#include "server/tlog/recommit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "schemas/rules/readmission.h"
#include "server/tlog/draft.h"
#include "server/tlog/head.h"
#include "server/tlog/opening.h"
#include "server/tlog/store_facts.h"

struct recommit {
    struct tlog_options options;
    struct store_head head;
    struct frontier frontier;
    struct store_facts store_facts;
    struct readmission readmission; /* evidence logs */
    /* The commit that is being collected: */
    struct buf bytes;
    size_t ends[DRAFT_ENTRIES_MAX]; /* of entries, in bytes */
    size_t count;
    struct draft draft;
    struct store_fact *facts;
    size_t facts_capacity;
};

bool recommit_open(struct recommit **out, const struct tlog_options *options, struct err *err)
{
    struct recommit *self = mem_alloc(sizeof(*self));

    self->options = *options;
    if (!opening_load(&self->head, &self->frontier, options, err)) {
        free(self);
        return false;
    }
    store_facts_init(&self->store_facts, options->store);
    if (options->kind == LOG_EVIDENCE) {
        readmission_init(&self->readmission, &self->store_facts.base);
        admission_keep_mentions(self->readmission.admission);
    }
    *out = self;
    return true;
}

void recommit_close(struct recommit *self)
{
    if (self == NULL)
        return;
    readmission_cleanup(&self->readmission);
    buf_cleanup(&self->bytes);
    free(self->facts);
    free(self);
}

const struct store_head *recommit_head(const struct recommit *self)
{
    return &self->head;
}

/* The number-th entry of the commit that is being collected. */
static struct bytes entry_at(const struct recommit *self, size_t number)
{
    return bytes_slice(bytes_of_buf(&self->bytes), number == 0 ? 0 : self->ends[number - 1],
                       self->ends[number]);
}

/* Takes a statement apart; the seal ends the commit and is not admitted. */
static bool take_statement(struct recommit *self, struct hash *out_sid, const struct seal *seal,
                           size_t number, struct err *err)
{
    struct admission_verdict verdict;
    struct problem problem = {0};
    struct statement statement;

    if (!statement_decode(&statement, entry_at(self, number), &problem))
        return err_set(err, ERR_CORRUPT, "it is no statement: %s", problem.detail);
    *out_sid = statement.sid;
    return number + 1 == self->count ||
           readmission_take(&self->readmission, &verdict, seal, number, &statement, err);
}

/* seal: NULL in opaque logs. */
static bool make_draft(struct recommit *self, const struct seal *seal, struct err *err)
{
    draft_begin(&self->draft, &self->frontier);
    for (size_t i = 0; i < self->count; i++) {
        struct hash leaf;
        struct hash sid;

        hash_leaf(&leaf, entry_at(self, i));
        if (seal != NULL && !take_statement(self, &sid, seal, i, err))
            return err_wrap(err, "entry %" PRIu64, self->draft.frontier.size);
        draft_append(&self->draft, entry_at(self, i), &leaf, seal != NULL ? &sid : NULL);
    }
    return true;
}

static void set_facts(struct recommit *self, struct store_commit *commit)
{
    const struct fact_change *changes =
        facts_changes(self->readmission.facts, &commit->fact_count);

    if (commit->fact_count > self->facts_capacity) {
        self->facts_capacity = commit->fact_count;
        self->facts = mem_realloc_array(self->facts, commit->fact_count, sizeof(*self->facts));
    }
    for (size_t i = 0; i < commit->fact_count; i++)
        self->facts[i] = (struct store_fact){changes[i].key, changes[i].value};
    commit->facts = self->facts;
}

static bool write_draft(struct recommit *self, const struct store_head *head, struct err *err)
{
    struct store_commit commit = draft_commit(&self->draft, &self->head, head);

    if (self->options.kind == LOG_EVIDENCE)
        set_facts(self, &commit);
    if (!store_commit(self->options.store, &commit, err))
        return false;
    self->head = *head;
    self->frontier = self->draft.frontier;
    self->count = 0;
    buf_clear(&self->bytes);
    if (self->options.kind == LOG_EVIDENCE)
        readmission_next(&self->readmission);
    return true;
}

/* The checkpoint's signature is the one there was: Ed25519 has one for each text. */
static bool commit_collected(struct recommit *self, const struct seal *seal, struct err *err)
{
    struct store_head head = {
        .epoch = self->head.epoch,
        .previous_size = self->head.size,
        .received_at_ms = seal != NULL ? seal->received_at_ms : clock_unix_ms(self->options.clock),
    };

    if (!make_draft(self, seal, err))
        return false;
    if (seal != NULL) {
        hash_leaf(&head.seal, entry_at(self, self->count - 1));
        if (!readmission_check(&self->readmission, seal, err))
            return err_wrap(err, "seal %" PRIu64, self->draft.frontier.size - 1);
    }
    head.size = self->draft.frontier.size;
    frontier_root(&self->draft.frontier, &head.root);
    return head_sign(&head, &self->options, err) && write_draft(self, &head, err);
}

/* Whether an entry is a seal; one that begins elsewhere than the commit does is an error. */
static bool read_seal(const struct recommit *self, struct seal *out, bool *out_is_seal,
                      struct bytes entry, struct err *err)
{
    struct err not_a_seal = {0};
    struct problem problem = {0};
    struct statement statement;

    *out_is_seal = statement_decode_form(&statement, entry, &problem) &&
                   bytes_equal_text(statement.content_type, STATEMENT_TYPE_LOG) &&
                   seal_decode(out, statement.cose.payload, &not_a_seal);
    return !*out_is_seal ||
           (out->first_index == self->head.size && out->entry_count == self->count - 1) ||
           err_set(err, ERR_CORRUPT, "the seal %" PRIu64 " is not that of its commit",
                   self->head.size + self->count - 1);
}

bool recommit_take(struct recommit *self, struct bytes entry, struct err *err)
{
    struct seal seal;
    bool is_seal;

    if (self->count == DRAFT_ENTRIES_MAX)
        return err_set(err, ERR_CORRUPT, "no seal within %d entries from %" PRIu64 " on",
                       DRAFT_ENTRIES_MAX, self->head.size);
    buf_append_bytes(&self->bytes, entry);
    self->ends[self->count++] = self->bytes.len;
    if (self->options.kind == LOG_OPAQUE)
        return self->count < TLOG_BATCH_ENTRIES_MAX || commit_collected(self, NULL, err);
    return read_seal(self, &seal, &is_seal, entry, err) &&
           (!is_seal || commit_collected(self, &seal, err));
}

bool recommit_finish(struct recommit *self, struct err *err)
{
    if (self->count == 0)
        return true;
    if (self->options.kind == LOG_OPAQUE)
        return commit_collected(self, NULL, err);
    return err_set(err, ERR_CORRUPT, "the entries from %" PRIu64 " on have no seal",
                   self->head.size);
}
