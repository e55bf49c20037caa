/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Users and their passwords.  A bcrypt hash is made to take long, 50 ms and more, which
 * the one thread that also reads the kernel's events must not be away for.  So a process of
 * its own works it out, a verdict is remembered, and only so many may wait for one.
 */
#ifndef ATCQ_WEB_AUTH_H
#define ATCQ_WEB_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "conns.h"

#define AUTH_WAITING	16	/* passwords that wait to be looked at, in all */
#define AUTH_FROM_ONE	4	/* ... and from one address: the others' turn comes */

struct auth;
struct loop;
struct web_config;

enum auth_verdict {
	AUTH_NO, AUTH_YES,
	AUTH_LATER,	/* @job will be told */
	AUTH_BUSY,	/* too many wait already */
	AUTH_BROKEN,	/* the process is gone */
};

/* @job, as given to auth__check(), has its verdict: AUTH_NO, AUTH_YES or AUTH_BROKEN */
typedef void (*auth_fn)(void *job, enum auth_verdict verdict);

/* NULL: fine. Else what is wrong with it, "is not a bcrypt hash ..." */
const char *auth__bad_hash(const char *hash);

/* Forks; to be called early, while the program is small. 0 or -errno */
int auth__new(struct auth **out, struct loop *loop, auth_fn fn);

/* Whether @user may come in. @user, @password: NULL if none was sent */
enum auth_verdict auth__check(struct auth *a, const struct web_config *c, const char *user, const char *password,
			      const struct conn_address *from, void *job);

/* Tells all that wait AUTH_BUSY; NULL is fine */
void auth__forget(struct auth *a);

/* Tells all that wait AUTH_BROKEN, and ends the process; NULL is fine */
void auth__free(struct auth *a);

#endif
