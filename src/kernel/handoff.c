#include "handoff.h"

#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

int handoff_listen(const char *path, int *ret_socket, struct err *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED(close_owned)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set(e, errno, "make a socket");
	if (strlen(path) > HANDOFF_PATH_MAX)
		return err_set(e, ENAMETOOLONG,
			       "socket %s (at most %d bytes: choose a shorter "
			       "state_dir)",
			       path, HANDOFF_PATH_MAX);
	memcpy(address.sun_path, path, strlen(path));
	(void)unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(path, 0600) < 0 || listen(fd, 128) < 0)
		return err_set(e, errno, "listen at %s", path);
	*ret_socket = FD_MOVE(fd);
	return 0;
}

int handoff_accept(int socket, struct handoff *ret, struct err *e)
{
	OWNED(close_owned)
	int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	*ret = (struct handoff){.connection = -1, .listener = -1};
	if (fd < 0)
		return err_set(e, errno, "accept a runtime");
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return err_set(e, errno, "ask who the runtime is");
	if (peer.uid != geteuid() && peer.uid != 0)
		return err_set(e, EPERM, "a runtime of user %u", peer.uid);
	ret->connection = FD_MOVE(fd);
	ret->peer = peer.pid;
	return 0;
}

/* Keep the first descriptor, close every other. */
static void take_descriptors(struct handoff *handoff, struct msghdr *message)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (handoff->listener < 0)
				handoff->listener = fd;
			else
				(void)close(fd);
		}
	}
}

/* The message has no end mark, and runc keeps the connection open long after
 * it: it ends with the document. */
static bool is_complete(const struct handoff *handoff)
{
	OWNED(json_owned) struct json *document = NULL;

	return handoff->listener >= 0 &&
	       json_parse(handoff->state.data, handoff->state.len, &document,
			  NULL) == 0;
}

int handoff_read(struct handoff *handoff, bool *ret_done, struct err *e)
{
	char bytes[4096];
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(handoff->connection, &message, MSG_CMSG_CLOEXEC);

	*ret_done = false;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return err_set(e, errno, "receive the listener");
	take_descriptors(handoff, &message);
	buffer_append(&handoff->state, bytes, (size_t)n);
	if (buffer_failed(&handoff->state) ||
	    handoff->state.len > HANDOFF_STATE_MAX)
		return err_set(e, EMSGSIZE, "receive the container's state");
	*ret_done = n == 0 || is_complete(handoff);
	return 0;
}

void handoff_clear(struct handoff *handoff)
{
	close_owned(&handoff->connection);
	close_owned(&handoff->listener);
	buffer_clear(&handoff->state);
}
