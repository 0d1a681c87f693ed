#define OPENSSL_SUPPRESS_DEPRECATED
#include "tools/fsck/digest.h"

#include <string.h>

#include <openssl/sha.h>

void digest_of_parts(struct digest *out, const struct digest_part *parts, size_t part_count)
{
    SHA256_CTX context;

    SHA256_Init(&context);
    for (size_t i = 0; i < part_count; i++) {
        if (parts[i].len > 0)
            SHA256_Update(&context, parts[i].data, parts[i].len);
    }
    SHA256_Final(out->octets, &context);
}

void digest_of_nothing(struct digest *out)
{
    digest_of_parts(out, NULL, 0);
}

void digest_of_leaf(struct digest *out, const uint8_t *entry, size_t len)
{
    static const uint8_t zero = 0;
    const struct digest_part parts[] = {{&zero, 1}, {entry, len}};

    digest_of_parts(out, parts, 2);
}

void digest_of_pair(struct digest *out, const struct digest *left, const struct digest *right)
{
    uint8_t input[65] = {1};

    const struct digest_part part = {input, sizeof(input)};

    memcpy(input + 1, left->octets, 32);
    memcpy(input + 33, right->octets, 32);
    /* In pieces: the one-call SHA256() of OpenSSL 3 looks its algorithm up anew each time. */
    digest_of_parts(out, &part, 1);
}

bool digest_same(const struct digest *a, const struct digest *b)
{
    return memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

uint64_t number_of(const uint8_t *data, size_t len)
{
    uint64_t number = 0;

    for (size_t i = 0; i < len; i++)
        number = number << 8 | data[i];
    return number;
}
