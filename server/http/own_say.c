#include "server/http/own_say.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "server/http/job.h"
#include "server/http/writer.h"

/*
 * The writer answers every job, also while it is being stopped. The wake-up is the last it has to do
 * with the outbox.
 */
static void wait_for(struct outbox *outbox)
{
    struct pollfd wake = {.fd = outbox->event_fd, .events = POLLIN};

    while (poll(&wake, 1, -1) != 1)
        CHECK(errno == EINTR);
    CHECK(outbox_take(outbox).first != NULL);
}

static bool judge(const struct job *job, bool *out_said, struct err *err)
{
    const struct tlog_submission *submission = job->submissions;

    if (job->outcome != JOB_COMMITTED)
        return err_set(err, ERR_BUSY, "the log takes nothing now");
    *out_said = submission->outcome == TLOG_ADDED;
    return submission->outcome != TLOG_REFUSED ||
           err_set(err, ERR_REFUSED, "rule %s refuses it: %s",
                   submission->refusal.rule->name, submission->refusal.rule->code);
}

bool own_say(struct writer *writer, struct tlog_own *own, bool *out_said, struct err *err)
{
    struct tlog_submission submission = {.own = own};
    struct outbox outbox;
    struct job job = {.errand = {.outbox = &outbox},
                      .submissions = &submission,
                      .count = 1,
                      .received_ns = clock_monotonic_ns()};
    struct problem problem = {0};
    bool ok = true;

    if (!outbox_init(&outbox, err))
        return false;
    if (writer_submit(writer, &job, &problem)) {
        wait_for(&outbox);
        ok = judge(&job, out_said, err);
    } else {
        ok = err_set(err, ERR_BUSY, "%s", problem.detail);
    }
    outbox_cleanup(&outbox);
    return ok;
}
