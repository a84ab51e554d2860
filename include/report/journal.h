/*
 * journal - where events go: a bounded queue and a thread that writes it to
 * the file. A slow, full or dead sink delays nobody; what it lost is counted
 * and said in the next event that gets through. Events of one kind are limited
 * (limiter.h).
 */
#pragma once

#include "err.h"
#include "limiter.h"

#include <stddef.h>
#include <stdint.h>

struct journal;

/* Makes the line of a summary, malloc'ed; NULL without memory. Any thread. */
typedef char *journal_summarize(const void *context,
				const struct summary *summary, size_t *ret_len);

/* Appends to file, which is opened anew when it was renamed away. Fails only
 * where the thread can't start; a file that can't be opened loses events. */
MUST_CHECK int journal_open(const char *file, struct journal **ret,
			    struct err *e);

/* Limit what journal_admit is asked for; until then all is told. context is
 * borrowed until journal_close. */
void journal_limit(struct journal *journal, journal_summarize *summarize,
		   const void *context);

/* How an event of this kind is to be told. Where it is counted only, its
 * summary comes by itself. */
enum telling journal_admit(struct journal *journal,
			   const struct event_kind *kind);

/* Queue the summaries of what was counted, now. */
void journal_sum_up(struct journal *journal);

/* So many events were lost before it was opened. */
void journal_owe(struct journal *journal, uint64_t events);

/* Writes what is queued, for at most 1 s, and ends. How many events were lost
 * and couldn't be told of: 0, or the last line was among them. */
uint64_t journal_close(struct journal *journal);

/* Queue one line of event_write; never waits. Takes take_line (malloc'ed). */
void journal_push(struct journal *journal, char *take_line, size_t len);
