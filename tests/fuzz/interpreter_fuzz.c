/*
 * The arguments of an interpreter, which a container chooses: the first byte
 * says which one it is.
 */
#include "interpreter.h"

#include "attr.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct operands operands;
	OWNED(free_owned) char *args = NULL;
	OWNED(free_owned) char *name = NULL;
	OWNED(free_owned) char *resolved = NULL;
	size_t program;
	size_t argv0;
	size_t len;

	if (size < 1)
		return 0;
	/* The copy is exactly as long as the data, so that a read beyond it is
	 * seen. */
	len = size - 1;
	args = malloc(len ? len : 1);
	if (!args)
		return 0;
	memcpy(args, data + 1, len);
	(void)interpreter_named(args, len);
	interpreter_operands(
		(enum interpreter)(data[0] % (INTERPRETER_LOADER + 1)), args,
		len, &operands);
	check(operands.count > 0 && operands.count <= OPERANDS_MAX);
	for (int i = 0; i < operands.count; i++) {
		const struct operand *at = &operands.at[i];
		bool named =
			at->kind == OPERAND_FILE || at->kind == OPERAND_MODULE;

		check(!named || (at->name >= args && at->name < args + len));
		check(!named || at->suffixes[0]);
	}
	name = strndup(args, len);
	resolved = name ? malloc(strlen(name) + 2) : NULL;
	if (resolved && interpreter_resolve(name, resolved))
		check(strlen(resolved) <= strlen(name));
	if (interpreter_loaded(args, len, &program, &argv0) == 0)
		check(program < len && (argv0 == SIZE_MAX || argv0 < len));
	return 0;
}
