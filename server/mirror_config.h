/* The configuration of a mirror; see config_table.h. */
#ifndef VOUCH_SERVER_MIRROR_CONFIG_H
#define VOUCH_SERVER_MIRROR_CONFIG_H

#include <stdint.h>

#include "server/config_table.h"
#include "server/config_transport.h"

/* Units and ranges are in the table in mirror_config.c, which docs/man/vouchd.json.5 repeats. */
struct mirror_config {
    char *path; /* of the file itself */
    char *name;
    char *listen;
    bool public;
    char *data_dir; /* paths are absolute once loaded */
    char *ledger_dir;
    char *mark_file;
    char *cosigner_key_file;
    char *ml_dsa_key_file; /* NULL: none */
    char *evidence_dir;
    char *logs_file;
    uint64_t interval_ms;
    struct config_transport transport;
    uint64_t request_bytes_max;
    uint64_t diag_level; /* enum diag_level */
};

extern const struct config_table mirror_config_table;

#endif
