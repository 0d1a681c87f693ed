#include "client/replay_view.h"

#include <stdio.h>

#include "client/object.h"
#include "schemas/rules/tables.h"

void replay_view_append(struct buf *out, struct replay *replay)
{
    const struct replay_counts *counts = replay_counts(replay);
    char name[96];

    object_begin(out, "replay");
    object_number(out, "statements", counts->statements);
    object_number(out, "records", counts->records);
    object_number(out, "flags", counts->flags);
    object_number(out, "token_checks", counts->token_checks);
    object_begin(out, "records_by_type");
    for (enum record_type type = 0; type < RECORD_TYPE_COUNT; type++) {
        if (counts->records_of_type[type] > 0)
            object_number(out, record_type_name(type), counts->records_of_type[type]);
    }
    object_end(out);
    object_begin(out, "flags_by_rule");
    for (size_t i = 0; i < rule_count(); i++) {
        snprintf(name, sizeof(name), "%s/%s", rule_at(i)->name, rule_at(i)->code);
        if (replay_flags_of_rule(replay, i) > 0)
            object_number(out, name, replay_flags_of_rule(replay, i));
    }
    object_end(out);
    object_end(out);
}
