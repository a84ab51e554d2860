#include "glob.h"

#include "test.h"

#include <fnmatch.h>
#include <string.h>

static const struct {
	const char *name;
	const char *glob;
	const char *says;
} refused[] = {
	{"a bracket that isn't closed", "/a[bc", "here: isn't a glob"},
	{"an empty bracket", "/a[]", "here: isn't a glob"},
	{"a bracket of the others that isn't closed", "/[!]",
	 "here: isn't a glob"},
	{"a slash in a bracket", "/a[b/]c", "here: isn't a glob"},
	{"a range to a slash", "/a[!-/]", "here: isn't a glob"},
	{"a range that goes backwards", "/a[z-a]",
	 "here: isn't a glob from its character 3 on: \"[z-a]\""},
	{"an unknown class", "/[[:letter:]]", "here: isn't a glob"},
	{"a class that isn't closed", "/[[:digit:", "here: isn't a glob"},
	{"a collating symbol", "/[[.a.]]", "here: isn't a glob"},
	{"a backslash at the end", "/a\\", "here: isn't a glob"},
	{"a backslash at the end of a bracket", "/[a\\", "here: isn't a glob"},
};

static const struct {
	const char *name;
	const char *glob;
	const char *text;
	bool matches;
} rows[] = {
	{"another path", "/opt/tool", "/opt/tools", false},
	{"a folder isn't what is in it", "/opt", "/opt/tool", false},
	{"a star for a slash", "/opt/*", "/opt/a/b", false},
	{"a question mark for a slash", "/opt?tool", "/opt/tool", false},
	{"a bracket for a slash", "/opt[!a]tool", "/opt/tool", false},
	{"a range for a slash", "/opt[+-9]tool", "/opt/tool", false},
	{"the folder of a tree", "/opt/**", "/opt", false},
	{"a folder beside a tree", "/opt/**", "/optional/a", false},
	{"a folder whose name ends so", "/opt/**/tool", "/opt/mytool", false},
	{"a tree in the middle of a name", "/opt/**/tool", "/opt/tool/x",
	 false},
	{"a star is one level below a tree", "/opt/**/bin/*", "/opt/bin/a/b",
	 false},
	{"an escaped star", "/opt/\\*", "/opt/a", false},
	{"text before", "b", "ab", false},
	{"no text", "/a", "", false},

	{"the path itself", "/opt/tool", "/opt/tool", true},
	{"a star", "/opt/*", "/opt/tool", true},
	{"a star for nothing", "/opt/tool*", "/opt/tool", true},
	{"stars that take turns", "/*a*b*c", "/abacabc", true},
	{"what is in a tree", "/opt/**", "/opt/tool", true},
	{"what is deep in a tree", "/opt/**", "/opt/a/b/c/tool", true},
	{"a name in a tree", "/opt/**/tool", "/opt/a/b/tool", true},
	{"a name at the top of a tree", "/opt/**/tool", "/opt/tool", true},
	{"a name that comes twice", "/opt/**/tool", "/opt/tool/tool", true},
	{"trees in trees", "/**/lib/**/*.so", "/a/lib/b/lib/c/x.so", true},
	{"a tree in a tree for nothing", "/a/**/**/b", "/a/b", true},
	{"everything", "/**", "/a/b", true},
	{"the root is in everything", "/**", "/", true},
	{"a tree without a slash before", "**/app", "registry.local/x/app",
	 true},
	{"a tree for nothing at the beginning", "**/app", "app", true},
	{"two stars in a name", "/opt/v**-tool", "/opt/v1/2-tool", true},
	{"three stars are two", "/opt/***/tool", "/opt/tool", true},
	{"a star and its tree", "/opt/*/**", "/opt/a/b", true},
	{"an escaped star for a star", "/opt/\\*", "/opt/*", true},
	{"an escaped slash", "/opt\\/a", "/opt/a", true},
	{"a bracket", "/opt/v[0-9]", "/opt/v7", true},
	{"the others of a bracket", "/opt/v[!0-9]", "/opt/vx", true},
	{"a closing bracket that comes first", "/a[]b]", "/a]", true},
	{"a dash that comes last", "/a[b-]", "/a-", true},
	{"a class", "/a[[:digit:]_]", "/a7", true},
	{"an escaped closing bracket", "/a[\\]]", "/a]", true},
	{"bytes that are no ASCII", "/caf\xc3*", "/caf\xc3\xa9", true},
	{"a byte, not a character", "/caf?", "/caf\xc3\xa9", false},
	{"a dot isn't special", "/opt/*", "/opt/.hidden", true},
	{"an empty glob", "", "", true},
};

static void check_refusals(void)
{
	char glob[GLOB_MAX + 2];
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		e = (struct err){0};
		CHECK(refused[i].name,
		      glob_check(refused[i].glob, "here", &e) == -1);
		CHECK(refused[i].name, strncmp(e.text, refused[i].says,
					       strlen(refused[i].says)) == 0);
		CHECK(refused[i].name,
		      !glob_matches(refused[i].glob, refused[i].glob));
	}
	memset(glob, 'a', sizeof(glob) - 1);
	glob[GLOB_MAX + 1] = '\0';
	CHECK("a glob that is too long", glob_check(glob, "here", &e) == -1);
	CHECK("says so", strstr(e.text, "here: is longer than 1024 bytes"));
	CHECK("and matches nothing", !glob_matches(glob, glob));
	glob[GLOB_MAX] = '\0';
	CHECK("one that isn't", glob_check(glob, "here", &e) == 0);
	CHECK("matches", glob_matches(glob, glob));
}

static void check_rows(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(rows[i].name, glob_check(rows[i].glob, "", NULL) == 0);
		CHECK(rows[i].name, glob_matches(rows[i].glob, rows[i].text) ==
					    rows[i].matches);
	}
}

/* A backtracking matcher would need years for these: an alarm ends the test. */
static void check_bounds(void)
{
	static char text[16384];
	char glob[GLOB_MAX + 1] = "";

	(void)alarm(60);
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 6 ? 'a' : '/';
	for (size_t i = 0; i + 5 <= GLOB_MAX; i += 5)
		memcpy(glob + i, "**/*a", 6);
	CHECK("stars in trees", glob_matches(glob, text));
	memcpy(glob + 1000, "b", 2);
	CHECK("stars in trees that end otherwise", !glob_matches(glob, text));
	for (size_t i = 0; i + 4 <= GLOB_MAX; i += 4)
		memcpy(glob + i, "**[a", 5);
	memset(text, 'a', sizeof(text) - 1);
	CHECK("brackets that aren't closed", !glob_matches(glob, text));
	(void)alarm(0);
}

static unsigned long draw(unsigned long below)
{
	static unsigned long state = 1;

	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (state >> 33) % below;
}

static void fill(char *out, const char *alphabet, size_t max)
{
	size_t len = draw(max);

	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[draw(strlen(alphabet))];
	out[len] = '\0';
}

/* fnmatch(3) knows what a glob without trees is. */
static void check_peer(void)
{
	char glob[12];
	char text[12];
	unsigned matched = 0;
	unsigned differ = 0;

	for (unsigned i = 0; i < 400000; i++) {
		bool here;

		fill(glob, "aab//*?[]-!^\\", sizeof(glob));
		fill(text, "aab/-!]", sizeof(text));
		/* glibc finds no \\/ behind a star. */
		if (strstr(glob, "**") || strstr(glob, "\\/") ||
		    glob_check(glob, "", NULL) < 0)
			continue;
		here = glob_matches(glob, text);
		matched += here;
		if (here == (fnmatch(glob, text, FNM_PATHNAME) == 0))
			continue;
		if (differ++ < 5)
			(void)printf("%s %s: %d\n", glob, text, here);
	}
	CHECK("globs without trees are those of fnmatch", differ == 0);
	CHECK("many of them matched", matched > 2000);
}

int main(void)
{
	check_refusals();
	check_rows();
	check_bounds();
	check_peer();
	TEST_END();
}
