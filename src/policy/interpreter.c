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

bool interpreter_resolve(const char *name, char *ret)
{
	bool absolute = *name == '/';
	size_t len = 0;	  /* of the result so far */
	size_t fixed = 0; /* of the result, the part that no ".." removes */

	if (absolute)
		ret[len++] = '/';
	fixed = len;
	while (*name) {
		size_t part = strcspn(name, "/");
		bool up = part == 2 && strncmp(name, "..", 2) == 0;

		if (up && len > fixed) {
			do
				len--;
			while (len > fixed && ret[len - 1] != '/');
		} else if (part && !(part == 1 && *name == '.') &&
			   !(up && absolute)) {
			memmove(ret + len, name, part);
			len += part;
			ret[len++] = '/';
			fixed = up ? len : fixed;
		}
		name += part + (name[part] == '/');
	}
	if (len == fixed)
		return false;
	ret[len - 1] = '\0';
	return true;
}

/* True if Node would open another file than the kernel by that name. */
static bool is_odd_name(const struct reading *reading, const char *name)
{
	static const char descriptor[] = "/dev/fd/";
	size_t len = strlen(descriptor);

	if (reading_is(reading, INTERPRETER_PERL) &&
	    strncmp(name, descriptor, len) == 0)
		return strchr(name + len, '/');
	return !*name;
}

/* Read the first argument behind the options. */
static void read_first(struct reading *reading, const char *first)
{
	bool shell = reading_is(reading, INTERPRETER_SHELL) ||
		     reading_is(reading, INTERPRETER_CSH) ||
		     reading_is(reading, INTERPRETER_OTHER_SHELL);
	bool named = first && (shell || strcmp(first, "-") != 0);
	/* With --rcfile a shell still runs its script, or standard input. */
	bool known = (reading->operands->count && !shell) ||
		     (reading->text && !reading->grammar->goes_on) ||
		     (first && reading->grammar->text_first);

	/* It reads standard input in addition: interactively, or as dash -s
	 * does. */
	bool beside = reading->input &&
		      (reading->text ||
		       (!shell && (named || reading->operands->count)));

	if (reading->printed && !first)
		return;
	if (!known && named && !(shell && reading->input)) {
		reading->odd |= is_odd_name(reading, first);
		reading_add_file(reading, first);
	} else if (!known && !beside && (!reading->text || first)) {
		reading_add_input(reading);
	}
	if (beside)
		reading_add_input(reading);
}

/* Read the arguments in one of the two ways. False if nothing runs, because
 * they are wrong. */
static bool read_once(enum interpreter interpreter, struct arguments arguments,
		      bool second, bool busybox, struct operands *ret)
{
	struct reading reading = {.grammar = &interpreter_grammars[interpreter],
				  .args = &arguments,
				  .operands = ret,
				  .second = second,
				  .busybox = busybox};
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

/* Read the arguments as bash does, and as dash does; if one of them would
 * refuse them, only as the other does. */
static void read_twice(struct arguments arguments, bool busybox,
		       struct operands *ret)
{
	struct operands other = {.count = 0};
	bool first =
		read_once(INTERPRETER_SHELL, arguments, false, busybox, ret);
	bool second =
		read_once(INTERPRETER_SHELL, arguments, true, busybox, &other);

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
	bool busybox = interpreter == INTERPRETER_BUSYBOX;

	if (busybox)
		interpreter = read_applet(&arguments, first);
	*ret = (struct operands){.understood = !arguments.cut};
	if (interpreter == INTERPRETER_SHELL)
		read_twice(arguments, busybox, ret);
	else if (interpreter != INTERPRETER_NONE &&
		 interpreter != INTERPRETER_LOADER && ret->understood)
		(void)read_once(interpreter, arguments, false, busybox, ret);
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
	/* These run nothing; to glibc before 2.33 the latter are names of
	 * programs. */
	static const char *const shows[] = {"--list", "--verify", NULL};
	static const char *const prints[] = {"--list-tunables",
					     "--list-diagnostics", "--help",
					     "--version", NULL};
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
		if (words_have(shows, argument, strlen(argument)))
			return 1;
		if (words_have(prints, argument, strlen(argument)))
			return arguments.at == arguments.end ? 1 : -1;
		if (strcmp(argument, "--inhibit-cache") == 0)
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
