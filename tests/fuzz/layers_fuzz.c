/*
 * The options of an overlay's mount, which name folders of images and of
 * containers: layers that are found are absolute folders.
 */
#include "layers.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *options = strndup((const char *)data, size);
	struct layers layers = {0};
	struct err e = {0};
	char *upper;

	require(options != NULL);
	if (layers_find("/nowhere/merged", options, &layers, &e) == 0) {
		require(layers.lower_count <= LAYERS_MAX);
		for (size_t i = 0; layers.lower_known && i < layers.lower_count;
		     i++)
			require(layers.lower[i] && layers.lower[i][0] == '/');
		require(!layers.upper || layers.upper[0] == '/');
		layers_clear(&layers);
	}
	upper = layers_upper("/nowhere/merged", options);
	require(!upper || upper[0] == '/');
	free(upper);
	free(options);
	return 0;
}
