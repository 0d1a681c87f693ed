#include "schemas/rules/rule_cache.h"

void rule_cache_forget(struct rule_cache *cache)
{
    cache->run.is_filled = false;
}

void rule_cache_cleanup(struct rule_cache *cache)
{
    buf_cleanup(&cache->scratch);
}
