#include "client/decision/log_view.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "client/decision/draft.h"
#include "client/fetch/tile_reader.h"
#include "client/verify/audit.h"
#include "schemas/record.h"

/* ---- the head ---- */

/* A bare key knows no witnesses, a policy says how many it wants. */
static bool check_worth(const struct log_view *view, struct err *err)
{
    const struct policy *policy = view->trust.policy;
    enum head_worth worth = head_worth(&view->head, policy);

    if (worth == HEAD_TRUSTED || (worth == HEAD_SIGNED && policy->is_bare_key))
        return true;
    if (worth == HEAD_SIGNED)
        return err_set(err, ERR_INVALID, "the log's head is not cosigned as the policy asks");
    return err_set(err, ERR_INVALID, "the head of %s is not signed by a log you trust",
                   view->head.checkpoint.origin);
}

bool log_view_open(struct log_view *out, const struct args *args, struct err *err)
{
    if (!trust_files_load(&out->trust, args, err))
        return false;
    if (out->trust.policy == NULL)
        return err_set(err, ERR_INVALID, "--policy FILE or --vkey KEY is needed: whose log it is");
    return fetch_open(&out->fetcher, args_value(args, "--url"), err) &&
           log_read_head(out->fetcher, &out->head, &out->note, "checkpoint", out->trust.policy,
                         err) &&
           check_worth(out, err);
}

void log_view_close(struct log_view *view)
{
    fetch_close(view->fetcher);
    trust_files_cleanup(&view->trust);
    buf_cleanup(&view->note);
    *view = (struct log_view){0};
}

/* ---- entries ---- */

bool log_view_prove(struct log_view *view, uint64_t index, struct bytes entry, struct err *err)
{
    struct proof proof;
    struct hash leaf;

    hash_leaf(&leaf, entry);
    return log_prove_inclusion(view->fetcher, &proof, &view->head.checkpoint, index, &leaf, err);
}

bool log_view_read(struct log_view *view, struct buf *out, uint64_t index, struct err *err)
{
    const struct checkpoint *head = &view->head.checkpoint;
    struct proof proof;
    struct hash leaf;

    if (index >= head->size)
        return err_set(err, ERR_NOT_FOUND, "index %" PRIu64 " is not in the tree of size %" PRIu64,
                       index, head->size);
    return log_read_leaf(view->fetcher, &leaf, index, head->size, err) &&
           log_prove_inclusion(view->fetcher, &proof, head, index, &leaf, err) &&
           log_read_statement(view->fetcher, out, &leaf, err);
}

/* The entries of one bundle that are in [begin, end). */
static bool walk_bundle(struct log_view *view, struct tile_id id, uint64_t begin, uint64_t end,
                        entry_take_fn take, void *context, struct err *err)
{
    uint64_t index = id.index * TILE_WIDTH;
    struct fetch_reply reply = {0};
    struct bytes entry;
    struct bytes rest;
    bool ok = tile_fetch(view->fetcher, &reply, id, tile_width(id, view->head.checkpoint.size),
                         true, err);

    rest = bytes_of_buf(&reply.body);
    for (; ok && index < end; index++) {
        ok = bundle_next(&rest, &entry, err) ||
             err_set(err, ERR_CORRUPT, "the log's bundle ends before entry %" PRIu64, index);
        if (ok && index >= begin)
            ok = take(context, index, entry, err);
    }
    buf_cleanup(&reply.body);
    return ok;
}

bool log_view_walk(struct log_view *view, uint64_t begin, uint64_t end, entry_take_fn take,
                   void *context, struct err *err)
{
    CHECK(end <= view->head.checkpoint.size);
    while (begin < end) {
        struct tile_id id = {.level = 0, .index = begin / TILE_WIDTH};
        uint64_t bundle_end = (id.index + 1) * TILE_WIDTH;

        if (bundle_end > end)
            bundle_end = end;
        if (!walk_bundle(view, id, begin, bundle_end, take, context, err))
            return false;
        begin = bundle_end;
    }
    return true;
}

/* ---- records ---- */

bool record_place_parse(struct record_place *out, const char *text, struct err *err)
{
    struct bytes number = bytes_of_text(text);
    struct bytes entry;
    char *name;
    bool ok;

    *out = (struct record_place){.has_number = text_split(&number, &entry, '/')};
    name = mem_format("%.*s", (int)entry.len, (const char *)entry.data);
    ok = entry_name_parse(&out->entry, name, err);
    if (ok && out->has_number && !text_parse_uint(&out->number, number, STATEMENT_RECORDS_MAX - 1))
        ok = err_set(err, ERR_INVALID, "'%s': the number of a record is needed after the slash",
                     text);
    free(name);
    return ok;
}

static bool read_entry(struct log_view *view, struct proven_record *out,
                       const struct entry_name *name, struct err *err)
{
    out->index = name->index;
    if (!name->is_id)
        return log_view_read(view, &out->entry, name->index, err);
    return log_find_index(view->fetcher, &out->index, &name->id, err) &&
           log_read_statement(view->fetcher, &out->entry, &name->id, err) &&
           log_view_prove(view, out->index, bytes_of_buf(&out->entry), err);
}

static bool check_signature(struct log_view *view, struct proven_record *out, struct err *err)
{
    const struct public_key *key = key_set_find(&view->trust.issuer_keys, out->statement.kid);
    struct problem problem = {0};

    if (key == NULL)
        return true;
    out->signature_checked = statement_verify(&out->statement, key, &problem);
    return out->signature_checked || err_set(err, ERR_CORRUPT, "entry %" PRIu64 ": %s", out->index,
                                             problem.detail);
}

static bool decode(struct proven_record *out, struct err *err)
{
    struct problem problem = {0};
    size_t count;

    hash_leaf(&out->entry_id, bytes_of_buf(&out->entry));
    if (statement_decode(&out->statement, bytes_of_buf(&out->entry), &problem) &&
        record_check_payload(out->statement.cose.payload, &count, &problem))
        return true;
    return err_set(err, ERR_INVALID, "entry %" PRIu64 " holds no records: %s", out->index,
                   problem.detail);
}

/* The one record of the type, or the one with the number. */
static bool choose(struct proven_record *out, const struct record_place *place, const char *type,
                   struct err *err)
{
    struct record_reader reader = record_reader_of(out->statement.cose.payload);
    struct record record;
    struct record found = {0};
    size_t found_count = 0;

    for (uint64_t i = 0; record_next(&reader, &record); i++) {
        if (!bytes_equal_text(record.type, type) || (place->has_number && i != place->number))
            continue;
        found = record;
        found_count++;
    }
    if (found_count == 0)
        return err_set(err, ERR_INVALID, "entry %" PRIu64 " has no %s%s", out->index, type,
                       place->has_number ? " there" : "");
    if (found_count > 1)
        return err_set(err, ERR_INVALID,
                       "entry %" PRIu64 " has %zu records of type %s: name one as %" PRIu64
                       "/NUMBER (vouch get shows them, from 0)",
                       out->index, found_count, type, out->index);
    record_digest(&out->digest, out->statement.issuer, found.encoded);
    return record_fields_read(&out->fields, found.encoded, err);
}

bool proven_record_read(struct log_view *view, struct proven_record *out,
                        const struct record_place *place, const char *type, struct err *err)
{
    return read_entry(view, out, &place->entry, err) && decode(out, err) &&
           check_signature(view, out, err) && choose(out, place, type, err);
}

void proven_record_cleanup(struct proven_record *record)
{
    record_fields_cleanup(&record->fields);
    buf_cleanup(&record->entry);
    *record = (struct proven_record){0};
}

void proven_record_append_reference(struct buf *out, const struct proven_record *record)
{
    const struct field *id = field_get(record->fields.fields, "record_id");

    draft_append_reference(out, field_bytes(id), record->statement.issuer, &record->digest,
                           record->index);
}

bool log_view_append_reference(struct log_view *view, struct buf *out, const char *place,
                               const char *type, struct err *err)
{
    struct proven_record record = {0};
    struct record_place parsed;
    bool ok = record_place_parse(&parsed, place, err) &&
              proven_record_read(view, &record, &parsed, type, err);

    if (ok)
        proven_record_append_reference(out, &record);
    proven_record_cleanup(&record);
    return ok;
}
