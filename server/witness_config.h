/* The configuration of a witness; see config_table.h. */
#ifndef VOUCH_SERVER_WITNESS_CONFIG_H
#define VOUCH_SERVER_WITNESS_CONFIG_H

#include <stdint.h>

#include "server/config_gossip.h"
#include "server/config_table.h"
#include "server/config_transport.h"

/* Units and ranges are in the table in witness_config.c, which docs/man/vouchd.json.5 repeats. */
struct witness_config {
    char *path; /* of the file itself */
    char *name;
    char *listen;
    bool public;
    char *data_dir; /* paths are absolute once loaded */
    char *mark_file;
    char *cosigner_key_file;
    char *ml_dsa_key_file; /* NULL: none */
    char *logs_file;
    char *evidence_dir;
    uint64_t log_requests_per_day;
    uint64_t client_requests_per_s;
    struct config_gossip gossip;
    struct config_transport transport;
    uint64_t request_bytes_max;
    uint64_t diag_level; /* enum diag_level */
};

extern const struct config_table witness_config_table;

#endif
