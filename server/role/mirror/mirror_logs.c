#include "server/role/mirror/mirror_logs.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

/* "log" and a blank begin the line of a log; everything else goes into each policy as it is. */
static bool is_log_line(struct bytes line)
{
    while (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
        line = bytes_slice(line, 1, line.len);
    return bytes_start_with(line, bytes_of_text("log ")) ||
           bytes_start_with(line, bytes_of_text("log\t"));
}

/* The file without the lines of all logs but the number-th. */
static void append_policy(struct buf *out, struct bytes text, size_t number)
{
    size_t seen = 0;

    while (text.len > 0) {
        struct bytes line;

        text_split(&text, &line, '\n');
        if (is_log_line(line) && seen++ != number)
            continue;
        buf_append_bytes(out, line);
        buf_append_byte(out, '\n');
    }
}

static bool check_logs(const struct policy *policy, struct err *err)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        const char *origin = policy->logs[i].verifier.name;

        for (size_t k = 0; k < i; k++) {
            if (strcmp(policy->logs[k].verifier.name, origin) == 0)
                return err_set(err, ERR_INVALID, "the log %.128s is listed twice", origin);
        }
    }
    return true;
}

bool mirror_logs_parse(struct mirror_logs *out, struct bytes text, struct err *err)
{
    struct policy *all = mem_alloc(sizeof(*all));
    bool ok = policy_parse(all, text, err);

    *out = (struct mirror_logs){0};
    if (ok && check_logs(all, err)) {
        out->logs = mem_alloc_array(POLICY_LOGS_MAX, sizeof(*out->logs));
        for (; ok && out->count < all->log_count; out->count++) {
            struct mirror_log *log = &out->logs[out->count];

            append_policy(&log->text, text, out->count);
            ok = policy_parse(&log->policy, bytes_of_buf(&log->text), err);
        }
    } else {
        ok = false;
    }
    policy_cleanup(all);
    free(all);
    if (!ok)
        mirror_logs_cleanup(out);
    return ok;
}

bool mirror_logs_load(struct mirror_logs *out, const char *path, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(&text, path, POLICY_LEN_MAX, err) &&
              mirror_logs_parse(out, bytes_of_buf(&text), err);

    buf_cleanup(&text);
    return ok || err_wrap(err, "%s", path);
}

void mirror_log_cleanup(struct mirror_log *log)
{
    policy_cleanup(&log->policy);
    buf_cleanup(&log->text);
}

void mirror_logs_cleanup(struct mirror_logs *logs)
{
    for (size_t i = 0; i < logs->count; i++)
        mirror_log_cleanup(&logs->logs[i]);
    free(logs->logs);
    *logs = (struct mirror_logs){0};
}
