#include "interpreter.h"

#include "attr.h"

#include <stdio.h>
#include <string.h>

#define ARGS(text) text, sizeof(text)

static const struct {
	const char *sentence;
	enum interpreter interpreter;
	int count; /* 0: one */
	const char *args;
	size_t len;
	const char *name;
	enum operand_kind kind;
} rows[] = {
	{"a script", INTERPRETER_SHELL, 0, ARGS("sh\0x.sh"),
	 .kind = OPERAND_FILE, .name = "x.sh"},
	{"options before it", INTERPRETER_SHELL, 0, ARGS("sh\0-eu\0x.sh\0-c"),
	 .kind = OPERAND_FILE, .name = "x.sh"},
	{"an option with a value", INTERPRETER_SHELL, 0,
	 ARGS("bash\0-euo\0pipefail\0x.sh"), .kind = OPERAND_FILE,
	 .name = "x.sh"},
	{"an option turned off", INTERPRETER_SHELL, 0,
	 ARGS("bash\0+o\0posix\0+x\0x.sh"), .kind = OPERAND_FILE,
	 .name = "x.sh"},
	{"a long option with a value", INTERPRETER_SHELL, 2,
	 ARGS("bash\0--rcfile\0rc\0x.sh"), .kind = OPERAND_FILE, .name = "rc"},
	{"text on the command line", INTERPRETER_SHELL, 0,
	 ARGS("sh\0-c\0echo\0x.sh"), .kind = OPERAND_NONE, .name = NULL},
	{"text, with another flag", INTERPRETER_SHELL, 0, ARGS("sh\0-ec\0echo"),
	 .kind = OPERAND_NONE, .name = NULL},
	{"a script after the end of options", INTERPRETER_SHELL, 0,
	 ARGS("sh\0--\0-c"), .kind = OPERAND_FILE, .name = "-c"},
	{"standard input", INTERPRETER_SHELL, 0, ARGS("sh"),
	 .kind = OPERAND_INPUT, .name = NULL},
	{"standard input, by name", INTERPRETER_SHELL, 0, ARGS("sh\0-s\0x.sh"),
	 .kind = OPERAND_INPUT, .name = NULL},
	{"a shell's script after a lone sign", INTERPRETER_SHELL, 0,
	 ARGS("bash\0-\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"a shell's script after a plus", INTERPRETER_SHELL, 0,
	 ARGS("sh\0+\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"what an interactive shell reads first", INTERPRETER_SHELL, 2,
	 ARGS("bash\0--rcfile\0rc\0-i"), .kind = OPERAND_FILE, .name = "rc"},
	{"mawk's file by -W exec", INTERPRETER_AWK, 0,
	 ARGS("mawk\0-W\0exec\0x.awk"), .kind = OPERAND_FILE, .name = "x.awk"},
	{"the same, shorter, as mawk alone takes it", INTERPRETER_AWK, -1,
	 ARGS("mawk\0-We\0x.awk"), .kind = OPERAND_FILE},
	{"or in a list", INTERPRETER_AWK, -1,
	 ARGS("mawk\0-W\0interactive,E\0x.awk"), .kind = OPERAND_FILE},
	{"mawk's interactive takes nothing", INTERPRETER_AWK, 0,
	 ARGS("mawk\0-Winteractive\0-f\0x.awk"), .kind = OPERAND_FILE,
	 .name = "x.awk"},
	{"nor is its text a file", INTERPRETER_AWK, 0,
	 ARGS("mawk\0-W\0interactive\0{print}"), .kind = OPERAND_NONE},
	{"gawk's include, or mawk's interactive", INTERPRETER_AWK, -1,
	 ARGS("awk\0-Wi\0-f\0x.awk"), .kind = OPERAND_FILE},
	{"a value that may be an option", INTERPRETER_AWK, -1,
	 ARGS("mawk\0--source\0-f\0x.awk"), .kind = OPERAND_FILE},
	{"an option by its beginning", INTERPRETER_AWK, -1,
	 ARGS("gawk\0--fil\0x.awk"), .kind = OPERAND_FILE},
	{"awk's standard input by its sign", INTERPRETER_AWK, 0,
	 ARGS("mawk\0-f\0-"), .kind = OPERAND_INPUT},
	{"bash's long option with one dash", INTERPRETER_SHELL, 0,
	 ARGS("bash\0-norc\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"which others take for letters", INTERPRETER_SHELL, 2,
	 ARGS("bash\0-posix\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"and its startup file", INTERPRETER_SHELL, 2,
	 ARGS("bash\0-rcfile\0rc\0-i"), .kind = OPERAND_FILE, .name = "rc"},
	{"a plus that dash takes for off, and bash doesn't", INTERPRETER_SHELL,
	 2, ARGS("sh\0+s\0x.sh"), .kind = OPERAND_INPUT},
	{"gawk's library", INTERPRETER_AWK, 0, ARGS("gawk\0-i\0x.awk\0{print}"),
	 .kind = OPERAND_FILE, .name = "x.awk"},
	{"perl's text after a list of streams", INTERPRETER_PERL, 0,
	 ARGS("perl\0-CSDe\0print\0file"), .kind = OPERAND_NONE},
	{"python's script", INTERPRETER_PYTHON, 0, ARGS("python3\0-Bu\0x.py"),
	 .kind = OPERAND_FILE, .name = "x.py"},
	{"python's text", INTERPRETER_PYTHON, 0,
	 ARGS("python3\0-Ic\0pass\0x.py"), .kind = OPERAND_NONE, .name = NULL},
	{"python's module", INTERPRETER_PYTHON, 0,
	 ARGS("python3\0-m\0http.server\0x.py"), .kind = OPERAND_MODULE,
	 .name = "http.server"},
	{"python's module, in one word", INTERPRETER_PYTHON, 0,
	 ARGS("python3\0-mpip"), .kind = OPERAND_MODULE, .name = "pip"},
	{"python's option with a value", INTERPRETER_PYTHON, 0,
	 ARGS("python3\0-W\0ignore\0-Xutf8\0x.py"), .kind = OPERAND_FILE,
	 .name = "x.py"},
	{"python's input, by its sign", INTERPRETER_PYTHON, 0,
	 ARGS("python3\0-\0x"), .kind = OPERAND_INPUT, .name = NULL},
	{"perl's script", INTERPRETER_PERL, 0, ARGS("perl\0-w\0-I\0lib\0x.pl"),
	 .kind = OPERAND_FILE, .name = "x.pl"},
	{"perl's text, in a cluster", INTERPRETER_PERL, 0,
	 ARGS("perl\0-lne\0print\0file"), .kind = OPERAND_NONE, .name = NULL},
	{"perl's module with an e in its name", INTERPRETER_PERL, 0,
	 ARGS("perl\0-Mre\0x.pl"), .kind = OPERAND_FILE, .name = "x.pl"},
	{"php's script", INTERPRETER_PHP, 0, ARGS("php\0-d\0a=b\0x.php"),
	 .kind = OPERAND_FILE, .name = "x.php"},
	{"php's script by option", INTERPRETER_PHP, 0, ARGS("php\0-f\0x.php"),
	 .kind = OPERAND_FILE, .name = "x.php"},
	{"php's script by a long option", INTERPRETER_PHP, 0,
	 ARGS("php\0--file=x.php"), .kind = OPERAND_FILE, .name = "x.php"},
	{"php's text", INTERPRETER_PHP, 0, ARGS("php\0-r\0echo\0x"),
	 .kind = OPERAND_NONE, .name = NULL},
	{"node's script", INTERPRETER_NODE, 0,
	 ARGS("node\0--max-old-space-size=99\0--require\0y\0x.js"),
	 .kind = OPERAND_FILE, .name = "x.js"},
	{"node's text", INTERPRETER_NODE, 0, ARGS("node\0--eval=1"),
	 .kind = OPERAND_NONE, .name = NULL},
	{"awk's text", INTERPRETER_AWK, 0, ARGS("awk\0-F:\0{print}\0file"),
	 .kind = OPERAND_NONE, .name = NULL},
	{"awk's file", INTERPRETER_AWK, 0, ARGS("awk\0-F\0:\0-f\0x.awk\0file"),
	 .kind = OPERAND_FILE, .name = "x.awk"},
	{"awk's files", INTERPRETER_AWK, 2,
	 ARGS("awk\0-fx.awk\0-f\0y.awk\0file"), .kind = OPERAND_FILE,
	 .name = "x.awk"},
	{"more of awk's files than are told of", INTERPRETER_AWK, -1,
	 ARGS("awk\0-fa\0-fb\0-fc\0-fd\0-fe"), .kind = OPERAND_NONE},
	{"a shell's script after as many", INTERPRETER_SHELL, -1,
	 ARGS("bash\0--rcfile\0a\0--rcfile\0b\0--rcfile\0c\0--rcfile\0d\0x."
	      "sh"),
	 .kind = OPERAND_NONE},
	{"lua's text, and a file all the same", INTERPRETER_LUA, 0,
	 ARGS("lua\0-e\0x=1\0x.lua"), .kind = OPERAND_FILE, .name = "x.lua"},
	{"lua's text alone", INTERPRETER_LUA, 0, ARGS("lua\0-e\0x=1"),
	 .kind = OPERAND_NONE, .name = NULL},
	{"an applet by its own name", INTERPRETER_BUSYBOX, 0,
	 ARGS("/bin/sh\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"an applet by busybox's", INTERPRETER_BUSYBOX, 0,
	 ARGS("busybox\0ash\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"busybox by a name that only begins so, and again",
	 INTERPRETER_BUSYBOX, 0, ARGS("busyboxx\0busybox\0sh\0x.sh"),
	 .kind = OPERAND_FILE, .name = "x.sh"},
	{"an applet's applet", INTERPRETER_BUSYBOX, 0,
	 ARGS("busybox\0busybox\0sh"), .kind = OPERAND_INPUT, .name = NULL},
	{"a login shell", INTERPRETER_BUSYBOX, 0, ARGS("-sh"),
	 .kind = OPERAND_INPUT, .name = NULL},
	{"an applet that runs nothing", INTERPRETER_BUSYBOX, 0,
	 ARGS("cat\0x.sh"), .kind = OPERAND_NONE, .name = NULL},
	{"a setting within a cluster", INTERPRETER_SHELL, 0,
	 ARGS("bash\0-oe\0posix\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"dash's setting for standard input", INTERPRETER_SHELL, 2,
	 ARGS("dash\0-o\0stdin\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"text, and standard input after it", INTERPRETER_SHELL, 0,
	 ARGS("dash\0-sc\0:"), .kind = OPERAND_INPUT},
	{"which a plus takes back", INTERPRETER_SHELL, 2,
	 ARGS("dash\0-s\0+s\0x.sh"), .kind = OPERAND_INPUT},
	{"bash's long options end where a letter comes", INTERPRETER_SHELL, 0,
	 ARGS("bash\0-norc\0-x\0-posix\0posix"), .kind = OPERAND_INPUT},
	{"a letter that no shell knows", INTERPRETER_SHELL, -1,
	 ARGS("sh\0-Z\0x.sh"), .kind = OPERAND_FILE},
	{"another shell's script", INTERPRETER_OTHER_SHELL, 0,
	 ARGS("zsh\0-e\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"another shell's own option", INTERPRETER_OTHER_SHELL, -1,
	 ARGS("fish\0-C\0:\0x.sh"), .kind = OPERAND_FILE},
	{"what follows a space is nothing", INTERPRETER_PERL, 0,
	 ARGS("perl\0-w e\0x.pl"), .kind = OPERAND_FILE, .name = "x.pl"},
	{"or that end in a sign", INTERPRETER_PERL, -1,
	 ARGS("perl\0-w-\0-x.pl"), .kind = OPERAND_FILE},
	{"perl's ending of files, and more", INTERPRETER_PERL, -1,
	 ARGS("perl\0-i.bak -I\0lib\0x.pl"), .kind = OPERAND_FILE},
	{"perl's ending of files", INTERPRETER_PERL, 0,
	 ARGS("perl\0-i.bak\0-pe\0s/a/b/\0x"), .kind = OPERAND_NONE},
	{"perl's debugger takes nothing", INTERPRETER_PERL, 2,
	 ARGS("perl\0-dI\0lib\0x.pl"), .kind = OPERAND_FILE, .name = "x.pl"},
	{"but a module", INTERPRETER_PERL, 0, ARGS("perl\0-dt:NYTProf\0x.pl"),
	 .kind = OPERAND_FILE, .name = "x.pl"},
	{"perl's descriptor", INTERPRETER_PERL, -1, ARGS("perl\0/dev/fd/3/x"),
	 .kind = OPERAND_FILE},
	{"perl's name that is none", INTERPRETER_PERL, -1, ARGS("perl\0"),
	 .kind = OPERAND_FILE},
	{"perl's text may begin with a sign", INTERPRETER_PERL, 0,
	 ARGS("perl\0-ne\0-d and print"), .kind = OPERAND_NONE},
	{"python's long option in a cluster", INTERPRETER_PYTHON, -1,
	 ARGS("python3\0-B-check-hash-based-pycs\0never\0x.py"),
	 .kind = OPERAND_FILE},
	{"what prints runs nothing", INTERPRETER_PYTHON, 0,
	 ARGS("python3\0--version"), .kind = OPERAND_NONE},
	{"python's input after its text", INTERPRETER_PYTHON, 0,
	 ARGS("python3\0-ic\0pass"), .kind = OPERAND_INPUT},
	{"python's input after its script", INTERPRETER_PYTHON, 2,
	 ARGS("python3\0-i\0x.py"), .kind = OPERAND_FILE, .name = "x.py"},
	{"php's value after =", INTERPRETER_PHP, -1, ARGS("php\0-f=x.php"),
	 .kind = OPERAND_FILE},
	{"php's file after its text", INTERPRETER_PHP, 0,
	 ARGS("php\0-B\0a\0-F\0x.php"), .kind = OPERAND_FILE, .name = "x.php"},
	{"php's server", INTERPRETER_PHP, -1, ARGS("php\0-S\0localhost:80"),
	 .kind = OPERAND_FILE},
	{"node's option with a value", INTERPRETER_NODE, 0,
	 ARGS("node\0--title\0a\0x.js"), .kind = OPERAND_FILE, .name = "x.js"},
	{"node's option that may have one", INTERPRETER_NODE, -1,
	 ARGS("node\0--newer\0a\0x.js"), .kind = OPERAND_FILE},
	{"node's text that may be an option", INTERPRETER_NODE, -1,
	 ARGS("node\0-p\0--no-warnings\0x.js"), .kind = OPERAND_FILE},
	{"node's text, both", INTERPRETER_NODE, 0, ARGS("node\0-pe\0 1"),
	 .kind = OPERAND_NONE},
	{"one that it can't", INTERPRETER_NODE, 0, ARGS("node\0.././../x.js"),
	 .kind = OPERAND_FILE, .name = ".././../x.js"},
	{"ruby's option with a value", INTERPRETER_RUBY, -1,
	 ARGS("ruby\0--encoding\0utf-8\0x.rb"), .kind = OPERAND_FILE},
	{"what follows the end of php's options, which php-cgi runs",
	 INTERPRETER_PHP, 2, ARGS("php\0--\0x.php"), .kind = OPERAND_FILE,
	 .name = "x.php"},
	{"busybox' shell passes over what bash prints", INTERPRETER_BUSYBOX, 0,
	 ARGS("sh\0--version\0x.sh"), .kind = OPERAND_FILE, .name = "x.sh"},
	{"and over anything else", INTERPRETER_BUSYBOX, 0,
	 ARGS("sh\0--help\0--x"), .kind = OPERAND_INPUT},
	{"what bash prints", INTERPRETER_SHELL, 0, ARGS("bash\0--version"),
	 .kind = OPERAND_NONE},
	{"node's text, and then its input", INTERPRETER_NODE, 0,
	 ARGS("node\0-e\0"
	      "0\0-i"),
	 .kind = OPERAND_INPUT},
	{"node's text that isn't there", INTERPRETER_NODE, 0, ARGS("node\0-p"),
	 .kind = OPERAND_INPUT},
	{"node's text that is on", INTERPRETER_NODE, 0, ARGS("node\0--print=1"),
	 .kind = OPERAND_INPUT},
	{"node's option with a low line", INTERPRETER_NODE, 0,
	 ARGS("node\0--expose_gc\0x.js"), .kind = OPERAND_FILE, .name = "x.js"},
	{"one of many", INTERPRETER_NODE, 0,
	 ARGS("node\0--no-experimental-fetch\0x.js"), .kind = OPERAND_FILE,
	 .name = "x.js"},
	{"ruby's letters that take one", INTERPRETER_RUBY, 0,
	 ARGS("ruby\0-KuI\0lib\0x.rb"), .kind = OPERAND_FILE, .name = "x.rb"},
	{"or a digit, or a word", INTERPRETER_RUBY, 0,
	 ARGS("ruby\0-W0r\0lib\0-W:no-x\0x.rb"), .kind = OPERAND_FILE,
	 .name = "x.rb"},
	{"tcl's input after its sign", INTERPRETER_TCL, 0,
	 ARGS("tclsh\0--\0x.tcl"), .kind = OPERAND_INPUT},
	{"python's input after its module", INTERPRETER_PYTHON, 2,
	 ARGS("python3\0-i\0-m\0this"), .kind = OPERAND_MODULE, .name = "this"},
	{"lua's input after its text", INTERPRETER_LUA, 0,
	 ARGS("lua\0-e\0x=1\0-"), .kind = OPERAND_INPUT},
	{"perl's debugger asks", INTERPRETER_PERL, 2, ARGS("perl\0-d\0x.pl"),
	 .kind = OPERAND_FILE, .name = "x.pl"},
	{"switches of a #! line", INTERPRETER_PERL, 0,
	 ARGS("perl\0-w -T\0x.pl"), .kind = OPERAND_FILE, .name = "x.pl"},
	{"one of which takes the text", INTERPRETER_PERL, 0,
	 ARGS("perl\0-w -e\0"
	      "1\0x.pl"),
	 .kind = OPERAND_NONE},
	{"a remark for an editor", INTERPRETER_PERL, 0,
	 ARGS("perl\0-- # -*- perl -*-\0-x.pl"), .kind = OPERAND_FILE,
	 .name = "-x.pl"},
	{"one value of perl's", INTERPRETER_PERL, 0, ARGS("perl\0-V:version"),
	 .kind = OPERAND_NONE},
	{"csh's script", INTERPRETER_CSH, 0, ARGS("csh\0-f\0x.csh"),
	 .kind = OPERAND_FILE, .name = "x.csh"},
	{"no arguments at all", INTERPRETER_SHELL, 0, "", 0,
	 .kind = OPERAND_INPUT, .name = NULL},
	{"arguments that are cut off", INTERPRETER_SHELL, -1, "sh\0-x\0-", 7,
	 .kind = OPERAND_NONE, .name = NULL},
};

static const struct {
	const char *path;
	enum interpreter interpreter;
} named[] = {
	{"/usr/bin/python3.11", INTERPRETER_PYTHON},
	{"/usr/bin/python", INTERPRETER_PYTHON},
	{"/usr/bin/perl5.36.0", INTERPRETER_PERL},
	{"/usr/bin/perl5.36-x86_64-linux-gnu", INTERPRETER_PERL},
	{"/bin/dash", INTERPRETER_SHELL},
	{"/usr/bin/php8.2", INTERPRETER_PHP},
	{"/usr/bin/php-cgi8.2", INTERPRETER_PHP},
	{"busybox", INTERPRETER_BUSYBOX},
	{"/bin/python3-config", INTERPRETER_PYTHON},
	{"/bin/sha256sum", INTERPRETER_NONE},
	{"/lib64/ld-linux-x86-64.so.2", INTERPRETER_LOADER},
	{"/bin/busybox.static", INTERPRETER_BUSYBOX},
	{"/bin/ld", INTERPRETER_NONE},
	{"/bin/shred", INTERPRETER_NONE},
	{"/sh/cat", INTERPRETER_NONE},
	{"", INTERPRETER_NONE},
	{"/", INTERPRETER_NONE},
};

static const struct {
	const char *name;
	const char *resolved; /* NULL: refused */
} resolved[] = {
	{"x.js", "x.js"},
	{"./a//./x.js", "a/x.js"},
	{"a/../x.js", "x.js"},
	{"../a/b/../../x", "../x"},
	{".././../x.js", "../../x.js"},
	{"d/", "d"},
	{"d/.", "d"},
	{"/a/../../x", "/x"},
	{"a/b/..", "a"},
	{".", NULL},
	{"a/..", NULL},
	{"..", NULL},
	{"../../", NULL},
	{"/", NULL},
	{"", NULL},
};

int main(void)
{
	int failures = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct operands got;
		int want = rows[i].count ? rows[i].count : 1;
		const char *name;
		bool same_name;

		interpreter_operands(rows[i].interpreter, rows[i].args,
				     rows[i].len, &got);
		name = got.at[0].name;
		same_name = (!rows[i].name && !name) ||
			    (rows[i].name && name &&
			     strcmp(rows[i].name, name) == 0);
		if (want < 0 ? !got.understood
			     : got.understood && got.count == want &&
				       got.at[0].kind == rows[i].kind &&
				       same_name)
			continue;
		(void)fprintf(stderr, "failed: %s (%d%s, kind %d, %s)\n",
			      rows[i].sentence, got.count,
			      got.understood ? "" : ", not understood",
			      (int)got.at[0].kind, name ? name : "no name");
		failures++;
	}
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		if (interpreter_named(named[i].path, strlen(named[i].path)) ==
		    named[i].interpreter)
			continue;
		(void)fprintf(stderr, "failed: %s\n", named[i].path);
		failures++;
	}
	for (size_t i = 0; i < ARRAY_LEN(resolved); i++) {
		char got[64];
		bool found = interpreter_resolve(resolved[i].name, got);

		if (found ? resolved[i].resolved &&
				    strcmp(got, resolved[i].resolved) == 0
			  : !resolved[i].resolved)
			continue;
		(void)fprintf(stderr, "failed: \"%s\" (%s)\n", resolved[i].name,
			      found ? got : "nothing");
		failures++;
	}
	return failures != 0;
}
