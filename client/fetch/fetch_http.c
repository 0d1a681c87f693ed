/* HTTP through libcurl's multi interface: the only file that includes it. */
#include "client/fetch/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum { CONNECT_TIMEOUT_MS = 5000 };

struct fetch_http;

/* One request under way, with its handle; both are used again for later requests. */
struct transfer {
    struct fetch_http *http;
    CURL *easy;
    struct curl_slist *headers;
    char *url; /* that the path is below, without trailing slash */
    char path[FETCH_PATH_LEN_MAX];
    struct fetch_reply reply;
    size_t reply_len_max;
    bool too_long;
    fetch_take_fn take;
    fetch_done_fn done;
    void *context;
    char error_text[CURL_ERROR_SIZE];
    bool is_active;
    struct transfer *next_idle;
    struct transfer *next; /* all of them */
};

struct fetch_http {
    struct fetcher fetcher;
    CURLM *multi;
    char *url; /* of all requests; NULL: each has its own */
    struct transfer *idle;
    struct transfer *all;
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;
    long status = 0;

    if (transfer->take != NULL) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status == 200)
            return transfer->take(transfer->context, bytes_of(data, len)) ? len : 0;
    }
    if (len > transfer->reply_len_max - transfer->reply.body.len) {
        transfer->too_long = true;
        return 0;
    }
    buf_append(&transfer->reply.body, data, len);
    return len;
}

/* Options that are the same for every request. */
static bool set_up_handle(struct transfer *transfer)
{
    CURL *easy = transfer->easy;

    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK && /* ".." may be a name */
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "vouch/" VOUCH_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 262144L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error_text) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK;
}

static struct transfer *new_transfer(struct fetch_http *http, struct err *err)
{
    struct transfer *transfer = http->idle;

    if (transfer != NULL) {
        http->idle = transfer->next_idle;
        return transfer;
    }
    transfer = mem_alloc(sizeof(*transfer));
    transfer->http = http;
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL || !set_up_handle(transfer)) {
        curl_easy_cleanup(transfer->easy);
        free(transfer);
        err_set(err, ERR_IO, "libcurl cannot be set up");
        return NULL;
    }
    transfer->next = http->all;
    http->all = transfer;
    return transfer;
}

static void add_header(struct transfer *transfer, const char *name, const char *value)
{
    char *line = mem_format("%s: %s", name, value);
    struct curl_slist *headers = curl_slist_append(transfer->headers, line);

    CHECK(headers != NULL);
    transfer->headers = headers;
    free(line);
}

static bool set_body(struct transfer *transfer, const struct fetch_request *request)
{
    CURL *easy = transfer->easy;

    if (request->content_type == NULL)
        return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    add_header(transfer, "Content-Type", request->content_type);
    add_header(transfer, "Expect", "");
    return curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                            request->body.len > 0 ? (const char *)request->body.data : "") ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) ==
               CURLE_OK;
}

/* A whole reply must come in time; one that is taken in pieces must not fall silent. */
static bool set_patience(struct transfer *transfer, const struct fetch_request *request)
{
    unsigned timeout_ms = request->timeout_ms != 0 ? request->timeout_ms : FETCH_TIMEOUT_MS;
    bool in_pieces = request->take != NULL;
    CURL *easy = transfer->easy;

    return curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, in_pieces ? 0L : (long)timeout_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, in_pieces ? 1L : 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                            in_pieces ? (long)FETCH_SILENCE_MAX_S : 0L) == CURLE_OK;
}

static bool set_request(struct transfer *transfer, const struct fetch_request *request)
{
    char *url = mem_format("%s/%s", transfer->url, request->path);
    bool ok = curl_easy_setopt(transfer->easy, CURLOPT_URL, url) == CURLE_OK;

    free(url);
    if (request->accept != NULL)
        add_header(transfer, "Accept", request->accept);
    if (request->id_token != NULL)
        add_header(transfer, "Vouch-ID-Token", request->id_token);
    if (request->last_event_id != NULL)
        add_header(transfer, "Last-Event-ID", request->last_event_id);
    return ok && set_body(transfer, request) && set_patience(transfer, request) &&
           curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
}

/* Without the slashes at its end. */
static char *copy_url(const char *url)
{
    size_t len = strlen(url);

    while (len > 0 && url[len - 1] == '/')
        len--;
    return mem_format("%.*s", (int)len, url);
}

static void make_idle(struct transfer *transfer)
{
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    free(transfer->url);
    transfer->url = NULL;
    buf_cleanup(&transfer->reply.body);
    transfer->is_active = false;
    transfer->next_idle = transfer->http->idle;
    transfer->http->idle = transfer;
}

static bool http_start(struct fetcher *fetcher, const struct fetch_request *request,
                       struct err *err)
{
    struct fetch_http *http = (struct fetch_http *)fetcher;
    struct transfer *transfer = new_transfer(http, err);

    if (transfer == NULL)
        return false;
    CHECK((request->url == NULL) == (http->url != NULL));
    transfer->url = copy_url(request->url != NULL ? request->url : http->url);
    memcpy(transfer->path, request->path, strlen(request->path) + 1);
    transfer->reply = (struct fetch_reply){0};
    transfer->reply_len_max = request->reply_len_max;
    transfer->too_long = false;
    transfer->take = request->take;
    transfer->done = request->done;
    transfer->context = request->context;
    transfer->error_text[0] = '\0';
    if (!set_request(transfer, request) ||
        curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK) {
        make_idle(transfer);
        return err_set(err, ERR_IO, "libcurl refuses the request for %s", request->path);
    }
    transfer->is_active = true;
    return true;
}

static void read_headers(struct transfer *transfer)
{
    struct fetch_reply *reply = &transfer->reply;
    struct curl_header *location;
    curl_off_t seconds = 0;
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    reply->status = status > 0 && status < 1000 ? (unsigned)status : 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > FETCH_RETRY_AFTER_MAX_S)
        seconds = FETCH_RETRY_AFTER_MAX_S;
    reply->retry_after_s = seconds > 0 ? (unsigned)seconds : 0;
    if (curl_easy_header(transfer->easy, "Location", 0, CURLH_HEADER, -1, &location) == CURLHE_OK)
        snprintf(reply->location, sizeof(reply->location), "%s", location->value);
}

static void finish(struct transfer *transfer, CURLcode result)
{
    struct fetch_reply *reply = &transfer->reply;

    curl_multi_remove_handle(transfer->http->multi, transfer->easy);
    if (result == CURLE_OK)
        read_headers(transfer);
    if (transfer->too_long)
        err_set(&reply->err, ERR_INVALID, "the reply is longer than %zu bytes",
                transfer->reply_len_max);
    else if (reply->status == 0)
        err_set(&reply->err, ERR_BUSY, "%s: %s", transfer->url,
                transfer->error_text[0] != '\0' ? transfer->error_text
                                                : curl_easy_strerror(result));
    if (reply->status == 0)
        buf_clear(&reply->body);
    transfer->done(transfer->context, reply);
    make_idle(transfer);
}

/* Runs the callbacks of what is done; returns how many there were. */
static size_t finish_all(struct fetch_http *http)
{
    CURLMsg *message;
    size_t count = 0;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        CURLcode result;

        if (message->msg != CURLMSG_DONE)
            continue;
        result = message->data.result; /* the message dies with its handle's removal */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        finish(transfer, result);
        count++;
    }
    return count;
}

static bool http_run(struct fetcher *fetcher, int wake_fd, unsigned timeout_ms, struct err *err)
{
    struct fetch_http *http = (struct fetch_http *)fetcher;
    struct curl_waitfd extra = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};
    int running = 0;
    CURLMcode code = curl_multi_perform(http->multi, &running);

    if (code == CURLM_OK && finish_all(http) > 0)
        return true;
    if (code == CURLM_OK)
        code = curl_multi_poll(http->multi, wake_fd >= 0 ? &extra : NULL, wake_fd >= 0 ? 1 : 0,
                               (int)timeout_ms, NULL);
    if (code == CURLM_OK)
        code = curl_multi_perform(http->multi, &running);
    if (code != CURLM_OK)
        return err_set(err, ERR_IO, "libcurl: %s", curl_multi_strerror(code));
    finish_all(http);
    return true;
}

static void http_close(struct fetcher *fetcher)
{
    struct fetch_http *http = (struct fetch_http *)fetcher;

    while (http->all != NULL) {
        struct transfer *transfer = http->all;

        http->all = transfer->next;
        if (transfer->is_active)
            curl_multi_remove_handle(http->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
        curl_slist_free_all(transfer->headers);
        buf_cleanup(&transfer->reply.body);
        free(transfer->url);
        free(transfer);
    }
    curl_multi_cleanup(http->multi);
    free(http->url);
    free(http);
}

static const struct fetcher_ops HTTP_OPS = {
    .start = http_start,
    .run = http_run,
    .close = http_close,
};

bool fetch_check_url(const char *url, struct err *err)
{
    struct bytes text = bytes_of_text(url);

    if (!bytes_start_with(text, bytes_of_text("http://")) &&
        !bytes_start_with(text, bytes_of_text("https://")))
        return err_set(err, ERR_INVALID, "%.200s is no http or https URL", url);
    if (text.len > FETCH_URL_LEN_MAX)
        return err_set(err, ERR_INVALID, "a URL has at most %d bytes", FETCH_URL_LEN_MAX);
    if (strpbrk(url, "?# \t\r\n") != NULL)
        return err_set(err, ERR_INVALID, "%s: no blanks, query or fragment in such a URL", url);
    return true;
}

bool fetch_open_hosts(struct fetcher **out, struct err *err)
{
    struct fetch_http *http = mem_alloc(sizeof(*http));

    http->fetcher.ops = &HTTP_OPS;
    http->fetcher.is_remote = true;
    http->multi = curl_multi_init();
    if (http->multi == NULL || curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                                                 (long)FETCH_CONNECTIONS_MAX) != CURLM_OK) {
        http_close(&http->fetcher);
        return err_set(err, ERR_IO, "libcurl cannot be set up");
    }
    *out = &http->fetcher;
    return true;
}

bool fetch_open_http(struct fetcher **out, const char *url, struct err *err)
{
    if (!fetch_check_url(url, err) || !fetch_open_hosts(out, err))
        return false;
    ((struct fetch_http *)*out)->url = copy_url(url);
    return true;
}
