#include "server/config_gossip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/fetch/outside_url.h"
#include "schemas/note.h"
#include "schemas/view.h"

enum { INTERVAL_DEFAULT_S = 60, INTERVAL_MAX_S = 86400 };

static bool read_text(char **out, const json_t *item, const char *name, const char *fallback,
                      struct err *err)
{
    const json_t *value = json_object_get(item, name);
    const char *text = value == NULL ? fallback : json_string_value(value);

    if (text == NULL || text[0] == 0 ||
        (value != NULL && strlen(text) != json_string_length(value)))
        return err_set(err, ERR_INVALID, "\"%s\" must be a non-empty string", name);
    *out = mem_copy_text(text);
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
    json_int_t seconds = value == NULL ? INTERVAL_DEFAULT_S : json_integer_value(value);

    if (seconds < 1 || seconds > INTERVAL_MAX_S)
        return err_set(err, ERR_INVALID, "\"interval_s\" must be 1 to %d", INTERVAL_MAX_S);
    *out = (uint64_t)seconds;
    return true;
}

static bool read_peer(struct config_gossip_peer *out, const json_t *item, struct err *err)
{
    return read_name(&out->name, item, err) && read_text(&out->url, item, "url", NULL, err) &&
           outside_url_check(out->url, err) &&
           (json_object_size(item) == 2 ||
            err_set(err, ERR_INVALID, "a peer has \"name\" and \"url\" only"));
}

static bool read_peers(struct config_gossip *out, const json_t *item, struct err *err)
{
    const json_t *list = json_object_get(item, "peers");
    size_t count = json_array_size(list);

    if ((list != NULL && !json_is_array(list)) || count > GOSSIP_PEERS_MAX)
        return err_set(err, ERR_INVALID, "\"peers\" must be a list of at most %d peers",
                       GOSSIP_PEERS_MAX);
    for (size_t i = 0; i < count; i++) {
        out->peer_count++;
        if (!read_peer(&out->peers[i], json_array_get(list, i), err))
            return err_wrap(err, "peers, item %zu", i);
    }
    return true;
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
