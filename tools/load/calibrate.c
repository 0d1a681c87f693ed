#include "tools/load/calibrate.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "schemas/key.h"
#include "tools/load/latency.h"

static const uint64_t SLICE_NS = 250000000; /* each measurement lasts this long */
enum { BLOCK_LEN = 1024 };

static double measure_sha256(void)
{
    uint8_t block[BLOCK_LEN] = {1};
    struct hash hash;
    uint64_t begin = clock_monotonic_ns();
    uint64_t blocks = 0;
    uint64_t spent;

    do {
        for (unsigned i = 0; i < 1000; i++) {
            hash_sha256(&hash, bytes_of(block, sizeof(block)));
            block[0] = hash.bytes[0];
        }
        blocks += 1000;
        spent = clock_monotonic_ns() - begin;
    } while (spent < SLICE_NS);
    return (double)blocks * BLOCK_LEN / ((double)spent / 1e9) / 1e6;
}

static bool measure_verify(double *out, enum key_type type, struct err *err)
{
    uint8_t message[256] = {2};
    uint8_t signature[SIGNATURE_LEN];
    struct signer *signer = NULL;
    struct buf pem = {0};
    uint64_t count = 0;
    uint64_t spent = 0;
    uint64_t begin;
    bool ok = signer_generate(&signer, &pem, type, err) &&
              signer_sign(signer, signature, bytes_of(message, sizeof(message)), err);

    begin = clock_monotonic_ns();
    while (ok && spent < SLICE_NS) {
        ok = public_key_verify(signer->public_key, bytes_of(message, sizeof(message)),
                               bytes_of(signature, sizeof(signature)));
        count++;
        spent = clock_monotonic_ns() - begin;
    }
    *out = spent == 0 ? 0 : (double)count / ((double)spent / 1e9);
    signer_close(signer);
    buf_cleanup(&pem);
    return ok || err_set(err, ERR_IO, "calibration: a signature did not verify");
}

/* What one core reaches alone says little about a server that keeps all of them busy. */
struct busy_core {
    pthread_t thread;
    double rate;
    bool ok;
    struct err err;
};

static void *verify_on_core(void *argument)
{
    struct busy_core *core = argument;

    core->ok = measure_verify(&core->rate, KEY_P256, &core->err);
    return NULL;
}

static bool measure_busy_verify(double *out, struct err *err)
{
    enum { CORES_MAX = 64 };
    struct busy_core cores[CORES_MAX] = {0};
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = online < 1 ? 1 : online > CORES_MAX ? CORES_MAX : (size_t)online;
    size_t started = 0;
    bool ok = true;

    *out = 0;
    while (started < count &&
           pthread_create(&cores[started].thread, NULL, verify_on_core, &cores[started]) == 0)
        started++;
    for (size_t i = 0; i < started; i++) {
        pthread_join(cores[i].thread, NULL);
        *out += cores[i].rate / (double)started;
        if (!cores[i].ok) {
            *err = cores[i].err;
            ok = false;
        }
    }
    return ok && (started > 0 || err_set(err, ERR_IO, "calibration: no thread could be started"));
}

static bool append_synced(int fd, struct latency *latency, struct err *err)
{
    uint8_t block[BLOCK_LEN] = {3};
    uint64_t begin = clock_monotonic_ns();

    if (!file_write_all(fd, bytes_of(block, sizeof(block)), err))
        return false;
    if (fdatasync(fd) != 0)
        return err_set_errno(err, ERR_IO, errno, "fdatasync");
    latency_add(latency, clock_monotonic_ns() - begin);
    return true;
}

static bool measure_append(struct calibration *out, const char *directory, struct err *err)
{
    char *path = mem_format("%s/calibration-XXXXXX", directory);
    int fd = mkstemp(path);
    uint64_t begin = clock_monotonic_ns();
    uint64_t spent = 0;
    struct latency latency;
    bool ok = fd >= 0 || err_set_errno(err, ERR_IO, errno, "create %s", path);

    latency_init(&latency);
    while (ok && spent < SLICE_NS) {
        ok = append_synced(fd, &latency, err);
        spent = clock_monotonic_ns() - begin;
    }
    out->synced_append_per_s = spent == 0 ? 0 : (double)latency.total / ((double)spent / 1e9);
    out->synced_append_p99_ms = latency_quantile_ms(&latency, 0.99);
    latency_cleanup(&latency);
    if (fd >= 0) {
        unlink(path);
        close(fd);
    }
    free(path);
    return ok;
}

bool calibrate(struct calibration *out, const char *directory, struct err *err)
{
    out->sha256_mb_per_s = measure_sha256();
    return measure_verify(&out->p256_verify_per_s, KEY_P256, err) &&
           measure_verify(&out->ed25519_verify_per_s, KEY_ED25519, err) &&
           measure_busy_verify(&out->p256_verify_busy_per_s, err) &&
           measure_append(out, directory, err);
}
