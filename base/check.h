/* Assertions for our own mistakes, and the two attributes every header uses. */
#ifndef VOUCH_BASE_CHECK_H
#define VOUCH_BASE_CHECK_H

/* The result says whether the call worked and must be looked at. */
#define MUST_USE __attribute__((warn_unused_result))

#define PRINTF_LIKE(format_index, first_argument)                                                  \
    __attribute__((format(printf, format_index, first_argument)))

/*
 * Stops the process when a condition that only a bug of ours can break does not hold. On in
 * release builds. Never for anything read from disk, network, configuration or a library.
 */
#define CHECK(condition)                                                                           \
    ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__, __func__))

__attribute__((noreturn)) void check_failed(const char *condition, const char *file, int line,
                            const char *function);

#endif
