// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"
#include "lib/log.h"
#include "lib/text.h"

#define BACKLOG 128

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* Can only this machine send from, or to, this address? */
static bool address__is_local(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in = (const void *)sa;

	switch (sa->sa_family) {
	case AF_INET:
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ||
		       (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) && in6->sin6_addr.s6_addr[12] == 127);
	default:
		return sa->sa_family == AF_UNIX;
	}
}

static int parse_host(union address *a, const char *host, uint16_t port)
{
	if (!strcmp(host, "localhost"))
		host = "::1";
	if (inet_pton(AF_INET6, host, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons(port);
		return 0;
	}
	if (inet_pton(AF_INET, host, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		return 0;
	}
	return -EINVAL;
}

/* "HOST:PORT", "[HOST]:PORT" or "PORT" */
static int parse(union address *a, const char *text)
{
	const char *colon = strrchr(text, ':'), *host = "::1";
	size_t len = colon ? (size_t)(colon - text) : 0;
	char name[INET6_ADDRSTRLEN + 8];
	uint64_t port;

	if (number__parse(colon ? colon + 1 : text, &port) || port > 65535)
		return -EINVAL;
	if (colon) {
		if (len > 2 && text[0] == '[' && text[len - 1] == ']')
			text++, len -= 2;
		else if (memchr(text, ':', len))
			return -EINVAL;
		if (!len || len >= sizeof(name))
			return -EINVAL;
		memcpy(name, text, len);
		name[len] = '\0';
		host = name;
	}
	return parse_host(a, host, port);
}

static void name_it(struct listener *l)
{
	union address a = { 0 };
	socklen_t len = sizeof(a);
	char host[INET6_ADDRSTRLEN];

	getsockname(l->fd, &a.sa, &len);
	l->local = address__is_local(&a.sa);
	if (a.sa.sa_family == AF_INET6)
		snprintf(l->name, sizeof(l->name), "[%s]:%u",
			 inet_ntop(AF_INET6, &a.in6.sin6_addr, host, sizeof(host)), ntohs(a.in6.sin6_port));
	else
		snprintf(l->name, sizeof(l->name), "%s:%u",
			 inet_ntop(AF_INET, &a.in.sin_addr, host, sizeof(host)), ntohs(a.in.sin_port));
}

static int fail(struct listener *l, const char *text, struct error *err)
{
	int ret = -errno;

	error__describe(err, "--listen %s: %s%s", text, strerror(-ret),
			ret == -EADDRINUSE ? " (who has it: ss -lntp; port 0 takes one that is free)" :
			ret == -EACCES ? " (ports below 1024 need CAP_NET_BIND_SERVICE)" :
			ret == -EADDRNOTAVAIL ? " (no interface has this address: ip address)" : "");
	listener__close(l);
	return ret;
}

/* Removes the socket of a crashed daemon, but not one that a process listens at */
static int bind_path(struct listener *l, const union address *a)
{
	struct stat st;
	int fd;

	if (!lstat(a->un.sun_path, &st) && S_ISSOCK(st.st_mode)) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0 && connect(fd, &a->sa, sizeof(a->un)) && errno == ECONNREFUSED)
			unlink(a->un.sun_path);
		if (fd >= 0)
			close(fd);
	}
	if (bind(l->fd, &a->sa, sizeof(a->un)))
		return -1;
	snprintf(l->path, sizeof(l->path), "%s", a->un.sun_path);
	snprintf(l->name, sizeof(l->name), "unix:%s", l->path);
	l->local = true;
	return 0;
}

static int open_unix(struct listener *l, const char *text, const char *path, struct error *err)
{
	union address a = { .un.sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.un.sun_path))
		return error__set(err, -EINVAL, "--listen %s: a socket's path has at most %zu characters", text,
				  sizeof(a.un.sun_path) - 1);
	strcpy(a.un.sun_path, path);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind_path(l, &a) || listen(l->fd, BACKLOG))
		return fail(l, text, err);
	return 0;
}

int listener__open(struct listener *l, const char *text, struct error *err)
{
	union address a = { 0 };
	int on = 1;

	*l = (struct listener){ .fd = -1 };
	if (!strncmp(text, "unix:/", 6))
		return open_unix(l, text, text + 5, err);
	if (parse(&a, text))
		return error__set(err, -EINVAL, "--listen %s: not an address like [::1]:9793, 127.0.0.1:9793, [::]:9793 "
				  "(all there are), unix:/run/atcq/web or 9793 (this machine only)", text);
	l->fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(l->fd, &a.sa, a.sa.sa_family == AF_INET ? sizeof(a.in) : sizeof(a.in6)) ||
	    listen(l->fd, BACKLOG))
		return fail(l, text, err);
	name_it(l);
	return 0;
}

void listener__close(struct listener *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->fd >= 0 && *l->path)
		unlink(l->path);
	l->fd = -1;
}

static struct conn_address conn_address__of(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const struct sockaddr_in *in = (const void *)sa;
	struct conn_address a = { 0 };

	if (sa->sa_family == AF_INET) {
		a.family = 4;
		memcpy(a.byte, &in->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		a.family = 4;
		memcpy(a.byte, in6->sin6_addr.s6_addr + 12, 4);
	} else if (sa->sa_family == AF_INET6) {
		a.family = 6;
		memcpy(a.byte, &in6->sin6_addr, 8);
	}
	return a;
}

bool conn_address__equal(const struct conn_address *a, const struct conn_address *b)
{
	return a->family == b->family && !memcmp(a->byte, b->byte, sizeof(a->byte));
}

struct conn *conns__admit(struct conns *c, int fd, const struct sockaddr *sa, void *owner, uint64_t now_ns)
{
	struct conn_address from = conn_address__of(sa);
	struct conn *capacity = NULL;
	size_t same = 0;

	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *conn = &c->conn[i];

		if (conn->stage == CONN_FREE)
			capacity = capacity ? capacity : conn;
		else if (conn_address__equal(&conn->from, &from))
			same++;
	}
	if (!capacity || (from.family && same >= CONNS_PER_ADDRESS)) {
		c->refused++;
		return NULL;
	}
	*capacity = (struct conn){ .fd = fd, .owner = owner, .from = from };
	conn__stage(capacity, CONN_HEADERS, now_ns);
	c->n++;
	return capacity;
}

void conns__closed(struct conns *c, struct conn *conn)
{
	if (!conn || conn->stage == CONN_FREE)
		return;
	conn->stage = CONN_FREE;
	c->n--;
}

void conn__stage(struct conn *conn, enum conn_stage stage, uint64_t now_ns)
{
	static const uint64_t time_ns[] = {
		[CONN_HEADERS] = CONNS_HEADERS_NS, [CONN_ANSWER] = CONNS_ANSWER_NS, [CONN_IDLE] = CONNS_IDLE_NS,
	};

	if (conn->stage == CONN_OVERDUE)
		return;
	conn->stage = stage;
	conn->deadline_ns = now_ns + time_ns[stage];
}

size_t conns__of(const struct conns *c, const void *owner)
{
	size_t n = 0;

	for (size_t i = 0; i < CONNS_MAX; i++)
		n += c->conn[i].stage != CONN_FREE && c->conn[i].owner == owner;
	return n;
}

bool conns__answering(const struct conns *c)
{
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (c->conn[i].stage == CONN_ANSWER)
			return true;
	return false;
}

void conns__expire(struct conns *c, uint64_t now_ns, const void *drain, void (*fn)(struct conn *conn))
{
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *conn = &c->conn[i];
		bool unwanted = drain && conn->owner == drain && conn->stage == CONN_IDLE;

		if (conn->stage == CONN_FREE || conn->stage == CONN_OVERDUE)
			continue;
		if (!unwanted && now_ns < conn->deadline_ns)
			continue;
		c->overdue += !unwanted;
		conn->stage = CONN_OVERDUE;
		fn(conn);
	}
}
