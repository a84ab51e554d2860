/*
 * journal - the queue of events: bounded, with a thread that writes them to the
 * file. A slow, full or dead sink delays no judgement; the events that it lost
 * are counted, and the next written event has their number. Events of one kind
 * are limited (limiter.h).
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

/* Appends to file, which is opened anew when it was renamed away. Fails only if
 * the thread can't start; a file that can't be opened loses events. */
MUST_CHECK int journal_open(const char *file, struct journal **ret,
			    struct err *e);

/* Limit the events of journal_admit; until then all are written. context is
 * borrowed until journal_close. */
void journal_limit(struct journal *journal, journal_summarize *summarize,
		   const void *context);

/* Decide how an event of this kind is written. If it is only counted, its
 * summary comes by itself. */
enum telling journal_admit(struct journal *journal,
			   const struct event_kind *kind);

/* Queue the summaries of all counted events now. */
void journal_sum_up(struct journal *journal);

/* Add the number of events that were lost before it was opened. */
void journal_owe(struct journal *journal, uint64_t events);

/* Write the queue, for at most 1 s, and end. Returns the number of lost events
 * that no event could report: 0, or the last line was among them. */
uint64_t journal_close(struct journal *journal);

/* Queue one line of event_write; never waits. Takes take_line (malloc'ed). */
void journal_push(struct journal *journal, char *take_line, size_t len);
