#include "links.h"

#include "attr.h"
#include "test.h"

#include <pthread.h>
#include <string.h>

static const struct identity file = {
	.dev = 1, .ino = 2, .size = 3, .mtime_ns = 4, .ctime_ns = 5};

static void *find_second(void *argument)
{
	struct link_content content;

	return links_find(argument, &file, &content) && content.executable &&
			       strcmp(content.interpreter, "/bin/sh") == 0
		       ? argument
		       : NULL;
}

int main(void)
{
	struct links *links = links_new();
	const struct link_content script = {.executable = true,
					    .kind = KIND_SCRIPT,
					    .interpreter = "/bin/sh"};
	struct identity changed = file;
	struct identity other = file;
	struct link_content content;
	void *found = NULL;
	pthread_t thread;

	changed.ctime_ns++;
	other.ino++;
	CHECK("memory", links != NULL);
	CHECK("the first name is looked at",
	      !links_find(links, &file, &content));
	CHECK("another thread",
	      pthread_create(&thread, NULL, find_second, links) == 0);
	links_settle(links, &file, &script);
	CHECK("waits", pthread_join(thread, &found) == 0);
	CHECK("and gets what was found", found == links);
	CHECK("a file that changed since is looked at",
	      !links_find(links, &changed, &content));
	links_settle(links, &changed, &content);
	CHECK("and the first stays", links_find(links, &file, &content) &&
					     content.kind == KIND_SCRIPT);
	CHECK("another file is looked at",
	      !links_find(links, &other, &content));
	content = (struct link_content){.error = 5};
	links_settle(links, &other, &content);
	CHECK("and an error is kept", links_find(links, &other, &content) &&
					      content.error == 5 &&
					      !content.executable);
	links_free(links);
	TEST_END();
}
