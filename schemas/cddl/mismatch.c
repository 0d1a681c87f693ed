/* The words of a mismatch. All texts are cut between characters. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/cddl/match.h"

enum { SHOWN_TEXT_LEN_MAX = 64 };

/* As many bytes as fit, cut in front of a character. */
static size_t cut_len(struct bytes text, size_t len_max)
{
    size_t len = text.len;

    if (len <= len_max)
        return len;
    for (len = len_max; len > 0 && (text.data[len] & 0xC0) == 0x80;)
        len--;
    return len;
}

static void set_text(char *out, size_t out_len, struct bytes text)
{
    size_t len = cut_len(text, out_len - 1);

    if (len > 0)
        memcpy(out, text.data, len);
    out[len] = 0;
}

void cddl_mismatch_at(struct cddl_mismatch *out, struct bytes input, size_t position)
{
    *out = (struct cddl_mismatch){.position = position};
    dcbor_path(out->path, sizeof(out->path), input, position);
}

/* RFC 6901 has "~" and "/" escaped; member names of a schema have neither. */
void cddl_mismatch_add_key(struct cddl_mismatch *out, struct bytes key)
{
    size_t len = strlen(out->path);

    if (len + 1 + key.len >= sizeof(out->path))
        return;
    out->path[len++] = '/';
    set_text(out->path + len, sizeof(out->path) - len, key);
}

void cddl_mismatch_have(struct cddl_mismatch *out, const char *have)
{
    set_text(out->have, sizeof(out->have), bytes_of_text(have));
}

void cddl_mismatch_want(struct cddl_mismatch *out, const char *want)
{
    set_text(out->want, sizeof(out->want), bytes_of_text(want));
}

void cddl_mismatch_have_count(struct cddl_mismatch *out, uint64_t count, const char *what)
{
    snprintf(out->have, sizeof(out->have), "%" PRIu64 " %s", count, what);
}

void cddl_mismatch_want_counts(struct cddl_mismatch *out, struct cddl_range counts,
                               const char *what)
{
    if (counts.max == UINT64_MAX)
        snprintf(out->want, sizeof(out->want), "%" PRIu64 " or more %s", counts.min, what);
    else
        snprintf(out->want, sizeof(out->want), "%" PRIu64 " to %" PRIu64 " %s", counts.min,
                 counts.max, what);
}

/* Short texts are shown, of long ones only the length. */
static void have_text(struct cddl_mismatch *out, struct bytes text)
{
    if (text.len > SHOWN_TEXT_LEN_MAX)
        cddl_mismatch_have_count(out, text.len, "bytes of text");
    else
        snprintf(out->have, sizeof(out->have), "\"%.*s\"", (int)text.len, (const char *)text.data);
}

void cddl_mismatch_have_item(struct cddl_mismatch *out, const struct dcbor_item *item)
{
    switch (item->type) {
    case DCBOR_UINT:
        snprintf(out->have, sizeof(out->have), "%" PRIu64, item->value);
        return;
    case DCBOR_NINT:
        snprintf(out->have, sizeof(out->have), "-1 - %" PRIu64, item->value);
        if (item->value < UINT64_MAX)
            snprintf(out->have, sizeof(out->have), "-%" PRIu64, item->value + 1);
        return;
    case DCBOR_BYTES:
        cddl_mismatch_have_count(out, item->string.len, "bytes");
        return;
    case DCBOR_TEXT:
        have_text(out, item->string);
        return;
    case DCBOR_ARRAY:
        snprintf(out->have, sizeof(out->have), "an array of %" PRIu64, item->value);
        return;
    case DCBOR_MAP:
        snprintf(out->have, sizeof(out->have), "a map of %" PRIu64, item->value);
        return;
    case DCBOR_BOOL:
        cddl_mismatch_have(out, item->value != 0 ? "true" : "false");
        return;
    case DCBOR_TAG:
    case DCBOR_NULL:
        break;
    }
    cddl_mismatch_have(out, item->type == DCBOR_TAG ? "a tag" : "null");
}

/* The names are copied: they have no terminating zero in the tables. */
static char *nearest_member(const struct cddl *cddl, const struct cddl_map *map, struct bytes key)
{
    char **names = mem_alloc_array(map->members.count, sizeof(*names));
    char *looked_for = mem_format("%.*s", (int)cut_len(key, SHOWN_TEXT_LEN_MAX),
                                  key.len == 0 ? "" : (const char *)key.data);
    const char *nearest;
    char *out = NULL;

    for (uint32_t i = 0; i < map->members.count; i++) {
        struct bytes name = cddl->members[map->members.first + i].key;

        names[i] = mem_format("%.*s", (int)name.len, (const char *)name.data);
    }
    nearest = text_nearest(looked_for, (const char *const *)names, map->members.count);
    if (nearest != NULL)
        out = mem_copy_text(nearest);
    for (uint32_t i = 0; i < map->members.count; i++)
        free(names[i]);
    free(names);
    free(looked_for);
    return out;
}

void cddl_mismatch_unknown(struct cddl_mismatch *out, const struct cddl *cddl,
                           const struct cddl_map *map, struct bytes key)
{
    char *nearest = nearest_member(cddl, map, key);

    cddl_mismatch_have(out, "a member that is not in the schema");
    if (nearest != NULL)
        snprintf(out->want, sizeof(out->want), "\"%.100s\"?", nearest);
    else if (map->rule.len > 0)
        snprintf(out->want, sizeof(out->want), "only the members of %.*s",
                 (int)cut_len(map->rule, SHOWN_TEXT_LEN_MAX), (const char *)map->rule.data);
    else
        cddl_mismatch_want(out, "only the members that the schema names");
    free(nearest);
}
