/*
 * leaderless - like "switch wait", but a thread whose leader has ended watches
 * the switch.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char state[] = "runmoor-test-switch=n";

static void *watch(void *unused)
{
	const volatile char *now = &state[sizeof(state) - 2];

	for (int i = 0; i < 600 && *now != 'y'; i++)
		usleep(10000);
	if (*now == 'y') {
		int fd = open("/tmp/marker", O_WRONLY | O_CREAT | O_APPEND,
			      0666);

		if (write(fd, "x", 1) != 1)
			_exit(1);
	}
	_exit(0);
	return unused;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, watch, NULL) != 0)
		return 1;
	syscall(SYS_exit, 0);
	return 1;
}
