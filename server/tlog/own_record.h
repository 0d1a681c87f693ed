/* The header of a record that the log itself says, made from where it will stand. */
#ifndef VOUCH_SERVER_TLOG_OWN_RECORD_H
#define VOUCH_SERVER_TLOG_OWN_RECORD_H

#include "schemas/log_metadata.h"
#include "server/tlog/tlog.h"

/* number: of the record in its statement, from 0. */
struct log_record_header own_record_header(const struct tlog_moment *moment, const char *origin,
                                           uint64_t number);

#endif
