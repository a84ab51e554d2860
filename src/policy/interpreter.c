#include "interpreter_internal.h"

#include "attr.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const no_words[] = {NULL};
static const char *const as_named[] = {"", NULL};
/* bash takes its long options with one dash as well. */
static const char *const bash_files[] = {"-rcfile", "-init-file", NULL};
static const char *const bash_words[] = {
	"-debug",      "-debugger", "-dump-po-strings", "-dump-strings",
	"-help",       "-login",    "-noediting",	"-noprofile",
	"-norc",       "-posix",    "-pretty-print",	"-protected",
	"-restricted", "-verbose",  "-version",		"-wordexp",
	NULL};
static const char *const module_suffixes[] = {"/__init__.py",
					      "/__init__.pyc",
					      "/__main__.py",
					      "/__main__.pyc",
					      ".py",
					      ".pyc",
					      NULL};

/* The arguments, one after the other. */
struct arguments {
	const char *at;
	const char *end;
	bool cut; /* what came last has no end */
};

static const char *next_argument(struct arguments *args)
{
	const char *argument = args->at;
	const char *end;

	if (args->at == args->end)
		return NULL;
	end = memchr(argument, '\0', (size_t)(args->end - argument));
	if (!end) {
		args->cut = true;
		return NULL;
	}
	args->at = end + 1;
	return argument;
}

/* What has been understood so far. */
struct reading {
	const struct grammar *grammar;
	struct arguments *args;
	struct operand *operands;
	int count;
	bool text; /* it runs text of its arguments */
	bool input;
	bool ended; /* nothing that follows names a script */
	/* Where programs of one kind differ: bash and mawk come first, other
	 * shells and gawk second. */
	bool second;
	bool plus; /* "+x", which only bash takes for "-x" throughout */
};

static void add(struct reading *reading, const struct operand *operand)
{
	/* One that isn't told of would be one that isn't judged. */
	if (reading->count == OPERANDS_MAX)
		reading->args->cut = true;
	else
		reading->operands[reading->count++] = *operand;
}

static void add_input(struct reading *reading)
{
	add(reading,
	    &(struct operand){.kind = OPERAND_INPUT, .suffixes = no_words});
}

static void add_file(struct reading *reading, const char *name)
{
	const struct grammar *grammar = reading->grammar;

	if (name && grammar == &interpreter_grammars[INTERPRETER_AWK] &&
	    strcmp(name, "-") == 0)
		add_input(reading);
	else if (name)
		add(reading,
		    &(struct operand){
			    .kind = OPERAND_FILE,
			    .name = name,
			    .suffixes = grammar->suffixes ? grammar->suffixes
							  : as_named,
		    });
}

static void add_module(struct reading *reading, const char *name)
{
	if (name)
		add(reading, &(struct operand){.kind = OPERAND_MODULE,
					       .name = name,
					       .suffixes = module_suffixes});
}

static bool has(const char *flags, char flag)
{
	return flags && flag && strchr(flags, flag);
}

/* Of what a plus turns off. */
static bool has_on(const struct reading *reading, const char *flags, char flag)
{
	return has(flags, flag) && !(reading->plus && reading->second);
}

static bool is_word(const char *const *words, const char *argument)
{
	for (; words && *words; words++)
		if (strcmp(*words, argument) == 0)
			return true;
	return false;
}

/* awk -W: gawk takes a long option, mawk its own, in either case, by their
 * beginnings, and more than one with commas between. */
static void read_w(struct reading *reading, const char *word)
{
	while (word && *word) {
		const char *end = word + strcspn(word, ",");
		const char *value = strchr(word, '=');
		int first = tolower((unsigned char)word[0]);

		/* gawk's "include" isn't mawk's "interactive". */
		if (first == 'e' || first == 'f' ||
		    (first == 'i' && reading->second &&
		     strncasecmp(word, "int", 3) != 0))
			add_file(reading,
				 value && reading->second
					 ? value + 1
					 : next_argument(reading->args));
		word = *end ? end + 1 : NULL;
	}
}

/* A cluster of flags, "-xvf", from its first letter. */
static void read_flags(struct reading *reading, const char *flags)
{
	const struct grammar *grammar = reading->grammar;

	for (; *flags && !reading->ended; flags++) {
		const char *rest = flags[1] ? flags + 1 : NULL;

		if (grammar == &interpreter_grammars[INTERPRETER_AWK] &&
		    *flags == 'W') {
			read_w(reading,
			       rest ? rest : next_argument(reading->args));
			return;
		}
		/* perl -CSDe: the letters of its list, and then others. */
		if (grammar == &interpreter_grammars[INTERPRETER_PERL] &&
		    *flags == 'C') {
			flags += strspn(flags + 1, "0123456789IOESioDALa");
			continue;
		}
		if (has_on(reading, grammar->inline_flags, *flags)) {
			reading->text = true;
			if (grammar == &interpreter_grammars[INTERPRETER_SHELL])
				continue; /* sh -ce: others may follow */
			if (!rest)
				(void)next_argument(reading->args);
			reading->ended =
				!grammar->goes_on &&
				grammar !=
					&interpreter_grammars[INTERPRETER_AWK];
			return;
		}
		if (has(grammar->module_flags, *flags)) {
			add_module(reading,
				   rest ? rest : next_argument(reading->args));
			reading->ended = true;
		} else if (has(grammar->file_flags, *flags)) {
			add_file(reading,
				 rest ? rest : next_argument(reading->args));
			return;
		} else if (has(grammar->value_flags, *flags)) {
			if (!rest)
				(void)next_argument(reading->args);
			/* A shell's -o and its like may stand in a cluster. */
			if (grammar != &interpreter_grammars[INTERPRETER_SHELL])
				return;
		} else if (has(grammar->swallow_flags, *flags)) {
			return;
		}
		reading->input |= has_on(reading, grammar->input_flags, *flags);
	}
}

static void read_word(struct reading *reading, const char *word)
{
	const struct grammar *grammar = reading->grammar;

	for (const char *const *w = grammar->file_words; w && *w; w++) {
		size_t len = strlen(*w);

		if (strncmp(word, *w, len) != 0)
			continue;
		if (word[len] == '=')
			add_file(reading, word + len + 1);
		else if (!word[len])
			add_file(reading, next_argument(reading->args));
	}
	if (is_word(grammar->inline_words, word)) {
		(void)next_argument(reading->args);
		reading->text = true;
	} else if (is_word(grammar->value_words, word)) {
		(void)next_argument(reading->args);
	} else if (grammar->inline_words) {
		for (const char *const *w = grammar->inline_words; *w; w++)
			reading->text |= strncmp(word, *w, strlen(*w)) == 0 &&
					 word[strlen(*w)] == '=';
	}
}

/* False where it isn't one of bash's words. */
static bool read_bash_word(struct reading *reading, const char *argument)
{
	if (reading->second || reading->plus)
		return false;
	if (is_word(bash_files, argument))
		add_file(reading, next_argument(reading->args));
	else if (!is_word(bash_words, argument))
		return false;
	return true;
}

static void read_option(struct reading *reading, const char *argument)
{
	bool shell =
		reading->grammar == &interpreter_grammars[INTERPRETER_SHELL];

	reading->plus = argument[0] == '+';
	if (is_word(reading->grammar->value_words, argument))
		(void)next_argument(reading->args);
	else if (argument[0] == '-' && argument[1] == '-')
		read_word(reading, argument);
	else if (!shell || !read_bash_word(reading, argument))
		read_flags(reading, argument + 1);
}

/* The first argument that is no option; NULL where options end it. */
static const char *read_options(struct reading *reading)
{
	bool shell =
		reading->grammar == &interpreter_grammars[INTERPRETER_SHELL];
	const char *argument;

	while (!reading->ended && (argument = next_argument(reading->args))) {
		if (strcmp(argument, "--") == 0 ||
		    (shell && strcmp(argument, "-") == 0))
			return next_argument(reading->args);
		if (shell && strcmp(argument, "+") == 0)
			continue;
		if ((argument[0] != '-' && !(shell && argument[0] == '+')) ||
		    !argument[1])
			return argument;
		read_option(reading, argument);
	}
	return NULL;
}

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
		name = next_argument(args);
	}
	return INTERPRETER_NONE;
}

/* What the arguments say by one way to read them. */
static int read_once(enum interpreter interpreter, struct arguments arguments,
		     bool second, struct operand ret[OPERANDS_MAX])
{
	struct reading reading = {.grammar = &interpreter_grammars[interpreter],
				  .args = &arguments,
				  .operands = ret,
				  .second = second};
	const char *first = read_options(&reading);

	if (arguments.cut)
		return -1;
	/* A shell's --rcfile leaves it its script. */
	if (reading.count && (interpreter != INTERPRETER_SHELL || !first))
		return reading.count;
	if ((reading.text && !reading.grammar->goes_on) ||
	    (reading.grammar->text_first && first))
		return reading.count;
	if (first && !reading.input &&
	    (interpreter == INTERPRETER_SHELL || strcmp(first, "-") != 0))
		add_file(&reading, first);
	else if (!reading.text)
		add_input(&reading);
	return arguments.cut ? -1 : reading.count;
}

static bool is_among(const struct operand *operand,
		     const struct operand *operands, int count)
{
	for (int i = 0; i < count; i++)
		if (operands[i].kind == operand->kind &&
		    operands[i].name == operand->name)
			return true;
	return false;
}

int interpreter_operands(enum interpreter interpreter, const char *args,
			 size_t len, struct operand ret[OPERANDS_MAX])
{
	struct arguments arguments = {.at = args, .end = args + len};
	struct operand other[OPERANDS_MAX] = {{0}};
	const char *first = next_argument(&arguments);
	int count = 0;
	int more = 0;

	if (interpreter == INTERPRETER_BUSYBOX)
		interpreter = read_applet(&arguments, first);
	ret[0] = (struct operand){.kind = OPERAND_NONE, .suffixes = no_words};
	if (interpreter != INTERPRETER_NONE &&
	    interpreter != INTERPRETER_LOADER) {
		count = read_once(interpreter, arguments, false, ret);
		more = read_once(interpreter, arguments, true, other);
	}
	if (arguments.cut || count < 0 || more < 0)
		return -1;
	for (int i = 0; i < more; i++) {
		if (is_among(&other[i], ret, count))
			continue;
		if (count == OPERANDS_MAX)
			return -1;
		ret[count++] = other[i];
	}
	return count ? count : 1;
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
	struct arguments arguments = {.at = args, .end = args + len};
	const char *argument;

	(void)next_argument(&arguments); /* its own argv[0] */
	*ret_argv0 = SIZE_MAX;
	while ((argument = next_argument(&arguments))) {
		bool argv0 = strcmp(argument, "--argv0") == 0;

		if (strncmp(argument, "--", 2) != 0) {
			*ret_program = (size_t)(argument - args);
			return 0;
		}
		if (!is_word(values, argument))
			continue;
		argument = next_argument(&arguments);
		if (argv0 && argument)
			*ret_argv0 = (size_t)(argument - args);
	}
	return -1;
}
