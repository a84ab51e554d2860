#include "bill.h"

#include "cgroup.h"
#include "file.h"
#include "procfs.h"
#include "text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_MAX = 16 * 1024 };

/* The record's lines are folders of cgroups; or a reason behind this word. */
static const char fallback[] = "engine: ";
static const char prefix[] = "runmoor-";

static int read_record(const char *folder, struct buffer *text)
{
	OWNED(free_owned) char *path = file_in(folder, BILL_RECORD);

	if (!path)
		return -1;
	return file_read(AT_FDCWD, path, RECORD_MAX, text, NULL);
}

static void write_record(const char *folder, const struct buffer *text)
{
	OWNED(free_owned) char *path = file_in(folder, BILL_RECORD);

	if (!path)
		return;
	(void)!file_publish(path, text->data, text->len, 0600, NULL);
}

static char *name_of(const char *folder)
{
	const char *slash = strrchr(folder, '/');

	return text_format("%s%s", prefix, slash ? slash + 1 : folder);
}

static int join(pid_t init, const char *name, struct charge *charge,
		struct err *e)
{
	struct buffer text = BUFFER_INIT;
	int rc;

	rc = procfs_read(init, "cgroup", CGROUP_TEXT_MAX, &text, e);
	if (rc == 0)
		rc = charge_join(text.data ? text.data : "", name, charge, e);
	buffer_clear(&text);
	return rc;
}

static void append(struct buffer *text, const char *line)
{
	buffer_append(text, line, strlen(line));
	buffer_append(text, "\n", 1);
}

void bill_open(const struct container *container, const char *folder,
	       pid_t init, struct charge *charge)
{
	OWNED(free_owned) char *name = name_of(folder);
	struct buffer text = BUFFER_INIT;
	struct err e = {0};

	if (container->config.cgroup == PAYER_ENGINE || !name)
		return;
	if (join(init, name, charge, &e) < 0) {
		buffer_append(&text, fallback, strlen(fallback));
		append(&text, e.text);
	}
	for (size_t i = 0; i < charge->count; i++)
		append(&text, charge->places[i].own);
	if (!buffer_failed(&text))
		write_record(folder, &text);
	buffer_clear(&text);
}

void bill_close(const char *folder)
{
	OWNED(free_owned) char *name = name_of(folder);
	struct buffer text = BUFFER_INIT;
	char *rest;
	char *line;

	if (!name || read_record(folder, &text) < 0)
		return;
	buffer_append(&text, "", 1);
	rest = buffer_failed(&text) ? NULL : text.data;
	while (rest && (line = strsep(&rest, "\n"))) {
		const char *slash = strrchr(line, '/');

		/* rmdir(2) removes a cgroup; another folder only if it is
		 * empty. */
		if (slash && strcmp(slash + 1, name) == 0)
			(void)rmdir(line);
	}
	buffer_clear(&text);
}

char *bill_fallback(const char *folder)
{
	struct buffer text = BUFFER_INIT;
	char *why = NULL;

	if (read_record(folder, &text) == 0 && text.len > strlen(fallback) &&
	    strncmp(text.data, fallback, strlen(fallback)) == 0)
		why = strndup(text.data + strlen(fallback),
			      text.len - strlen(fallback) - 1);
	buffer_clear(&text);
	return why;
}
