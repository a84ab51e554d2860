#include "letter.h"

#include <sys/socket.h>

void letter_send(int fd, enum letter letter)
{
	const char byte = (char)letter;

	(void)send(fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}
