#include "server/cosigning/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/database/database.h"
#include "server/cosigning/ledger_rows.h"
#include "server/tlog/head_file.h"

enum {
    CACHE_LEN = 1024 * 1024,
    WRITE_BUFFER_LEN = 4 * 1024 * 1024,
    SLOTS_FIRST = 1024, /* a power of two */
};

/* A log in memory. */
struct slot {
    struct hash log_id;
    struct ledger_state state;
    bool is_used;
};

struct staged {
    struct hash log_id;
    struct ledger_state state;
};

struct ledger {
    struct database *database;
    struct head_cell *mark;
    /* any thread, under lock */
    pthread_mutex_t lock;
    struct slot *slots; /* open addressing by the first bytes of the log's id */
    size_t slot_count;
    size_t count; /* of logs that have a state */
    /* the committing thread's */
    struct ledger_tip tip; /* of the newest commit */
    struct database_batch *batch;
    struct staged *staged;
    size_t staged_count;
    size_t staged_capacity;
};

/* ---- in memory ---- */

/* The slot of a log, or the free one where it would be. */
static struct slot *find_slot(struct slot *slots, size_t slot_count, const struct hash *log_id)
{
    size_t i = (size_t)read_be64(log_id->bytes) & (slot_count - 1);

    while (slots[i].is_used && !hash_equal(&slots[i].log_id, log_id))
        i = (i + 1) & (slot_count - 1);
    return &slots[i];
}

static void grow(struct ledger *ledger)
{
    size_t slot_count = ledger->slot_count == 0 ? SLOTS_FIRST : ledger->slot_count * 2;
    struct slot *slots = mem_alloc_array(slot_count, sizeof(*slots));

    for (size_t i = 0; i < ledger->slot_count; i++) {
        if (ledger->slots[i].is_used)
            *find_slot(slots, slot_count, &ledger->slots[i].log_id) = ledger->slots[i];
    }
    free(ledger->slots);
    ledger->slots = slots;
    ledger->slot_count = slot_count;
}

static struct slot *add_slot(struct ledger *ledger, const struct hash *log_id)
{
    struct slot *slot;

    if ((ledger->count + 1) * 2 > ledger->slot_count)
        grow(ledger);
    slot = find_slot(ledger->slots, ledger->slot_count, log_id);
    if (!slot->is_used) {
        *slot = (struct slot){.log_id = *log_id, .is_used = true};
        ledger->count++;
    }
    return slot;
}

size_t ledger_count(struct ledger *ledger)
{
    size_t count;

    pthread_mutex_lock(&ledger->lock);
    count = ledger->count;
    pthread_mutex_unlock(&ledger->lock);
    return count;
}

bool ledger_get(struct ledger *ledger, const struct hash *log_id, struct ledger_state *out)
{
    const struct slot *slot;
    bool found;

    pthread_mutex_lock(&ledger->lock);
    slot = find_slot(ledger->slots, ledger->slot_count, log_id);
    *out = slot->state;
    found = slot->is_used;
    pthread_mutex_unlock(&ledger->lock);
    return found;
}

/* ---- on disk ---- */

bool ledger_read_note(struct ledger *ledger, const struct hash *log_id, struct buf *out,
                      bool *out_found, struct err *err)
{
    uint8_t key[LEDGER_KEY_LEN];
    struct database_value value = {0};
    struct ledger_state state;
    struct bytes note;
    bool ok = database_get(ledger->database, &value, ledger_log_key(key, log_id), err);

    *out_found = ok && value.data != NULL;
    if (*out_found) {
        ok = ledger_log_decode(&state, &note, database_value_bytes(&value), err);
        if (ok)
            buf_append_bytes(out, note);
    }
    database_value_cleanup(&value);
    return ok;
}

static bool same_state(const struct ledger_state *a, const struct ledger_state *b)
{
    return a->size == b->size && a->time_s == b->time_s && hash_equal(&a->root, &b->root);
}

bool ledger_stage(struct ledger *ledger, const struct hash *log_id,
                  const struct ledger_state *before, const struct ledger_state *after,
                  struct bytes note)
{
    uint8_t key[LEDGER_KEY_LEN];
    struct buf value = {0};
    struct ledger_state state;

    for (size_t i = ledger->staged_count; i > 0; i--) {
        if (hash_equal(&ledger->staged[i - 1].log_id, log_id))
            return false;
    }
    ledger_get(ledger, log_id, &state);
    if (!same_state(&state, before))
        return false;
    if (ledger->staged_count == ledger->staged_capacity) {
        ledger->staged_capacity = ledger->staged_capacity * 2 + 64;
        ledger->staged = mem_realloc_array(ledger->staged, ledger->staged_capacity,
                                           sizeof(*ledger->staged));
    }
    ledger->staged[ledger->staged_count++] = (struct staged){.log_id = *log_id, .state = *after};
    ledger_log_encode(&value, after, note);
    database_batch_put(ledger->batch, ledger_log_key(key, log_id), bytes_of_buf(&value));
    buf_cleanup(&value);
    return true;
}

static void apply_staged(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    for (size_t i = 0; i < ledger->staged_count; i++)
        add_slot(ledger, &ledger->staged[i].log_id)->state = ledger->staged[i].state;
    pthread_mutex_unlock(&ledger->lock);
    ledger->staged_count = 0;
}

static bool write_mark(struct ledger *ledger, struct err *err)
{
    struct head_mark mark = {.size = ledger->tip.sequence, .root = ledger->tip.digest};

    return ledger->mark->write(ledger->mark, &mark, err);
}

/* The database first: when only that is done, the mark is one commit behind, which is allowed. */
bool ledger_commit(struct ledger *ledger, struct err *err)
{
    struct buf value = {0};
    bool ok;

    if (ledger->staged_count == 0)
        return true;
    ledger->tip.sequence++;
    ledger->tip.previous = ledger->tip.digest;
    for (size_t i = 0; i < ledger->staged_count; i++)
        ledger_tip_add(&ledger->tip, &ledger->staged[i].log_id, &ledger->staged[i].state);
    ledger_tip_encode(&value, &ledger->tip);
    database_batch_put(ledger->batch, bytes_of_text(LEDGER_TIP_KEY), bytes_of_buf(&value));
    buf_cleanup(&value);
    ok = database_write(ledger->database, ledger->batch, err) && write_mark(ledger, err);
    if (ok)
        apply_staged(ledger);
    return ok;
}

/* ---- opening ---- */

static bool open_database(struct database **out, const char *directory, bool create,
                          struct err *err)
{
    const struct database_options options = {
        .cache_bytes = CACHE_LEN, .write_buffer_bytes = WRITE_BUFFER_LEN, .create = create};

    return database_open(out, directory, &options, err) || err_wrap(err, "open %s", directory);
}

/* A copy is another file: its number on the file system is not the original's. */
static bool mark_number(uint64_t *out, const char *mark_file, struct err *err)
{
    struct stat status;

    if (stat(mark_file, &status) != 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "%s", mark_file);
    *out = status.st_ino;
    return true;
}

static bool write_card(struct database *database, struct database_batch *batch,
                       const struct ledger_options *options, struct err *err)
{
    struct ledger_card card = {.key = *options->key};
    struct buf value = {0};
    bool ok = mark_number(&card.mark_number, options->mark_file, err);

    if (ok) {
        card.name = bytes_of_text(options->name);
        ledger_card_encode(&value, &card);
        database_batch_put(batch, bytes_of_text(LEDGER_CARD_KEY), bytes_of_buf(&value));
        ok = database_write(database, batch, err);
    }
    buf_cleanup(&value);
    return ok;
}

bool ledger_create(const struct ledger_options *options, struct err *err)
{
    const struct head_mark mark = {0};
    struct ledger_tip tip = {0};
    struct database *database = NULL;
    struct database_batch *batch = database_batch_new();
    struct buf value = {0};
    bool ok = head_file_create(options->mark_file, &mark, err) &&
              open_database(&database, options->directory, true, err);

    if (ok) {
        ledger_tip_encode(&value, &tip);
        database_batch_put(batch, bytes_of_text(LEDGER_TIP_KEY), bytes_of_buf(&value));
        ok = write_card(database, batch, options, err);
    }
    buf_cleanup(&value);
    database_batch_free(batch);
    database_close(database);
    return ok;
}

static bool load_row(void *context, struct bytes key, struct bytes value)
{
    struct ledger *ledger = context;
    struct ledger_state state;
    struct hash log_id;
    struct bytes note;
    struct err err = {0};

    if (!ledger_log_key_decode(&log_id, key) || !ledger_log_decode(&state, &note, value, &err))
        return false;
    add_slot(ledger, &log_id)->state = state;
    return true;
}

static bool count_row(void *context, struct bytes key, struct bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)context;
    return true;
}

/* Every row, or the ledger is damaged: a log that is left out would be cosigned from the start. */
static bool load(struct ledger *ledger, struct err *err)
{
    struct bytes prefix = bytes_of_text(LEDGER_LOG_PREFIX);
    size_t count = 0;

    if (!database_scan(ledger->database, prefix, prefix, load_row, ledger, err) ||
        !database_scan(ledger->database, prefix, prefix, count_row, &count, err))
        return false;
    return ledger->count == count || err_set(err, ERR_CORRUPT, "a row of the ledger is damaged");
}

static bool get_row(struct database *database, const char *key, struct database_value *out,
                    struct err *err)
{
    return database_get(database, out, bytes_of_text(key), err) &&
           (out->data != NULL || err_set(err, ERR_CORRUPT, "this is not the ledger of a witness"));
}

static bool read_card(struct database *database, const struct ledger_options *options,
                      uint64_t *out_mark_number, struct err *err)
{
    struct database_value value = {0};
    struct ledger_card card;
    bool ok = get_row(database, LEDGER_CARD_KEY, &value, err) &&
              ledger_card_decode(&card, database_value_bytes(&value), err);

    if (ok && (!hash_equal(&card.key, options->key) || !bytes_equal_text(card.name, options->name)))
        ok = err_set(err, ERR_REFUSED, "this is the ledger of %.*s, with its own key",
                     (int)card.name.len, (const char *)card.name.data);
    if (ok)
        *out_mark_number = card.mark_number;
    database_value_cleanup(&value);
    return ok;
}

static bool check_place(struct database *database, const struct ledger_options *options,
                        struct err *err)
{
    uint64_t wanted = 0;
    uint64_t number = 0;

    if (!read_card(database, options, &wanted, err) ||
        !mark_number(&number, options->mark_file, err))
        return false;
    return number == wanted ||
           err_set(err, ERR_REFUSED,
                   "%s is a copy: if the original will never run again, and this is its last state,"
                   " vouchd adopt says so",
                   options->mark_file);
}

static bool read_tip(struct ledger *ledger, struct err *err)
{
    struct database_value value = {0};
    bool ok = get_row(ledger->database, LEDGER_TIP_KEY, &value, err) &&
              ledger_tip_decode(&ledger->tip, database_value_bytes(&value), err);

    database_value_cleanup(&value);
    return ok;
}

/* The newest commit is the marked one, or the one after it: a crash came between the two writes. */
static bool check_mark(struct ledger *ledger, struct err *err)
{
    const struct ledger_tip *tip = &ledger->tip;
    struct head_mark mark;

    if (!ledger->mark->read(ledger->mark, &mark, err))
        return false;
    if (mark.size == tip->sequence && hash_equal(&mark.root, &tip->digest))
        return true;
    if (mark.size + 1 == tip->sequence && hash_equal(&mark.root, &tip->previous))
        return write_mark(ledger, err);
    return err_set(err, ERR_REFUSED,
                   "the database is at commit %" PRIu64 ", its mark at %" PRIu64
                   ": one of them is older, and what was cosigned since is forgotten",
                   tip->sequence, mark.size);
}

bool ledger_open(struct ledger **out, const struct ledger_options *options, struct err *err)
{
    struct ledger *ledger = mem_alloc(sizeof(*ledger));

    CHECK(pthread_mutex_init(&ledger->lock, NULL) == 0);
    ledger->batch = database_batch_new();
    grow(ledger);
    if (!head_file_open(&ledger->mark, options->mark_file, err) ||
        !open_database(&ledger->database, options->directory, false, err) ||
        !check_place(ledger->database, options, err) || !read_tip(ledger, err) ||
        !check_mark(ledger, err) || !load(ledger, err)) {
        ledger_close(ledger);
        return false;
    }
    *out = ledger;
    return true;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    database_batch_free(ledger->batch);
    database_close(ledger->database);
    if (ledger->mark != NULL)
        ledger->mark->close(ledger->mark);
    pthread_mutex_destroy(&ledger->lock);
    free(ledger->staged);
    free(ledger->slots);
    free(ledger);
}

/* A copy that is older than its mark stays what it is. */
bool ledger_adopt(const struct ledger_options *options, struct err *err)
{
    struct ledger *ledger = NULL;
    struct database *database = NULL;
    struct database_batch *batch = database_batch_new();
    uint64_t old_number;
    bool ok = open_database(&database, options->directory, false, err) &&
              read_card(database, options, &old_number, err) &&
              write_card(database, batch, options, err);

    database_batch_free(batch);
    database_close(database);
    ok = ok && ledger_open(&ledger, options, err);
    ledger_close(ledger);
    return ok;
}
