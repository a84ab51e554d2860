/*
 * doctor - looks at the machine: whether containers can be protected here,
 * and what the kernel's settings leave open that runmoor can't close. It
 * tries, too: it starts a container of its own and has it refused a program.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Write the findings to out: one a line, or as one JSON object (moorctl(8)).
 * False where something is missing without which no container can be
 * protected. */
bool doctor_examine(FILE *out, bool as_json);
