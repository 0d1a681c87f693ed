#include "server/serving.h"

#include <signal.h>
#include <string.h>

#include "base/diag.h"
#include "server/transport/listen_address.h"

bool serving_check_address(const char *listen, bool is_public, struct err *err)
{
    struct listen_address address;

    if (!listen_address_parse(&address, listen, err))
        return err_wrap(err, "listen");
    if (!is_public && !listen_address_is_loopback(&address))
        return err_set(err, ERR_REFUSED,
                       "listen: %s can be reached from other machines; \"public\": true allows it",
                       listen);
    return true;
}

static sigset_t awaited_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

void serving_block_signals(void)
{
    sigset_t set = awaited_signals();

    sigaddset(&set, SIGPIPE); /* a client that went away is an error of write(2) */
    sigprocmask(SIG_BLOCK, &set, NULL);
}

bool serving_reload(const struct config_table *table, void *out, const void *running)
{
    struct buf fixed = {0};
    struct err err = {0};

    if (!config_table_load(table, out, config_table_path(running), &err)) {
        diag_error("reload-failed", "%s", err.text);
        return false;
    }
    diag_set_level((enum diag_level)config_table_level(table, out));
    config_table_append_fixed_changes(table, &fixed, running, out);
    if (fixed.len > 0)
        diag_warn("reload-needs-restart", "changed=%s", buf_text(&fixed));
    buf_cleanup(&fixed);
    return true;
}

void serving_wait(void (*reload)(void *context), void *context)
{
    sigset_t set = awaited_signals();

    for (;;) {
        int number = sigwaitinfo(&set, NULL);

        if (number == SIGHUP) {
            reload(context);
        } else if (number > 0) {
            diag_info("stopping", "signal=%s", sigabbrev_np(number));
            return;
        }
    }
}
