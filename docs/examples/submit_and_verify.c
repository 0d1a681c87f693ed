/* Signs a record, submits it to a log and verifies the receipt, with the log's keys from a file:
 *   cc submit_and_verify.c $(pkg-config --cflags --libs vouch libcurl) -o submit_and_verify
 *   ./submit_and_verify http://127.0.0.1:8080/entries engine.example engine.pem scitt-keys record.json
 * The record is one as "vouch submit" takes it (docs/RECORDS.md). */
#include <stdio.h>
#include <time.h>
#include <curl/curl.h>
#include <vouch.h>

static size_t take(char *data, size_t size, size_t count, void *reply)
{
    buf_append(reply, data, size * count);
    return size * count;
}

int main(int argc, char **argv)
{
    struct buf json = {0}, record = {0}, statement = {0}, receipt = {0}, key_file = {0}, text = {0};
    struct key_set keys = {0};
    struct trust trust = {.log_keys = &keys};
    struct statement_claims claims = {.content_type = STATEMENT_TYPE_RECORDS,
                                      .issuer = argc == 6 ? argv[2] : "",
                                      .issued_at_s = (uint64_t)time(NULL)};
    struct signer *signer = NULL;
    struct report report;
    struct err err = {0};
    CURL *curl = curl_easy_init();

    if (argc != 6 || !signer_open_file(&signer, argv[3], &err) ||
        !file_read(&key_file, argv[4], 65536, &err) ||
        !key_set_parse(&keys, bytes_of_buf(&key_file), &err) ||
        !file_read(&json, argv[5], 65536, &err) ||
        !view_parse_json(&record, bytes_of_buf(&json), &err) ||
        !statement_sign(&statement, signer, &claims, bytes_of_buf(&record), &err))
        return fprintf(stderr, "usage: URL/entries ISSUER KEY.pem KEYS RECORD: %s\n", err.text), 2;
    curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER,
                     curl_slist_append(NULL, "Content-Type: application/cose"));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)statement.len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, statement.data);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receipt);
    if (curl_easy_perform(curl) != CURLE_OK)
        return fprintf(stderr, "%s does not answer\n", argv[1]), 4;
    struct evidence evidence = {.entry = bytes_of_buf(&statement), .has_entry = true,
                                .receipts = {bytes_of_buf(&receipt)}, .receipt_count = 1};
    verify_evidence(&report, &evidence, &trust);
    report_append_text(&text, &report);
    fputs(buf_text(&text), stdout);
    return (int)report.verdict; /* 10, log-word: neither a head nor the issuer's key is at hand */
}
