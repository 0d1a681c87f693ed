#include "server/config_gossip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/fetch/outside_url.h"
#include "schemas/note.h"
#include "schemas/view.h"
#include "server/config_value.h"

enum { INTERVAL_DEFAULT_S = 60, INTERVAL_MAX_S = 86400 };

static bool read_text(char **out, const json_t *item, const char *name, const char *fallback,
                      struct err *err)
{
    const json_t *value = json_object_get(item, name);

    if (value != NULL || fallback == NULL)
        return config_read_text(out, value, name, err);
    *out = mem_copy_text(fallback);
    return true;
}

/* Names go into fork proofs, as those of witnesses go into signatures. */
static bool read_name(char **out, const json_t *item, struct err *err)
{
    return read_text(out, item, "name", NULL, err) &&
           (note_name_is_valid(bytes_of_text(*out)) ||
            err_set(err, ERR_INVALID, "\"name\" must have no space and no plus sign"));
}

static bool read_interval(uint64_t *out, const json_t *item, struct err *err)
{
    const json_t *value = json_object_get(item, "interval_s");

    *out = INTERVAL_DEFAULT_S;
    return value == NULL ||
           config_read_uint(out, value, "interval_s", 1, INTERVAL_MAX_S, err);
}

static bool read_peer(void *at, json_t *item, struct err *err)
{
    struct config_gossip_peer *out = at;

    return read_name(&out->name, item, err) && read_text(&out->url, item, "url", NULL, err) &&
           outside_url_check(out->url, err) &&
           (json_object_size(item) == 2 ||
            err_set(err, ERR_INVALID, "a peer has \"name\" and \"url\" only"));
}

static const struct config_list peers = {
    .nouns = "peers",
    .count_max = GOSSIP_PEERS_MAX,
    .item_len = sizeof(struct config_gossip_peer),
    .read_item = read_peer,
};

static bool read_peers(struct config_gossip *out, const json_t *item, struct err *err)
{
    const json_t *value = json_object_get(item, "peers");

    return value == NULL ||
           config_read_list(&peers, out->peers, &out->peer_count, value, "peers", err);
}

static bool check_members(json_t *item, struct err *err)
{
    static const char *const KNOWN[] = {"name", "policy_file", "directory", "interval_s", "peers"};
    const char *key;
    json_t *value;

    json_object_foreach(item, key, value)
    {
        size_t i = 0;

        while (i < sizeof(KNOWN) / sizeof(KNOWN[0]) && strcmp(KNOWN[i], key) != 0)
            i++;
        if (i == sizeof(KNOWN) / sizeof(KNOWN[0]))
            return err_set(err, ERR_INVALID, "\"%.40s\" is not known", key);
    }
    return true;
}

static bool read_gossip(void *at, const json_t *value, const char *name, struct err *err)
{
    struct config_gossip *out = at;

    if (json_is_null(value))
        return true;
    if (!json_is_object(value))
        return err_set(err, ERR_INVALID, "\"%s\" must be an object", name);
    return (check_members((json_t *)value, err) && read_name(&out->name, value, err) &&
            read_text(&out->policy_file, value, "policy_file", "policy", err) &&
            read_text(&out->directory, value, "directory", "gossip", err) &&
            read_interval(&out->interval_s, value, err) && read_peers(out, value, err)) ||
           err_wrap(err, "%s", name);
}

static void cleanup(void *at)
{
    struct config_gossip *gossip = at;

    free(gossip->name);
    free(gossip->policy_file);
    free(gossip->directory);
    for (size_t i = 0; i < gossip->peer_count; i++) {
        free(gossip->peers[i].name);
        free(gossip->peers[i].url);
    }
    *gossip = (struct config_gossip){0};
}

static void make_absolute(void *at, const char *directory)
{
    struct config_gossip *gossip = at;

    if (gossip->name == NULL)
        return;
    config_make_absolute(&gossip->policy_file, directory);
    config_make_absolute(&gossip->directory, directory);
}

static void append_member(struct buf *out, const char *name, const char *text)
{
    buf_append_format(out, "\"%s\": ", name);
    view_append_json_string(out, bytes_of_text(text));
}

static void append_json(struct buf *out, const void *at)
{
    const struct config_gossip *gossip = at;

    if (gossip->name == NULL) {
        buf_append_text(out, "null");
        return;
    }
    buf_append_byte(out, '{');
    append_member(out, "name", gossip->name);
    buf_append_text(out, ", ");
    append_member(out, "policy_file", gossip->policy_file);
    buf_append_text(out, ", ");
    append_member(out, "directory", gossip->directory);
    buf_append_format(out, ", \"interval_s\": %" PRIu64 ", \"peers\": [", gossip->interval_s);
    for (size_t i = 0; i < gossip->peer_count; i++) {
        buf_append_text(out, i == 0 ? "{" : ", {");
        append_member(out, "name", gossip->peers[i].name);
        buf_append_text(out, ", ");
        append_member(out, "url", gossip->peers[i].url);
        buf_append_byte(out, '}');
    }
    buf_append_text(out, "]}");
}

const struct config_other config_gossip_member = {
    .read = read_gossip,
    .append_json = append_json,
    .make_absolute = make_absolute,
    .cleanup = cleanup,
};
