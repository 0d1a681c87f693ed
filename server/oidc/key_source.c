#include "server/oidc/key_source.h"

#include <curl/curl.h>
#include <string.h>

#include "base/file.h"
#include "client/fetch/outside_url.h"

/* One reply being read. */
struct reading {
    struct buf *out;
    size_t len_max; /* that may still come */
    bool too_long;
    const atomic_bool *stop;
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct reading *reading = context;
    size_t len = size * count;

    if (len > reading->len_max) {
        reading->too_long = true;
        return 0;
    }
    buf_append(reading->out, data, len);
    reading->len_max -= len;
    return len;
}

static int look_for_stop(void *context, curl_off_t total, curl_off_t done, curl_off_t upload_total,
                         curl_off_t uploaded)
{
    const struct reading *reading = context;

    (void)total;
    (void)done;
    (void)upload_total;
    (void)uploaded;
    return atomic_load(reading->stop);
}

/* No proxy stands between two programs on this machine. */
static bool set_up(CURL *easy, const char *url, struct reading *reading)
{
    bool is_https = strncmp(url, "https:", strlen("https:")) == 0;

    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_https ? "https" : "http") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, is_https ? NULL : "*") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)KEY_SOURCE_CONNECT_MS) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)KEY_SOURCE_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "vouchd/" VOUCH_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, reading) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_for_stop) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFODATA, reading) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

static bool explain(const struct reading *reading, CURL *easy, CURLcode code, struct err *err)
{
    long status = 0;

    if (reading->too_long)
        return err_set(err, ERR_INVALID, "the reply is too long");
    if (code != CURLE_OK)
        return err_set(err, ERR_BUSY, "%s", curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 || err_set(err, ERR_BUSY, "the reply has status %ld", status);
}

static bool read_url(const char *url, struct reading *reading, struct err *err)
{
    CURL *easy = curl_easy_init();
    bool ok;

    if (easy != NULL && set_up(easy, url, reading))
        ok = explain(reading, easy, curl_easy_perform(easy), err);
    else
        ok = err_set(err, ERR_IO, "libcurl cannot be set up");
    curl_easy_cleanup(easy);
    return ok;
}

bool key_source_read(struct buf *out, const char *source, size_t len_max, const atomic_bool *stop,
                     struct err *err)
{
    struct reading reading = {.out = out, .len_max = len_max, .stop = stop};
    size_t len = out->len;

    if (!outside_url_is(source))
        return file_read(out, source, len_max, err);
    if (read_url(source, &reading, err))
        return true;
    out->len = len;
    return err_wrap(err, "%s", source);
}
