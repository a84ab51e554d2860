/*
 * sink - the file to which events are appended, one line after the other. Any
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
	bool torn; /* the last write was less than a line */
};

bool sink_init(struct sink *sink, const char *file); /* false: no memory */
void sink_clear(struct sink *sink);

/* Append a line of event_write, with the number of events lost before it if
 * that isn't 0. False if it isn't written, or not completely. An unfinished
 * line of any supervisor is ended first. May wait for the file system. */
bool sink_write(struct sink *sink, char *line, size_t len, uint64_t lost);
