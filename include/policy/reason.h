/*
 * reason - why a file isn't what the image shipped, or can't be judged. See
 * runmoor-events(5), runmoor.reason; event_head.c has the words.
 */
#pragma once

/* The closed set of reasons in runmoor-events(5). Zero: no reason. */
enum reason {
	REASON_NONE,
	REASON_NOT_IN_IMAGE,	  /* its content was not shipped             */
	REASON_MODIFIED,	  /* shipped under this path, content differs */
	REASON_WRONG_PATH,	  /* shipped, but elsewhere (match: path)     */
	REASON_VOLUME,		  /* lies on a mount, not on the image        */
	REASON_MEMORY_FILE,	  /* memfd, or an unlinked file in memory     */
	REASON_SPECIAL_FILE,	  /* no regular file, or the kernel's own     */
	REASON_INTERPRETER_DRIFT, /* its #! or ELF interpreter is drift       */
	REASON_UNRESOLVABLE,	  /* couldn't be opened, read or judged       */
	REASON_ARGUMENTS, /* an interpreter's arguments aren't understood */
	REASON_TRACED,	  /* another tracer holds the process         */
	REASON_WRITABLE,  /* known content that a writer still holds  */
	REASON_TIMEOUT,	  /* the file system or process didn't answer */
};
