#include "moorctl.h"

#include "seals.h"
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The seals to forget: one of these is set. */
struct wanted {
	const char *container; /* id, its first digits (12 or more), or name */
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

/* Containers choose names: their control characters aren't printed. */
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
	const struct json *volumes = json_get(record, SEALS_SOURCES);

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
		if (json_get(json_get(record, SEALS_CUT),
			     json_key_at(volumes, i)))
			(void)fputs("\tcut", stdout);
		(void)putchar('\n');
	}
	return true;
}

/* An id has so many digits that it can't be a name. */
static bool is_id(const char *id, const char *wanted)
{
	size_t len = strlen(wanted);

	return strcmp(id, wanted) == 0 ||
	       (len >= 12 && strncmp(id, wanted, len) == 0);
}

/* True for a wanted volume of a workload, at index; for a container all of its
 * volumes are. */
static bool is_wanted(const struct wanted *wanted, const struct json *record,
		      size_t index)
{
	const struct json *volumes = json_get(record, SEALS_SOURCES);
	const char *source;

	if (wanted->container)
		return is_id(text_of(record, "container"), wanted->container) ||
		       strcmp(text_of(record, "name"), wanted->container) == 0;
	return json_string(json_at(volumes, index), &source) &&
	       strcmp(source, wanted->source) == 0;
}

static bool forget_some(void *context, const char *folder,
			const struct json *record)
{
	struct wanted *wanted = context;
	const struct json *volumes = json_get(record, SEALS_SOURCES);
	OWNED(json_owned) struct json *left = json_clone(record);
	size_t found = 0;

	if (!left)
		wanted->rc = err_set(&wanted->e, ENOMEM, "forget seals");
	for (size_t i = 0; wanted->rc == 0 && i < json_count(volumes); i++) {
		if (!is_wanted(wanted, record, i))
			continue;
		found++;
		wanted->rc = seals_forget_volume(
			folder, left, json_key_at(volumes, i), &wanted->e);
	}
	wanted->found += found;
	if (wanted->rc == 0 && found == json_count(volumes) && found)
		wanted->rc = seals_forget(folder, &wanted->e);
	return wanted->rc == 0;
}

static int forget(const char *cache_dir, struct wanted *wanted)
{
	seals_each(cache_dir, forget_some, wanted);
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

/* Read the words behind "forget". *ret_odd: the first that isn't understood, or
 * NULL if one is missing. */
static bool read_forget(int argc, char *argv[], struct wanted *ret,
			const char **ret_odd)
{
	bool by_volume = argc > 0 && strcmp(argv[0], "--volume") == 0;
	int used = by_volume ? 2 : 1;

	*ret_odd = NULL;
	if (argc > used || (argc > 0 && !by_volume && argv[0][0] == '-')) {
		*ret_odd = argv[argc > used ? used : 0];
		return false;
	}
	if (argc < used)
		return false;
	if (by_volume)
		ret->source = argv[1];
	else
		ret->container = argv[0];
	return true;
}

static bool read_words(int argc, char *argv[], struct wanted *ret)
{
	const char *command = argc > 1 ? argv[1] : "";
	const char *odd = argc > 2 ? argv[2] : NULL;

	if (strcmp(command, "list") == 0 && argc == 2)
		return true;
	if (strcmp(command, "forget") == 0 &&
	    read_forget(argc - 2, argv + 2, ret, &odd))
		return true;
	if (strcmp(command, "list") != 0 && strcmp(command, "forget") != 0)
		(void)fprintf(stderr,
			      "moorctl: manifest is followed by list or "
			      "forget%s%s\n",
			      *command ? ", not by " : "", command);
	else if (odd)
		(void)fprintf(stderr,
			      "moorctl: manifest %s: can't tell what %s "
			      "means\n",
			      command, odd);
	else
		(void)fprintf(stderr,
			      "moorctl: manifest forget: %s is missing\n",
			      argc > 2 ? "the SOURCE of the volume"
				       : "CONTAINER, or --volume SOURCE,");
	return false;
}

int command_manifest(int argc, char *argv[])
{
	struct wanted wanted = {0};
	struct config config = {0};
	struct err e;
	int status = EXIT_SUCCESS;

	if (!read_words(argc, argv, &wanted))
		return EXIT_USAGE;
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
