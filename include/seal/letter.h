/*
 * letter - what a command and the supervisor that it started say to each
 * other, over the pair of sockets (SOCK_SEQPACKET) between them: one byte a
 * message. The supervisor that can't start sends an error message instead of
 * its first letter. Either side closes when it has nothing more to say.
 */
#pragma once

enum letter {
	/* From the supervisor. */
	LETTER_READY = 'R',	  /* the listener's socket is there */
	LETTER_HANDED_OVER = 'H', /* a runtime handed a listener over */
	/* From the command: the container was created; a runtime of the
	 * engine's is about to create it; something behind runmoor rewrote the
	 * specification. */
	LETTER_CREATED = 'C',
	LETTER_WAIT = 'W',
	LETTER_REWRITTEN = 'B',
};

/* Doesn't wait, and nothing is said to a side that is gone. */
void letter_send(int fd, enum letter letter);
