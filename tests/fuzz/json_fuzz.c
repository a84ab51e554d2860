/* A parsed document that is written and read back is the same; and so is its
 * clone. */
#include "json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void visit(const struct json *value)
{
	const char *text = "";
	uint64_t u;
	int64_t s;

	if (json_string(value, &text) && !text)
		abort();
	if (json_uint(value, &u) && json_int(value, &s))
		require(s >= 0 && (uint64_t)s == u);
	for (size_t i = 0; i < json_count(value); i++) {
		const char *key = json_key_at(value, i);

		if (key) {
			require(json_get(value, key) != NULL);
			require(json_count_like(value, key) > 0);
		}
		visit(json_at(value, i));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(json_owned) struct json *value = NULL;
	OWNED(json_owned) struct json *again = NULL;
	OWNED(json_owned) struct json *clone = NULL;
	OWNED(buffer_clear) struct buffer first = BUFFER_INIT;
	OWNED(buffer_clear) struct buffer second = BUFFER_INIT;
	struct err e = {0};

	if (json_parse((const char *)data, size, &value, &e) < 0) {
		require(e.code && *e.text && !value);
		return 0;
	}
	visit(value);
	json_write(value, size % 2, &first);
	require(json_parse(first.data, first.len, &again, &e) == 0);
	clone = json_clone(again);
	require(json_equal(value, clone));
	json_write(clone, size % 2, &second);
	require(first.len == second.len &&
		memcmp(first.data, second.data, first.len) == 0);
	return 0;
}
