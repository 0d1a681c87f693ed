/*
 * GET /v1/rules and /v1/rules/{name}: the admission rules that this program carries, as their
 * tables say.
 */
#include "server/http/endpoints.h"

#include "schemas/dcbor.h"
#include "schemas/rules/tables.h"
#include "schemas/rules/version.h"
#include "server/transport/reply.h"

static const char *const severities[] = {
    [RULE_REFUSES] = "refuses",
    [RULE_REFUSES_IN_STRICT] = "refuses-in-strict",
    [RULE_FLAGS] = "flags",
};

static void put_member(struct buf *out, const char *name, const char *value)
{
    dcbor_put_literal(out, name);
    dcbor_put_literal(out, value);
}

static void put_types(struct buf *out, uint32_t types)
{
    dcbor_put_literal(out, "record_types");
    dcbor_put_array(out, (uint64_t)__builtin_popcount(types));
    for (enum record_type type = 0; type < RECORD_TYPE_COUNT; type++) {
        if ((types & TYPE_BIT(type)) != 0)
            dcbor_put_literal(out, record_type_name(type));
    }
}

/* A rule about every type names none. */
static void put_rule(struct buf *out, const struct rule *rule)
{
    bool has_types = rule->types != TYPES_ALL;

    dcbor_put_map(out, has_types ? 5 : 4);
    put_member(out, "code", rule->code);
    put_member(out, "rule", rule->name);
    put_member(out, "says", rule->says);
    put_member(out, "severity", severities[rule->severity]);
    if (has_types)
        put_types(out, rule->types);
}

/* Whether the rule is asked for; an empty name asks for all. */
static bool is_wanted(const struct rule *rule, struct bytes name)
{
    return name.len == 0 || bytes_equal_text(name, rule->name);
}

static size_t count_wanted(struct bytes name)
{
    size_t count = 0;

    for (size_t i = 0; i < rule_count(); i++)
        count += is_wanted(rule_at(i), name);
    return count;
}

static void send_rules(struct request *request, struct bytes name, size_t count)
{
    struct buf *body = request_body_buf(request);
    struct hash digest;

    rules_archive_digest(&digest);
    dcbor_put_map(body, 4);
    put_member(body, "id", RULES_ID);
    dcbor_put_literal(body, "rules");
    dcbor_put_array(body, count);
    for (size_t i = 0; i < rule_count(); i++) {
        if (is_wanted(rule_at(i), name))
            put_rule(body, rule_at(i));
    }
    put_member(body, "version", RULES_VERSION);
    dcbor_put_literal(body, "archive_digest");
    dcbor_put_bytes(body, hash_bytes(&digest));
    reply_send_item(request, bytes_of_buf(body), CACHE_NONE);
}

bool rules_get(struct request *request, struct problem *problem)
{
    (void)problem;
    send_rules(request, bytes_of(NULL, 0), rule_count());
    return true;
}

bool rule_get(struct request *request, struct problem *problem)
{
    size_t count = count_wanted(request->parameters[0]);

    if (count == 0)
        return problem_set(problem, PROBLEM_NOT_FOUND, "There is no admission rule of this name.");
    send_rules(request, request->parameters[0], count);
    return true;
}
