/*
 * letter - the messages between a command and the supervisor that it started,
 * over a pair of sockets (SOCK_SEQPACKET): one byte each. A supervisor that
 * can't start sends an error message instead of its first letter. Either side
 * closes when it has nothing more to say.
 */
#pragma once

enum letter {
	/* The supervisor's letters. */
	LETTER_READY = 'R',	  /* the listener's socket is there */
	LETTER_HANDED_OVER = 'H', /* a runtime handed a listener over */
	/* The command's letters: the container was created; a runtime of the
	   engine's is about to create it; a wrapper behind runmoor rewrote the
	   specification. */
	LETTER_CREATED = 'C',
	LETTER_WAIT = 'W',
	LETTER_REWRITTEN = 'B',
};

/* Doesn't wait. Nothing is sent if the other side has closed. */
void letter_send(int fd, enum letter letter);
