#include "interpreter_internal.h"

#include <string.h>

static const char *const no_words[] = {NULL};
static const char *const as_named[] = {"", NULL};
/* The letters of dash and of busybox. */
static const char dash_flags[] = "abcefilmnopsuvxCEIV";
static const char *const module_suffixes[] = {"/__init__.py",
					      "/__init__.pyc",
					      "/__main__.py",
					      "/__main__.pyc",
					      ".py",
					      ".pyc",
					      NULL};

const char *arguments_next(struct arguments *args)
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

bool reading_is(const struct reading *reading, enum interpreter interpreter)
{
	return reading->grammar == &interpreter_grammars[interpreter];
}

static void add(struct reading *reading, const struct operand *operand)
{
	struct operands *operands = reading->operands;

	/* An operand that isn't reported wouldn't be judged. */
	if (operands->count == OPERANDS_MAX)
		reading->odd = true;
	else
		operands->at[operands->count++] = *operand;
}

void reading_add_input(struct reading *reading)
{
	add(reading,
	    &(struct operand){.kind = OPERAND_INPUT, .suffixes = no_words});
}

void reading_add_file(struct reading *reading, const char *name)
{
	const struct grammar *grammar = reading->grammar;

	if (name && reading_is(reading, INTERPRETER_AWK) &&
	    strcmp(name, "-") == 0)
		reading_add_input(reading);
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

bool words_have(const char *const *words, const char *argument, size_t len)
{
	for (; words && *words; words++) {
		size_t known = strcspn(*words, "*");

		if ((len == known || (len > known && (*words)[known])) &&
		    strncmp(*words, argument, known) == 0)
			return true;
	}
	return false;
}

/* The value of an option: the rest of its argument, or else the next one.
 * Programs differ on whether a next one that begins with a sign is the value or
 * another option. */
static const char *value(struct reading *reading, const char *rest)
{
	const char *taken = rest ? rest : arguments_next(reading->args);

	if (taken && taken[0] == (rest ? '=' : '-') && taken[1] &&
	    (!rest || reading_is(reading, INTERPRETER_PHP)))
		reading->odd = true;
	return taken;
}

static void read_text(struct reading *reading, const char *rest)
{
	const char *text;

	if (!reading->grammar->any_text)
		text = value(reading, rest);
	else
		text = rest ? rest : arguments_next(reading->args);
	reading->text = true;
	/* node -p evaluates standard input if no text is given. */
	if (reading_is(reading, INTERPRETER_NODE) &&
	    (!text || !*text || strcmp(text, "-") == 0))
		reading->input = true;
}

/* awk -W: gawk takes a long option, mawk its own, by their beginnings and in
 * lists, and busybox passes over it. */
static void read_w(struct reading *reading, const char *word)
{
	static const char *const plain[] = {
		"dump",	       "interactive", "lint", "posix",
		"re-interval", "traditional", NULL};
	static const char *const prints[] = {"help", "usage", "version", NULL};

	if (!word || words_have(plain, word, strlen(word)))
		return;
	if (words_have(prints, word, strlen(word)))
		reading->text = true; /* busybox goes on */
	else if (strcmp(word, "exec") == 0 || strcmp(word, "file") == 0)
		reading_add_file(reading, value(reading, NULL));
	else
		reading->odd = true;
}

/* The number of letters that belong to a letter of ruby's. */
static size_t read_ruby(const char *flags)
{
	switch (*flags) {
	case '0':
		return strspn(flags + 1, "01234567");
	case 'K':
		return flags[1] ? 1 : 0;
	case 'W': /* -W2, -W:no-deprecated */
		if (flags[1] == ':')
			return strlen(flags) - 1;
		return has("0123456789", flags[1]) ? 1 : 0;
	default:
		return 0;
	}
}

/* The number of letters that belong to a letter of perl's. */
static size_t read_perl(struct reading *reading, const char *flags)
{
	static const char digits[] = "01234567";
	size_t spaces = strspn(flags, " ");
	const char *after = flags + 1 + (flags[1] == 't');

	switch (*flags) {
	case '0': /* -0x41, which is -0 and -x41 if that is no number */
		return flags[1] == 'x' ? strlen(flags) - 1
				       : strspn(flags + 1, digits);
	case 'l':
		return strspn(flags + 1, digits);
	case 'C': /* the letters or the number of its list */
		return strspn(flags + 1, "0123456789IOESioDALa");
	case 'd': /* -dt:Module; else the debugger is interactive */
		reading->input |= !has(":=", *after);
		return has(":=", *after) ? strlen(flags) - 1 : 0;
	case 'V': /* -V:name */
		return flags[1] == ':' ? strlen(flags) - 1 : 0;
	case ' ': /* "-w -T" of a #! line; else the rest means nothing */
		return flags[spaces] == '-' ? spaces : strlen(flags) - 1;
	case 'D': /* others may follow after a space, or here after a sign */
		reading->odd |= strpbrk(flags, "- \t\r\n") != NULL;
		return 0;
	case 'F':
	case 'i':
		reading->odd |= strpbrk(flags, " \t\r\n") != NULL;
		return 0;
	default:
		return 0;
	}
}

/* A shell's -o and similar letters take an argument wherever they stand. */
static void read_setting(struct reading *reading)
{
	const char *setting = value(reading, NULL);

	if (setting && reading->second && strcmp(setting, "stdin") == 0)
		reading->input = !reading->plus;
}

static bool knows_shell_flag(const struct reading *reading, char flag)
{
	const struct grammar *grammar = reading->grammar;

	if (reading->second)
		return has(dash_flags, flag) && !(reading->plus && flag == 'c');
	return has(grammar->inline_flags, flag) ||
	       has(grammar->value_flags, flag) ||
	       has(grammar->input_flags, flag) ||
	       has(grammar->plain_flags, flag);
}

static void read_shell_flag(struct reading *reading, char flag)
{
	const struct grammar *grammar = reading->grammar;

	if (!knows_shell_flag(reading, flag))
		reading->failed = true;
	else if (has(grammar->inline_flags, flag))
		reading->text = true;
	else if (has(grammar->value_flags, flag))
		read_setting(reading);
	else if (has(grammar->input_flags, flag))
		reading->input = !(reading->plus && reading->second);
}

/* A cluster of flags, "-xvf", from its first letter. */
static void read_flags(struct reading *reading, const char *flags)
{
	const struct grammar *grammar = reading->grammar;

	for (; *flags && !reading->ended; flags++) {
		const char flag = *flags;
		const char *rest;

		if (reading_is(reading, INTERPRETER_PERL))
			flags += read_perl(reading, flags);
		else if (reading_is(reading, INTERPRETER_RUBY))
			flags += read_ruby(flags);
		rest = flags[1] ? flags + 1 : NULL;
		if (reading_is(reading, INTERPRETER_AWK) && flag == 'W') {
			read_w(reading,
			       rest ? rest : arguments_next(reading->args));
			return;
		}
		if (has(grammar->inline_flags, flag)) {
			read_text(reading, rest);
			reading->ended =
				!grammar->goes_on &&
				!reading_is(reading, INTERPRETER_AWK) &&
				!reading_is(reading, INTERPRETER_NODE) &&
				!reading_is(reading, INTERPRETER_PHP);
			return;
		}
		if (has(grammar->module_flags, flag)) {
			add_module(reading,
				   rest ? rest : arguments_next(reading->args));
			reading->ended = true;
		} else if (has(grammar->file_flags, flag)) {
			reading_add_file(reading, value(reading, rest));
			return;
		} else if (has(grammar->value_flags, flag)) {
			(void)value(reading, rest);
			return;
		} else if (has(grammar->swallow_flags, flag)) {
			return;
		} else if (has(grammar->print_flags, flag)) {
			reading->text = true;
		} else if (has(grammar->input_flags, flag)) {
			reading->input = true;
		} else if (!has(grammar->plain_flags, flag)) {
			reading->odd = true;
		}
	}
}

static void read_named(struct reading *reading, const char *word, size_t len,
		       const char *value_given)
{
	const struct grammar *grammar = reading->grammar;

	if (words_have(grammar->file_words, word, len)) {
		reading_add_file(reading, value_given ? value_given
						      : value(reading, NULL));
	} else if (words_have(grammar->inline_words, word, len)) {
		/* Node's --print is a switch. */
		bool on = value_given && strcmp(word, "--print") == 0;

		read_text(reading, on ? "" : value_given);
	} else if (words_have(grammar->print_words, word, len)) {
		reading->text = true;
	} else if (words_have(grammar->input_words, word, len)) {
		reading->input = true;
	} else if (words_have(grammar->value_words, word, len)) {
		if (!value_given)
			(void)value(reading, NULL);
	} else if (!words_have(grammar->plain_words, word, len) &&
		   !(value_given && grammar->any_word)) {
		reading->odd = true;
	}
}

static void read_word(struct reading *reading, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *value_given = word[len] ? word + len + 1 : NULL;
	char node[64]; /* --expose_gc is --expose-gc */

	if (!reading_is(reading, INTERPRETER_NODE) || len >= sizeof(node)) {
		read_named(reading, word, len, value_given);
		return;
	}
	for (size_t i = 0; i < len; i++)
		node[i] = (char)(word[i] == '_' ? '-' : word[i]);
	node[len] = '\0';
	read_named(reading, node, len, value_given);
}

/* bash takes its long options, with one dash or two, before all others. */
static void read_shell_option(struct reading *reading, const char *argument)
{
	const struct grammar *grammar = reading->grammar;
	const char *word = argument + (argument[1] == '-');
	size_t len = strlen(word);

	if (!reading->second && !reading->plus && !reading->words_over) {
		if (words_have(grammar->file_words, word, len) ||
		    words_have(grammar->print_words, word, len) ||
		    words_have(grammar->plain_words, word, len)) {
			read_word(reading, word);
			return;
		}
	} else if (argument[0] == '-' && argument[1] == '-') {
		/* busybox passes over all of them. */
		reading->printed |= !reading->busybox &&
				    words_have(grammar->print_words, word, len);
		return;
	}
	reading->words_over = true;
	for (argument++; *argument && !reading->failed; argument++)
		read_shell_flag(reading, *argument);
}

static void read_option(struct reading *reading, const char *argument)
{
	reading->plus = argument[0] == '+';
	if (reading_is(reading, INTERPRETER_SHELL))
		read_shell_option(reading, argument);
	else if (argument[1] == '-' ||
		 words_have(reading->grammar->value_words, argument,
			    strlen(argument)) ||
		 words_have(reading->grammar->inline_words, argument,
			    strlen(argument)))
		read_word(reading, argument);
	else if (reading_is(reading, INTERPRETER_NODE) && argument[2])
		reading->odd = true;
	else
		read_flags(reading, argument + 1);
}

const char *reading_options(struct reading *reading)
{
	bool shell = reading_is(reading, INTERPRETER_SHELL);
	bool other = reading_is(reading, INTERPRETER_OTHER_SHELL) ||
		     reading_is(reading, INTERPRETER_CSH);
	const char *argument;

	while (!reading->ended && !reading->failed &&
	       (argument = arguments_next(reading->args))) {
		/* The next word is an argument then, not a script; but for
		 * php-cgi it is a script. */
		if (strcmp(argument, "--") == 0 &&
		    (reading_is(reading, INTERPRETER_TCL) ||
		     reading_is(reading, INTERPRETER_PHP))) {
			reading->input |=
				!reading->text && !reading->operands->count;
			return reading_is(reading, INTERPRETER_TCL)
				       ? NULL
				       : arguments_next(reading->args);
		}
		/* "-- # -*- perl -*-" */
		if (reading_is(reading, INTERPRETER_PERL) &&
		    strncmp(argument, "-- ", 3) == 0)
			return arguments_next(reading->args);
		if (strcmp(argument, "--") == 0 ||
		    ((shell || other) && strcmp(argument, "-") == 0))
			return arguments_next(reading->args);
		if (shell && strcmp(argument, "+") == 0)
			continue;
		if ((argument[0] != '-' && !(shell && argument[0] == '+')) ||
		    !argument[1])
			return argument;
		read_option(reading, argument);
	}
	return NULL;
}
