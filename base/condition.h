/* Condition variables with deadlines that no change of the system's time moves. */
#ifndef VOUCH_BASE_CONDITION_H
#define VOUCH_BASE_CONDITION_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* A condition whose pthread_cond_timedwait takes what condition_deadline gives. */
void condition_init(pthread_cond_t *condition);

/* So many milliseconds from now. */
struct timespec condition_deadline(uint64_t ms);

#endif
