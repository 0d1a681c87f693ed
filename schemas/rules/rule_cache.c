#include "schemas/rules/rule_cache.h"

void rule_cache_next_statement(struct rule_cache *cache)
{
    cache->run.is_filled = false;
    cache->header.has_stream_key = false;
    cache->mentions = (struct mention_cache){0};
}

void rule_cache_next_record(struct rule_cache *cache)
{
    cache->header.has_record_key = false;
    cache->run.has_attempt_key = false;
    cache->contract.is_filled = false;
    cache->manifest.is_filled = false;
    cache->decisions.is_filled = false;
    cache->action.is_filled = false;
}

void rule_cache_cleanup(struct rule_cache *cache)
{
    record_fields_cleanup(&cache->contract.memory);
    manifest_view_cleanup(&cache->manifest);
    run_decisions_cleanup(&cache->decisions);
    buf_cleanup(&cache->scratch);
}

struct buf *rule_scratch(const struct rule_context *context)
{
    buf_clear(&context->cache->scratch);
    return &context->cache->scratch;
}
