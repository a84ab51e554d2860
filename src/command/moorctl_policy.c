#include "moorctl.h"

#include "buffer.h"
#include "settings.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void config_owned(struct config *config)
{
	config_clear(config);
}

static int fail(const struct err *e)
{
	(void)fprintf(stderr, "moorctl: %s\n", e->text);
	return EXIT_FAILURE;
}

/* KEY=VALUE; the container's own tools can't give a key twice either. */
static int add_annotation(struct json *annotations, const char *text)
{
	const char *equals = strchr(text, '=');
	OWNED(free_owned) char *key = NULL;

	if (equals)
		key = strndup(text, (size_t)(equals - text));
	if (key && *key && !json_get(annotations, key))
		return json_set(annotations, key, json_new_string(equals + 1));
	(void)fprintf(stderr,
		      "moorctl: --annotation %s: must be KEY=VALUE, and each "
		      "key once\n",
		      text);
	return -1;
}

/* False if the command line isn't understood. */
static bool read_workload(int argc, char *argv[], struct json *annotations,
			  struct workload *ret)
{
	static const struct option options[] = {
		{"image", required_argument, NULL, 'i'},
		{"namespace", required_argument, NULL, 'n'},
		{"pod", required_argument, NULL, 'p'},
		{"container", required_argument, NULL, 'c'},
		{"runtime", required_argument, NULL, 'r'},
		{"annotation", required_argument, NULL, 'a'},
		{0},
	};
	int option;

	*ret = (struct workload){.annotations = annotations};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'i')
			ret->image = optarg;
		else if (option == 'n')
			ret->namespace = optarg;
		else if (option == 'p')
			ret->pod = optarg;
		else if (option == 'c')
			ret->container = optarg;
		else if (option == 'r')
			ret->runtime = optarg;
		else if (option != 'a' ||
			 add_annotation(annotations, optarg) < 0)
			return false;
	}
	if (optind == argc)
		return true;
	(void)fprintf(stderr, "moorctl: can't tell what policy show %s means\n",
		      argv[optind]);
	return false;
}

static const char *name_of(enum config_origin origin,
			   const struct config *config, const char *file)
{
	switch (origin) {
	case ORIGIN_DEFAULT:
		break;
	case ORIGIN_FILE:
		return file;
	case ORIGIN_POLICY:
		return config->policy;
	case ORIGIN_ANNOTATION:
		return "annotation";
	}
	return "default";
}

/* Exceptions add up, so each has a file of its own. */
static struct json *allow_origins(const struct config *config, const char *file)
{
	OWNED(json_owned) struct json *array = json_new_array();

	for (size_t i = 0; array && i < config->allow_count; i++)
		if (json_append(array,
				json_new_string(i < config->allow_base
							? file
							: config->policy)) < 0)
			return NULL;
	return PTR_MOVE(array);
}

static struct json *all_origins(const struct config *config, const char *file)
{
	OWNED(json_owned) struct json *object = json_new_object();
	enum config_origin origin;
	const char *key;

	for (size_t i = 0; object && config_key_at(config, i, &key, &origin);
	     i++) {
		struct json *value;

		if (strcmp(key, "policies") == 0)
			continue;
		value = strcmp(key, "allow") == 0
				? allow_origins(config, file)
				: json_new_string(
					  name_of(origin, config, file));
		if (json_set(object, key, value) < 0)
			return NULL;
	}
	return PTR_MOVE(object);
}

static int print(const struct config *config, const char *file, struct err *e)
{
	OWNED(json_owned) struct json *root = json_new_object();
	OWNED(buffer_clear) struct buffer out = BUFFER_INIT;

	if (!root ||
	    (config->policy &&
	     json_set(root, "policy", json_new_string(config->policy)) < 0) ||
	    json_set(root, "config", config_to_json(config)) < 0 ||
	    json_set(root, "from", all_origins(config, file)) < 0)
		return err_set(e, ENOMEM, "show the policy");
	json_write(root, true, &out);
	buffer_append(&out, "\n", 1);
	if (buffer_failed(&out))
		return err_set(e, ENOMEM, "show the policy");
	if (fwrite(out.data, 1, out.len, stdout) != out.len ||
	    fflush(stdout) != 0)
		return err_set(e, errno, "show the policy");
	return 0;
}

static int show(int argc, char *argv[])
{
	OWNED(json_owned) struct json *annotations = json_new_object();
	OWNED(config_owned) struct config config = {0};
	struct workload workload;
	struct err e = {0};
	bool required;
	OWNED(free_owned) char *file = settings_path(&required);

	if (!annotations || !file) {
		(void)err_set(&e, ENOMEM, "show the policy");
		return fail(&e);
	}
	if (!read_workload(argc, argv, annotations, &workload))
		return EXIT_USAGE;
	if (settings_load(&config, &e) < 0 ||
	    config_choose(&config, &workload, &e) < 0 ||
	    config_annotate(&config, annotations, &e) < 0 ||
	    print(&config, file, &e) < 0)
		return fail(&e);
	return EXIT_SUCCESS;
}

static void print_used(const struct config *config)
{
	bool required;
	OWNED(free_owned) char *path = settings_path(&required);

	(void)printf("ok: %s%s, policies: %zu\n", path ? path : "",
		     path && access(path, F_OK) < 0
			     ? " (not there: the defaults hold)"
			     : "",
		     config->policy_count);
}

/* path NULL: the files in use. */
static int check_file(const char *path,
		      int (*read)(struct config *config, const char *path,
				  struct err *e))
{
	OWNED(config_owned) struct config config = {0};
	struct err e = {0};
	int status = path ? settings_default(&config, &e)
			  : settings_load(&config, &e);

	if (status == 0 && path)
		status = read(&config, path, &e);
	if (status < 0)
		return fail(&e);
	if (path)
		(void)printf("ok: %s, policies: %zu\n", path,
			     config.policy_count);
	else
		print_used(&config);
	return EXIT_SUCCESS;
}

static int check(int argc, char *argv[])
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {0}};
	int status = EXIT_SUCCESS;
	int option;

	if (argc == 1)
		return check_file(NULL, NULL);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'c')
			return EXIT_USAGE;
		status |= check_file(optarg, settings_read_file);
	}
	for (; optind < argc; optind++)
		status |= check_file(argv[optind], settings_read_policies);
	return status;
}

int command_policy(int argc, char *argv[])
{
	/* getopt_long(3) begins its error messages with this. */
	static char show_name[] = "moorctl: policy show";
	static char check_name[] = "moorctl: policy check";
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "show") == 0) {
		argv[1] = show_name;
		return show(argc - 1, argv + 1);
	}
	if (strcmp(name, "check") == 0) {
		argv[1] = check_name;
		return check(argc - 1, argv + 1);
	}
	(void)fprintf(stderr,
		      "moorctl: policy is followed by show or check%s%s\n",
		      *name ? ", not by " : "", name);
	return EXIT_USAGE;
}
