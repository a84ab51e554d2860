/*
 * doctor - checks whether containers can be protected on this machine, and what
 * the kernel's settings leave open that runmoor can't close. As a trial it
 * starts a container of its own, in which a program has to be refused.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Write the findings to out: one a line, or as one JSON object (moorctl(8)).
 * False where something is missing without which no container can be
 * protected. */
bool doctor_examine(FILE *out, bool as_json);
