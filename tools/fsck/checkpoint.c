#include "tools/fsck/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

bool checkpoint_signature_is_valid(const char *origin, uint64_t size, const struct digest *root,
                                   const uint8_t signature[64], const uint8_t key[32])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char root_text[48];
    char text[512];
    int len;
    bool valid;

    EVP_EncodeBlock(root_text, root->octets, sizeof(root->octets));
    len = snprintf(text, sizeof(text), "%s\n%" PRIu64 "\n%s\n", origin, size, root_text);
    valid = pkey != NULL && context != NULL && len > 0 && (size_t)len < sizeof(text) &&
            EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
            EVP_DigestVerify(context, signature, 64, (const unsigned char *)text, (size_t)len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return valid;
}

bool checkpoint_read_vkey(uint8_t out_key[32], const char *vkey)
{
    const char *text = strchr(vkey, '+');
    unsigned char decoded[36];

    text = text == NULL ? NULL : strchr(text + 1, '+');
    if (text == NULL)
        return false;
    text++;
    /* 33 bytes are 44 digits; base64 may hold '+' itself, so only the first two are separators. */
    if (strcspn(text, "\r\n ") != 44 ||
        EVP_DecodeBlock(decoded, (const unsigned char *)text, 44) != 33 || decoded[0] != 1)
        return false;
    memcpy(out_key, decoded + 1, 32);
    return true;
}
