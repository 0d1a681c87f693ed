/* What every fuzz target defines: libFuzzer or driver.c calls it with each input. */
#ifndef VOUCH_TESTS_FUZZ_FUZZ_H
#define VOUCH_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Returns 0. Stops the process (CHECK) when a property does not hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
