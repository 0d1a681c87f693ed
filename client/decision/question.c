#include "client/decision/question.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { CODE_BYTES = 4, ANSWER_LEN_MAX = 80 };

void short_code_make(char out[SHORT_CODE_LEN + 1], const struct hash *digest)
{
    struct buf text = {0};

    text_append_hex(&text, bytes_slice(hash_bytes(digest), 0, CODE_BYTES));
    snprintf(out, SHORT_CODE_LEN + 1, "%.4s-%.4s", buf_text(&text), buf_text(&text) + 4);
    buf_cleanup(&text);
}

bool short_code_is(const char *code, const char *answer)
{
    while (*code != '\0' || *answer != '\0') {
        if (*code == '-')
            code++;
        else if (*answer == '-' || isspace((unsigned char)*answer))
            answer++;
        else if (tolower((unsigned char)*answer++) != *code++)
            return false;
    }
    return true;
}

/* One line without its end, read to its end, so that nothing of it is left for a shell to run. */
static bool read_line(char *out, size_t out_len)
{
    size_t len = 0;
    char byte;

    while (read(STDIN_FILENO, &byte, 1) == 1) {
        if (byte == '\n') {
            out[len < out_len ? len : 0] = '\0';
            return len < out_len;
        }
        if (len < out_len)
            out[len++] = byte;
    }
    return false;
}

bool question_ask(const char *question, const char *code, struct err *err)
{
    char answer[ANSWER_LEN_MAX];

    if (isatty(STDIN_FILENO) != 1)
        return err_set(err, ERR_INVALID,
                       "standard input is no terminal: somebody must answer, or --yes be given");
    fprintf(stderr, "\n%s Type the code %s, anything else to leave it: ", question, code);
    fflush(stderr);
    if (read_line(answer, sizeof(answer)) && short_code_is(code, answer))
        return true;
    return err_set(err, ERR_INVALID, "that is not the code %s: nothing was decided, nothing sent",
                   code);
}
