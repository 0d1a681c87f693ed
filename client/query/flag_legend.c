#include "client/query/flag_legend.h"

#include <stdlib.h>

#include "base/text.h"
#include "client/object.h"
#include "schemas/rules/tables.h"

const struct rule *flag_rule(struct bytes name)
{
    struct bytes code = name;
    struct bytes rule_name;

    text_split(&code, &rule_name, '/');
    for (size_t i = 0; i < rule_count(); i++) {
        const struct rule *rule = rule_at(i);

        if (bytes_equal_text(rule_name, rule->name) && bytes_equal_text(code, rule->code))
            return rule;
    }
    return NULL;
}

void flag_legend_take(struct flag_legend *legend, const struct field *flags)
{
    if (legend->is_met == NULL)
        legend->is_met = mem_alloc_array(rule_count(), sizeof(*legend->is_met));
    for (const struct field *flag = field_first(flags); flag != NULL;
         flag = field_next(flags, flag)) {
        const struct rule *rule = flag_rule(field_text(flag));

        if (rule != NULL)
            legend->is_met[rule_number(rule)] = true;
        else
            legend->has_unknown = true;
    }
}

void flag_legend_append(struct buf *out, const struct flag_legend *legend)
{
    for (size_t i = 0; legend->is_met != NULL && i < rule_count(); i++) {
        const struct rule *rule = rule_at(i);

        if (legend->is_met[i])
            buf_append_format(out, "  %s/%s is set where this does not hold:\n      %s\n",
                              rule->name, rule->code, rule->says);
    }
    if (legend->has_unknown)
        buf_append_text(out, "  This program does not know every flag shown: it may be older than "
                             "the log.\n");
}

void flag_legend_append_json(struct buf *out, const struct flag_legend *legend)
{
    object_begin(out, "flag_meanings");
    for (size_t i = 0; legend->is_met != NULL && i < rule_count(); i++) {
        const struct rule *rule = rule_at(i);
        char *name;

        if (!legend->is_met[i])
            continue;
        name = mem_format("%s/%s", rule->name, rule->code);
        object_text(out, name, rule->says);
        free(name);
    }
    object_end(out);
}

void flag_legend_cleanup(struct flag_legend *legend)
{
    free(legend->is_met);
    *legend = (struct flag_legend){0};
}
