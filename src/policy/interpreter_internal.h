/*
 * interpreter_internal - how each kind of interpreter reads its options.
 * Sources: their own manual pages.
 */
#pragma once

#include "interpreter.h"

/* The grammar of an interpreter's command line. An option that isn't listed
 * isn't understood. */
struct grammar {
	const char
		*inline_flags; /* text follows, here or as the next argument */
	const char *value_flags;   /* take the next argument, if nothing
				    * follows in this one                 */
	const char *swallow_flags; /* take the rest of this argument */
	const char *file_flags;	   /* the next argument is a file to run  */
	const char *module_flags;
	const char *input_flags;
	const char *print_flags; /* print something and end, mostly */
	const char *plain_flags;
	/* Long options, or others of more than one letter. An entry that ends
	 * in "*" is a prefix. */
	const char *const *value_words; /* take the next argument	    */
	const char *const *file_words;	/* name a file, next or after = */
	const char *const *inline_words;
	const char *const *input_words;
	const char *const *print_words;
	const char *const *plain_words;
	const char *const *suffixes;
	bool text_first; /* the first operand is text unless a file was named */
	bool goes_on;	 /* after -e a file may follow all the same */
	bool any_word;	 /* each "--word=value" is plain */
	bool any_text;	 /* text may begin with a sign */
};

/* Indexed by enum interpreter, up to INTERPRETER_TCL. */
extern const struct grammar interpreter_grammars[];

/* The arguments, one after the other. */
struct arguments {
	const char *at;
	const char *end;
	bool cut; /* the last one has no end */
};

/* The next argument; NULL if there is none, or if it has no end. */
const char *arguments_next(struct arguments *args);

/* The result of reading so far. */
struct reading {
	const struct grammar *grammar;
	struct arguments *args;
	struct operands *operands;
	bool text;  /* it runs text of its arguments, or none at all */
	bool input; /* it reads standard input			     */
	bool ended; /* no later argument names a script */
	bool odd;   /* the rest isn't understood */
	/* Shells: bash comes first, dash and busybox second. */
	bool second;
	bool failed;	 /* the interpreter would stop here, with an error */
	bool plus;	 /* "+x"				 */
	bool busybox;	 /* it may be busybox */
	bool printed;	 /* dash has nothing to run, bash prints something */
	bool words_over; /* bash takes no long options any more */
};

bool reading_is(const struct reading *reading, enum interpreter interpreter);
void reading_add_file(struct reading *reading, const char *name);
void reading_add_input(struct reading *reading);

/* The first argument that is no option; NULL if the options end everything. */
const char *reading_options(struct reading *reading);

bool words_have(const char *const *words, const char *word, size_t len);
