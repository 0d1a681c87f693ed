/*
 * vouch-load: drives one kind of load against a server and prints one line of JSON. tools/bench
 * runs it; by hand it answers "how fast is this server at that".
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tools/load/calibrate.h"
#include "tools/load/client.h"
#include "tools/load/cosign.h"
#include "tools/load/process.h"

static const char USAGE[] =
    "usage: vouch-load --kind KIND --url http://ADDRESS:PORT[/PREFIX] [options]\n"
    "       vouch-load --calibrate DIRECTORY\n"
    "       vouch-load --list-logs N\n"
    "\n"
    "  --connections N    keep-alive connections, one request under way on each (64)\n"
    "  --rate N           entries a second (as many as can be)\n"
    "  --seconds N        counted time (10)\n"
    "  --warm-up N        seconds before counting (1)\n"
    "  --body-bytes N     bytes of an entry or record (1024)\n"
    "  --records N        records in a statement (1)\n"
    "  --statements N     statements in a batch request (64)\n"
    "  --count N          statements or checkpoints signed beforehand (100000)\n"
    "  --logs N           logs whose checkpoints are cosigned; --list-logs N is their list\n"
    "  --issuer NAME --key FILE   who signs statements\n"
    "  --lines FILE --keys DIRECTORY   statements as {\"issuer\", \"records\"}, ISSUER.pem of each\n"
    "  --path PATH --body-file FILE --type TYPE --expect TEXT   what post sends, and gets\n"
    "  --tree-size N      published size that reads refer to\n"
    "  --server-pid PID   also report the server's CPU time and memory\n"
    "  --seed N           makes this run's entries different from those of other runs\n"
    "\nkinds:\n";

struct settings {
    const struct work_kind *kind;
    struct work_options work;
    struct client_options client;
    const char *calibrate_directory;
    uint64_t rate; /* 0: as many as can be */
    uint64_t listed_logs; /* 0: none are to be listed */
    int server_pid;
    char address[64];
    char host[80];
    char prefix[128];
};

static bool parse_url(struct settings *settings, const char *url)
{
    unsigned port = 80;
    int count = sscanf(url, "http://%63[0-9.]:%u%127s", settings->address, &port, settings->prefix);

    if (count < 1 || port == 0 || port > 65535)
        return false;
    settings->client.address = settings->address;
    settings->client.port = (uint16_t)port;
    snprintf(settings->host, sizeof(settings->host), "%s:%u", settings->address, port);
    if (strlen(settings->prefix) > 0 && settings->prefix[strlen(settings->prefix) - 1] == '/')
        settings->prefix[strlen(settings->prefix) - 1] = 0;
    settings->work.host = settings->host;
    settings->work.path_prefix = settings->prefix;
    return true;
}

enum option_id {
    OPTION_KIND = 1, OPTION_URL, OPTION_CONNECTIONS, OPTION_SECONDS, OPTION_WARM_UP,
    OPTION_BODY, OPTION_RECORDS, OPTION_STATEMENTS, OPTION_COUNT, OPTION_ISSUER, OPTION_KEY,
    OPTION_TREE_SIZE, OPTION_PID, OPTION_SEED, OPTION_CALIBRATE, OPTION_RATE, OPTION_PATH,
    OPTION_BODY_FILE, OPTION_LINES, OPTION_LOGS, OPTION_LIST_LOGS, OPTION_KEYS, OPTION_TYPE, OPTION_EXPECT, OPTION_HELP,
};

static const struct option OPTIONS[] = {
    {"kind", required_argument, NULL, OPTION_KIND},
    {"url", required_argument, NULL, OPTION_URL},
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"warm-up", required_argument, NULL, OPTION_WARM_UP},
    {"body-bytes", required_argument, NULL, OPTION_BODY},
    {"records", required_argument, NULL, OPTION_RECORDS},
    {"statements", required_argument, NULL, OPTION_STATEMENTS},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"issuer", required_argument, NULL, OPTION_ISSUER},
    {"key", required_argument, NULL, OPTION_KEY},
    {"tree-size", required_argument, NULL, OPTION_TREE_SIZE},
    {"server-pid", required_argument, NULL, OPTION_PID},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"lines", required_argument, NULL, OPTION_LINES},
    {"logs", required_argument, NULL, OPTION_LOGS},
    {"list-logs", required_argument, NULL, OPTION_LIST_LOGS},
    {"keys", required_argument, NULL, OPTION_KEYS},
    {"path", required_argument, NULL, OPTION_PATH},
    {"body-file", required_argument, NULL, OPTION_BODY_FILE},
    {"type", required_argument, NULL, OPTION_TYPE},
    {"expect", required_argument, NULL, OPTION_EXPECT},
    {"calibrate", required_argument, NULL, OPTION_CALIBRATE},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

/* Stores a decimal option; false when text is not a number in 0..max. */
static bool parse_number(uint64_t *out, const char *text, uint64_t max)
{
    return text_parse_uint(out, bytes_of_text(text), max);
}

static bool apply_number(struct settings *settings, int option, const char *text)
{
    uint64_t value;

    if (!parse_number(&value, text, UINT64_MAX))
        return false;
    switch (option) {
    case OPTION_CONNECTIONS:
        settings->client.connections = (unsigned)value;
        settings->work.connections = (size_t)value;
        return value > 0 && value <= 65536;
    case OPTION_SECONDS:
        settings->client.duration_ms = value * 1000;
        return value > 0;
    case OPTION_WARM_UP:
        settings->client.warm_up_ms = value * 1000;
        return true;
    case OPTION_BODY:
        settings->work.body_len = value;
        return value > 0 && value <= 65535;
    case OPTION_RECORDS:
        settings->work.records = value;
        return value > 0;
    case OPTION_STATEMENTS:
        settings->work.statements = value;
        return value > 0;
    case OPTION_COUNT:
        settings->work.count = value;
        return value > 0;
    case OPTION_LOGS:
        settings->work.logs = value;
        return value > 0;
    case OPTION_LIST_LOGS:
        settings->listed_logs = value;
        return value > 0;
    case OPTION_TREE_SIZE:
        settings->work.tree_size = value;
        return value > 0;
    case OPTION_PID:
        settings->server_pid = (int)value;
        return value > 0 && value < INT32_MAX;
    case OPTION_RATE:
        settings->rate = value;
        return value > 0 && value <= 1000000;
    case OPTION_SEED:
        settings->work.seed = value;
        return true;
    default:
        return false;
    }
}

static bool apply_text(struct settings *settings, int option, const char *text)
{
    const char **out = option == OPTION_PATH        ? &settings->work.path
                       : option == OPTION_BODY_FILE ? &settings->work.body_path
                       : option == OPTION_LINES     ? &settings->work.lines_path
                       : option == OPTION_KEYS      ? &settings->work.keys_path
                       : option == OPTION_TYPE      ? &settings->work.body_type
                       : option == OPTION_EXPECT    ? &settings->work.expected
                                                    : NULL;

    if (out != NULL)
        *out = text;
    return out != NULL;
}

static bool apply_option(struct settings *settings, int option, const char *text)
{
    switch (option) {
    case OPTION_KIND:
        settings->kind = work_kind_find(text);
        return settings->kind != NULL;
    case OPTION_URL:
        return parse_url(settings, text);
    case OPTION_ISSUER:
        settings->work.issuer = text;
        return true;
    case OPTION_KEY:
        settings->work.key_path = text;
        return true;
    case OPTION_CALIBRATE:
        settings->calibrate_directory = text;
        return true;
    default:
        return apply_text(settings, option, text) || apply_number(settings, option, text);
    }
}

static int run_calibration(const char *directory)
{
    struct calibration result;
    struct err err = {0};

    if (!calibrate(&result, directory, &err)) {
        fprintf(stderr, "vouch-load: %s\n", err.text);
        return 1;
    }
    printf("{\"sha256_mb_per_s\": %.0f, \"p256_verify_per_s\": %.0f, "
           "\"ed25519_verify_per_s\": %.0f, \"p256_verify_busy_per_s\": %.0f, "
           "\"synced_append_per_s\": %.0f, \"synced_append_p99_ms\": %.2f}\n",
           result.sha256_mb_per_s, result.p256_verify_per_s, result.ed25519_verify_per_s,
           result.p256_verify_busy_per_s, result.synced_append_per_s,
           result.synced_append_p99_ms);
    return 0;
}

static int list_logs(uint64_t count)
{
    struct err err = {0};

    if (cosign_print_logs(count, &err))
        return 0;
    fprintf(stderr, "vouch-load: %s\n", err.text);
    return 1;
}

struct usage_pair {
    int server_pid;
    struct process_usage server;
    struct process_usage client;
};

static void read_usage(void *context)
{
    struct usage_pair *usage = context;

    if (usage->server_pid != 0)
        process_read_usage(&usage->server, usage->server_pid);
    process_read_usage(&usage->client, 0);
}

static void print_result(const struct settings *settings, const struct client_result *result,
                         const struct usage_pair *before)
{
    struct usage_pair after = {.server_pid = settings->server_pid};
    uint64_t per_request = settings->kind->entries_per_request(&settings->work);
    double entries = (double)(result->requests * per_request);
    double seconds = (double)result->duration_ns / 1e9;

    read_usage(&after);
    printf("{\"kind\": \"%s\", \"connections\": %u, \"seconds\": %.3f, \"requests\": %" PRIu64
           ", \"wrong\": %" PRIu64 ", \"entries_per_s\": %.1f, \"p50_ms\": %.2f, "
           "\"p99_ms\": %.2f, \"p999_ms\": %.2f, \"client_cpu_us\": %.2f",
           settings->kind->name, settings->client.connections, seconds, result->requests,
           result->wrong, entries / seconds, latency_quantile_ms(&result->latency, 0.5),
           latency_quantile_ms(&result->latency, 0.99),
           latency_quantile_ms(&result->latency, 0.999),
           entries == 0 ? 0 : (double)(after.client.cpu_us - before->client.cpu_us) / entries);
    if (settings->server_pid != 0)
        printf(", \"server_cpu_us\": %.2f, \"server_cores\": %.3f, \"server_peak_mib\": %" PRIu64
               ", \"server_anonymous_mib\": %" PRIu64,
               entries == 0 ? 0 : (double)(after.server.cpu_us - before->server.cpu_us) / entries,
               (double)(after.server.cpu_us - before->server.cpu_us) / 1e6 / seconds,
               after.server.peak_kib / 1024, after.server.anonymous_kib / 1024);
    printf("}\n");
    if (result->wrong > 0)
        fprintf(stderr, "vouch-load: %" PRIu64 " wrong, the first: %s\n", result->wrong,
                result->first_wrong);
}

static int run_load(struct settings *settings)
{
    struct usage_pair before = {.server_pid = settings->server_pid};
    struct client_result result = {.on_begin = read_usage, .context = &before};
    struct work work = {0};
    struct err err = {0};
    bool ok;

    latency_init(&result.latency);
    settings->client.requests_per_s =
        (double)settings->rate / (double)settings->kind->entries_per_request(&settings->work);
    ok = work_prepare(&work, settings->kind, &settings->work, &err) &&
         client_run(&settings->client, &work, &result, &err);
    if (ok)
        print_result(settings, &result, &before);
    else
        fprintf(stderr, "vouch-load: %s\n", err.text);
    work_cleanup(&work);
    latency_cleanup(&result.latency);
    return ok && result.wrong == 0 && result.requests > 0 ? 0 : 1;
}

static void print_usage(void)
{
    fputs(USAGE, stdout);
    work_kinds_print();
}

int main(int argc, char **argv)
{
    struct settings settings = {
        .work = {.body_len = 1024, .records = 1, .statements = 64, .count = 100000,
                 .tree_size = 1, .issuer = "bench", .seed = clock_monotonic_ns(),
                 .body_type = "application/json", .connections = 64},
        .client = {.connections = 64, .duration_ms = 10000, .warm_up_ms = 1000},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == OPTION_HELP) {
            print_usage();
            return 0;
        }
        if (option == '?')
            return 2;
        if (!apply_option(&settings, option, optarg)) {
            fprintf(stderr, "vouch-load: bad value %s (try --help)\n", optarg);
            return 2;
        }
    }
    if (settings.calibrate_directory != NULL)
        return run_calibration(settings.calibrate_directory);
    if (settings.listed_logs != 0)
        return list_logs(settings.listed_logs);
    if (settings.kind == NULL || settings.client.address == NULL) {
        fputs("vouch-load: --kind and --url are needed (try --help)\n", stderr);
        return 2;
    }
    return run_load(&settings);
}
