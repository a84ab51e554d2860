#include "limiter.h"

#include "sha256.h"

#include <stdlib.h>
#include <string.h>

/* A digest, so that no attacker finds two kinds with the same key. */
enum { KEY_SIZE = 16 };

struct known {
	uint8_t key[KEY_SIZE];
	int64_t last_ms;
	unsigned whole;
	struct summary counted;
};

struct limiter {
	struct known kinds[LIMITER_KINDS];
	size_t count;
	int64_t due_ms;
	int64_t window_ms; /* start of the window that the budget is for */
	unsigned used;
};

struct limiter *limiter_new(void)
{
	struct limiter *limiter = calloc(1, sizeof(*limiter));

	if (limiter)
		limiter->due_ms = -1;
	return limiter;
}

void summary_clear(struct summary *summary)
{
	free(summary->program);
	free(summary->file);
	free(summary->command);
	*summary = (struct summary){0};
}

void limiter_free(struct limiter *limiter)
{
	for (size_t i = 0; limiter && i < limiter->count; i++)
		summary_clear(&limiter->kinds[i].counted);
	free(limiter);
}

static void append_text(struct buffer *bytes, const char *text)
{
	/* No text, and an empty one, are not the same. */
	buffer_append(bytes, text ? "+" : "-", 1);
	if (text)
		buffer_append(bytes, text, strlen(text) + 1);
}

/* False when out of memory. */
static bool name_kind(const struct event_kind *kind, uint8_t ret[KEY_SIZE])
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	const struct identity *id = kind->identity;
	uint8_t digest[DIGEST_SIZE];

	buffer_printf(&bytes, "%d %d %d %lld", (int)kind->action,
		      (int)kind->reason, kind->flagged,
		      (long long)kind->allow_rule);
	append_text(&bytes, kind->program);
	append_text(&bytes, kind->file);
	if (id)
		buffer_printf(&bytes, "%llu %llu %llu %lld",
			      (unsigned long long)id->dev,
			      (unsigned long long)id->ino,
			      (unsigned long long)id->size,
			      (long long)id->mtime_ns);
	if (kind->digest)
		buffer_append(&bytes, kind->digest, DIGEST_SIZE);
	if (kind->command)
		buffer_append(&bytes, kind->command, kind->command_len);
	if (buffer_failed(&bytes) ||
	    sha256_bytes(bytes.data, bytes.len, digest, NULL) < 0)
		return false;
	memcpy(ret, digest, KEY_SIZE);
	return true;
}

static struct known *find(struct limiter *limiter, const uint8_t key[KEY_SIZE])
{
	for (size_t i = 0; i < limiter->count; i++)
		if (memcmp(limiter->kinds[i].key, key, KEY_SIZE) == 0)
			return &limiter->kinds[i];
	return NULL;
}

/* Find a place for another kind: the known kind without events for longest is
 * forgotten. */
static struct known *make_room(struct limiter *limiter,
			       struct summary *ret_evicted)
{
	struct known *oldest = &limiter->kinds[0];

	if (limiter->count < LIMITER_KINDS)
		return &limiter->kinds[limiter->count++];
	for (size_t i = 1; i < LIMITER_KINDS; i++)
		if (limiter->kinds[i].last_ms < oldest->last_ms)
			oldest = &limiter->kinds[i];
	*ret_evicted = oldest->counted;
	return oldest;
}

static char *copy(const char *text)
{
	return text ? strndup(text, LIMITER_TEXT_MAX) : NULL;
}

/* A cut text ends with a zero byte, as arguments do. */
static void keep_command(struct summary *summary, const struct event_kind *kind)
{
	size_t len = kind->command_len < LIMITER_TEXT_MAX ? kind->command_len
							  : LIMITER_TEXT_MAX;

	if (len == 0)
		return;
	summary->command = malloc(len);
	if (!summary->command)
		return;
	memcpy(summary->command, kind->command, len);
	if (len < kind->command_len)
		summary->command[len - 1] = '\0';
	summary->command_len = len;
}

static enum telling count(struct limiter *limiter, struct known *known,
			  const struct event_kind *kind, int64_t now_ms)
{
	struct summary *counted = &known->counted;

	if (counted->count++ == 0) {
		*counted = (struct summary){
			.action = kind->action,
			.reason = kind->reason,
			.flagged = kind->flagged,
			.allow_rule = kind->allow_rule,
			.program = copy(kind->program),
			.file = copy(kind->file),
			.count = 1,
		};
		keep_command(counted, kind);
	}
	if (limiter->due_ms < 0)
		limiter->due_ms = now_ms + LIMITER_WINDOW_MS;
	return TELL_COUNTED;
}

static enum telling spend(struct limiter *limiter, int64_t now_ms)
{
	if (now_ms - limiter->window_ms >= LIMITER_WINDOW_MS) {
		limiter->window_ms = now_ms;
		limiter->used = 0;
	}
	if (limiter->used == LIMITER_BUDGET)
		return TELL_BRIEFLY;
	limiter->used++;
	return TELL_WHOLE;
}

enum telling limiter_admit(struct limiter *limiter,
			   const struct event_kind *kind, int64_t now_ms,
			   struct summary *ret_evicted)
{
	uint8_t key[KEY_SIZE];
	struct known *known;

	*ret_evicted = (struct summary){0};
	if (!name_kind(kind, key))
		return TELL_BRIEFLY;
	known = find(limiter, key);
	if (!known) {
		known = make_room(limiter, ret_evicted);
		*known = (struct known){.last_ms = now_ms};
		memcpy(known->key, key, KEY_SIZE);
	}
	if (now_ms - known->last_ms >= LIMITER_WINDOW_MS)
		known->whole = 0;
	known->last_ms = now_ms;
	if (known->whole == LIMITER_WHOLE)
		return count(limiter, known, kind, now_ms);
	known->whole++;
	return spend(limiter, now_ms);
}

bool limiter_take(struct limiter *limiter, struct summary *ret)
{
	for (size_t i = 0; i < limiter->count; i++) {
		struct summary *counted = &limiter->kinds[i].counted;

		if (counted->count == 0)
			continue;
		*ret = *counted;
		*counted = (struct summary){0};
		return true;
	}
	limiter->due_ms = -1;
	return false;
}

int64_t limiter_due(const struct limiter *limiter)
{
	return limiter->due_ms;
}
