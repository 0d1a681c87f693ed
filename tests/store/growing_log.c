#include "tests/store/growing_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64: any 64 bits from any 64 bits. */
static uint64_t mix(uint64_t value)
{
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static void fill(uint8_t *out, size_t len, uint64_t value)
{
    if (len > 0)
        memset(out, (int)(value & 0xff), len);
    for (unsigned i = 0; i < 8 && i < len; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

struct store_identity_card growing_log_card(void)
{
    struct store_identity_card card = {.origin = "log.example/growing", .kind = LOG_EVIDENCE};

    fill(card.checkpoint_key.bytes, HASH_LEN, 0x0badc0de);
    return card;
}

struct store_head growing_log_first_head(void)
{
    struct store_head head = {.received_at_ms = 1000};

    hash_empty_root(&head.root);
    fill(head.checkpoint_signature, STORE_SIGNATURE_LEN, 1);
    return head;
}

bool growing_log_resume(struct growing_log *log, struct store *store, struct err *err)
{
    struct node_id ids[64];
    struct hash hashes[64];
    size_t count;

    if (!store_read_head(store, &log->head, err))
        return false;
    count = frontier_plan(ids, log->head.size);
    if (!store_read_nodes(store, hashes, ids, count, err))
        return false;
    frontier_load(&log->frontier, log->head.size, hashes);
    return true;
}

static size_t entry_len(const struct growing_log *log, uint64_t index)
{
    uint64_t choice = mix(log->seed ^ (index << 1));

    if (log->entry_len != 0)
        return log->entry_len;
    if (choice % 97 == 0)
        return STORE_ENTRY_LEN_MAX;
    if (choice % 89 == 0)
        return 0;
    return (choice >> 8) % 40 + 8;
}

void growing_log_entry(const struct growing_log *log, struct buf *out, uint64_t index)
{
    size_t len = entry_len(log, index);

    fill(buf_extend(out, len), len, mix(log->seed ^ mix(index)));
}

/* The index is hashed too, so that empty entries are found under hashes of their own. */
static void keys_of(struct hash *out_leaf_hash, struct hash *out_sid, struct bytes entry,
                    uint64_t index)
{
    uint8_t content[HASH_LEN + 1 + sizeof(index)];
    struct hash leaf;

    hash_leaf(&leaf, entry);
    memcpy(content, leaf.bytes, HASH_LEN);
    content[HASH_LEN] = 'l';
    memcpy(content + HASH_LEN + 1, &index, sizeof(index));
    hash_sha256(out_leaf_hash, bytes_of(content, sizeof(content)));
    content[HASH_LEN] = 's';
    hash_sha256(out_sid, bytes_of(content, sizeof(content)));
}

void growing_log_keys(const struct growing_log *log, struct hash *out_leaf_hash,
                      struct hash *out_sid, uint64_t index)
{
    struct buf entry = {0};

    growing_log_entry(log, &entry, index);
    keys_of(out_leaf_hash, out_sid, bytes_of_buf(&entry), index);
    buf_cleanup(&entry);
}

static void set_head(struct store_commit *commit, const struct frontier *frontier)
{
    commit->head = (struct store_head){
        .epoch = commit->expected.epoch,
        .size = frontier->size,
        .previous_size = commit->expected.size,
        .received_at_ms = commit->expected.received_at_ms + 1,
    };
    frontier_root(frontier, &commit->head.root);
    fill(commit->head.seal.bytes, HASH_LEN, mix(frontier->size));
    fill(commit->head.checkpoint_signature, STORE_SIGNATURE_LEN, mix(frontier->size + 1));
    fill(commit->head.receipt_signature, STORE_SIGNATURE_LEN, mix(frontier->size + 2));
}

enum { FACT_LEN = 9 + 8 }; /* key and value */

/* Of an entry: its index, and something made from it. */
static void append_entry_fact(struct buf *out, const struct growing_log *log, uint64_t index)
{
    buf_append_byte(out, 'e');
    buf_append_be64(out, index);
    buf_append_be64(out, mix(log->seed + index));
}

/* Of the log: its newest size, under a key that stays. */
static void append_log_fact(struct buf *out, uint64_t size)
{
    buf_append_text(out, "log-fact.");
    buf_append_be64(out, size);
}

static struct store_fact fact_at(const struct buf *content, size_t number)
{
    const uint8_t *at = content->data + number * FACT_LEN;

    return (struct store_fact){bytes_of(at, 9), bytes_of(at + 9, 8)};
}

static void prepare_facts(const struct growing_log *log, struct growing_commit *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        append_entry_fact(&out->fact_content, log, log->head.size + i);
    append_log_fact(&out->fact_content, log->head.size + count);
    out->facts = mem_alloc_array(count + 1, sizeof(*out->facts));
    for (size_t i = 0; i <= count; i++)
        out->facts[i] = fact_at(&out->fact_content, i);
    out->commit.facts = out->facts;
    out->commit.fact_count = count + 1;
}

void growing_log_prepare(const struct growing_log *log, struct growing_commit *out, size_t count)
{
    size_t node_count = 0;
    size_t key_count = 0;

    *out = (struct growing_commit){.frontier = log->frontier};
    out->entries = mem_alloc_array(count, sizeof(*out->entries));
    out->nodes = mem_alloc_array(2 * count + 64, sizeof(*out->nodes));
    out->keys = mem_alloc_array(2 * count, sizeof(*out->keys));
    for (size_t i = 0; i < count; i++)
        growing_log_entry(log, &out->content, log->head.size + i);
    for (size_t i = 0, at = 0; i < count; i++) {
        uint64_t index = log->head.size + i;
        struct store_key leaf = {.index = STORE_BY_LEAF_HASH, .entry_index = index};
        struct store_key sid = {.index = STORE_BY_SID, .entry_index = index};
        struct hash leaf_hash;

        out->entries[i] = bytes_of(out->content.data + at, entry_len(log, index));
        at += out->entries[i].len;
        hash_leaf(&leaf_hash, out->entries[i]);
        keys_of(&leaf.hash, &sid.hash, out->entries[i], index);
        node_count += frontier_append(&out->frontier, out->nodes + node_count, &leaf_hash);
        out->keys[key_count++] = leaf;
        if (log->with_sids)
            out->keys[key_count++] = sid;
    }
    out->commit = (struct store_commit){.expected = log->head,
                                        .entries = out->entries,
                                        .entry_count = count,
                                        .nodes = out->nodes,
                                        .node_count = node_count,
                                        .keys = out->keys,
                                        .key_count = key_count};
    set_head(&out->commit, &out->frontier);
    prepare_facts(log, out, count);
}

void growing_commit_cleanup(struct growing_commit *growing)
{
    buf_cleanup(&growing->content);
    free(growing->entries);
    free(growing->nodes);
    free(growing->keys);
    buf_cleanup(&growing->fact_content);
    free(growing->facts);
    *growing = (struct growing_commit){0};
}

bool growing_log_apply(struct growing_log *log, struct store *store,
                       const struct growing_commit *growing, struct err *err)
{
    if (!store_commit(store, &growing->commit, err))
        return false;
    log->head = growing->commit.head;
    log->frontier = growing->frontier;
    return true;
}

bool growing_log_commit(struct growing_log *log, struct store *store, size_t count, struct err *err)
{
    struct growing_commit growing;
    bool ok;

    growing_log_prepare(log, &growing, count);
    ok = growing_log_apply(log, store, &growing, err);
    growing_commit_cleanup(&growing);
    return ok;
}

static bool check_head(const struct growing_log *log, struct store *store, struct err *err)
{
    struct store_head head;

    if (!store_read_head(store, &head, err))
        return false;
    head.epoch = log->head.epoch;
    if (memcmp(&head, &log->head, sizeof(head)) != 0)
        return err_set(err, ERR_INVALID, "wrong head: size %" PRIu64 ", not %" PRIu64, head.size,
                       log->head.size);
    return true;
}

/* The entries of one bundle, up to the log's size. */
static bool check_bundle(const struct growing_log *log, struct store *store, uint64_t begin,
                         struct err *err)
{
    uint64_t end = log->head.size - begin < TILE_WIDTH ? log->head.size : begin + TILE_WIDTH;
    struct buf got = {0};
    struct buf want = {0};
    bool ok;

    for (uint64_t index = begin; index < end; index++) {
        buf_append_be16(&want, (uint16_t)entry_len(log, index));
        growing_log_entry(log, &want, index);
    }
    ok = store_read_entries(store, &got, begin, end, err);
    if (ok && !bytes_equal(bytes_of_buf(&got), bytes_of_buf(&want)))
        ok = err_set(err, ERR_INVALID, "wrong bytes of entries from %" PRIu64, begin);
    buf_cleanup(&got);
    buf_cleanup(&want);
    return ok;
}

static bool check_nodes(struct store *store, const struct node *nodes, size_t count,
                        struct err *err)
{
    struct node_id ids[64];
    struct hash hashes[64];

    for (size_t i = 0; i < count; i++)
        ids[i] = nodes[i].id;
    if (!store_read_nodes(store, hashes, ids, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!hash_equal(&hashes[i], &nodes[i].hash))
            return err_set(err, ERR_INVALID, "wrong node %" PRIu64 " on level %u", ids[i].index,
                           ids[i].level);
    }
    return true;
}

static bool check_keys(const struct growing_log *log, struct store *store, uint64_t index,
                       struct err *err)
{
    struct store_key keys[2] = {{.index = STORE_BY_LEAF_HASH}, {.index = STORE_BY_SID}};
    uint64_t want = index < log->head.size ? index : STORE_NO_INDEX;

    growing_log_keys(log, &keys[0].hash, &keys[1].hash, index);
    if (!store_find(store, keys, 2, err))
        return false;
    if (keys[0].entry_index != want)
        return err_set(err, ERR_INVALID, "leaf hash of entry %" PRIu64 " found wrong", index);
    if (keys[1].entry_index != (log->with_sids ? want : STORE_NO_INDEX))
        return err_set(err, ERR_INVALID, "sid of entry %" PRIu64 " found wrong", index);
    return true;
}

static bool check_fact(struct store *store, const struct store_fact *want, struct err *err)
{
    struct buf got = {0};
    bool found;
    bool ok = store_get_fact(store, want->key, &got, &found, err);

    if (ok && (!found || !bytes_equal(bytes_of_buf(&got), want->value)))
        ok = err_set(err, ERR_INVALID, "wrong fact under a key that begins with %c",
                     want->key.data[0]);
    buf_cleanup(&got);
    return ok;
}

/* What a scan has to meet, in this order. */
struct fact_scan {
    const struct buf *content;
    size_t count;
    bool is_wrong;
};

static bool compare_fact(void *context, const struct store_fact *fact)
{
    struct fact_scan *scan = context;
    struct store_fact want;

    scan->is_wrong = scan->count * FACT_LEN >= scan->content->len;
    if (scan->is_wrong)
        return false;
    want = fact_at(scan->content, scan->count++);
    scan->is_wrong = !bytes_equal(fact->key, want.key) || !bytes_equal(fact->value, want.value);
    return !scan->is_wrong;
}

static bool check_facts(const struct growing_log *log, struct store *store, struct err *err)
{
    struct store_fact_range all = {0};
    struct buf content = {0};
    struct fact_scan scan = {.content = &content};
    uint64_t size;
    bool ok = true;

    for (uint64_t index = 0; index < log->head.size; index++)
        append_entry_fact(&content, log, index);
    if (log->head.size > 0)
        append_log_fact(&content, log->head.size);
    for (size_t i = 0; ok && i < content.len / FACT_LEN; i++) {
        struct store_fact want = fact_at(&content, i);

        ok = check_fact(store, &want, err);
    }
    ok = ok && store_scan_facts(store, &all, compare_fact, &scan, err) &&
         store_read_facts_size(store, &size, err);
    if (ok && (scan.is_wrong || scan.count != content.len / FACT_LEN || size != log->head.size))
        ok = err_set(err, ERR_INVALID, "a scan of the facts found wrong ones");
    buf_cleanup(&content);
    return ok;
}

bool growing_log_check(const struct growing_log *log, struct store *store, struct err *err)
{
    struct frontier frontier = {0};
    struct buf entry = {0};
    bool ok = check_head(log, store, err);

    for (uint64_t index = 0; ok && index < log->head.size; index++) {
        struct node nodes[64];
        struct hash leaf;
        size_t count;

        buf_clear(&entry);
        growing_log_entry(log, &entry, index);
        hash_leaf(&leaf, bytes_of_buf(&entry));
        count = frontier_append(&frontier, nodes, &leaf);
        ok = check_nodes(store, nodes, count, err) && check_keys(log, store, index, err) &&
             (index % TILE_WIDTH != 0 || check_bundle(log, store, index, err));
    }
    buf_cleanup(&entry);
    return ok && check_keys(log, store, log->head.size, err) && check_facts(log, store, err);
}
