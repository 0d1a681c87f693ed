#include "server/http/changed_facts.h"

#include <stdlib.h>
#include <string.h>

void changed_facts_clear(struct changed_facts *changed)
{
    changed->count = 0;
}

void changed_facts_add(struct changed_facts *changed, const struct tlog *tlog)
{
    size_t count;
    const uint64_t *keys = tlog_changed_facts(tlog, &count);

    if (changed->count + count > changed->capacity) {
        changed->capacity = changed->count + count;
        changed->keys =
            mem_realloc_array(changed->keys, changed->capacity, sizeof(*changed->keys));
    }
    if (count > 0)
        memcpy(changed->keys + changed->count, keys, count * sizeof(*keys));
    changed->count += count;
}

void changed_facts_cleanup(struct changed_facts *changed)
{
    free(changed->keys);
    *changed = (struct changed_facts){0};
}
