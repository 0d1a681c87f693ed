#include "client/run/state_words.h"

struct meaning {
    const char *word;
    const char *meaning;
};

static const struct meaning STATUSES[] = {
    {"open", "no manifest has closed it yet"},
    {"success", "it did what it was for"},
    {"failed", "it broke"},
    {"blocked", "a policy or a person stopped it"},
    {"cancelled", "somebody ended it"},
    {"partial", "it did some of what it was for"},
};

static const struct meaning GRADES[] = {
    {"A", "recorded where it is enforced: nothing was done without grant or approval"},
    {"B", "the engine signed its own records"},
    {"C", "a collector brought the records, or the log's intake signed for them"},
    {"D", "the records were imported later"},
};

static const struct meaning QUESTIONS[] = {
    {"start-and-manifest", "it has a start, and a manifest that closes it"},
    {"published-workflow", "the version of its workflow was published"},
    {"named-inputs", "every input from outside has a version or a digest"},
    {"registered-models", "its models were registered, and are those of its manifest"},
    {"versioned-prompts", "every prompt has a version"},
    {"evaluated-policies", "the policies in force were evaluated"},
    {"checked-sensitive-inputs", "sensitive inputs, and what left, were checked"},
    {"approved-before-action", "what needs approval was approved before it was done"},
    {"environment-snapshot", "the image and the dependencies are on record"},
    {"complete-result", "its manifest says what came of it"},
    {"labelled-degradation", "fallbacks and stale sources are labelled as such"},
    {"tally-and-window", "its counts add up, and a window of its issuer covers it"},
    {"grade-b-or-better", "its engine signed the records, or what enforces did"},
    {"kept-payloads", "payloads and their keys are kept: who keeps them can show it"},
};

static const struct meaning APPROVALS[] = {
    {"open", "not decided yet"},
    {"approved", "and not used yet"},
    {"rejected", "it must not be done"},
    {"withdrawn", "nobody asks any more"},
    {"expired", "nobody decided in time"},
    {"used", "approved, and what it was for was done"},
};

const char *const ITEM_STATES[ITEM_STATE_COUNT] = {"lacking", "pending", "unknown", "met",
                                                   "not-applicable"};

static const char *find(const struct meaning *rows, size_t count, struct bytes word)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal_text(word, rows[i].word))
            return rows[i].meaning;
    }
    return "";
}

const char *status_meaning(struct bytes status)
{
    return find(STATUSES, sizeof(STATUSES) / sizeof(STATUSES[0]), status);
}

const char *grade_meaning(struct bytes grade)
{
    return find(GRADES, sizeof(GRADES) / sizeof(GRADES[0]), grade);
}

const char *question_meaning(struct bytes name)
{
    return find(QUESTIONS, sizeof(QUESTIONS) / sizeof(QUESTIONS[0]), name);
}

const char *approval_meaning(struct bytes state)
{
    return find(APPROVALS, sizeof(APPROVALS) / sizeof(APPROVALS[0]), state);
}
