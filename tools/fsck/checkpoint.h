/* The signature of a head, checked as C2SP tlog-checkpoint and signed-note say. */
#ifndef VOUCH_TOOLS_FSCK_CHECKPOINT_H
#define VOUCH_TOOLS_FSCK_CHECKPOINT_H

#include "tools/fsck/digest.h"

/* Whether key (32 bytes, Ed25519) signed the text "origin\nsize\nbase64(root)\n". */
bool checkpoint_signature_is_valid(const char *origin, uint64_t size, const struct digest *root,
                                   const uint8_t signature[64], const uint8_t key[32]);

/* Reads the Ed25519 key out of a vkey "name+id+base64(0x01 || key)". */
bool checkpoint_read_vkey(uint8_t out_key[32], const char *vkey);

#endif
