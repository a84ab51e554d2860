#include "interpreter_internal.h"

#include <stddef.h>

static const char *const shell_files[] = {"--rcfile", "--init-file", NULL};
static const char *const python_values[] = {"--check-hash-based-pycs", NULL};
static const char *const python_suffixes[] = {"", "/__main__.py",
					      "/__main__.pyc", NULL};
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

const struct grammar interpreter_grammars[] = {
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
			     .value_flags = "cdztSgbT",
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
