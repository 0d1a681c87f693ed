#include "schemas/rules/vocabulary.h"

#include "base/text.h"

const struct control_range control_ranges[] = {
    /* SOC 2: Trust Services Criteria (AICPA TSP section 100) */
    {"CC1.", 1, 5}, {"CC2.", 1, 3}, {"CC3.", 1, 4}, {"CC4.", 1, 2}, {"CC5.", 1, 3},
    {"CC6.", 1, 8}, {"CC7.", 1, 5}, {"CC8.", 1, 1}, {"CC9.", 1, 2}, {"A1.", 1, 3},
    {"C1.", 1, 2},  {"PI1.", 1, 5}, {"P1.", 1, 1},  {"P2.", 1, 1},  {"P3.", 1, 2},
    {"P4.", 1, 3},  {"P5.", 1, 2},  {"P6.", 1, 7},  {"P7.", 1, 1},  {"P8.", 1, 1},
    /* ISO/IEC 27001:2022, Annex A */
    {"ISO27001:A.5.", 1, 37},
    {"ISO27001:A.6.", 1, 8},
    {"ISO27001:A.7.", 1, 14},
    {"ISO27001:A.8.", 1, 34},
    /* ISO/IEC 42001:2023, Annex A */
    {"ISO42001:A.2.", 2, 4},
    {"ISO42001:A.3.", 2, 3},
    {"ISO42001:A.4.", 2, 6},
    {"ISO42001:A.5.", 2, 5},
    {"ISO42001:A.6.1.", 2, 3},
    {"ISO42001:A.6.2.", 2, 8},
    {"ISO42001:A.7.", 2, 6},
    {"ISO42001:A.8.", 2, 5},
    {"ISO42001:A.9.", 2, 4},
    {"ISO42001:A.10.", 2, 4},
    /* Regulation (EU) 2024/1689, articles on high-risk systems, transparency and monitoring */
    {"EU-AI-ACT:", 8, 27},
    {"EU-AI-ACT:", 50, 50},
    {"EU-AI-ACT:", 72, 73},
    /* NIST AI 100-1 */
    {"NIST-AI-RMF:GOVERN-1.", 1, 7},
    {"NIST-AI-RMF:GOVERN-2.", 1, 3},
    {"NIST-AI-RMF:GOVERN-3.", 1, 2},
    {"NIST-AI-RMF:GOVERN-4.", 1, 3},
    {"NIST-AI-RMF:GOVERN-5.", 1, 2},
    {"NIST-AI-RMF:GOVERN-6.", 1, 2},
    {"NIST-AI-RMF:MAP-1.", 1, 6},
    {"NIST-AI-RMF:MAP-2.", 1, 3},
    {"NIST-AI-RMF:MAP-3.", 1, 5},
    {"NIST-AI-RMF:MAP-4.", 1, 2},
    {"NIST-AI-RMF:MAP-5.", 1, 2},
    {"NIST-AI-RMF:MEASURE-1.", 1, 3},
    {"NIST-AI-RMF:MEASURE-2.", 1, 13},
    {"NIST-AI-RMF:MEASURE-3.", 1, 3},
    {"NIST-AI-RMF:MEASURE-4.", 1, 3},
    {"NIST-AI-RMF:MANAGE-1.", 1, 4},
    {"NIST-AI-RMF:MANAGE-2.", 1, 4},
    {"NIST-AI-RMF:MANAGE-3.", 1, 2},
    {"NIST-AI-RMF:MANAGE-4.", 1, 3},
};

const size_t control_range_count = sizeof(control_ranges) / sizeof(control_ranges[0]);

bool control_is_published(struct bytes id)
{
    for (size_t i = 0; i < control_range_count; i++) {
        const struct control_range *range = &control_ranges[i];
        struct bytes prefix = bytes_of_text(range->prefix);
        uint64_t number;

        if (bytes_start_with(id, prefix) &&
            text_parse_uint(&number, bytes_slice(id, prefix.len, id.len), range->last) &&
            number >= range->first)
            return true;
    }
    return false;
}
