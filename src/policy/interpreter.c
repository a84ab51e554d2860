#include "interpreter.h"

#include "attr.h"

#include <string.h>

/* How an interpreter's command line reads. */
struct grammar {
	const char *inline_flags;  /* the text follows, or is an argument */
	const char *value_flags;   /* take the next argument, if nothing
				    * follows in this one                 */
	const char *swallow_flags; /* the rest of this argument is theirs */
	const char *file_flags;	   /* the next argument is a file to run  */
	const char *module_flags;
	const char *input_flags;
	const char *const *value_words; /* long options that take the next */
	const char *const *file_words;	/* that name a file, next or after = */
	const char *const *inline_words;
	const char *const *suffixes;
	bool text_first; /* the first operand is text unless a file was named */
	bool goes_on;	 /* after -e a file may follow all the same */
};

static const char *const no_words[] = {NULL};
static const char *const as_named[] = {"", NULL};
static const char *const shell_files[] = {"--rcfile", "--init-file", NULL};
static const char *const python_values[] = {"--check-hash-based-pycs", NULL};
static const char *const python_suffixes[] = {"", "/__main__.py", NULL};
static const char *const module_suffixes[] = {".py", "/__main__.py",
					      "/__init__.py", NULL};
static const char *const node_values[] = {
	"--require",	"--import",   "--loader", "--experimental-loader",
	"--conditions", "--env-file", NULL};
static const char *const node_inline[] = {"--eval", "--print", NULL};
static const char *const node_suffixes[] = {
	"",	".js",	     ".json",	      ".node", ".mjs",
	".cjs", "/index.js", "/package.json", NULL};
static const char *const php_values[] = {"--define",	     "--php-ini",
					 "--server",	     "--docroot",
					 "--zend-extension", NULL};
static const char *const php_inline[] = {
	"--run", "--process-code", "--process-begin", "--process-end", NULL};
static const char *const awk_files[] = {"--include", "--exec", "--file", NULL};
static const char *const php_files[] = {"--file", "--process-file", NULL};
static const char *const awk_values[] = {"--field-separator", "--assign",
					 "--load", NULL};
static const char *const awk_inline[] = {"--source", NULL};

static const struct grammar grammars[] = {
	[INTERPRETER_SHELL] = {.inline_flags = "c",
			       .value_flags = "oO",
			       .input_flags = "s",
			       .file_words = shell_files},
	[INTERPRETER_PYTHON] = {.inline_flags = "c",
				.value_flags = "WX",
				.module_flags = "m",
				.value_words = python_values,
				.suffixes = python_suffixes},
	[INTERPRETER_PERL] = {.inline_flags = "eE",
			      .value_flags = "I",
			      .swallow_flags = "MmFxiDd"},
	[INTERPRETER_PHP] = {.inline_flags = "rBRE",
			     .value_flags = "cdztSg",
			     .file_flags = "fF",
			     .value_words = php_values,
			     .file_words = php_files,
			     .inline_words = php_inline},
	[INTERPRETER_NODE] = {.inline_flags = "ep",
			      .value_flags = "rC",
			      .value_words = node_values,
			      .inline_words = node_inline,
			      .suffixes = node_suffixes},
	[INTERPRETER_AWK] = {.value_flags = "Fvl",
			     .file_flags = "fEi",
			     .file_words = awk_files,
			     .inline_flags = "e",
			     .value_words = awk_values,
			     .inline_words = awk_inline,
			     .text_first = true},
	[INTERPRETER_RUBY] = {.inline_flags = "e",
			      .value_flags = "ICEr",
			      .swallow_flags = "FxKTWi"},
	[INTERPRETER_LUA] = {.inline_flags = "e",
			     .value_flags = "l",
			     .goes_on = true},
	[INTERPRETER_TCL] = {.value_words =
				     (const char *const[]){"-encoding", NULL}},
};

static const struct {
	const char *name;
	enum interpreter interpreter;
} names[] = {
	{"sh", INTERPRETER_SHELL},	   {"bash", INTERPRETER_SHELL},
	{"dash", INTERPRETER_SHELL},	   {"ash", INTERPRETER_SHELL},
	{"hush", INTERPRETER_SHELL},	   {"rbash", INTERPRETER_SHELL},
	{"ksh", INTERPRETER_SHELL},	   {"mksh", INTERPRETER_SHELL},
	{"zsh", INTERPRETER_SHELL},	   {"yash", INTERPRETER_SHELL},
	{"python", INTERPRETER_PYTHON},	   {"pypy", INTERPRETER_PYTHON},
	{"perl", INTERPRETER_PERL},	   {"php", INTERPRETER_PHP},
	{"node", INTERPRETER_NODE},	   {"nodejs", INTERPRETER_NODE},
	{"awk", INTERPRETER_AWK},	   {"mawk", INTERPRETER_AWK},
	{"gawk", INTERPRETER_AWK},	   {"original-awk", INTERPRETER_AWK},
	{"ruby", INTERPRETER_RUBY},	   {"lua", INTERPRETER_LUA},
	{"tclsh", INTERPRETER_TCL},	   {"wish", INTERPRETER_TCL},
	{"csh", INTERPRETER_SHELL},	   {"tcsh", INTERPRETER_SHELL},
	{"fish", INTERPRETER_SHELL},	   {"bash-static", INTERPRETER_SHELL},
	{"zsh-static", INTERPRETER_SHELL}, {"luajit", INTERPRETER_LUA},
	{"toybox", INTERPRETER_BUSYBOX},
};

/* Names that only begin so. */
static const struct {
	const char *name;
	enum interpreter interpreter;
} beginnings[] = {
	{"busybox", INTERPRETER_BUSYBOX}, /* which runs itself by any such */
	{"ld-", INTERPRETER_LOADER},
	{"ld.so", INTERPRETER_LOADER},
	{"ld64.so", INTERPRETER_LOADER},
};

enum interpreter interpreter_named(const char *path, size_t len)
{
	size_t start = len;
	size_t end = len;

	while (start && path[start - 1] != '/')
		start--;
	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
		if (strlen(beginnings[i].name) <= end - start &&
		    memcmp(beginnings[i].name, path + start,
			   strlen(beginnings[i].name)) == 0)
			return beginnings[i].interpreter;
	/* python3.11, perl5.36.0, lua5.4, perl5.36-x86_64-linux-gnu */
	for (size_t i = start; i < end; i++)
		if (path[i] >= '0' && path[i] <= '9')
			end = i;
	while (end > start && (path[end - 1] == '-' || path[end - 1] == '.'))
		end--;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i].name) == end - start &&
		    memcmp(names[i].name, path + start, end - start) == 0)
			return names[i].interpreter;
	return INTERPRETER_NONE;
}

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
};

static void add(struct reading *reading, enum operand_kind kind,
		const char *name)
{
	const struct grammar *grammar = reading->grammar;

	if (!name)
		return;
	/* One that isn't told of would be one that isn't judged. */
	if (reading->count == OPERANDS_MAX) {
		reading->args->cut = true;
		return;
	}
	reading->operands[reading->count++] = (struct operand){
		.kind = kind,
		.name = name,
		.suffixes = kind == OPERAND_MODULE
				    ? module_suffixes
				    : (grammar->suffixes ? grammar->suffixes
							 : as_named),
	};
}

static bool has(const char *flags, char flag)
{
	return flags && flag && strchr(flags, flag);
}

static bool is_word(const char *const *words, const char *argument)
{
	for (; words && *words; words++)
		if (strcmp(*words, argument) == 0)
			return true;
	return false;
}

/* awk -W, which takes a long option, or mawk's own, by its beginning. */
static void read_w(struct reading *reading, const char *word)
{
	const char *value;

	if (!word || (word[0] != 'e' && word[0] != 'f' && word[0] != 'i'))
		return;
	value = strchr(word, '=');
	add(reading, OPERAND_FILE,
	    value ? value + 1 : next_argument(reading->args));
}

/* A cluster of flags, "-xvf", from its first letter. */
static void read_flags(struct reading *reading, const char *flags)
{
	const struct grammar *grammar = reading->grammar;

	for (; *flags && !reading->ended; flags++) {
		const char *rest = flags[1] ? flags + 1 : NULL;

		if (grammar == &grammars[INTERPRETER_AWK] && *flags == 'W') {
			read_w(reading,
			       rest ? rest : next_argument(reading->args));
			return;
		}
		/* perl -CSDe: the letters of its list, and then others. */
		if (grammar == &grammars[INTERPRETER_PERL] && *flags == 'C') {
			flags += strspn(flags + 1, "0123456789IOESioDALa");
			continue;
		}
		if (has(grammar->inline_flags, *flags)) {
			reading->text = true;
			if (grammar == &grammars[INTERPRETER_SHELL])
				continue; /* sh -ce: others may follow */
			if (!rest)
				(void)next_argument(reading->args);
			reading->ended = !grammar->goes_on &&
					 grammar != &grammars[INTERPRETER_AWK];
			return;
		}
		if (has(grammar->module_flags, *flags)) {
			add(reading, OPERAND_MODULE,
			    rest ? rest : next_argument(reading->args));
			reading->ended = true;
		} else if (has(grammar->file_flags, *flags)) {
			add(reading, OPERAND_FILE,
			    rest ? rest : next_argument(reading->args));
			return;
		} else if (has(grammar->value_flags, *flags)) {
			if (!rest)
				(void)next_argument(reading->args);
			/* A shell's -o and its like may stand in a cluster. */
			if (grammar != &grammars[INTERPRETER_SHELL])
				return;
		} else if (has(grammar->swallow_flags, *flags)) {
			return;
		}
		reading->input |= has(grammar->input_flags, *flags);
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
			add(reading, OPERAND_FILE, word + len + 1);
		else if (!word[len])
			add(reading, OPERAND_FILE,
			    next_argument(reading->args));
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

/* The first argument that is no option; NULL where options end it. */
static const char *read_options(struct reading *reading)
{
	const char *argument;

	while (!reading->ended && (argument = next_argument(reading->args))) {
		bool shell = reading->grammar == &grammars[INTERPRETER_SHELL];
		bool plus = shell && argument[0] == '+';

		if (strcmp(argument, "--") == 0 ||
		    (shell && strcmp(argument, "-") == 0))
			return next_argument(reading->args);
		if (shell && strcmp(argument, "+") == 0)
			continue;
		if ((argument[0] != '-' && !plus) || !argument[1])
			return argument;
		if (is_word(reading->grammar->value_words, argument))
			(void)next_argument(reading->args);
		else if (argument[0] == '-' && argument[1] == '-')
			read_word(reading, argument);
		else
			read_flags(reading, argument + 1);
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

int interpreter_operands(enum interpreter interpreter, const char *args,
			 size_t len, struct operand ret[OPERANDS_MAX])
{
	struct arguments arguments = {.at = args, .end = args + len};
	struct reading reading = {.args = &arguments, .operands = ret};
	const char *first = next_argument(&arguments);

	if (interpreter == INTERPRETER_BUSYBOX)
		interpreter = read_applet(&arguments, first);
	ret[0] = (struct operand){.kind = OPERAND_NONE, .suffixes = no_words};
	if (interpreter == INTERPRETER_NONE ||
	    interpreter == INTERPRETER_LOADER)
		return arguments.cut ? -1 : 1;
	reading.grammar = &grammars[interpreter];
	first = read_options(&reading);
	if (arguments.cut)
		return -1;
	/* A shell's --rcfile leaves it its script. */
	if (reading.count && (interpreter != INTERPRETER_SHELL || !first))
		return reading.count;
	if ((reading.text && !reading.grammar->goes_on) ||
	    (reading.grammar->text_first && first))
		return 1;
	if (first && !reading.input &&
	    (interpreter == INTERPRETER_SHELL || strcmp(first, "-") != 0))
		add(&reading, OPERAND_FILE, first);
	else if (!reading.text)
		ret[0].kind = OPERAND_INPUT;
	if (arguments.cut)
		return -1;
	return reading.count ? reading.count : 1;
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
