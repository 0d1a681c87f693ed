/* Any bytes as a list of logs: refused with its line, or every log in it is found. */
#include <string.h>

#include "server/cosigning/log_list.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct log_list *list;
    struct err err = {0};

    if (!log_list_parse(&list, bytes_of(data, len), &err)) {
        CHECK(err.code == ERR_INVALID);
        return 0;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct listed_log *log = &list->logs[i];
        struct hash id;

        log_list_id(&id, log->origin);
        CHECK(log_list_find(list, &id) == log);
        CHECK(log->vkey_count >= 1 && log->vkey_count <= LOG_LIST_KEYS_MAX);
        CHECK(strlen(log->origin) <= ORIGIN_LEN_MAX);
    }
    snapshot_release(&list->snapshot);
    return 0;
}
