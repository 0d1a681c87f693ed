/* The names that CDDL itself defines (RFC 8610, appendix D). */
#include "schemas/cddl/compile.h"

/* Those that records may hold: unsigned, negative, bytes, text; false, true. */
static const struct cddl_prelude IN_RECORDS[] = {
    {"uint", {true, false, false, false}, false, false},
    {"nint", {false, true, false, false}, false, false},
    {"int", {true, true, false, false}, false, false},
    {"bstr", {false, false, true, false}, false, false},
    {"bytes", {false, false, true, false}, false, false},
    {"tstr", {false, false, false, true}, false, false},
    {"text", {false, false, false, true}, false, false},
    {"bool", {false, false, false, false}, true, true},
    {"false", {false, false, false, false}, true, false},
    {"true", {false, false, false, false}, false, true},
};

static const char *const NOT_IN_RECORDS[] = {
    "any",        "tdate",      "time",         "number",  "biguint",  "bignint",
    "bigint",     "integer",    "unsigned",     "decfrac", "bigfloat", "eb64url",
    "eb64legacy", "eb16",       "encoded-cbor", "uri",     "b64url",   "b64legacy",
    "regexp",     "float16-32", "mime-message", "float16", "float32",  "float64",
    "float32-64", "float",      "cbor-any",     "nil",     "null",     "undefined",
};

const struct cddl_prelude *cddl_find_prelude(struct bytes name)
{
    for (size_t i = 0; i < sizeof(IN_RECORDS) / sizeof(IN_RECORDS[0]); i++) {
        if (bytes_equal_text(name, IN_RECORDS[i].name))
            return &IN_RECORDS[i];
    }
    return NULL;
}

bool cddl_is_prelude(struct bytes name)
{
    for (size_t i = 0; i < sizeof(NOT_IN_RECORDS) / sizeof(NOT_IN_RECORDS[0]); i++) {
        if (bytes_equal_text(name, NOT_IN_RECORDS[i]))
            return true;
    }
    return cddl_find_prelude(name) != NULL;
}
