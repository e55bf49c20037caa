// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/in.h>
#include <string.h>

#include "conns.h"

struct conn_address conn_address__of(const struct sockaddr *sa)
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
	struct conn *room = NULL;
	size_t same = 0;

	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *conn = &c->conn[i];

		if (conn->stage == CONN_FREE)
			room = room ? room : conn;
		else if (conn_address__equal(&conn->from, &from))
			same++;
	}
	if (!room || (from.family && same >= CONNS_PER_ADDRESS)) {
		c->refused++;
		return NULL;
	}
	*room = (struct conn){ .fd = fd, .owner = owner, .from = from };
	conn__stage(room, CONN_HEADERS, now_ns);
	c->n++;
	return room;
}

void conns__gone(struct conns *c, struct conn *conn)
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
