#include "interpreter_internal.h"

#include <string.h>

static const char *const no_words[] = {NULL};

/* "busybox sh x" as well as "sh x". */
static enum interpreter read_applet(struct arguments *args, const char *name)
{
	enum interpreter applet;

	while (name) {
		name = basename(name);
		name += *name == '-'; /* a login shell */
		applet = interpreter_named(name, strlen(name));
		if (applet != INTERPRETER_BUSYBOX)
			return applet;
		name = arguments_next(args);
	}
	return INTERPRETER_NONE;
}

/* ".." after a folder's name, which Node takes away together with that name,
 * whatever it links to. */
static bool climbs(const char *name)
{
	bool inside = false;

	while (*name) {
		size_t len = strcspn(name, "/");
		bool up = len == 2 && strncmp(name, "..", 2) == 0;

		if (up && inside)
			return true;
		inside |= len && !up && !(len == 1 && *name == '.');
		name += len + (name[len] == '/');
	}
	return false;
}

/* Where it is another file than the kernel would open by that name. */
static bool is_odd_name(const struct reading *reading, const char *name)
{
	static const char descriptor[] = "/dev/fd/";
	size_t len = strlen(descriptor);

	if (reading_is(reading, INTERPRETER_PERL) &&
	    strncmp(name, descriptor, len) == 0)
		return strchr(name + len, '/');
	return !*name ||
	       (reading_is(reading, INTERPRETER_NODE) && climbs(name));
}

/* What is left where options end. */
static void read_first(struct reading *reading, const char *first)
{
	bool shell = reading_is(reading, INTERPRETER_SHELL) ||
		     reading_is(reading, INTERPRETER_OTHER_SHELL);
	bool named = first && (shell || strcmp(first, "-") != 0);
	/* A shell's --rcfile leaves it its script, or standard input. */
	bool known = (reading->operands->count && !shell) ||
		     (reading->text && !reading->grammar->goes_on) ||
		     (first && reading->grammar->text_first);

	if (!known && named && !(shell && reading->input)) {
		reading->odd |= is_odd_name(reading, first);
		reading_add_file(reading, first);
	} else if (!known && !reading->text) {
		reading_add_input(reading);
	}
	/* Beside what it is given: interactively, or as dash -s does. */
	if (reading->input && (reading->text || (named && !shell)))
		reading_add_input(reading);
}

/* What the arguments say by one way to read them. False where nothing runs,
 * since they are wrong. */
static bool read_once(enum interpreter interpreter, struct arguments arguments,
		      bool second, struct operands *ret)
{
	struct reading reading = {.grammar = &interpreter_grammars[interpreter],
				  .args = &arguments,
				  .operands = ret,
				  .second = second};
	const char *first = reading_options(&reading);

	if (!reading.failed)
		read_first(&reading, first);
	ret->understood = !arguments.cut && !reading.odd;
	return !reading.failed;
}

static bool is_among(const struct operand *operand,
		     const struct operands *operands)
{
	for (int i = 0; i < operands->count; i++)
		if (operands->at[i].kind == operand->kind &&
		    operands->at[i].name == operand->name)
			return true;
	return false;
}

/* As bash reads them, and as dash does; where one of them would refuse to, as
 * the other. */
static void read_twice(struct arguments arguments, struct operands *ret)
{
	struct operands other = {.count = 0};
	bool first = read_once(INTERPRETER_SHELL, arguments, false, ret);
	bool second = read_once(INTERPRETER_SHELL, arguments, true, &other);

	if (!first)
		ret->count = 0;
	ret->understood = (first || second) && (!first || ret->understood) &&
			  (!second || other.understood);
	for (int i = 0; second && i < other.count; i++) {
		if (is_among(&other.at[i], ret))
			continue;
		if (ret->count == OPERANDS_MAX)
			ret->understood = false;
		else
			ret->at[ret->count++] = other.at[i];
	}
}

void interpreter_operands(enum interpreter interpreter, const char *args,
			  size_t len, struct operands *ret)
{
	struct arguments arguments = {.at = args, .end = args + len};
	const char *first = arguments_next(&arguments);

	if (interpreter == INTERPRETER_BUSYBOX)
		interpreter = read_applet(&arguments, first);
	*ret = (struct operands){.understood = !arguments.cut};
	if (interpreter == INTERPRETER_SHELL)
		read_twice(arguments, ret);
	else if (interpreter != INTERPRETER_NONE &&
		 interpreter != INTERPRETER_LOADER && ret->understood)
		(void)read_once(interpreter, arguments, false, ret);
	if (ret->count == 0)
		ret->at[ret->count++] = (struct operand){.kind = OPERAND_NONE,
							 .suffixes = no_words};
}

int interpreter_loaded(const char *args, size_t len, size_t *ret_program,
		       size_t *ret_argv0)
{
	static const char *const values[] = {"--library-path",
					     "--preload",
					     "--audit",
					     "--argv0",
					     "--inhibit-rpath",
					     "--glibc-hwcaps-prepend",
					     "--glibc-hwcaps-mask",
					     NULL};
	static const char *const plain[] = {"--list",
					    "--verify",
					    "--inhibit-cache",
					    "--list-tunables",
					    "--list-diagnostics",
					    "--help",
					    "--version",
					    NULL};
	struct arguments arguments = {.at = args, .end = args + len};
	const char *argument;

	(void)arguments_next(&arguments); /* its own argv[0] */
	*ret_argv0 = SIZE_MAX;
	while ((argument = arguments_next(&arguments))) {
		size_t word = strcspn(argument, "=");
		bool argv0 = strncmp(argument, "--argv0", word) == 0;

		if (strncmp(argument, "--", 2) != 0) {
			*ret_program = (size_t)(argument - args);
			return 0;
		}
		if (words_have(plain, argument, strlen(argument)))
			continue;
		/* musl's loader also takes "=" and "--". */
		if (argument[word] || !words_have(values, argument, word))
			return -1;
		argument = arguments_next(&arguments);
		if (argv0 && argument)
			*ret_argv0 = (size_t)(argument - args);
	}
	return arguments.cut ? -1 : 1;
}
