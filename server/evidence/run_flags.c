#include "server/evidence/run_flags.h"

#include <stdlib.h>

struct collector {
    struct run_flags *out;
    struct run_scope *scope;
};

static struct run_flag *find(struct run_flags *flags, const struct seal_flag *flag)
{
    for (size_t i = 0; i < flags->count; i++) {
        if (bytes_equal(flags->flags[i].rule, flag->rule) &&
            bytes_equal(flags->flags[i].code, flag->code))
            return &flags->flags[i];
    }
    return NULL;
}

static struct run_flag *add(struct run_flags *flags, const struct seal_flag *flag)
{
    struct run_flag *added = &flags->flags[flags->count];
    struct buf *text = &flags->texts[flags->count];

    buf_append_bytes(text, flag->rule);
    buf_append_bytes(text, flag->code);
    added->rule = bytes_slice(bytes_of_buf(text), 0, flag->rule.len);
    added->code = bytes_slice(bytes_of_buf(text), flag->rule.len, text->len);
    flags->count++;
    return added;
}

/* The flags of one record of an entry that has any. */
static bool collect(void *context, const struct run_record *record, struct err *err)
{
    struct collector *collector = context;
    struct run_flags *out = collector->out;
    struct entry_flags flags = commit_view_flags(&collector->scope->commit, record->index);
    struct seal_flag flag;

    (void)err;
    while (entry_flags_next(&flags, &flag)) {
        struct run_flag *found = find(out, &flag);

        if (flag.record_number != record->number)
            continue;
        if (found == NULL && out->count < RUN_FLAGS_MAX)
            found = add(out, &flag);
        if (found != NULL)
            found->record_count++;
    }
    return true;
}

static bool is_flagged(const struct run_scope *scope, uint64_t index)
{
    struct entry_flags flags = commit_view_flags(&scope->commit, index);
    struct seal_flag flag;

    return entry_flags_next(&flags, &flag);
}

bool run_flags_collect(struct run_flags *out, struct run_scope *scope, struct err *err)
{
    struct collector collector = {.out = out, .scope = scope};
    struct run_visit visit = {.of_run = true, .visit = collect, .context = &collector};
    struct run_entries entries;
    uint64_t index;

    *out = (struct run_flags){.texts = mem_alloc_array(RUN_FLAGS_MAX, sizeof(*out->texts))};
    run_entries_init(&entries, scope, NULL);
    for (;;) {
        if (!run_entries_next(&entries, scope, &index, err))
            return false;
        if (index == UINT64_MAX)
            return true;
        if (!commit_view_seek(&scope->commit, index, err))
            return false;
        if (is_flagged(scope, index) &&
            !run_scope_visit_entry(scope, index, &visit, err))
            return false;
    }
}

void run_flags_cleanup(struct run_flags *flags)
{
    for (size_t i = 0; flags->texts != NULL && i < RUN_FLAGS_MAX; i++)
        buf_cleanup(&flags->texts[i]);
    free(flags->texts);
    *flags = (struct run_flags){0};
}

uint64_t run_flags_with_code(const struct run_flags *flags, const char *code)
{
    uint64_t count = 0;

    for (size_t i = 0; i < flags->count; i++) {
        if (bytes_equal_text(flags->flags[i].code, code))
            count += flags->flags[i].record_count;
    }
    return count;
}
