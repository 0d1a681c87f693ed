#include "schemas/rules/owners.h"

/* Goes on to the owner of *id; false when there is none. */
static bool next_owner(struct facts *facts, uint64_t index, struct bytes *id)
{
    struct principal principal;

    if (!principal_get_at(facts, *id, index, &principal) || principal.owner.len == 0)
        return false;
    *id = principal.owner;
    return true;
}

bool owners_include(struct facts *facts, uint64_t index, struct bytes id, struct bytes who)
{
    unsigned depth = 0;

    if (id.len == 0)
        return false;
    do {
        if (bytes_equal(id, who))
            return true;
    } while (++depth < OWNERS_DEPTH_MAX && next_owner(facts, index, &id));
    return false;
}

bool owners_have_human(struct facts *facts, uint64_t index, struct bytes id)
{
    struct principal principal;
    unsigned depth = 0;

    do {
        if (principal_get_at(facts, id, index, &principal) && !principal.is_suspended &&
            bytes_equal_text(principal.kind, "human"))
            return true;
    } while (++depth < OWNERS_DEPTH_MAX && next_owner(facts, index, &id));
    return false;
}
