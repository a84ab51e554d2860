/*
 * layers_internal - a function that layers.c (finds the layers) and
 * layers_name.c (names them) share.
 */
#pragma once

#include "layers.h"

/* Cut the last name off; false at the root. */
bool layers_to_parent(char *path);
