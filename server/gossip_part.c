#include "server/gossip_part.h"

#include "base/file.h"

static bool load_policy(struct policy *out, const char *path, struct err *err)
{
    struct buf text = {0};
    bool ok =
        file_read(&text, path, POLICY_LEN_MAX, err) && policy_parse(out, bytes_of_buf(&text), err);

    buf_cleanup(&text);
    return ok || err_wrap(err, "gossip, policy_file %.200s", path);
}

bool gossip_part_prepare(struct gossip_part *out, const struct config_gossip *config,
                         struct err *err)
{
    if (config->name == NULL)
        return true;
    for (size_t i = 0; i < config->peer_count; i++)
        out->peers[i] = (struct gossip_peer){config->peers[i].name, config->peers[i].url};
    out->options = (struct gossip_options){
        .policy = &out->policy,
        .name = config->name,
        .directory = config->directory,
        .peers = out->peers,
        .peer_count = config->peer_count,
        .interval_ms = config->interval_s * 1000,
        .clock = clock_system(),
    };
    out->is_wanted = true;
    return load_policy(&out->policy, config->policy_file, err);
}

void gossip_part_cleanup(struct gossip_part *part)
{
    policy_cleanup(&part->policy);
    *part = (struct gossip_part){0};
}
