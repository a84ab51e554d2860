/*
 * interpreter_internal - what each kind of interpreter makes of its options.
 * Sources: their own manual pages.
 */
#pragma once

#include "interpreter.h"

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

/* By enum interpreter, up to INTERPRETER_TCL. */
extern const struct grammar interpreter_grammars[];
