#include "client/fetch/outside_url.h"

#include <curl/curl.h>
#include <string.h>

bool outside_url_is(const char *text)
{
    return strstr(text, "://") != NULL;
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0 ||
           strcmp(host, "localhost") == 0;
}

static bool check_parts(const char *scheme, const char *host, bool has_user, struct err *err)
{
    if (has_user)
        return err_set(err, ERR_INVALID, "such a URL has no user name and no password");
    if (strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && is_loopback(host)))
        return true;
    return err_set(err, ERR_INVALID, "it must be https, or http on this machine");
}

bool outside_url_check(const char *text, struct err *err)
{
    CURLU *url;
    char *scheme = NULL;
    char *host = NULL;
    char *user = NULL;
    bool ok;

    if (strlen(text) > OUTSIDE_URL_LEN_MAX)
        return err_set(err, ERR_INVALID, "a URL has at most %d bytes", OUTSIDE_URL_LEN_MAX);
    url = curl_url();
    CHECK(url != NULL);
    if (curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        ok = check_parts(scheme, host, curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK,
                         err);
    else
        ok = err_set(err, ERR_INVALID, "%.200s is no URL", text);
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(url);
    return ok;
}
