#include "json_internal.h"
#include "utf8.h"

#include <errno.h>
#include <string.h>
#include <yajl/yajl_parse.h>

struct parser {
	struct json *root;
	struct json *open[JSON_DEPTH_MAX]; /* borrowed from root */
	size_t depth;
	size_t values;
	char *key; /* the member's whose value comes next */
	int code;  /* the error for which a callback stopped the parser */
	const char *reason;
};

static int stop(struct parser *p, int code, const char *reason)
{
	p->code = code;
	p->reason = reason;
	return 0;
}

static int add(struct parser *p, struct json *take_value)
{
	OWNED(json_owned) struct json *value = take_value;
	struct json *container = p->depth ? p->open[p->depth - 1] : NULL;

	if (!value)
		return stop(p, ENOMEM, "out of memory");
	if (++p->values > JSON_VALUES_MAX)
		return stop(p, E2BIG, "too many values");
	if (!container) {
		p->root = PTR_MOVE(value);
		return 1;
	}
	if (json_put(container, container->count, PTR_MOVE(p->key),
		     PTR_MOVE(value)) < 0)
		return stop(p, ENOMEM, "out of memory");
	return 1;
}

static int open_container(struct parser *p, enum json_type type)
{
	struct json *value;

	if (p->depth == JSON_DEPTH_MAX)
		return stop(p, E2BIG, "nested too deeply");
	value = json_new(type);
	if (!add(p, value))
		return 0;
	p->open[p->depth++] = value;
	return 1;
}

static int on_null(void *ctx)
{
	return add(ctx, json_new(JSON_NULL));
}

static int on_boolean(void *ctx, int truth)
{
	return add(ctx, json_new_bool(truth != 0));
}

static int on_number(void *ctx, const char *text, size_t len)
{
	return add(ctx, json_new_text(JSON_NUMBER, text, len));
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
	return add(ctx, json_new_bytes((const char *)text, len));
}

static int on_start_map(void *ctx)
{
	return open_container(ctx, JSON_OBJECT);
}

static int on_start_array(void *ctx)
{
	return open_container(ctx, JSON_ARRAY);
}

static int on_end(void *ctx)
{
	struct parser *p = ctx;

	p->depth--;
	return 1;
}

/* A name with a NUL ends there for a C parser and doesn't for Go. */
static int on_map_key(void *ctx, const unsigned char *text, size_t len)
{
	struct parser *p = ctx;

	if (len && memchr(text, '\0', len))
		return stop(p, EINVAL, "a member's name contains \\u0000");
	p->key = len ? strndup((const char *)text, len) : strdup("");
	return p->key ? 1 : stop(p, ENOMEM, "out of memory");
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_map_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

static int fail_at(const char *bytes, size_t offset, int code,
		   const char *reason, struct err *e)
{
	size_t line = 1;
	size_t start = 0;

	for (size_t i = 0; i < offset; i++) {
		if (bytes[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	(void)err_set(e, 0, "line %zu, column %zu: %.*s", line,
		      offset - start + 1, (int)strcspn(reason, "\n"), reason);
	if (e)
		e->code = code;
	return -1;
}

/* The code unit of the \uNNNN at bytes, -1 where there is none. */
static long escaped_unit(const char *bytes, size_t len)
{
	char digits[5] = {0};

	if (len < 6 || bytes[0] != '\\' || bytes[1] != 'u')
		return -1;
	memcpy(digits, bytes + 2, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return -1;
	return strtol(digits, NULL, 16);
}

/* Bytes of the escape at bytes; 0 where it is half of a surrogate pair. */
static size_t escape_length(const char *bytes, size_t len)
{
	long unit = escaped_unit(bytes, len);

	if (unit < 0xd800 || unit > 0xdfff)
		return len < 2 ? 1 : 2;
	if (unit >= 0xdc00)
		return 0;
	unit = escaped_unit(bytes + 6, len - 6);
	return unit >= 0xdc00 && unit <= 0xdfff ? 12 : 0;
}

/* yajl accepts text that other parsers read differently: it takes overlong
 * sequences and surrogates for UTF-8, and makes half a surrogate pair a "?"
 * that swallows the next character, where Go has U+FFFD. */
static int check_text(const char *bytes, size_t len, struct err *e)
{
	size_t at = 0;

	while (at < len) {
		bool escape = bytes[at] == '\\';
		size_t length = escape ? escape_length(bytes + at, len - at)
				       : utf8_length(bytes + at, len - at);

		if (!length)
			return fail_at(bytes, at, EINVAL,
				       escape ? "half of a surrogate pair"
					      : "not UTF-8",
				       e);
		at += length;
	}
	return 0;
}

static int run(struct parser *p, const char *bytes, size_t len, struct err *e)
{
	yajl_handle handle = yajl_alloc(&callbacks, NULL, p);
	unsigned char *text = NULL;
	size_t offset; /* the consumed bytes end with the error */
	yajl_status status;

	if (!handle)
		return err_set(e, ENOMEM, "start the JSON parser");
	status = yajl_parse(handle, (const unsigned char *)bytes, len);
	offset = yajl_get_bytes_consumed(handle);
	if (status == yajl_status_ok) {
		status = yajl_complete_parse(handle);
		offset = len + 1;
	}
	if (status == yajl_status_error) {
		text = yajl_get_error(handle, 0, NULL, 0);
		(void)stop(p, EINVAL, (const char *)text);
	}
	if (status != yajl_status_ok)
		(void)fail_at(bytes, offset ? offset - 1 : 0, p->code,
			      p->reason ? p->reason : "not JSON", e);
	if (text)
		yajl_free_error(handle, text);
	yajl_free(handle);
	return status == yajl_status_ok ? 0 : -1;
}

int json_parse(const char *bytes, size_t len, struct json **ret, struct err *e)
{
	struct parser p = {0};
	int status = -1;

	if (len > JSON_SIZE_MAX)
		return err_set(e, E2BIG, "%zu bytes of JSON, more than %d", len,
			       JSON_SIZE_MAX);
	if (check_text(bytes, len, e) == 0)
		status = run(&p, bytes, len, e);
	if (status == 0 && !p.root)
		status = err_set(e, 0, "line 1, column 1: empty, not JSON");
	free(p.key);
	if (status < 0)
		json_free(p.root);
	else
		*ret = p.root;
	return status;
}
