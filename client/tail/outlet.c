#include "client/tail/outlet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { WAIT_MAX_MS = 3600000 };

bool outlet_open(struct outlet *out, struct err *err)
{
    sigset_t mask;

    *out = (struct outlet){.signal_fd = -1};
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &mask, &out->mask_before) != 0)
        return err_set_errno(err, ERR_IO, errno, "signals");
    out->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (out->signal_fd >= 0)
        return true;
    err_set_errno(err, ERR_IO, errno, "signals");
    sigprocmask(SIG_SETMASK, &out->mask_before, NULL);
    return false;
}

/* A signal that has come is taken, so that it does not end the process afterwards. */
void outlet_close(struct outlet *outlet)
{
    struct signalfd_siginfo taken;

    if (outlet->signal_fd < 0)
        return;
    while (read(outlet->signal_fd, &taken, sizeof(taken)) > 0)
        continue;
    close(outlet->signal_fd);
    outlet->signal_fd = -1;
    sigprocmask(SIG_SETMASK, &outlet->mask_before, NULL);
}

/* Waits for the two descriptors; whether output can be written. */
static bool look(struct outlet *outlet, short output_events, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = outlet->signal_fd, .events = POLLIN},
                           {.fd = STDOUT_FILENO, .events = output_events}};

    if (poll(fds, 2, timeout_ms) <= 0)
        return false;
    if ((fds[0].revents & POLLIN) != 0 || (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
        outlet->is_ended = true;
    return (fds[1].revents & POLLOUT) != 0;
}

bool outlet_is_ended(struct outlet *outlet)
{
    if (!outlet->is_ended)
        look(outlet, 0, 0);
    return outlet->is_ended;
}

void outlet_wait(struct outlet *outlet, uint64_t ms)
{
    if (!outlet->is_ended)
        look(outlet, 0, (int)(ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS));
}

/* So little at a time that a pipe that can be written takes it at once (POSIX: PIPE_BUF). */
bool outlet_write(struct outlet *outlet, struct bytes text, struct err *err)
{
    while (text.len > 0 && !outlet->is_ended) {
        ssize_t written;

        if (!look(outlet, POLLOUT, -1) || outlet->is_ended)
            continue;
        written = write(STDOUT_FILENO, text.data, text.len < PIPE_BUF ? text.len : PIPE_BUF);
        if (written > 0)
            text = bytes_slice(text, (size_t)written, text.len);
        else if (written < 0 && errno == EPIPE)
            outlet->is_ended = true;
        else if (written < 0 && errno != EINTR && errno != EAGAIN)
            return err_set_errno(err, ERR_IO, errno, "standard output");
    }
    return true;
}
