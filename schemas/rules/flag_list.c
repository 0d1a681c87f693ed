#include "schemas/rules/flag_list.h"

#include <stdlib.h>

static struct seal_flag *next_flag(struct flag_list *list)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        list->flags = mem_realloc_array(list->flags, list->capacity, sizeof(*list->flags));
    }
    return &list->flags[list->count++];
}

void flag_list_add(struct flag_list *list, uint64_t entry_offset,
                   const struct admission_verdict *verdict)
{
    for (size_t i = 0; i < verdict->flag_count; i++) {
        const struct admission_flag *flag = &verdict->flags[i];

        *next_flag(list) = (struct seal_flag){
            .rule = bytes_of_text(flag->rule->name),
            .code = bytes_of_text(flag->rule->code),
            .entry_offset = entry_offset,
            .record_number = flag->record_number,
        };
    }
}

void flag_list_encode(struct flag_list *list, struct buf *out)
{
    if (list->count > 0)
        seal_flags_encode(out, list->flags, list->count);
}

void flag_list_cleanup(struct flag_list *list)
{
    free(list->flags);
    *list = (struct flag_list){0};
}
