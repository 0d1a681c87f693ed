#include "server/tlog/admit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/rules/flag_list.h"
#include "schemas/rules/tables.h"
#include "server/tlog/own_statement.h"
#include "server/tlog/store_facts.h"

/*
 * A seal is an entry, so its flags have a limit; the rest of it and its signature take less than
 * what is left. Rule G1/too-many-flags sees to it that those of one statement always fit.
 */
enum { FLAGS_LEN_MAX = STORE_ENTRY_LEN_MAX - 1000, FLAGS_OF_RULE_MAX = DCBOR_COUNT_MAX };

/* What the flags of a commit take in its seal. */
struct flag_room {
    size_t len; /* at most */
    uint16_t counts[TLOG_RULES_MAX];
};

struct admit {
    const struct tlog_options *options;
    struct store_facts base;
    struct facts *facts; /* NULL in opaque logs, like admission */
    struct admission *admission;
    /* Of the batch: */
    struct admit_place place;
    size_t added_count;
    struct flag_list flags;
    struct flag_room room;
    struct buf *own_entries;
    size_t own_count;
    size_t own_capacity;
    struct buf payload;
    bool has_changes; /* they are listed */
    struct store_fact *changes;
    size_t change_count;
    size_t change_capacity;
};

struct admit *admit_new(const struct tlog_options *options)
{
    struct admit *admit = mem_alloc(sizeof(*admit));

    CHECK(rule_count() <= TLOG_RULES_MAX);
    admit->options = options;
    if (options->kind == LOG_OPAQUE)
        return admit;
    store_facts_init(&admit->base, options->store);
    admit->facts = facts_new(&admit->base.base);
    admit->admission = admission_new(admit->facts);
    admission_keep_mentions(admit->admission);
    return admit;
}

void admit_free(struct admit *admit)
{
    if (admit == NULL)
        return;
    admission_free(admit->admission);
    facts_free(admit->facts);
    flag_list_cleanup(&admit->flags);
    for (size_t i = 0; i < admit->own_capacity; i++)
        buf_cleanup(&admit->own_entries[i]);
    free(admit->own_entries);
    buf_cleanup(&admit->payload);
    free(admit->changes);
    free(admit);
}

size_t tlog_flags_next(const struct tlog_flags *flags, size_t from)
{
    for (size_t word = from / 64; word < TLOG_RULES_MAX / 64; word++) {
        uint64_t bits = flags->bits[word];

        if (word == from / 64)
            bits &= UINT64_MAX << (from % 64);
        if (bits != 0)
            return 64 * word + (size_t)__builtin_ctzll(bits);
    }
    return TLOG_RULES_MAX;
}

static void set_flag(struct tlog_flags *flags, size_t rule_number)
{
    flags->bits[rule_number / 64] |= UINT64_C(1) << (rule_number % 64);
}

/* ---- flags ---- */

/* Makes room for the flags of one statement; false when there is not enough. */
static bool take_room(struct flag_room *room, const struct admission_verdict *verdict)
{
    for (size_t i = 0; i < verdict->flag_count; i++) {
        size_t number = rule_number(verdict->flags[i].rule);

        room->len += SEAL_FLAG_LEN_MAX;
        if (room->counts[number] == 0)
            room->len += SEAL_FLAG_NAME_LEN_MAX;
        if (room->len > FLAGS_LEN_MAX || room->counts[number] == FLAGS_OF_RULE_MAX)
            return false;
        room->counts[number]++;
    }
    return true;
}

static void add_flags(struct admit *admit, struct tlog_submission *submission,
                      const struct admission_verdict *verdict)
{
    flag_list_add(&admit->flags, admit->added_count, verdict);
    for (size_t i = 0; i < verdict->flag_count; i++)
        set_flag(&submission->flags, rule_number(verdict->flags[i].rule));
}

/* ---- one submission ---- */

static void set_added(struct admit *admit, struct tlog_submission *submission)
{
    submission->outcome = TLOG_ADDED;
    admit->added_count++;
}

static void set_refused(struct tlog_submission *submission,
                        const struct admission_verdict *verdict)
{
    submission->outcome = TLOG_REFUSED;
    submission->refusal = (struct tlog_refusal){
        .rule = verdict->refused_by,
        .record_number = verdict->record_number,
        .finding = verdict->finding,
    };
}

static bool ask_rules(struct admit *admit, struct tlog_submission *submission,
                      const struct admission_entry *entry, struct err *err)
{
    struct admission_verdict verdict;
    struct flag_room room = admit->room;

    if (!admission_decide(admit->admission, entry, &verdict, err))
        return err_wrap(err, "decide on entry %" PRIu64, submission->index);
    if (verdict.refused_by != NULL) {
        set_refused(submission, &verdict);
    } else if (take_room(&room, &verdict)) {
        admit->room = room;
        add_flags(admit, submission, &verdict);
        set_added(admit, submission);
    } else {
        facts_rollback(admit->facts);
        submission->outcome = TLOG_DEFERRED;
        return admit->added_count > 0 ||
               err_set(err, ERR_INVALID, "the flags of one statement do not fit into a seal");
    }
    return true;
}

static bool decide_new(struct admit *admit, struct tlog_submission *submission,
                       const struct admission_entry *entry, struct err *err)
{
    if (admit->admission != NULL && admit->options->admits_by_rules)
        return ask_rules(admit, submission, entry, err);
    set_added(admit, submission);
    return true;
}

static bool decide_theirs(struct admit *admit, struct tlog_submission *submission, struct err *err)
{
    struct admission_entry entry = {
        .issuer = submission->issuer,
        .audience = submission->audience,
        .kid = submission->kid,
        .payload = submission->payload,
        .index = submission->index,
        .received_at_ms = submission->received_at_ms,
    };

    return decide_new(admit, submission, &entry, err);
}

static struct buf *next_own_entry(struct admit *admit)
{
    if (admit->own_count == admit->own_capacity) {
        size_t capacity = admit->own_capacity == 0 ? 4 : admit->own_capacity * 2;

        admit->own_entries =
            mem_realloc_array(admit->own_entries, capacity, sizeof(*admit->own_entries));
        for (size_t i = admit->own_capacity; i < capacity; i++)
            admit->own_entries[i] = (struct buf){0};
        admit->own_capacity = capacity;
    }
    buf_clear(&admit->own_entries[admit->own_count]);
    return &admit->own_entries[admit->own_count++];
}

/* Signs what was made; the entry then looks like anybody's. */
static bool sign_own(struct admit *admit, struct tlog_submission *submission, struct err *err)
{
    struct own_statement own = {
        .subject = submission->own->subject,
        .payload = bytes_of_buf(&admit->payload),
        .received_at_ms = submission->received_at_ms,
    };
    struct buf *entry = next_own_entry(admit);

    if (!own_statement_append(entry, &submission->identity, &own, admit->options, err))
        return err_wrap(err, "sign what the log says");
    submission->entry = bytes_of_buf(entry);
    hash_leaf(&submission->leaf_hash, submission->entry);
    return true;
}

static bool decide_made(struct admit *admit, struct tlog_submission *submission, struct err *err)
{
    const struct public_key *key = admit->options->log_signer->public_key;
    struct admission_entry entry = {
        .issuer = bytes_of_text(admit->options->origin),
        .kid = hash_bytes(public_key_thumbprint(key)),
        .payload = bytes_of_buf(&admit->payload),
        .is_of_log = true,
        .index = submission->index,
        .received_at_ms = submission->received_at_ms,
    };

    return sign_own(admit, submission, err) && decide_new(admit, submission, &entry, err);
}

static bool decide_own(struct admit *admit, struct tlog_submission *submission, struct err *err)
{
    struct tlog_moment moment = {
        .facts = admit->facts,
        .index = submission->index,
        .received_at_ms = submission->received_at_ms,
    };
    bool has_something;

    CHECK(admit->options->kind == LOG_EVIDENCE);
    buf_clear(&admit->payload);
    has_something = submission->own->make(submission->own, &moment, &admit->payload);
    if (!facts_check(admit->facts, err))
        return err_wrap(err, "decide what the log says");
    submission->outcome = TLOG_SILENT;
    return !has_something || decide_made(admit, submission, err);
}

/* The same statement came earlier in this batch. */
static void repeat(struct tlog_submission *submission, const struct tlog_submission *first)
{
    submission->outcome = first->outcome == TLOG_REFUSED ? TLOG_REFUSED : TLOG_DUPLICATE;
    submission->index = first->index;
    submission->refusal = first->refusal;
}

static bool decide(struct admit *admit, const struct batch *batch, size_t position,
                   struct tlog_submission *const *submissions, struct err *err)
{
    struct tlog_submission *submission = submissions[position];

    submission->index = admit->place.first_index + admit->added_count;
    submission->received_at_ms = admit->place.received_at_ms;
    submission->refusal = (struct tlog_refusal){0};
    submission->flags = (struct tlog_flags){0};
    if (submission->own != NULL)
        return decide_own(admit, submission, err);
    if (batch->firsts[position] != position) {
        repeat(submission, submissions[batch->firsts[position]]);
    } else if (batch->known[position] != STORE_NO_INDEX) {
        submission->outcome = TLOG_DUPLICATE;
        submission->index = batch->known[position];
    } else {
        return decide_theirs(admit, submission, err);
    }
    return true;
}

static void begin(struct admit *admit, const struct admit_place *place)
{
    admit->place = *place;
    admit->added_count = 0;
    admit->flags.count = 0;
    admit->room = (struct flag_room){0};
    admit->own_count = 0;
    admit->has_changes = false;
}

/* ---- groups ---- */

/* What a group that is not admitted gives back. */
struct group_start {
    size_t added_count;
    size_t flag_count;
    size_t own_count;
    struct flag_room room;
};

static size_t group_end(struct tlog_submission *const *submissions, size_t begin, size_t count)
{
    size_t end = begin + 1;

    while (end < count && submissions[end - 1]->with_next)
        end++;
    return end;
}

static const struct rule *find_rule(const char *name, const char *code)
{
    const struct rule *rule = NULL;

    for (size_t i = 0; i < rule_count(); i++) {
        if (strcmp(rule_at(i)->name, name) == 0 && strcmp(rule_at(i)->code, code) == 0)
            rule = rule_at(i);
    }
    CHECK(rule != NULL);
    return rule;
}

static void set_all(struct tlog_submission *const *submissions, size_t begin, size_t end,
                    enum tlog_outcome outcome)
{
    for (size_t i = begin; i < end; i++) {
        submissions[i]->outcome = outcome;
        submissions[i]->index = submissions[begin]->index;
        submissions[i]->flags = (struct tlog_flags){0};
    }
}

/* Nothing of the group is admitted; `at` is the one on whose account. */
static void undo_group(struct admit *admit, const struct group_start *start,
                       struct tlog_submission *const *submissions, size_t begin, size_t end,
                       size_t at)
{
    struct tlog_refusal refusal = submissions[at]->refusal;
    bool must_wait = submissions[at]->outcome == TLOG_DEFERRED;

    admit->added_count = start->added_count;
    admit->flags.count = start->flag_count;
    admit->own_count = start->own_count;
    admit->room = start->room;
    if (must_wait && start->added_count > 0) {
        set_all(submissions, begin, end, TLOG_DEFERRED);
        return;
    }
    if (must_wait) /* no seal has room for all its flags */
        refusal = (struct tlog_refusal){.rule = find_rule("G1", "too-many-flags")};
    refusal.group_member = (uint32_t)(at - begin);
    set_all(submissions, begin, end, TLOG_REFUSED);
    for (size_t i = begin; i < end; i++)
        submissions[i]->refusal = refusal;
}

static bool decide_group(struct admit *admit, const struct batch *batch,
                         struct tlog_submission *const *submissions, size_t begin, size_t end,
                         struct err *err)
{
    struct group_start start = {admit->added_count, admit->flags.count, admit->own_count,
                                admit->room};
    bool keep = true;
    size_t at = begin;

    if (admit->facts != NULL)
        facts_begin_group(admit->facts);
    for (; at < end; at++) {
        keep = decide(admit, batch, at, submissions, err);
        if (!keep || submissions[at]->outcome == TLOG_REFUSED ||
            submissions[at]->outcome == TLOG_DEFERRED)
            break;
    }
    if (admit->facts != NULL)
        facts_end_group(admit->facts, keep && at == end);
    if (keep && at < end)
        undo_group(admit, &start, submissions, begin, end, at);
    return keep;
}

bool admit_batch(struct admit *admit, size_t *out_added_count, const struct batch *batch,
                 const struct admit_place *place, struct tlog_submission *const *submissions,
                 size_t count, struct err *err)
{
    size_t done = 0;

    begin(admit, place);
    while (done < count) {
        size_t end = group_end(submissions, done, count);
        bool ok = end == done + 1 ? decide(admit, batch, done, submissions, err)
                                  : decide_group(admit, batch, submissions, done, end, err);

        if (!ok)
            return false;
        if (submissions[done]->outcome == TLOG_DEFERRED)
            break;
        done = end;
    }
    for (; done < count; done++)
        submissions[done]->outcome = TLOG_DEFERRED;
    *out_added_count = admit->added_count;
    return true;
}

/* ---- what it leaves ---- */

static void list_changes(struct admit *admit)
{
    const struct fact_change *changes = facts_changes(admit->facts, &admit->change_count);

    if (admit->change_count > admit->change_capacity) {
        admit->change_capacity = admit->change_count;
        admit->changes =
            mem_realloc_array(admit->changes, admit->change_capacity, sizeof(*admit->changes));
    }
    for (size_t i = 0; i < admit->change_count; i++)
        admit->changes[i] = (struct store_fact){changes[i].key, changes[i].value};
}

const struct store_fact *admit_facts(struct admit *admit, size_t *out_count)
{
    if (admit->facts != NULL && !admit->has_changes) {
        list_changes(admit);
        admit->has_changes = true;
    }
    *out_count = admit->change_count;
    return admit->changes;
}

bool admit_changes_principals(struct admit *admit)
{
    size_t count;
    const struct store_fact *facts = admit_facts(admit, &count);

    for (size_t i = 0; i < count; i++) {
        if (facts[i].key.data[0] == FACT_KEY || facts[i].key.data[0] == FACT_PRINCIPAL)
            return true;
    }
    return false;
}

void admit_append_flags(struct admit *admit, struct buf *out)
{
    flag_list_encode(&admit->flags, out);
}

void admit_get_settings(struct admit *admit, struct settings *out)
{
    settings_get(out, admit->facts);
}

void admit_committed(struct admit *admit)
{
    if (admit->facts != NULL)
        facts_committed(admit->facts);
}

void admit_forget(struct admit *admit)
{
    if (admit->facts != NULL)
        facts_reset(admit->facts);
}
