/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses to listen at, and their sockets. */
#ifndef ATCQ_WEB_LISTEN_H
#define ATCQ_WEB_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct listener {
	int fd;
	bool local;		/* only this machine gets there */
	char name[128];		/* as a client would write it, with the port that it got */
	char path[108];		/* of a socket in the file system, else "" */
};

/*
 * "[::1]:9793", "127.0.0.1:9793", "localhost:9793", "unix:/run/atcq.sock", or only a port, which
 * is one at [::1]; port 0: any that is free.  0, or -errno with a sentence in @err:
 * -EINVAL: @text is no address.  Does not block; to be ended by listener__close().
 */
int listener__open(struct listener *l, const char *text, char *err, size_t errlen);
void listener__close(struct listener *l);

/* Can only this machine send from, or to, this address? */
bool address__is_local(const struct sockaddr *sa);

#endif
