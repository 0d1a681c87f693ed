/*
 * Jobs whose answer may change: they wait at the writer until a commit changes a fact their answer
 * came from, or their time is over. Of the writer's thread.
 */
#ifndef VOUCH_SERVER_HTTP_PARKED_H
#define VOUCH_SERVER_HTTP_PARKED_H

#include <stddef.h>

#include "server/http/job.h"

struct wait_link;

/* What a job waits for; part of the memory of whoever made the job. */
struct wait {
    bool is_wanted;       /* the answer it has now may change; set anew whenever it is decided */
    uint64_t deadline_ns; /* monotonic */
    uint64_t *keys;       /* short keys of the facts its answer came from; owned, free with
                             wait_cleanup */
    size_t key_count;
    struct wait_link *links; /* while it is parked */
    struct job *previous;    /* in the list of parked jobs, whose next is job->next */
};

void wait_cleanup(struct wait *wait);

struct parked;

struct parked *parked_new(void);
void parked_free(struct parked *parked); /* accepts NULL; nothing may be parked */

size_t parked_count(const struct parked *parked);

/* job->wait says for what. */
void parked_add(struct parked *parked, struct job *job);

/* Moves the jobs that wait for one of these keys to the end of out. */
void parked_take_changed(struct parked *parked, const uint64_t *keys, size_t count,
                         struct job_list *out);

/* Moves the jobs whose deadline is not after now_ns to the end of out; UINT64_MAX: all jobs. */
void parked_take_expired(struct parked *parked, uint64_t now_ns, struct job_list *out);

#endif
