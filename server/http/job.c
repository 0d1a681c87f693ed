#include "server/http/job.h"

void job_list_append(struct job_list *list, struct job *job)
{
    job->next = NULL;
    if (list->first == NULL)
        list->first = job;
    else
        list->last->next = job;
    list->last = job;
}

struct job *job_list_take_first(struct job_list *list)
{
    struct job *job = list->first;

    if (job != NULL)
        list->first = job->next;
    return job;
}
