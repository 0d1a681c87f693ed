#include "client/fetch/outside_call.h"

#include <curl/curl.h>
#include <string.h>

/* A reply on its way. */
struct arrival {
    const struct outside_call *call;
    struct buf *reply;
    size_t before; /* what the caller had in it */
    bool is_too_long;
};

static size_t take_piece(char *data, size_t size, size_t count, void *context)
{
    struct arrival *arrival = context;
    size_t limit = arrival->call->reply_len_max;

    if (limit == 0)
        return size * count;
    if (size * count > limit - (arrival->reply->len - arrival->before)) {
        arrival->is_too_long = true;
        return 0;
    }
    buf_append(arrival->reply, data, size * count);
    return size * count;
}

static int look_for_stop(void *context, curl_off_t total, curl_off_t done, curl_off_t upload_total,
                         curl_off_t uploaded)
{
    const struct outside_call *call = context;

    (void)total;
    (void)done;
    (void)upload_total;
    (void)uploaded;
    return atomic_load(call->stop);
}

static struct curl_slist *make_headers(const struct outside_call *call)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");

    for (size_t i = 0; i < OUTSIDE_CALL_HEADERS_MAX && call->headers[i] != NULL; i++)
        headers = curl_slist_append(headers, call->headers[i]);
    return headers;
}

static bool set_up_transfer(CURL *easy, const struct outside_call *call)
{
    bool is_https = strncmp(call->url, "https:", strlen("https:")) == 0;

    return curl_easy_setopt(easy, CURLOPT_URL, call->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_https ? "https" : "http") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, is_https ? NULL : "*") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)OUTSIDE_CALL_CONNECT_MS) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "vouch/" VOUCH_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_for_stop) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFODATA, call) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

/* A body that is at hand goes along as POST fields, whatever the method is called. */
static bool set_up_content(CURL *easy, const struct outside_call *call)
{
    if (strcmp(call->method, "GET") == 0)
        return true;
    return curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                            call->body.data == NULL ? (const void *)"" : call->body.data) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
}

static bool set_up(CURL *easy, struct arrival *arrival, struct curl_slist *headers)
{
    return set_up_transfer(easy, arrival->call) && set_up_content(easy, arrival->call) &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_piece) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, arrival) == CURLE_OK;
}

/* 408 and 429 ask for another attempt, like every 5xx; other 4xx will not change their mind. */
static bool judge(CURL *easy, CURLcode code, const struct arrival *arrival, struct err *err)
{
    long status = 0;

    if (arrival->is_too_long)
        return err_set(err, ERR_REFUSED, "the reply has more than %zu bytes",
                       arrival->call->reply_len_max);
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

bool outside_call_run(struct buf *out_reply, const struct outside_call *call, struct err *err)
{
    struct arrival arrival = {.call = call,
                              .reply = out_reply,
                              .before = out_reply == NULL ? 0 : out_reply->len};
    struct curl_slist *headers = make_headers(call);
    CURL *easy = curl_easy_init();
    bool ok;

    CHECK(out_reply != NULL || call->reply_len_max == 0);
    if (easy != NULL && set_up(easy, &arrival, headers))
        ok = judge(easy, curl_easy_perform(easy), &arrival, err);
    else
        ok = err_set(err, ERR_IO, "libcurl cannot be set up");
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return ok;
}
