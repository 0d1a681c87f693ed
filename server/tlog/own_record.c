#include "server/tlog/own_record.h"

#include "schemas/rules/stream_facts.h"

struct log_record_header own_record_header(const struct tlog_moment *moment, const char *origin,
                                           uint64_t number)
{
    struct log_record_header header = {
        .sequence_number = number + stream_next(moment->facts, bytes_of_text(LOG_TENANT),
                                                bytes_of_text(origin), bytes_of_text("")),
        .occurred_at_ms = moment->received_at_ms,
    };

    log_record_id(header.record_id, origin, moment->index, number);
    return header;
}
