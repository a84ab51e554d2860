#include "glob.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *name;
	int (*holds)(int c);
} classes[] = {
	{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank},
	{"cntrl", iscntrl}, {"digit", isdigit}, {"graph", isgraph},
	{"lower", islower}, {"print", isprint}, {"punct", ispunct},
	{"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
};

/* The [:name:] at *at, which is moved behind it: whether c is one of them; -1:
 * there is no such class. */
static int scan_class(const char *glob, size_t *at, unsigned char c)
{
	const char *name = glob + *at + 2;

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		size_t len = strlen(classes[i].name);

		if (strncmp(name, classes[i].name, len) != 0 ||
		    strncmp(name + len, ":]", 2) != 0)
			continue;
		*at += len + 4;
		return classes[i].holds(c) != 0;
	}
	return -1;
}

/* The byte at *at, or the escaped one, which *at is moved behind; false where
 * the glob ends, or it is a slash. */
static bool scan_byte(const char *glob, size_t *at, unsigned char *ret)
{
	if (glob[*at] == '\\')
		(*at)++;
	*ret = (unsigned char)glob[*at];
	if (*ret == '\0' || *ret == '/')
		return false;
	(*at)++;
	return true;
}

/* One byte, class or range of a bracket, as scan_class. */
static int scan_item(const char *glob, size_t *at, unsigned char c)
{
	unsigned char first;
	unsigned char last;

	if (glob[*at] == '[' && glob[*at + 1] == ':')
		return scan_class(glob, at, c);
	if (glob[*at] == '[' && (glob[*at + 1] == '.' || glob[*at + 1] == '='))
		return -1;
	if (!scan_byte(glob, at, &first))
		return -1;
	last = first;
	if (glob[*at] == '-' && glob[*at + 1] != ']') {
		(*at)++;
		if (!scan_byte(glob, at, &last) || last < first)
			return -1;
	}
	return c >= first && c <= last;
}

/* The bracket at *at, as scan_class. */
static int scan_bracket(const char *glob, size_t *at, unsigned char c)
{
	bool inverted = glob[*at + 1] == '!' || glob[*at + 1] == '^';
	bool found = false;

	*at += inverted ? 2 : 1;
	do {
		int item = scan_item(glob, at, c);

		if (item < 0)
			return -1;
		found = found || item;
	} while (glob[*at] != ']');
	(*at)++;
	return c != '/' && found != inverted;
}

/* Any item at *at that stands for one byte, as scan_class. */
static int scan_one(const char *glob, size_t *at, unsigned char c)
{
	if (glob[*at] == '[')
		return scan_bracket(glob, at, c);
	if (glob[*at] == '?') {
		(*at)++;
		return c != '/';
	}
	if (glob[*at] == '\\')
		(*at)++;
	if (glob[*at] == '\0')
		return -1;
	return (unsigned char)glob[(*at)++] == c;
}

int glob_check(const char *glob, const char *place, struct err *e)
{
	size_t at = 0;

	if (strlen(glob) > GLOB_MAX)
		return err_set(e, 0, "%s: is longer than %d bytes", place,
			       GLOB_MAX);
	while (glob[at]) {
		size_t start = at;

		at += strspn(glob + at, "*");
		if (glob[at] && scan_one(glob, &at, 0) < 0)
			return err_set(e, 0,
				       "%s: isn't a glob from its character "
				       "%zu on: \"%s\"",
				       place, start + 1, glob + start);
	}
	return 0;
}

/* All places of the glob that the text may have reached are kept at once,
 * instead of trying one after the other. now: the places between before and c,
 * where stars also lead to the places behind them, always further to the right;
 * next: the places behind c. With c NUL the text is at its end. */
static bool step(const char *glob, bool *now, bool *next, char before, char c)
{
	size_t len = strlen(glob);
	bool alive = false;

	memset(next, 0, len + 1);
	for (size_t i = 0; i < len; i++) {
		size_t stars = now[i] ? strspn(glob + i, "*") : 0;
		size_t behind = i;

		if (!now[i] || (!stars && c == '\0'))
			continue;
		now[i + stars] = true;
		/* Between two slashes ** may match nothing, with one of the
		 * slashes. */
		if (stars > 1 && before == '/' && glob[i + stars] == '/')
			now[i + stars + 1] = true;
		if (stars > 0 && c != '\0')
			next[i] = stars > 1 || c != '/';
		else if (!stars &&
			 scan_one(glob, &behind, (unsigned char)c) > 0)
			next[behind] = true;
		alive = alive || next[i] || next[behind];
	}
	return alive;
}

bool glob_matches(const char *glob, const char *text)
{
	bool sets[2][GLOB_MAX + 1];
	size_t len = strlen(glob);
	char before = '/';
	unsigned turn = 0;

	if (len > GLOB_MAX)
		return false;
	memset(sets[0], 0, len + 1);
	sets[0][0] = true;
	for (; *text; before = *text++, turn ^= 1)
		if (!step(glob, sets[turn], sets[turn ^ 1], before, *text))
			return false;
	(void)step(glob, sets[turn], sets[turn ^ 1], before, '\0');
	return sets[turn][len];
}
