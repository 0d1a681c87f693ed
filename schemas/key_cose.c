#include "schemas/key.h"

#include <string.h>

#include "schemas/dcbor.h"

/* Labels and values of COSE_Key (RFC 9052, 7.1; RFC 9053, 7). */
enum {
    LABEL_KTY = 1,
    LABEL_KID = 2,
    LABEL_ALG = 3,
    LABEL_CRV = -1,
    LABEL_X = -2,
    LABEL_Y = -3,
    KTY_OKP = 1,
    KTY_EC2 = 2,
    CRV_P256 = 1,
    CRV_ED25519 = 6,
    COORDINATE_LEN = 32,
};

/* What a COSE_Key says. Zero stands for an absent number: no label here has that value. */
struct members {
    int64_t kty;
    int64_t alg;
    int64_t crv;
    struct bytes kid;
    struct bytes x;
    struct bytes y;
    unsigned seen; /* bit label + 3 */
};

static bool read_member(struct members *out, struct dcbor_reader *reader, struct err *err)
{
    int64_t label;
    unsigned bit;

    if (!dcbor_read_int(reader, &label, err))
        return false;
    if (label < LABEL_Y || label > LABEL_ALG || label == 0)
        return err_set(err, ERR_INVALID, "member %lld is not known", (long long)label);
    bit = 1u << (label - LABEL_Y);
    if ((out->seen & bit) != 0)
        return err_set(err, ERR_INVALID, "member %lld is there twice", (long long)label);
    out->seen |= bit;
    switch (label) {
    case LABEL_KTY:
        return dcbor_read_int(reader, &out->kty, err);
    case LABEL_KID:
        return dcbor_read_bytes(reader, &out->kid, err);
    case LABEL_ALG:
        return dcbor_read_int(reader, &out->alg, err);
    case LABEL_CRV:
        return dcbor_read_int(reader, &out->crv, err);
    case LABEL_X:
        return dcbor_read_bytes(reader, &out->x, err);
    default:
        return dcbor_read_bytes(reader, &out->y, err);
    }
}

static bool from_members(struct public_key **out, const struct members *members, struct err *err)
{
    uint8_t raw[2 * COORDINATE_LEN];

    if (members->kty == KTY_OKP && members->crv == CRV_ED25519 && members->y.data == NULL)
        return public_key_from_raw(out, KEY_ED25519, members->x, err);
    if (members->kty != KTY_EC2 || members->crv != CRV_P256)
        return err_set(err, ERR_INVALID, "neither an Ed25519 nor a P-256 key");
    if (members->x.len != COORDINATE_LEN || members->y.len != COORDINATE_LEN)
        return err_set(err, ERR_INVALID, "a coordinate does not have %d bytes", COORDINATE_LEN);
    memcpy(raw, members->x.data, COORDINATE_LEN);
    memcpy(raw + COORDINATE_LEN, members->y.data, COORDINATE_LEN);
    return public_key_from_raw(out, KEY_P256, bytes_of(raw, sizeof(raw)), err);
}

static bool read_members(struct members *out, struct bytes cose_key, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(cose_key);
    uint64_t count;

    if (cose_key.len > COSE_KEY_LEN_MAX)
        return err_set(err, ERR_INVALID, "more than %d bytes", COSE_KEY_LEN_MAX);
    if (!dcbor_read_map(&reader, &count, err))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        if (!read_member(out, &reader, err))
            return false;
    }
    return dcbor_read_end(&reader, err);
}

bool public_key_from_cose(struct public_key **out, struct bytes cose_key, struct err *err)
{
    struct members members = {0};
    struct public_key *key;

    if (!read_members(&members, cose_key, err) || !from_members(&key, &members, err))
        return err_wrap(err, "COSE_Key");
    if (members.alg != 0 && !public_key_accepts(key, members.alg)) {
        public_key_free(key);
        return err_set(err, ERR_INVALID, "COSE_Key: algorithm %lld is not one of this key",
                       (long long)members.alg);
    }
    *out = key;
    return true;
}

void public_key_append_cose(struct buf *out, const struct public_key *key)
{
    bool is_p256 = public_key_type(key) == KEY_P256;
    struct bytes raw = public_key_raw(key);

    dcbor_put_map(out, is_p256 ? 6 : 5);
    dcbor_put_int(out, LABEL_KTY);
    dcbor_put_int(out, is_p256 ? KTY_EC2 : KTY_OKP);
    dcbor_put_int(out, LABEL_KID);
    dcbor_put_bytes(out, hash_bytes(public_key_thumbprint(key)));
    dcbor_put_int(out, LABEL_ALG);
    dcbor_put_int(out, is_p256 ? COSE_ALG_ES256 : COSE_ALG_EDDSA);
    dcbor_put_int(out, LABEL_CRV);
    dcbor_put_int(out, is_p256 ? CRV_P256 : CRV_ED25519);
    dcbor_put_int(out, LABEL_X);
    dcbor_put_bytes(out, bytes_slice(raw, 0, COORDINATE_LEN));
    if (is_p256) {
        dcbor_put_int(out, LABEL_Y);
        dcbor_put_bytes(out, bytes_slice(raw, COORDINATE_LEN, raw.len));
    }
}
