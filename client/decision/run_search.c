#include "client/decision/run_search.h"

#include <inttypes.h>
#include <string.h>

#include "schemas/record.h"
#include "schemas/rules/mentions.h"

enum { RUN_ID_LEN = 16 };

struct found {
    uint8_t record_id[RUN_ID_LEN];
    uint64_t index;
    uint64_t number;
    bool is_over;
};

struct search {
    struct bytes run_id;
    uint64_t now_ms;
    struct found found[RUN_SEARCH_FOUND_MAX];
    size_t count;
    struct record_fields memory;
};

static bool is_of_run(const struct search *search, const struct field *request)
{
    return bytes_equal(field_bytes(field_get(request, "run_id")), search->run_id) ||
           bytes_equal(field_bytes(field_at(request, "subject.run_id")), search->run_id);
}

static bool take_request(struct search *search, uint64_t index, uint64_t number, struct err *err)
{
    const struct field *request = search->memory.fields;
    struct bytes id = field_bytes(field_get(request, "record_id"));
    struct found *found = &search->found[search->count];

    if (!is_of_run(search, request) || id.len != RUN_ID_LEN ||
        field_uint(field_get(request, "expires_at_ms"), 0) <= search->now_ms)
        return true;
    if (search->count == RUN_SEARCH_FOUND_MAX)
        return err_set(err, ERR_INVALID, "the run has more than %d requests: name the entry",
                       RUN_SEARCH_FOUND_MAX);
    *found = (struct found){.index = index, .number = number};
    memcpy(found->record_id, id.data, RUN_ID_LEN);
    search->count++;
    return true;
}

static void take_approval(struct search *search)
{
    const struct field *approval = search->memory.fields;
    const struct field *outcome = field_get(approval, "outcome");
    struct bytes id = field_bytes(field_at(approval, "approval_request.record_id"));

    if (!field_is_text(outcome, "reject") && !field_is_text(outcome, "withdraw") &&
        !field_is_text(outcome, "expire"))
        return;
    for (size_t i = 0; i < search->count; i++) {
        if (bytes_equal(id, bytes_of(search->found[i].record_id, RUN_ID_LEN)))
            search->found[i].is_over = true;
    }
}

static bool take_entry(void *context, uint64_t index, struct bytes entry, struct err *err)
{
    struct search *search = context;
    struct problem problem = {0};
    struct record_reader reader;
    struct statement statement;
    struct record record;
    size_t count;

    if (!statement_decode_form(&statement, entry, &problem) ||
        !record_check_payload(statement.cose.payload, &count, &problem))
        return true;
    reader = record_reader_of(statement.cose.payload);
    for (uint64_t number = 0; record_next(&reader, &record); number++) {
        bool is_request = bytes_equal_text(record.type, "approval-request");

        if (!is_request && !bytes_equal_text(record.type, "approval"))
            continue;
        if (!record_fields_read(&search->memory, record.encoded, err))
            return false;
        if (!is_request)
            take_approval(search);
        else if (!take_request(search, index, number, err))
            return false;
    }
    return true;
}

/* The one that is left, or a list to choose from. */
static bool choose(const struct search *search, struct record_place *out, const char *run,
                   struct err *err)
{
    struct buf places = {0};
    size_t open_count = 0;

    for (size_t i = 0; i < search->count; i++) {
        const struct found *found = &search->found[i];

        if (found->is_over)
            continue;
        *out = (struct record_place){
            .entry = {.index = found->index}, .has_number = true, .number = found->number};
        buf_append_format(&places, "%s%" PRIu64 "/%" PRIu64, open_count++ > 0 ? ", " : "",
                          found->index, found->number);
    }
    if (open_count == 0)
        err_set(err, ERR_NOT_FOUND, "no open request of run %s in the entries searched", run);
    else if (open_count > 1)
        err_set(err, ERR_INVALID, "several requests of the run are open, name one: %s",
                buf_text(&places));
    buf_cleanup(&places);
    return open_count == 1;
}

bool run_search_request(struct log_view *view, struct record_place *out, const char *run,
                        uint64_t search_max, uint64_t now_ms, struct err *err)
{
    struct search search = {.now_ms = now_ms};
    uint64_t end = view->head.checkpoint.size;
    struct buf run_id = {0};
    bool ok;

    if (!mention_value_parse(&run_id, MENTION_RUN, bytes_of_text(run)))
        return err_set(err, ERR_INVALID, "--run %s: a UUID in lower case is needed", run);
    search.run_id = bytes_of_buf(&run_id);
    ok = log_view_walk(view, end > search_max ? end - search_max : 0, end, take_entry, &search,
                       err) &&
         choose(&search, out, run, err);
    record_fields_cleanup(&search.memory);
    buf_cleanup(&run_id);
    return ok;
}
