#include "schemas/rules/words.h"

static const char *const classifications[CLASSIFICATION_COUNT] = {"public", "internal",
                                                                  "confidential", "restricted"};
static const char *const gate_tiers[GATE_COUNT] = {"info", "soft", "block"};
static const char *const environments[ENVIRONMENT_COUNT] = {"development", "test", "staging",
                                                            "production"};
static const char *const change_operations[CHANGE_COUNT] = {
    "draft", "modify", "publish", "canary", "promote", "deploy", "rollback", "retire"};

/* The number of the word, or count when it is none of them. */
static unsigned find(const char *const *words, unsigned count, struct bytes word)
{
    unsigned i = 0;

    while (i < count && !bytes_equal_text(word, words[i]))
        i++;
    return i;
}

static unsigned find_level(const char *const *words, unsigned count, const struct field *field)
{
    unsigned i = field == NULL ? 0 : find(words, count, field_text(field));

    return i < count ? i : count - 1;
}

enum classification classification_of(const struct field *field)
{
    return (enum classification)find_level(classifications, CLASSIFICATION_COUNT, field);
}

enum gate_tier gate_tier_of(const struct field *field)
{
    return (enum gate_tier)find_level(gate_tiers, GATE_COUNT, field);
}

enum environment environment_of(const struct field *field)
{
    return (enum environment)(field == NULL ? ENVIRONMENT_PRODUCTION
                                            : find_level(environments, ENVIRONMENT_COUNT, field));
}

enum environment environment_find(struct bytes name)
{
    unsigned found = find(environments, ENVIRONMENT_COUNT, name);

    return (enum environment)(found < ENVIRONMENT_COUNT ? found : ENVIRONMENT_PRODUCTION);
}

const char *environment_name(enum environment environment)
{
    CHECK(environment < ENVIRONMENT_COUNT);
    return environments[environment];
}

enum change_operation change_operation_of(const struct field *field)
{
    return (enum change_operation)find(change_operations, CHANGE_COUNT, field_text(field));
}
