/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many connections there may be, in all and from one address, and how long
 * each may take for what it does. Pure: it is told the time and closes nothing.
 *
 * A time-out that begins anew with each byte is no limit for a client that sends
 * one byte at a time, so these are deadlines.
 */
#ifndef ATCQ_WEB_CONNS_H
#define ATCQ_WEB_CONNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CONNS_MAX		128
#define CONNS_PER_ADDRESS	32
#define CONNS_HEADERS_NS	10000000000ull	/* TLS included */
#define CONNS_ANSWER_NS		30000000000ull	/* until the client has read it */
#define CONNS_IDLE_NS		120000000000ull	/* twice the usual interval of a scrape */

enum conn_stage { CONN_FREE, CONN_HEADERS, CONN_ANSWER, CONN_IDLE, CONN_OVERDUE };

/* Of a client: an IPv4 address, the upper half of an IPv6 one, which is a network's; zeroes: local socket */
struct conn_address {
	uint8_t family;		/* 4, 6 or 0 */
	uint8_t byte[8];
};

struct conn {
	enum conn_stage stage;
	int fd;
	void *owner;		/* whoever serves it */
	uint64_t deadline_ns;
	struct conn_address from;
};

struct conns {
	struct conn conn[CONNS_MAX];
	size_t n;
	uint64_t refused, overdue;	/* since the start */
};

struct conn_address conn_address__of(const struct sockaddr *sa);
bool conn_address__equal(const struct conn_address *a, const struct conn_address *b);

/* A connection @fd that was accepted; NULL: there are too many, close it */
struct conn *conns__admit(struct conns *c, int fd, const struct sockaddr *sa, void *owner, uint64_t now_ns);
void conns__gone(struct conns *c, struct conn *conn);	/* NULL is fine */

/* It begins to do this now, and gets the time for it */
void conn__stage(struct conn *conn, enum conn_stage stage, uint64_t now_ns);

/* Is there one whose answer is not out yet? */
bool conns__answering(const struct conns *c);

size_t conns__of(const struct conns *c, const void *owner);

/*
 * Hands each that is past its deadline to @fn, once.  Idle ones of @drain (NULL: of
 * nobody) have no time left.
 */
void conns__expire(struct conns *c, uint64_t now_ns, const void *drain, void (*fn)(struct conn *conn));

#endif
