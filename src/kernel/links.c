#include "links.h"

#include "attr.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

struct link {
	struct link *next;
	struct identity id;
	bool settled;
	char *interpreter;
	struct link_content content;
};

struct links {
	pthread_mutex_t lock;
	pthread_cond_t settled;
	struct link *buckets[BUCKETS];
};

struct links *links_new(void)
{
	struct links *links = calloc(1, sizeof(*links));

	if (!links)
		return NULL;
	(void)pthread_mutex_init(&links->lock, NULL);
	(void)pthread_cond_init(&links->settled, NULL);
	return links;
}

void links_free(struct links *links)
{
	for (size_t i = 0; links && i < BUCKETS; i++)
		while (links->buckets[i]) {
			struct link *next = links->buckets[i]->next;

			free(links->buckets[i]->interpreter);
			free(links->buckets[i]);
			links->buckets[i] = next;
		}
	free(links);
}

static struct link **bucket_of(struct links *links, const struct identity *id)
{
	return &links->buckets[(id->ino ^ id->dev) % BUCKETS];
}

static struct link *find(struct links *links, const struct identity *id)
{
	struct link *link = *bucket_of(links, id);

	while (link && !identity_same_file(&link->id, id))
		link = link->next;
	return link;
}

/* The content is read for every name if there is no memory for an entry. */
static void claim(struct links *links, const struct identity *id)
{
	struct link **bucket = bucket_of(links, id);
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return;
	link->id = *id;
	link->next = *bucket;
	*bucket = link;
}

bool links_find(struct links *links, const struct identity *id,
		struct link_content *ret)
{
	struct link *link;
	bool known;

	(void)pthread_mutex_lock(&links->lock);
	while ((link = find(links, id)) && !link->settled)
		(void)pthread_cond_wait(&links->settled, &links->lock);
	known = link && identity_same_content(&link->id, id);
	if (known)
		*ret = link->content;
	else if (!link)
		claim(links, id);
	(void)pthread_mutex_unlock(&links->lock);
	return known;
}

void links_settle(struct links *links, const struct identity *id,
		  const struct link_content *content)
{
	struct link *link;

	(void)pthread_mutex_lock(&links->lock);
	link = find(links, id);
	/* If a file changed between two of its names, its first content stays;
	 * it is read again for each later name. */
	if (link && !link->settled) {
		link->content = *content;
		link->settled = true;
		link->interpreter = content->executable
					    ? strdup(content->interpreter)
					    : NULL;
		link->content.interpreter =
			link->interpreter ? link->interpreter : "";
		(void)pthread_cond_broadcast(&links->settled);
	}
	(void)pthread_mutex_unlock(&links->lock);
}
