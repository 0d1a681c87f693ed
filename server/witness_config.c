#include "server/witness_config.h"

#include "base/diag.h"

enum { MIB = 1024 * 1024 };

#define AT(field) offsetof(struct witness_config, field)

static const struct config_member members[] = {
    {"role", CONFIG_CHOICE, 0, 0, 0, 0, "witness", NULL, false,
     "what this daemon is; this table is that of a witness"},
    {"name", CONFIG_TEXT, AT(name), 0, 0, 0, NULL, NULL, false,
     "key name of the witness, in each of its signature lines"},
    {"listen", CONFIG_TEXT, AT(listen), 0, 0, 0, "127.0.0.1:8080", NULL, false,
     "address and port; port 0 takes a free one"},
    {"public", CONFIG_BOOL, AT(public), 0, 1, 0, NULL, NULL, false,
     "whether listen may be anything but loopback"},
    {"data_dir", CONFIG_PATH, AT(data_dir), 0, 0, 0, "data", NULL, false,
     "the database of what was cosigned"},
    {"mark_file", CONFIG_PATH, AT(mark_file), 0, 0, 0, "mark", NULL, false,
     "newest commit of that database; best on another device"},
    {"cosigner_key_file", CONFIG_PATH, AT(cosigner_key_file), 0, 0, 0, "keys/cosigner.pem", NULL,
     false, "Ed25519 key that cosigns"},
    {"ml_dsa_key_file", CONFIG_OPTIONAL_PATH, AT(ml_dsa_key_file), 0, 0, 0, NULL, NULL, false,
     "ML-DSA-44 key that cosigns too, and signs subtrees"},
    {"logs_file", CONFIG_PATH, AT(logs_file), 0, 0, 0, "logs.txt", NULL, true,
     "list of the logs to cosign; SIGHUP reads it again"},
    {"evidence_dir", CONFIG_PATH, AT(evidence_dir), 0, 0, 0, "evidence", NULL, false,
     "where proofs that a log forked are kept"},
    {"log_requests_per_day", CONFIG_UINT, AT(log_requests_per_day), 0, UINT32_MAX, 8640000, NULL,
     NULL, false, "checkpoints of one log, where the list says no qpd; 0: any number"},
    {"client_requests_per_s", CONFIG_UINT, AT(client_requests_per_s), 0, 1000000, 0, NULL, NULL,
     false, "requests of one address; 0: any number"},
    {"gossip", CONFIG_OTHER, AT(gossip), 0, 0, 0, "null", &config_gossip_member, false,
     "heads to exchange: name, policy_file, directory, interval_s, peers"},
    CONFIG_TRANSPORT_MEMBERS(struct witness_config),
    {"request_bytes_max", CONFIG_UINT, AT(request_bytes_max), 16 * MIB, UINT64_C(1) << 40,
     256 * MIB, NULL, NULL, false, "of all requests being read at one time"},
    {"diag_level", CONFIG_LEVEL, AT(diag_level), 0, 0, DIAG_INFO, NULL, NULL, true,
     "error, warn, info or debug"},
};

const struct config_table witness_config_table = {
    .members = members,
    .member_count = sizeof(members) / sizeof(members[0]),
};
