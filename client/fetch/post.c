#include "client/fetch/post.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "client/fetch/outside_url.h"
#include "schemas/hmac.h"

void post_append_signature(struct buf *out, struct bytes secret, uint64_t now_s,
                           struct bytes body)
{
    struct buf message = {0};
    struct hash mac;

    buf_append_format(&message, "%" PRIu64 ".", now_s);
    buf_append_bytes(&message, body);
    hmac_sha256(&mac, secret, bytes_of_buf(&message));
    buf_append_format(out, "t=%" PRIu64 ",v1=", now_s);
    text_append_hex(out, hash_bytes(&mac));
    buf_cleanup(&message);
}

/* What the receiver says is of no interest beyond its status. */
static size_t drop_body(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static int look_for_stop(void *context, curl_off_t total, curl_off_t done, curl_off_t upload_total,
                         curl_off_t uploaded)
{
    const atomic_bool *stop = context;

    (void)total;
    (void)done;
    (void)upload_total;
    (void)uploaded;
    return atomic_load(stop);
}

static struct curl_slist *make_headers(const struct post *post)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    struct buf line = {0};

    buf_append_text(&line, "Vouch-Signature: ");
    post_append_signature(&line, post->secret, post->now_s, post->body);
    headers = curl_slist_append(headers, buf_text(&line));
    buf_clear(&line);
    buf_append_format(&line, "%s: %s", post->id_header, post->id);
    headers = curl_slist_append(headers, buf_text(&line));
    buf_cleanup(&line);
    return headers;
}

static bool set_up(CURL *easy, const struct post *post, struct curl_slist *headers)
{
    bool is_https = strncmp(post->url, "https:", strlen("https:")) == 0;

    return curl_easy_setopt(easy, CURLOPT_URL, post->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_https ? "https" : "http") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, is_https ? NULL : "*") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)POST_CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)POST_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "vouch/" VOUCH_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body.data) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_for_stop) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFODATA, post->stop) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

/* 408 and 429 ask for another attempt, like every 5xx; other 4xx will not change their mind. */
static bool judge(CURL *easy, CURLcode code, struct err *err)
{
    long status = 0;

    if (code != CURLE_OK)
        return err_set(err, ERR_BUSY, "%s", curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300)
        return true;
    return err_set(err,
                   status >= 400 && status < 500 && status != 408 && status != 429 ? ERR_REFUSED
                                                                                   : ERR_BUSY,
                   "the receiver answered with status %ld", status);
}

static bool post_by_curl(struct poster *poster, const struct post *post, struct err *err)
{
    struct curl_slist *headers = make_headers(post);
    CURL *easy = curl_easy_init();
    bool ok;

    (void)poster;
    if (easy != NULL && set_up(easy, post, headers))
        ok = judge(easy, curl_easy_perform(easy), err);
    else
        ok = err_set(err, ERR_IO, "libcurl cannot be set up");
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return ok;
}

struct poster *poster_curl(void)
{
    static struct poster poster = {.post = post_by_curl};

    return &poster;
}
