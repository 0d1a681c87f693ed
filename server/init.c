#include "server/init.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "schemas/checkpoint.h"
#include "schemas/note.h"
#include "schemas/view.h"
#include "server/init_files.h"
#include "server/log_entries.h"
#include "server/log_parts.h"
#include "server/tlog/head_file.h"
#include "server/transport/listen_address.h"

static bool write_vkey(const char *directory, const char *origin, const struct public_key *key,
                       struct err *err)
{
    struct note_verifier verifier = {0};
    struct buf line = {0};
    bool ok = note_verifier_init(&verifier, origin, NOTE_TYPE_ED25519, key, err);

    if (ok) {
        note_verifier_append(&line, &verifier);
        buf_append_byte(&line, '\n');
        ok = init_write_file(directory, "keys/checkpoint.vkey", bytes_of_buf(&line), 0644, err);
    }
    note_verifier_cleanup(&verifier);
    buf_cleanup(&line);
    return ok;
}

static bool make_keys(struct log_keys *out, const struct init_options *options, struct err *err)
{
    const char *directory = options->directory;
    char *keys = mem_format("%s/keys", directory);
    bool ok = init_make_directory(keys, err) &&
              init_make_key(&out->checkpoint, directory, "checkpoint", KEY_ED25519, err) &&
              write_vkey(directory, options->origin, out->checkpoint->public_key, err);

    if (ok && options->kind == LOG_EVIDENCE)
        ok = init_make_key(&out->receipt, directory, "receipt", KEY_P256, err) &&
             init_make_key(&out->log, directory, "log", KEY_P256, err) &&
             init_make_key(&out->intake, directory, "intake", KEY_P256, err);
    free(keys);
    return ok;
}

static bool make_store(const struct init_options *options, struct signer *checkpoint,
                       struct err *err)
{
    struct store_identity_card card = {.kind = options->kind};
    struct store_head head;
    struct head_mark mark;
    char *data = mem_format("%s/data", options->directory);
    char *head_file = mem_format("%s/head", options->directory);
    bool ok;

    strcpy(card.origin, options->origin); /* origin_is_valid: it fits */
    card.checkpoint_key = *public_key_thumbprint(checkpoint->public_key);
    ok = tlog_first_head(&head, options->origin, checkpoint, clock_unix_ms(clock_system()), err) &&
         store_leveldb_create(data, &card, &head, err);
    if (ok) {
        mark = (struct head_mark){.epoch = head.epoch, .size = head.size, .root = head.root};
        ok = head_file_create(head_file, &mark, err);
    }
    free(data);
    free(head_file);
    return ok;
}

static bool write_config(const struct init_options *options, struct err *err)
{
    struct buf text = {0};
    bool ok;

    buf_append_text(&text, "{\n  \"origin\": ");
    view_append_json_string(&text, bytes_of_text(options->origin));
    buf_append_text(&text, ",\n  \"listen\": ");
    view_append_json_string(&text, bytes_of_text(options->listen));
    buf_append_text(&text, ",\n  \"data_dir\": \"data\",\n  \"head_file\": \"head\"");
    buf_append_text(&text, ",\n  \"checkpoint_key_file\": \"keys/checkpoint.pem\"");
    if (options->kind == LOG_EVIDENCE)
        buf_append_text(&text, ",\n  \"receipt_key_file\": \"keys/receipt.pem\""
                               ",\n  \"log_key_file\": \"keys/log.pem\""
                               ",\n  \"intake_key_file\": \"keys/intake.pem\"");
    buf_append_text(&text, "\n}\n");
    ok = init_write_file(options->directory, INIT_CREATING_NAME, bytes_of_buf(&text), 0644, err);
    buf_cleanup(&text);
    return ok;
}

static void append_next_steps(struct buf *out, const struct init_options *options)
{
    bool is_opaque = options->kind == LOG_OPAQUE;

    buf_append_format(out, "Created %s log %s in %s\n\n", is_opaque ? "the opaque" : "the evidence",
                      options->origin, options->directory);
    buf_append_format(out, "Keep secret     %s/keys/*.pem\n", options->directory);
    buf_append_format(out, "Give to readers %s/keys/checkpoint.vkey\n\nNext:\n",
                      options->directory);
    if (!is_opaque && options->issuer_count == 0)
        buf_append_format(out,
                          "  vouch keygen --out engine      # a key for whoever submits\n"
                          "  vouchd trust %s engine.example=engine.pub.pem\n",
                          options->directory);
    buf_append_format(out, "  vouchd -n %s\n  vouchd %s\n", options->directory, options->directory);
    if (is_opaque)
        buf_append_format(out, "  curl --data-binary hello http://%s/add\n", options->listen);
}

/* Before anything is created: a key that is no key is a mistake on the command line. */
static bool load_issuers(struct init_options *options, struct err *err)
{
    for (size_t i = 0; i < options->issuer_count; i++) {
        if (!issuer_argument_load(&options->issuers[i], err))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (public_key_equal(options->issuers[k].key, options->issuers[i].key))
                return err_set(err, ERR_INVALID, "%s and %s are the same key",
                               options->issuers[k].key_file, options->issuers[i].key_file);
        }
    }
    return true;
}

static bool check_options(struct init_options *options, struct err *err)
{
    struct listen_address address;

    if (!origin_is_valid(options->origin))
        return err_set(err, ERR_INVALID,
                       "\"%s\" cannot be an origin: it needs 1 to %d bytes without spaces or +",
                       options->origin, ORIGIN_LEN_MAX);
    if (options->kind == LOG_OPAQUE && options->issuer_count > 0)
        return err_set(err, ERR_INVALID, "an opaque log has no issuers");
    return listen_address_parse(&address, options->listen, err) && load_issuers(options, err);
}

/* Through the same code that commits everything else. */
static bool say_first(const struct init_options *options, const struct config *config,
                      struct err *err)
{
    struct log_trusted_issuer issuers[INIT_ISSUERS_MAX];
    struct log_parts parts;
    struct first_entry entry;
    bool said;
    bool ok;

    if (!log_parts_open(&parts, config, err))
        return false;
    for (size_t i = 0; i < options->issuer_count; i++)
        issuers[i] = issuer_argument_trusted(&options->issuers[i]);
    first_entry_init(&entry, options->origin, record_schema_digest(parts.record_schema));
    entry.profile = options->profile;
    entry.keys = &parts.keys;
    entry.issuers = issuers;
    entry.issuer_count = options->issuer_count;
    ok = log_entries_say(parts.tlog, &entry.own, &said, err) || err_wrap(err, "the first entry");
    log_parts_close(&parts);
    return ok;
}

static bool make_first_entry(const struct init_options *options, const char *config_path,
                             struct err *err)
{
    struct config config;
    bool ok;

    if (options->kind == LOG_OPAQUE)
        return true;
    if (!config_load(&config, config_path, err))
        return false;
    ok = say_first(options, &config, err);
    config_cleanup(&config);
    return ok;
}

static bool make_log(const struct init_options *options, struct err *err)
{
    char *creating = mem_format("%s/%s", options->directory, INIT_CREATING_NAME);
    bool ok = write_config(options, err) && make_first_entry(options, creating, err) &&
              init_finish(options->directory, err);

    free(creating);
    return ok;
}

bool init_run(struct buf *out_next_steps, struct init_options *options, struct err *err)
{
    struct log_keys keys = {0};
    bool ok = check_options(options, err) && init_make_directory(options->directory, err);
    bool is_ours = ok;

    ok = ok && make_keys(&keys, options, err) && make_store(options, keys.checkpoint, err);
    log_keys_close(&keys); /* make_log opens them from their files, as every start does */
    ok = ok && make_log(options, err);
    if (ok)
        append_next_steps(out_next_steps, options);
    else if (is_ours)
        return err_wrap(err, "%s is incomplete, remove it and try again", options->directory);
    return ok;
}
