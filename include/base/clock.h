/*
 * clock - the time by one of clock_gettime(2)'s clocks, as one number.
 */
#pragma once

#include <stdint.h>
#include <time.h>

/* Nanoseconds; whole milliseconds. */
int64_t clock_ns(clockid_t clock);
int64_t clock_ms(clockid_t clock);
