#include "detail.h"

static const char *of_rule(const char *denied, enum volume_rule rule)
{
	return rule == VOLUME_DENY
		       ? denied
		       : "volumes were sealed without it: it came or was "
			 "changed since, which the next create takes in, or, "
			 "where containers can write, moorctl manifest forget; "
			 "or its volume isn't sealed whole, which "
			 "container-sealed says, or its mount came after the "
			 "container's start";
}

static const char *of_later_mount(const struct file_facts *file)
{
	switch (file->arrival) {
	case ARRIVAL_SHARED:
		return "it lies on a mount that came after the container's "
		       "start, and who made it can't be told: the container "
		       "has mounts that it shares with the host (rshared)";
	case ARRIVAL_UNSEEN:
		return "it lies on a mount that came after the container's "
		       "start, and isn't seen to be the host's at that place: "
		       "it is a copy, or was moved, or runmoor doesn't see the "
		       "host's mounts";
	case ARRIVAL_OWN:
	case ARRIVAL_PROPAGATED:
		break;
	}
	return file->overlay ? "it lies on another overlay than the root, "
			       "which came after the container's start, as "
			       "runtimes make one to run a copy of themselves"
			     : "it lies on a mount that came after the "
			       "container's start, and nothing there is sealed";
}

static const char *of_mount(const struct config *config,
			    const struct file_facts *file)
{
	switch (file->place) {
	case PLACE_FOREIGN:
		return of_later_mount(file);
	case PLACE_VOLUME:
		/* The age of a mount doesn't matter then. */
		return of_rule("its mount isn't sealed: policy "
			       "volumes.writable is deny, also for a mount "
			       "that came after the container's start",
			       config->volumes_writable);
	case PLACE_VOLUME_READ_ONLY:
		return of_rule("its mount isn't sealed: policy "
			       "volumes.read_only is deny, also for a mount "
			       "that came after the container's start",
			       config->volumes_read_only);
	case PLACE_UNKNOWN:
	case PLACE_IMAGE:
	case PLACE_VOLUME_FOLLOWED:
	case PLACE_MEMORY:
		break;
	}
	return NULL;
}

static const char *of_interpreter(const struct config *config,
				  const struct file_facts *file)
{
	const char *mount = of_mount(config, file);

	if (file->registered)
		return "binfmt_misc of the host names it, and policy binfmt is "
		       "deny";
	if (mount)
		return mount;
	return file->role == ROLE_INTERPRETER
		       ? "the first line of a script names it"
		       : "the ELF header of a program names it";
}

static const char *of_writer(const struct facts *facts,
			     const struct file_facts *file)
{
	if (facts->overwritten)
		return "somebody comes to write it while it is mapped";
	if (file->keeping == KEEPING_WRITTEN)
		return "somebody opens it to write it, and what is mapped has "
		       "to stay as it is";
	return "nobody can be kept from writing it while it runs: it is open "
	       "for that, or mapped so, or lies where no lease holds";
}

static const char *of_memory(const struct facts *facts,
			     const struct file_facts *file)
{
	if (facts->segment)
		return "it is System V shared memory, and policy memory is "
		       "deny";
	if (!file->frozen)
		return "it can be written while it runs, so that what it holds "
		       "says nothing";
	return file->hashed ? "nobody can change it any more, but the image "
			      "shipped no such content"
			    : NULL;
}

static const char *of_trouble(const struct facts *facts,
			      const struct file_facts *file)
{
	if (facts->unheld)
		return "the process can't be held, so that what it loads can't "
		       "be proven";
	if (facts->implied)
		return "it makes every readable mapping executable, whatever "
		       "file that is of";
	if (facts->unresolvable)
		return facts->unread
			       ? "the memory that names a file can't be read"
			       : "a file can't be opened or read";
	if (facts->count > 0 && file->keeping == KEEPING_FULL)
		return "more files are mapped than can be kept as they are";
	return NULL;
}

/* The file that the kernel loaded comes first; the requested one follows it, if
 * that is another one and no script. */
static const char *of_other(const struct config *config,
			    const struct facts *facts,
			    const struct decision *decision)
{
	for (size_t i = 1;
	     facts->proven && decision->file == 0 && i < facts->count; i++) {
		if (facts->files[i].role != ROLE_PROGRAM ||
		    (i + 1 < facts->count &&
		     facts->files[i + 1].role == ROLE_INTERPRETER))
			continue;
		return config->binfmt == BINFMT_DENY
			       ? "another file was asked for: this one was put "
				 "in its place, or binfmt_misc names it as "
				 "that "
				 "one's interpreter, and policy binfmt is deny"
			       : "another file was asked for: this one was put "
				 "in its place, or binfmt_misc names it as "
				 "that "
				 "one's interpreter, and isn't the host's or "
				 "doesn't keep it open";
	}
	return NULL;
}

/* The sentence for a file whose content, or whose place, isn't the image's. */
static const char *of_content(const struct config *config,
			      const struct facts *facts,
			      const struct decision *decision)
{
	const struct file_facts *file = &facts->files[decision->file];
	const char *other = of_other(config, facts, decision);

	if (other)
		return other;
	if (decision->reason == REASON_VOLUME)
		return of_mount(config, file);
	if (decision->reason == REASON_WRONG_PATH && !file->placed)
		return "a mount of the container's own shows it at that path";
	if (decision->reason == REASON_NOT_IN_IMAGE &&
	    file->role == ROLE_LIBRARY && file->place == PLACE_IMAGE &&
	    !file->elf)
		return "shipped, but not sealed, if it is the image's: it "
		       "bears no mark of an executable, and the key also can "
		       "name it";
	return NULL;
}

static const char *of_tracer(const struct facts *facts)
{
	return facts->outside ? "the tracer is none of the container's, which "
				"is let: what is executed under it isn't proven"
			      : "the tracer isn't known to be from outside of "
				"the container";
}

const char *detail_choose(const struct config *config,
			  const struct facts *facts,
			  const struct decision *decision)
{
	const struct file_facts *file = &facts->files[decision->file];
	bool seen = decision->file < facts->count;

	switch (decision->reason) {
	case REASON_NOT_IN_IMAGE:
	case REASON_MODIFIED:
	case REASON_WRONG_PATH:
	case REASON_VOLUME:
		return seen ? of_content(config, facts, decision) : NULL;
	case REASON_INTERPRETER_DRIFT:
		return seen ? of_interpreter(config, file) : NULL;
	case REASON_MEMORY_FILE:
		return seen || facts->segment ? of_memory(facts, file) : NULL;
	case REASON_WRITABLE:
		return of_writer(facts, file);
	case REASON_UNRESOLVABLE:
		return of_trouble(facts, file);
	case REASON_TRACED:
		return of_tracer(facts);
	case REASON_NONE:
	case REASON_SPECIAL_FILE:
	case REASON_ARGUMENTS:
	case REASON_TIMEOUT:
		break;
	}
	return NULL;
}
