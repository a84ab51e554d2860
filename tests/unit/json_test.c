#include "json.h"

#include "test.h"

#include <errno.h>
#include <string.h>

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	const char *name;
	const char *text;
	size_t len;
	int code;
	const char *says;
} refused[] = {
	{"nothing is no document", BYTES(""), EINVAL, "line 1, column 1"},
	{"white space is no document", BYTES(" \n "), EINVAL,
	 "line 2, column 2"},
	{"a second value is garbage", BYTES("{} {}"), EINVAL, "column 4"},
	{"text after the document is garbage", BYTES("[1]x"), EINVAL,
	 "trailing garbage"},
	{"a NUL after the document is garbage", BYTES("[1]\0"), EINVAL,
	 "column 4"},
	{"a cut-off object", BYTES("{\"a\":1"), EINVAL, "column 7"},
	{"a cut-off string", BYTES("\"a"), EINVAL, "column 3"},
	{"a cut-off number", BYTES("-"), EINVAL, "column 2"},
	{"a cut-off word", BYTES("tru"), EINVAL, "column 4"},
	{"an error is found on its line", BYTES("{\n \"a\": 1,\n  x}"), EINVAL,
	 "line 3, column 3"},
	{"a comment", BYTES("{} // a"), EINVAL, "trailing garbage"},
	{"a comment before it", BYTES("/**/{}"), EINVAL, "column 1"},
	{"a comma before the end of an array", BYTES("[1,]"), EINVAL,
	 "column 4"},
	{"a comma before the end of an object", BYTES("{\"a\":1,}"), EINVAL,
	 "column 8"},
	{"a number for a name", BYTES("{1:2}"), EINVAL, "column 2"},
	{"a number with a leading zero", BYTES("01"), EINVAL, "column"},
	{"a number with a plus", BYTES("+1"), EINVAL, "column 1"},
	{"a number without its fraction", BYTES("[1.]"), EINVAL, "column"},
	{"a raw newline in a string", BYTES("\"\n\""), EINVAL, "column"},
	{"a raw NUL in a string", BYTES("\"a\0b\""), EINVAL, "column"},
	{"an escape that JSON doesn't have", BYTES("\"\\x41\""), EINVAL,
	 "column"},
	{"a \\u of three digits", BYTES("\"\\u12g4\""), EINVAL, "column"},
	{"a byte order mark", BYTES("\xef\xbb\xbf{}"), EINVAL, "column 1"},
	{"a byte that is not UTF-8", BYTES("\"\xff\""), EINVAL, "not UTF-8"},
	{"an overlong sequence", BYTES("\"\xc0\xaf\""), EINVAL, "not UTF-8"},
	{"an encoded surrogate", BYTES("\"\xed\xa0\x80\""), EINVAL,
	 "not UTF-8"},
	{"a sequence that the string cuts off", BYTES("\"\xe2\x82\""), EINVAL,
	 "not UTF-8"},
	{"a high surrogate alone", BYTES("\"\\ud800\""), EINVAL,
	 "line 1, column 2: half of a surrogate pair"},
	{"a low surrogate alone", BYTES("\"\\udfff\""), EINVAL, "surrogate"},
	{"a high surrogate before a letter", BYTES("\"\\ud800\\u0041\""),
	 EINVAL, "surrogate"},
	{"a name that a C string would cut off", BYTES("{\"a\\u0000b\":1}"),
	 EINVAL, "name"},
};

static const struct {
	const char *name;
	const char *text;
	const char *written; /* NULL: as it was read */
} kept[] = {
	{"null", "null", NULL},
	{"a truth", "[true,false]", NULL},
	{"an empty object", "{}", NULL},
	{"white space around is no value", " [ ] \n", "[]"},
	{"duplicates keep their order", "{\"a\":1,\"b\":2,\"a\":3}", NULL},
	{"an empty name", "{\"\":1}", NULL},
	{"numbers keep their text",
	 "[1e400,-0,0.10,123456789012345678901234567890]", NULL},
	{"an embedded NUL", "\"a\\u0000b\"", NULL},
	{"UTF-8 stays as it is", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3\"",
	 NULL},
	{"a surrogate pair becomes UTF-8", "\"\\ud83d\\udc33\"",
	 "\"\xf0\x9f\x90\xb3\""},
	{"short escapes become long ones", "\"\\n\\t\\/\\\"\\\\\"",
	 "\"\\u000a\\u0009/\\\"\\\\\""},
	{"an escaped backslash before a u is no escape", "\"\\\\ud800\"", NULL},
};

static void check_refusals(void)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct json *untouched = NULL;
		struct err e = {0};

		CHECK(refused[i].name,
		      json_parse(refused[i].text, refused[i].len, &untouched,
				 &e) == -1);
		CHECK(refused[i].name, !untouched);
		CHECK(refused[i].name, e.code == refused[i].code);
		CHECK(refused[i].name, strstr(e.text, refused[i].says));
	}
}

static struct json *parse(const char *text)
{
	struct json *value = NULL;
	struct err e = {0};

	CHECK(text, json_parse(text, strlen(text), &value, &e) == 0);
	return value;
}

static bool writes(const struct json *value, bool pretty, const char *expected)
{
	OWNED(buffer_clear) struct buffer out = BUFFER_INIT;

	json_write(value, pretty, &out);
	return out.data && strcmp(out.data, expected) == 0;
}

static void check_round_trips(void)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		OWNED(json_owned) struct json *value = parse(kept[i].text);
		OWNED(json_owned) struct json *copy = json_clone(value);
		const char *expected =
			kept[i].written ? kept[i].written : kept[i].text;

		CHECK(kept[i].name, writes(value, false, expected));
		CHECK(kept[i].name, writes(copy, false, expected));
		CHECK(kept[i].name, json_equal(value, copy));
	}
}

/* text, count times before and after what is between. */
static int parse_nested(size_t count, const char *between, struct err *e)
{
	OWNED(buffer_clear) struct buffer text = BUFFER_INIT;
	OWNED(json_owned) struct json *value = NULL;

	for (size_t i = 0; i < count; i++)
		buffer_append(&text, "[", 1);
	buffer_append(&text, between, strlen(between));
	for (size_t i = 0; i < count; i++)
		buffer_append(&text, "]", 1);
	return json_parse(text.data, text.len, &value, e);
}

static int parse_repeated(size_t count, const char *element, struct err *e)
{
	OWNED(buffer_clear) struct buffer text = BUFFER_INIT;
	OWNED(json_owned) struct json *value = NULL;

	buffer_append(&text, "[1", 2);
	for (size_t i = 0; i < count; i++)
		buffer_append(&text, element, strlen(element));
	buffer_append(&text, "]", 1);
	return json_parse(text.data, text.len, &value, e);
}

static void check_limits(void)
{
	struct err e = {0};

	CHECK("one level too deep",
	      parse_nested(JSON_DEPTH_MAX + 1, "", &e) == -1 &&
		      e.code == E2BIG);
	e = (struct err){0};
	CHECK("an object counts as a level",
	      parse_nested(JSON_DEPTH_MAX, "{}", &e) == -1 && e.code == E2BIG);
	e = (struct err){0};
	CHECK("300,000 levels",
	      parse_nested(300000, "", &e) == -1 && e.code == E2BIG);
	e = (struct err){0};
	CHECK("more bytes than allowed",
	      parse_repeated(JSON_SIZE_MAX, " ", &e) == -1 && e.code == E2BIG);
	e = (struct err){0};
	CHECK("more values than allowed",
	      parse_repeated(JSON_VALUES_MAX, ",1", &e) == -1 &&
		      e.code == E2BIG);
	CHECK("as deep as allowed", parse_nested(JSON_DEPTH_MAX, "", &e) == 0);
	CHECK("as large as allowed",
	      parse_repeated(JSON_SIZE_MAX - 3, " ", &e) == 0);
	CHECK("as many values as allowed",
	      parse_repeated(JSON_VALUES_MAX - 2, ",1", &e) == 0);
}

static const struct {
	const char *name;
	const char *text;
	uint64_t uint;
	int64_t sint;
	bool is_uint;
	bool is_int;
} numbers[] = {
	{"a fraction is no integer", "1.0", 0, 0, false, false},
	{"an exponent is no integer", "1e3", 0, 0, false, false},
	{"a string is no number", "\"1\"", 0, 0, false, false},
	{"2^64 is too large", "18446744073709551616", 0, 0, false, false},
	{"2^63 is too large for a signed one", "9223372036854775808",
	 9223372036854775808U, 0, true, false},
	{"a negative one is not unsigned", "-1", 0, -1, false, true},
	{"below the smallest", "-9223372036854775809", 0, 0, false, false},
	{"the smallest", "-9223372036854775808", 0, INT64_MIN, false, true},
	{"the largest", "18446744073709551615", UINT64_MAX, 0, true, false},
	{"zero", "0", 0, 0, true, true},
};

static void check_scalars(void)
{
	OWNED(json_owned) struct json *nul = parse("\"a\\u0000b\"");
	OWNED(json_owned) struct json *text = parse("\"a\"");
	const char *got = "untouched";
	bool truth = true;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		OWNED(json_owned) struct json *value = parse(numbers[i].text);
		uint64_t u = 0;
		int64_t s = 0;

		CHECK(numbers[i].name,
		      json_uint(value, &u) == numbers[i].is_uint);
		CHECK(numbers[i].name,
		      json_int(value, &s) == numbers[i].is_int);
		CHECK(numbers[i].name, u == numbers[i].uint);
		CHECK(numbers[i].name, s == numbers[i].sint);
	}
	CHECK("a string with a NUL isn't given as a C string",
	      !json_string(nul, &got) && strcmp(got, "untouched") == 0);
	CHECK("nothing is no string", !json_string(NULL, &got));
	CHECK("a string is no truth", !json_bool(text, &truth) && truth);
	CHECK("a string", json_string(text, &got) && strcmp(got, "a") == 0);
}

static const struct {
	const char *name;
	const char *object;
	size_t count;
} alike[] = {
	{"another name is not like it", "{\"mask\":1}", 0},
	{"a longer name is not like it", "{\"kinds\":1}", 0},
	{"a shorter name is not like it", "{\"kin\":1}", 0},
	{"the name itself", "{\"kind\":1}", 1},
	{"another case", "{\"kind\":1,\"KiNd\":2}", 2},
	{"a Kelvin sign is a k to Go", "{\"kind\":1,\"\xe2\x84\xaaind\":2}", 2},
	{"an array has no names", "[\"kind\"]", 0},
};

static void check_names(void)
{
	OWNED(json_owned)
	struct json *long_s = parse("{\"\xc5\xbf"
				    "eccomp\":1}");

	for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
		OWNED(json_owned) struct json *object = parse(alike[i].object);

		CHECK(alike[i].name,
		      json_count_like(object, "kind") == alike[i].count);
	}
	CHECK("a long s is an s to Go",
	      json_count_like(long_s, "seccomp") == 1);
	CHECK("but not the same name", !json_get(long_s, "seccomp"));
}

static const struct {
	const char *name;
	const char *a;
	const char *b;
	bool equal;
} comparisons[] = {
	{"other numbers", "1", "2", false},
	{"the same number in another text", "1", "1.0", false},
	{"other types", "1", "\"1\"", false},
	{"other truths", "true", "false", false},
	{"other lengths", "[1]", "[1,2]", false},
	{"other order in an array", "[1,2]", "[2,1]", false},
	{"other names", "{\"a\":1}", "{\"b\":1}", false},
	{"duplicates in another order", "{\"a\":1,\"a\":2}",
	 "{\"a\":2,\"a\":1}", false},
	{"a duplicate against another name", "{\"a\":1,\"a\":1}",
	 "{\"a\":1,\"b\":1}", false},
	{"text after a NUL counts", "\"a\\u0000b\"", "\"a\\u0000c\"", false},
	{"other order in an object", "{\"a\":1,\"b\":[2]}",
	 "{\"b\":[2],\"a\":1}", true},
};

static void check_comparisons(void)
{
	for (size_t i = 0; i < ARRAY_LEN(comparisons); i++) {
		OWNED(json_owned) struct json *a = parse(comparisons[i].a);
		OWNED(json_owned) struct json *b = parse(comparisons[i].b);

		CHECK(comparisons[i].name,
		      json_equal(a, b) == comparisons[i].equal);
		CHECK(comparisons[i].name,
		      json_equal(b, a) == comparisons[i].equal);
	}
}

static void check_edits(void)
{
	OWNED(json_owned)
	struct json *object = parse("{\"a\":1,\"b\":2,\"a\":3}");
	OWNED(json_owned) struct json *array = parse("[1,2]");
	OWNED(json_owned) struct json *number = parse("1");

	CHECK("a missing value is not set",
	      json_set(object, "a", NULL) == -1 && json_count(object) == 3);
	CHECK("a missing value is not appended",
	      json_append(array, NULL) == -1 && json_count(array) == 2);
	CHECK("an array has no names",
	      json_set(array, "a", json_new_bool(true)) == -1);
	CHECK("an object has no order to append to",
	      json_append(object, json_new_bool(true)) == -1);
	CHECK("a number holds nothing",
	      json_append(number, json_new_bool(true)) == -1);
	CHECK("beyond the end is no place",
	      json_insert(array, 3, json_new_bool(true)) == -1);
	CHECK("the first of duplicates is replaced",
	      json_set(object, "a", json_new_uint(UINT64_MAX)) == 0);
	CHECK("a new name goes to the end",
	      json_set(object, "c", json_new_int(INT64_MIN)) == 0);
	json_remove_at(object, 1);
	json_remove_at(object, 9);
	CHECK("an object after edits",
	      writes(object, false,
		     "{\"a\":18446744073709551615,\"a\":3,"
		     "\"c\":-9223372036854775808}"));
	CHECK("before the first",
	      json_insert(array, 0, json_new_string("x\x1b\x7f")) == 0);
	CHECK("at the end", json_append(array, json_new_object()) == 0);
	CHECK("an array after edits",
	      writes(array, false, "[\"x\\u001b\\u007f\",1,2,{}]"));
	CHECK("lines and two spaces a level when pretty",
	      writes(array, true,
		     "[\n  \"x\\u001b\\u007f\",\n  1,\n  2,\n  {}\n]"));
}

static void check_bytes(void)
{
	OWNED(json_owned) struct json *bytes = json_new_bytes("a\xff\0\xc3", 4);
	OWNED(json_owned) struct json *none = json_new_bytes(NULL, 0);

	CHECK("bytes that are not UTF-8 are written as text",
	      writes(bytes, false, "\"a\\\\xff\\u0000\\\\xc3\""));
	CHECK("no bytes are an empty string", writes(none, false, "\"\""));
	CHECK("nothing is written as null", writes(NULL, false, "null"));
	CHECK("nothing is of type null", json_type(NULL) == JSON_NULL);
	CHECK("nothing has no members", json_count(NULL) == 0);
	CHECK("nothing has no first member", !json_at(NULL, 0));
}

int main(void)
{
	check_refusals();
	check_limits();
	check_round_trips();
	check_scalars();
	check_names();
	check_comparisons();
	check_edits();
	check_bytes();
	TEST_END();
}
