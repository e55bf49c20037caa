/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that does nothing but compare passwords with bcrypt hashes: it has no
 * descriptor but its end of a socket, no capability, and ends when the other end does.
 */
#ifndef ATCQ_WEB_VERIFIER_H
#define ATCQ_WEB_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>

#define VERIFIER_HASH		64	/* with the 0 at the end */
#define VERIFIER_PASSWORD	256	/* bcrypt itself looks at 72 */

/* Returns a socket for verifier__ask() and verifier__answer(), or -errno */
int verifier__start(void);

/* Does not block; 0 or -errno: -EINVAL: too long, -EPIPE: it is gone */
int verifier__ask(int fd, uint32_t id, const char *hash, const char *password);

/* 0, -EAGAIN: none yet, -EPIPE: it is gone. Answers come in the order of the questions */
int verifier__answer(int fd, uint32_t *id, bool *verdict);

#endif
