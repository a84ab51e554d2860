/*
 * journal - where events go: a bounded queue and a thread that writes it to
 * the file. A slow, full or dead sink delays nobody; what it lost is counted
 * and said in the next event that gets through.
 */
#pragma once

#include "err.h"

#include <stddef.h>
#include <stdint.h>

struct journal;

/* Appends to file, which is opened anew when it was renamed away. Fails only
 * where the thread can't start; a file that can't be opened loses events. */
MUST_CHECK int journal_open(const char *file, struct journal **ret,
			    struct err *e);
/* Writes what is queued, for at most 1 s, and ends. */
void journal_close(struct journal *journal);

/* Queue one line; never waits. Takes take_line (malloc'ed). */
void journal_push(struct journal *journal, char *take_line, size_t len);

/* How many were lost since the last call. */
uint64_t journal_take_lost(struct journal *journal);
