#include "spec_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>

/*
 * This file relies on two facts of libseccomp (2.5.4). First: if a syscall has
 * several rules without arguments, the first one counts, and it overrides those
 * with arguments; rules that compare different bits of one argument are tried
 * in no defined order, so ours are disjoint. Second: a call on an architecture
 * that the profile doesn't list kills, in runc and in crun, even if the default
 * allows. So a profile without some of the machine's architectures is complete,
 * and adding them would only loosen it.
 */

/* arguments[index] & mask == datum; a mask of one bit. */
struct condition {
	uint64_t index;
	uint64_t mask;
	uint64_t datum;
};

/*
 * A syscall that is notified when all of its conditions hold.
 *
 * i386 has two ways to map: mmap2 (192), which every libc uses and whose
 * arguments stand as below, and old mmap (90), which libseccomp means by "mmap"
 * there and which takes the address of a structure. A filter can't read that
 * structure, and a profile can't have a rule for one architecture only: what
 * number 90 does with the rule depends on whatever its caller has in edx and
 * esi. So a notified call may not be an executable mapping, and an executable
 * mapping may not be notified. If mprotect isn't gated, this gap is no wider
 * than mapping a file readable and then calling mprotect; if it is gated, with
 * strict libraries, 32-bit code keeps this way.
 */
struct gate {
	const char *name;
	enum libraries loosest; /* gated with this setting and tighter ones */
	bool spares;	/* rules that match none of these calls are kept */
	bool by_memory; /* gated with memory: deny, whatever libraries are */
	size_t count;
	struct condition when[2];
};

#define EXECUTABLE 2, PROT_EXEC, PROT_EXEC
#define OF_A_FILE  3, MAP_ANONYMOUS, 0
#define IMPLIED	   0, READ_IMPLIES_EXEC, READ_IMPLIES_EXEC
#define SEGMENT	   2, SHM_EXEC, SHM_EXEC

static const struct gate gates[] = {
	{"execve", LIBRARIES_OFF, .count = 0},
	{"execveat", LIBRARIES_OFF, .count = 0},
	{"mmap", LIBRARIES_AUDIT, .count = 2,
	 .when = {{EXECUTABLE}, {OF_A_FILE}}},
	{"mmap2", LIBRARIES_AUDIT, .count = 2,
	 .when = {{EXECUTABLE}, {OF_A_FILE}}},
	/* uselib maps a library in kernels that still have it (CONFIG_USELIB);
	 * notified, it fails as in kernels without it. */
	{"uselib", LIBRARIES_AUDIT, .count = 0},
	/* personality could make every readable mapping executable. */
	{"personality", LIBRARIES_AUDIT, .spares = true, .count = 1,
	 .when = {{IMPLIED}}},
	{"mprotect", LIBRARIES_STRICT, .count = 1, .when = {{EXECUTABLE}}},
	{"pkey_mprotect", LIBRARIES_STRICT, .count = 1, .when = {{EXECUTABLE}}},
	/* System V shared memory can be attached twice, to write and to
	 * execute, and PR_SET_MDWE concerns neither. i386 has it in ipc(2) as
	 * well, whose third argument is then the flags: libseccomp's own rule
	 * for that compares the whole of the first argument, of which the
	 * kernel takes 16 bits. Other calls of ipc that happen to have the bit
	 * are continued. */
	{"shmat", LIBRARIES_OFF, .by_memory = true, .count = 1,
	 .when = {{SEGMENT}}},
	{"ipc", LIBRARIES_OFF, .by_memory = true, .count = 1,
	 .when = {{SEGMENT}}},
};

#define NOTIFY "SCMP_ACT_NOTIFY"

enum effect { EFFECT_UNKNOWN, EFFECT_ALLOW, EFFECT_DENY };

struct action {
	const char *name;
	enum effect effect;
};

/* TRACE and NOTIFY hand the call to another process that may allow it:
 * unknown. */
static const struct action actions[] = {
	{"SCMP_ACT_ALLOW", EFFECT_ALLOW},
	{"SCMP_ACT_LOG", EFFECT_ALLOW},
	{"SCMP_ACT_ERRNO", EFFECT_DENY},
	{"SCMP_ACT_KILL", EFFECT_DENY},
	{"SCMP_ACT_KILL_THREAD", EFFECT_DENY},
	{"SCMP_ACT_KILL_PROCESS", EFFECT_DENY},
	{"SCMP_ACT_TRAP", EFFECT_DENY},
};

static const struct action unknown_action = {"", EFFECT_UNKNOWN};

static const struct action *action_of(const struct json *object,
				      const char *key)
{
	const char *name = spec_text(object, key);

	for (size_t i = 0; name && i < ARRAY_LEN(actions); i++)
		if (strcmp(name, actions[i].name) == 0)
			return &actions[i];
	return &unknown_action;
}

static const char *text_or_none(const struct json *object, const char *key)
{
	const char *text = spec_text(object, key);

	return text ? text : "none";
}

static bool names_gate(const struct json *rule, const struct gate *gate)
{
	const struct json *names = json_get(rule, "names");
	const char *name;

	for (size_t i = 0; i < json_count(names); i++)
		if (json_string(json_at(names, i), &name) &&
		    strcmp(name, gate->name) == 0)
			return true;
	return false;
}

static bool has_args(const struct json *rule)
{
	return json_count(json_get(rule, "args")) > 0;
}

/* Rules that deny some mappings stay beside ours; a call that both match gets
 * one of the two answers. */
static bool can_be_gated(const struct json *rule, const struct gate *gate)
{
	enum effect effect = action_of(rule, "action")->effect;

	if (!has_args(rule))
		return effect != EFFECT_UNKNOWN;
	return effect == EFFECT_DENY && gate->count > 0;
}

/* libseccomp accepts no rule whose action is the default's, and the runtimes
 * leave such rules out: they have no effect. */
static bool is_left_out(const struct json *seccomp, const struct json *rule)
{
	const struct action *action = action_of(rule, "action");

	return action != &unknown_action &&
	       action == action_of(seccomp, "defaultAction") &&
	       json_equal(json_get(rule, "errnoRet"),
			  json_get(seccomp, "defaultErrnoRet"));
}

/* True if an argument of a rule keeps the calls of gate from matching it. Calls
 * with a value of 32 ones only query, and change nothing. */
static bool keeps_from(const struct json *arg, const struct gate *gate)
{
	const struct condition *condition = &gate->when[0];
	const char *op = spec_text(arg, "op");
	uint64_t index = 0;
	uint64_t value = 0;
	uint64_t datum = 0;

	(void)json_uint(json_get(arg, "index"), &index);
	(void)json_uint(json_get(arg, "valueTwo"), &datum);
	if (!op || index != condition->index ||
	    !json_uint(json_get(arg, "value"), &value))
		return false;
	if (strcmp(op, "SCMP_CMP_EQ") == 0)
		return !(value & condition->mask) ||
		       (uint32_t)value == UINT32_MAX;
	return strcmp(op, "SCMP_CMP_MASKED_EQ") == 0 &&
	       (value & condition->mask) && !(datum & condition->mask);
}

static bool is_spared(const struct json *rule, const struct gate *gate)
{
	const struct json *args = json_get(rule, "args");

	for (size_t i = 0; gate->spares && i < json_count(args); i++)
		if (keeps_from(json_at(args, i), gate))
			return true;
	return false;
}

/* The action that the profile has for a call of gate whatever its arguments:
 * the first rule's without any, or the default. */
static int find_action(const struct json *seccomp, const struct gate *gate,
		       const struct action **ret, struct err *e)
{
	const struct json *rules = json_get(seccomp, "syscalls");
	const struct action *found = NULL;

	for (size_t i = 0; i < json_count(rules); i++) {
		const struct json *rule = json_at(rules, i);

		if (!names_gate(rule, gate) || is_left_out(seccomp, rule) ||
		    is_spared(rule, gate))
			continue;
		if (!can_be_gated(rule, gate))
			return err_set(e, ENOTSUP,
				       "linux.seccomp.syscalls[%zu]: a rule "
				       "with action %s%s for %s leaves no "
				       "place for runmoor's; take the name "
				       "out of it or use the plain runtime",
				       i, text_or_none(rule, "action"),
				       has_args(rule) ? " and args" : "",
				       gate->name);
		if (!found && !has_args(rule))
			found = action_of(rule, "action");
	}
	*ret = found ? found : action_of(seccomp, "defaultAction");
	return 0;
}

/* Refuse a profile with notifications that the supervisor couldn't answer. */
static int refuse_notify(const struct json *seccomp, struct err *e)
{
	const struct json *rules = json_get(seccomp, "syscalls");

	for (size_t i = 0; i < json_count(rules); i++) {
		const char *action = spec_text(json_at(rules, i), "action");

		if (action && strcmp(action, NOTIFY) == 0)
			return err_set(e, ENOTSUP,
				       "linux.seccomp.syscalls[%zu]: %s needs "
				       "a listener of its own, and a container "
				       "can have one only",
				       i, NOTIFY);
	}
	return 0;
}

static int check_default(const struct json *seccomp, struct err *e)
{
	if (action_of(seccomp, "defaultAction")->effect == EFFECT_UNKNOWN)
		return err_set(e, ENOTSUP,
			       "linux.seccomp.defaultAction: %s can't be "
			       "combined with runmoor",
			       text_or_none(seccomp, "defaultAction"));
	return 0;
}

/* Remove the name from the rules that allow it whatever its arguments; a rule
 * that loses its last name is removed as well. */
static void remove_name(struct json *rules, const struct gate *gate)
{
	for (size_t i = json_count(rules); i-- > 0;) {
		struct json *rule = json_at(rules, i);
		struct json *names = json_get(rule, "names");
		const char *name;

		if (has_args(rule) || !names_gate(rule, gate) ||
		    action_of(rule, "action")->effect != EFFECT_ALLOW)
			continue;
		for (size_t n = json_count(names); n-- > 0;)
			if (json_string(json_at(names, n), &name) &&
			    strcmp(name, gate->name) == 0)
				json_remove_at(names, n);
		if (json_count(names) == 0)
			json_remove_at(rules, i);
	}
}

static int add_condition(struct json *args, const struct condition *condition,
			 bool holds)
{
	OWNED(json_owned) struct json *arg = json_new_object();
	uint64_t datum =
		holds ? condition->datum : condition->datum ^ condition->mask;

	if (!arg ||
	    json_set(arg, "index", json_new_uint(condition->index)) < 0 ||
	    json_set(arg, "value", json_new_uint(condition->mask)) < 0 ||
	    json_set(arg, "valueTwo", json_new_uint(datum)) < 0 ||
	    json_set(arg, "op", json_new_string("SCMP_CMP_MASKED_EQ")) < 0)
		return -1;
	return json_append(args, PTR_MOVE(arg));
}

/* Add a rule for calls whose first count conditions hold, the last of them
 * negated unless holds. It is inserted at *at, which moves on. */
static int add_rule(struct json *rules, size_t *at, const struct gate *gate,
		    const char *action, size_t count, bool holds)
{
	OWNED(json_owned) struct json *rule = json_new_object();
	struct json *names, *args;

	if (!rule)
		return -1;
	names = spec_member(rule, "names", JSON_ARRAY);
	if (!names || json_append(names, json_new_string(gate->name)) < 0 ||
	    json_set(rule, "action", json_new_string(action)) < 0)
		return -1;
	args = count ? spec_member(rule, "args", JSON_ARRAY) : NULL;
	for (size_t i = 0; i < count; i++)
		if (!args || add_condition(args, &gate->when[i],
					   holds || i + 1 < count) < 0)
			return -1;
	return json_insert(rules, (*at)++, PTR_MOVE(rule));
}

/* Notify the calls of gate, and keep the profile's action for all others. The
 * rules come first, before any of the profile's own. A denied call stays
 * denied: a rule that allowed it had no effect, and is removed all the same, in
 * case that a runtime reads the profile another way. */
static int apply(struct json *seccomp, const struct gate *gate,
		 const struct action *action, size_t *at)
{
	struct json *rules = spec_member(seccomp, "syscalls", JSON_ARRAY);

	if (!rules)
		return -1;
	remove_name(rules, gate);
	if (action->effect != EFFECT_ALLOW)
		return 0;
	if (add_rule(rules, at, gate, NOTIFY, gate->count, true) < 0)
		return -1;
	if (action == action_of(seccomp, "defaultAction"))
		return 0;
	for (size_t count = 1; count <= gate->count; count++)
		if (add_rule(rules, at, gate, action->name, count, false) < 0)
			return -1;
	return 0;
}

/* Fill in an absent or empty profile (runc takes {} for none, crun refuses it):
 * it allows everything, on all architectures of the machine, because without a
 * filter all of them work. */
static int fill_in(struct json *seccomp)
{
	static const char *const architectures[] = {
#if defined(__x86_64__)
		"SCMP_ARCH_X86_64",
		"SCMP_ARCH_X86",
		"SCMP_ARCH_X32",
#elif defined(__aarch64__)
		"SCMP_ARCH_AARCH64",
		"SCMP_ARCH_ARM",
#else
#error "name the architectures whose system calls this machine takes"
#endif
	};
	struct json *list;

	if (spec_text(seccomp, "defaultAction") ||
	    json_count(json_get(seccomp, "syscalls")) > 0)
		return 0;
	if (json_set(seccomp, "defaultAction",
		     json_new_string("SCMP_ACT_ALLOW")) < 0)
		return -1;
	if (json_set(seccomp, "architectures", json_new_array()) < 0)
		return -1;
	list = json_get(seccomp, "architectures");
	for (size_t i = 0; i < ARRAY_LEN(architectures); i++)
		if (json_append(list, json_new_string(architectures[i])) < 0)
			return -1;
	return 0;
}

static bool is_gated(const struct gate *gate,
		     const struct spec_protection *protection)
{
	return gate->by_memory ? protection->memory_denied
			       : protection->libraries <= gate->loosest;
}

int spec_gate(struct json *seccomp, const struct spec_protection *protection,
	      struct err *e)
{
	const struct action *found[ARRAY_LEN(gates)] = {NULL};
	size_t at = 0;

	if (fill_in(seccomp) < 0)
		return err_set(e, ENOMEM, "rewrite linux.seccomp");
	if (check_default(seccomp, e) < 0 || refuse_notify(seccomp, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(gates); i++)
		if (is_gated(&gates[i], protection) &&
		    find_action(seccomp, &gates[i], &found[i], e) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_LEN(gates); i++)
		if (found[i] && apply(seccomp, &gates[i], found[i], &at) < 0)
			return err_set(e, ENOMEM, "rewrite linux.seccomp");
	return 0;
}
