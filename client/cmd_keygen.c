#include <string.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/object.h"
#include "schemas/key.h"

static const struct option OPTIONS[] = {
    {"--out", "NAME", "write NAME.pem and NAME.pub.pem", true, false},
    {"--type", "TYPE", "p256 (default: its signatures verify faster) or ed25519", false, false},
};

/* Where the two halves go. */
struct key_paths {
    char *private_path;
    char *public_path;
};

static bool key_type_parse(enum key_type *out, const char *text, struct err *err)
{
    *out = KEY_P256;
    if (text == NULL || strcmp(text, "p256") == 0)
        return true;
    *out = KEY_ED25519;
    return strcmp(text, "ed25519") == 0 ||
           err_set(err, ERR_INVALID, "--type %s: p256 or ed25519 is needed", text);
}

/* The private half first: a public key without its private one helps nobody. */
static bool write_pair(const struct key_paths *paths, const struct signer *signer,
                       const struct buf *private_pem, struct err *err)
{
    struct buf public_pem = {0};
    bool ok;

    if (file_exists(paths->public_path))
        return err_set(err, ERR_INVALID, "%s exists; keys are never overwritten",
                       paths->public_path);
    public_key_append_pem(&public_pem, signer->public_key);
    ok = file_create_durable(paths->private_path, bytes_of_buf(private_pem), 0600, err) &&
         file_create_durable(paths->public_path, bytes_of_buf(&public_pem), 0644, err);
    buf_cleanup(&public_pem);
    if (!ok && err->code == ERR_REFUSED)
        err->code = ERR_INVALID; /* nothing a log refused */
    return ok;
}

static int print_pair(const struct args *args, const struct key_paths *paths,
                      const struct public_key *key)
{
    const char *type = public_key_type(key) == KEY_P256 ? "p256" : "ed25519";
    struct bytes kid = hash_bytes(public_key_thumbprint(key));
    struct buf out = {0};
    int code;

    if (args->json) {
        object_begin(&out, NULL);
        object_hex(&out, "kid", kid);
        object_text(&out, "type", type);
        object_text(&out, "private_key", paths->private_path);
        object_text(&out, "public_key", paths->public_path);
        object_end(&out);
    } else {
        buf_append_format(&out, "%s key, private half in %s (keep it), public half in %s\nkid ",
                          type, paths->private_path, paths->public_path);
        text_append_hex(&out, kid);
    }
    buf_append_text(&out, "\n");
    code = command_print(&out);
    buf_cleanup(&out);
    return code;
}

static bool make_pair(struct signer **out, const struct args *args, const struct key_paths *paths,
                      struct err *err)
{
    struct buf private_pem = {0};
    enum key_type type;
    bool ok = key_type_parse(&type, args_value(args, "--type"), err) &&
              signer_generate(out, &private_pem, type, err) &&
              write_pair(paths, *out, &private_pem, err);

    if (private_pem.data != NULL)
        explicit_bzero(private_pem.data, private_pem.capacity);
    buf_cleanup(&private_pem);
    return ok;
}

static int run(const struct command *command, const struct args *args)
{
    const char *name = args_value(args, "--out");
    struct key_paths paths = {.private_path = mem_format("%s.pem", name),
                              .public_path = mem_format("%s.pub.pem", name)};
    struct signer *signer = NULL;
    struct err err = {0};
    int code = make_pair(&signer, args, &paths, &err) ? print_pair(args, &paths, signer->public_key)
                                                      : command_fail(command, args, &err);

    signer_close(signer);
    free(paths.private_path);
    free(paths.public_path);
    return code;
}

const struct command CMD_KEYGEN = {
    .name = "keygen",
    .operands = "",
    .summary = "make a signing key",
    .help =
        "Makes a key pair for an issuer of statements. NAME.pem holds the private half, for its\n"
        "owner only (mode 0600); NAME.pub.pem the public half, which goes to the log's operator:\n"
        "statements by unknown keys are refused. The kid printed is the key's COSE thumbprint\n"
        "(RFC 9679), by which statements name it. Existing files are never overwritten.\n"
        "\n"
        "  vouch keygen --out engine\n"
        "  vouch keygen --type ed25519 --out approvals\n",
    .options = OPTIONS,
    .option_count = sizeof(OPTIONS) / sizeof(OPTIONS[0]),
    .run = run,
};
