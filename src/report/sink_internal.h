/*
 * sink - the file that events are appended to, one line after the other. Any
 * number of supervisors share it, and it may be full, gone or rotated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
	char *file;
	int fd; /* -1: not open */
	bool readable;
	bool torn; /* what was written last is less than a line */
};

bool sink_init(struct sink *sink, const char *file); /* false: no memory */
void sink_clear(struct sink *sink);

/*
 * Append a line of event_write, which also says how many before it were lost
 * where that isn't 0. False where it isn't there, or not all of it. Half a
 * line that anybody left is ended first. May wait for the file system.
 */
bool sink_write(struct sink *sink, char *line, size_t len, uint64_t lost);
