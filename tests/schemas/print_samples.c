/* Writes a CBOR sequence to standard output: a sample record of every type, two runs of them. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/sample_records.h"

int main(void)
{
    struct sample_records *records = mem_alloc(sizeof(*records));
    char type[SAMPLE_TYPE_LEN_MAX];
    struct buf out = {0};
    int status;

    sample_records_init(records, "engine.example", 1);
    for (unsigned round = 0; round < 2; round++) {
        records->padding_len = round * 100;
        for (size_t i = 0; sample_record_type(type, i); i++)
            sample_record_append(&out, records, type);
    }
    sample_record_append_lone(&out, "engine.example", 7, SAMPLE_AT_MS, 0);
    sample_record_append_lone(&out, "engine.example", 8, SAMPLE_AT_MS, 40000);
    status = fwrite(out.data, 1, out.len, stdout) == out.len ? EXIT_SUCCESS : EXIT_FAILURE;
    buf_cleanup(&out);
    free(records);
    return status;
}
