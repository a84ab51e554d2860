/*
 * Lines of /proc/PID/maps, whose names a container chooses: the values that are
 * read stand in the line, and no byte beyond its end is read.
 */
#include "target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check(const char *line)
{
	const uint64_t no_stack = UINT64_MAX - 1;
	struct mapping mapping = {0};
	uint64_t stack_end = no_stack;
	bool executable = false;

	if (!target_parse_mapping(line, &mapping, &executable, &stack_end)) {
		require(stack_end == no_stack || strstr(line, "[stack]"));
		return;
	}
	require(mapping.dev || mapping.ino || strchr(line, '/'));
	require(!executable || strchr(line, 'x'));
	require(!mapping.private || strchr(line, 'p'));
	require(stack_end == no_stack || stack_end == mapping.end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;
		/* The copy is exactly as long as the data. */
		char *line = strndup((const char *)data, len);

		require(line != NULL);
		check(line);
		free(line);
		len += end != NULL;
		data += len;
		size -= len;
	}
	return 0;
}
