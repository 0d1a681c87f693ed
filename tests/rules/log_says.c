/*
 * usage: log_says [--first DIRECTORY] CONFIG PAYLOADS
 *
 * Has a log that is not being served say what its own code never would: each item of the file, a
 * CBOR sequence, is the payload of a statement of the log itself. Where a rule refuses one, says
 * which and stops with status 3. With --first the log begins anew, in a store in this directory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/file.h"
#include "schemas/dcbor.h"
#include "server/log_entries.h"
#include "server/log_parts.h"
#include "server/tlog/head_file.h"

enum { EXIT_REFUSED = 3, INPUT_LEN_MAX = 1 << 24 };

struct saying {
    struct tlog_own own;
    struct bytes payload;
};

static bool make(struct tlog_own *own, const struct tlog_moment *moment, struct buf *out)
{
    const struct saying *saying = (const struct saying *)own;

    (void)moment;
    buf_append_bytes(out, saying->payload);
    return true;
}

static bool say_all(struct tlog *tlog, struct bytes payloads, struct err *err)
{
    struct dcbor_reader reader = dcbor_reader_of(payloads);
    bool said;

    while (!dcbor_at_end(&reader)) {
        struct saying saying = {.own = {.subject = "log-metadata", .make = make}};

        if (!dcbor_skip(&reader, &saying.payload, err) ||
            !log_entries_say(tlog, &saying.own, &said, err))
            return false;
    }
    return true;
}

static bool begin_anew(struct config *config, const char *directory, struct err *err)
{
    struct store_identity_card card = {.kind = LOG_EVIDENCE};
    struct log_keys keys;
    struct store_head head;
    bool ok;

    free(config->data_dir);
    free(config->head_file);
    config->data_dir = mem_format("%s/data", directory);
    config->head_file = mem_format("%s/head", directory);
    if (!log_keys_open(&keys, config, LOG_EVIDENCE, err))
        return false;
    snprintf(card.origin, sizeof(card.origin), "%s", config->origin);
    card.checkpoint_key = *public_key_thumbprint(keys.checkpoint->public_key);
    ok = tlog_first_head(&head, config->origin, keys.checkpoint, clock_unix_ms(clock_system()),
                         err) &&
         store_leveldb_create(config->data_dir, &card, &head, err);
    if (ok) {
        struct head_mark mark = {.epoch = head.epoch, .size = head.size, .root = head.root};

        ok = head_file_create(config->head_file, &mark, err);
    }
    log_keys_close(&keys);
    return ok;
}

static bool run(struct config *config, const char *directory, const char *path, struct err *err)
{
    struct buf payloads = {0};
    struct log_parts parts = {0};
    bool ok = (directory == NULL || begin_anew(config, directory, err)) &&
              file_read(&payloads, path, INPUT_LEN_MAX, err) &&
              log_parts_open(&parts, config, err);

    ok = ok && say_all(parts.tlog, bytes_of_buf(&payloads), err);
    log_parts_close(&parts);
    buf_cleanup(&payloads);
    return ok;
}

int main(int argc, char **argv)
{
    bool is_first = argc == 5 && strcmp(argv[1], "--first") == 0;
    struct config config;
    struct err err = {0};
    bool ok;

    if (argc != 3 && !is_first)
        return EXIT_FAILURE;
    diag_set_level(DIAG_WARN);
    if (!config_load(&config, argv[argc - 2], &err)) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    ok = run(&config, is_first ? argv[2] : NULL, argv[argc - 1], &err);
    if (!ok)
        fprintf(stderr, "%s\n", err.text);
    config_cleanup(&config);
    return ok ? EXIT_SUCCESS : err.code == ERR_REFUSED ? EXIT_REFUSED : EXIT_FAILURE;
}
