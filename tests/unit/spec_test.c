#include "spec.h"

#include "file.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

/* JSON in the rows has ' for " so that it can be read. */
static char *quoted(const char *text)
{
	char *copy = strdup(text);

	for (char *p = copy; p && *p; p++)
		if (*p == '\'')
			*p = '"';
	return copy;
}

static struct json *json_of(const char *text)
{
	OWNED(free_owned) char *bytes = quoted(text);
	struct json *value = NULL;
	struct err e = {0};

	if (!bytes || json_parse(bytes, strlen(bytes), &value, &e) < 0)
		(void)printf("in a row: %s: %s\n", text, e.text);
	return value;
}

static int parse(const char *text, struct spec **ret, struct err *e)
{
	char *bytes = quoted(text);
	int rc = bytes ? spec_parse(bytes, strlen(bytes), ret, e) : -1;

	free(bytes);
	return rc;
}

static int protect_from(struct spec *spec, enum libraries libraries,
			bool memory_denied, struct err *e)
{
	static const char *const args[] = {"runmoor", "poststop", NULL};
	const struct spec_protection protection = {
		.listener_path = "/run/runmoor/x/listener",
		.libraries = libraries,
		.memory_denied = memory_denied,
		.hook = "/usr/bin/runmoor",
		.poststop_args = args,
	};

	return spec_protect(spec, &protection, e);
}

static int protect(struct spec *spec, enum libraries libraries, struct err *e)
{
	return protect_from(spec, libraries, false, e);
}

static struct json *written(const struct spec *spec)
{
	struct buffer out = BUFFER_INIT;
	struct json *value = NULL;
	struct err e = {0};

	spec_write(spec, &out);
	if (buffer_failed(&out) || json_parse(out.data, out.len, &value, &e))
		(void)printf("written: %s\n", e.text);
	buffer_clear(&out);
	return value;
}

static const struct {
	const char *name, *text, *says;
} refused_specs[] = {
	{"an empty document", "", NULL},
	{"not an object", "[]", "must be an object, not an array"},
	{"cut off", "{'root':{'path':'rootfs'}", NULL},
	{"root is text", "{'root':'rootfs'}", "root: must be"},
	{"root.path is a number", "{'root':{'path':1}}", "root.path: must be"},
	{"root.path with a NUL", "{'root':{'path':'a\\u0000b'}}",
	 "root.path: contains a NUL"},
	{"root comes twice", "{'root':{},'root':{}}", "root: comes 2"},
	{"linux in another case", "{'Linux':{}}", "linux: is spelled"},
	{"linux in both cases", "{'linux':{},'LINUX':{}}", "linux: comes 2"},
	{"a key that Go folds, with a long s", "{'linux':{'\u017feccomp':{}}}",
	 "linux.seccomp: is spelled"},
	{"a listener path in another case",
	 "{'linux':{'seccomp':{'listenerpath':'/s'}}}",
	 "linux.seccomp.listenerPath: is spelled"},
	{"a listener path twice",
	 "{'linux':{'seccomp':{'listenerPath':'','listenerPath':'/"
	 "s'}}}",
	 "linux.seccomp.listenerPath: comes 2"},
	{"seccomp is a list", "{'linux':{'seccomp':[]}}",
	 "linux.seccomp: must be an object, not an array"},
	{"syscalls is an object", "{'linux':{'seccomp':{'syscalls':{}}}}",
	 "linux.seccomp.syscalls: must be an array"},
	{"the second rule is text",
	 "{'linux':{'seccomp':{'syscalls':[{},'x']}}}",
	 "linux.seccomp.syscalls[1]: must be an object"},
	{"a rule's action comes twice",
	 "{'linux':{'seccomp':{'syscalls':[{'action':'a','action':"
	 "'b'}]}}}",
	 "linux.seccomp.syscalls[0].action: comes 2"},
	{"a name with a NUL, which ends it in C",
	 "{'linux':{'seccomp':{'syscalls':[{'names':['execve\\u0000x']"
	 "}]}}}",
	 "linux.seccomp.syscalls[0].names[0]: contains a NUL"},
	{"an argument's value is text",
	 "{'linux':{'seccomp':{'syscalls':[{'args':[{'value':'1'}]}]}}"
	 "}",
	 "linux.seccomp.syscalls[0].args[0].value: must be a number"},
	{"hooks.poststop is an object", "{'hooks':{'poststop':{}}}",
	 "hooks.poststop: must be an array"},
	{"a poststop hook is text", "{'hooks':{'poststop':['x']}}",
	 "hooks.poststop[0]: must be an object"},
	{"hooks twice", "{'hooks':{},'hooks':{}}", "hooks: comes 2"},
	{"annotations are a list", "{'annotations':[]}",
	 "annotations: must be"},
	{"an annotation is a number", "{'annotations':{'a':1}}",
	 "annotations: \"a\" must be a string"},
	{"a policy annotation comes twice",
	 "{'annotations':{'io.runmoor.mode':'off','io.runmoor.mode':"
	 "'enforce'}}",
	 "annotations: \"io.runmoor.mode\" comes twice"},
	{"a policy annotation with a NUL",
	 "{'annotations':{'io.runmoor.mode':'o\\u0000'}}",
	 "annotations: \"io.runmoor.mode\" must be text"},
	{"mounts is an object", "{'mounts':{}}", "mounts: must be"},
	{"mount options are text", "{'mounts':[{'options':'ro'}]}",
	 "mounts[0].options: must be an array"},
	{"capabilities are a list", "{'process':{'capabilities':[]}}",
	 "process.capabilities: must be an object"},
	{"noNewPrivileges is text", "{'process':{'noNewPrivileges':'true'}}",
	 "process.noNewPrivileges: must be"},
	{"a device's number is text", "{'linux':{'devices':[{'major':'1'}]}}",
	 "linux.devices[0].major: must be a number"},
};

static void test_parse_refusals(void)
{
	for (size_t i = 0; i < ARRAY_LEN(refused_specs); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		struct err e = {0};

		CHECK(refused_specs[i].name,
		      parse(refused_specs[i].text, &spec, &e) == -1);
		CHECK(refused_specs[i].name, !spec && e.code == EINVAL);
		CHECK(refused_specs[i].name,
		      !refused_specs[i].says ||
			      strstr(e.text, refused_specs[i].says));
	}
}

static void test_parse_accepts(void)
{
	static const char *const rows[] = {
		"{}",
		"{'linux':null,'hooks':null,'annotations':null,'mounts':null}",
		"{'Foo':1,'foo':2,'foo':3}",
		"{'annotations':{'a':'1','A':'2','a':'3','b':null}}",
		"{'linux':{'seccomp':null}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		OWNED(json_owned) struct json *before = json_of(rows[i]);
		OWNED(json_owned) struct json *after = NULL;
		struct err e = {0};

		CHECK(rows[i], parse(rows[i], &spec, &e) == 0);
		if (!spec)
			continue;
		after = written(spec);
		CHECK("comes out as it went in", json_equal(before, after));
	}
}

#define ALLOW	"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':["
#define DENY	"{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
#define ANY_ARG "'args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]"

static const struct {
	const char *name, *linux_, *annotations, *says;
	enum libraries libraries;
	int code;
} refused_profiles[] = {
	{"a listener path",
	 "{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':"
	 "'/s','syscalls':[{'names':['mkdir'],'action':"
	 "'SCMP_ACT_NOTIFY'}]}}",
	 "{}", "io.runmoor.mode=off", LIBRARIES_ENFORCE, EINVAL},
	{"a rule that notifies without a listener",
	 "{'seccomp':" ALLOW
	 "{'names':['mkdir'],'action':'SCMP_ACT_NOTIFY'}]}}",
	 "{}", "linux.seccomp.syscalls[0]", LIBRARIES_OFF, ENOTSUP},
	{"execve with arguments",
	 "{'seccomp':" DENY "{'names':['read'],'action':'SCMP_ACT_ALLOW'},"
	 "{'names':['execve'],'action':'SCMP_ACT_ALLOW'," ANY_ARG "}]}}",
	 "{}", "linux.seccomp.syscalls[1]", LIBRARIES_OFF, ENOTSUP},
	{"execveat denied with arguments only",
	 "{'seccomp':" ALLOW
	 "{'names':['execveat'],'action':'SCMP_ACT_ERRNO'," ANY_ARG "}]}}",
	 "{}", "execveat", LIBRARIES_OFF, ENOTSUP},
	{"execve traced",
	 "{'seccomp':" DENY "{'names':['execve'],'action':'SCMP_ACT_TRACE'}]}}",
	 "{}", "SCMP_ACT_TRACE", LIBRARIES_OFF, ENOTSUP},
	{"execve with an action that isn't known",
	 "{'seccomp':" DENY "{'names':['execve'],'action':'SCMP_ACT_NEW'}]}}",
	 "{}", "SCMP_ACT_NEW", LIBRARIES_OFF, ENOTSUP},
	{"execve with no action", "{'seccomp':" DENY "{'names':['execve']}]}}",
	 "{}", "none", LIBRARIES_OFF, ENOTSUP},
	{"mmap allowed with arguments",
	 "{'seccomp':" DENY
	 "{'names':['mmap'],'action':'SCMP_ACT_ALLOW'," ANY_ARG "}]}}",
	 "{}", "linux.seccomp.syscalls[0]", LIBRARIES_AUDIT, ENOTSUP},
	{"personality allowed where it may make mappings executable",
	 "{'seccomp':" DENY "{'names':['personality'],'action':'SCMP_ACT_"
	 "ALLOW','args':[{'index':0,'value':4194304,'op':'SCMP_CMP_EQ'}]}]}}",
	 "{}", "personality", LIBRARIES_AUDIT, ENOTSUP},
	{"mmap2 traced",
	 "{'seccomp':" DENY "{'names':['mmap2'],'action':'SCMP_ACT_TRACE'}]}}",
	 "{}", "mmap2", LIBRARIES_ENFORCE, ENOTSUP},
	{"mprotect traced, with strict libraries",
	 "{'seccomp':" DENY
	 "{'names':['mprotect'],'action':'SCMP_ACT_TRACE'}]}}",
	 "{}", "mprotect", LIBRARIES_STRICT, ENOTSUP},
	{"a default that traces",
	 "{'seccomp':{'defaultAction':'SCMP_ACT_TRACE'}}", "{}",
	 "linux.seccomp.defaultAction", LIBRARIES_OFF, ENOTSUP},
	{"a default that notifies",
	 "{'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY'}}", "{}",
	 "linux.seccomp.defaultAction", LIBRARIES_OFF, ENOTSUP},
	{"rules without a default",
	 "{'seccomp':{'syscalls':[{'names':['read'],'action':"
	 "'SCMP_ACT_ERRNO'}]}}",
	 "{}", "linux.seccomp.defaultAction: none", LIBRARIES_OFF, ENOTSUP},
	{"a filter of the container's own, by annotation", "{}",
	 "{'run.oci.seccomp_bpf_data':'BgAAAAAA/38='}",
	 "run.oci.seccomp_bpf_data", LIBRARIES_OFF, ENOTSUP},
	{"a handler in place of the exec, by annotation", "{}",
	 "{'run.oci.handler':'wasm'}", "run.oci.handler", LIBRARIES_OFF,
	 ENOTSUP},
};

static void test_protect_refusals(void)
{
	for (size_t i = 0; i < ARRAY_LEN(refused_profiles); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		struct err e = {0};
		char text[1024];

		(void)snprintf(text, sizeof(text),
			       "{'linux':%s,'annotations':%s}",
			       refused_profiles[i].linux_,
			       refused_profiles[i].annotations);
		CHECK(refused_profiles[i].name, parse(text, &spec, &e) == 0);
		if (!spec)
			continue;
		CHECK(refused_profiles[i].name,
		      protect(spec, refused_profiles[i].libraries, &e) == -1);
		CHECK(refused_profiles[i].name,
		      e.code == refused_profiles[i].code);
		CHECK(refused_profiles[i].name,
		      strstr(e.text, refused_profiles[i].says));
	}
}

#define LISTENER "'listenerPath':'/run/runmoor/x/listener'"
#define GATE_EXEC                                                              \
	"{'names':['execve'],'action':'SCMP_ACT_NOTIFY'},"                     \
	"{'names':['execveat'],'action':'SCMP_ACT_NOTIFY'}"
#define BIT(index, mask, datum)                                                \
	"{'index':" #index ",'value':" #mask ",'valueTwo':" #datum             \
	",'op':'SCMP_CMP_MASKED_EQ'}"
#define GATE_MAP(name)                                                         \
	"{'names':['" name "'],'action':'SCMP_ACT_NOTIFY','args':[" BIT(       \
		2, 4, 4) "," BIT(3, 32, 0) "]}"
#define GATE_SEGMENT(name)                                                     \
	"{'names':['" name                                                     \
	"'],'action':'SCMP_ACT_NOTIFY','args':[" BIT(2, 32768, 32768) "]}"
#define GATE_OTHERS                                                            \
	"{'names':['uselib'],'action':'SCMP_ACT_NOTIFY'},"                     \
	"{'names':['personality'],'action':'SCMP_ACT_NOTIFY','args':[" BIT(    \
		0, 4194304, 4194304) "]}"
#define KEEP_MAP(name, action)                                                 \
	"{'names':['" name "'],'action':'" action "','args':[" BIT(            \
		2, 4, 0) "]},"                                                 \
			 "{'names':['" name "'],'action':'" action             \
			 "','args':[" BIT(2, 4, 4) "," BIT(3, 32, 32) "]}"
#if defined(__x86_64__)
#define ARCHITECTURES "['SCMP_ARCH_X86_64','SCMP_ARCH_X86','SCMP_ARCH_X32']"
#else
#define ARCHITECTURES "['SCMP_ARCH_AARCH64','SCMP_ARCH_ARM']"
#endif

struct rewrite {
	const char *name, *before, *after;
	enum libraries libraries;
	bool memory_denied;
};

static const struct rewrite rewrites[] = {
	{"shared memory may not be executed, whatever libraries are", "null",
	 ALLOW GATE_EXEC "," GATE_SEGMENT("shmat") "," GATE_SEGMENT(
		 "ipc") "],'architectures':" ARCHITECTURES "," LISTENER "}",
	 LIBRARIES_OFF, true},
	{"the rest of shared memory keeps its action",
	 DENY "{'names':['shmat','shmdt'],'action':'SCMP_ACT_ALLOW'}]}",
	 DENY GATE_SEGMENT("shmat") ",{'names':['shmat'],'action':"
				    "'SCMP_ACT_ALLOW','args':[" BIT(
					    2, 32768,
					    0) "]},"
					       "{'names':['shmdt'],'action':'"
					       "SCMP_ACT_ALLOW'}]," LISTENER
					       "}",
	 LIBRARIES_OFF, true},
	{"no profile, libraries off", "null",
	 ALLOW GATE_EXEC "],'architectures':" ARCHITECTURES "," LISTENER "}",
	 LIBRARIES_OFF, false},
	{"no profile", "null",
	 ALLOW GATE_EXEC "," GATE_MAP("mmap") "," GATE_MAP(
		 "mmap2") "," GATE_OTHERS "],'architectures':" ARCHITECTURES
			  "," LISTENER "}",
	 LIBRARIES_ENFORCE, false},
	{"a profile that says nothing is none, whatever it names",
	 "{'architectures':['SCMP_ARCH_X86_64']}",
	 ALLOW GATE_EXEC "],'architectures':" ARCHITECTURES "," LISTENER "}",
	 LIBRARIES_OFF, false},
	{"a default that allows, on the architectures it lists",
	 "{'defaultAction':'SCMP_ACT_ALLOW','architectures':["
	 "'SCMP_ARCH_X86_64']}",
	 ALLOW GATE_EXEC "],'architectures':['SCMP_ARCH_X86_64']," LISTENER "}",
	 LIBRARIES_OFF, false},
	{"rules that repeat the default go unread, also with arguments",
	 ALLOW "{'names':['execve'],'action':'SCMP_ACT_ALLOW'," ANY_ARG "}]}",
	 ALLOW GATE_EXEC
	 ",{'names':['execve'],'action':'SCMP_ACT_ALLOW'," ANY_ARG
	 "}]," LISTENER "}",
	 LIBRARIES_OFF, false},
	{"names are taken out, and a rule without any goes",
	 DENY "{'names':['execve','execve'],'action':'SCMP_ACT_ALLOW'},"
	      "{'names':['read','execveat'],'action':'SCMP_ACT_ALLOW'}]}",
	 DENY GATE_EXEC
	 ",{'names':['read'],'action':'SCMP_ACT_ALLOW'}]," LISTENER "}",
	 LIBRARIES_OFF, false},
	{"what wasn't allowed isn't added",
	 DENY "{'names':['execve'],'action':'SCMP_ACT_LOG'}]}",
	 DENY "{'names':['execve'],'action':'SCMP_ACT_NOTIFY'}]," LISTENER "}",
	 LIBRARIES_ENFORCE, false},
	{"the rest of a mapping keeps its action",
	 DENY "{'names':['mmap'],'action':'SCMP_ACT_ALLOW'},"
	      "{'names':['mmap2'],'action':'SCMP_ACT_LOG'}]}",
	 DENY GATE_MAP("mmap") "," KEEP_MAP("mmap", "SCMP_ACT_ALLOW") "," GATE_MAP(
		 "mmap2") "," KEEP_MAP("mmap2", "SCMP_ACT_LOG") "]," LISTENER
								"}",
	 LIBRARIES_AUDIT, false},
	{"a default that logs is one that allows",
	 "{'defaultAction':'SCMP_ACT_LOG','syscalls':[{'names':['mmap'],"
	 "'action':'SCMP_ACT_LOG'}]}",
	 "{'defaultAction':'SCMP_ACT_LOG','syscalls':[" GATE_EXEC
	 "," GATE_MAP("mmap") "," GATE_MAP("mmap2") "," GATE_OTHERS
						    "]," LISTENER "}",
	 LIBRARIES_ENFORCE, false},
	{"a rule that denies some mappings stays",
	 ALLOW "{'names':['mmap'],'action':'SCMP_ACT_ERRNO'," ANY_ARG "}]}",
	 ALLOW GATE_EXEC "," GATE_MAP("mmap") "," GATE_MAP(
		 "mmap2") "," GATE_OTHERS
			  ",{'names':['mmap'],'action':'SCMP_ACT_"
			  "ERRNO'," ANY_ARG "}]," LISTENER "}",
	 LIBRARIES_ENFORCE, false},
	{"a profile's own rules for harmless personalities are kept",
	 DENY "{'names':['personality'],'action':'SCMP_ACT_ALLOW'," ANY_ARG
	      "}]}",
	 DENY "{'names':['personality'],'action':'SCMP_ACT_ALLOW'," ANY_ARG
	      "}]," LISTENER "}",
	 LIBRARIES_ENFORCE, false},
	{"beside ours, where any other is allowed",
	 ALLOW "{'names':['personality'],'action':'SCMP_ACT_LOG'," ANY_ARG
	       "}]}",
	 ALLOW GATE_EXEC "," GATE_MAP("mmap") "," GATE_MAP(
		 "mmap2") "," GATE_OTHERS ",{'names':['personality'],'action':'"
			  "SCMP_ACT_LOG'," ANY_ARG "}]," LISTENER "}",
	 LIBRARIES_ENFORCE, false},
	{"what is denied stays denied, though a later rule allows it",
	 ALLOW "{'names':['execve'],'action':'SCMP_ACT_KILL_PROCESS'},"
	       "{'names':['execve','read'],'action':'SCMP_ACT_LOG'}]}",
	 ALLOW "{'names':['execveat'],'action':'SCMP_ACT_NOTIFY'},"
	       "{'names':['execve'],'action':'SCMP_ACT_KILL_PROCESS'},"
	       "{'names':['read'],'action':'SCMP_ACT_LOG'}]," LISTENER "}",
	 LIBRARIES_OFF, false},
	{"a denial that repeats the default doesn't count",
	 DENY "{'names':['execve'],'action':'SCMP_ACT_ERRNO'},"
	      "{'names':['execve'],'action':'SCMP_ACT_ALLOW'}]}",
	 DENY "{'names':['execve'],'action':'SCMP_ACT_NOTIFY'},"
	      "{'names':['execve'],'action':'SCMP_ACT_ERRNO'}]," LISTENER "}",
	 LIBRARIES_OFF, false},
	{"strict libraries: mprotect",
	 DENY "{'names':['mprotect'],'action':'SCMP_ACT_ALLOW'}]}",
	 DENY "{'names':['mprotect'],'action':'SCMP_ACT_NOTIFY','args':[" BIT(
		 2, 4, 4) "]},{'names':['mprotect'],'action':'SCMP_ACT_ALLOW',"
			  "'args':[" BIT(2, 4, 0) "]}]," LISTENER "}",
	 LIBRARIES_STRICT, false},
};

static void test_rewrites(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rewrites); i++) {
		const struct rewrite *row = &rewrites[i];
		OWNED(spec_owned) struct spec *spec = NULL;
		OWNED(json_owned) struct json *expected = json_of(row->after);
		OWNED(json_owned) struct json *document = NULL;
		struct err e = {0};
		char text[1024];

		(void)snprintf(text, sizeof(text), "{'linux':{'seccomp':%s}}",
			       row->before);
		CHECK(row->name, parse(text, &spec, &e) == 0);
		if (!spec)
			continue;
		CHECK(row->name, protect_from(spec, row->libraries,
					      row->memory_denied, &e) == 0);
		document = written(spec);
		CHECK(row->name,
		      json_equal(
			      json_get(json_get(document, "linux"), "seccomp"),
			      expected));
	}
}

static void test_hook(void)
{
	OWNED(spec_owned) struct spec *spec = NULL;
	OWNED(json_owned) struct json *document = NULL;
	OWNED(json_owned)
	struct json *expected =
		json_of("{'prestart':[{'path':'/p'}],'poststop':[{'path':'/a',"
			"'timeout':1},{'path':'/usr/bin/runmoor','args':["
			"'runmoor','poststop']}]}");
	struct err e = {0};

	CHECK("parse",
	      parse("{'hooks':{'prestart':[{'path':'/p'}],'poststop':[{'path':"
		    "'/a','timeout':1}]}}",
		    &spec, &e) == 0 &&
		      protect(spec, LIBRARIES_OFF, &e) == 0);
	document = written(spec);
	CHECK("ours comes last, the others stay",
	      json_equal(json_get(document, "hooks"), expected));
	CHECK("protected twice is refused",
	      protect(spec, LIBRARIES_OFF, &e) == -1 && e.code == EINVAL);
}

static const struct {
	const char *name, *text;
	bool listener, notify, sys_time, raw, blocks;
} predicates[] = {
	{"an empty spec", "{}", false, false, false, false, false},
	{"an empty listener path is none",
	 "{'linux':{'seccomp':{'listenerPath':''}}}", false, false, false,
	 false, false},
	{"a listener path", "{'linux':{'seccomp':{'listenerPath':'/s'}}}", true,
	 false, false, false, false},
	{"a rule that notifies",
	 "{'linux':{'seccomp':{'syscalls':[{},{'action':"
	 "'SCMP_ACT_NOTIFY'}]}}}",
	 false, true, false, false, false},
	{"a default that notifies",
	 "{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY'}}}", false,
	 true, false, false, false},
	{"a capability in one set",
	 "{'process':{'capabilities':{'bounding':['CAP_KILL'],"
	 "'inheritable':['CAP_SYS_TIME']}}}",
	 false, false, true, false, false},
	{"a capability that libcap reads in any case",
	 "{'process':{'capabilities':{'ambient':['cap_sys_time']}}}", false,
	 false, true, false, false},
	{"all devices denied",
	 "{'linux':{'resources':{'devices':[{'allow':false,'access':"
	 "'rwm'}]}}}",
	 false, false, false, false, false},
	{"all devices allowed",
	 "{'linux':{'resources':{'devices':[{'allow':true,'type':'a',"
	 "'access':'rwm'}]}}}",
	 false, false, false, true, true},
	{"all devices allowed, without saying so",
	 "{'linux':{'resources':{'devices':[{'allow':true}]}}}", false, false,
	 false, true, true},
	{"one block device allowed",
	 "{'linux':{'resources':{'devices':[{'allow':true,'type':'b',"
	 "'major':8,'minor':0,'access':'rw'}]}}}",
	 false, false, false, true, false},
	{"nodes may be made of all, not opened",
	 "{'linux':{'resources':{'devices':[{'allow':true,'type':'b',"
	 "'access':'m'},{'allow':true,'type':'c','access':'m'}]}}}",
	 false, false, false, false, false},
	{"no rules, and nodes may be made",
	 "{'process':{'capabilities':{'effective':['CAP_MKNOD']}}}", false,
	 false, false, true, true},
	{"a block device node",
	 "{'linux':{'devices':[{'path':'/dev/sda','type':'b','major':8"
	 ",'minor':0}]}}",
	 false, false, false, true, false},
	{"a FUSE node",
	 "{'linux':{'devices':[{'path':'/dev/fuse','type':'c','major':"
	 "10,'minor':229}]}}",
	 false, false, false, false, true},
	{"another character device",
	 "{'linux':{'devices':[{'path':'/dev/kvm','type':'c','major':"
	 "10,'minor':232}]}}",
	 false, false, false, false, false},
	{"a rule for all of FUSE's major",
	 "{'linux':{'resources':{'devices':[{'allow':true,'type':'c',"
	 "'major':10,'access':'rwm'}]}}}",
	 false, false, false, false, true},
	{"an NFS mount", "{'mounts':[{'type':'nfs4'}]}", false, false, false,
	 false, true},
	{"a FUSE mount", "{'mounts':[{},{'type':'fuse.sshfs'}]}", false, false,
	 false, false, true},
};

static void test_predicates(void)
{
	for (size_t i = 0; i < ARRAY_LEN(predicates); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		struct err e = {0};

		CHECK(predicates[i].name,
		      parse(predicates[i].text, &spec, &e) == 0);
		if (!spec)
			continue;
		CHECK(predicates[i].name,
		      spec_has_listener(spec) == predicates[i].listener);
		CHECK(predicates[i].name,
		      spec_has_notify(spec) == predicates[i].notify);
		CHECK(predicates[i].name,
		      spec_has_capability(spec, "CAP_SYS_TIME") ==
			      predicates[i].sys_time);
		CHECK(predicates[i].name,
		      spec_allows_raw_devices(spec) == predicates[i].raw);
		CHECK(predicates[i].name,
		      spec_may_block_reads(spec) == predicates[i].blocks);
	}
}

static void test_drivers(void)
{
	static const struct {
		const char *name, *text, *expected;
	} rows[] = {
		{"no devices", "{}", "[]"},
		{"a node",
		 "{'linux':{'devices':[{'path':'/dev/x','type':'c','major':10,"
		 "'minor':125}]}}",
		 "['10:125']"},
		{"a disk is none",
		 "{'linux':{'devices':[{'path':'/dev/x','type':'b','major':8,"
		 "'minor':0}]}}",
		 "[]"},
		{"nor is the machine's memory",
		 "{'linux':{'devices':[{'path':'/dev/mem','type':'c','major':1,"
		 "'minor':1}]}}",
		 "[]"},
		{"a rule for all of a major",
		 "{'linux':{'resources':{'devices':[{'allow':true,'type':'c',"
		 "'major':195,'access':'rw'}]}}}",
		 "['195:*']"},
		{"a rule that denies",
		 "{'linux':{'resources':{'devices':[{'allow':false,'type':'c',"
		 "'major':195,'access':'rw'}]}}}",
		 "[]"},
		{"all devices allowed, by no name",
		 "{'linux':{'resources':{'devices':[{'allow':true},{'allow':"
		 "true,'type':'c','access':'rwm'}]}}}",
		 "[]"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		OWNED(json_owned) struct json *drivers = NULL;
		OWNED(json_owned) struct json *expected = NULL;
		struct err e = {0};

		CHECK(rows[i].name, parse(rows[i].text, &spec, &e) == 0);
		if (!spec)
			continue;
		drivers = spec_drivers(spec);
		expected = json_of(rows[i].expected);
		CHECK(rows[i].name, json_equal(drivers, expected));
	}
}

static void test_start_hooks(void)
{
	static const struct {
		const char *name, *text;
		bool expected;
	} rows[] = {
		{"no hooks", "{}", false},
		{"hooks of other stages",
		 "{'hooks':{'poststop':[{'path':'/x'}],'startContainer':[{"
		 "'path':'/x'}],'poststart':[{'path':'/x'}]}}",
		 false},
		{"lists that are empty",
		 "{'hooks':{'prestart':[],'createRuntime':[]}}", false},
		{"prestart", "{'hooks':{'prestart':[{'path':'/x'}]}}", true},
		{"createRuntime", "{'hooks':{'createRuntime':[{'path':'/x'}]}}",
		 true},
		{"createContainer",
		 "{'hooks':{'createContainer':[{'path':'/x'}]}}", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		struct err e = {0};

		CHECK(rows[i].name, parse(rows[i].text, &spec, &e) == 0);
		CHECK(rows[i].name,
		      spec && spec_has_start_hooks(spec) == rows[i].expected);
	}
}

static void test_refuse(void)
{
	static const char *const specs[] = {
		"{}",
		"{'process':{'args':['/bin/sh','-c','id']},"
		"'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		OWNED(buffer_clear) struct buffer out = BUFFER_INIT;
		struct err e = {0};

		CHECK("a spec to refuse", parse(specs[i], &spec, &e) == 0 &&
						  spec_refuse(spec, "no") == 0);
		spec_write(spec, &out);
		buffer_append(&out, "", 1);
		CHECK("its profile is one that no runtime reads",
		      strstr(out.data, "\"defaultAction\":\"no\""));
		CHECK("its program is one that isn't there",
		      strstr(out.data, "\"args\":[\"no\"]"));
	}
}

/* rewritten: the document after another program changed the one that runmoor
 * wrote. */
static void test_keeps_gate(void)
{
	static const char ours[] =
		"{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO',"
		"'architectures':['SCMP_ARCH_X86_64'],'listenerPath':'/s',"
		"'syscalls':[{'names':['execve'],'action':'SCMP_ACT_NOTIFY',"
		"'args':[]}]}}}";
	static const struct {
		const char *name, *rewritten;
		bool kept;
	} rows[] = {
		{"a mount was added, members in another order, empty ones left "
		 "out",
		 "{'mounts':[{'destination':'/x'}],'linux':{'seccomp':{"
		 "'syscalls':[{'action':'SCMP_ACT_NOTIFY','names':['execve']}],"
		 "'listenerPath':'/s','architectures':['SCMP_ARCH_X86_64'],"
		 "'defaultAction':'SCMP_ACT_ERRNO','flags':[]}}}",
		 true},
		{"no profile", "{'linux':{}}", false},
		{"nothing", "{}", false},
		{"no listener",
		 "{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO',"
		 "'architectures':['SCMP_ARCH_X86_64'],"
		 "'syscalls':[{'names':['execve'],"
		 "'action':'SCMP_ACT_NOTIFY'}]}}}",
		 false},
		{"another listener",
		 "{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO',"
		 "'architectures':['SCMP_ARCH_X86_64'],'listenerPath':'/o',"
		 "'syscalls':[{'names':['execve'],"
		 "'action':'SCMP_ACT_NOTIFY'}]}}}",
		 false},
		{"the call is another",
		 "{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO',"
		 "'architectures':['SCMP_ARCH_X86_64'],'listenerPath':'/s',"
		 "'syscalls':[{'names':['execveat'],"
		 "'action':'SCMP_ACT_NOTIFY'}]}}}",
		 false},
		{"the call is let pass",
		 "{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO',"
		 "'architectures':['SCMP_ARCH_X86_64'],'listenerPath':'/s',"
		 "'syscalls':[{'names':['execve'],"
		 "'action':'SCMP_ACT_ALLOW'}]}}}",
		 false},
		{"with conditions",
		 "{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO',"
		 "'architectures':['SCMP_ARCH_X86_64'],'listenerPath':'/s',"
		 "'syscalls':[{'names':['execve'],'action':'SCMP_ACT_NOTIFY',"
		 "'args':[{'index':0,'value':0,'op':'SCMP_CMP_EQ'}]}]}}}",
		 false},
		{"another default",
		 "{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW',"
		 "'architectures':['SCMP_ARCH_X86_64'],'listenerPath':'/s',"
		 "'syscalls':[{'names':['execve'],"
		 "'action':'SCMP_ACT_NOTIFY'}]}}}",
		 false},
		{"another machine",
		 "{'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO',"
		 "'listenerPath':'/s','syscalls':[{'names':['execve'],"
		 "'action':'SCMP_ACT_NOTIFY'}]}}}",
		 false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		OWNED(spec_owned) struct spec *rewritten = NULL;
		struct err e = {0};

		CHECK(rows[i].name,
		      parse(ours, &spec, &e) == 0 &&
			      parse(rows[i].rewritten, &rewritten, &e) == 0);
		CHECK(rows[i].name,
		      spec && rewritten &&
			      spec_keeps_gate(spec, rewritten) == rows[i].kept);
	}
}

static void test_mounts(void)
{
	static const struct {
		const char *name, *text;
		bool bind, read_only;
	} rows[] = {
		{"a tmpfs", "{'type':'tmpfs','options':['nosuid']}", false,
		 false},
		{"a bind by its type", "{'type':'bind','options':['ro']}", true,
		 true},
		{"a bind by its options", "{'options':['rbind','rro']}", true,
		 true},
		{"the last option counts",
		 "{'type':'none','options':['bind','ro','rw']}", true, false},
		{"no options", "{}", false, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(spec_owned) struct spec *spec = NULL;
		struct spec_mount mount = {0};
		struct err e = {0};
		char text[256];

		(void)snprintf(text, sizeof(text), "{'mounts':[%s]}",
			       rows[i].text);
		CHECK(rows[i].name, parse(text, &spec, &e) == 0 &&
					    spec_mount_count(spec) == 1);
		if (!spec)
			continue;
		spec_mount_at(spec, 0, &mount);
		CHECK(rows[i].name, mount.bind == rows[i].bind);
		CHECK(rows[i].name, mount.read_only == rows[i].read_only);
	}
}

/* The answers of a filter made by libseccomp: see spec_seccomp.c. */
static bool arg_matches(const struct json *arg, const uint64_t values[6])
{
	uint64_t index = 6, value = 0, two = 0;
	const char *op = "";

	(void)json_uint(json_get(arg, "index"), &index);
	(void)json_uint(json_get(arg, "value"), &value);
	(void)json_uint(json_get(arg, "valueTwo"), &two);
	(void)json_string(json_get(arg, "op"), &op);
	if (index > 5)
		return false;
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0)
		return (values[index] & value) == two;
	if (strcmp(op, "SCMP_CMP_EQ") == 0)
		return values[index] == value;
	return strcmp(op, "SCMP_CMP_NE") == 0 && values[index] != value;
}

static bool rule_matches(const struct json *rule, const char *name,
			 const uint64_t values[6])
{
	const struct json *names = json_get(rule, "names");
	const struct json *args = json_get(rule, "args");
	bool named = false;
	const char *text;

	for (size_t i = 0; i < json_count(names); i++)
		named |= json_string(json_at(names, i), &text) &&
			 strcmp(text, name) == 0;
	for (size_t i = 0; named && i < json_count(args); i++)
		named = arg_matches(json_at(args, i), values);
	return named;
}

static const char *answer(const struct json *seccomp, const char *name,
			  const uint64_t values[6])
{
	const struct json *rules = json_get(seccomp, "syscalls");
	const char *by_default = "SCMP_ACT_ALLOW", *by_args = NULL, *action;

	(void)json_string(json_get(seccomp, "defaultAction"), &by_default);
	for (size_t i = 0; i < json_count(rules); i++) {
		const struct json *rule = json_at(rules, i);

		if (!rule_matches(rule, name, values) ||
		    !json_string(json_get(rule, "action"), &action) ||
		    strcmp(action, by_default) == 0)
			continue;
		if (json_count(json_get(rule, "args")) == 0)
			return action;
		CHECK("no two rules for one call",
		      !by_args || strcmp(by_args, action) == 0);
		by_args = action;
	}
	return by_args ? by_args : by_default;
}

static const char *expected_answer(const char *before, const char *name,
				   const uint64_t values[6],
				   enum libraries libraries)
{
	bool executable = values[2] & 4, of_a_file = !(values[3] & 32);
	bool gated =
		strcmp(name, "execve") == 0 || strcmp(name, "execveat") == 0;

	if (strcmp(name, "mmap") == 0 || strcmp(name, "mmap2") == 0)
		gated = libraries != LIBRARIES_OFF && executable && of_a_file;
	if (strcmp(name, "mprotect") == 0 || strcmp(name, "pkey_mprotect") == 0)
		gated = libraries == LIBRARIES_STRICT && executable;
	if (strcmp(name, "uselib") == 0)
		gated = libraries != LIBRARIES_OFF;
	if (strcmp(name, "personality") == 0)
		gated = libraries != LIBRARIES_OFF && (values[0] & 0x400000);
	gated = gated && (strcmp(before, "SCMP_ACT_ALLOW") == 0 ||
			  strcmp(before, "SCMP_ACT_LOG") == 0);
	return gated ? "SCMP_ACT_NOTIFY" : before;
}

static void compare_call(const struct json *before, const struct json *after,
			 const char *name, enum libraries libraries)
{
	static const uint64_t prots[] = {0, 1, 3, 4, 5, 7, 9};
	static const uint64_t flags[] = {1, 2, 16, 32, 34, 131072};
	static const uint64_t personas[] = {40,	      8,      0,
					    0x420000, 131072, 4194304};

	for (size_t p = 0; p < ARRAY_LEN(prots); p++)
		for (size_t f = 0; f < ARRAY_LEN(flags); f++) {
			uint64_t values[6] = {personas[f], 4096, prots[p],
					      flags[f], 3};
			const char *was = answer(before, name, values);

			CHECK(name, strcmp(answer(after, name, values),
					   expected_answer(was, name, values,
							   libraries)) == 0);
		}
}

static void compare_profiles(const struct json *before,
			     const struct json *after, enum libraries libraries)
{
	static const char *const others[] = {
		"execve",	 "execveat",	"mmap",	  "mmap2",   "mprotect",
		"pkey_mprotect", "personality", "uselib", "unheard",
	};
	const struct json *rules = json_get(before, "syscalls");
	const char *name;

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		compare_call(before, after, others[i], libraries);
	for (size_t i = 0; i < json_count(rules); i++) {
		const struct json *names = json_get(json_at(rules, i), "names");

		for (size_t n = 0; n < json_count(names); n++)
			if (json_string(json_at(names, n), &name))
				compare_call(before, after, name, libraries);
	}
}

static void drop(struct json *object, const char *key)
{
	for (size_t i = json_count(object); i-- > 0;)
		if (strcmp(json_key_at(object, i), key) == 0)
			json_remove_at(object, i);
}

/* Take out what is documented to change, for the rest to be the same. */
static void drop_changed(struct json *document)
{
	struct json *hooks = json_get(document, "hooks");
	struct json *seccomp = json_get(json_get(document, "linux"), "seccomp");

	drop(hooks, "poststop");
	if (json_count(hooks) == 0)
		drop(document, "hooks");
	drop(seccomp, "listenerPath");
	drop(seccomp, "syscalls");
}

static void compare(const struct json *before, const struct json *after,
		    enum libraries libraries)
{
	OWNED(json_owned) struct json *left = json_clone(before);
	OWNED(json_owned) struct json *right = json_clone(after);
	const struct json *old = json_get(json_get(before, "linux"), "seccomp");
	const struct json *old_hooks =
		json_get(json_get(before, "hooks"), "poststop");
	const struct json *new_hooks =
		json_get(json_get(after, "hooks"), "poststop");

	compare_profiles(old, json_get(json_get(after, "linux"), "seccomp"),
			 libraries);
	CHECK("one hook more",
	      json_count(new_hooks) == json_count(old_hooks) + 1);
	for (size_t i = 0; i < json_count(old_hooks); i++)
		CHECK("the hooks before it are the same",
		      json_equal(json_at(old_hooks, i), json_at(new_hooks, i)));
	drop_changed(left);
	drop_changed(right);
	if (!old)
		drop(json_get(right, "linux"), "seccomp");
	CHECK("everything else keeps its value", json_equal(left, right));
}

static struct json *load(const char *file)
{
	struct buffer bytes = BUFFER_INIT;
	struct json *value = NULL;
	struct err e = {0};
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_DATA, file);
	if (file_read(AT_FDCWD, path, 1 << 20, &bytes, &e) < 0 ||
	    json_parse(bytes.data, bytes.len, &value, &e) < 0)
		(void)printf("%s\n", e.text);
	buffer_clear(&bytes);
	return value;
}

/* Parse, protect, write, parse: the result is the same document. */
static void test_property(void)
{
	static const struct {
		const char *name, *spec, *seccomp;
	} rows[] = {
		{"runc's default spec", "runc-spec.json", NULL},
		{"crun's default spec", "crun-spec.json", NULL},
		{"docker's default profile", "runc-spec.json",
		 "docker-default-seccomp.json"},
		{"podman's spec and profile", "podman-spec.json", NULL},
		{"podman's spec, docker's profile", "podman-spec.json",
		 "docker-default-seccomp.json"},
	};

	for (size_t i = 0; i < 4 * ARRAY_LEN(rows); i++) {
		enum libraries libraries = (enum libraries)(i % 4);
		OWNED(spec_owned) struct spec *spec = NULL, *again = NULL;
		OWNED(json_owned) struct json *before = load(rows[i / 4].spec);
		OWNED(json_owned) struct json *after = NULL;
		struct buffer in = BUFFER_INIT, out = BUFFER_INIT;
		struct err e = {0};

		if (rows[i / 4].seccomp)
			CHECK("put the profile in",
			      json_set(json_get(before, "linux"), "seccomp",
				       load(rows[i / 4].seccomp)) == 0);
		json_write(before, true, &in);
		CHECK(rows[i / 4].name,
		      !buffer_failed(&in) && in.len > 1000 &&
			      spec_parse(in.data, in.len, &spec, &e) == 0 &&
			      protect(spec, libraries, &e) == 0);
		if (spec) {
			spec_write(spec, &out);
			after = written(spec);
			CHECK("it can be read again",
			      spec_parse(out.data, out.len, &again, &e) == 0);
			CHECK("and has a listener now",
			      again && spec_has_listener(again) &&
				      spec_has_notify(again));
			compare(before, after, libraries);
		}
		buffer_clear(&in);
		buffer_clear(&out);
	}
}

int main(void)
{
	test_parse_refusals();
	test_parse_accepts();
	test_protect_refusals();
	test_rewrites();
	test_hook();
	test_predicates();
	test_mounts();
	test_drivers();
	test_start_hooks();
	test_refuse();
	test_keeps_gate();
	test_property();
	TEST_END();
}
