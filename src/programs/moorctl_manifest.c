#include "moorctl.h"

#include "seals.h"
#include "settings.h"

#include <stdio.h>
#include <string.h>

/* The seals that are to be forgotten: one of these is set. */
struct wanted {
	const char *container; /* id or its beginning, name, or pod/name */
	const char *source;    /* of a volume, as the engine was given it */
	size_t found;
	struct err e;
	int rc;
};

static const char *text_of(const struct json *record, const char *key)
{
	const char *text;

	return json_string(json_get(record, key), &text) ? text : "";
}

/* Names are a container's word: no control character of theirs gets through. */
static void print(const char *text)
{
	for (; *text; text++)
		(void)putchar((unsigned char)*text < ' ' || *text == '\x7f'
				      ? '?'
				      : *text);
}

static bool list_one(void *context, const char *folder,
		     const struct json *record)
{
	const struct json *volumes = json_get(record, "volumes");

	(void)context;
	(void)folder;
	for (size_t i = 0; i < json_count(volumes); i++) {
		const char *source = "";

		(void)json_string(json_at(volumes, i), &source);
		print(text_of(record, "container"));
		(void)putchar('\t');
		print(text_of(record, "name"));
		(void)putchar('\t');
		print(json_key_at(volumes, i));
		(void)putchar('\t');
		print(source);
		(void)putchar('\n');
	}
	return true;
}

/* Digits enough that no name is meant. */
static bool is_id(const char *id, const char *wanted)
{
	size_t len = strlen(wanted);

	return strcmp(id, wanted) == 0 ||
	       (len >= 12 && strncmp(id, wanted, len) == 0);
}

static bool is_wanted(const struct wanted *wanted, const struct json *record)
{
	const struct json *volumes = json_get(record, "volumes");
	const char *source;

	if (wanted->container)
		return is_id(text_of(record, "container"), wanted->container) ||
		       strcmp(text_of(record, "name"), wanted->container) == 0;
	for (size_t i = 0; i < json_count(volumes); i++)
		if (json_string(json_at(volumes, i), &source) &&
		    strcmp(source, wanted->source) == 0)
			return true;
	return false;
}

static bool forget_one(void *context, const char *folder,
		       const struct json *record)
{
	struct wanted *wanted = context;

	if (!is_wanted(wanted, record))
		return true;
	wanted->found++;
	wanted->rc = seals_forget(folder, &wanted->e);
	return wanted->rc == 0;
}

static int forget(const char *cache_dir, struct wanted *wanted)
{
	seals_each(cache_dir, forget_one, wanted);
	if (wanted->rc < 0)
		(void)fprintf(stderr, "moorctl: %s\n", wanted->e.text);
	else if (!wanted->found)
		(void)fprintf(stderr,
			      "moorctl: no seal is kept of %s: see moorctl "
			      "manifest list\n",
			      wanted->source ? wanted->source
					     : wanted->container);
	else
		(void)printf("forgotten: %zu; the next create seals anew what "
			     "is there then\n",
			     wanted->found);
	return wanted->rc < 0 || !wanted->found ? EXIT_FAILURE : EXIT_SUCCESS;
}

int command_manifest(int argc, char *argv[])
{
	const char *command = argc > 1 ? argv[1] : "";
	struct wanted wanted = {0};
	struct config config = {0};
	struct err e;
	int status = EXIT_SUCCESS;

	if (strcmp(command, "forget") == 0 && argc == 3 && argv[2][0] != '-')
		wanted.container = argv[2];
	else if (strcmp(command, "forget") == 0 && argc == 4 &&
		 strcmp(argv[2], "--volume") == 0)
		wanted.source = argv[3];
	else if (strcmp(command, "list") != 0 || argc != 2) {
		(void)fprintf(stderr,
			      "moorctl: can't tell what manifest %s means\n",
			      command);
		return EXIT_USAGE;
	}
	if (settings_load(&config, &e) < 0) {
		(void)fprintf(stderr, "moorctl: %s\n", e.text);
		status = EXIT_FAILURE;
	} else if (wanted.container || wanted.source) {
		status = forget(config.cache_dir, &wanted);
	} else {
		seals_each(config.cache_dir, list_one, NULL);
	}
	config_clear(&config);
	return status;
}
